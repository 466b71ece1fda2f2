"""Which two columns of a table are a text and its translation, and whether its first row is a header.

A header is known by what it says: the columns that the user named, or names of languages and sides that differ (de, en;
source, target; English, German). A first row ("Deutsch", "German") is a pair: both name one language. Without a header
the columns are called "column 1", "column 2" …, and 1 stands for "column 1".
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from guina.data.columns import SPLIT_COLUMNS, bare
from guina.data.languages import SOURCE, TARGET, find_name, said
from guina.data.pair_rows import TRIED, Row, RowTable
from guina.data.records import Report
from guina.data.split_names import split_named
from guina.errors import GuinaError, did_you_mean

NUMBERED = re.compile(r"(?:column\s*|#)?([1-9][0-9]{0,3})", re.IGNORECASE)
A_NAME = re.compile(r"[\w#][\w #/%()-]{0,30}")  # what the name of another column may look like
NUMBERS = ("id", "index", "idx", "key", "no", "nr", "number", "column1")  # columns that number the rows
SHOWN = 20  # characters of a value in a message


@dataclass(frozen=True)
class Direction:
    """What is translated into what: the names of the two columns or endings; "" where nothing names them."""

    source: str = ""
    target: str = ""


class Choice(NamedTuple):
    """The columns of a table.

    Args:
        source, target: their places.
        split: the place of the column that says each row's split; None: there is none.
        width: how many fields a row has.
        headed: whether names stand in the file.
    """

    source: int
    target: int
    split: int | None
    width: int
    headed: bool
    direction: Direction


def choose_columns(
    table: RowTable, named: tuple[str, str], before: Choice | None, report: Report
) -> tuple[Choice, Iterator[Row]]:
    """The columns that are meant, and the rows without the header.

    Args:
        named: as the user says them; "" each: the obvious one.
        before: the choice of the table before this one, of the same source: train.tsv, where this is test.tsv.

    Raises:
        GuinaError: there are none, a named one is not there, or it is not obvious which are meant.
    """
    rows = iter(table.rows)
    first = list(islice(rows, TRIED))
    if not first:
        raise GuinaError(f"{table.path} has no rows", "a text and its translation in each", "fill it, or remove it")
    headed = table.keys is not None
    if table.keys is not None:
        names = table.keys
    else:
        above = [str(field).strip().strip('"') for field in first[0][1]]
        headed = is_header(above, first[1][1] if len(first) > 1 else [], named)
        names = without_end(above) if headed else []
        width = len(names) if headed else Counter(len(fields) for _, fields in first).most_common(1)[0][0]
        names = [name or f"column {k}" for k, name in enumerate(names or [""] * width, 1)]
        first = first[headed:]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise GuinaError(f"{table.path} has two columns called {twice[0]}", "a name for each", "rename one")
    columns = Columns(table, names, headed, [fields for _, fields in first])
    split = next((k for k, name in enumerate(names) if columns.is_split(k)), None)
    if not headed and before and before.headed and before.width == len(names):
        choice = before._replace(split=split, headed=False)
        note(report, f"{table.path.name} has no header: its columns are taken to be those of the file before it")
    else:
        if headed and before and before.headed and not any(named):
            found = [find_name(name, names) for name in (before.direction.source, before.direction.target)]
            named = (found[0], found[1]) if all(found) else named
        source, target = columns.both(named, split, report)
        direction = Direction(names[source], names[target]) if headed else Direction()
        choice = Choice(source, target, split, len(names), headed, direction)
    others = [name for k, name in enumerate(names) if k not in (choice.source, choice.target, split)]
    if others:
        the = f"the column{'s' if len(others) > 1 else ''} " if headed else ""
        note(report, f"left out: {the}{', '.join(others)}")
    return choice, chain(first, rows)


def is_header(first: Sequence[str], below: Sequence[str], named: tuple[str, str]) -> bool:
    """Whether a table's first row names its columns.

    Args:
        below: the row after it, which a header is not like.

    Example:
        >>> none = ("", "")
        >>> is_header(["de", "en"], ["Hund", "dog"], none), is_header(["Hund", "dog"], ["Baum", "tree"], none)
        (True, False)
        >>> is_header(["Deutsch", "German"], ["Hund", "dog"], none), is_header(["Hund", "dog"], [], ("Hund", ""))
        (False, True)
    """
    if any(name and name.strip().casefold() == field.casefold() for name in named for field in first):
        return not any(field and field == str(value).strip() for field, value in zip(first, below, strict=False))
    keys = [said(field).key for field in first]
    if len(set(keys) - {""}) < 2 or len([key for key in keys if key]) != len(set(keys) - {""}):
        return False
    if not all(key or not field or A_NAME.fullmatch(field) for key, field in zip(keys, first, strict=True)):
        return False
    return not any(key and field == str(value).strip() for key, field, value in zip(keys, first, below, strict=False))


def without_end(names: list[str]) -> list[str]:
    """Names without the empty ones at the end."""
    return names[: max((k for k, name in enumerate(names, 1) if name), default=0)]


def note(report: Report, problem: str) -> None:
    """Say something once."""
    if problem not in report.problems:
        report.problems.append(problem)


class Columns:
    """The columns of a table, to choose from.

    Args:
        names: of all of them.
        headed: whether these stand in the file.
        rows: the first ones.
    """

    def __init__(self, table: RowTable, names: list[str], headed: bool, rows: list[list]) -> None:
        self.path, self.names, self.headed, self.rows = table.path, names, headed, rows

    def is_split(self, k: int) -> bool:
        """Whether a column says splits, by its name and its values."""
        if not self.headed or bare(self.names[k]) not in SPLIT_COLUMNS:
            return False
        return any(len(row) > k and isinstance(row[k], str) and split_named(row[k].strip()) for row in self.rows)

    def shown(self) -> str:
        """The columns, for messages: where the file does not name them, with a value of each."""
        if self.headed:
            return ", ".join(self.names)
        values = [str(value).strip() for value in self.rows[0]] if self.rows else []
        short = [value if len(value) <= SHOWN else f"{value[:SHOWN]}…" for value in values]
        return ", ".join(f"{name} ({value})" for name, value in zip(self.names, short, strict=False))

    def find(self, name: str) -> int:
        """The place of a column that the user named, by name or by number.

        Raises:
            GuinaError: there is none.
        """
        found = find_name(name, self.names)
        if found:
            return self.names.index(found)
        number = NUMBERED.fullmatch(name.strip())
        if number and int(number[1]) <= len(self.names):
            return int(number[1]) - 1
        if self.headed:
            what, mend = f"{self.path} has no column {name}", did_you_mean(name, self.names)
        else:
            what = f"{self.path} has no column {name}: its first line is no header"
            mend = "say --source 1 --target 2, or write a first line that names the columns"
        raise GuinaError(what, f"one of its columns: {self.shown()}", mend)

    def both(self, named: tuple[str, str], split: int | None, report: Report) -> tuple[int, int]:
        """The places of the source and the target.

        Raises:
            GuinaError: see `choose_columns`.
        """
        if len(self.names) < 2:
            raise GuinaError(
                f"{self.path} has one column ({self.shown()})",
                "two: a text and its translation",
                "separate them by a tab (.tsv), or save the table as CSV",
            )
        asked = [self.find(name) if name else None for name in named]
        source, target = asked
        if source is not None and source == target:
            raise GuinaError(
                f"--source and --target are both {self.names[source]}", "two columns", f"choose from {self.shown()}"
            )
        if source is not None and target is not None:
            return source, target
        given = source if source is not None else target
        likely = [k for k in self.likely(split) if k != given]
        if len(likely) != (2 if given is None else 1):
            raise GuinaError(
                f"{self.path} has {len(self.names)} columns: {self.shown()}",
                "two, or a header that says which are the source and the target",
                "name them: --source COLUMN --target COLUMN"
                + ("" if self.headed else ", such as --source 1 --target 2"),
            )
        if given is not None:
            return (given, likely[0]) if source is not None else (likely[0], given)
        one, other = likely
        sides = said(self.names[one]).side, said(self.names[other]).side
        if sides[0] == TARGET or (sides[1] == SOURCE and sides[0] != SOURCE):
            return other, one
        if SOURCE not in sides and TARGET not in sides:
            note(report, guessed(*(self.names[k] if self.headed else f"column {k + 1}" for k in likely)))
        return one, other

    def likely(self, split: int | None) -> list[int]:
        """The columns that may be texts: those named as sides, or as languages, or all but those that number rows."""
        there = [k for k in range(len(self.names)) if k != split]
        if len(there) == 2 or not self.headed:
            return there
        keys = {k: said(self.names[k]) for k in there}
        sides = [k for k in there if keys[k].side]
        if sorted(keys[k].side for k in sides) == [SOURCE, TARGET]:
            return sides
        texts = [k for k in there if bare(self.names[k]) not in NUMBERS]  # id is Indonesian, and a number mostly
        known = [k for k in texts if keys[k].key]
        return known if len(known) > 1 else texts


def guessed(source: str, target: str) -> str:
    """What there is to say where nobody said which is the source."""
    turned = [f'"{name}"' if re.search(r"[^\w.-]", name) else name for name in (target, source)]
    return (
        f"{source} is taken for the source and {target} for the target, in the order in which they stand; "
        f"--source {turned[0]} --target {turned[1]} turns it round"
    )
