"""metrics.py against scikit-learn, scipy and plain loops."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax
from sklearn import metrics as reference

from guina import metrics
from guina.errors import GuinaError


def examples(N: int, K: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    target_N = rng.integers(K, size=N)
    logits_NK = rng.normal(size=(N, K)) + 1.5 * np.eye(K)[target_N]
    return logits_NK, target_N


@pytest.mark.parametrize(("N", "K"), [(1, 2), (50, 2), (300, 3), (500, 12)])
def test_against_scikit_learn(N, K):
    logits_NK, target_N = examples(N, K)
    p_NK = metrics.softmax(logits_NK)
    np.testing.assert_allclose(p_NK, scipy_softmax(logits_NK, axis=1), rtol=1e-12)
    answer_N, labels = p_NK.argmax(1), list(range(K))
    assert metrics.accuracy(p_NK, target_N) == pytest.approx(reference.accuracy_score(target_N, answer_N))
    if K > 2:
        for k in (1, 2):
            expected = reference.top_k_accuracy_score(target_N, p_NK, k=k, labels=labels)
            assert metrics.top_k(p_NK, target_N, k) == pytest.approx(expected)
    assert metrics.top_k(p_NK, target_N, K) == 1
    counts_KK = np.zeros((K, K), int)
    for (i, j), n in metrics.confusion(answer_N, target_N, K).items():
        assert n > 0
        counts_KK[i, j] = n
    np.testing.assert_array_equal(counts_KK, reference.confusion_matrix(target_N, answer_N, labels=labels))
    nll = reference.log_loss(target_N, p_NK, labels=labels)
    assert metrics.negative_log_likelihood(p_NK, target_N) == pytest.approx(nll)
    if N > 1:
        scores = metrics.per_class(answer_N, target_N, K)
        expected = reference.precision_recall_fscore_support(target_N, answer_N, labels=labels)
        for name, expected_K in zip(("precision", "recall", "f1", "support"), expected, strict=True):
            np.testing.assert_allclose(scores[name], expected_K)
        balanced = reference.balanced_accuracy_score(target_N, answer_N)
        assert metrics.balanced_accuracy(scores) == pytest.approx(balanced)


def test_classes_without_examples_are_not_a_number():
    target_N = np.array([0, 0, 0, 1, 1, 1, 3, 3])
    answer_N = np.array([0, 0, 1, 1, 1, 1, 0, 1])
    scores = metrics.per_class(answer_N, target_N, 4)
    np.testing.assert_allclose(scores["recall"], [2 / 3, 1, np.nan, 0])
    np.testing.assert_allclose(scores["precision"], [2 / 3, 3 / 5, np.nan, np.nan])
    np.testing.assert_allclose(scores["f1"], [2 / 3, 3 / 4, np.nan, 0])
    assert metrics.balanced_accuracy(scores) == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_ties_go_to_the_class_that_comes_first():
    p_NK, target_N = np.full((4, 4), 0.25), np.arange(4)
    assert [metrics.top_k(p_NK, target_N, k) for k in (1, 2, 3, 4)] == [0.25, 0.5, 0.75, 1]
    assert metrics.accuracy(p_NK, target_N) == (p_NK.argmax(1) == target_N).mean()
    assert metrics.reliability(p_NK, target_N)[1][3] == 0.25


def loop_reliability(p_NK: np.ndarray, target_N: np.ndarray, bins: int) -> tuple[list[list[float]], float]:
    """Each bin's [confidence, accuracy, count], and the calibration error, one example at a time."""
    edges = np.linspace(0, 1, bins + 1)
    rows, error = [], 0.0
    for b in range(bins):
        inside = [n for n in range(len(p_NK)) if (edges[b] < max(p_NK[n]) or b == 0) and max(p_NK[n]) <= edges[b + 1]]
        confidence = sum(max(p_NK[n]) for n in inside) / len(inside) if inside else np.nan
        right = sum(list(p_NK[n]).index(max(p_NK[n])) == target_N[n] for n in inside)
        share = right / len(inside) if inside else np.nan
        rows.append([confidence, share, len(inside)])
        error += len(inside) / len(p_NK) * abs(share - confidence) if inside else 0
    return rows, error


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=40),
    st.sampled_from([1, 2, 5, 15]),
)
@settings(deadline=None, max_examples=60)
def test_reliability_against_a_loop_and_at_the_edges_of_bins(pairs, bins):
    p_N = np.array([p for p, _ in pairs]) / 20  # many confidences lie on an edge
    p_NK, target_N = np.stack([p_N, 1 - p_N], 1), np.array([t for _, t in pairs])
    rows, error = loop_reliability(p_NK, target_N, bins)
    np.testing.assert_allclose(np.stack(metrics.reliability(p_NK, target_N, bins), 1), rows)
    assert metrics.expected_calibration_error(p_NK, target_N, bins) == pytest.approx(error, abs=1e-12)


