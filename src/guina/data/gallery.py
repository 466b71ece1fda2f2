"""Pictures, labelled or not: decoded once into the cache, split by content, and brought to one shape.

`read_gallery` decodes every file once (a bad one is named and counted) at its own size, into one flat memory-mapped
array; `shape_of` says what shape the training pictures suggest; `decode_gallery` brings a split to that shape. Pictures
that have it already are not copied again: Fashion-MNIST is one file, seen through row numbers.

Axes: N pictures, H W pixels, C channels, D bytes of a content's hash.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.arrays import Arrays
from guina.data.cache import cached
from guina.data.class_names import check_classes
from guina.data.columns import Columns
from guina.data.contrast import check_they_differ, faint
from guina.data.decoding import ahead
from guina.data.fitting import choose_shape, fit_picture
from guina.data.parts import Part, load_part
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.sources import OBVIOUS, list_pictures
from guina.data.split import contradictions, cut_validation, duplicates, position, strangers
from guina.data.unlabelled import labels_that_hold
from guina.data.values import BadPicture, Range
from guina.errors import GuinaError

SMALL_PIXELS = (
    64 << 10
)  # values of a picture that is being fitted, below which one thread is faster than two (measured)
LEAST, ENOUGH = 2, 6  # pictures to judge by where there are no classes: fewer have no spread, or no neighbours
FIFTH = 5  # one of so many may be taken for the latter


# --- reading ---


def read_gallery(
    source: str,
    splits: Sequence[str],
    validation: float = 0.1,
    max_bad: float = 0.01,
    columns: Columns = OBVIOUS,
    labelled: bool = True,
    known: Range | None = None,
) -> Records:
    """The pictures of a source, decoded, for these splits; a missing validation split is cut from training.

    Args:
        labelled: whether they need labels. Otherwise those of a split have labels all or none, "" (see
            `labels_that_hold`), and classes need not be on both sides of the cut.
        known: the range of the numbers that a network learned from; None: what the training pictures say.

    Raises:
        GuinaError: nothing to learn from, too many bad files, pictures that are all alike, or classes that cannot be
            told apart or split.
    """
    report = Report()
    listings = list_pictures(source, splits, report, columns, labelled)
    loaded: dict[int, Part] = {}
    for n in sorted(range(len(listings)), key=lambda n: listings[n].split not in (None, TRAIN)):
        loaded[n] = load_part(listings[n], report, labelled, known)
        known = known or loaded[n].range  # the pictures to learn from say what numbers mean
    parts = [loaded[n] for n in range(len(listings))]
    report.stop_when_too_bad(max_bad)
    given = [listing.split for listing in listings]
    names: list[str] = [name for part in parts for name in part.names]
    labels = [part.label_N for part in parts]
    label_N = np.concatenate(labels if labelled else labels_that_hold(labels, given, report))
    if labelled:
        check_classes(sorted(set(label_N)), source, least=2 if TRAIN in splits else 1)
    split_N = np.concatenate(
        [splits_of(p, s, VAL in given, splits, validation, labelled) for p, s in zip(parts, given, strict=True)]
    )
    digest_ND = np.concatenate([part.digest_ND for part in parts])
    report.used = len(names)
    there = {split: digest_ND[split_N == n] for n, split in enumerate(SPLITS) if (split_N == n).any()}
    known_N = np.full(len(label_N), labelled) | (label_N != "")
    report.problems += faint(np.concatenate([part.ends_N2Q for part in parts]), names)
    report.problems += some_colour(np.concatenate([part.grey_N for part in parts]), split_N)
    report.problems += strangers(label_N, split_N) if labelled else []
    report.problems += duplicates(there) + contradictions(digest_ND[known_N], label_N[known_N])
    fingerprint = hashlib.blake2b(digest_ND.tobytes() + "\0".join(label_N).encode() + split_N.tobytes(), digest_size=16)
    return Records(names, split_N, {"label": label_N}, parts, fingerprint.hexdigest(), report)


def some_colour(grey_N: np.ndarray, split_N: np.ndarray) -> list[str]:
    """What there is to say where some pictures have colour and others have none.

    Example:
        >>> some_colour(np.array([True, True, False]), np.zeros(3, int))
        ['1 of 3 pictures has colour, and 2 are grey: all are learned from in colour']
    """
    learned_N = split_N == SPLITS.index(TRAIN)
    if grey_N.all() or not (learned_N & grey_N).any():
        return []
    coloured = int((~grey_N[learned_N]).sum())
    if coloured:
        said = f"{coloured:,} of {learned_N.sum():,} pictures {'have' if coloured > 1 else 'has'} colour, and"
        grey = int(grey_N[learned_N].sum())
        return [f"{said} {grey:,} {'are' if grey > 1 else 'is'} grey: all are learned from in colour"]
    return [
        f"warning: {int((~grey_N).sum()):,} pictures to judge by have colour, and none to learn from has any: colour is"
        " left out"
    ]


def splits_of(
    part: Part, split: str | None, val_given: bool, splits: Sequence[str], validation: float, labelled: bool
) -> np.ndarray:
    """The split of each picture of a part, as numbers."""
    n = len(part.kept_N)
    if split not in (None, TRAIN) or val_given or VAL not in splits:
        return np.full(n, SPLITS.index(split or TRAIN))
    check_they_differ(part.ends_N2Q, part.content_N)  # first: the cut would call them copies
    chosen_N = cut_validation(part.digest_ND, list(part.label_N) if labelled else [""] * n, validation)
    if not labelled:
        chosen_N |= nearest_to_the_cut(part.digest_ND, chosen_N)
    return np.where(chosen_N, SPLITS.index(VAL), SPLITS.index(TRAIN))


def nearest_to_the_cut(digest_ND: np.ndarray, chosen_N: np.ndarray) -> np.ndarray:
    """The pictures that validation borrows where chance gave it too few, N booleans; as many stay at least."""
    at_N = position(digest_ND)
    places = np.unique(at_N)
    least = max(LEAST, min(ENOUGH, len(places) // FIFTH))
    enough = len(np.unique(at_N[chosen_N])) >= least or len(places) < 2 * least
    return np.zeros(len(at_N), bool) if enough else at_N <= places[least - 1]


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
    """The shape that these (training) pictures are brought to, see `choose_shape`.

    Raises:
        GuinaError: they are all alike, so that nothing can be learned.
    """
    found = pieces(records)
    ends_N2Q, content_N, grey_N = (
        np.concatenate([getattr(part, name)[rows] for part, rows, _ in found])
        for name in ("ends_N2Q", "content_N", "grey_N")
    )
    check_they_differ(ends_N2Q, content_N)
    return choose_shape(sizes_of(records), grey_N, pixels)


def range_of_numbers(records: Records) -> Range | None:
    """The range that these pictures' numbers are of, where they were an array or deep files."""
    return next((part.range for part, _, _ in pieces(records) if part.range), None)


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
        raise GuinaError(
            f"the pictures do not fit: {bad}",
            "the channels of the training pictures",
            "bring them to as many channels, or train with such pictures",
        ) from None
    return np.memmap(folder / "pixels.bin", np.uint8, "r").reshape(-1, *shape)
