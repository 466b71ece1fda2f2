"""Tables of pictures: a CSV or JSON-lines file with a path and a label a row, and a split if there is a column for it.

Paths are relative to the table's folder and stay inside it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from guina.data.listings import WORDS, Listing, leads_inside, split_within, stamp
from guina.data.pictures import SUFFIXES
from guina.data.records import Report
from guina.data.tables import Table, read_table
from guina.errors import GuinaError

PATHS = ("path", "file_name", "filename", "file", "image", "image_path", "img", "picture", "filepath")
LABELS = ("label", "class", "category", "target", "labels", "y")
SPLIT_COLUMNS = ("split", "subset", "set", "partition")
PICTURES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


@dataclass(frozen=True)
class Columns:
    """Which columns hold the path and the label; "": the obvious ones."""

    path: str = ""
    label: str = ""


def list_tables(
    tables: Sequence[Path], splits: Sequence[str], report: Report, columns: Columns, labelled: bool = True
) -> list[Listing]:
    """The listings of one table, or of one a split: train.csv and test.csv.

    Args:
        labelled: whether each picture needs a label; otherwise one without has "".

    Raises:
        GuinaError: a mistake in a table, a path that leads out of its folder, or two tables of one split.
    """
    if len(tables) == 1:
        table = read_table(tables[0])
        whole = split_within(tables[0].stem)
        listings = [list_rows(table, rows, split, report, columns, labelled) for split, rows in by_split(table, whole)]
        return [listing for listing in listings if listing.split in (None, *splits)]
    named: dict[str, Path] = {}
    for path in tables:
        split = split_within(path.stem)
        if split is None or split in named:
            raise GuinaError(
                f"{path.parent} has several tables: {', '.join(t.name for t in tables[:5])}",
                "one table, or train.csv, val.csv and test.csv",
                "name the one you mean instead of the folder",
            )
        named[split] = path
    read = {split: read_table(path) for split, path in named.items() if split in splits}
    return [list_rows(t, range(len(t)), split, report, columns, labelled) for split, t in read.items()]


def is_obvious(tables: Sequence[Path], columns: Columns) -> bool:
    """Whether tables beside class folders are about pictures: they have a column of paths and one of labels."""
    if columns.path or columns.label:
        return True
    try:
        table = read_table(tables[0])
        return path_column(table, columns) != label_column(table, columns)
    except GuinaError:
        return False


def say_which(tables: Sequence[Path], columns: Columns) -> bool:
    """Whether tables beside pictures, which may do without any, say which these are: some of their paths are there."""
    if columns.path or columns.label:
        return True
    named = [split_within(path.stem) for path in tables]
    if len(tables) > 1 and (None in named or len(set(named)) < len(named)):
        return False
    try:
        table = read_table(tables[0])
        places = table.column(path_column(table, columns))[:10]
    except GuinaError:
        return False
    return any(not outside(place) and os.path.isfile(table.path.parent / place.strip()) for place in places)


def by_split(table: Table, whole: str | None) -> Iterator[tuple[str | None, Sequence[int]]]:
    """The rows of each split that the table names; all of them otherwise."""
    names = {name.strip().lower(): name for name in table.columns}
    column = next((names[word] for word in SPLIT_COLUMNS if word in names), None)
    said = [value.strip().lower() for value in table.columns[column]] if column else []
    if not column or not set(said) <= set(WORDS):
        yield whole, range(len(table))
        return
    for split in sorted({WORDS[value] for value in said}):
        yield split, [row for row, value in enumerate(said) if WORDS[value] == split]


def path_column(table: Table, columns: Columns) -> str:
    def has_pictures(values: list[str]) -> bool:
        return sum(value.lower().endswith(PICTURES) for value in values) > 0.5 * len(values)

    return columns.path or table.guess("paths", PATHS, has_pictures, "--path-column")


def label_column(table: Table, columns: Columns, labelled: bool = True) -> str:
    """The column of labels; "" where there need be none and none is called so."""

    def repeats(values: list[str]) -> bool:
        return len(set(values)) <= max(2, len(values) // 2) and not any(v.lower().endswith(PICTURES) for v in values)

    if not labelled:
        named = (name for word in LABELS for name in table.columns if name.strip().lower() == word)
        return columns.label or next(named, "")
    return columns.label or table.guess("labels", LABELS, repeats, "--label-column")


def list_rows(
    table: Table, rows: Sequence[int], split: str | None, report: Report, columns: Columns, labelled: bool
) -> Listing:
    """The pictures that some rows of a table name."""
    places = table.column(path_column(table, columns))
    answering = label_column(table, columns, labelled)
    answers = table.column(answering) if answering else [""] * len(table)
    root = table.path.parent
    inside = root.resolve()
    paths: list[Path] = []
    labels: list[str] = []
    names: list[str] = []
    for row in rows:
        place, label = places[row].strip(), answers[row].strip()
        if labelled and not label:
            report.found += 1
            report.skip(place or f"line {table.lines[row]}", "no label")
            continue
        path = root / place
        if not place or outside(place):
            raise GuinaError(
                f"{table.path}, line {table.lines[row]}: {place or 'an empty path'} leads out of its folder"
                if place
                else f"{table.path}, line {table.lines[row]}: an empty path",
                f"paths inside {root}, relative to it",
            )
        if not leads_inside(path, inside):
            report.found += 1
            report.skip(place, "a link that leads out of the folder")
            continue
        paths.append(path)
        labels.append(label)
        names.append(place)
    return Listing(split, stamp([table.path, *paths], *labels), names, labels, paths)


def outside(place: str) -> bool:
    """Whether a path is absolute on some system, or climbs.

    Example:
        >>> [outside(p) for p in ("a/b.png", "/a.png", "C:/a.png", "a/../../b.png", "..hidden.png")]
        [False, True, True, True, False]
    """
    windows = PureWindowsPath(place)
    return place.startswith(("/", "\\", "~")) or bool(windows.drive) or ".." in windows.parts