def surprise(T: float, logits_NK: np.ndarray, target_N: np.ndarray) -> float:
    """What fit_temperature minimises: every target, and one example that may be any class."""
    log_NK = log_softmax(logits_NK / T, axis=1)
    return -(log_NK[np.arange(len(target_N)), target_N].sum() + log_NK.mean()) / (len(target_N) + 1)


@pytest.mark.parametrize(("N", "K", "scale"), [(1, 2, 1), (40, 2, 0.3), (200, 5, 1), (200, 10, 8), (300, 10, 0.1)])
def test_temperature_is_the_minimum_that_scipy_finds(N, K, scale):
    logits_NK, target_N = examples(N, K)
    found = metrics.fit_temperature(scale * logits_NK, target_N)
    bounds = (np.log(metrics.COLDEST), np.log(metrics.HOTTEST))
    best: Any = minimize_scalar(
        lambda t: surprise(np.exp(t), scale * logits_NK, target_N),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert found == pytest.approx(np.exp(best.x), rel=1e-4)


def test_temperature_that_the_targets_were_drawn_with_is_found():
    rng = np.random.default_rng(0)
    logits_NK = rng.normal(size=(40_000, 6)) * 4
    gumbel_NK = rng.gumbel(size=logits_NK.shape)
    for T in (0.5, 1.0, 3.0):
        target_N = (logits_NK / T + gumbel_NK).argmax(1)  # a draw from softmax(logits / T)
        assert metrics.fit_temperature(logits_NK, target_N) == pytest.approx(T, rel=0.03)


def test_temperature_without_a_mistake_does_not_make_it_sure_of_everything():
    logits_NK = np.array([[3.0, 0.0, 0.0]] * 60)
    T = metrics.fit_temperature(logits_NK, np.zeros(60, int))
    best: Any = minimize_scalar(lambda t: surprise(np.exp(t), logits_NK, np.zeros(60, int)))
    assert pytest.approx(np.exp(best.x), rel=1e-4) == T
    assert 0.98 < metrics.softmax(logits_NK / T)[0, 0] < 0.9999


def test_temperature_of_odd_logits():
    assert metrics.fit_temperature(np.zeros((5, 3)), np.zeros(5, int)) == 1.0  # says nothing at any temperature
    always_wrong = metrics.fit_temperature(np.array([[5.0, 0.0]] * 9), np.ones(9, int))
    assert always_wrong == pytest.approx(metrics.HOTTEST)
    with np.errstate(divide="ignore"):
        impossible_NK = np.log(np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.4]]))
    assert metrics.COLDEST <= metrics.fit_temperature(impossible_NK, np.array([0, 1, 1])) <= metrics.HOTTEST


def test_softmax_and_likelihood_at_the_extremes():
    np.testing.assert_array_equal(metrics.softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]])
    assert metrics.softmax(np.array([[1, 2]], np.float32)).dtype == np.float64
    assert metrics.negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(708.4, abs=0.1)
    assert metrics.negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([0])) == 0


def test_nothing_to_score_is_said():
    nothing = np.zeros((0, 3)), np.zeros(0, int)
    for metric in (metrics.accuracy, metrics.reliability, metrics.negative_log_likelihood, metrics.fit_temperature):
        with pytest.raises(GuinaError, match="nothing to score"):
            metric(*nothing)
    with pytest.raises(GuinaError, match="nothing to score"):
        metrics.balanced_accuracy(metrics.per_class(np.zeros(0, int), np.zeros(0, int), 3))


def test_classes_that_cannot_be_are_a_bug():
    with pytest.raises(AssertionError, match="0 … 1"):
        metrics.confusion(np.array([0, 2]), np.array([0, 1]), 2)
    with pytest.raises(AssertionError):
        metrics.accuracy(np.array([[0.5, 0.5]]), np.array([-1]))
