"""What a translator attended to, word by word.

Axes: R target units, C source units, K target words, G source words, U units of a text.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from guina.data.vocabulary import UNKNOWN
from guina.data.words import WORD, words
from guina.panels import Alignment

if TYPE_CHECKING:
    from guina.jobs.translate.answering import Translated

SPACE, END = "␣", "∎"  # how a space and the end of a text are written in units
FEW = 3  # words; an alignment of fewer on one side is shown unit by unit


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
