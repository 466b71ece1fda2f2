"""Pictures and what is said of them, from files to records: one a picture, with all its captions.

Since a record is a picture, all that is said of it lies on one side of the split, which is cut by the content of the
files: copies of a picture stay together too. Pictures are decoded once, as those of all jobs on pictures (gallery.py).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from guina.data.arrays import Arrays
from guina.data.caption_columns import Wanted, choose_caption_columns
from guina.data.caption_faults import Tables, listed_again, said_splits, without_caption
from guina.data.caption_files import Found, find_captions
from guina.data.caption_lines import open_captions
from guina.data.caption_places import Finder
from guina.data.caption_rows import captions_of, rows_said
from guina.data.contrast import faint
from guina.data.gallery import decode_gallery, some_colour, splits_of
from guina.data.listings import Listing, name_of, stamp
from guina.data.parts import Part, load_part
from guina.data.ragged import Several, Texts
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.samples import CAPTIONED
from guina.data.split import duplicates
from guina.data.text import read_text
from guina.data.values import Range
from guina.errors import GuinaError

__all__ = ["Wanted", "caption_arrays", "caption_column", "read_captions"]

OBVIOUS = Wanted()
THINGS = "pictures or captions"

Scenes = dict[Path, list[str]]  # picture → its captions


def read_captions(
    source: str,
    splits: Sequence[str],
    wanted: Wanted = OBVIOUS,
    validation: float = 0.1,
    max_bad: float = 0.01,
    samples: Mapping[str, Callable[[], Path]] = CAPTIONED,
    known: Range | None = None,
) -> Records:
    """The pictures of a source for these splits, decoded, with their captions.

    What names no split is for training, or for judging where no training pictures are wanted.

    Args:
        source: a folder, a table, or a sample.
        wanted: which columns of a table are meant.
        validation: share of the training pictures to judge by, where none are named.
        max_bad: share of the pictures and captions that may be skipped.
        known: the range of the numbers that a network learned from; None: what the training pictures say.

    Returns:
        Records with columns "captions" (all of each picture, in the order of the files) and "label" (""), and with the
        parts of `read_gallery` as their source: what works on its records works on these.

    Raises:
        GuinaError: what the modules that read say of files, columns and lines; too many that cannot be used; too few to
            cut.
    """
    report = Report()
    place = str(samples[source]()) if source in samples and not Path(source).exists() else source
    found = find_captions(place, splits, wanted.encoding, report, samples)
    scenes = {split: some for split, some in captioned(found, splits, wanted, report).items() if some}
    if not scenes:  # why, where they are many
        report.stop_when_too_bad(0.0, THINGS)
    check_splits(source, list(scenes), splits)
    listings = [listing_of(split, list(some), found.root) for split, some in scenes.items() if split in splits]
    parts = load_parts(listings, report, known)
    report.stop_when_too_bad(max_bad, THINGS)
    given = [str(listing.split) for listing in listings]
    cut = [splits_of(part, s, VAL in given, splits, validation, False) for part, s in zip(parts, given, strict=True)]
    split_N, digest_ND = np.concatenate(cut), np.concatenate([part.digest_ND for part in parts])
    names = [name for part in parts for name in part.names]
    said = [list(scenes[split].values()) for split in given]
    captions = [some[n] for some, part in zip(said, parts, strict=True) for n in part.kept_N.tolist()]
    report.used = len(names)
    there = {split: digest_ND[split_N == n] for n, split in enumerate(SPLITS) if (split_N == n).any()}
    report.problems += faint(np.concatenate([part.ends_N2Q for part in parts]), names)
    report.problems += some_colour(np.concatenate([part.grey_N for part in parts]), split_N)
    report.problems += duplicates(there)
    columns = {"captions": captions, "label": np.full(len(names), "", object)}
    return Records(names, split_N, columns, parts, mark_of(digest_ND, split_N, captions), report)


def check_splits(source: str, given: Sequence[str], splits: Sequence[str]) -> None:
    """Raise GuinaError unless there are pictures to learn from, or of a split that is wanted."""
    if not set(given) & set(splits) or (TRAIN in splits and TRAIN not in given):
        raise GuinaError(
            f"{source} has pictures with captions for {' and '.join(given)} only"
            if given
            else f"{source} has no pictures with captions to use",
            f"pictures and captions for {TRAIN if TRAIN in splits else ' or '.join(splits)}",
            "add them, or name the folder or the table itself",
        )


def listing_of(split: str, paths: Sequence[Path], root: Path) -> Listing:
    """The pictures of a split, to be decoded; another caption does not decode them anew."""
    return Listing(split, stamp(paths), [name_of(path, root) for path in paths], [""] * len(paths), paths)


def load_parts(listings: Sequence[Listing], report: Report, known: Range | None) -> list[Part]:
    """The listings decoded, in their order; the pictures to learn from come first and say what numbers mean."""
    parts: list[Part] = []
    for listing in listings:
        parts.append(load_part(listing, report, False, known))
        known = known or parts[-1].range
    return parts


def mark_of(digest_ND: np.ndarray, split_N: np.ndarray, captions: Sequence[Sequence[str]]) -> str:
    """A hash of pictures, splits and captions: the records' fingerprint."""
    said = "\0".join("\n".join(some) for some in captions)
    digest = hashlib.blake2b(b"captions-1" + digest_ND.tobytes() + split_N.tobytes(), digest_size=16)
    digest.update(said.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


# --- arrays ---


def caption_column(records: Records) -> Several:
    """The captions for the whole source, `Several` of `Texts`: row `records.rows[n]` has those of record n, and rows of
    other records none.
    """
    return laid_out(records.columns["captions"], records.rows, sum(len(part.kept_N) for part in records.source))


def caption_arrays(records: Records, shape: tuple[int, int, int]) -> Arrays:
    """The pictures of these records in one shape, and their captions.

    Returns:
        Columns "pixels", uint8 M×H×W×C, and "caption", `Several` of `Texts`: those of these records.
    """
    decoded = decode_gallery(records, shape)
    row_N = np.asarray(decoded.rows_N)
    caption = laid_out(records.columns["captions"], row_N, len(decoded.columns["pixels"]))
    return Arrays({**decoded.columns, "caption": caption}, decoded.rows_N, decoded.names)


def laid_out(captions: Sequence[Sequence[str]], row_N: np.ndarray, M: int) -> Several:
    """A column of M rows, which has the captions in some of them.

    Example:
        >>> laid_out([["a dog"], ["two", "cats"]], np.array([2, 0]), 3).offset_M1.tolist()
        [0, 2, 2, 3]
    """
    groups: list[Sequence[str]] = [[]] * M
    for row, some in zip(row_N.tolist(), captions, strict=True):
        groups[row] = some
    return Several.of(groups, Texts.of)


# --- from files ---


def captioned(found: Found, splits: Sequence[str], wanted: Wanted, report: Report) -> dict[str, Scenes]:
    """The captions of the pictures of each split, from tables or the texts beside them; also those of a split that is
    not wanted, where a table has it with others.
    """
    scenes: dict[str, Scenes] = {split: {} for split in SPLITS}
    finders: dict[Path, Finder] = {}
    tables: Tables = {}
    for split, paths in found.beside.items():
        scenes[split] = texts_beside(paths, found.root, wanted.encoding, report)
    for split in SPLITS:
        for path in found.tables.get(split, []):
            finders[path] = finder = Finder(path.parent, found.root, found.pictures)
            table = open_captions(path, wanted, finder.is_there, report)
            choice, rows = choose_caption_columns(table, wanted, finder.is_there, report)
            said = list(rows_said(path, rows, choice, table.keys, finder, report))
            alone = len(found.all_tables) == 1
            for named, row in said_splits(said, split, choice, path, finder.folder if alone else None, report):
                scenes[named].setdefault(row.path, []).extend(row.captions)
                if named in splits:
                    tables.setdefault(row.path, {})[named, path] = None
    report.problems += listed_again(tables, found.root)
    report.problems += without_caption(found, finders)
    return scenes


def texts_beside(paths: Sequence[Path], root: Path, encoding: str, report: Report) -> Scenes:
    """The captions of pictures that have a text beside them: its lines that are not empty.

    Raises:
        GuinaError: a text is in another encoding.
    """
    scenes: Scenes = {}
    for path in paths:
        lines = "".join(read_text(path.with_suffix(".txt"), report, encoding)).split("\n")
        captions = captions_of([line for line in lines if line.strip()], name_of(path, root), report)
        if captions:
            scenes[path] = captions
    return scenes
