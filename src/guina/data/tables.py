"""Tables that say what belongs to which file: CSV (comma, semicolon or tab) and JSON lines.

A table is read whole before anything else; every complaint names the line it is about.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from guina.errors import GuinaError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
DELIMITERS = ",;\t"
MOST_BYTES = 1 << 30
LONGEST = 10_000_000  # characters of a field


@dataclass(frozen=True)
class Table:
    """Columns of texts, all of one length.

    Args:
        path: where it was read.
        columns: name → values.
        lines: the line of the file, from 1, on which each row begins.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str]:
        """A column by its name.

        Raises:
            GuinaError: there is none; the message says which there are.
        """
        if name not in self.columns:
            raise GuinaError(
                f"{self.path} has no column {name}",
                f"one of its columns: {', '.join(self.columns)}",
                did_you_mean(name, self.columns),
            )
        return self.columns[name]

    def guess(self, wanted: str, words: Sequence[str], fits: Callable[[list[str]], bool], option: str) -> str:
        """The column whose name is one of some words, or else the only one whose values fit.

        Args:
            wanted: what is looked for, in words for the message.
            option: the setting by which the user can say it.

        Raises:
            GuinaError: none is obvious.
        """
        named = [name for word in words for name in self.columns if name.strip().lower() == word]
        fitting = named[:1] or [name for name, values in self.columns.items() if fits(values)]
        if len(fitting) != 1:
            raise GuinaError(
                f"{self.path}: it is not obvious which column has the {wanted}",
                f"one called {', '.join(words[:4])}; found {', '.join(self.columns)}",
                f"name it with {option}",
            )
        return fitting[0]


def read_table(path: Path) -> Table:
    """A table from a file, by its extension.

    Raises:
        GuinaError: it is no table: not UTF-8, a ragged row, a header that says a name twice, no rows.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise GuinaError(f"{path} has {size >> 20} MB", "a table of at most 1 GB", "split it")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GuinaError(f"{path} cannot be read ({error.strerror})", "a readable file") from None
    except UnicodeDecodeError as error:
        raise GuinaError(
            f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}",
            "UTF-8, with or without a byte order mark",
            "save it as UTF-8",
        ) from None
    table = read_json_lines(path, text) if path.suffix in (".jsonl", ".ndjson") else read_csv(path, text)
    if not len(table):
        raise GuinaError(f"{path} has no rows", "a header and rows" if path.suffix[1] in "ct" else "one object a line")
    return table


def delimiter_of(header: str) -> str:
    """What separates the names of a header: the commonest of comma, semicolon and tab outside of quotes.

    Example:
        >>> delimiter_of("path;label"), delimiter_of('"a;b",c'), delimiter_of("path")
        (';', ',', ',')
    """
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def read_csv(path: Path, text: str) -> Table:
    csv.field_size_limit(LONGEST)
    delimiter = delimiter_of(text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    began = 1
    try:
        for row in reader:
            if row:  # an empty line is none
                rows.append(row)
                lines.append(began)
            began = reader.line_num + 1
    except csv.Error as error:
        raise GuinaError(f"{path}, line {began}: {error}", "quotes that are closed") from None
    if not rows:
        return Table(path, {}, [])
    header = [name.strip() for name in rows[0]]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise GuinaError(f"{path} has two columns called {twice[0] or '(nothing)'}", "a name for each", "rename one")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise GuinaError(
                f"{path}, line {line} has {len(row)} fields",
                f"{len(header)}, as the header has",
                "put texts that hold the delimiter into quotes" if len(row) > len(header) else "fill the row",
            )
    return Table(path, {name: [row[k] for row in rows[1:]] for k, name in enumerate(header)}, lines[1:])


def read_json_lines(path: Path, text: str) -> Table:
    records: list[dict[str, str]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise GuinaError(f"{path}, line {number} is no JSON: {error}", "one object a line") from None
        if not isinstance(record, dict):
            raise GuinaError(f"{path}, line {number} is {type(record).__name__}, no object", "one object a line")
        flat = {str(key): value for key, value in record.items() if isinstance(value, str | int | float)}
        records.append({key: value if isinstance(value, str) else json.dumps(value) for key, value in flat.items()})
        lines.append(number)
    names = list(dict.fromkeys(name for record in records[:1000] for name in record))
    for record, line in zip(records, lines, strict=True):
        missing = [name for name in names if name not in record]
        if missing and all(name in records[0] for name in missing):
            raise GuinaError(f"{path}, line {line} has no {missing[0]}", f"{', '.join(names)}", "fill it")
    kept = [name for name in names if all(name in record for record in records)]
    return Table(path, {name: [record[name] for record in records] for name in kept}, lines)
