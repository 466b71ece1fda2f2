"""Labelled pictures: decoded once into the cache, split by content, and brought to one shape.

`read_gallery` decodes every file once (a bad one is named and counted) at its own size, into one flat memory-mapped
array; `shape_of` says what shape the training pictures suggest; `decode_gallery` brings a split to that shape. Pictures
that have it already are not copied again: Fashion-MNIST is one file, seen through row numbers.

Axes: N pictures, H W pixels, C channels, D bytes of a content's hash.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.cache import cached
from guina.data.pictures import BadPicture, choose_shape, decode, fit_picture, from_array, is_grey, read_bytes
from guina.data.records import SPLITS, TRAIN, VAL, Arrays, Records, Report
from guina.data.sources import Listing, check_classes, list_pictures
from guina.data.split import DIGEST, cut_validation, duplicates
from guina.errors import GuinaError

FORMAT = "gallery-2"  # change it when what is cached changes
AHEAD = 256  # files decoded ahead of the one being written


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


def read_gallery(source: str, splits: Sequence[str], validation: float = 0.1, max_bad: float = 0.01) -> Records:
    """The labelled pictures of a source, decoded, for these splits; a missing validation split is cut from training.

    Raises:
        GuinaError: nothing to learn from, too many bad files, or classes that cannot be told apart or split.
    """
    report = Report()
    listings = list_pictures(source, splits, report)
    parts = [load_part(listing, report) for listing in listings]
    report.stop_when_too_bad(max_bad)
    given = [listing.split for listing in listings]
    names: list[str] = [name for part in parts for name in part.names]
    label_N = np.concatenate([part.label_N for part in parts])
    check_classes(sorted(set(label_N)), source)
    split_N = np.concatenate(
        [splits_of(p, s, VAL in given, splits, validation) for p, s in zip(parts, given, strict=True)]
    )
    digest_ND = np.concatenate([part.digest_ND for part in parts])
    report.used = len(names)
    there = {split: digest_ND[split_N == n] for n, split in enumerate(SPLITS) if (split_N == n).any()}
    report.problems += duplicates(there)
    fingerprint = hashlib.blake2b(digest_ND.tobytes() + "\0".join(label_N).encode() + split_N.tobytes(), digest_size=16)
    return Records(names, split_N, {"label": label_N}, parts, fingerprint.hexdigest(), report)


def splits_of(part: Part, split: str | None, val_given: bool, splits: Sequence[str], validation: float) -> np.ndarray:
    """The split of each picture of a part, as numbers."""
    n = len(part.kept_N)
    if split not in (None, TRAIN) or val_given or VAL not in splits:
        return np.full(n, SPLITS.index(split or TRAIN))
    chosen_N = cut_validation(part.digest_ND, list(part.label_N), validation)
    return np.where(chosen_N, SPLITS.index(VAL), SPLITS.index(TRAIN))


def load_part(listing: Listing, report: Report) -> Part:
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
    flat = np.memmap(folder / "flat.bin", np.uint8, "r")
    if listing.load:
        label_N = np.load(folder / "label_N.npy", allow_pickle=False).astype(object)
        names: Any = Numbered(facts["prefix"], kept_N)
    else:
        label_N = np.array(listing.labels, object)[kept_N]
        names = [listing.names[i] for i in kept_N]
    return Part(key, flat, label_N=label_N, names=names, **arrays)


def build_files(listing: Listing, folder: Path) -> dict[str, Any]:
    """Decode a listing's files into a cache entry, on all cores, a bounded number ahead."""
    sizes, digests, greys, kept, skipped, converted = [], [], [], [], [], []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool, open(folder / "flat.bin", "wb") as flat:
        for i, (picture, digest, notes) in enumerate(ahead(pool, listing.paths)):
            if isinstance(picture, str):
                skipped.append((listing.names[i], picture))
                continue
            flat.write(picture.tobytes())
            sizes.append(picture.shape)
            digests.append(np.frombuffer(digest, np.uint8))
            greys.append(is_grey(picture))
            kept.append(i)
            converted += [(listing.names[i], how) for how in notes]
    save_columns(folder, sizes, digests, greys, kept)
    return {"found": len(listing.paths), "skipped": skipped, "converted": converted}


def ahead(pool: ThreadPoolExecutor, paths: Sequence[Path]) -> Iterator[tuple[np.ndarray | str, bytes, list[str]]]:
    """The decoded files in order, a bounded number in the works."""
    rest = iter(paths)
    waiting = [pool.submit(open_file, path) for path in islice(rest, AHEAD)]
    waiting.reverse()
    while waiting:
        yield waiting.pop().result()
        for path in islice(rest, 1):
            waiting.insert(0, pool.submit(open_file, path))


def open_file(path: Path) -> tuple[np.ndarray | str, bytes, list[str]]:
    """A file's picture (or what is wrong with it), the hash of its bytes, and how it was converted."""
    notes: list[str] = []
    try:
        data = read_bytes(path)
        digest = hashlib.blake2b(data, digest_size=DIGEST).digest()
        return decode(data, notes.append, path.suffix), digest, notes
    except BadPicture as bad:
        return str(bad), b"", []


def build_array(listing: Listing, folder: Path) -> dict[str, Any]:
    """An array's pictures as a cache entry."""
    assert listing.load is not None, "a listing without files has an array"
    pictures, labels = listing.load()
    converted = [] if pictures.dtype == np.uint8 else [("the array", f"{pictures.dtype} to 8 bits")]
    digests, greys, sizes = [], [], []
    with open(folder / "flat.bin", "wb") as flat:
        for picture in pictures:
            try:
                pixels = from_array(picture)
            except BadPicture as bad:
                raise GuinaError(f"the pictures cannot be used: {bad}", "numbers, N×H×W or N×H×W×C") from None
            data = pixels.tobytes()
            flat.write(data)
            sizes.append(pixels.shape)
            digests.append(np.frombuffer(hashlib.blake2b(data, digest_size=DIGEST).digest(), np.uint8))
            greys.append(is_grey(pixels))
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
    size_N3 = np.concatenate([part.size_N3[rows] for part, rows, _ in found])
    grey = bool(np.concatenate([part.grey_N[rows] for part, rows, _ in found]).all())
    return choose_shape(size_N3, grey, pixels)


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

    def build(folder: Path) -> dict[str, Any]:
        offset_N = part.offset_N
        with open(folder / "pixels.bin", "wb") as file:
            for start, size in zip(offset_N, part.size_N3, strict=False):
                picture = np.asarray(part.flat[start : start + int(size.prod())]).reshape(size)
                file.write(np.ascontiguousarray(fit_picture(picture, shape)).tobytes())
        return {}

    folder, _ = cached(f"{part.key}-{'x'.join(map(str, shape))}", build)
    return np.memmap(folder / "pixels.bin", np.uint8, "r").reshape(-1, *shape)
