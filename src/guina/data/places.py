"""From a path in a table to the file that it means, which lies below the table's folder.

Folders may be separated as on Windows, and letters encoded in another way than in the file's name (é as one character,
or as e and an accent: names from a Mac).
"""

import os
import unicodedata
from pathlib import Path, PureWindowsPath
from typing import NamedTuple


class Found(NamedTuple):
    """The file that a path means, there or not, and how the path was read."""

    path: Path
    how: str = ""


BACKSLASHES = "backslashes taken for what separates folders"
OTHER_FORM = "a path in another Unicode form than the file's name"


class Places:
    """Finds files below a folder by their paths in a table."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: dict[Path, dict[str, str]] = {}

    def find(self, place: str) -> Found:
        """The file that a path means; the path itself where none is there."""
        found = self._as_written(place)
        if found is None and "\\" in place:  # last, since a name may hold a backslash
            place = place.replace("\\", "/")
            found = self._as_written(place) or Found(self.root / place)
            return Found(found.path, "; ".join(filter(None, (BACKSLASHES, found.how))))
        return found or Found(self.root / place)

    def _as_written(self, place: str) -> Found | None:
        """The file at a path, or one whose name has the same letters in another form; None where there is neither."""
        path = self.root / place
        if exists(path):
            return Found(path)
        other = self._in_another_form(path)
        return None if other is None else Found(other, OTHER_FORM)

    def _in_another_form(self, path: Path) -> Path | None:
        """A file whose name differs in how letters are encoded only."""
        if str(path).isascii():
            return None
        here = self.root
        for part in path.relative_to(self.root).parts:
            if here not in self._names:
                self._names[here] = composed_names(here)
            name = part if exists(here / part) else self._names[here].get(unicodedata.normalize("NFC", part))
            if name is None:
                return None
            here = here / name
        return here


def exists(path: Path) -> bool:
    """Whether something is at a path, be it a link that leads nowhere."""
    try:
        return os.path.lexists(path)
    except ValueError:  # a name that no file can have
        return False


def is_link(path: Path) -> bool:
    """Whether a path is a link."""
    try:
        return os.path.islink(path)
    except ValueError:  # a name that no file can have
        return False


def composed_names(folder: Path) -> dict[str, str]:
    """Composed form → name of what is in a folder."""
    try:
        return {unicodedata.normalize("NFC", name): name for name in sorted(os.listdir(folder))}
    except OSError:
        return {}


def outside(place: str) -> bool:
    """Whether a path is absolute on some system, or climbs.

    Example:
        >>> [outside(p) for p in ("a/b.png", "/a.png", "C:/a.png", "a/../../b.png", "..hidden.png")]
        [False, True, True, True, False]
    """
    windows = PureWindowsPath(place)
    return place.startswith(("/", "\\", "~")) or bool(windows.drive) or ".." in windows.parts
