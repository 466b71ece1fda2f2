"""Candidate answers: common words against a search of all subsequences, numbers, directions, hostile text."""

import re
from base64 import b64decode
from html import unescape
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from guina.look.nbest import draw_nbest, draw_words, joined, matching, split_words
from guina.panels import Candidate, Candidates, NBest


def drawn(*examples: Candidates, **words) -> str:
    return draw_nbest(NBest("t", "s", examples, **words))


def marked(text: str, *references: str) -> list[str]:
    """What is marked of a text."""
    written = "".join(str(part) for part in draw_words(text, references))
    return [unescape(part) for part in re.findall(r"<mark>(.*?)</mark>", written)]


@given(st.text())
def test_splitting_loses_nothing(text):
    assert "".join(split_words(text)) == text


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_marks_are_a_longest_common_subsequence(ours, theirs):
    found = matching(ours, theirs)
    chosen = [word for word, yes in zip(ours, found, strict=True) if yes]
    below = {kept for n in range(len(theirs) + 1) for kept in combinations(theirs, n)}
    assert tuple(chosen) in below
    longest = max(n for n in range(len(ours) + 1) for kept in combinations(ours, n) if kept in below)
    assert len(chosen) == longest


def test_words_are_marked_with_what_stands_between_them():
    assert marked("A dog is running along the beach.", "A dog runs along the beach.") == ["A dog", "along the beach"]
    assert marked("THE cat", "the Cat!") == ["THE cat"]
    assert marked("dog", "cat") == []
    assert marked("dog") == []
    assert marked("", "cat") == []
    assert joined([], []) == []


def test_of_several_references_the_closest_counts():
    assert marked("a red bird sings", "a red car", "one red bird sings") == ["red bird sings"]


def test_chinese_by_character_arabic_and_hindi_by_word():
    assert marked("旧书放在桌子上。", "那本旧书在桌子上。") == ["旧书", "在桌子上"]
    assert marked("القطة تشرب الحليب الآن.", "القطة تشرب الحليب اليوم.") == ["القطة تشرب الحليب"]
    assert split_words("हिन्दी में") == ["हिन्दी", " ", "में"]
    assert split_words("حليبًا") == ["حليبًا"]


def test_answers_stand_in_their_order_and_the_given_one_is_marked():
    answers = [Candidate("no", 0.625), Candidate("yes", 0.25, chosen=True), Candidate("perhaps", float("nan"))]
    markup = drawn(Candidates("", "why?", ["yes"], answers))
    items = re.findall(
        r'<li class="(given[^"]*)"><b class="rank"([^>]*)>(\d)</b><p dir="auto">(.*?)</p>(.*?)</li>', markup
    )
    assert [(look, n, text) for look, _, n, text, _ in items] == [
        ("given", "1", "no"),
        ("given chosen", "2", "<mark>yes</mark>"),
        ("given", "3", "perhaps"),
    ]
    assert [spoken for _, spoken, *_ in items] == ["", ' aria-label="2, given"', ""]
    assert [re.findall(r'class="number">([^<]*)<', score) for *_, score in items] == [["62.5%"], ["25.0%"], []]
    assert re.findall(r'<rect width="([\d.]+)" height="1"/>', markup) == ["62.5", "25"]


def test_answers_may_have_labels_and_one_alone_has_no_number():
    steps = [Candidate("a", 1.0, label="step 10"), Candidate("a cat", 2.0, chosen=True, label="<b>")]
    markup = drawn(Candidates("", "why?", ["a cat"], steps), share=False, score="chrF")
    assert re.findall(r'<li class="([^"]*)"><small class="named">([^<]*)</small>', markup) == [
        ("given", "step 10"),
        ("given chosen", "&lt;b&gt;"),
    ]
    assert 'class="rank"' not in markup
    assert "the number of the answer" not in markup
    alone = drawn(Candidates("", "why?", ["a cat"], [Candidate("a", 1.0, chosen=True)]))
    assert '<small class="named">answer</small>' in alone
    assert "the number of the answer" not in alone


def test_where_no_answer_has_a_number_none_is_spoken_of():
    answers = [Candidate("a cat", float("nan"), label="caption")]
    markup = drawn(Candidates("", "x", ["a cat"], answers), score="")
    assert "Beside each answer" not in markup
    assert "are in the reference" in markup
    assert 'class="number"' not in markup
    assert 'class="note"' not in drawn(Candidates("", "x", [], answers), score="")


def test_scores_that_are_no_shares_are_numbers():
    markup = drawn(
        Candidates("", "why?", [], [Candidate("a", -12.3456), Candidate("b", -1234.5)]), share=False, score="log"
    )
    assert re.findall(r'class="number">([^<]*)<', markup) == ["−12.35", "−1,234.50"]
    assert 'class="bar"' not in markup
    assert "its log;" in markup


def test_the_input_and_the_references_say_what_they_are_and_find_their_direction():
    markup = drawn(Candidates("first", "ما هذا؟", ["one", "two"], []))
    rows = re.findall(r'<div class="given (\w+)"><small>([^<]+)</small><p dir="auto">([^<]+)</p></div>', markup)
    assert rows == [
        ("source", "input", "ما هذا؟"),
        ("reference", "reference 1", "one"),
        ("reference", "reference 2", "two"),
    ]
    assert '<h3 dir="auto">first</h3>' in markup
    assert "<small>reference</small>" in drawn(Candidates("", "x", ["y"], []))
    assert "are in the reference" in markup
    assert "are in the reference" not in drawn(Candidates("", "x", [], []))
    assert "There are no examples." in drawn()


def test_the_input_may_be_a_picture():
    picture = np.random.default_rng(0).integers(256, size=(16, 20, 3), dtype=np.uint8)
    markup = drawn(Candidates("cat.jpg", picture, [], []), Candidates("", picture, [], []))
    sources = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', markup)
    assert [alt for _, alt in sources] == ["cat.jpg", "the input"]
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(b64decode(sources[0][0])))), picture)
    assert "<small>input</small>" not in markup


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\"><img src=x onerror='alert(2)'>", "\u202e<b>\x00"])
def test_evil_texts_are_words(evil):
    markup = drawn(Candidates(evil, evil, [evil], [Candidate(evil, 0.5, chosen=True)]), score=evil)
    assert "<script" not in markup
    assert "<img" not in markup
    assert "<b>" not in markup
    assert "\u202e" not in markup
