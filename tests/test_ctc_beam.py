"""CTC prefix beam search against the sum over all paths, torch's loss, and the published algorithm on dictionaries.

Axes: B examples, T frames, V tokens with the blank, N prefixes.
"""

import doctest
import itertools
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from guina import ctc_beam as module
from guina.ctc_beam import Labelling, Tokens, ctc_prefix_beam
from guina.errors import GuinaError


def random_log(*shape: int, seed: int = 0, scale: float = 1.5) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=rng, dtype=torch.float64)).log_softmax(-1)


def truth(log_TV: Tensor, blank: int) -> dict[Tokens, float]:
    """The log probability of every sequence: the sum over all V^T paths."""
    p_TV, total = log_TV.exp().tolist(), defaultdict(float)
    for path in itertools.product(range(log_TV.size(1)), repeat=len(log_TV)):
        tokens = tuple(token for token, _ in itertools.groupby(path) if token != blank)
        total[tokens] += float(np.prod([p_TV[t][v] for t, v in enumerate(path)]))
    return {tokens: float(np.log(p)) for tokens, p in total.items() if p > 0}


@cache
def says(tokens: Tokens, V: int) -> np.ndarray:
    """A made-up language model that goes by all tokens before."""
    number = 0
    for token in tokens:
        number = (number * 31 + token + 1) % 997
    return random_log(V, seed=number).numpy()


def lm_of(V: int):
    def lm(prefixes: list[Tokens]) -> Tensor:
        return torch.from_numpy(np.stack([says(prefix, V) for prefix in prefixes]))

    return lm


def added(tokens: Tokens, V: int, weight: float, bonus: float) -> float:
    return sum(weight * says(tokens[:i], V)[token] + bonus for i, token in enumerate(tokens))


def hannun(log_TV: Tensor, width: int, blank: int, weight: float, bonus: float) -> list[tuple[Tokens, float]]:
    """Algorithm 1 of Hannun et al. 2014 on dictionaries, with all tokens at every frame."""
    p_TV, V = log_TV.exp().tolist(), log_TV.size(1)

    def score(tokens: Tokens) -> float:
        return np.log(p_blank[tokens] + p_label[tokens]) + added(tokens, V, weight, bonus)

    p_blank, p_label, kept = defaultdict(float, {(): 1.0}), defaultdict(float), [()]
    for p_V in p_TV:
        blanks, labels = defaultdict(float), defaultdict(float)
        for tokens in kept:
            either = p_blank[tokens] + p_label[tokens]
            blanks[tokens] += p_V[blank] * either
            if tokens:
                labels[tokens] += p_V[tokens[-1]] * p_label[tokens]
            for v in range(V):
                if v != blank:
                    labels[(*tokens, v)] += p_V[v] * (p_blank[tokens] if tokens[-1:] == (v,) else either)
        p_blank, p_label = blanks, labels
        possible = [tokens for tokens in {**blanks, **labels} if blanks[tokens] + labels[tokens] > 0]
        kept = sorted(possible, key=lambda tokens: (-score(tokens), tokens))[:width]
    return [(tokens, float(np.log(p_blank[tokens] + p_label[tokens]))) for tokens in kept]


def search(log_TV: Tensor, width: int, **rest) -> list[Labelling]:
    (found,) = ctc_prefix_beam(log_TV[None], torch.tensor([len(log_TV)]), width, **rest)
    return found


def test_examples_in_docstrings():
    assert doctest.testmod(module) == (0, 3)


