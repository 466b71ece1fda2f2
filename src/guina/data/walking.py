"""Finding files of any kind: everything below a folder, or what a pattern names, always in the same order.

What is hidden, a tool's, or written by guina is passed by and told, and so are folders that cannot be read and links
to folders: these may lead back to where they lie, or out of what the user named. A link to a file is a file like
any other. A file or folder that is named outright is read whatever it is called.
"""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path
from typing import Any

from guina.data import own

IGNORED = (  # names of files and folders that systems and tools make, in small letters
    *("__macosx", "__pycache__", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information"),
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"),
)
HIDDEN = "hidden, or a tool's"
LINK = "a link to a folder"
UNREADABLE = "a folder that cannot be read"
NOT_ENTERED = "a folder, which the pattern does not enter"

Tell = Callable[[Path, str], None]  # is told of a file or folder that is passed by, and why: one of the words above


def untold(path: Path, why: str) -> None:
    """Take no note of what is passed by."""


def walk(folder: Path, tell: Tell = untold, above: Sequence[tuple[int, int]] = ()) -> Iterator[Path]:
    """All files below a folder, depth first and sorted by name; also pipes, and links that lead nowhere.

    Args:
        tell: is told of what is passed by, and why, between the files where it lies.
        above: device and number of the folders around this one, none of which is entered again.
    """
    try:
        status = os.stat(folder)
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        tell(folder, UNREADABLE)
        return
    here = (status.st_dev, status.st_ino)
    if status.st_ino and here in above:  # 0: the file system numbers none
        tell(folder, LINK)
        return
    for entry in entries:
        path, enters = folder / entry.name, is_folder(entry)
        if why := why_passed_by(path, enters):
            tell(path, why)
        elif not enters:
            yield path
        elif is_link(entry):
            tell(path, LINK)
        else:
            yield from walk(path, tell, (*above, here))


def why_passed_by(path: Path, is_folder: bool) -> str:
    """Why a file or folder is no data of the user's: hidden or a tool's, or written by guina; "" where it may be."""
    if is_ignored(path.name):
        return HIDDEN
    return own.WHY if (own.is_own(path) if is_folder else own.is_own_page(path)) else ""


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is hidden or a tool's.

    Example:
        >>> [name for name in (".git", "__MACOSX", "Thumbs.db", "$RECYCLE.BIN", "cat.jpg") if not is_ignored(name)]
        ['cat.jpg']
    """
    return name.startswith(".") or name.lower() in IGNORED


def is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder, or a link to one; not so where it cannot be looked at."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, for one
        return False


def is_link(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a link, or what Windows has for one between folders; Python 3.11 cannot tell the latter."""
    return entry.is_symlink() or (sys.version_info >= (3, 12) and entry.is_junction())


# --- what a user names ---


def files_at(source: str, tell: Tell = untold) -> Iterator[Path]:
    """The files that a source names: the file itself, all below a folder, or those that a pattern names.

    A path that is there is taken as it stands, whatever signs are in it. In a pattern * and ? stand for letters within
    a name, and ** for any folders: books/*.txt, books/**/*.txt.
    """
    path = Path(source)
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from walk(path, tell)
    elif is_pattern(source):
        yield from matching(path, tell)


def root_of(source: str) -> Path:
    """The folder below which the files of a source lie: itself, or what stands before a pattern's first sign.

    Example:
        >>> root_of("books").as_posix(), root_of("books/*/a?.txt").as_posix(), root_of("*.txt").as_posix()
        ('books', 'books', '.')
    """
    path = Path(source)
    return path if os.path.lexists(path) else Path(*takewhile(lambda part: not is_pattern(part), path.parts))


def is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def matching(pattern: Path, tell: Tell) -> Iterator[Path]:
    """The files that a pattern names, in the order in which `walk` would give them.

    What is passed by below a folder is so here too where a sign stands for it, and not where its name is written out.
    """
    fixed = list(takewhile(lambda part: part != "**", pattern.parts))
    rest = pattern.parts[len(fixed) :]
    found = sorted(map(Path, glob.glob(str(Path(*fixed)))), key=lambda path: path.parts) if fixed else [Path()]
    for path in found:
        meant = [Path(*path.parts[: k + 1]) for k, part in enumerate(fixed) if is_pattern(part)]
        passed = [(place, why) for place in meant if (why := why_passed_by(place, place.is_dir()))]
        if passed:
            tell(*passed[0])
        elif not rest and path.is_dir():
            tell(path, NOT_ENTERED)
        elif not rest:
            yield path
        elif path in meant and path.is_symlink():
            tell(path, LINK)
        elif path.is_dir():
            yield from (file for file in walk(path, tell) if matches(file.relative_to(path).parts, rest))


def matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a path are those of a pattern, in which ** stands for any number of them.

    Example:
        >>> matches(["a", "b", "c.txt"], ["**", "*.txt"]), matches(["c.txt"], ["**", "c*"]), matches(["a"], ["b", "**"])
        (True, True, False)
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return matches(parts, pattern[1:]) or (bool(parts) and matches(parts[1:], pattern))
    return bool(parts) and fnmatch(parts[0], pattern[0]) and matches(parts[1:], pattern[1:])


def find_inputs(things: Iterable[Any], thing: str) -> Iterator[tuple[str, Any]]:
    """What a user wants answers to, with its name, one by one: a folder's files in place of the folder.

    A folder that holds no files, is a link or cannot be read comes as itself, so that whoever opens it says what is
    wrong with it: no input is without an answer.

    Args:
        things: paths, and whatever else a job takes (bytes, arrays …).
        thing: what one of them is called where it has no name: picture.
    """
    for n, given in enumerate(things):
        if not isinstance(given, (str, Path)):
            yield f"{thing} {n + 1}", given
        elif not os.path.isdir(given):
            yield str(given), given
        else:
            yield from ((str(path), path) for path in files_or_itself(Path(given)))


def files_or_itself(folder: Path) -> Iterator[Path]:
    """The files below a folder, and the folders that are not entered where they lie; itself if there are none."""
    shut: list[Path] = []

    def tell(path: Path, why: str) -> None:
        if why in (LINK, UNREADABLE):
            shut.append(path)

    empty = True
    for path in walk(folder, tell):
        yield from (*shut, path)
        shut.clear()
        empty = False
    yield from shut or ([folder] if empty else [])
