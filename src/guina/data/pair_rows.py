r"""The rows of a table of texts, read as they come: tab-separated, CSV, JSON lines.

In a tab-separated file there are tabs, line ends and nothing else: a quotation mark is a character, since sentences
begin with them. In CSV quotes quote (RFC 4180), so fields may hold delimiters and line ends. A file that is called .csv
and has tabs may be either: its quotes quote where every field that has any is quoted as CSV does it. (Tables of paths
and labels, tables.py, go by the rules of CSV whatever they are called: programs write those, and no path begins with
a quotation mark.)
"""

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from guina.data.class_names import readable
from guina.data.csv_rows import LONGEST, delimiter_of, without_sep
from guina.data.lines import composed, head_of, lines_of
from guina.data.records import Report
from guina.errors import GuinaError

TABBED, SEPARATED, OBJECTS = (".tsv", ".tab"), (".csv",), (".jsonl", ".ndjson", ".json")
SUFFIXES = (*TABBED, *SEPARATED, *OBJECTS)
UNSURE = (".txt", "")  # endings of what may be tab-separated, or one text a line
TRIED = 200  # rows by which a file is known
BLANK = "lines without a value left out"  # spreadsheets leave lines of nothing but delimiters
QUOTED = "fields in quotation marks, with those within doubled, as in CSV"
LONE = "\udc0d"  # stands for a lone \r while Python's reader, to which it is a line's end, is at work: no text has it

Row = tuple[int, list[Any]]  # the line, from 1, on which it begins, and its fields


class RowTable(NamedTuple):
    """A table that is being read.

    Args:
        keys: the columns of JSON lines; None: whether the first row says them is still to be found out.
        rows: that have a value, the first one too.
    """

    path: Path
    keys: list[str] | None
    rows: Iterator[Row]


def is_table(path: Path, encoding: str, outright: bool = False) -> bool:
    """Whether a file is a table, by its ending; by its lines, where that says nothing: .txt, .json, or none.

    Args:
        outright: whether the user named that file: a .json is one then, whatever is in it.

    Raises:
        GuinaError: it is named outright, and is no text or in another encoding.
    """
    suffix = path.suffix.lower()
    if suffix == ".json" and not outright:
        return has_objects(path, encoding)
    if suffix not in UNSURE:
        return suffix in SUFFIXES
    try:
        return is_tabbed(path, encoding)
    except GuinaError:
        if outright:
            raise
        return False


def has_objects(path: Path, encoding: str) -> bool:
    """Whether the first two lines of a file are an object each."""
    try:
        return len(list(islice(records_of(path, lines_of(path, Report(), encoding)), 2))) == 2
    except GuinaError:
        return False


def is_tabbed(path: Path, encoding: str) -> bool:
    """Whether most lines of a file have a tab between two texts."""
    lines = [line for line in islice(lines_of(path, Report(), encoding), TRIED) if line.strip()]
    return 2 * sum("\t" in line.strip() for line in lines) > len(lines)


def open_rows(path: Path, report: Report, encoding: str) -> RowTable:
    """A table, by its ending.

    Raises:
        GuinaError: it is no text, or has no lines (the first of them is read); more while it is read.
    """
    if path.suffix.lower() in OBJECTS:
        return objects(path, report, encoding)
    head = head_of(path, encoding)
    if head.count("\r") > 1 and "\n" not in head:
        raise GuinaError(
            f"{path} has carriage returns and not one line feed",
            "lines that end as on Unix or on Windows",
            "save it with such line ends",
        )
    delimiter = "\t"
    quotes = path.suffix.lower() in SEPARATED
    if quotes:
        head, sep, _, _ = without_sep(head)
        delimiter = sep or delimiter_of(head)
    if delimiter == "\t":
        quotes = is_quoted(head) and quotes
        if is_quoted(head) and not quotes:
            report.problems.append(
                f"warning: {path.name} has {QUOTED}: in a tab-separated file a quotation mark is a character, and they "
                "are kept; if they are CSV's, name the file .csv"
            )
    rows = separated(path, report, encoding, delimiter) if quotes else tabbed(path, report, encoding)
    return RowTable(path, None, rows)