@given(st.integers(0, 1000), st.integers(0, 5), st.integers(2, 4), st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_wide_beam_has_all_sequences_with_the_sum_over_their_paths(seed, T, V, with_lm):
    log_TV, blank = random_log(T, V, seed=seed), V // 2
    weight, bonus = (0.7, 1.3) if with_lm else (0.0, -0.2)
    expected = {tokens: (p, p + added(tokens, V, weight, bonus)) for tokens, p in truth(log_TV, blank).items()}
    found = search(log_TV, len(expected) + 3, blank=blank, lm=lm_of(V) if with_lm else None, weight=weight, bonus=bonus)
    assert [x.tokens for x in found] == sorted(expected, key=lambda tokens: -expected[tokens][1])
    np.testing.assert_allclose([(x.log_probability, x.score) for x in found], [expected[x.tokens] for x in found])


def test_against_torch_s_loss():
    log_BTV, length_B = random_log(3, 6, 4, seed=2), torch.tensor([6, 5, 3])
    for b, found in enumerate(ctc_prefix_beam(log_BTV, length_B, 2000)):
        texts = [torch.tensor(x.tokens, dtype=torch.int64) for x in found]
        N, T = len(found), int(length_B[b])
        assert N > 10
        losses_N = F.ctc_loss(
            log_BTV[b, :T, None].expand(T, N, 4),
            torch.cat(texts),
            torch.full((N,), T),
            torch.tensor([len(text) for text in texts]),
            reduction="none",
        )
        np.testing.assert_allclose([x.log_probability for x in found], -losses_N.numpy())
        assert sum(np.exp(x.log_probability) for x in found) == pytest.approx(1)


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(2, 12), st.integers(0, 14), st.sampled_from([0.5, 2, 5]))
@settings(deadline=None, max_examples=60)
def test_against_the_published_algorithm_where_the_beam_is_narrow(seed, width, V, T, scale):
    log_TV = random_log(T, V, seed=seed, scale=scale)
    for weight, bonus in [(0.0, 0.0), (0.0, 0.5), (0.6, 1.0)]:
        found = search(log_TV, width, lm=lm_of(V), weight=weight, bonus=bonus)
        expected = hannun(log_TV, width, 0, weight, bonus)
        assert [x.tokens for x in found] == [tokens for tokens, _ in expected]
        np.testing.assert_allclose([x.log_probability for x in found], [p for _, p in expected], atol=1e-9)
        scores = [x.log_probability + added(x.tokens, V, weight, bonus) for x in found]
        np.testing.assert_allclose([x.score for x in found], scores, atol=1e-9)


@given(st.integers(0, 1000), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_a_narrow_beam_never_says_more_than_is_true(seed, width):
    log_TV = random_log(6, 3, seed=seed)
    expected = truth(log_TV, 0)
    found = search(log_TV, width)
    assert len({x.tokens for x in found}) == len(found) == width
    assert all(x.log_probability <= expected[x.tokens] + 1e-12 for x in found)


def test_an_example_alone_is_read_as_among_others_to_the_bit_and_frames_beyond_the_length_are_not_seen():
    log_BTV, length_B = random_log(7, 20, 9, seed=3, scale=3), torch.tensor([5, 20, 0, 13, 20, 1, 7])
    for b, length in enumerate(length_B.tolist()):
        log_BTV[b, length:] = torch.nan
    for lm in (None, lm_of(9)):
        together = ctc_prefix_beam(log_BTV, length_B, 6, lm=lm, weight=0.4)
        for b, length in enumerate(length_B.tolist()):
            assert search(log_BTV[b, :length], 6, lm=lm, weight=0.4) == together[b]
        assert together[2] == [Labelling((), 0.0, 0.0)]
    assert ctc_prefix_beam(log_BTV[:0], length_B[:0], 6) == []
    assert ctc_prefix_beam(log_BTV[:2, :0], torch.tensor([0, 0]), 6) == [[Labelling((), 0.0, 0.0)]] * 2


def test_what_is_impossible_is_not_found():
    log_TV = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]).log()
    found = search(log_TV, 50)
    assert [x.tokens for x in found] == [(1, 2), (1, 1), (1, 2, 1)]
    np.testing.assert_allclose(np.exp([x.log_probability for x in found]), [0.5, 0.25, 0.25])
    assert search(torch.full((2, 3), -torch.inf), 4) == []
    assert search(torch.full((2, 3), -torch.inf), 4, lm=lm_of(3)) == []

    def never(prefixes: list[Tokens]) -> Tensor:
        log_NV = torch.zeros(len(prefixes), 3)
        log_NV[:, 2] = -torch.inf
        return log_NV

    assert [x.tokens for x in search(log_TV, 50, lm=never)] == [(1, 1)]


def test_equally_likely_sequences_come_in_the_order_of_a_dictionary():
    found = search(torch.zeros(2, 4).log_softmax(1), 50)
    assert [x.tokens for x in found[:3]] == [(1,), (2,), (3,)]  # 3 paths each, the others have 1
    assert [x.tokens for x in found[3:]] == [(), (1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]


def test_the_language_model_is_asked_about_a_prefix_when_it_comes():
    asked: list[Tokens] = []

    def lm(prefixes: list[Tokens]) -> Tensor:
        assert prefixes
        asked.extend(prefixes)
        return lm_of(4)(prefixes)

    search(random_log(5, 4, seed=4), 400, lm=lm)
    assert len(asked) == len(set(asked))
    assert () in asked
    asked.clear()
    search(random_log(5, 4, seed=4), 4, lm=lm, weight=0.0)
    assert not asked


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "the beam's width is 0\n  expected: a whole number, 1 or more"),
        ({"width": 4, "weight": -1.0}, "the language model's weight is -1.0\n  expected: a number, 0 or more"),
    ],
)
def test_numbers_out_of_their_range_are_named(wrong, message):
    with pytest.raises(GuinaError, match=message):
        search(random_log(3, 4), **wrong)
