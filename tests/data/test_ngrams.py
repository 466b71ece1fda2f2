"""Counted baselines against dictionaries and the definition."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from guina.data.ngrams import ngram_nats, unigram_nats


def plain(train: list[int], judged: list[int], size: int, order: int) -> list[float]:
    """Witten–Bell interpolation with dictionaries."""
    counts: list[dict[tuple[int, ...], Counter[int]]] = [defaultdict(Counter) for _ in range(order)]
    for k in range(order):
        for t in range(k, len(train)):
            counts[k][tuple(train[t - k : t])][train[t]] += 1
    nats = []
    for t, unit in enumerate(judged):
        p = 1 / size
        for k in range(min(order, t + 1)):
            followed = counts[k].get(tuple(judged[t - k : t]))
            if followed is None:
                break
            p = (followed[unit] + len(followed) * p) / (followed.total() + len(followed))
        nats.append(-math.log(p))
    return nats


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [2, 7, 300])
def test_ngrams_are_their_definition(order, size):
    rng = np.random.default_rng(order * size)
    train, judged = rng.integers(0, size, 400) ** 2 // size, rng.integers(0, size, 150) ** 2 // size
    judged[20:60] = train[100:140]  # contexts that were seen
    expected = plain(train.tolist(), judged.tolist(), size, order)
    np.testing.assert_allclose(ngram_nats(train, judged, size, order), expected, rtol=1e-12)


def test_probabilities_add_up_to_one():
    train = np.random.default_rng(0).integers(0, 5, 300)
    context = [1, 2, 3, 4]
    p = [math.exp(-ngram_nats(train, np.array([*context, unit]), 5)[-1]) for unit in range(5)]
    assert sum(p) == pytest.approx(1.0)
    q = np.exp(-unigram_nats(train, np.arange(5), 5))
    assert q.sum() == pytest.approx(1.0)


def test_a_text_that_repeats_is_nearly_free():
    train = np.tile(np.arange(10), 100)
    assert ngram_nats(train, train[:50], 10)[5:].mean() < 0.02
    assert unigram_nats(train, train[:50], 10).mean() == pytest.approx(math.log(10), rel=1e-3)
