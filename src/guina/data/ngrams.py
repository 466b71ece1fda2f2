"""Counting language models, the baselines of the job write: unigrams, and interpolated n-grams.

Witten–Bell interpolation (Witten & Bell 1991; Chen & Goodman 1998, section 2.5): a context that was followed by many
different units trusts its own counts less, and the shorter context more:

    p_k(w | v) = (c(v w) + T(v) · p_{k−1}(w | v')) / (c(v) + T(v)),   p_0 = 1 / V

with c the count, T the number of different units that followed, v' the context without its first unit.

Axes: N units of the training text, U judged ones, V units of the vocabulary.
"""

import numpy as np

MOST = 20_000_000  # training units that are counted


def unigram_nats(train_N: np.ndarray, judged_U: np.ndarray, size: int) -> np.ndarray:
    """−log p of each judged unit by its frequency, one added to every count.

    Example:
        >>> unigram_nats(np.array([0, 0, 1]), np.array([0]), 2).round(3).tolist()
        [0.511]
    """
    counts_V = np.bincount(train_N, minlength=size) + 1
    return -np.log(counts_V / counts_V.sum())[judged_U]


def ngram_nats(train_N: np.ndarray, judged_U: np.ndarray, size: int, order: int = 5) -> np.ndarray:
    """−log p of each judged unit after the order − 1 units before it, by interpolated counts.

    Args:
        train_N, judged_U: unit numbers below `size`; at most the first `MOST` of the training text are counted.

    Example:
        >>> text = np.array([0, 1] * 50)
        >>> ngram_nats(text, text[:10], 2)[4:].max() < 0.05
        True
    """
    train_N, judged_U = train_N[:MOST].astype(np.int64), judged_U.astype(np.int64)
    probability_U = np.full(len(judged_U), 1 / size)
    # the context of each place as a number: 0 … contexts − 1; −1 where training has none like it
    context_N, context_U, contexts = np.zeros_like(train_N), np.zeros_like(judged_U), 1
    for k in range(order):
        # a context of k units needs k places before it
        keys_M, counts_M = np.unique(context_N[k:] * size + train_N[k:], return_counts=True)
        followers = np.bincount(keys_M // size, minlength=contexts)  # T(v)
        total = np.bincount(keys_M // size, counts_M, minlength=contexts)  # c(v)
        rank_U = find(keys_M, context_U * size + judged_U)
        rank_U[context_U < 0] = -1
        known_U = context_U >= 0
        at = context_U[known_U]
        seen = np.where(rank_U >= 0, counts_M[rank_U], 0)[known_U]
        trusted = followers[at]
        probability_U[known_U] = (seen + trusted * probability_U[known_U]) / (total[at] + trusted)
        if k + 1 < order:  # the n-gram that ends at a place is the context of the next
            rank_N = np.full(len(train_N), -1)
            rank_N[k:] = find(keys_M, context_N[k:] * size + train_N[k:])
            context_N, context_U, contexts = after(rank_N), after(rank_U), len(keys_M)
    return -np.log(probability_U)


def find(keys_M: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted key stands among sorted keys; −1 where it does not."""
    at = np.searchsorted(keys_M, wanted)
    at[at == len(keys_M)] = 0
    return np.where(keys_M[at] == wanted, at, -1)


def after(rank: np.ndarray) -> np.ndarray:
    """Moved on by one place; the first has nothing before it."""
    return np.concatenate([[-1], rank[:-1]])
