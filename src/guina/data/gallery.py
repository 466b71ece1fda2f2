"""Pictures, labelled or not: decoded once into the cache, split by content, and brought to one shape.

`read_gallery` decodes every file once (a bad one is named and counted) at its own size, into one flat memory-mapped
array; `shape_of` says what shape the training pictures suggest; `decode_gallery` brings a split to that shape. Pictures
that have it already are not copied again: Fashion-MNIST is one file, seen through row numbers.

Axes: N pictures, H W pixels, C channels, D bytes of a content's hash.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from guina.data.cache import cached
from guina.data.labelled import Columns
from guina.data.listings import Listing, Stored, check_classes
from guina.data.pictures import (
    BadPicture,
    choose_shape,
    decode,
    factor_of,
    fit_picture,
    from_array,
    is_grey,
    read_bytes,
    reduced,
)
from guina.data.records import SPLITS, TRAIN, VAL, Arrays, Records, Report
from guina.data.sources import OBVIOUS, list_pictures
from guina.data.split import DIGEST, contradictions, cut_validation, duplicates
from guina.data.unlabelled import labels_that_hold
from guina.errors import GuinaError

FORMAT = "gallery-3"  # change it when what is cached changes
CHUNK = 16  # files that a thread decodes at a time
SMALL = (
    8 << 10
)  # bytes; files below are decoded faster by one thread than by two that wait for Python's lock (measured)
SMALL_PIXELS = 64 << 10  # values of a picture that is being fitted, likewise

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """The decoded pictures of one listing, good ones only; the arrays are memory-mapped.

    Args:
        flat: all values in a row; picture i is flat[offset_N[i]:offset_N[i + 1]], of shape size_N3[i].
        kept_N: which of the listing's pictures these are.
    """

    key: str
    flat: np.ndarray
    size_N3: np.ndarray
    digest_ND: np.ndarray
    grey_N: np.ndarray
    kept_N: np.ndarray
    label_N: np.ndarray
    names: Sequence[str]

    @property
    def offset_N(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.size_N3.prod(1))])


class Numbered(Sequence[str]):
    """Names of an array's pictures, made when they are asked for."""

    def __init__(self, prefix: str, numbers: np.ndarray) -> None:
        self.prefix, self.numbers = prefix, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: Any) -> Any:
        return f"{self.prefix}[{self.numbers[i]}]"


# --- reading ---


def read_gallery(
    source: str,
    splits: Sequence[str],
    validation: float = 0.1,
    max_bad: float = 0.01,
    columns: Columns = OBVIOUS,
    labelled: bool = True,
) -> Records:
    """The pictures of a source, decoded, for these splits; a missing validation split is cut from training.

    Args:
        labelled: whether they need labels. Otherwise those of a split have labels all or none, "" (see
            `labels_that_hold`), and classes need not be on both sides of the cut.

    Raises:
        GuinaError: nothing to learn from, too many bad files, or classes that cannot be told apart or split.
    """
    report = Report()
    listings = list_pictures(source, splits, report, columns, labelled)
    parts = [load_part(listing, report, labelled) for listing in listings]
    report.stop_when_too_bad(max_bad)
    given = [listing.split for listing in listings]
    names: list[str] = [name for part in parts for name in part.names]
    labels = [part.label_N for part in parts]
    label_N = np.concatenate(labels if labelled else labels_that_hold(labels, given, report))
    if labelled:
        check_classes(sorted(set(label_N)), source)
    split_N = np.concatenate(
        [splits_of(p, s, VAL in given, splits, validation, labelled) for p, s in zip(parts, given, strict=True)]
    )
    digest_ND = np.concatenate([part.digest_ND for part in parts])
    report.used = len(names)
    there = {split: digest_ND[split_N == n] for n, split in enumerate(SPLITS) if (split_N == n).any()}
    known_N = np.full(len(label_N), labelled) | (label_N != "")
    report.problems += duplicates(there) + contradictions(digest_ND[known_N], label_N[known_N])
    fingerprint = hashlib.blake2b(digest_ND.tobytes() + "\0".join(label_N).encode() + split_N.tobytes(), digest_size=16)
    return Records(names, split_N, {"label": label_N}, parts, fingerprint.hexdigest(), report)


def splits_of(
    part: Part, split: str | None, val_given: bool, splits: Sequence[str], validation: float, labelled: bool
) -> np.ndarray:
    """The split of each picture of a part, as numbers."""
    n = len(part.kept_N)
    if split not in (None, TRAIN) or val_given or VAL not in splits:
        return np.full(n, SPLITS.index(split or TRAIN))
    chosen_N = cut_validation(part.digest_ND, list(part.label_N) if labelled else [""] * n, validation)
    return np.where(chosen_N, SPLITS.index(VAL), SPLITS.index(TRAIN))


