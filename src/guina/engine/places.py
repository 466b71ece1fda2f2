"""Where runs and pages go: names that are free, taken so that two processes never have the same, and pages written."""

import os
from itertools import count
from pathlib import Path

from guina.console import clean
from guina.data.own import make_folder
from guina.errors import GuinaError
from guina.storage import room_for, write_atomic


def new_folder(job: str, name: str, root: Path = Path("runs"), take: bool = True) -> Path:
    """A folder that was not there yet: runs/JOB/NAME, or NAME-2, NAME-3 …

    Args:
        take: make it, so that nobody else gets it. Of several processes that train together one does.

    Raises:
        GuinaError: it cannot be made.
    """
    for n in count(1):
        path = root / job / (name if n == 1 else f"{name}-{n}")
        if not take:
            if not os.path.lexists(path):
                return path
            continue
        try:
            make_folder(path.parent)
            path.mkdir()
            make_folder(path)  # marks it
        except FileExistsError:
            if not path.parent.is_dir():
                raise unwritable(path.parent, "a file is called so") from None
        except OSError as error:
            raise unwritable(path, error.strerror) from None
        else:
            return path
    raise AssertionError("numbers do not end")


def numbered(job: str, name: str, root: Path = Path("runs")) -> list[Path]:
    """The folders that `new_folder` gave this name, from the oldest to the newest: NAME, NAME-2, NAME-10."""
    place = root / job
    there = {path.name: path for path in place.iterdir()} if place.is_dir() else {}
    numbers = sorted(
        int(n[len(name) + 1 :]) for n in there if n.startswith(f"{name}-") and n[len(name) + 1 :].isdecimal()
    )
    return [there[n] for n in (name, *(f"{name}-{k}" for k in numbers)) if n in there]


def new_page(name: str, root: Path = Path("runs/lab")) -> Path:
    """A page that was not there yet and now is, empty: ROOT/NAME.html, or NAME-2.html, NAME-3.html …

    Raises:
        GuinaError: it cannot be made.
    """
    for n in count(1):
        path = root / f"{name if n == 1 else f'{name}-{n}'}.html"
        try:
            make_folder(root)
            path.touch(exist_ok=False)
        except FileExistsError:
            if not root.is_dir():
                raise unwritable(root, "a file is called so") from None
        except OSError as error:
            raise unwritable(path, error.strerror) from None
        else:
            return path
    raise AssertionError("numbers do not end")


def write_page(path: Path, page: str) -> None:
    """Write a page whole, and the folder for it where there is none.

    Raises:
        GuinaError: it cannot be written there.
    """
    if path.is_dir():
        raise unwritable(path, "it is a folder")
    try:
        with room_for(path, "make room, or choose another --out"):
            if not path.parent.exists():
                make_folder(path.parent)
            write_atomic(path, clean(page).encode())
    except OSError as error:
        raise unwritable(path, error.strerror) from None


def unwritable(path: Path, why: str | None) -> GuinaError:
    return GuinaError(f"{path} cannot be written: {why}", "a place that you may write to", "choose another --out")
