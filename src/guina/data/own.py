"""What guina wrote itself is no data: the folders that it makes carry a mark, and readers that meet one pass it by.

A folder that is named outright is read whatever it holds: the mark counts below it only.
"""

import os
from pathlib import Path

MARK = ".guina"
TEXT = "guina made this folder. What is in it is passed by when guina reads the folder around it.\n"
PAGE = b'<meta name="generator" content="guina'
HEAD = 1024  # bytes of a page in which its generator is named
WHY = "written by guina"  # the reason under which a report counts it


def make_folder(path: Path) -> None:
    """Make a folder and those above it; the topmost one that was not there, or was empty, is marked.

    Raises:
        OSError: it cannot be made.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> make_folder(root / "data" / "runs" / "a"), is_own(root / "data"), is_own(root / "data" / "runs")
        (None, True, False)
    """
    missing = path
    while not missing.parent.exists():
        missing = missing.parent
    new = not missing.exists() or not any(missing.iterdir())
    path.mkdir(parents=True, exist_ok=True)
    if new:
        (missing / MARK).write_text(TEXT, encoding="utf-8")


def is_own(folder: Path) -> bool:
    """Whether guina made a folder: it carries the mark, is a run, or is the cache that $GUINA_CACHE names."""
    if os.path.lexists(folder / MARK) or is_cache(folder):
        return True
    # where a folder may not be entered, os.path.isfile says no; Path.is_file raises
    return os.path.isfile(folder / "run.json") and os.path.isfile(folder / "status.json")


def is_cache(folder: Path) -> bool:
    """Whether a folder is the cache that the user named."""
    named = os.environ.get("GUINA_CACHE", "")
    return os.path.basename(named.rstrip("/\\")) == folder.name and os.path.realpath(named) == os.path.realpath(folder)


def is_own_page(path: Path) -> bool:
    """Whether a file is a page that guina wrote."""
    if path.suffix.lower() not in (".html", ".htm"):
        return False
    try:
        with open(path, "rb") as file:
            return PAGE in file.read(HEAD)
    except OSError:
        return False
