"""Counted language models against dictionaries, the sum over all texts, and the search that asks them."""

import doctest
import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.ctc_beam import ctc_prefix_beam
from guina.data import ngram_model as module
from guina.data.ngram_model import NgramModel, count_ngrams

V, BLANK = 4, 2
TEXTS = st.lists(st.lists(st.sampled_from([0, 1, 3]), max_size=6), max_size=8)


def plain(texts: list[list[int]], prefix: list[int], order: int) -> list[float]:
    """Witten–Bell interpolation with dictionaries: the probability of each unit, the end's where the blank is."""
    counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for text in texts:
        whole = [BLANK, *text, BLANK]
        for t in range(1, len(whole)):
            for k in range(min(order, t + 1)):
                counts[tuple(whole[t - k : t])][whole[t]] += 1
    started, p = [BLANK, *prefix], [1 / V] * V
    for k in range(min(order, len(started) + 1)):
        followed = counts.get(tuple(started[len(started) - k :]))
        if followed is None:
            break
        p = [(followed[w] + len(followed) * p[w]) / (followed.total() + len(followed)) for w in range(V)]
    return p


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 3)


@given(TEXTS, st.lists(st.lists(st.sampled_from([0, 1, 3]), max_size=5), min_size=1, max_size=5), st.integers(1, 5))
@settings(deadline=None, max_examples=200)
def test_probabilities_are_their_definition_and_add_up_to_one(texts, prefixes, order):
    p_NV = count_ngrams(texts, V, BLANK, order).following(prefixes)
    np.testing.assert_allclose(p_NV, [plain(texts, prefix, order) for prefix in prefixes], rtol=1e-12)
    np.testing.assert_allclose(p_NV.sum(1), 1, rtol=1e-12)
    assert (p_NV > 0).all()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_the_texts_of_all_lengths_add_up_to_one(order: int) -> None:
    """p(all texts shorter than n) + p(all beginnings of n units, however they go on) = 1."""
    model = count_ngrams([[0, 1], [0, 1, 3], [], [3, 3]], V, BLANK, order)
    tokens = [0, 1, 3]
    ended = sum(math.exp(model.log_probability(text)) for n in range(4) for text in itertools.product(tokens, repeat=n))
    going = 0.0
    for text in itertools.product(tokens, repeat=4):
        p_NV = model.following([text[:n] for n in range(4)])
        going += math.prod(float(p_NV[n, unit]) for n, unit in enumerate(text))
    assert ended + going == pytest.approx(1.0)


def test_a_text_that_is_always_the_same_is_likely_and_its_beginning_alone_is_not() -> None:
    model = count_ngrams([[0, 1, 3]] * 50, V, BLANK, 4)
    assert model.log_probability([0, 1, 3]) > math.log(0.9)
    assert model.log_probability([0, 1]) < math.log(0.05)


def test_stored_and_read_again_it_says_the_same() -> None:
    model = count_ngrams([[0, 1, 3, 3], [1]], V, BLANK, 3)
    again = NgramModel.of(model.tensors(), V, BLANK)
    assert again.order == 3
    assert torch.equal(again([(0, 1), (3,), ()]), model([(0, 1), (3,), ()]))


def test_no_more_is_counted_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 6)
    few = count_ngrams([[0, 0], [1], [3, 3, 3]], V, BLANK, 2)  # 4 units and 3
    assert torch.equal(few([()]), count_ngrams([[0, 0], [1]], V, BLANK, 2)([()]))


def test_the_search_prefers_what_was_said_before() -> None:
    """Two tokens that sound alike: the model decides, and its weight says how much."""
    frames = [[0.5, 0.04, 0.01, 0.45], [0.03, 0.03, 0.9, 0.04], [0.02, 0.9, 0.05, 0.03]]
    log_BTV, length_B = torch.tensor([frames]).log(), torch.tensor([3])
    model = count_ngrams([[3, 1]] * 20 + [[0]] * 2, V, BLANK, 3)
    without = ctc_prefix_beam(log_BTV, length_B, 8, blank=BLANK)[0][0]
    beside = ctc_prefix_beam(log_BTV, length_B, 8, blank=BLANK, lm=model, weight=1.0)[0][0]
    assert (without.tokens, beside.tokens) == ((0, 1), (3, 1))
    said = sum(float(model([beside.tokens[:n]])[0, unit]) for n, unit in enumerate(beside.tokens))
    assert beside.score == pytest.approx(beside.log_probability + said)
