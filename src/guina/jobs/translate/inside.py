"""What a translator attended to, word by word, and what is to be counted of its translations beside their references.

Axes: R target units, C source units, K target words, G source words, U units of a text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from guina.bleu import library
from guina.data.vocabulary import UNKNOWN
from guina.data.words import WORD, words
from guina.panels import Alignment

if TYPE_CHECKING:
    from guina.jobs.translate.answering import Translated

T = TypeVar("T")

SPACE, END = "␣", "∎"  # how a space and the end of a text are written in units
FEW = 3  # words; an alignment of fewer on one side is shown unit by unit
OFTEN = 5  # times that a word stands in the references, below which how often it is missed says nothing


@dataclass(frozen=True)
class Judged:
    """A translation beside its references.

    Args:
        chrf: 0 … 100; of several references that of the nearest.
    """

    source: str
    references: Sequence[str]
    text: str
    chrf: float


def judged(sources: Sequence[str], references: Mapping[str, Sequence[str]], texts: Sequence[str]) -> list[Judged]:
    """How near the translations of some sources are to their references, one by one."""
    metric = library().CHRF()
    return [
        Judged(source, references[source], text, float(metric.sentence_score(text, list(references[source])).score))
        for source, text in zip(sources, texts, strict=True)
    ]


def spread(things: Sequence[T], most: int) -> list[T]:
    """At most so many of some things, evenly spread over all, in their order.

    Example:
        >>> spread("abcdefg", 3), spread("ab", 3)
        (['a', 'd', 'g'], ['a', 'b'])
    """
    return [things[int(n)] for n in np.linspace(0, len(things) - 1, min(most, len(things))).round()]


# --- attention between words ---


def merged(source: str, one: "Translated") -> Alignment:
    """Attention between words, where units are pieces of them: how much of a word of the translation came from a word
    of the source.

    The attention to the pieces of a source word is added up, that of the pieces of a target word averaged; so rows sum
    to 1 as before. Sentences of less than `FEW` words stay in units: a number that is one long word.

    Example:
        >>> from types import SimpleNamespace as Some
        >>> a_RC = np.array([[0.5, 0.25, 0.25, 0], [0.75, 0.25, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        >>> pieces = ("Ha", "us", "␣ist", "␣alt"), ("hou", "se", "␣is", "␣old")
        >>> one = Some(source=pieces[0], target=pieces[1], attention_RC=a_RC, text="house is old")
        >>> merged("Haus ist alt", one).weights_RC.tolist()
        [[0.875, 0.125, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    (row_R, rows), (column_C, columns) = words_of_units(one.target, one.text), words_of_units(one.source, source)
    if min(sum(word != END for word in side) for side in (rows, columns)) < FEW:
        return Alignment(source, one.text, one.target, one.source, one.attention_RC)
    to_source_RG = one.attention_RC @ one_hot(column_C, len(columns))
    member_RK = one_hot(row_R, len(rows))
    weights_KG = member_RK.T @ to_source_RG / member_RK.sum(0)[:, None]
    return Alignment(source, one.text, rows, columns, weights_KG)


def words_of_units(units: Sequence[str], text: str) -> tuple[np.ndarray, list[str]]:
    """Which word each unit belongs to, and the words. Where a unit holds several words, as pieces of Chinese do, these
    are one; a space belongs to what follows it.

    Args:
        text: what the units were made of, or make: letters that lie in several units, each a part of their bytes, are
            read there.

    Example:
        >>> words_of_units(["␣Kin", "der", "garten", ",", "␣", "我们", "去", "∎"], "Kindergarten, 我们去")
        (array([0, 0, 0, 1, 2, 2, 3, 4]), ['Kindergarten', ',', '我们', '去', '∎'])
        >>> words_of_units(["�", "�", "l", "␣fehlt", "∎"], "Öl fehlt")
        (array([0, 0, 0, 1, 2]), ['Öl', 'fehlt', '∎'])
    """
    word_U, found = grouped(units)
    whole = [*words(text), *found[-1:]] if found[-1:] == [END] else words(text)
    if any(UNKNOWN in word for word in found) and len(whole) == len(found):
        return word_U, whole
    return word_U, found


def grouped(units: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The same by the units alone; a part of a letter is a letter."""
    text = "".join(units).replace(SPACE, " ").replace(UNKNOWN, "x")
    number_of = np.full(len(text), -1)
    for number, found in enumerate(WORD.finditer(text)):
        number_of[found.start() : found.end()] = number
    word_U = np.zeros(len(units), np.int64)
    written: list[str] = []
    end, last, open_space = 0, -1, False
    for u, unit in enumerate(units):
        inside = number_of[end : end + len(unit)]
        inside, end = inside[inside >= 0], end + len(unit)
        goes_on = open_space or (len(inside) > 0 and inside[0] == last)
        if goes_on and written:
            written[-1] += unit
        else:
            written.append(unit)
        word_U[u] = len(written) - 1
        open_space, last = not len(inside), inside[-1] if len(inside) else last
    return word_U, [word.replace(SPACE, " ").strip() or SPACE for word in written]


def one_hot(number_U: np.ndarray, size: int) -> np.ndarray:
    """A row for each number, with a 1 in its column; U×size, float64."""
    return (number_U[:, None] == np.arange(size)).astype(np.float64)


# --- what goes wrong ---


def counts_of(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in some texts, in small letters."""
    return Counter(word.casefold() for text in texts for word in words(text))


def rarest(text: str, count_of: Mapping[str, int]) -> int:
    """How often the rarest word of a text was counted; of a text without words 0.

    Example:
        >>> rarest("A dog.", {"a": 9, "dog": 2, ".": 1})
        2
    """
    return min((count_of.get(word.casefold(), 0) for word in words(text) if is_word(word)), default=0)


def is_word(text: str) -> bool:
    """Whether it is more than punctuation."""
    return any(c.isalnum() for c in text)


def repeats(text: str) -> bool:
    """Whether a word, or two words, stand twice in a row.

    Example:
        >>> repeats("I I I am"), repeats("in the in the house"), repeats("the cat and the dog"), repeats("no, no")
        (True, True, False, False)
    """
    w = [word.casefold() for word in words(text)]
    once = any(a == b and is_word(a) for a, b in pairwise(w))
    return once or any(w[n : n + 2] == w[n + 2 : n + 4] and is_word("".join(w[n : n + 2])) for n in range(len(w) - 3))


def missed(results: Sequence[Judged]) -> list[tuple[str, int, int]]:
    """(word, times in the references, times missing of the translations), for words that stand in `OFTEN` of them; what
    is missing most often by its share first.

    Of several references the first counts. A word is missing as often as the translation has fewer of it.
    """
    there: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    for one in results:
        wanted, found = counts_of(one.references[:1]), counts_of([one.text])
        there.update(wanted)
        lacking.update(wanted - found)
    told = [(word, count, lacking[word]) for word, count in there.items() if count >= OFTEN and is_word(word)]
    return sorted(told, key=lambda row: (-row[2] / row[1], -row[1], row[0]))


def length_ratio(one: Judged) -> float:
    """Words of a translation by those of its reference."""
    return len(words(one.text)) / max(1, len(words(one.references[0])))
