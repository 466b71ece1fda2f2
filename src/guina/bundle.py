"""Folders of files that are whole or refused: a manifest holds the SHA-256 of each. Tensors: safetensors.

A folder is written under a temporary name, synced and renamed. What does not match its manifest is never read.
"""

import hashlib
import json
import shutil
import struct
from pathlib import Path

import safetensors.torch
from torch import Tensor

from guina.disk import rename, sync, sync_folder
from guina.errors import DAMAGED, GuinaError
from guina.storage import FORMAT, read_json, to_json

MOST_HEADER, MOST_TENSORS = 1 << 20, 10_000


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
