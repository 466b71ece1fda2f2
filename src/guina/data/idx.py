"""idx files, as MNIST has them: a magic number that says type and rank, the sizes, the values (big-endian).

http://yann.lecun.com/exdb/mnist describes the format; .gz is read as it is.
"""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from guina.errors import GuinaError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_BYTES = 8 << 30
PIECE = 16 << 20  # bytes read at a time


def read_idx(path: Path) -> np.ndarray:
    """The array of an idx file, gzipped or not.

    Raises:
        GuinaError: it is no idx file, it is cut off, it cannot be read, or it would take over 8 GB.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            return parse(file, path)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise GuinaError(f"{path} is a damaged .gz file", "a whole idx file", "copy it again") from None
    except OSError as error:
        raise GuinaError(f"{path} cannot be read: {error.strerror}", "an idx file", "check who may read it") from None


def parse(file: BinaryIO | gzip.GzipFile, path: Path) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 4:
        raise GuinaError(
            f"{path} is no idx file: it begins with {magic.hex(' ') or 'nothing'}",
            "00 00, a type, and a rank of 1 to 4",
            "copy it again, or remove it",
        )
    header = file.read(4 * magic[3])
    shape = tuple(int(n) for n in np.frombuffer(header[: len(header) // 4 * 4], ">u4"))
    dtype = np.dtype(TYPES[magic[2]])
    size = prod(shape) * dtype.itemsize
    if len(shape) != magic[3] or size > MOST_BYTES:
        raise GuinaError(
            f"{path} says it holds {' × '.join(map(str, shape))} values",
            "at most 8 GB",
            "copy it again, or take fewer pictures",
        )
    data = bytearray()  # in pieces: a header that promises too much costs no memory
    while len(data) < size and (piece := file.read(min(PIECE, size - len(data)))):
        data += piece
    if len(data) < size:
        raise GuinaError(
            f"{path} is cut off: {len(data)} of {size} bytes are there", "a whole idx file", "copy it again"
        )
    return np.frombuffer(data, dtype).reshape(shape)
