"""Pairs of texts, a text and its translation, from files to records: what is read, skipped, counted and split.

Where no validation pairs are named they are cut by the hash of the source text alone, so that all translations of a
text lie on one side, and adding pairs moves none across.

A pair that is of no use is skipped (pair_faults.py). Collections of many sentences have some such, and no one wrote
each of their lines himself as he put each file into a folder: so a reading stops where more than a tenth, and more
than three, are skipped, which is what wrong columns or lines that have shifted look like.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np

from guina.data.languages import find_name
from guina.data.listings import name_of
from guina.data.pair_columns import Choice, Direction, choose_columns
from guina.data.pair_faults import Part, Text4, check_width, copies, side_by_side, sift, untranslated
from guina.data.pair_files import Found, find_pairs
from guina.data.pair_rows import Row, open_rows, text_of
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.samples import PAIRS
from guina.data.split import cut_validation, digests
from guina.data.split_names import splits_of_names
from guina.errors import GuinaError, did_you_mean

__all__ = ["Direction", "read_pairs"]

MOST_BAD = 0.1  # share of pairs that may be skipped
MEND = "see whether the columns or files are those that are meant (--source, --target), and mend or remove the pairs"


class Places(Sequence[str]):
    """The name of each pair, made when it is asked for: train.tsv, line 5."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.files = [part.name for part in parts]
        self.file_N = np.repeat(np.arange(len(parts)), [len(part.lines) for part in parts])
        self.line_N = np.concatenate([np.array(part.lines, np.int64) for part in parts])

    def __len__(self) -> int:
        return len(self.line_N)

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> list[str]: ...
    def __getitem__(self, i: int | slice) -> str | list[str]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        return f"{self.files[self.file_N[i]]}, line {self.line_N[i]}"


def read_pairs(
    source: str,
    splits: Sequence[str],
    named: tuple[str, str] = ("", ""),
    validation: float = 0.1,
    encoding: str = "utf-8",
) -> Records:
    """The pairs of a source for these splits.

    What names no split is for training, or for judging where no training pairs are wanted.

    Args:
        source: a table, one of two files of lines, a folder of either, a pattern, or a sample.
        named: the source and the target: columns, or endings; "" each: the obvious one, which is said if it is a guess.
        validation: share of the training sources to judge by, where no validation pairs are named.

    Returns:
        Records with columns "source" and "target", lists of texts: stripped, their letters composed (NFC), and
        otherwise to the letter; `source` is their `Direction`.

    Raises:
        GuinaError: what the modules that read say of files, columns and lines; too many bad pairs; too few to cut.

    Example:
        >>> records = read_pairs("number-words", ("test",))
        >>> at = records.columns["source"].index("dreiundzwanzig")
        >>> records.columns["target"][at], records.source
        ('twenty-three', Direction(source='de', target='en'))
    """
    report = Report()
    if source in PAIRS and not Path(source).exists():
        parts, direction = sample_parts(source, splits, named)
        report.found = sum(len(part.lines) for part in parts)
    else:
        found = find_pairs(source, splits, named, encoding, report, list(PAIRS))
        parts, direction = parts_of(found, splits, named, encoding, report)
    parts = sorted(parts, key=lambda part: SPLITS.index(part.split))
    report.used = sum(len(part.lines) for part in parts)
    report.stop_when_too_bad(MOST_BAD, "pairs", MEND)
    check_splits(source, parts, splits)
    sources = [text for part in parts for text in part.sources]
    targets = [text for part in parts for text in part.targets]
    split_N = np.repeat([SPLITS.index(part.split) for part in parts], [len(part.lines) for part in parts])
    pair_ND = digests(f"{a}\0{b}".encode() for a, b in zip(sources, targets, strict=True))
    source_ND = digests(text.encode() for text in sources)
    if TRAIN in splits and VAL in splits and not (split_N == SPLITS.index(VAL)).any():
        train_M = np.flatnonzero(split_N == SPLITS.index(TRAIN))
        chosen_M = cut_validation(source_ND[train_M], [""] * len(train_M), validation, "source text")
        split_N[train_M[chosen_M]] = SPLITS.index(VAL)
    report.problems += copies(pair_ND, source_ND, split_N) + untranslated(sources, targets)
    places = Places(parts)
    marks = (pair_ND, split_N, places.file_N, places.line_N)
    said = f"pairs-1 {direction} {places.files}".encode("utf-8", "surrogatepass")
    mark = digests([said + b"".join(mark_N.tobytes() for mark_N in marks)]).tobytes().hex()
    return Records(places, split_N, {"source": sources, "target": targets}, direction, mark, report)