def load_part(listing: Listing, report: Report, labelled: bool) -> Part:
    """A listing decoded, from the cache if it was before; the report hears of every file either way."""
    key = hashlib.blake2b(f"{FORMAT}-{listing.stamp}".encode(), digest_size=16).hexdigest()
    folder, facts = cached(key, partial(build_array if listing.load else build_files, listing))
    for name, why in facts["skipped"]:
        report.skip(name, why)
    for name, how in facts["converted"]:
        report.convert(name, how)
    report.found += facts["found"]
    read = partial(np.load, mmap_mode="r", allow_pickle=False)
    arrays = {name: read(folder / f"{name}.npy") for name in ("size_N3", "digest_ND", "grey_N", "kept_N")}
    kept_N = np.asarray(arrays["kept_N"])
    if not len(kept_N):
        report.stop_when_too_bad(0.0)
        raise GuinaError("no picture can be used", "pictures in JPEG, PNG, WebP, GIF, BMP or TIFF")
    if labelled and listing.split in (None, TRAIN) and listing.paths:
        check_none_vanished(listing, kept_N, facts["skipped"])
    flat = np.memmap(folder / "flat.bin", np.uint8, "r")
    if listing.load:
        label_N = np.load(folder / "label_N.npy", allow_pickle=False).astype(object)
        names: Any = Numbered(facts["prefix"], kept_N)
    else:
        label_N = np.array(listing.labels, object)[kept_N]
        names = [listing.names[i] for i in kept_N]
    return Part(key, flat, label_N=label_N, names=names, **arrays)


def check_none_vanished(listing: Listing, kept_N: np.ndarray, skipped: Sequence[tuple[str, str]]) -> None:
    """Raise GuinaError when all pictures of a class are bad: it would be gone without a word."""
    gone = sorted(set(listing.labels) - {listing.labels[i] for i in kept_N})
    if gone:
        label_of = dict(zip(listing.names, listing.labels, strict=True))
        name, why = next((name, why) for name, why in skipped if label_of[name] == gone[0])
        raise GuinaError(
            f"no picture of class {gone[0]} can be used: {name}: {why}",
            "pictures in JPEG, PNG, WebP, GIF, BMP or TIFF in every class folder",
            "mend them, or remove the class",
        )


class Opened(NamedTuple):
    """A file's picture (or what is wrong with it), the hash of its bytes, whether it is grey, how it was converted."""

    picture: np.ndarray | str
    digest: bytes = b""
    grey: bool = False
    notes: Sequence[str] = ()


def open_file(path: Path | Stored) -> Opened:
    notes: list[str] = []
    try:
        data = read_bytes(path) if isinstance(path, Path) else path.read()
        picture = decode(data, notes.append, path.suffix if isinstance(path, Path) else "")
    except BadPicture as bad:
        return Opened(str(bad))
    return Opened(picture, hashlib.blake2b(data, digest_size=DIGEST).digest(), is_grey(picture), notes)


def build_files(listing: Listing, folder: Path) -> dict[str, Any]:
    """Decode a listing's files into a cache entry."""
    sizes, digests, greys, kept, skipped, converted = [], [], [], [], [], []
    with open(folder / "flat.bin", "wb") as flat:
        for i, opened in enumerate(ahead(open_file, listing.paths, typical_size(listing.paths) >= SMALL)):
            if isinstance(opened.picture, str):
                skipped.append((listing.names[i], opened.picture))
                continue
            flat.write(opened.picture.tobytes())
            sizes.append(opened.picture.shape)
            digests.append(np.frombuffer(opened.digest, np.uint8))
            greys.append(opened.grey)
            kept.append(i)
            converted += [(listing.names[i], how) for how in opened.notes]
    save_columns(folder, sizes, digests, greys, kept)
    return {"found": len(listing.paths), "skipped": skipped, "converted": converted}