def is_quoted(head: str) -> bool:
    r"""Whether the tab-separated fields of a text that have a quotation mark are all quoted as CSV does it: from end to
    end, each mark within doubled; and there is something that shows it: a doubled mark, or no field without any.

    Example:
        >>> is_quoted('"a"\t"b"'), is_quoted('"a" is\t"b"'), is_quoted('"a"\tb'), is_quoted('"say ""so"" "\tx')
        (True, False, False, True)
    """
    if '"' not in head:
        return False
    fields = [field for line in head.split("\n") for field in line.removesuffix("\r").split("\t") if field]
    marked = [field for field in fields if '"' in field]
    if not all(len(field) > 1 and field[0] == field[-1] == '"' for field in marked):
        return False
    inner = [field[1:-1] for field in marked]
    if any('"' in text.replace('""', "") for text in inner):
        return False
    return len(marked) == len(fields) or any('""' in text for text in inner)


def tabbed(path: Path, report: Report, encoding: str) -> Iterator[Row]:
    """The rows of a tab-separated file, each a line; \r at a line's end is the last field's."""
    blank = False
    for number, line in enumerate(lines_of(path, report, encoding), 1):
        if line and not line.isspace():
            yield number, line.split("\t")
        else:
            blank = blank or "\t" in line
    if blank:
        report.convert(path.name, BLANK)


def separated(path: Path, report: Report, encoding: str, delimiter: str) -> Iterator[Row]:
    """The rows of a CSV file.

    Raises:
        GuinaError: quotes that are not closed, or followed by something else than a delimiter.
    """
    csv.field_size_limit(LONGEST)
    lines = ended(lines_of(path, report, encoding, ends=True))
    first = next(lines, "")
    skipped = without_sep(first)[2]
    reader = csv.reader(lines if skipped else chain([first], lines), delimiter=delimiter, strict=True)
    began, blank = 1, False
    try:
        for row in reader:
            if any(field and not field.isspace() for field in row):
                yield began + skipped, [field.replace(LONE, "\r") for field in row]
            else:
                blank = blank or len(row) > 1
            began = reader.line_num + 1
    except csv.Error as error:
        raise GuinaError(
            f"{path}, line {began + skipped}: {error}",
            "quotes that are closed, and doubled within quotes",
            "mend the line, or save the table again; where quotation marks are characters, separate by tabs (.tsv)",
        ) from None
    if blank:
        report.convert(path.name, BLANK)


def ended(lines: Iterable[str]) -> Iterator[str]:
    r"""Lines with their \n; a \r elsewhere than before it is hidden from Python's reader."""
    for line in lines:
        if "\r" not in line:
            yield line + "\n"
        else:
            end = "\r\n" if line[-1] == "\r" else "\n"
            yield line.removesuffix("\r").replace("\r", LONE) + end


def objects(path: Path, report: Report, encoding: str) -> RowTable:
    """The rows of JSON lines; an object under "translation", or under the only key, stands for what it holds."""
    read = records_of(path, lines_of(path, report, encoding))
    first = list(islice(read, TRIED))
    keys = list(dict.fromkeys(key for _, record in first for key in record))
    rows = ((line, [record.get(key) for key in keys]) for line, record in chain(first, read))
    return RowTable(path, keys, rows)


def records_of(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object on each line that is not empty; numbers are kept as they are written."""
    decode = json.JSONDecoder(parse_int=str, parse_float=str).decode
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        try:
            record = decode(line)
        except (ValueError, RecursionError) as error:
            whole = number == 1 and line.lstrip()[:1] in ("[", "{")
            raise GuinaError(
                f"{path}, line {number} is no JSON: {error}",
                "one object a line",
                "write one object a line (JSON lines)" if whole else "mend the line, or remove it",
            ) from None
        if not isinstance(record, dict):
            raise GuinaError(
                f"{path}, line {number} is a {type(record).__name__}, no object",
                "one object a line",
                'write each line as {"de": "ein Hund", "en": "a dog"}',
            )
        inner = record.get("translation", next(iter(record.values())) if len(record) == 1 else None)
        if isinstance(inner, dict):
            record = {key: value for key, value in record.items() if value is not inner} | inner
        yield number, record


def text_of(value: Any, path: Path, line: int, column: str) -> str:
    """A value of JSON as a text: "" for null, NaN and what lacks; half an emoji is written out.

    Raises:
        GuinaError: it is a list or an object.
    """
    if isinstance(value, str):
        if "\0" not in value and unicodedata.is_normalized("NFC", value):
            return value if value.isascii() else readable(value)
        return composed(readable(value), set())
    if value is None or isinstance(value, float):  # of floats only NaN and infinities are left
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    raise GuinaError(
        f"{path}, line {line}: {column} is {'a list' if isinstance(value, list) else 'an object'}",
        "one text",
        "write it as a text, or name another column with --source and --target",
    )
