"""How good answers are: pure functions on numpy arrays, computed in float64.

Where two classes are equally probable, the one that comes first is the answer, in every function here. What is not
defined (the recall of a class without examples) is NaN, not 0: nothing was found out about it.

Axes: N examples, K classes, B bins of confidence.
"""

import numpy as np

from guina.errors import GuinaError

COLDEST, HOTTEST = 0.05, 20.0  # temperatures beyond these are not believed
FAR = 1e3  # a class this many nats below the likeliest has no probability at any temperature in between
TINY = float(np.finfo(np.float64).tiny)


def softmax(logits_NK: np.ndarray) -> np.ndarray:
    """Probabilities from unnormalised log probabilities, row by row: exp(z) / Σ exp(z), without overflow.

    Example:
        >>> softmax(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]])).round(2).tolist()
        [[0.25, 0.75], [0.5, 0.5]]
    """
    logits_NK = np.asarray(logits_NK, np.float64)
    exp_NK = np.exp(logits_NK - logits_NK.max(-1, keepdims=True))
    return exp_NK / exp_NK.sum(-1, keepdims=True)


def accuracy(probabilities_NK: np.ndarray, target_N: np.ndarray) -> float:
    """The share of examples whose likeliest class is the right one.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> accuracy(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0]))
        0.5
    """
    return top_k(probabilities_NK, target_N, 1)


def top_k(probabilities_NK: np.ndarray, target_N: np.ndarray, k: int) -> float:
    """The share of examples whose right class is among the k likeliest.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> top_k(np.array([[0.5, 0.3, 0.2]]), np.array([1]), k=2)
        1.0
    """
    p_NK, target_N = checked(probabilities_NK, target_N)
    own_N1 = np.take_along_axis(p_NK, target_N[:, None], 1)
    earlier_NK = np.arange(p_NK.shape[1]) < target_N[:, None]
    rank_N = ((p_NK > own_N1) | ((p_NK == own_N1) & earlier_NK)).sum(1)
    return float((rank_N < k).mean())


