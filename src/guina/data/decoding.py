"""Pictures decoded once into a cache entry: files or an array, at their own sizes, one behind the other.

Axes: N pictures, H W pixels, C channels, D bytes of a content's hash, Q four channels at most.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import numpy as np

from guina.data.array_files import Held, Stack
from guina.data.class_names import class_name
from guina.data.contrast import content_of, ends_of_channels
from guina.data.fitting import is_grey, reduced
from guina.data.images import DEEP
from guina.data.listings import Listing, Stored
from guina.data.pictures import MOST_BYTES, decode, read_bytes
from guina.data.room import Room
from guina.data.split import DIGEST
from guina.data.values import BadPicture, Range, ends_of, from_array, kind_of, range_of
from guina.errors import GuinaError

CHUNK = 16  # files that a thread decodes at a time
SMALL = (
    8 << 10
)  # bytes; files below are decoded faster by one thread than by two that wait for Python's lock (measured)
FILES = Room(MOST_BYTES)  # bytes of files that all threads together hold at a time
DEPTHS = {1: 8, 4: 10, 16: 12, 64: 14}  # the lightest level of files of 16 bits that hold fewer, and how many
COLUMNS = {  # what is known of each picture: its type, and its shape but for N
    "size_N3": (np.int32, (3,)),
    "digest_ND": (np.uint8, (DIGEST,)),
    "grey_N": (bool, ()),
    "ends_N2Q": (np.uint8, (2, 4)),
    "content_N": (np.uint32, ()),
    "kept_N": (np.int64, ()),
}

T = TypeVar("T")


class Opened(NamedTuple):
    """A file's picture (or what is wrong with it), the hash of its bytes, and how it was converted."""

    picture: np.ndarray | str
    digest: bytes = b""
    notes: Sequence[str] = ()


class Flat:
    """The pictures that are written one behind the other, and what is known of each."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.found: list[tuple[Any, ...]] = []

    def add(self, pixels_HWC: np.ndarray, digest: bytes, number: int) -> None:
        """The next picture; `number`: its place in the listing."""
        self.file.write(pixels_HWC.tobytes())
        known = (pixels_HWC.shape, np.frombuffer(digest, np.uint8), is_grey(pixels_HWC))
        self.found.append((*known, ends_of_channels(pixels_HWC), content_of(pixels_HWC), number))

    def save(self, folder: Path) -> None:
        """What is known of the pictures, as columns."""
        for n, (name, (kind, shape)) in enumerate(COLUMNS.items()):
            np.save(folder / f"{name}.npy", np.array([row[n] for row in self.found], kind).reshape(-1, *shape))


# --- files ---


def build_files(listing: Listing, known: Range | None, folder: Path) -> dict[str, Any]:
    """Decode a listing's files into a cache entry.

    Args:
        known: the range of deep files, where it was found before; otherwise it is found by all of them, so that 12 bits
            that are stored in 16 are not taken for black.
    """
    facts = write_files(listing, known, folder)
    lightest = facts.pop("lightest")
    if known is None and lightest is not None:
        bits = next((bits for level, bits in DEPTHS.items() if lightest <= level), 16)
        known = Range("deep", 0, 2**bits - 1, f"{bits} bits in 16 to 8 bits")
        if bits < 16:
            facts = write_files(listing, known, folder)
            facts.pop("lightest")
    return facts | {"range": known}


def write_files(listing: Listing, known: Range | None, folder: Path) -> dict[str, Any]:
    """The files' pictures; what became of each, and the lightest level of those that are deep (None: none is)."""
    skipped, converted, lightest = [], [], None
    with open(folder / "flat.bin", "wb") as file:
        flat = Flat(file)
        many = typical_size(listing.paths) >= SMALL
        for i, opened in enumerate(ahead(partial(open_file, known=known), listing.paths, many)):
            if isinstance(opened.picture, str):
                skipped.append((listing.names[i], opened.picture))
                continue
            flat.add(opened.picture, opened.digest, i)
            converted += [(listing.names[i], known.how if known and how == DEEP else how) for how in opened.notes]
            if DEEP in opened.notes:
                lightest = max(lightest or 0, int(opened.picture.max()))
    flat.save(folder)
    return {"found": len(listing.paths), "skipped": skipped, "converted": converted, "lightest": lightest}


