"""Tables that say what belongs to which file: CSV (comma, semicolon, tab or bar) and JSON lines.

A table is read whole before anything else; every complaint names the line it is about.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guina.data.class_names import class_name, readable
from guina.data.csv_rows import read_rows
from guina.data.encodings import HEAD, likely, recognise
from guina.errors import GuinaError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class FileTable:
    """Columns of texts, all of one length; "" is no value.

    Args:
        path: where it was read.
        columns: name → values.
        lines: the line of the file, from 1, on which each row begins.
        nested: names of what has values that are no text → the first line where it has one, and what that is.
        notes: how the file was converted.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    nested: dict[str, tuple[int, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str]:
        """A column by its name.

        Raises:
            GuinaError: there is none (the message says which there are), or a value of it is a list or an object.
        """
        if name not in self.columns and name not in self.nested:
            raise GuinaError(
                f"{self.path} has no column {name}",
                f"one of its columns: {', '.join(self.columns)}",
                did_you_mean(name, self.columns),
            )
        if name in self.nested:
            line, kind = self.nested[name]
            raise GuinaError(
                f"{self.path}, line {line}: {name} is {kind}",
                "one text or number for each picture",
                "write it as a text, or name another column with --label-column or --path-column",
            )
        return self.columns[name]


def read_table(path: Path) -> FileTable:
    """A table from a file, by its extension.

    Raises:
        GuinaError: it is no table: not in Unicode, a ragged row, a header that says a name twice, no rows.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise GuinaError(f"{path} has {size >> 20} MB", "a table of at most 1 GB", "split it")
        data = path.read_bytes()
    except OSError as error:
        raise GuinaError(
            f"{path} cannot be read ({error.strerror})", "a readable file", "check its permissions"
        ) from None
    text, notes = decode(data, path)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        table = read_json_lines(path, text)
    else:
        header, rows, lines, more = read_rows(path, text)
        columns = {name: [row[k] for row in rows] for k, name in enumerate(header)}
        table = FileTable(path, columns, lines, notes=more)
    table.notes[:0] = notes
    if not len(table):
        whole = "a header and rows" if path.suffix.lower()[1] in "ct" else "one object a line"
        raise GuinaError(f"{path} has no rows", whole, "fill it, or remove it")
    return table


def decode(data: bytes, path: Path) -> tuple[str, list[str]]:
    """The text of a file in UTF-8, or in what its byte order mark or its zero bytes say; how it was converted.

    Raises:
        GuinaError: it is in another encoding, which is suggested but not guessed; or no text.
    """
    encoding, how = recognise(data[:HEAD])
    if encoding == "":
        raise GuinaError(f"{path} is {how}", "a table as text", "save it as CSV in UTF-8")
    encoding = encoding or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start
        maybe = " or ".join(likely(data[max(0, at - HEAD // 2) : at + HEAD // 2]))
        raise GuinaError(
            f"{path} is not {encoding.upper()}: byte {at} is {data[at]:#04x}{f'; it may be {maybe}' if maybe else ''}",
            "UTF-8, with or without a byte order mark, or UTF-16 with one",
            'save it as UTF-8: in Excel as "CSV UTF-8", in an editor with the encoding UTF-8',
        ) from None
    if "\0" in text:
        line = len(re.findall(r"\r\n|\r|\n", text[: text.index("\0")])) + 1
        raise GuinaError(f"{path}, line {line} has a zero byte", "text", "save the table again, or mend the line")
    text = text.removeprefix("\ufeff")
    return text, [how] if encoding not in ("utf-8", "utf-8-sig") else []


def read_json_lines(path: Path, text: str) -> FileTable:
    """One object a line. A value that is null or NaN, or lacks, is ""; a number that is whole is written as one."""
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if line.strip():
            records.append(read_object(path, line, number))
            lines.append(number)
    names = list(dict.fromkeys(name for record in records for name in record))
    columns: dict[str, list[str]] = {name: [] for name in names}
    nested: dict[str, tuple[int, str]] = {}
    for record, line in zip(records, lines, strict=True):
        for name, values in columns.items():
            value = record.get(name)
            if isinstance(value, (list, dict)):
                nested.setdefault(name, (line, "a list" if isinstance(value, list) else "an object"))
            else:
                values.append(value if isinstance(value, str) else class_name(value))
    plain = {name: values for name, values in columns.items() if name not in nested}
    return FileTable(path, plain, lines, nested)


def read_object(path: Path, line: str, number: int) -> dict[str, Any]:
    """The object that a line is.

    Raises:
        GuinaError: it is none.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:  # ValueError: a number of too many digits, too
        raise GuinaError(
            f"{path}, line {number} is no JSON: {error}", "one object a line", "mend the line, or remove it"
        ) from None
    if not isinstance(record, dict):
        raise GuinaError(
            f"{path}, line {number} is {type(record).__name__}, no object",
            "one object a line",
            'write each line as {"path": "a.jpg", "label": "cat"}',
        )
    return {readable(key).strip(): value for key, value in record.items()}