def typical_size(paths: Sequence[Path | Stored]) -> float:
    """The mean size in bytes of a hundred of the files."""
    sizes = []
    for path in paths[:: max(1, len(paths) // 100)]:
        if not isinstance(path, Path):
            continue
        with suppress(OSError):  # what is wrong with it is said when it is opened
            sizes.append(path.stat().st_size)
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


def build_array(listing: Listing, folder: Path) -> dict[str, Any]:
    """An array's pictures as a cache entry."""
    assert listing.load is not None, "a listing without files has an array"
    pictures, labels = listing.load()
    converted = [] if pictures.dtype == np.uint8 else [("the array", f"{pictures.dtype} to 8 bits")]
    digests, greys, sizes = [], [], []
    try:
        factor = factor_of(pictures)
        with open(folder / "flat.bin", "wb") as flat:
            for picture in pictures:
                pixels = reduced(from_array(picture, factor))
                data = pixels.tobytes()
                flat.write(data)
                sizes.append(pixels.shape)
                digests.append(np.frombuffer(hashlib.blake2b(data, digest_size=DIGEST).digest(), np.uint8))
                greys.append(is_grey(pixels))
    except BadPicture as bad:
        raise GuinaError(
            f"the pictures cannot be used: {bad}",
            "N×H×W or N×H×W×C; bytes, 0 to 1, or 0 to 255",
            "channels come last, as x.transpose(0, 2, 3, 1) brings them" if pictures.ndim == 4 else "",
        ) from None
    save_columns(folder, sizes, digests, greys, list(range(len(pictures))))
    np.save(folder / "label_N.npy", np.array([plain(label) for label in labels]))
    return {"found": len(pictures), "skipped": [], "converted": converted, "prefix": listing.split or "picture"}


def plain(label: Any) -> str:
    """A label as text: 3.0 is 3, bytes are UTF-8."""
    if isinstance(label, bytes):
        return label.decode("utf-8", "replace")
    return str(int(label)) if isinstance(label, np.number) and label == int(label) else str(label)


def save_columns(folder: Path, sizes: list, digests: list, greys: list, kept: list) -> None:
    np.save(folder / "size_N3.npy", np.array(sizes, np.int32).reshape(-1, 3))
    np.save(folder / "digest_ND.npy", np.array(digests, np.uint8).reshape(-1, DIGEST))
    np.save(folder / "grey_N.npy", np.array(greys, bool))
    np.save(folder / "kept_N.npy", np.array(kept, np.int64))


# --- one shape ---


def pieces(records: Records) -> list[tuple[Part, np.ndarray, int]]:
    """The parts that these records come from: each with its rows, and where the part starts in the whole source."""
    found, start = [], 0
    for part in records.source:
        end = start + len(part.kept_N)
        rows = records.rows[(records.rows >= start) & (records.rows < end)]
        if len(rows):
            found.append((part, rows - start, start))
        start = end
    return found


def shape_of(records: Records, pixels: int = 0) -> tuple[int, int, int]:
    """The shape that these (training) pictures are brought to, see `choose_shape`."""
    found = pieces(records)
    size_N3 = sizes_of(records)
    grey = bool(np.concatenate([part.grey_N[rows] for part, rows, _ in found]).all())
    return choose_shape(size_N3, grey, pixels)


def sizes_of(records: Records) -> np.ndarray:
    """Height, width and channels of each picture as it is kept, N×3."""
    return np.concatenate([part.size_N3[rows] for part, rows, _ in pieces(records)])


def decode_gallery(records: Records, shape: tuple[int, int, int]) -> Arrays:
    """The pictures of these records in one shape: column "pixels", uint8, M×H×W×C, memory-mapped.

    Records of one split lie in one part, since a split is either given as a whole or cut from one.
    """
    found = pieces(records)
    if not found:
        return Arrays({"pixels": np.empty((0, *shape), np.uint8)}, np.empty(0, np.int64), [])
    if len(found) > 1:
        pixels = np.concatenate([shaped(part, shape)[rows] for part, rows, _ in found])
        return Arrays({"pixels": pixels}, np.arange(len(pixels)), records.names)
    part, rows, _ = found[0]
    return Arrays({"pixels": shaped(part, shape)}, rows, records.names)


def shaped(part: Part, shape: tuple[int, int, int]) -> np.ndarray:
    """All pictures of a part in one shape, as a memory map; the part's own if they have it."""
    if (part.size_N3 == np.array(shape)).all():
        return part.flat.reshape(-1, *shape)

    def fitted(row: int) -> bytes:
        start, end = offset_N[row : row + 2]
        return fit_picture(part.flat[start:end].reshape(part.size_N3[row]), shape).tobytes()

    def build(folder: Path) -> dict[str, Any]:
        with open(folder / "pixels.bin", "wb") as file:
            file.writelines(ahead(fitted, range(len(part.size_N3)), offset_N[-1] >= SMALL_PIXELS * len(part.size_N3)))
        return {}

    offset_N = part.offset_N
    try:
        folder, _ = cached(f"{part.key}-{'x'.join(map(str, shape))}", build)
    except BadPicture as bad:
        raise GuinaError(f"the pictures do not fit: {bad}", "the channels of the training pictures") from None
    return np.memmap(folder / "pixels.bin", np.uint8, "r").reshape(-1, *shape)
