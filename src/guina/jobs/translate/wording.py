"""Units of a text put together to what people read: words, or letters.

Axes: U units of a text.
"""

from collections.abc import Sequence

import numpy as np

from guina.data.vocabulary import UNKNOWN, Vocabulary
from guina.data.words import WORD, words

SPACE, END = "␣", "∎"  # how a space and the end of a text are written in units
FEW = 3  # words; where a side has fewer, its pieces are shown instead: a number that is one long word


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


def letters_of_units(units: Sequence[int], vocabulary: Vocabulary) -> tuple[np.ndarray, list[str]]:
    """Which of the things shown each unit belongs to, and these: every unit is one, but parts of a letter are together.

    Example:
        >>> from guina.data.vocabulary import Pieces, learn_pieces
        >>> pieces = Pieces(learn_pieces(["zwei"], 257))
        >>> letters_of_units(pieces.encode("ß e").tolist(), pieces)
        (array([0, 0, 1, 2]), ['ß', '␣', 'e'])
    """
    names = [vocabulary.shown(unit) for unit in units]
    begins = [not (n and names[n - 1].endswith(UNKNOWN) and name.startswith(UNKNOWN)) for n, name in enumerate(names)]
    number_U = np.cumsum(begins) - 1
    groups = [[unit for unit, of in zip(units, number_U, strict=True) if of == k] for k in range(sum(begins))]
    return number_U, [vocabulary.shown_all(group) for group in groups]


def one_hot(number_U: np.ndarray, size: int) -> np.ndarray:
    """A row for each number, with a 1 in its column; U×size, float64."""
    return (number_U[:, None] == np.arange(size)).astype(np.float64)