def confusion(predicted_N: np.ndarray, target_N: np.ndarray, K: int) -> dict[tuple[int, int], int]:
    """How often class i was answered with class j, of the pairs (i, j) that occur: of thousands of classes few do.

    Example:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
        {(0, 0): 1, (0, 1): 1, (1, 1): 1}
    """
    predicted_N, target_N = answers_of(predicted_N, target_N, K)
    cells_C, counts_C = np.unique(target_N * K + predicted_N, return_counts=True)
    return {(int(c) // K, int(c) % K): int(n) for c, n in zip(cells_C, counts_C, strict=True)}


def answers_of(predicted_N: np.ndarray, target_N: np.ndarray, K: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers and right classes as arrays that fit each other."""
    predicted_N, target_N = np.asarray(predicted_N, np.int64), np.asarray(target_N, np.int64)
    assert predicted_N.shape == target_N.shape, (predicted_N.shape, target_N.shape)
    for classes_N in (predicted_N, target_N):
        assert ((classes_N >= 0) & (classes_N < K)).all(), f"classes are 0 … {K - 1}"
    return predicted_N, target_N


def per_class(predicted_N: np.ndarray, target_N: np.ndarray, K: int) -> dict[str, np.ndarray]:
    """Of each class the precision, the recall, their harmonic mean, and its number of examples.

    Returns:
        {"precision", "recall", "f1", "support"}, arrays of length K. NaN: no example was answered so (precision),
        there is no example (recall), neither (f1).

    Example:
        >>> scores = per_class(np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1, 1]), 2)
        >>> scores["recall"].tolist(), scores["precision"].tolist()
        ([0.75, 1.0], [1.0, 0.8])
    """
    predicted_N, target_N = answers_of(predicted_N, target_N, K)
    right_N = target_N[predicted_N == target_N]
    right_K, said_K, support_K = (np.bincount(some, minlength=K) for some in (right_N, predicted_N, target_N))
    return {
        "precision": ratio(right_K, said_K),
        "recall": ratio(right_K, support_K),
        "f1": ratio(2 * right_K, said_K + support_K),
        "support": support_K,
    }


def balanced_accuracy(scores: dict[str, np.ndarray]) -> float:
    """The mean recall of the classes that have examples: what accuracy would be if all classes were equally frequent.

    Args:
        scores: as `per_class` gives them.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> balanced_accuracy(per_class(np.zeros(100, int), np.arange(100) // 90, 2))  # 90 right, 10 wrong
        0.5
    """
    recall_K = scores["recall"]
    if np.isnan(recall_K).all():
        raise nothing_to_score()
    return float(np.nanmean(recall_K))


def reliability(
    probabilities_NK: np.ndarray, target_N: np.ndarray, bins: int = 15
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence and accuracy by bins of equal width: bin b holds the confidences in (b/B, (b+1)/B].

    Confidence is the probability of the answer (Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 2).

    Returns:
        confidence_B, accuracy_B: their means in each bin, NaN where it is empty; count_B: its examples.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> [x_B.tolist() for x_B in reliability(np.array([[0.6, 0.4], [0.1, 0.9]]), np.array([0, 0]), bins=2)]
        [[nan, 0.75], [nan, 0.5], [0, 2]]
    """
    p_NK, target_N = checked(probabilities_NK, target_N)
    confidence_N, right_N = p_NK.max(1), p_NK.argmax(1) == target_N
    bin_N = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence_N)
    count_B = np.bincount(bin_N, minlength=bins)
    confidence_B, accuracy_B = (ratio(np.bincount(bin_N, x_N, bins), count_B) for x_N in (confidence_N, right_N))
    return confidence_B, accuracy_B, count_B


def expected_calibration_error(probabilities_NK: np.ndarray, target_N: np.ndarray, bins: int = 15) -> float:
    """How far confidence and accuracy are apart, as a fraction: Σ_b n_b/N · |accuracy_b − confidence_b|.

    The bins are of equal width, as in Guo et al. 2017; the number depends on how many there are.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> expected_calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
        0.0
    """
    confidence_B, accuracy_B, count_B = reliability(probabilities_NK, target_N, bins)
    return float(np.nansum(count_B * np.abs(accuracy_B - confidence_B)) / count_B.sum())


def negative_log_likelihood(probabilities_NK: np.ndarray, target_N: np.ndarray) -> float:
    """The mean surprise at the right class, −log p, in nats; p = 0 counts as the smallest number (708 nats).

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> round(negative_log_likelihood(np.full((3, 10), 0.1), np.array([0, 1, 2])), 4)  # ln 10
        2.3026
    """
    p_NK, target_N = checked(probabilities_NK, target_N)
    own_N = np.take_along_axis(p_NK, target_N[:, None], 1)
    return float(-np.log(np.maximum(own_N, TINY)).mean())


def fit_temperature(logits_NK: np.ndarray, target_N: np.ndarray) -> float:
    """The temperature T for which softmax(logits / T) is the least surprised by the targets (Guo et al. 2017).

    The loss is convex in β = 1/T, with the slope E_p[z] − z_target and the curvature Var_p[z]: Newton's method, with
    bisection where it would leave the bracket. Without a mistake among the targets the best T would be 0, a network
    that is sure of everything; so one example is added whose class may be any with equal probability (in the spirit of
    Platt 1999, section 2.2). Among thousands it is not felt.

    Returns:
        T, from `COLDEST` to `HOTTEST`. Answers stay what they are; only their confidence changes.

    Raises:
        GuinaError: there are no examples.

    Example:
        >>> fit_temperature(np.array([[4.0, 0.0]] * 4), np.array([0, 0, 0, 1])) > 2  # right 3 times in 4, 98 % sure
        True
    """
    z_NK, target_N = checked(logits_NK, target_N)
    z_NK = np.maximum(z_NK - z_NK.max(1, keepdims=True), -FAR)
    own_N = np.take_along_axis(z_NK, target_N[:, None], 1)[:, 0]
    wanted = (own_N.sum() + z_NK.mean()) / (len(z_NK) + 1)  # the mean of z under the targets, the added one included
    low, high, beta = 1 / HOTTEST, 1 / COLDEST, 1.0
    for _ in range(100):
        p_NK = softmax(beta * z_NK)
        mean_N = (p_NK * z_NK).sum(1)
        slope = mean_N.mean() - wanted
        curvature = ((p_NK * z_NK**2).sum(1) - mean_N**2).mean()
        low, high = (beta, high) if slope < 0 else (low, beta)
        step = slope / curvature if curvature > 0 else 0.0
        following = beta - step if low <= beta - step <= high else (low + high) / 2
        if abs(following - beta) <= 1e-12 * beta:
            break
        beta = following
    return float(1 / beta)


def checked(values_NK: np.ndarray, target_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays that fit each other, the values in float64.

    Raises:
        GuinaError: there are no examples.
    """
    values_NK, target_N = np.asarray(values_NK, np.float64), np.asarray(target_N)
    assert values_NK.ndim == 2, values_NK.shape
    assert target_N.shape == values_NK.shape[:1], (values_NK.shape, target_N.shape)
    if not len(target_N):
        raise nothing_to_score()
    assert target_N.min() >= 0, "classes are 0 … K − 1"
    return values_NK, target_N


def nothing_to_score() -> GuinaError:
    return GuinaError(
        "there is nothing to score: the split has no examples",
        "one example at least",
        "choose another split with --split, or add examples to this one",
    )


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole in float64, NaN where there is no whole."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=np.asarray(whole) > 0)
