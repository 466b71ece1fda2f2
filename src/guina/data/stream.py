"""Texts as one long stream of units for each split, memory-mapped; documents are joined by a boundary.

Where the source names no validation split, the last tenth of the training text is it, cut at a document's or a line's
end if there is one near. Nothing is held in memory but a piece of a few megabytes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.arrays import Arrays
from guina.data.cache import cached
from guina.data.ragged import Units
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.samples import TEXTS
from guina.data.split_files import files_by_split
from guina.data.text import BOUNDARY, find_texts, fingerprint, read_text
from guina.data.vocabulary import Vocabulary
from guina.data.walking import root_of
from guina.errors import GuinaError

FORMAT = "stream-2"
NAMED = 40  # characters of a unit's surroundings that stand for its name


@dataclass(frozen=True)
class Source:
    """Where the text of each split lies.

    Args:
        files: split → files, in order.
        span: split → the first character and the one after the last, in the characters of its files put together.
    """

    files: dict[str, tuple[Path, ...]]
    span: dict[str, tuple[int, int]]
    encoding: str

    def pieces(self, split: str) -> Iterator[str]:
        """The text of a split, in pieces."""
        start, end = self.span[split]
        at = 0
        for piece in joined(self.files[split], self.encoding, Report()):
            part = piece[max(0, start - at) : max(0, end - at)]
            at += len(piece)
            if part:
                yield part
            if at >= end:
                return


def joined(files: Sequence[Path], encoding: str, report: Report) -> Iterator[str]:
    """The characters of some files, with a boundary between two."""
    for n, path in enumerate(files):
        if n:
            yield BOUNDARY
        yield from read_text(path, report, encoding)


class Positions(Sequence[str]):
    """Names of the places of a stream, made when they are asked for."""

    def __init__(self, split: str, n: int) -> None:
        self.split, self.n = split, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: Any) -> Any:
        place = range(self.n)[i]
        if isinstance(place, range):
            assert place == range(len(place)), "a stream is cut short: what is left is where it was"
            return Positions(self.split, len(place))
        return f"{self.split}, unit {place:,}"


class Stream(Arrays):
    """The units of one split as one long row, column "unit"; an example is a unit. `first` cuts it short.

    Example:
        >>> stream = Stream.of(np.array([5, 6, 7, 8], np.uint8), "val")
        >>> stream.windows(np.array([2, 0]), 2).tolist(), stream.first(3).all("unit").tolist(), stream.names[3]
        ([[7, 8], [5, 6]], [5, 6, 7], 'val, unit 3')
    """

    @classmethod
    def of(cls, units_N: np.ndarray, split: str) -> "Stream":
        """The stream of these units, which may be mapped and of any whole type; they are given as int64."""
        return cls({"unit": Units(units_N)}, range(len(units_N)), Positions(split, len(units_N)))

    def windows(self, start_B: np.ndarray, length: int) -> np.ndarray:
        """Units from each start on, B×length, int64."""
        unit = self.columns["unit"]
        assert isinstance(unit, Units), "see `of`"
        return np.stack([unit[start : start + length] for start in start_B])


def read_stream(source: str, splits: Sequence[str], validation: float, encoding: str = "utf-8") -> Records:
    """The texts of a source, counted; nothing is encoded yet.

    Args:
        splits: without the training split nothing is to be learned: what names no split is for judging, all of it.

    Raises:
        GuinaError: there is none, it is empty, or its bytes are no text.
    """
    report = Report()
    found = TEXTS[source]() if source in TEXTS and not Path(source).exists() else find_texts(source, report)
    files = files_by_split(found, root_of(source), splits, report, "texts")
    used = sum(map(len, files.values()))
    report.found, report.used = report.found + used, used
    mark = fingerprint([path for paths in files.values() for path in paths])
    if len(files) > 1:  # the same files may be split in another way
        mark += "".join(f"-{split}{len(paths)}" for split, paths in files.items())
    lengths = {split: measured(tuple(paths), encoding, mark, split, report) for split, paths in files.items()}
    if not lengths.get(TRAIN if TRAIN in splits else next(iter(files), TRAIN)):
        raise GuinaError(f"there is no text in {source}", "a text that is not empty", "check the path")
    spans = {split: (0, n) for split, n in lengths.items()}
    if VAL in splits and VAL not in files:
        files[VAL] = files[TRAIN]
        cut = place_to_cut(Source({TRAIN: tuple(files[TRAIN])}, spans, encoding), lengths[TRAIN], validation)
        spans |= {TRAIN: (0, cut), VAL: (cut, lengths[TRAIN])}
    there = [split for split in SPLITS if split in files]
    origin = Source({split: tuple(files[split]) for split in there}, {s: spans[s] for s in there}, encoding)
    at_N = np.array([SPLITS.index(split) for split in there])
    names = [str(files[split][0]) + (", …" if len(files[split]) > 1 else "") for split in there]
    return Records(names, at_N, {"split": there}, origin, f"{mark}-{validation}-{encoding}", report)


def measured(files: tuple[Path, ...], encoding: str, mark: str, split: str, report: Report) -> int:
    """How many characters some files have, from the cache if they were counted before."""

    def build(_: Path) -> dict[str, Any]:
        own = Report()
        n = sum(map(len, joined(files, encoding, own)))
        return {"characters": n, "converted": own.as_json()["converted"]}

    said = f"{FORMAT}-length-{mark}-{split}-{encoding}-{[str(path) for path in files]}"
    key = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    _, facts = cached(key, build)
    for how, entry in facts["converted"].items():
        for name in entry["for example"]:
            report.convert(name, how)
    return facts["characters"]


def place_to_cut(source: Source, characters: int, share: float) -> int:
    """Where the validation text begins: at the exact share, so that scores compare with those of others.

    Raises:
        GuinaError: a split would be empty.
    """
    cut = int((1 - share) * characters)
    if not 0 < cut < characters:
        raise GuinaError(
            f"a text of {characters} characters cannot be cut into training and validation",
            "a longer text, and a share between 0 and 1",
            "give more text, or a validation file of your own",
        )
    return cut


def encode_stream(records: Records, vocabulary: Vocabulary) -> Stream:
    """The units of the records' one split, memory-mapped in the narrowest type."""
    if not len(records):
        return Stream.of(np.empty(0, np.uint8), TRAIN)
    split = records.columns["split"][0]
    source: Source = records.source
    kind = np.uint8 if vocabulary.size <= 256 else np.uint16 if vocabulary.size <= 65536 else np.uint32
    mark = f"{FORMAT}-{records.fingerprint}-{split}-{source.span[split]}-{sorted(vocabulary.facts().items())}"
    build = partial(write_units, source, split, vocabulary, kind)
    folder, facts = cached(hashlib.blake2b(mark.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(), build)
    if not facts["units"]:
        return Stream.of(np.empty(0, kind), split)
    return Stream.of(np.memmap(folder / "units.bin", kind, "r"), split)


def write_units(source: Source, split: str, vocabulary: Vocabulary, kind: type, folder: Path) -> dict[str, Any]:
    """Encode a split into a cache entry. Pieces are cut at white space, which no unit goes across, if they have any."""
    count, held = 0, ""
    with open(folder / "units.bin", "wb") as file:
        for piece in source.pieces(split):
            text = held + piece
            space = max(text.rfind(" "), text.rfind("\n"))
            at = space if vocabulary.kind in ("bpe", "word") and space > 0 else len(text)
            held = text[at:]
            units = vocabulary.encode(text[:at])
            file.write(units.astype(kind).tobytes())
            count += len(units)
        units = vocabulary.encode(held)
        file.write(units.astype(kind).tobytes())
    return {"units": count + len(units)}


def training_pieces(records: Records, most: int | None = None) -> Iterator[str]:
    """The training text in pieces; at most so many of them."""
    yield from islice(records.source.pieces(TRAIN), most)
