"""Tables of pictures: a CSV or JSON-lines file with a path and a label a row, and a split if there is a column for it.

Paths are relative to the table's folder and stay inside it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from guina.data.class_names import class_name, how_named, readable, says_nothing, without_missing
from guina.data.columns import Columns, guessed, label_column, path_column, split_column
from guina.data.csv_rows import is_file
from guina.data.listings import Listing, leads_inside, stamp
from guina.data.places import Places, is_link, outside
from guina.data.records import Report
from guina.data.split_names import split_within, splits_of_names
from guina.data.tables import FileTable, read_table
from guina.errors import GuinaError

TRIED = 10  # rows by which a table beside pictures is known


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
        found = by_split(table, whole, report)
        asked = [(split, rows) for split, rows in found if split in (None, *splits)]
        return list_rows(table, asked or found, report, columns, labelled)
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
    return [
        listing
        for split, table in read.items()
        for listing in list_rows(table, [(split, range(len(table)))], report, columns, labelled)
    ]


def is_obvious(tables: Sequence[Path], columns: Columns) -> bool:
    """Whether tables beside class folders are about pictures: they have a column of paths and one of labels.

    Raises:
        GuinaError: a table has paths of files that are there, and it is not certain which are the labels.
    """
    if columns.path or columns.label:
        return True
    try:
        table = read_table(tables[0])
        path = path_column(table, columns)
    except GuinaError:
        return False
    try:
        return path != label_column(table, columns)
    except GuinaError:
        if some_are_there(table, path):
            raise
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
        return some_are_there(table, path_column(table, columns))
    except GuinaError:
        return False


def some_are_there(table: FileTable, path: str) -> bool:
    """Whether some of the first paths are files that are there."""
    places = [place.strip() for place in table.column(path)[:TRIED]]
    return any(place and not outside(place) and is_file(table.path.parent, place) for place in places)


def by_split(table: FileTable, whole: str | None, report: Report) -> list[tuple[str | None, Sequence[int]]]:
    """The rows of each split that the table names; all of them otherwise. Rows of no split are skipped."""
    column = split_column(table)
    if not column:
        return [(whole, range(len(table)))]
    said = [value.strip() for value in table.columns[column]]
    values = sorted(set(said))
    meant = dict(zip(values, splits_of_names(values, f"{table.path}, column {column}"), strict=True))
    for row, value in enumerate(said):
        if meant[value] is None:
            report.found += 1
            why = f"{column} is {value}, neither train, val nor test" if value else f"{column} is empty"
            report.skip(f"line {table.lines[row]}", why)
    found = sorted({split for split in meant.values() if split})
    return [(split, [row for row, value in enumerate(said) if meant[value] == split]) for split in found]


def list_rows(
    table: FileTable,
    parts: Sequence[tuple[str | None, Sequence[int]]],
    report: Report,
    columns: Columns,
    labelled: bool,
) -> list[Listing]:
    """The pictures that some rows of a table name, a listing for each split."""
    path = path_column(table, columns)
    label = label_column(table, columns, labelled)
    for how in table.notes:
        report.convert(table.path.name, how)
    report.problems += guessed(table, path, label, columns)
    places = table.column(path)
    answers = classes_of(table, label, report) if label else [""] * len(table)
    finder = Places(table.path.parent)
    return [list_some(table, rows, split, (places, answers), finder, labelled, report) for split, rows in parts]


def classes_of(table: FileTable, label: str, report: Report) -> list[str]:
    """The name of each row's class, "" where it has none; what was changed or looks odd is said."""
    raw = table.column(label)
    named = {value: class_name(value) for value in set(raw)}
    answers = without_missing([named[value] for value in raw])
    for value, line in zip(raw, table.lines, strict=True):
        how = how_named(value, named[value])
        if how:
            report.convert(f"{table.path.name}, line {line}", how)
    odd = Counter(answer for answer in answers if answer and says_nothing(answer))
    for name, n in odd.items():
        report.problems.append(
            f"warning: {n} picture{'s have' if n > 1 else ' has'} the label {name}: taken for a class of this name; "
            "where there is no label leave it empty"
        )
    return answers


def list_some(
    table: FileTable,
    rows: Sequence[int],
    split: str | None,
    said: tuple[Sequence[str], Sequence[str]],
    finder: Places,
    labelled: bool,
    report: Report,
) -> Listing:
    """The pictures that some rows of a table name.

    Args:
        said: the path and the label of each row of the table.
    """
    root = finder.root
    inside = root.resolve()
    paths: list[Path] = []
    labels: list[str] = []
    names: list[str] = []
    within: dict[Path, bool] = {}  # folders: asked once
    for row in rows:
        place, label = said[0][row].strip(), said[1][row]
        if labelled and not label:
            report.found += 1
            report.skip(readable(place) or f"line {table.lines[row]}", "no label")
            continue
        if not place or outside(place):
            raise GuinaError(
                f"{table.path}, line {table.lines[row]}: "
                + (f"{readable(place)} leads out of its folder" if place else "an empty path"),
                f"paths inside {root}, relative to it",
                "write the path from the table's folder on" if place else "fill it, or remove the line",
            )
        found = finder.find(place)
        up = found.path.parent
        if up not in within:
            within[up] = leads_inside(up, inside)
        if not within[up] or (is_link(found.path) and not leads_inside(found.path, inside)):
            report.found += 1
            report.skip(readable(place), "a link that leads out of the folder")
            continue
        if found.how:
            report.convert(readable(place), found.how)
        paths.append(found.path)
        labels.append(label)
        names.append(readable(place))
    return Listing(split, stamp([table.path, *paths], *labels), names, labels, paths)
