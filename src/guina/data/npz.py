"""npz files, read as they say of themselves: the headers first, then the values in pieces.

What an array's header promises decides whether it is read; no pickle is opened, and of an array of pictures no more
than a piece is in memory, however large it is. The format: numpy.lib.format, in a zip archive.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from guina.errors import GuinaError

MOST_BYTES = 8 << 30  # of an array, as of an idx file
PIECE = 16 << 20  # bytes of an array that are in memory at a time
MOST_ARRAYS = 10_000
BOMB = 400  # times that an array is larger than what is stored of it: of a single value, or a bomb
SMALL = 256 << 20  # bytes up to which that does not matter
DAMAGE = (OSError, ValueError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class StoredArray:
    """An array of an npz file that is not read yet.

    Args:
        path: the file.
        name: the array's.
        shape, dtype, fortran: as its header says.
        packed: bytes in the file.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    packed: int

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    @property
    def size(self) -> int:
        """Bytes of its values."""
        return prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        kind = "objects" if self.dtype.hasobject else self.dtype.name
        return f"{self.name} ({'×'.join(map(str, self.shape)) or 'one value'}, {kind})"

    def check(self) -> None:
        """Raise GuinaError where the array is not to be read: objects, or too large."""
        if self.dtype.hasobject:
            raise GuinaError(
                f"{self.path}: {self.name} cannot be read: it holds Python objects, which only a pickle could give",
                "plain numbers or texts",
                f"save it anew, as {self.name}.astype(str) or as numbers",
            )
        if self.size > MOST_BYTES or (self.size > SMALL and self.size > BOMB * max(1, self.packed)):
            raise GuinaError(
                f"{self.path}: {self.name} says it holds {' × '.join(map(str, self.shape))} values,"
                f" {self.size / 1e9:.1f} GB, in {self.packed / 1e6:.1f} MB",
                f"at most {MOST_BYTES >> 30} GB, and no archive bomb",
                "save fewer pictures, or smaller ones",
            )

    def pieces(self) -> Iterator[np.ndarray]:
        """Its values in pieces along the first axis.

        Raises:
            GuinaError: the file is damaged, or the array is not to be read.
        """
        self.check()
        each = self.size // max(1, len(self))
        many = max(1, PIECE // max(1, each))
        with damage_said(self.path), zipfile.ZipFile(self.path) as archive, archive.open(f"{self.name}.npy") as file:
            read_header(file)
            if self.fortran:  # the first axis lies all over it
                values = np.frombuffer(whole(file, self.size), self.dtype).reshape(self.shape, order="F")
                yield from (np.ascontiguousarray(values[i : i + many]) for i in range(0, len(self), many))
                return
            for start in range(0, len(self), many):
                n = min(many, len(self) - start)
                yield np.frombuffer(whole(file, n * each), self.dtype).reshape(n, *self.shape[1:])

    def read(self) -> np.ndarray:
        """All its values."""
        pieces = list(self.pieces())
        return np.concatenate(pieces) if pieces else np.empty(self.shape, self.dtype)


def whole(file: IO[bytes], size: int) -> bytearray:
    """So many bytes of a file, in pieces: a header that promises too much costs no memory."""
    data = bytearray()
    while len(data) < size:
        piece = file.read(min(PIECE, size - len(data)))
        if not piece:
            raise EOFError(f"it is cut off: {len(data)} of {size} bytes are there")
        data += piece
    return data


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and type of an array whose file is at its beginning."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


@contextmanager
def damage_said(path: Path) -> Iterator[None]:
    """What zipfile and numpy raise over a damaged file, as GuinaError."""
    try:
        yield
    except DAMAGE as error:
        raise GuinaError(
            f"{path} cannot be read: {error}", "what numpy.savez writes", "save it again, or copy it again"
        ) from None


def arrays_of(path: Path) -> list[StoredArray]:
    """The arrays of an npz file by what their headers say; nothing else of them is read.

    Raises:
        GuinaError: it is no npz file, or a damaged one.
    """
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGE:
        raise GuinaError(f"{path} is no .npz file", "what numpy.savez writes", "save it again") from None
    found: dict[str, StoredArray] = {}
    with damage_said(path), archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        if len(members) > MOST_ARRAYS:
            raise GuinaError(f"{path} has {len(members):,} arrays", "one of pictures", "save them as one")
        for member in members:
            with archive.open(member) as file:
                shape, fortran, dtype = read_header(file)
            name = member.filename.removesuffix(".npy")
            found[name] = StoredArray(path, name, shape, dtype, fortran, member.compress_size)
    return list(found.values())
