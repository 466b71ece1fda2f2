"""Checkpoints: the whole state of a training, whole on disk or not there at all.

A checkpoint is a folder step-N/ with state.json, state.safetensors and manifest.json, which holds the SHA-256 of the
other two. It is written under a temporary name, synced and renamed; last.json and best.json name one. What does not
match its manifest is never read: the one before it is used, and that is said.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from guina.bundle import load_tensors, read_folder, save_tensors, write_folder
from guina.errors import DAMAGED, GuinaError
from guina.storage import FORMAT, read_json, to_json, write_atomic

KEEP = 2  # the newest ones, besides the best


@dataclass(frozen=True)
class State:
    """What a training is at one moment: facts as JSON, and tensors by name."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: checkpoints/ of the run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: State) -> None:
        """Write a checkpoint, point to it and to the best one, then drop the old ones.

        Args:
            state: its facts hold "step", and under "best" None or the best one's {"step", ...}.
        """
        name, best = f"step-{state.facts['step']}", state.facts["best"]
        files = {"state.json": to_json(state.facts), "state.safetensors": save_tensors(state.tensors)}
        write_folder(self.folder / name, files)
        if best is not None and self._named_by("best.json") != f"step-{best['step']}":
            write_atomic(self.folder / "best.json", to_json({"format": FORMAT, "checkpoint": f"step-{best['step']}"}))
        write_atomic(self.folder / "last.json", to_json({"format": FORMAT, "checkpoint": name}))
        newest = self._by_age()[:KEEP]
        self._drop({*self._by_age()} - {*newest, *map(self._best_of, newest)})

    def cut(self, step: int) -> None:
        """Drop the checkpoints after a step: damaged ones that were passed over, and what a kill left of others."""
        self._drop({name for name in self._by_age() if int(name[5:]) > step})

    def _drop(self, names: set[str]) -> None:
        for folder in [*(self.folder / name for name in names), *self.folder.glob(".step-*.tmp")]:
            shutil.rmtree(folder)

    def _best_of(self, name: str) -> str:
        """The best checkpoint as another one knew it: who falls back to that one needs it."""
        try:
            best = read_json(self.folder / name / "state.json").get("best")
        except GuinaError:  # damaged since it was written
            return name
        return f"step-{best['step']}" if best else name

    def _by_age(self) -> list[str]:
        """Names, the newest first."""
        names = [p.name for p in self.folder.glob("step-*") if p.name[5:].isdigit()]
        return sorted(names, key=lambda name: -int(name[5:]))

    def _named_by(self, pointer: str) -> str | None:
        if not (self.folder / pointer).exists():
            return None
        try:
            return Path(str(read_json(self.folder / pointer).get("checkpoint"))).name
        except GuinaError:
            return None

    def load(self) -> tuple[State | None, list[str]]:
        """The newest whole checkpoint, and what is wrong with those that had to be passed over."""
        problems = []
        last = self._named_by("last.json")
        for name in [*([last] if last else []), *(n for n in self._by_age() if n != last)]:
            try:
                return self.read(name), problems
            except GuinaError as error:
                problems.append(f"{name}: {error.what}")
        return None, problems

    def read(self, name: str) -> State:
        """One checkpoint by its name.

        Raises:
            GuinaError: it is not whole.
        """
        files = read_folder(self.folder / name)
        if set(files) != {"state.json", "state.safetensors"}:
            raise GuinaError(
                f"{self.folder / name} holds {', '.join(sorted(files)) or 'nothing'}",
                "state.json, state.safetensors",
                DAMAGED,
            )
        tensors = load_tensors(files["state.safetensors"], f"{name}/state.safetensors")
        return State(json.loads(files["state.json"]), tensors)
