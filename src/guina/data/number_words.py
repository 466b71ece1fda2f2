"""The sample number-words: German number words and their English, from 0 to 999,999, generated from the rules.

    dreiundzwanzig → twenty-three        zweihundertfünf → two hundred five

The German says the ones before the tens and writes all in one word; so what is to be learned is to cut, to turn round
and to put together. Short and long numbers are equally many, as far as there are as many. The numbers of the test split
are never learned from, but each word that they are made of is.
"""

from hashlib import blake2b
from typing import NamedTuple

from guina.data.records import TEST, TRAIN

DIGITS_DE = ["", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
TEENS_DE = ["zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"]
TENS_DE = ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
DIGITS_EN = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS_EN = [
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
]
TENS_EN = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

LEARNED = (10, 80, 700, 1200, 1200, 1200)  # numbers of one digit, of two, … to learn from
JUDGED = (0, 10, 100, 130, 130, 130)  # and of the test split


class PairSample(NamedTuple):
    """Pairs that come with guina: split → (source, target), and what the sides are called."""

    source: str
    target: str
    splits: dict[str, list[tuple[str, str]]]


def number_words() -> PairSample:
    """The sample, always the same.

    Example:
        >>> sample = number_words()
        >>> {split: len(pairs) for split, pairs in sample.splits.items()}
        {'train': 4390, 'test': 500}
    """
    numbers: dict[str, list[int]] = {TRAIN: [], TEST: []}
    for digits, (learned, judged) in enumerate(zip(LEARNED, JUDGED, strict=True), 1):
        drawn = draw(0 if digits == 1 else 10 ** (digits - 1), 10**digits, learned + judged)
        numbers[TRAIN] += drawn[:learned]
        numbers[TEST] += drawn[learned:]
    splits = {split: [(german(n), english(n)) for n in sorted(chosen)] for split, chosen in numbers.items()}
    return PairSample("de", "en", splits)


def draw(start: int, end: int, count: int) -> list[int]:
    """So many different numbers from start to end − 1, in an order that is always the same and has no other sense."""
    found: dict[int, None] = {}
    k = 0
    while len(found) < count:
        stamp = int.from_bytes(blake2b(f"{start} {k}".encode(), digest_size=8).digest(), "big")
        found[start + stamp % (end - start)] = None
        k += 1
    return list(found)


def german(n: int) -> str:
    """A number from 0 to 999,999 as a German word.

    Example:
        >>> [german(n) for n in (0, 1, 23, 101, 205, 21_001)]
        ['null', 'eins', 'dreiundzwanzig', 'einhunderteins', 'zweihundertfünf', 'einundzwanzigtausendeins']
    """
    if n == 0:
        return "null"
    word = (f"{german_below(n // 1000)}tausend" if n >= 1000 else "") + german_below(n % 1000)
    return f"{word}s" if n % 100 == 1 else word


def german_below(n: int) -> str:
    """A number from 1 to 999 as it stands within a word; "" for 0."""
    tens, ones = divmod(n % 100, 10)
    word = f"{DIGITS_DE[n // 100]}hundert" if n >= 100 else ""
    if tens == 1:
        return word + TEENS_DE[ones]
    joint = "und" if tens and ones else ""
    return word + DIGITS_DE[ones] + joint + TENS_DE[tens]


def english(n: int) -> str:
    """A number from 0 to 999,999 in English, without "and".

    Example:
        >>> [english(n) for n in (0, 23, 205, 21_001)]
        ['zero', 'twenty-three', 'two hundred five', 'twenty-one thousand one']
    """
    if n == 0:
        return "zero"
    words = [*english_below(n // 1000), "thousand"] if n >= 1000 else []
    return " ".join((*words, *english_below(n % 1000)))


def english_below(n: int) -> list[str]:
    """The words of a number from 1 to 999; none for 0."""
    tens, ones = divmod(n % 100, 10)
    words = [DIGITS_EN[n // 100], "hundred"] if n >= 100 else []
    if tens == 1:
        return [*words, TEENS_EN[ones]]
    last = "-".join(word for word in (TENS_EN[tens], DIGITS_EN[ones]) if word)
    return [*words, last] if last else words
