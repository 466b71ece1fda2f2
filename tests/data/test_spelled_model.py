"""Letters by words: against the words' own probabilities, multiplied, and sums over everything that can follow."""

import doctest
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.ctc_beam import ctc_prefix_beam
from guina.data import spelled_model as module
from guina.data.ngram_model import count_ngrams
from guina.data.spelled_model import END, parted, spell

V, BLANK, SPACE = 5, 4, 2  # the letters 0, 1, 3, a space and the blank
WORDS = [(0,), (0, 1), (1, 3, 0), (3,)]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=4), max_size=6)
PREFIX = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=7)


def written(words) -> list[int]:
    """Words with spaces between them."""
    return [letter for n, word in enumerate(words) for letter in ([SPACE] if n else []) + list(word)]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 3)


@given(TEXTS, st.lists(PREFIX, min_size=1, max_size=4))
@settings(deadline=None, max_examples=150)
def test_what_may_follow_adds_up_to_one(texts, prefixes) -> None:
    model = spell([written(text) for text in texts], V, BLANK, SPACE)
    p_NV = model.following(prefixes)
    np.testing.assert_allclose(p_NV.sum(1), 1, rtol=1e-9)
    assert (p_NV > 0).all()
    for prefix in prefixes:
        row_V = model.by_words(tuple(prefix))
        if row_V is not None:
            assert row_V.sum() == pytest.approx(1.0)


@given(TEXTS.filter(any), st.lists(st.integers(0, 3), max_size=4), st.integers(1, 3))
@settings(deadline=None, max_examples=150)
def test_a_text_letter_by_letter_is_as_likely_as_word_by_word(texts, chosen, order) -> None:
    """The product over letters is that over words, each among the known words and the end."""
    known = sorted({word for text in texts for word in text})
    words = [known[n % len(known)] for n in chosen]
    model = spell([written(text) for text in texts], V, BLANK, SPACE, order)
    letters, product = written(words), 1.0
    for n, letter in enumerate([*letters, BLANK]):
        row_V = model.by_words(tuple(letters[:n]))
        assert row_V is not None
        product *= float(row_V[letter])

    number = {word: n for n, word in enumerate(known, END + 1)}
    counted = count_ngrams([[number[word] for word in text] for text in texts], len(known) + 2, END, order)
    said, expected = [number[word] for word in words], 1.0
    for n, word in enumerate([*said, END]):
        p_W = counted.following([said[:n]])[0, :-1]
        expected *= float(p_W[word] / p_W.sum())
    assert product == pytest.approx(expected, rel=1e-6)


def test_where_no_known_word_begins_so_the_letters_decide() -> None:
    texts = [written([(0, 1), (3,)])] * 3
    model, letters = spell(texts, V, BLANK, SPACE), count_ngrams(texts, V, BLANK, 6)
    for prefix in ([1], [0, 1, SPACE, 0, 0], [3, 3]):
        np.testing.assert_allclose(model.following([prefix]), letters.following([prefix]))
    assert model.by_words((1,)) is None
    silent = spell([], V, BLANK, SPACE)
    np.testing.assert_allclose(silent.following([[0, 1], []]), 1 / V)


def test_few_contexts_are_remembered_and_it_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [written(words) for words in itertools.product(WORDS, repeat=2)]
    prefixes = [written(words) for words in itertools.product(WORDS, repeat=3)]
    expected = spell(texts, V, BLANK, SPACE)(prefixes)
    monkeypatch.setattr(module, "FEWEST", 2)
    monkeypatch.setattr(module, "ROOM", 0)
    model = spell(texts, V, BLANK, SPACE)
    assert torch.equal(model(prefixes), expected)
    assert len(model.known) <= 2


def test_the_more_words_the_fewer_contexts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered takes no more bytes than there is room for."""
    monkeypatch.setattr(module, "FEWEST", 1)
    monkeypatch.setattr(module, "ROOM", 20_000)
    words = list(itertools.product((0, 1, 3), repeat=5))
    model = spell([written(pair) for pair in itertools.pairwise(words)], V, BLANK, SPACE)
    model([written((word, other)) for word, other in zip(words, words[::2], strict=False)])
    assert 0 < sum(p_D.nbytes for p_D in model.known.values()) <= 20_000


class Counted(tuple):
    """Letters that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, at):
        Counted.looks += not isinstance(at, slice)
        return super().__getitem__(at)


@given(TEXTS.filter(any), PREFIX)
@settings(deadline=None, max_examples=50)
def test_words_long_ago_change_nothing_and_are_not_looked_at(texts, prefix) -> None:
    model = spell([written(text) for text in texts], V, BLANK, SPACE)
    recent = [*written([(0, 1), (3,), (3,)]), SPACE, *prefix]
    rows = [model.by_words((*before, *recent)) for before in ((0, SPACE), (0, 1, SPACE) * 300)]
    assert (rows[0] is None) == (rows[1] is None)
    if rows[0] is not None and rows[1] is not None:
        np.testing.assert_array_equal(rows[0], rows[1])
    Counted.looks = 0
    model.by_words(Counted((0, 1, SPACE) * 300 + tuple(recent)))
    assert Counted.looks < 40


@given(PREFIX, st.integers(0, 4))
def test_the_last_words_are_the_last_of_all(letters, most) -> None:
    text = "".join(map(str, letters)).split(str(SPACE))
    words = [tuple(map(int, word)) for word in text]
    assert parted(tuple(letters), SPACE) == words
    assert parted(tuple(letters), SPACE, most) == words[-most - 1 :]


def test_the_search_spells_words_that_it_knows() -> None:
    """A letter that sounds like another one is heard as the word that there is."""
    model = spell([written([(0, 1, 3), (1,)])] * 20, V, BLANK, SPACE)
    frames = [0, BLANK, 1, BLANK, (0, 3), BLANK, SPACE, BLANK, 1]
    p_TV = np.full((len(frames), V), 0.02)
    for t, heard in enumerate(frames):
        for token, p in zip(np.atleast_1d(heard), (0.5, 0.44) if np.ndim(heard) else (0.92,), strict=True):
            p_TV[t, token] = p
    log_BTV = torch.from_numpy(p_TV / p_TV.sum(1, keepdims=True)).log()[None]
    length_B = torch.tensor([len(frames)])
    without = ctc_prefix_beam(log_BTV, length_B, 8, blank=BLANK)[0][0]
    beside = ctc_prefix_beam(log_BTV, length_B, 8, blank=BLANK, lm=model)[0][0]
    assert without.tokens == (0, 1, 0, SPACE, 1)
    assert beside.tokens == (0, 1, 3, SPACE, 1)
    log_p = [math.log(model.following([beside.tokens[:n]])[0, token]) for n, token in enumerate(beside.tokens)]
    assert beside.score == pytest.approx(beside.log_probability + sum(log_p))


def test_words_are_what_spaces_part() -> None:
    assert parted((SPACE, 0, SPACE, SPACE, 1), SPACE) == [(), (0,), (), (1,)]
    assert spell([[SPACE, 0, SPACE]], V, BLANK, SPACE).spelling == [(0,)]
