"""The sample number-words: read back by a parser of its own; what is learned, and what is judged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guina.data.number_words import draw, english, german, number_words
from guina.data.pairs import Direction, read_pairs
from guina.errors import GuinaError

SMALL_DE = [
    "null",
    "ein",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
TENS_DE = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
SMALL_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS_EN = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def of_german(word: str) -> int:
    """The number that a German word is: by its thousands, its hundreds, and what is left."""
    if "tausend" in word:
        thousands, rest = word.split("tausend")
        return 1000 * of_german(thousands) + (of_german(rest) if rest else 0)
    if "hundert" in word:
        hundreds, rest = word.split("hundert")
        return 100 * SMALL_DE.index(hundreds) + (of_german(rest) if rest else 0)
    if word in TENS_DE:
        return 10 * TENS_DE.index(word) + 20
    if found := re.fullmatch(r"(\w+?)und(\w+)", word):
        return SMALL_DE.index(found[1]) + of_german(found[2])
    return SMALL_DE.index("ein" if word == "eins" else word)


def of_english(text: str) -> int:
    total = part = 0
    for word in re.split("[ -]", text):
        if word == "thousand":
            total, part = 1000 * part, 0
        elif word == "hundred":
            part *= 100
        else:
            part += SMALL_EN.index(word) if word in SMALL_EN else 10 * TENS_EN.index(word) + 20
    return total + part


@given(st.integers(0, 999_999))
def test_words_say_their_number(n):
    assert of_german(german(n)) == of_english(english(n)) == n


@pytest.mark.parametrize(
    ("n", "de", "en"),
    [
        (16, "sechzehn", "sixteen"),
        (17, "siebzehn", "seventeen"),
        (30, "dreißig", "thirty"),
        (66, "sechsundsechzig", "sixty-six"),
        (77, "siebenundsiebzig", "seventy-seven"),
        (100, "einhundert", "one hundred"),
        (111, "einhundertelf", "one hundred eleven"),
        (1000, "eintausend", "one thousand"),
        (1001, "eintausendeins", "one thousand one"),
        (101_000, "einhunderteintausend", "one hundred one thousand"),
        (
            342_117,
            "dreihundertzweiundvierzigtausendeinhundertsiebzehn",
            "three hundred forty-two thousand one hundred seventeen",
        ),
    ],
)
def test_spellings(n, de, en):
    assert (german(n), english(n)) == (de, en)


def test_the_judged_numbers_are_new_and_their_parts_are_not():
    sample = number_words()
    train, test = dict(sample.splits["train"]), dict(sample.splits["test"])
    assert (len(train), len(test)) == (len(sample.splits["train"]), len(sample.splits["test"]))
    assert not train.keys() & test.keys()
    parts = {part for text in train.values() for part in re.split("[ -]", text)}
    assert parts == {part for text in {**train, **test}.values() for part in re.split("[ -]", text)}
    assert parts == {*SMALL_EN, *TENS_EN, "hundred", "thousand"}
    # so is each part in each place: thousands, hundreds, tens and ones before and after "tausend"
    places = [{(k, digit) for n in map(of_german, of) for k, digit in enumerate(f"{n:06}")} for of in (train, test)]
    assert places[1] <= places[0]
    assert len(places[0]) == 60


def test_it_is_drawn_alike_each_time():
    assert draw(0, 10, 10) == draw(0, 10, 10)
    assert sorted(draw(0, 10, 10)) == list(range(10))
    assert number_words() == number_words()


def test_it_is_read_as_pairs():
    records = read_pairs("number-words", ("train", "val", "test"))
    assert records.source == Direction("de", "en")
    assert [records.count(split) for split in ("train", "val", "test")] == [3923, 467, 500]
    assert (records.report.found, records.report.used, records.report.problems) == (4890, 4890, [])
    assert records.names[0] == "number-words/train, line 1"
    turned = read_pairs("number-words", ("test",), ("en", ""))
    assert (turned.source, len(turned)) == (Direction("en", "de"), 500)
    assert turned.columns["target"] == records.only("test").columns["source"]
    assert turned.fingerprint != read_pairs("number-words", ("test",)).fingerprint
    with pytest.raises(GuinaError, match="number-words has no fr"):
        read_pairs("number-words", ("train", "val"), ("fr", ""))
