"""What follows what in texts: a language model that counts, such as a search through the outputs of a network asks.

The units of the texts are those of the network: letters, pieces of words or words. Probabilities are interpolated as in
ngrams.py, after Witten & Bell (1991; Chen & Goodman 1998, https://dash.harvard.edu/handle/1/25104739, section 2.5),

    p_k(w | v) = (c(v w) + T(v) · p_{k−1}(w | v')) / (c(v) + T(v)),   p_0 = 1 / V,

with c the count, T the number of different units that followed, v' the context without its first unit. Kneser and Ney's
discounts are estimated from how many n-grams occurred once and twice, and where a handful of commands is said over and
over there are none such: Witten and Bell's way needs nothing of the kind.

Texts begin and end with a unit of their own. It has the number of the network's blank, so that a row of the answer is a
probability of each token, and, where the blank would be, of the text's end.

Axes: N prefixes, V units with the blank, M different n-grams of one length, C of their counts, R of them that are asked
for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from guina.data.ngrams import find

MOST = 20_000_000  # units that are counted


@dataclass(frozen=True, eq=False)
class NgramModel:
    """Counts of the n-grams of some texts, n = 1 … order.

    Args:
        V: units, with the blank.
        blank: its number, which stands for a text's beginning and end.
        keys: of each n, the different n-grams in order, as numbers, int64: V times the place of the first n − 1 units
            among the (n − 1)-grams (0 where n is 1) plus the last unit.
        counts: how often each was seen, int64.

    Example:
        >>> model = count_ngrams([[1, 2], [1, 2], [1]], V=3, blank=0, order=3)
        >>> model([()]).exp().numpy().round(2).tolist(), model([(1,)]).exp().numpy().round(2).tolist()
        ([[0.09, 0.84, 0.07]], [[0.34, 0.06, 0.6]])
    """

    V: int
    blank: int
    keys: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]

    @property
    def order(self) -> int:
        return len(self.keys)

    def __call__(self, prefixes: Sequence[Sequence[int]]) -> Tensor:
        """log p of each unit after each prefix, N×V, float64; where the blank is, of the text's end."""
        return torch.from_numpy(np.log(self.following(prefixes)))

    def following(self, prefixes: Sequence[Sequence[int]]) -> np.ndarray:
        """The probability of each unit after each prefix, N×V; where the blank is, of the text's end."""
        p_NV = np.full((len(prefixes), self.V), 1 / self.V)
        for k in range(self.order):
            # those that have a context of k units, a text's beginning counted, and the place of that context
            asked = [n for n, prefix in enumerate(prefixes) if len(prefix) + 1 >= k]
            place_N = np.full(len(prefixes), -1)
            place_N[asked] = self.places([context(prefixes[n], k, self.blank) for n in asked], k)
            n_R = np.flatnonzero(place_N >= 0)
            if not len(n_R):
                break  # a context that was never seen has no longer one that was
            count_RV = self.counted(place_N[n_R], k)
            total_R1, kinds_R1 = count_RV.sum(1, keepdims=True), (count_RV > 0).sum(1, keepdims=True)
            seen_R1 = total_R1 > 0  # nothing was, where there were no texts
            mixed_RV = (count_RV + kinds_R1 * p_NV[n_R]) / np.maximum(total_R1 + kinds_R1, 1)
            p_NV[n_R] = np.where(seen_R1, mixed_RV, p_NV[n_R])
        return p_NV

    def log_probability(self, tokens: Sequence[int]) -> float:
        """log p of a whole text, its end among it, in nats."""
        log_NV = self([tokens[:n] for n in range(len(tokens) + 1)]).numpy()
        return float(sum(log_NV[n, unit] for n, unit in enumerate([*tokens, self.blank])))

    def tensors(self) -> dict[str, Tensor]:
        """The counts by name, as they are stored."""
        named = {f"keys{n}": keys for n, keys in enumerate(self.keys)}
        named |= {f"counts{n}": counts for n, counts in enumerate(self.counts)}
        return {name: torch.from_numpy(values) for name, values in named.items()}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], V: int, blank: int) -> "NgramModel":
        """The model whose counts were stored."""
        order = len(tensors) // 2
        keys, counts = ([tensors[f"{kind}{n}"].numpy() for n in range(order)] for kind in ("keys", "counts"))
        return cls(V, blank, tuple(keys), tuple(counts))

    def places(self, contexts: Sequence[Sequence[int]], k: int) -> np.ndarray:
        """Where contexts of k units are among the k-grams; −1 where one is not."""
        place_R = np.zeros(len(contexts), np.int64)
        units_Rk = np.array(contexts, np.int64).reshape(len(contexts), k)
        for n in range(k):
            if not len(self.keys[n]):
                return np.full(len(contexts), -1)
            place_R = find(self.keys[n], place_R * self.V + units_Rk[:, n])  # after what is not there nothing is
        return place_R

    def counted(self, place_R: np.ndarray, k: int) -> np.ndarray:
        """How often each unit followed each of some contexts of k units, R×V."""
        keys_M, counts_M = self.keys[k], self.counts[k]
        first_R, after_R = (np.searchsorted(keys_M, (place_R + n) * self.V) for n in (0, 1))
        length_R = after_R - first_R
        row_C = np.repeat(np.arange(len(place_R)), length_R)
        at_C = np.arange(len(row_C)) + np.repeat(first_R - (np.cumsum(length_R) - length_R), length_R)
        count_RV = np.zeros((len(place_R), self.V), np.int64)
        count_RV[row_C, keys_M[at_C] % self.V] = counts_M[at_C]
        return count_RV


def context(prefix: Sequence[int], k: int, blank: int) -> tuple[int, ...]:
    """The last k units of a prefix, before which its text's beginning stands.

    Example:
        >>> context((1, 2, 3), 2, 0), context((1,), 2, 0), context((1,), 0, 0)
        ((2, 3), (0, 1), ())
    """
    started = (blank, *prefix)
    return started[len(started) - k :]


def count_ngrams(texts: Iterable[Sequence[int]], V: int, blank: int, order: int) -> NgramModel:
    """The model of some texts.

    Args:
        texts: units below V, none of them the blank; of very many the first `MOST` units are counted.
        V: units, with the blank.
        order: units of the longest n-grams: 1 counts units alone.
    """
    assert order >= 1, order
    parts: list[np.ndarray] = []
    room = MOST
    for text in texts:
        parts.append(np.array([blank, *text, blank], np.int64))
        room -= len(parts[-1])
        if room <= 0:
            break
    unit_N = np.concatenate(parts) if parts else np.empty(0, np.int64)
    since_N = np.concatenate([np.arange(len(part)) for part in parts]) if parts else unit_N  # units before it
    assert ((unit_N >= 0) & (unit_N < V)).all(), f"units are 0 … {V - 1}"

    keys, counts = [], []
    place_N = np.zeros(len(unit_N), np.int64)  # of the k units before each place among the k-grams; −1: there are less
    for k in range(order):
        key_N = place_N * V + unit_N
        # a text's beginning is a context, and follows nothing: it is a 1-gram so that it has a place, and counts 0
        own_N = since_N >= k
        keys_M, at_N = np.unique(key_N[own_N], return_inverse=True)
        counts_M = np.bincount(at_N[since_N[own_N] > 0], minlength=len(keys_M))
        keys.append(keys_M)
        counts.append(counts_M.astype(np.int64))
        rank_N = np.full(len(unit_N), -1)
        rank_N[own_N] = at_N
        place_N = np.concatenate([[-1], rank_N[:-1]])[: len(unit_N)]
    return NgramModel(V, blank, tuple(keys), tuple(counts))