def open_file(path: Path | Stored, known: Range | None = None) -> Opened:
    notes: list[str] = []
    with FILES.held(file_size(path)):
        try:
            data = read_bytes(path) if isinstance(path, Path) else path.read()
            picture = decode(data, notes.append, path.suffix if isinstance(path, Path) else "", known)
        except BadPicture as bad:
            return Opened(str(bad))
        return Opened(picture, hashlib.blake2b(data, digest_size=DIGEST).digest(), notes)


def file_size(path: Path | Stored) -> int:
    """The bytes of a file; 0 where they are not known: what is wrong with it is said when it is opened."""
    try:
        return path.stat().st_size if isinstance(path, Path) else 0
    except (OSError, ValueError):
        return 0


def typical_size(paths: Sequence[Path | Stored]) -> float:
    """The mean size in bytes of a hundred of the files."""
    sizes = [file_size(path) for path in paths[:: max(1, len(paths) // 100)]]
    return sum(sizes) / max(1, len(sizes))


def ahead(work: Callable[[Any], T], items: Sequence[Any], many: bool) -> Iterator[T]:
    """`work` of each item in order; with `many` threads, a bounded number of chunks ahead of the one that is used."""
    if not many:
        yield from map(work, items)
        return
    threads = os.cpu_count() or 1
    chunks = (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))

    def work_all(chunk: Sequence[Any]) -> list[T]:
        return [work(item) for item in chunk]

    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(pool.submit(work_all, chunk) for chunk in islice(chunks, 4 * threads))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work_all, chunk) for chunk in islice(chunks, 1))
            yield from done


# --- arrays ---


def build_array(listing: Listing, known: Range | None, folder: Path) -> dict[str, Any]:
    """An array's pictures as a cache entry.

    Args:
        known: the range of the numbers that a network learns from, or learned from, where it was found before.

    Raises:
        GuinaError: the array is none of pictures.
    """
    assert listing.load is not None, "a listing without files has an array"
    found, labels = listing.load()
    stack: Stack = Held(found) if isinstance(found, np.ndarray) else found
    try:
        own = range_of_all(stack)
        problems = []
        if known is None or known.kind != own.kind or not known.fits(own.low, own.high):
            if known is not None:
                problems = [
                    f"warning: the numbers of the {listing.split or 'array'} pictures ({own.kind}, {own.low:g} to"
                    f" {own.high:g}) are others than those that are learned from ({known.kind}, {known.low:g} to"
                    f" {known.high:g}): each became 0 to 255 in its own way"
                ]
            known = own
        with open(folder / "flat.bin", "wb") as file:
            flat = Flat(file)
            for piece in stack.pieces():
                for picture in piece:
                    pixels = reduced(from_array(picture, known))
                    flat.add(pixels, hashlib.blake2b(pixels.tobytes(), digest_size=DIGEST).digest(), len(flat.found))
    except BadPicture as bad:
        raise GuinaError(
            f"the pictures cannot be used: {bad}", "N×H×W or N×H×W×C; bytes, 0 to 1, or 0 to 255", how_to_mend(stack)
        ) from None
    flat.save(folder)
    np.save(folder / "label_N.npy", np.array([class_name(label) for label in labels]))
    how = ", ".join(([] if stack.dtype == np.uint8 else [f"{stack.dtype} to 8 bits"]) + ([known.how] * bool(known.how)))
    facts = {"found": stack.shape[0], "skipped": [], "converted": [("the array", how)] if how else []}
    return facts | {"prefix": listing.split or "picture", "range": known, "problems": problems}


def range_of_all(stack: Stack) -> Range:
    """The range of all numbers of a stack."""
    kind = kind_of(stack.dtype)
    low, high = np.inf, -np.inf
    for piece in stack.pieces():
        ends = ends_of(piece)
        low, high = min(low, ends[0]), max(high, ends[1])
        if np.isnan(ends[0]):
            raise BadPicture("pixels that are no numbers")
        if kind == "byte" and high > 1:  # the rest says nothing more
            break
    return range_of(kind, low, high)


def how_to_mend(stack: Stack) -> str:
    """What to do with an array of another form."""
    if len(stack.shape) == 4 and not 1 <= stack.shape[3] <= 4:
        return "channels come last, as x.transpose(0, 2, 3, 1) brings them"
    if stack.dtype.kind not in "biuf":
        return "save numbers"
    return "bring them to 0 to 1 first: (x - x.min()) / (x.max() - x.min()), without values that are no numbers"
