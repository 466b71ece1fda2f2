r"""The rows of a table of captions, in the dialects that people write CSV in.

    1.jpg,"a ""red"" disc, big"     CSV: quotes quote, and are doubled within (RFC 4180)
    1.jpg,a red disc, big           nothing is quoted: all that follows the first comma is the caption
    1.jpg,"red" is its colour       nor is this: a caption that begins with a quotation mark

A file is of one dialect. It is CSV if every row has as many fields as the first, every quote is closed before a comma
or a line's end, and no quoted text of several lines has one that begins like a row. Otherwise a file of two columns is
read line by line, so that no quotation mark takes the lines after it for its own; a caption that is quoted whole, with
those within doubled, is taken out of its quotes there too. JSON lines and tab-separated files are read as all such
tables are (pair_rows.py).
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from guina.data.caption_columns import IS_THERE, Wanted, is_header
from guina.data.caption_places import looks_like_one
from guina.data.csv_rows import DELIMITERS, LONGEST, delimiter_of, without_sep
from guina.data.lines import head_of, lines_of
from guina.data.pair_rows import (
    BLANK,
    SEPARATED,
    TRIED,
    UNSURE,
    Row,
    RowTable,
    is_quoted,
    open_rows,
    separated,
    tabbed,
)
from guina.data.records import Report
from guina.errors import GuinaError

CALLED = {",": "comma", ";": "semicolon", "|": "bar", "\t": "tab"}


class Dialect(NamedTuple):
    """How the lines of a file are cut that is read line by line.

    Args:
        skipped: lines at its beginning that are none of the table: Excel's sep=.
        path_last: whether the path stands behind the caption.
        why: it is no CSV.
    """

    delimiter: str
    skipped: int
    path_last: bool
    why: str


def open_captions(path: Path, wanted: Wanted, is_there: IS_THERE, report: Report) -> RowTable:
    """A table of captions, by its ending and its first lines.

    Args:
        is_there: whether a value is the path of a picture.

    Raises:
        GuinaError: it is no text, or has no lines; more while it is read.
    """
    table = open_rows(path, report, wanted.encoding)
    if path.suffix.lower() not in (*SEPARATED, *UNSURE):
        return table
    head, sep, skipped, _ = without_sep(head_of(path, wanted.encoding))
    lines = [line for line in head.split("\n")[:TRIED] if line.strip()]
    if not lines:
        return table
    delimiter = sep or delimiter_behind(lines) or delimiter_of(head)
    if delimiter == "\t" and path.suffix.lower() in UNSURE:
        return table
    if delimiter == "\t" and not is_quoted(head):
        return table._replace(rows=tabbed(path, report, wanted.encoding))

    def is_path(value: str) -> bool:
        return looks_like_one(value) or is_there(value)

    def strictly(report: Report) -> Iterator[Row]:
        return separated(path, report, wanted.encoding, delimiter)

    asked = wanted.path, wanted.caption
    path_last = comes_last(lines, delimiter, is_path)
    two = delimiter != "\t" and has_two_columns(lines, delimiter, path_last, asked, is_path)
    why = why_no_csv(path, strictly(Report()), delimiter, path_last, is_path) if two else ""
    if not why:
        return table._replace(rows=strictly(report))
    return table._replace(rows=line_by_line(path, wanted.encoding, Dialect(delimiter, skipped, path_last, why), report))


def has_two_columns(
    lines: list[str], delimiter: str, path_last: bool, asked: tuple[str, str], is_path: IS_THERE
) -> bool:
    """Whether a table may be one of a path and a caption a line: its header says two columns, or it has none, and its
    first line has a path.
    """
    csv.field_size_limit(LONGEST)
    first, below = (next(csv.reader(some, delimiter=delimiter), []) for some in (lines[:1], lines[1:2]))
    if is_header([field.strip() for field in first], below, asked, is_path):
        return len(first) == 2
    return is_path(path_in(lines[0], delimiter, path_last))


def delimiter_behind(lines: list[str]) -> str:
    """What stands behind the path in most lines, or before it where it comes last; "" if nothing does.

    Example:
        >>> delimiter_behind(["image;caption", "1.jpg;a dog, brown", "2.jpg;a cat"]), delimiter_behind(["id,text"])
        (';', '')
    """
    for mark in DELIMITERS:
        there = [line for line in lines if mark in line]
        most = max(sum(looks_like_one(path_in(line, mark, last)) for line in there) for last in (False, True))
        if 2 * most > max(1, len(lines) - 1):
            return mark
    return ""


def comes_last(lines: list[str], delimiter: str, is_path: IS_THERE) -> bool:
    """Whether it is the last field of most lines that is a path, and not the first."""
    first, last = (sum(is_path(path_in(line, delimiter, last)) for line in lines) for last in (False, True))
    return first < last


def path_in(line: str, delimiter: str, path_last: bool) -> str:
    """The path of a line that has a path and a caption."""
    before, after = cut(line, delimiter, path_last)
    return unquoted(after if path_last else before)


def why_no_csv(path: Path, rows: Iterable[Row], delimiter: str, path_last: bool, is_path: IS_THERE) -> str:
    """Why a file is read line by line, and where that shows; "" if it is CSV."""
    width = spaced = 0
    several = False
    try:
        for line, fields in rows:
            width = width or len(fields)
            if len(fields) != width:
                return f"line {line} has {len(fields)} field{'' if len(fields) == 1 else 's'}"
            for field in fields:
                if swallows(field, delimiter, path_last, is_path):
                    return f"the quotation mark of line {line} is not closed on it"
                if field[:1].isspace() and unquoted(field) != field:
                    spaced = spaced or line
                several = several or "\n" in field
    except GuinaError as error:
        return error.what.removeprefix(f"{path}, ")
    # programs put no space there, and people write no texts of several lines
    return f"line {spaced} has a space before a quotation mark" if spaced and not several else ""


def swallows(field: str, delimiter: str, path_last: bool, is_path: IS_THERE) -> bool:
    """Whether a field that was quoted has rows in it: its lines begin with a path, or end with one where it is last."""
    lines = field.split("\n")
    whole = lines[:-1] if path_last else lines[1:]
    return any(delimiter in line and is_path(path_in(line, delimiter, path_last)) for line in whole)


def line_by_line(path: Path, encoding: str, dialect: Dialect, report: Report) -> Iterator[Row]:
    """The rows of a file of two columns, each a line.

    Raises:
        GuinaError: a line without the delimiter.
    """
    mark = CALLED[dialect.delimiter]
    where = f"before the last {mark}" if dialect.path_last else f"behind the first {mark}"
    report.convert(path.name, f"read line by line, all {where} as the caption: {dialect.why}")
    blank = False
    for number, line in enumerate(lines_of(path, report, encoding), 1):
        if number <= dialect.skipped or not line.strip(f" \r{dialect.delimiter}"):
            blank = blank or (number > dialect.skipped and dialect.delimiter in line)
            continue
        if dialect.delimiter not in line:
            raise GuinaError(
                f"{path}, line {number} has no {mark}",
                f"a picture and its caption on each line, with a {mark} between them; for CSV, in which quoted texts"
                f" may have several lines, {dialect.why}",
                "mend the line, or that one, or save the table as JSON lines",
            )
        yield number, [unquoted(field) for field in cut(line.removesuffix("\r"), dialect.delimiter, dialect.path_last)]
    if blank:
        report.convert(path.name, BLANK)


def cut(line: str, delimiter: str, path_last: bool) -> list[str]:
    """A line in two, as they stand there: at its last delimiter, or at the first behind a path, which may be quoted.

    Example:
        >>> cut("1.jpg,a dog, brown", ",", False), cut('"a, b.jpg",a cat', ",", False), cut("a, b,1.jpg", ",", True)
        (['1.jpg', 'a dog, brown'], ['"a, b.jpg"', 'a cat'], ['a, b', '1.jpg'])
    """
    if path_last:
        before, _, after = line.rpartition(delimiter)
        return [before, after]
    start = 0
    if line.startswith('"'):
        end = line.replace('""', "  ").find(f'"{delimiter}', 1)
        start = max(0, end)
    at = line.find(delimiter, start)
    return [line, ""] if at < 0 else [line[:at], line[at + 1 :]]


def unquoted(field: str) -> str:
    """A field out of its quotes, if it is quoted from end to end and those within are doubled.

    Example:
        >>> unquoted('"a ""red"" disc"'), unquoted('"red" is "red"'), unquoted('"'), unquoted(' "a, b" ')
        ('a "red" disc', '"red" is "red"', '"', 'a, b')
    """
    bare = field.strip()
    if len(bare) < 2 or not bare[0] == bare[-1] == '"' or '"' in bare[1:-1].replace('""', ""):
        return field
    return bare[1:-1].replace('""', '"')
