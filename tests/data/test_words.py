"""Words of texts in many scripts, and the texts that words make."""

import doctest

import pytest

from guina.data import words as module
from guina.data.words import joined, words

SENTENCES = [  # come back as they were
    "Zwei junge weiße Männer sind im Freien.",
    "It's twenty-three; don't run!",
    "C'est aujourd'hui l'été, qu'il n'a pas vu.",
    "“Hi,” she said. ¿Qué? ¡No!",
    'He said "stop" and "go", twice.',
    "Auf dem Schild steht „Willkommen“.",
    "Limonade- und Bierdosen kosten 3,50 €, in New York (täglich) $1,000.25.",
    "我们走，好吗？",
    "日本語のテスト、OKです。",
    "한국어 텍스트입니다.",
    "สวัสดีครับ",
    "हिन्दी में लिखा।",
    "مَرْحَبًا بك",
    "Cafe\u0301 and/or bar, snake_case [1].",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_words_make_the_text_that_they_are_from(text: str) -> None:
    assert joined(words(text)) == text


@pytest.mark.parametrize("text", [*SENTENCES, "  odd \t spaces  ", "\u2028a\u00a0b", "--- 'quoted' ''", "3. 4,5:6,"])
def test_no_character_is_lost(text: str) -> None:
    assert "".join(words(text)) == "".join(text.split())


def test_marks_stay_with_their_words_and_words_in_wide_scripts_are_characters() -> None:
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert words("我们go吧") == ["我", "们", "go", "吧"]
    assert words("") == []
    assert joined([]) == ""


def test_the_examples_are_right() -> None:
    assert doctest.testmod(module) == (0, 2)
