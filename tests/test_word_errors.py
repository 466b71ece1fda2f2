"""Word and character error rates against Levenshtein's distance in a plain loop, and sentences aligned by hand."""

import doctest
import math
import sys
from collections import Counter

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina import word_errors as module
from guina.errors import GuinaError
from guina.word_errors import (
    Errors,
    align_characters,
    align_words,
    by_speaker,
    cautions,
    characters_as_words,
    confusions,
    deviation,
    expected_counts,
    rates,
    total,
)

TEXT = st.lists(st.sampled_from(["a", "b", "ab", "ба", "e\u0301"]), max_size=6).map(" ".join)
CORPUS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)


def distance(a: list[str], b: list[str]) -> int:
    """Levenshtein's distance, row by row."""
    row = list(range(len(b) + 1))
    for i, wanted in enumerate(a, 1):
        before, row = row, [i]
        for j, heard in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (wanted != heard)))
    return row[-1]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 12)


@given(CORPUS)
@settings(deadline=None, max_examples=200)
def test_the_errors_are_levenshtein_s(corpus: list[tuple[str, str]]) -> None:
    texts, references = map(list, zip(*corpus, strict=True))
    cut = [(align_words, str.split), (align_characters, list)]
    for align, parts in cut:
        for one, text, reference in zip(align(texts, references), texts, references, strict=True):
            errors = one.errors
            assert errors.wrong == distance(parts(reference), parts(text))
            assert [a for a, _ in one.pairs if a] == parts(reference)
            assert [b for _, b in one.pairs if b] == parts(text)
            assert errors.hits + errors.substitutions + errors.deletions == len(parts(reference))
            assert errors.hits + errors.substitutions + errors.insertions == len(parts(text))
    found = rates(texts, references)
    wrong = sum(distance(r.split(), t.split()) for t, r in corpus)
    assert found["wer"] == pytest.approx(wrong / max(1, sum(len(r.split()) for r in references)))
    wrong = sum(distance(list(r), list(t)) for t, r in corpus)
    assert found["cer"] == pytest.approx(wrong / max(1, sum(map(len, references))))
    assert found["wer"] == pytest.approx(found["substitutions"] + found["deletions"] + found["insertions"])
    assert found["exact"] == pytest.approx(sum(t == r for t, r in corpus) / len(corpus))
    assert all(map(math.isfinite, found.values()))


def test_words_invented_in_silence_are_insertions() -> None:
    found = rates(["yes", "", "no no"], ["yes", "", ""])
    assert (found["wer"], found["insertions"], found["deletions"]) == (2.0, 2.0, 0.0)
    assert found["cer"] == pytest.approx(5 / 3)
    assert found["exact"] == pytest.approx(2 / 3)


def test_where_nothing_was_said_the_rates_are_counts() -> None:
    assert dict(rates(["", ""], ["", ""])) == {
        "wer": 0.0,
        "cer": 0.0,
        "substitutions": 0.0,
        "deletions": 0.0,
        "insertions": 0.0,
        "exact": 1.0,
    }
    found = rates(["a bc", ""], ["", ""])
    assert (found["wer"], found["cer"]) == (2.0, 4.0)


def test_what_was_said_and_not_heard_is_missing() -> None:
    assert total(align_words(["", "one"], ["one two", "one"])) == Errors(hits=1, deletions=2)


def test_texts_are_compared_to_the_letter_and_white_space_only_parts() -> None:
    assert rates(["Yes", "NA 007"], ["yes", "NA  007 "])["wer"] == pytest.approx(1 / 3)
    assert rates(["it's"], ["its"])["wer"] == 1.0
    assert rates(["a\u00a0b\tc\n"], ["a b c"])["cer"] == 0.0


def test_characters_of_scripts_without_spaces_are_words() -> None:
    """The rate is then that of the characters, however they are spaced; jiwer is asked with spaces between them."""
    texts, references = ["今天他来了", "ฉันไปตลาด"], ["今天她来了", "ฉันไปตลาด"]
    expected = jiwer.wer([" ".join(text) for text in references], [" ".join(text) for text in texts])
    found = rates(texts, references)
    assert found["wer"] == found["cer"] == pytest.approx(expected)
    assert rates(["我 们go 了"], ["我们 go了"])["wer"] == 0.0
    aligned = align_words(texts, references)
    assert characters_as_words(aligned)[0].startswith("14 of 14 words of wer are single characters")
    assert characters_as_words(align_words(["a"], ["한국 go"])) == []


def test_what_was_taken_for_what() -> None:
    aligned = align_words(["five one", "five one", "nine one oh", ""], ["nine one", "nine one", "nine one", "one"])
    assert confusions(aligned) == Counter({("nine", "five"): 2, ("", "oh"): 1, ("one", ""): 1})
    assert expected_counts(aligned) == Counter({"one": 4, "nine": 3})
    letters = align_characters(["bat"], ["cat"])
    assert confusions(letters) == Counter({("c", "b"): 1})


def test_each_speaker_has_errors_of_their_own_and_they_add_up() -> None:
    aligned = align_words(["a b", "c", "", "a"], ["a b", "a", "", "a b c"])
    found = by_speaker(aligned, ["bob", "ann", "bob", ""])
    assert list(found) == ["", "ann", "bob"]
    assert found["bob"] == Errors(hits=2)
    assert found["ann"] == Errors(substitutions=1)
    assert found[""] == Errors(hits=1, deletions=2)
    assert sum(found.values(), Errors()) == total(aligned)


def test_the_deviation_is_that_of_other_recordings() -> None:
    """Recordings drawn again and again (a bootstrap) have rates that differ by as much."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, 80).tolist()
    references = [" ".join(["a"] * n) for n in lengths]
    texts = [" ".join(rng.choice(["a", "b"], n, p=[0.8, 0.2])) for n in lengths]
    aligned = align_words(texts, references)
    wrong_N, expected_N = (np.array([getattr(one.errors, part) for one in aligned]) for part in ("wrong", "expected"))
    drawn = [rng.integers(0, 80, 80) for _ in range(4000)]
    rates_R = [wrong_N[n].sum() / expected_N[n].sum() for n in drawn]
    assert deviation(aligned) == pytest.approx(np.std(rates_R), rel=0.1)
    (said,) = cautions(aligned)
    assert said.startswith(f"{sum(lengths)} words are few to judge by")
    assert f"be {100 * deviation(aligned):.1f} points higher or lower" in said


def test_many_words_need_no_caution_and_few_recordings_are_finite() -> None:
    assert cautions(align_words(["a"] * 1000, ["a"] * 1000)) == []
    assert deviation(align_words(["a"], ["b"])) == deviation(align_words(["a", "b"], ["", ""])) == 0.0
    assert cautions(align_words(["a"], ["b"]))[0].startswith("1 word is few to judge by")
    assert cautions(align_words(["a b"] * 50, ["a b"] * 50)) == [
        "100 words are few to judge by: of other recordings wer may be up to 3.0%"
    ]
    assert cautions(align_words(["a"], ["a"]))[0].endswith("up to 100.0%")


def test_nothing_to_score_is_said() -> None:
    for judge in (rates, align_words, align_characters):
        with pytest.raises(GuinaError, match="nothing to score"):
            judge([], [])


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(GuinaError, match="need the library jiwer"):
        rates(["a"], ["b"])
