"""The likeliest path of a CTC network and the alignment, against the enumeration of all paths.

Axes: B examples, T frames, V tokens with the blank.
"""

import doctest
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from guina import ctc as module
from guina.ctc import ctc_align, ctc_greedy
from guina.errors import GuinaError


def random_log(*shape: int, seed: int = 0, scale: float = 1.5) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=rng, dtype=torch.float64)).log_softmax(-1)


def collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """What a path stands for: repeats are collapsed, then blanks dropped."""
    return tuple(token for token, _ in itertools.groupby(path) if token != blank)


def path_of(spans: list[tuple[int, int]], tokens: tuple[int, ...], T: int, blank: int) -> tuple[int, ...]:
    path = [blank] * T
    for token, (first, last) in zip(tokens, spans, strict=True):
        assert first <= last
        path[first : last + 1] = [token] * (last - first + 1)
    return tuple(path)


def test_examples_in_docstrings():
    assert doctest.testmod(module) == (0, 4)


@given(st.integers(0, 1000), st.integers(0, 3), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_greedy_is_what_the_likeliest_of_all_paths_stands_for(seed, T, V):
    log_BTV, blank = random_log(3, T, V, seed=seed), V - 1
    paths = list(itertools.product(range(V), repeat=T))
    expected = [
        max(paths, key=lambda path, b=b: sum(log_BTV[b, t, v].item() for t, v in enumerate(path))) for b in range(3)
    ]
    found = ctc_greedy(log_BTV, torch.full((3,), T), blank)
    assert found == [collapsed(path, blank) for path in expected]


def test_greedy_looks_at_no_frame_beyond_the_length():
    log_BTV, length_B = random_log(4, 9, 5, seed=1), torch.tensor([9, 0, 4, 1])
    for b, length in enumerate(length_B.tolist()):
        log_BTV[b, length:] = torch.nan
        alone = ctc_greedy(log_BTV[b : b + 1, :length], torch.tensor([length]))
        assert alone == [ctc_greedy(log_BTV, length_B)[b]]
    assert ctc_greedy(log_BTV, length_B)[1] == ()
    assert ctc_greedy(torch.zeros(0, 9, 5), torch.zeros(0, dtype=torch.int64)) == []
    assert ctc_greedy(torch.zeros(2, 0, 5), torch.tensor([0, 0])) == [(), ()]


@given(st.integers(0, 1000), st.integers(0, 6), st.integers(0, 2), st.lists(st.integers(0, 1), max_size=4))
@settings(deadline=None, max_examples=120)
def test_an_alignment_is_the_likeliest_of_all_paths_that_stand_for_the_tokens(seed, T, blank, which):
    tokens = tuple([v for v in range(3) if v != blank][i] for i in which)
    log_TV = random_log(T, 3, seed=seed)
    right = [path for path in itertools.product(range(3), repeat=T) if collapsed(path, blank) == tokens]
    if not right:
        with pytest.raises(GuinaError, match=f"{len(tokens)} tokens cannot be aligned with {T} frames"):
            ctc_align(log_TV, tokens, blank)
        return
    spans = ctc_align(log_TV, tokens, blank)
    best = max(right, key=lambda path: sum(log_TV[t, v].item() for t, v in enumerate(path)))
    assert path_of(spans, tokens, T, blank) == best


def test_a_long_alignment_finds_the_path_that_the_frames_were_made_from():
    rng = np.random.default_rng(0)
    tokens = tuple(rng.integers(1, 30, 80).tolist())
    path: list[int] = []
    for token in tokens:
        blanks = int(rng.integers(0, 4)) + (path[-1:] == [token])
        path += [0] * blanks + [token] * int(rng.integers(1, 5))
    logits_TV = 8 * torch.nn.functional.one_hot(torch.tensor(path), 30) + random_log(len(path), 30, seed=1, scale=0.5)
    spans = ctc_align(logits_TV.log_softmax(1), tokens)
    assert path_of(spans, tokens, len(path), 0) == tuple(path)


def test_what_cannot_be_aligned_is_said_with_the_frames_it_needs():
    even_TV = torch.zeros(4, 3).log_softmax(1)
    with pytest.raises(GuinaError, match="3 tokens cannot be aligned with 4 frames\n  expected: 5 frames or more"):
        ctc_align(even_TV, [1, 1, 1])
    never_TV = torch.tensor([[1.0, 0.0, 0.0]] * 4).log()
    with pytest.raises(
        GuinaError, match="1 tokens cannot be aligned with 4 frames\n  expected: 1 frames or more that give"
    ):
        ctc_align(never_TV, [2])
    assert ctc_align(never_TV, []) == []
    assert ctc_align(never_TV[:0], []) == []


def test_of_equally_likely_alignments_the_earliest_is_taken():
    assert ctc_align(torch.zeros(5, 3).log_softmax(1), [1, 2]) == [(0, 0), (1, 1)]
    assert ctc_align(torch.zeros(5, 3).log_softmax(1), [2, 2]) == [(0, 0), (2, 2)]
