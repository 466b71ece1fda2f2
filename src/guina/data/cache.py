"""A cache of decoded data: a folder an entry, whole or not there, memory-mapped by whoever reads it.

An entry is written under a temporary name, synced and renamed, so two processes may race (the first one's entry stays)
and a kill leaves nothing that looks finished. One whose files are not as long as they were is built anew. It lies in
$GUINA_CACHE, or where the platform keeps caches.
"""

import atexit
import errno
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from guina.console import note
from guina.disk import rename, sync
from guina.errors import NoRoom

FORMAT = 1
MOST_BYTES = 20 << 30  # entries that were not used for longest go above this
BUILDING = ".guina-building-"  # what the folders of unfinished entries begin with
ABANDONED = 24 * 3600  # seconds after which what a killed process was building is removed


@lru_cache(maxsize=4)
def cache_folder(named: str | None = None) -> Path:
    """Where the cache is; if that cannot be written, or is somebody else's, a temporary folder that goes with the
    process. A folder that the user named may be shared with others.
    """
    try:
        folder = Path(named) if named else platform_folder()
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if not named and foreign(folder):
            raise PermissionError(errno.EPERM, "it belongs to somebody else")
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home
        why = error.strerror if isinstance(error, OSError) else error
        note(f"note: no cache {f'at {named}' if named else 'of its own'} ({why}): what is decoded is not kept")
        return passing_folder()


@cache
def passing_folder() -> Path:
    """A folder of this user's alone that goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="guina-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def foreign(folder: Path) -> bool:
    """Whether a folder, or a link to it, belongs to another user, who could put there what he likes."""
    if not hasattr(os, "geteuid"):  # Windows guards a user's folders itself
        return False
    owners = {folder.lstat().st_uid, folder.stat().st_uid}
    return not owners <= {os.geteuid(), 0}


def platform_folder() -> Path:
    """Where caches lie on this platform."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/guina"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "guina"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guina"


def cached(key: str, build: Callable[[Path], dict[str, Any]]) -> tuple[Path, dict[str, Any]]:
    """The folder of an entry and the facts its builder gave.

    Args:
        key: a name for the content, letters and digits: a hash of all it depends on.
        build: writes files into the folder it is given, and returns facts as JSON.

    Raises:
        NoRoom: the disk is full.
    """
    root = cache_folder(os.environ.get("GUINA_CACHE"))
    try:
        return entry_of(root, key, build)
    except PermissionError:  # somebody else's entry, in a cache that is shared
        return entry_of(passing_folder(), key, build)


def entry_of(root: Path, key: str, build: Callable[[Path], dict[str, Any]]) -> tuple[Path, dict[str, Any]]:
    """An entry of one cache, built where it is not there whole."""
    folder = root / key
    found = whole(folder)
    if found is None:
        temporary = Path(tempfile.mkdtemp(prefix=f"{BUILDING}{key}-", dir=root))
        try:
            built = build(temporary)
            seal(temporary, built)
            found = put(temporary, folder, built)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise NoRoom(
                f"the disk is full: {root}",
                "room for the decoded data",
                "free some, or name a folder elsewhere in the environment variable GUINA_CACHE",
            ) from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        prune(root, keep=folder)
    with suppress(OSError):  # another process may be pruning
        os.utime(folder)
    return folder, found


def put(temporary: Path, folder: Path, built: dict[str, Any]) -> dict[str, Any]:
    """Give an entry its name, unless another process gave a whole one that name first: it may be in use."""
    aside = temporary.with_name(f"{temporary.name}-damaged")
    while (found := whole(folder)) is None:
        with suppress(FileNotFoundError):  # moved away, so that nobody finds half of a damaged entry
            rename(folder, aside)
        try:
            rename(temporary, folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            shutil.rmtree(aside, ignore_errors=True)
            return built
    return found


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Note how long each file is, and sync all of them."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    text = json.dumps({"format": FORMAT, "sizes": sizes, "facts": facts})
    (folder / "entry.json").write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        with open(path, "rb+") as file:
            sync(file.fileno())


def whole(folder: Path) -> dict[str, Any] | None:
    """The facts of an entry whose files are as long as they were; None otherwise."""
    try:
        entry = json.loads((folder / "entry.json").read_text("utf-8"))
        if entry["format"] != FORMAT:
            return None
        if any((folder / name).stat().st_size != size for name, size in entry["sizes"].items()):
            return None
        return entry["facts"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prune(root: Path, keep: Path, most: int = MOST_BYTES) -> None:
    """Remove the entries that were not used for longest, until the rest has at most so many bytes; and what processes
    that were killed have left half built.
    """
    entries: list[tuple[float, int, Path]] = []
    for path in root.iterdir():
        with suppress(OSError):  # another process may be pruning
            used = path.stat().st_mtime
            if (path / "entry.json").exists() and not path.name.startswith(BUILDING):
                entries.append((used, sum(file.stat().st_size for file in path.iterdir()), path))
            elif path.is_dir() and path.name.startswith(BUILDING) and used < time.time() - ABANDONED:
                shutil.rmtree(path, ignore_errors=True)
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total > most and path != keep:
            shutil.rmtree(path, ignore_errors=True)
            total -= size
