"""Captions as rows of words and back: round trips, capitals, Chinese; naming words and shares beside plain loops."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.cider import words as plain_words
from guina.jobs.caption.wording import (
    END,
    EVERYWHERE,
    FEW,
    NAMED,
    OFTEN,
    SPECIAL,
    START,
    UNKNOWN,
    Wording,
    is_name,
    learn_wording,
    names_of,
    share_of_captions,
    sides_said,
    spoken,
)

FARM = [
    ["A dog runs.", "A brown dog runs on grass."],
    ["A dog sits.", "The dog sits on a mat."],
    ["A cat sits.", "The cat sits on grass."],
    ["A cat sleeps."],
    ["Two cows eat grass.", "Cows eat."],
    ["A bird eats."],
    ["A bird sleeps."],
]


def number_of(wording: Wording, word: str) -> int:
    return SPECIAL + wording.written.index(word)


# --- which words are known, and how they are written ---


def test_words_are_known_by_how_often_they_come():
    wording = learn_wording(FARM)
    assert set(wording.written) == {
        "a",
        "dog",
        "runs",
        "on",
        "grass",
        "sits",
        "the",
        "cat",
        "sleeps",
        "cows",
        "eat",
        "bird",
    }
    assert wording.written[0] == "a"
    assert wording.size == 3 + 12
    assert wording.longest == 6, "a brown dog runs on grass"
    many = [[f"a word{n % 300} thing"] for n in range(FEW)] + [["rare rare"]] * 2  # each word three or four times
    assert set(learn_wording(many).written) == {"a", "thing"}
    assert OFTEN > 4
    assert set(learn_wording([["one"], ["two"]]).written) == {"one", "two"}, "where none comes twice all are known"


def test_a_word_is_written_as_it_mostly_is_where_no_caption_begins():
    captions = [["The Eiffel tower"], ["an Eiffel tower"], ["my eiffel tower"], ["Tower of the city"], ["Of all"]]
    wording = learn_wording(captions * 2)
    assert "Eiffel" in wording.written
    assert {"tower", "the", "of"} <= set(wording.written)
    assert wording.number["eiffel"] == wording.number["Eiffel".lower()] == number_of(wording, "Eiffel")
    assert wording.encode("EIFFEL Tower").tolist() == [
        number_of(wording, "Eiffel"),
        number_of(wording, "tower"),
        END,
    ]


@pytest.mark.parametrize(
    ("captions", "capital", "stop", "said"),
    [
        (["A dog runs.", "A dog sits."], True, ".", "A dog sits."),
        (["a dog runs", "a dog sits"], False, "", "a dog sits"),
        (["A dog runs .", "A dog sits ."], True, ".", "A dog sits."),
        (["a dog runs!", "a dog sits!"], False, "!", "a dog sits!"),
        (["a dog runs.", "a dog sits", "A dog sits"], False, "", "a dog sits"),
        (["一只狗跑。", "一只狗坐。"], False, "。", "一只狗坐。"),
    ],
)
def test_capital_and_stop_are_those_of_most(captions, capital, stop, said):
    wording = learn_wording([[caption] for caption in captions * 2])
    assert (wording.capital, wording.stop) == (capital, stop)
    assert wording.decode(wording.encode(captions[1])) == said


def test_the_stop_is_no_word_and_other_marks_are():
    assert spoken("A dog, running .", ".") == ["A", "dog", ",", "running"]
    assert spoken("A dog!", ".") == ["A", "dog"], "another stop is one too"
    assert spoken("A dog.", "") == ["A", "dog", "."]
    assert spoken(".", ".") == spoken("", ".") == []


def test_chinese_is_known_by_character():
    wording = learn_wording([["一只狗在跑。"], ["一只猫在睡觉。"], ["两只狗。"]] * 2)
    assert wording.decode(wording.encode("两只猫在跑。")) == "两只猫在跑。"
    assert len(wording.encode("两只猫在跑。")) == 6


# --- there and back ---


def test_what_is_not_known_is_unknown_and_not_said():
    wording = learn_wording(FARM)
    row = wording.encode("The purple dog runs.")
    assert row.dtype == np.int32
    assert row.tolist() == [
        *(number_of(wording, "the"),),
        UNKNOWN,
        *map(lambda w: number_of(wording, w), ("dog", "runs")),
        END,
    ]
    assert wording.decode(row) == "The dog runs."
    assert wording.decode([]) == wording.decode([END]) == "", "nothing has no stop"
    assert [wording.shown(n) for n in (UNKNOWN, END, START)] == ["?", "∎", "▸"]


def test_a_longer_caption_is_cut_where_the_longest_ends():
    wording = learn_wording(FARM)
    assert len(wording.encode("a dog " * 50)) == wording.longest + 1


TOKENS = st.lists(
    st.sampled_from(["a", "dog", "Two", "cats", ",", "it's", "狗", "3.5", "Ünal", '"', "(", ")"]), max_size=8
)


@given(st.lists(st.lists(TOKENS.map(" ".join), min_size=1, max_size=3), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_known_captions_come_back_with_the_same_words(captions):
    twice = captions * 2  # so that all words are known
    wording = learn_wording(twice)
    for some in captions:
        for caption in some:
            row = wording.encode(caption)
            assert UNKNOWN not in row
            assert plain_words(wording.decode(row)) == plain_words(" ".join(spoken(caption, wording.stop)))
            assert wording.encode(wording.decode(row)).tolist() == row.tolist() or not wording.decode(row)


def test_json_keeps_it():
    wording = learn_wording(FARM)
    assert Wording.restored(json.loads(json.dumps(wording.facts()))) == wording


# --- words that name something ---


def test_naming_words_are_those_of_several_pictures_and_not_of_most():
    wording = learn_wording(FARM)
    expected = []
    for n, word in enumerate(wording.written):
        pictures = 0
        for some in FARM:
            there = False
            for caption in some:
                for said in caption.rstrip(".").split():
                    there = there or said.lower() == word.lower()
            pictures += there
        if 2 <= pictures <= EVERYWHERE * len(FARM) and len(word) > 1:
            expected.append((SPECIAL + n, pictures))
    assert sorted(wording.named) == sorted(n for n, _ in expected)
    often = dict(expected)
    counts = [often[n] for n in wording.named]
    assert counts == sorted(counts, reverse=True), "the most frequent first"
    assert {"dog", "cat", "bird"} <= {wording.shown(n) for n in wording.named}
    assert "a" not in [wording.shown(n) for n in wording.named]
    assert names_of(FARM, wording) == list(wording.named)


def test_naming_words_are_not_too_many():
    captions = [[" ".join(f"w{(n + k) % 700}" for k in range(3))] for n in range(1400)]
    wording = learn_wording(captions)
    assert len(wording.written) == 700
    assert len(wording.named) == NAMED


def test_a_sign_of_chinese_names_something_a_letter_does_not():
    assert [is_name(word) for word in ("dog", "狗", "a", ",", "3", "3d", "é")] == [
        True,
        True,
        False,
        False,
        False,
        False,
        True,
    ]


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=4), st.sets(st.integers(SPECIAL, 9)))
def test_shares_are_those_of_a_plain_loop(rows, named):
    order = sorted(named, reverse=True)
    place_V = np.full(10, len(order))
    for place, word in enumerate(order):
        place_V[word] = place
    share_W = share_of_captions([np.array(row, np.int64) for row in rows], place_V)
    assert share_W.shape == (len(order),)
    for place, word in enumerate(order):
        count = 0
        for row in rows:
            count += word in row
        assert share_W[place] == pytest.approx(count / max(1, len(rows)))


def test_left_and_right_are_found_in_whatever_case():
    assert sides_said(learn_wording([["Left of a dog"], ["a dog on the left"]])) == ["left"]
    assert sides_said(learn_wording([["狗在左边"], ["猫在左边"]])) == ["左"]
    assert not sides_said(learn_wording(FARM))
