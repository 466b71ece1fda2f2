"""The rows of tables of recordings: from a path to the file that it means, from a value to a text, to the letter.

A text is what stands in the table but for white space: runs of it, no-break spaces too, are one space, and there is
none at either end. "NA", "null", "007" and "1e5" are words like others.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guina.data.class_names import readable
from guina.data.clip_columns import Choice
from guina.data.listings import leads_inside
from guina.data.pair_rows import Row, text_of
from guina.data.places import Places, exists, is_link, outside
from guina.data.records import Report
from guina.data.sound_kinds import OTHERS, READ
from guina.errors import GuinaError

BESIDE = ("clips", "wavs", "wav", "audio", "sounds", "recordings", "data")  # folders that paths may leave out
COMPLETED = "a path without its folder or its ending, completed"
SPACES = "white space made single spaces"
NO_TEXT = "no text (null)"
OUTSIDE = "a link that leads out of the folder"


@dataclass(frozen=True)
class Clip:
    """A recording that a table lists, or that has a text beside it.

    Args:
        where: the table and the line, for messages.
        split: what a column says; "" where there is none.
        speaker: "" where nobody says.
    """

    path: Path
    text: str
    speaker: str
    split: str
    where: str


class Finder:
    """Finds the recordings that a table means, in its folder.

    Args:
        folder: where the table lies.
        sounds: all recordings that were found below the source.
    """

    def __init__(self, folder: Path, sounds: Sequence[Path]) -> None:
        self.folder, self.inside = folder, folder.resolve()
        self.places = Places(folder)
        self.whole: dict[str, Path | None] = {}  # a path from the folder on → the recording; None: there are several
        self.bare: dict[str, Path | None] = {}  # the same without its ending
        self.meant: set[Path] = set()  # all that rows named
        for path in sounds:
            if path.is_relative_to(folder):
                bare = path.relative_to(folder).with_suffix("").as_posix()
                for places, key in ((self.whole, bare + path.suffix.lower()), (self.bare, bare)):
                    places[key] = path if key not in places else None

    def find(self, place: str) -> tuple[Path, str]:
        """The file that a path means, there or not, and how it was read."""
        found = self.places.find(place)
        if exists(found.path):
            return found.path, found.how
        bare = place.replace("\\", "/").strip("/")
        ending = Path(bare).suffix.lower()
        ending = ending if ending in (*READ, *OTHERS) else ""
        name = bare[: len(bare) - len(ending)]
        for key in (name, *(f"{folder}/{name}" for folder in BESIDE)):
            path = self.whole.get(key + ending) if ending else self.bare.get(key)
            if path is not None:
                return path, COMPLETED
        return found.path, found.how

    def is_there(self, place: str) -> bool:
        """Whether a value is the path of a recording."""
        place = place.strip()
        return bool(place) and len(place) < 1000 and not outside(place) and os.path.isfile(self.find(place)[0])


def clips_of(
    path: Path, rows: Iterable[Row], choice: Choice, keys: list[str] | None, finder: Finder, report: Report
) -> Iterator[Clip]:
    """The recordings that the rows of a table list; those that cannot be found are skipped.

    Raises:
        GuinaError: a row of another width, a value that is no text, a path that leads out of the table's folder.
    """
    chosen = [k for k in (choice.path, choice.text, choice.speaker, choice.split) if k is not None]
    within: dict[Path, bool] = {}
    for line, fields in rows:
        where = f"{path.name}, line {line}"
        if keys is not None:
            missing = fields[choice.text] is None or isinstance(fields[choice.text], float)
            for k in chosen:
                fields[k] = value_of(fields[k], path, line, keys[k])
        else:
            missing = False
            check_width(path, line, fields, choice)
        place = fields[choice.path].strip()
        if not place or outside(place):
            raise GuinaError(
                f"{path}, line {line}: " + (f"{readable(place)} leads out of its folder" if place else "an empty path"),
                f"paths inside {finder.folder}, relative to it",
                "write the path from the table's folder on" if place else "fill it, or remove the line",
            )
        found, how = finder.find(place)
        finder.meant.add(found)
        why = why_not(found, within, finder.inside) or (NO_TEXT if missing else "")
        if why:
            report.found += 1
            report.skip(readable(place), why)
            continue
        if how:
            report.convert(readable(place), how)
        speaker = "" if choice.speaker is None else " ".join(fields[choice.speaker].split())
        split = "" if choice.split is None else fields[choice.split].strip()
        yield Clip(found, to_text(fields[choice.text], readable(place), report), speaker, split, where)


def why_not(path: Path, within: dict[Path, bool], inside: Path) -> str:
    """Why the file at a path is not opened: it is not there, or a link leads to it from elsewhere; "" if it is."""
    if not exists(path):
        return "not there"
    if path.parent not in within:
        within[path.parent] = leads_inside(path.parent, inside)
    if not within[path.parent] or (is_link(path) and not leads_inside(path, inside)):
        return OUTSIDE
    return ""


def value_of(value: Any, path: Path, line: int, column: str) -> str:
    """A value of JSON as a text; numbers are as they were written.

    Raises:
        GuinaError: it is a list or an object.
    """
    if isinstance(value, (list, dict)):
        raise GuinaError(
            f"{path}, line {line}: {column} is {'a list' if isinstance(value, list) else 'an object'}",
            "one text",
            "write it as a text, or name another column with --path-column or --text-column",
        )
    return text_of(value, path, line, column)


def check_width(path: Path, line: int, fields: Sequence[str], choice: Choice) -> None:
    """Raise GuinaError unless a row is as wide as the others, but for empty fields at its end."""
    if len(fields) == choice.width or (
        len(fields) > choice.width and not any(field.strip() for field in fields[choice.width :])
    ):
        return
    raise GuinaError(
        f"{path}, line {line} has {len(fields)} field{'' if len(fields) == 1 else 's'}",
        f"{choice.width}, {'as the header has' if choice.headed else 'as most have'}",
        "write no tab within a text, and in CSV put texts that hold the delimiter into quotes"
        if len(fields) > choice.width
        else "fill the row, or remove it; the text of a silent recording is empty, with the delimiter before it",
    )


def to_text(said: str, name: str, report: Report) -> str:
    """A text with its letters composed and its white space made single spaces."""
    text = " ".join(unicodedata.normalize("NFC", said).split())
    if text != said.strip():
        report.convert(name, SPACES)
    return text
