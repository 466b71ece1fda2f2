"""The run folder: what a run writes, and how others read it.

    run.json  status.json  metrics.jsonl  events.jsonl  snaps/  checkpoints/  judge/  model/

The trainer appends or replaces; whoever watches reads. A file that is replaced is written under another name, synced
and renamed; a line that was torn by a kill is ignored.
"""

import io
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from guina.console import clean
from guina.data.own import make_folder
from guina.disk import rename, sync, take
from guina.errors import GuinaError
from guina.storage import FORMAT, read_json, read_lines, to_json, write_atomic


class RunFolder:
    """A run on disk.

    Example:
        >>> import tempfile
        >>> folder = RunFolder(Path(tempfile.mkdtemp()) / "digits")
        >>> folder.create(); folder.metric({"step": 1, "train/loss": 0.5})
        >>> [row["train/loss"] for row in folder.metrics()]
        [0.5]
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints, self.snaps = path / "checkpoints", path / "snaps"
        self.model, self.judge = path / "model", path / "judge"
        self._lock: int | None = None
        self._status_at = 0.0

    # --- creating and locking ---

    def create(self) -> None:
        """Make the folder, unless it is there.

        Raises:
            GuinaError: it cannot be made.
        """
        try:
            make_folder(self.path)
            self.checkpoints.mkdir(exist_ok=True)
            self.snaps.mkdir(exist_ok=True)
        except OSError as error:
            raise GuinaError(
                f"{self.path} cannot be made: {error.strerror}", "a folder you may write to", "choose another --out"
            ) from None

    def lock(self) -> bool:
        """Take the run for this process until it ends; whether others are kept out, which some network drives cannot.

        Raises:
            GuinaError: another process has it.
        """
        self._lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        taken = take(self._lock)
        if taken is False:
            self.unlock()
            raise GuinaError(
                f"{self.path} is in use by another guina", "one at a time", "wait, or choose another --out"
            )
        return taken is not None

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # --- what is replaced ---

    @property
    def info(self) -> dict[str, Any]:
        return read_json(self.path / "run.json")

    def begin(self, info: dict[str, Any]) -> bool:
        """Write run.json, once; whether a power cut would leave it."""
        return write_atomic(self.path / "run.json", to_json({"format": FORMAT, **info}))

    @property
    def begun(self) -> bool:
        return (self.path / "run.json").exists()

    def status(self, now: bool = False, **state: Any) -> None:
        """Replace status.json, at most once a second unless it must be `now`."""
        if now or time.monotonic() - self._status_at >= 1.0:
            self._status_at = time.monotonic()
            path = self.path / "status.json"
            temporary = path.with_name(".status.json.tmp")
            temporary.write_bytes(to_json({"format": FORMAT, "heartbeat": time.time(), **state}))
            rename(temporary, path)

    def read_status(self) -> dict[str, Any]:
        path = self.path / "status.json"
        return read_json(path) if path.exists() else {}

    # --- what is appended ---

    def metric(self, row: dict[str, Any]) -> None:
        self._append("metrics.jsonl", row)

    def event(self, kind: str, step: int, **facts: Any) -> None:
        self._append("events.jsonl", {"event": kind, "step": step, "time": round(time.time(), 3), **facts})

    def _append(self, name: str, row: dict[str, Any]) -> None:
        with open(self.path / name, "ab") as file:
            file.write(clean(json.dumps(row, ensure_ascii=False, allow_nan=False)).encode() + b"\n")

    def metrics(self) -> list[dict[str, Any]]:
        return list(read_lines(self.path / "metrics.jsonl"))

    def events(self) -> list[dict[str, Any]]:
        return list(read_lines(self.path / "events.jsonl"))

    def snap(self, step: int, things: dict[str, np.ndarray | str]) -> None:
        """What the network did at a step: an array becomes NAME-STEP.npy, a text NAME-STEP.txt."""
        files = {}
        for name, thing in things.items():
            path = self.snaps / f"{name}-{step:08d}.{'txt' if isinstance(thing, str) else 'npy'}"
            path.write_bytes(clean(thing).encode() if isinstance(thing, str) else npy(thing))
            files[name] = path.name
        self._append("snaps/index.jsonl", {"step": step, "files": files})

    def read_snaps(self) -> list[tuple[int, dict[str, np.ndarray | str]]]:
        """All snapshots in order of their steps."""
        found: list[tuple[int, dict[str, np.ndarray | str]]] = []
        for row in read_lines(self.snaps / "index.jsonl"):
            things: dict[str, np.ndarray | str] = {}
            for name, file in row["files"].items():
                path = self.snaps / Path(file).name
                things[name] = path.read_text("utf-8") if path.suffix == ".txt" else np.load(path, allow_pickle=False)
            found.append((row["step"], things))
        return found

    # --- cutting back to a checkpoint ---

    APPENDED = ("metrics.jsonl", "events.jsonl", "snaps/index.jsonl")

    def lengths(self) -> dict[str, int]:
        """How long the appended files are, for the checkpoint to remember; on disk before it is."""
        lengths = {}
        for name in self.APPENDED:
            path = self.path / name
            if path.exists():
                with open(path, "rb+") as file:  # Windows syncs no file that is open for reading alone
                    sync(file.fileno())
                lengths[name] = path.stat().st_size
        return lengths

    def cut(self, lengths: dict[str, int]) -> None:
        """Cut the appended files back to what they were at a checkpoint, and drop newer snaps."""
        for name in self.APPENDED:
            path = self.path / name
            if path.exists() and path.stat().st_size > lengths.get(name, 0):
                os.truncate(path, lengths.get(name, 0))
        kept = {name for row in read_lines(self.snaps / "index.jsonl") for name in row["files"].values()}
        for path in self.snaps.glob("*-*.*"):
            if path.name not in kept:
                path.unlink()


def npy(array: np.ndarray) -> bytes:
    """An array as the bytes of an .npy file (np.save to a full disk does not say that it is full)."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
