"""Checkpoints: the whole state of a training, whole on disk or not there at all.

A checkpoint is a folder step-N/ with state.json, state.safetensors and manifest.json, which holds the SHA-256 of the
other two. It is written under a temporary name, synced and renamed; last.json and best.json name one. What does not
match its manifest is never read: the one before it is used, and that is said.
"""

import hashlib
import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor

from guina.disk import rename, sync, sync_folder
from guina.engine.run import FORMAT, read_json, to_json, write_atomic
from guina.errors import DAMAGED, GuinaError

MOST_HEADER, MOST_TENSORS = 1 << 20, 10_000
KEEP = 2  # the newest ones, besides the best


@dataclass(frozen=True)
class State:
    """What a training is at one moment: facts as JSON, and tensors by name."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]


def save_tensors(tensors: dict[str, Tensor]) -> bytes:
    """Tensors as the bytes of a safetensors file, each laid out plainly in memory of its own."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seen: set[int] = set()
    for name, tensor in plain.items():
        storage = tensor.untyped_storage().data_ptr()
        plain[name] = tensor.clone() if storage in seen else tensor
        seen.add(storage)
    return safetensors.torch.save(plain)


def load_tensors(data: bytes, name: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file, checked before it is parsed: size of the header, number of tensors.

    Raises:
        GuinaError: it is not such a file.
    """
    if len(data) < 8 or (size := struct.unpack("<Q", data[:8])[0]) > MOST_HEADER or 8 + size > len(data):
        raise GuinaError(
            f"{name} is no safetensors file, or its header is over {MOST_HEADER} bytes", "a file guina wrote", DAMAGED
        )
    try:
        header = json.loads(data[8 : 8 + size])
        if not isinstance(header, dict) or len(header) > MOST_TENSORS:
            raise GuinaError(
                f"{name} holds over {MOST_TENSORS} tensors, or no table of them", "a file guina wrote", DAMAGED
            )
        return safetensors.torch.load(data)
    except (ValueError, KeyError, RecursionError, safetensors.SafetensorError) as error:
        raise GuinaError(f"{name} is damaged: {error}", "a safetensors file as guina writes it", DAMAGED) from None


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write a folder of files with a manifest of their hashes: all of it, or none."""
    publish_folder(stage_folder(folder, files), folder)


def stage_folder(folder: Path, files: dict[str, bytes]) -> Path:
    """Write a folder of files and their manifest under a temporary name beside its own, which is given back."""
    temporary = folder.with_name(f".{folder.name}.tmp")
    if temporary.exists():
        shutil.rmtree(temporary)
    temporary.mkdir(parents=True)
    manifest = {
        "format": FORMAT,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    try:
        for name, data in {**files, "manifest.json": to_json(manifest)}.items():
            with open(temporary / name, "wb") as file:
                file.write(data)
                file.flush()
                sync(file.fileno())
    except OSError:  # a full disk: give back what half a checkpoint took of it
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(temporary)
    return temporary


def publish_folder(temporary: Path, folder: Path) -> None:
    """Give a staged folder its name; what had it before is removed after."""
    old = folder.with_name(f".{folder.name}.old.tmp")
    if folder.exists():
        rename(folder, old)
    rename(temporary, folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder that `write_folder` wrote, each equal to its hash.

    Raises:
        GuinaError: a file is missing or is not what was written.
    """
    hashes = read_json(folder / "manifest.json").get("sha256")
    if not isinstance(hashes, dict):
        raise GuinaError(f"{folder / 'manifest.json'} lists no files", "a manifest that guina wrote", DAMAGED)
    files = {}
    for name, digest in hashes.items():
        try:
            data = (folder / Path(name).name).read_bytes()
        except OSError as error:
            raise GuinaError(
                f"{folder / name} cannot be read: {error.strerror}", "the file that was written", DAMAGED
            ) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise GuinaError(
                f"{folder / name} is not what was written (its SHA-256 differs)", "the file as it was written", DAMAGED
            )
        files[name] = data
    return files


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