def check_splits(source: str, parts: Sequence[Part], splits: Sequence[str]) -> None:
    """Raise GuinaError unless there are pairs to learn from, or of a split that is wanted."""
    there = {part.split for part in parts if len(part.lines)}
    wanted = TRAIN if TRAIN in splits else " or ".join(splits)
    if not there or (TRAIN in splits and TRAIN not in there):
        raise GuinaError(
            f"{source} has pairs for {' and '.join(sorted(there))} only" if there else f"{source} has no pairs to use",
            f"pairs for {wanted}",
            "add them, or name the file itself",
        )


def sample_parts(source: str, splits: Sequence[str], named: tuple[str, str]) -> tuple[list[Part], Direction]:
    """The pairs of a sample, in the direction that is asked for."""
    sample = PAIRS[source]()
    names = [sample.source, sample.target]
    asked = [find_name(name, names) if name else "" for name in named]
    for name, found in zip(named, asked, strict=True):
        if name and not found:
            raise GuinaError(f"{source} has no {name}", " and ".join(names), did_you_mean(name, names))
    turned = asked[0] == sample.target or asked[1] == sample.source
    parts = []
    for split, pairs in sample.splits.items():
        if split in splits:
            sides = [list(side) for side in zip(*pairs, strict=True)][:: -1 if turned else 1]
            parts.append(Part(f"{source}/{split}", split, array("q", range(1, len(pairs) + 1)), *sides))
    return parts, Direction(*names[:: -1 if turned else 1])


# --- from files ---


def parts_of(
    found: Found, splits: Sequence[str], named: tuple[str, str], encoding: str, report: Report
) -> tuple[list[Part], Direction]:
    """The pairs of all files that were found, and their direction."""
    parts: list[Part] = []
    for split, pairs in found.aligned.items():
        for pair in pairs:
            part = Part(name_of(pair.source, found.root), split)
            sift(side_by_side(pair, encoding, report), part, report)
            parts.append(part)
        if len(pairs) > 1 and split != TRAIN:
            names = ", ".join(name_of(pair.source, found.root) for pair in pairs)
            report.problems.append(f"{names} are the {split} split together; name one to score it alone")
    choice = None
    direction = found.direction
    for split in SPLITS:  # the training split first: the others' columns are those that it has
        for path in found.tables.get(split, []):
            table = open_rows(path, report, encoding)
            chosen, rows = choose_columns(table, named, choice, report)
            texts = texts_of(path, rows, chosen, table.keys)
            parts += by_split(texts, Part(name_of(path, found.root), split), chosen, splits, report)
            direction = chosen.direction if direction == Direction() else direction
            choice = choice or chosen
    return parts, direction


def texts_of(path: Path, rows: Iterable[Row], choice: Choice, keys: list[str] | None) -> Iterator[Text4]:
    """The texts of the columns that were chosen, row by row.

    Raises:
        GuinaError: a row has another number of fields, or a value that is no text.
    """
    source, target, split = choice.source, choice.target, choice.split
    chosen = [k for k in (source, target, split) if k is not None]
    for line, fields in rows:
        if keys is not None:
            for k in chosen:
                fields[k] = text_of(fields[k], path, line, keys[k])
        elif len(fields) != choice.width:
            check_width(path, line, fields, choice)
        yield line, fields[source], fields[target], "" if split is None else fields[split].strip()


def by_split(texts: Iterable[Text4], part: Part, choice: Choice, splits: Sequence[str], report: Report) -> list[Part]:
    """The pairs of a table: of the split that its file is, or of those that a column says.

    Rows whose column says no split are skipped.
    """
    if choice.split is None:
        sift(texts, part, report)
        return [part]
    rows = list(texts)
    values = sorted({said for *_, said in rows})
    meant = dict(zip(values, splits_of_names(values, f"{part.name}, the column of splits"), strict=True))
    parts = []
    for split in SPLITS:
        if split in splits and split in meant.values():
            parts.append(Part(part.name, split))
            sift((row for row in rows if meant[row[3]] == split), parts[-1], report)
    for line, _, _, said in rows:
        if meant[said] is None:
            report.found += 1
            report.skip(f"{part.name}, line {line}", f"its split is {said or 'empty'}, neither train, val nor test")
    return parts
