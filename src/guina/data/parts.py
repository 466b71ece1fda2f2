"""Parts of a source: a listing's pictures decoded, once, into the cache.

Axes: N pictures, H W pixels, C channels, D bytes of a content's hash, Q four channels at most.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from guina.data.cache import cached
from guina.data.decoding import COLUMNS, build_array, build_files
from guina.data.listings import Listing
from guina.data.records import TRAIN, Report
from guina.data.values import Range
from guina.errors import GuinaError

FORMAT = "gallery-4"  # change it when what is cached changes


@dataclass(frozen=True)
class Part:
    """The decoded pictures of one listing, good ones only; the arrays are memory-mapped.

    Args:
        flat: all values in a row; picture i is flat[offset_N[i]:offset_N[i + 1]], of shape size_N3[i].
        ends_N2Q: the darkest and lightest value of each channel, see contrast.py.
        content_N: what copies share.
        kept_N: which of the listing's pictures these are.
        range: of the numbers, where these were an array or deep files.
    """

    key: str
    flat: np.ndarray
    size_N3: np.ndarray
    digest_ND: np.ndarray
    grey_N: np.ndarray
    ends_N2Q: np.ndarray
    content_N: np.ndarray
    kept_N: np.ndarray
    label_N: np.ndarray
    names: Sequence[str]
    range: Range | None

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


def load_part(listing: Listing, report: Report, labelled: bool, known: Range | None) -> Part:
    """A listing decoded, from the cache if it was before; the report hears of every file either way."""
    key, folder, facts = entry_of(listing, None)
    if (
        known is not None and facts["range"] and tuple(facts["range"][:3]) != known[:3]
    ):  # it has another range by itself
        key, folder, facts = entry_of(listing, known)
    for name, why in facts["skipped"]:
        report.skip(name, why)
    for name, how in facts["converted"]:
        report.convert(name, how)
    report.found += facts["found"]
    report.problems += facts.get("problems", [])
    read = partial(np.load, mmap_mode="r", allow_pickle=False)
    arrays = {name: read(folder / f"{name}.npy") for name in COLUMNS}
    kept_N = np.asarray(arrays["kept_N"])
    if not len(kept_N):
        report.stop_when_too_bad(0.0)
        raise GuinaError(
            "no picture can be used", "pictures in JPEG, PNG, WebP, GIF, BMP or TIFF", "see what `guina check` skips"
        )
    if labelled and listing.split in (None, TRAIN) and listing.paths:
        check_none_vanished(listing, kept_N, facts["skipped"])
    flat = np.memmap(folder / "flat.bin", np.uint8, "r")
    if listing.load:
        label_N = np.load(folder / "label_N.npy", allow_pickle=False).astype(object)
        names: Any = Numbered(facts["prefix"], kept_N)
    else:
        label_N = np.array(listing.labels, object)[kept_N]
        names = [listing.names[i] for i in kept_N]
    ranged = Range(*facts["range"]) if facts["range"] else None
    return Part(key, flat, label_N=label_N, names=names, range=ranged, **arrays)


def entry_of(listing: Listing, known: Range | None) -> tuple[str, Path, dict[str, Any]]:
    """A listing's entry in the cache, under all that it depends on: its key, its folder, its facts."""
    said = (FORMAT, PIL.__version__, listing.split, listing.stamp, known, list(listing.names))
    key = hashlib.blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return key, *cached(key, partial(build_array if listing.load else build_files, listing, known))


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
