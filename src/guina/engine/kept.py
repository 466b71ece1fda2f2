"""Scores that are kept in the run folder: what they were computed from is their key, so that they never go stale.

A score depends on the model, on the examples that are judged and learned from, and on the code; all of them are in the
key, as hashes. A folder that cannot be written keeps nothing, and everything is computed anew.
"""

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from guina.data.records import Records
from guina.engine.job import Job
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.storage import read_json, to_json, write_atomic

NAME = "scores.json"
MOST = 16  # scores kept of a run, the newest ones

Result = dict[str, Any]


def kept(folder: RunFolder, kind: type[Job], records: Records, split: str, compute: Callable[[], Result]) -> Result:
    """The scores of a run on a split of some records: as they were computed before, or computed now.

    Args:
        kind: the job, whose own source is part of the code that judges.
        compute: gives them, as JSON holds them.
    """
    path, key = folder.path / NAME, key_of(folder, kind, records, split)
    found: dict[str, Any] = {}
    with suppress(GuinaError):  # none were kept, or the file is damaged
        found = read_json(path).get("scores", {})
    if key in found:
        return found[key]
    result = compute()
    newest = dict(list({**found, key: result}.items())[-MOST:])
    with suppress(OSError):
        write_atomic(path, to_json({"scores": newest}))
    return result


def key_of(folder: RunFolder, kind: type[Job], records: Records, split: str) -> str:
    """A hash of everything that a score depends on."""
    model = read_json(folder.model / "manifest.json")["sha256"]
    if folder.judge.is_dir():
        model = {**model, **read_json(folder.judge / "manifest.json")["sha256"]}
    parts = [code(), source_of(kind), sorted(model.items()), records.fingerprint, len(records), split]
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def source_of(kind: type[Job]) -> str:
    """A hash of the file that a job is written in: it may be the user's own."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return hashlib.blake2b(Path(file).read_bytes()).hexdigest() if file else ""


@cache
def code() -> str:
    """A hash of guina's own sources: another version may judge otherwise."""
    digest = hashlib.blake2b(digest_size=16)

    def take(folder: Any) -> None:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir() and entry.name != "__pycache__":
                take(entry)
            elif entry.name.endswith(".py"):
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())

    take(files("guina"))
    return digest.hexdigest()
