"""A cache of decoded data: a folder an entry, whole or not there, memory-mapped by whoever reads it.

An entry is written under a temporary name, synced and renamed, so two processes may race and a kill leaves nothing that
looks finished. One whose files are not as long as they were is built anew. It lies in $GUINA_CACHE, or where the
platform keeps caches.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

FORMAT = 1
MOST_BYTES = 20 << 30  # entries that were not used for longest go above this


@lru_cache(maxsize=4)
def cache_folder(named: str | None = None) -> Path:
    """Where the cache is; a temporary folder if that cannot be written."""
    home = Path.home()
    if named:
        folder = Path(named)
    elif sys.platform == "darwin":
        folder = home / "Library/Caches/guina"
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", home)) / "guina"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "guina"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="guina-"))


def cached(key: str, build: Callable[[Path], dict[str, Any]]) -> tuple[Path, dict[str, Any]]:
    """The folder of an entry and the facts its builder gave.

    Args:
        key: a name for the content, letters and digits: a hash of all it depends on.
        build: writes files into the folder it is given, and returns facts as JSON.
    """
    root = cache_folder(os.environ.get("GUINA_CACHE"))
    folder = root / key
    found = whole(folder)
    if found is None:
        temporary = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=root))
        try:
            found = build(temporary)
            seal(temporary, found)
            if folder.exists():  # damaged, or another process was faster
                shutil.rmtree(folder, ignore_errors=True)
            os.rename(temporary, folder)
        except OSError:
            found = whole(folder)
            if found is None:
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        prune(root, keep=folder)
    os.utime(folder)
    return folder, found


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Sync what was written and note how long each file is."""
    sizes = {}
    for path in sorted(folder.iterdir()):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
        sizes[path.name] = path.stat().st_size
    text = json.dumps({"format": FORMAT, "sizes": sizes, "facts": facts})
    (folder / "entry.json").write_text(text, encoding="utf-8")


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
    """Remove the entries that were not used for longest, until the rest has at most so many bytes."""
    entries = sorted((p for p in root.iterdir() if (p / "entry.json").exists()), key=lambda p: p.stat().st_mtime)
    sizes = {p: sum(f.stat().st_size for f in p.iterdir()) for p in entries}
    total = sum(sizes.values())
    for entry in entries:
        if total > most and entry != keep:
            shutil.rmtree(entry, ignore_errors=True)
            total -= sizes[entry]
