"""Columns as files: one `.bin` an array, and facts of their types and shapes, from which they are mapped again.

`guina.data.cache.cached` seals what lies in an entry's folder and keeps the facts as JSON, so this builds and opens
columns there:

    def build(folder):
        with RaggedFile(folder, "sound", np.float16, (80,)) as sound:  # more than memory holds
            for path in paths:
                sound.add(frames_of(path))
        return save(folder, {"text": Texts.of(texts)}) | sound.facts

    columns = load(*cached(key, build))

The numbers are in the byte order of the machine that wrote them, which the facts say.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from guina.data.ragged import Column, Ragged, Several, Texts, Units, offsets

Facts = dict[str, Any]


def save(folder: Path, columns: Mapping[str, Column]) -> Facts:
    """Write columns into a folder that exists; what `load` needs to know of them, as JSON.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     facts = save(Path(folder), {"text": Texts.of(["one", "zwei"])})
        ...     load(Path(folder), facts)["text"].texts(np.array([1]))
        ['zwei']
    """
    return {name: _save(folder, name, column) for name, column in columns.items()}


def load(folder: Path, facts: Facts) -> dict[str, Column]:
    """The columns that were saved there, as memory maps."""
    return {name: _load(folder, name, said) for name, said in facts.items()}


class RaggedFile:
    """A ragged column that is written row by row; only its offsets are held in memory.

    Args:
        dtype: what the values are written as.
        shape: F… of each value.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with RaggedFile(Path(folder), "token", np.uint16) as token:
        ...         token.add(np.array([3, 4]))
        ...         token.add(np.array([], int))
        ...     load(Path(folder), token.facts)["token"].offset_M1.tolist()
        [0, 2, 2]
    """

    def __init__(self, folder: Path, name: str, dtype: DTypeLike, shape: tuple[int, ...] = ()) -> None:
        self.folder, self.name, self.dtype, self.shape = folder, name, np.dtype(dtype), shape
        self.lengths: list[int] = []
        self.facts: Facts = {}  # for `load`, once it is closed
        self._file = open(path_of(folder, f"{name}.flat"), "wb")  # noqa: SIM115  closed by __exit__

    def add(self, row: np.ndarray) -> None:
        """Write the next row, T×F…."""
        assert row.shape[1:] == self.shape, f"a row of {row.shape} where one of T×{self.shape} belongs"
        self._file.write(np.ascontiguousarray(row, self.dtype).data)
        self.lengths.append(len(row))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        flat = {"kind": "fixed", "dtype": self.dtype.str, "shape": [sum(self.lengths), *self.shape]}
        offset = _save(self.folder, f"{self.name}.offset", offsets(self.lengths))
        self.facts = {self.name: {"kind": "ragged", "flat": flat, "offset": offset}}


def path_of(folder: Path, name: str) -> Path:
    """The file of one array."""
    assert name.isascii(), f"{name} cannot be named so on every disk"
    return folder / f"{name}.bin"


def _save(folder: Path, name: str, column: Column) -> Facts:
    match column:
        case np.ndarray():
            assert not column.dtype.hasobject, "objects have no bytes"
            with open(path_of(folder, name), "wb") as file:
                file.write(np.ascontiguousarray(column).data)  # unlike `tofile` it says that the disk is full
            return {"kind": "fixed", "dtype": column.dtype.str, "shape": list(column.shape)}
        case Units():
            return {"kind": "units", "narrow": _save(folder, name, column.narrow_M)}
        case Ragged():
            offset = _save(folder, f"{name}.offset", column.offset_M1)
            return {"kind": "ragged", "flat": _save(folder, f"{name}.flat", column.flat), "offset": offset}
        case Texts():
            return {"kind": "texts", "coded": _save(folder, name, column.coded)}
        case Several():
            offset = _save(folder, f"{name}.offset", column.offset_M1)
            return {"kind": "several", "each": _save(folder, f"{name}.each", column.column), "offset": offset}


def _load(folder: Path, name: str, facts: Facts) -> Any:
    match facts["kind"]:
        case "fixed":
            dtype, shape = np.dtype(facts["dtype"]), tuple(facts["shape"])
            if 0 in shape:  # an empty file cannot be mapped
                return np.empty(shape, dtype)
            return np.memmap(path_of(folder, name), dtype, "r", shape=shape)
        case "units":
            return Units(_load(folder, name, facts["narrow"]))
        case "ragged":
            flat = _load(folder, f"{name}.flat", facts["flat"])
            return Ragged(flat, _load(folder, f"{name}.offset", facts["offset"]))
        case "texts":
            return Texts(_load(folder, name, facts["coded"]))
        case "several":
            each = _load(folder, f"{name}.each", facts["each"])
            return Several(each, _load(folder, f"{name}.offset", facts["offset"]))
        case kind:
            raise AssertionError(f"no kind of column: {kind}")
