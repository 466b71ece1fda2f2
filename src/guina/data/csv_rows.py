"""CSV in its dialects: which delimiter, Excel's first line, whether there is a header, and what rows fill up with.

Rows come as they stand in the file, with the line on which each begins.
"""

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from guina.errors import GuinaError

DELIMITERS = "\t;|,"  # in this order where nothing else decides: a comma within others is one of a number or a text
LONGEST = 10_000_000  # characters of a field
TRIED = 200  # rows by which a delimiter is chosen
SEP = re.compile(r'^"?sep=(.)"?$', re.IGNORECASE)


class Rows(NamedTuple):
    """A header and rows of as many fields as it has.

    Args:
        lines: the line of the file, from 1, on which each row begins.
        notes: how the file was converted.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    notes: list[str]


def read_rows(path: Path, text: str) -> Rows:
    """The header and the rows of a text; without a header the columns are called "column 1", "column 2" …

    Raises:
        GuinaError: quotes that are not closed, a ragged row, a name twice.
    """
    text, delimiter, skipped, notes = without_sep(text)
    delimiter = delimiter or delimiter_of(text)
    rows, lines = parse(path, text, delimiter, skipped, notes)
    if not rows:
        return Rows([], [], [], notes)
    if is_data(rows[0], rows[1:], path.parent):
        notes.append("no header: the first line is a row")
        header = [f"column {k}" for k in range(1, max(map(width_of, rows)) + 1)]
    else:
        header, rows, lines = [name.strip() for name in rows[0]], rows[1:], lines[1:]
        header = header[: width_of(header)]
    fitted = [fit(row, len(header), line, path) for row, line in zip(rows, lines, strict=True)]
    if any(len(row) > len(header) for row in rows):
        notes.append("empty fields behind the last column left out")
    header, fitted = without_empty(header, fitted, notes)
    twice = [name for name, n in Counter(header).items() if n > 1]
    if twice:
        raise GuinaError(f"{path} has two columns called {twice[0]}", "a name for each", "rename one")
    return Rows(header, fitted, lines, notes)


def without_sep(text: str) -> tuple[str, str, int, list[str]]:
    """A text without Excel's first line sep=;, the delimiter that it names (or ""), and how many lines were dropped."""
    first, end, rest = cut_line(text)
    said = SEP.match(first.strip(" ;,")) or SEP.match(first.strip(" \r\n"))
    return (
        (rest, said[1], 1, [f"the first line sep={said[1]} taken for Excel's"]) if said and end else (text, "", 0, [])
    )


def cut_line(text: str) -> tuple[str, str, str]:
    """The first line of a text, what ends it, and the rest."""
    found = re.search(r"\r\n|\r|\n", text)
    return (text, "", "") if found is None else (text[: found.start()], found[0], text[found.end() :])


def delimiter_of(text: str) -> str:
    """What separates the fields: what gives all rows equally many; else the commonest of the first line.

    Example:
        >>> delimiter_of("path;label"), delimiter_of('"a;b",c'), delimiter_of("path"), delimiter_of("a;1,5\\nb;2,0\\n")
        (';', ',', ',', ';')
    """
    first = cut_line(text.lstrip("\r\n"))[0]
    bare = re.sub(r'"[^"]*"', "", first)
    there = [mark for mark in DELIMITERS if mark in bare]
    even = [mark for mark in there if is_even(text, mark)]
    return max(even or there or ",", key=bare.count)


def is_even(text: str, delimiter: str) -> bool:
    """Whether the first rows have equally many fields, empty ones at their ends aside."""
    widths: set[int] = set()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for _, row in zip(range(TRIED), reader, strict=False):
            if any(field.strip() for field in row):
                widths.add(len(row))
    except csv.Error:
        return False
    return len(widths) == 1


def parse(path: Path, text: str, delimiter: str, skipped: int, notes: list[str]) -> tuple[list[list[str]], list[int]]:
    """The rows that are not empty, and their lines."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    began = 1
    blank = False
    try:
        for row in reader:
            if any(field.strip() for field in row):  # Excel leaves lines of nothing but delimiters
                rows.append(row)
                lines.append(began + skipped)
            else:
                blank = blank or bool(row)
            began = reader.line_num + 1
    except csv.Error as error:
        raise GuinaError(
            f"{path}, line {began + skipped}: {error}",
            "quotes that are closed, and doubled within quotes",
            "mend the line, or save the table again",
        ) from None
    if blank:
        notes.append("lines without a value left out")
    return rows, lines


def width_of(row: Sequence[str]) -> int:
    """How many fields there are up to the last that is not empty."""
    return max((k for k, field in enumerate(row, 1) if field.strip()), default=0)


def fit(row: list[str], width: int, line: int, path: Path) -> list[str]:
    """A row of this many fields: empty ones behind them are dropped.

    Raises:
        GuinaError: it has more, or fewer.
    """
    if len(row) > width and width_of(row) <= width:
        return row[:width]
    if len(row) != width:
        raise GuinaError(
            f"{path}, line {line} has {len(row)} fields",
            f"{width}, as the header has",
            "put texts that hold the delimiter into quotes" if len(row) > width else "fill the row",
        )
    return row


def without_empty(header: list[str], rows: list[list[str]], notes: list[str]) -> tuple[list[str], list[list[str]]]:
    """Columns without a name are left out where they are empty, and numbered where they are not."""
    kept = [k for k, name in enumerate(header) if name or any(row[k].strip() for row in rows)]
    if len(kept) < len(header):
        notes.append("empty columns left out")
        rows = [[row[k] for k in kept] for row in rows]
    return [header[k] or f"column {k + 1}" for k in kept], rows


def is_data(first: Sequence[str], rows: Sequence[Sequence[str]], folder: Path) -> bool:
    """Whether a first line is no header: a field of it is a file that is there, or ends as the paths below it do."""
    for k, field in enumerate(first):
        if not field.strip():
            continue
        if is_file(folder, field.strip()):
            return True
        suffix = suffix_of(field)
        below = [suffix_of(row[k]) for row in rows[:TRIED] if len(row) > k]
        if suffix and 2 * below.count(suffix) > len(below) > 0:
            return True
    return False


def is_file(folder: Path, place: str) -> bool:
    """Whether a path in a table is a file that is there, whichever way its folders are separated."""
    try:
        return any(os.path.isfile(folder / way) for way in (place, place.replace("\\", "/")))
    except ValueError:  # a name that no file can have
        return False


def suffix_of(place: str) -> str:
    """The end of a file's name behind its last point, in small letters; "" if it has none."""
    found = re.search(r"\.([A-Za-z][A-Za-z0-9]{1,4})$", place.strip())
    return found[1].lower() if found else ""
