"""What reading gives: records with a split, and a report.

`Records` knows every example by name before anything is decoded; `Report` remembers what happened to each file
that was found. What they become when they are decoded is in `guina.data.arrays`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from guina.errors import GuinaError

TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)
SHOWN = 3  # names given as examples of a reason


@dataclass
class Report:
    """Every file that was found: used, converted (and how), or skipped (and why). Nothing is silent.

    Example:
        >>> report = Report(found=2, used=1)
        >>> report.skip("a.jpg", "zero bytes")
        >>> report.as_json()["skipped"]
        {'zero bytes': {'count': 1, 'for example': ['a.jpg']}}
    """

    found: int = 0
    used: int = 0
    problems: list[str] = field(default_factory=list)
    _converted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _ignored: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def convert(self, name: str, how: str) -> None:
        """Note that a file is used in another form than it has on disk."""
        self._note("converted", self._converted, name, how)

    def skip(self, name: str, why: str) -> None:
        """Note that a file is left out."""
        self._note("skipped", self._skipped, name, why)

    def ignore(self, name: str, why: str = "hidden, or a tool's") -> None:
        """Note that a file or folder that is no data was passed over; it does not count as found."""
        self._note("ignored", self._ignored, name, why)

    def _note(self, kind: str, notes: dict[str, list[str]], name: str, reason: str) -> None:
        self._counts[kind, reason] += 1
        if len(notes[reason]) < SHOWN:
            notes[reason].append(name)

    @property
    def skipped(self) -> int:
        return sum(n for (kind, _), n in self._counts.items() if kind == "skipped")

    def stop_when_too_bad(
        self,
        max_bad: float = 0.01,
        things: str = "files",
        mend: str = "mend or remove them, or allow more with --max-bad",
    ) -> None:
        """Raise GuinaError when more than the larger of 3 files and `max_bad` of them were skipped.

        Args:
            things: what is counted, where it is no files.
            mend: what to do then.
        """
        if self.skipped > max(3, max_bad * self.found):
            reasons = [
                f"{self._counts['skipped', why]} × {why} ({', '.join(names)}{', …' if len(names) == SHOWN else ''})"
                for why, names in self._skipped.items()
            ]
            raise GuinaError(
                f"{self.skipped} of {self.found} {things} cannot be used: {'; '.join(reasons)}",
                f"at most {max(3, int(max_bad * self.found))} bad {things}",
                mend,
            )

    def as_json(self) -> dict[str, Any]:
        def table(kind: str, notes: dict[str, list[str]]) -> dict[str, Any]:
            return {r: {"count": self._counts[kind, r], "for example": names} for r, names in notes.items()}

        return {
            "found": self.found,
            "used": self.used,
            "converted": table("converted", self._converted),
            "skipped": table("skipped", self._skipped),
            "ignored": table("ignored", self._ignored),
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class Records:
    """The examples of a source, by name and split, before they are decoded.

    Args:
        names: who each example is, for messages and pages: a path below the source, or "train-images[17]".
        split_N: the split of each, an index into SPLITS.
        columns: what a job knows of each, N long: labels, texts, paths; lists or arrays.
        source: what the job needs to decode them (a folder, open arrays ...).
        fingerprint: a hash of names, sizes and contents: the key of the cache, and part of run.json.
        report: what happened to every file that was found.
    """

    names: Sequence[str]
    split_N: np.ndarray
    columns: Mapping[str, Any]
    source: Any
    fingerprint: str
    report: Report
    rows_N: np.ndarray | None = None  # which rows of the whole source these are; None: all

    def __len__(self) -> int:
        return len(self.split_N)

    @property
    def rows(self) -> np.ndarray:
        return np.arange(len(self)) if self.rows_N is None else self.rows_N

    def only(self, split: str) -> "Records":
        """The records of one split; `rows` still says where they stand in the whole source."""
        return self.where(self.split_N == SPLITS.index(split))

    def where(self, chosen_N: np.ndarray) -> "Records":
        """Those for which it is True."""
        at = np.flatnonzero(chosen_N)

        def pick(column: Any) -> Any:
            return column[at] if isinstance(column, np.ndarray) else [column[i] for i in at]

        columns = {key: pick(column) for key, column in self.columns.items()}
        names = [self.names[int(i)] for i in at]
        return replace(self, names=names, split_N=self.split_N[at], columns=columns, rows_N=self.rows[at])

    def count(self, split: str) -> int:
        return int((self.split_N == SPLITS.index(split)).sum())
