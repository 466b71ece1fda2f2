"""The rows of tables of captions: from a path to the picture that it means, from a value to captions, to the letter.

A caption is what stands in the table but for white space at its ends, and line breaks within, which become a space.
"NA", "null", "007" and "1e5" are captions like others; one that is empty is none, and is skipped. In JSON lines a value
may be a list of captions.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from guina.data.caption_columns import Choice
from guina.data.caption_places import Finder
from guina.data.class_names import readable
from guina.data.clip_rows import why_not
from guina.data.pair_rows import Row, text_of
from guina.data.places import outside
from guina.data.records import Report
from guina.errors import GuinaError

EMPTY = "an empty caption"
BROKEN = "line breaks within a caption made spaces"
BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


class Said(NamedTuple):
    """What a row says of a picture.

    Args:
        split: what a column says; "" where there is none.
        where: the line, for messages.
    """

    path: Path
    captions: list[str]
    split: str
    where: str


def rows_said(
    path: Path, rows: Iterable[Row], choice: Choice, keys: Sequence[str] | None, finder: Finder, report: Report
) -> Iterator[Said]:
    """What the rows of a table say; pictures that are not there are skipped, each once, and so are empty captions.

    Args:
        keys: the columns of JSON lines; None: the table is none.

    Raises:
        GuinaError: a row of another width, a value that is no text, a path that leads out of the table's folder.
    """
    names: Sequence[str | None] = [None] * choice.width if keys is None else keys
    located: dict[str, Path | None] = {}  # as a row has it → the picture; None: it is skipped
    within: dict[Path, bool] = {}
    for line, fields in rows:
        where = f"{path}, line {line}"
        if keys is None:
            check_width(where, fields, choice)
        place, split = (
            "" if k is None else texts_in(fields[k], where, names[k])[0].strip() for k in (choice.path, choice.split)
        )
        if place not in located:
            located[place] = locate(place, where, finder, within, report)
        picture = located[place]
        if picture is None:
            continue
        texts = texts_in(fields[choice.caption], where, names[choice.caption], several=True)
        named = f"{readable(place)}, line {line}"
        if captions := captions_of(texts, named, report):
            yield Said(picture, captions, split, named)


def locate(place: str, where: str, finder: Finder, within: dict[Path, bool], report: Report) -> Path | None:
    """The picture that a path means; None where it is skipped, which is told once.

    Args:
        where: the table and the line, for messages.
        within: folders that were found to lie inside, or not.

    Raises:
        GuinaError: it is empty, or leads out of the folder.
    """
    if not place or outside(place):
        raise GuinaError(
            f"{where}: " + (f"{readable(place)} leads out of its folder" if place else "an empty path"),
            f"paths inside {finder.folder}, relative to it",
            "write the path from the table's folder on" if place else "fill it, or remove the line",
        )
    found, how = finder.find(place)
    first = found not in finder.meant
    finder.meant.add(found)
    why = why_not(found, within, finder.inside)
    if why and first:
        report.found += 1
        report.skip(readable(place), why)
    elif how and first:
        report.convert(readable(place), how)
    return None if why else found


def texts_in(value: Any, where: str, key: str | None, several: bool = False) -> list[str]:
    """The texts of a value: itself, or those of a list in JSON; of JSON's numbers as they were written.

    Args:
        where: the file and the line, for messages.
        key: the column of JSON lines; None: the value is a text of another table.
        several: whether a list is allowed.

    Raises:
        GuinaError: it is an object, or a list where one text is wanted, or a list of others than texts.

    Example:
        >>> texts_in(["a dog", "two"], "a.jsonl, line 1", "captions", several=True), texts_in("1.jpg", "a.csv", None)
        (['a dog', 'two'], ['1.jpg'])
    """
    if key is None:
        return [value]
    values = value if isinstance(value, list) and several else [value]
    wrong = next((inner for inner in values if isinstance(inner, (list, dict))), None)
    if wrong is not None:
        kind = "an object" if isinstance(wrong, dict) else "a list"
        raise GuinaError(
            f"{where}: {key} {'is' if wrong is value else 'has'} {kind}",
            "a caption, or a list of captions" if several else "one text",
            "write it so, or name another column with --path-column or --caption-column",
        )
    return [text_of(inner, Path(where), 0, key) for inner in values]


def captions_of(texts: Iterable[str], where: str, report: Report) -> list[str]:
    """The captions that some texts are; empty ones are skipped.

    Example:
        >>> report = Report()
        >>> captions_of([" a dog ", "", "NA"], "1.jpg", report), report.skipped
        (['a dog', 'NA'], 1)
    """
    captions: list[str] = []
    for text in texts or [""]:
        bare = text.strip()
        caption = BREAKS.sub(" ", bare)
        if not caption:
            report.found += 1
            report.skip(where, EMPTY)
            continue
        if caption != bare:
            report.convert(where, BROKEN)
        captions.append(caption)
    return captions


def check_width(where: str, fields: Sequence[str], choice: Choice) -> None:
    """Raise GuinaError unless a row is as wide as the others, but for empty fields at its end."""
    if len(fields) >= choice.width and not any(field.strip() for field in fields[choice.width :]):
        return
    many = len(fields) > choice.width
    raise GuinaError(
        f"{where} has {len(fields)} field{'' if len(fields) == 1 else 's'}",
        f"{choice.width}, {'as the header has' if choice.headed else 'as most have'}",
        "in CSV put captions that hold the delimiter into quotes, and in a tab-separated file write no tab within one"
        if many
        else "fill the row, or remove it",
    )
