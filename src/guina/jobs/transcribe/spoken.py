"""What was heard in a recording: its text, its words, and when each was said.

Axes: T moments of the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from guina.data.words import CLOSE, WIDE


@dataclass(frozen=True)
class Word:
    """A word, when it was said, and how sure that is.

    Args:
        start, end: seconds from the recording's beginning.
        probability: of its units, each at its surest moment.
    """

    text: str
    start: float
    end: float
    probability: float

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        times = {"start": round(self.start, 3), "end": round(self.end, 3)}
        return {"word": self.text, **times, "probability": round(self.probability, 4)}


@dataclass(frozen=True, eq=False)
class Transcribed:
    """What was heard.

    Args:
        path_T: the likeliest unit, or the blank, at each moment.
    """

    text: str
    words: tuple[Word, ...]
    path_T: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))


def joined(parts: Sequence[Transcribed]) -> Transcribed:
    """What was heard in a recording, from what was heard in its parts."""
    paths = [part.path_T for part in parts]
    words = tuple(word for part in parts for word in part.words)
    return Transcribed(joined_texts(parts), words, np.concatenate(paths) if paths else np.empty(0, np.int64))


def joined_texts(parts: Sequence[Transcribed]) -> str:
    """The text of a recording from those of its parts."""
    texts = [part.text for part in parts if part.text]
    return "".join(space_between(before, text) + text for before, text in pairwise(["", *texts]))


def space_between(before: str, after: str) -> str:
    """What stands between two parts of a text: nothing in scripts that have no spaces, and before the first.

    Example:
        >>> space_between("two", "three"), space_between("你好。", "世界"), space_between("", "one")
        (' ', '', '')
    """
    return " " if before and not (WIDE.match(before[-1]) and WIDE.match(after)) else ""


def word_places(units: Sequence[str]) -> list[tuple[int, int]]:
    """Where words begin and end among the units of a text; spaces that are units of their own stand between them.

    Example:
        >>> word_places(["a", "b", " ", "c"]), word_places([" ab", " c", "d"]), word_places(["我", "们"])
        ([(0, 2), (2, 3), (3, 4)], [(0, 1), (1, 3)], [(0, 1), (1, 2)])
    """
    starts = [
        n
        for n, unit in enumerate(units)
        if n == 0 or unit.startswith(" ") or units[n - 1].endswith(" ") or CLOSE.match(unit)
    ]
    return list(pairwise([*starts, len(units)]))
