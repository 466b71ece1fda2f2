"""Which column of a table holds the paths, which the labels, and which the splits: certain, or asked.

A column that is called so exactly wins; then one that has such a word at the end of its name (class_name, image_label
…); then the only one whose values can be it. Where two are equally likely the user says which.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guina.data.class_names import NUMBER, class_name
from guina.data.csv_rows import is_file
from guina.data.pictures import SUFFIXES
from guina.data.split_names import split_named
from guina.data.tables import FileTable
from guina.errors import GuinaError

PATHS = (
    *("path", "filepath", "imagepath", "imgpath", "picturepath", "file", "filename", "imagefile", "imagefilename"),
    *("image", "img", "picture", "photo", "imagename", "imgname", "relativepath"),
)
LABELS = ("label", "labels", "class", "classes", "category", "target", "targets", "y")
LABEL_ENDS = ("label", "labels", "class", "category", "target", "name", "id")
SPLIT_COLUMNS = ("split", "subset", "set", "partition", "fold", "datasplit", "splitname", "datasetsplit", "usage")
PICTURES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
TRIED = 200  # rows by which files are looked for


@dataclass(frozen=True)
class Columns:
    """Which columns hold the path and the label; "": the obvious ones."""

    path: str = ""
    label: str = ""


def bare(name: str) -> str:
    """A column's name in small letters without what separates its words.

    Example:
        >>> bare("Image Path"), bare("file_name"), bare("label")
        ('imagepath', 'filename', 'label')
    """
    return re.sub(r"[\W_]+", "", name).lower()


def last_word(name: str) -> str:
    """The last word of a column's name in small letters.

    Example:
        >>> last_word("image_label"), last_word("finalClass")
        ('label', 'class')
    """
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return words[-1].lower() if words else ""


def path_column(table: FileTable, columns: Columns) -> str:
    """The column of paths.

    Raises:
        GuinaError: none is obvious.
    """
    if columns.path:
        return columns.path

    def there(name: str) -> bool:
        return any(is_file(table.path.parent, place.strip()) for place in table.columns[name][:TRIED] if place.strip())

    def pictures(name: str) -> bool:
        values = table.columns[name]
        return sum(value.strip().lower().endswith(PICTURES) for value in values) > 0.5 * len(values)

    exact = [name for name in table.columns if bare(name) in PATHS]
    likely = exact or [name for name in table.columns if pictures(name)]
    for better in (there, pictures):
        chosen = [name for name in likely if better(name)] if len(likely) > 1 else likely
        likely = chosen or likely
    return only(table, alike(table, likely), "paths", PATHS, "--path-column")


def label_column(table: FileTable, columns: Columns, labelled: bool = True) -> str:
    """The column of labels; "" where there need be none and none is called so.

    Raises:
        GuinaError: none is obvious.
    """
    if columns.label:
        return columns.label
    exact = [name for name in (*table.columns, *table.nested) if bare(name) in LABELS]
    if exact or not labelled:
        if len(exact) > 1:
            exact = alike(table, exact)
        return only(table, exact, "labels", LABELS, "--label-column") if exact else ""
    path, split = path_column(table, columns), split_column(table)
    others = [name for name in table.columns if name not in (path, split)]
    others = [name for name in others if may_be_labels(table.columns[name], len(others) == 1)]
    varied = [name for name in others if len(set(table.columns[name]) - {""}) > 1]
    ending = [name for name in varied if last_word(name) in LABELS]
    return only(table, ending or varied or others, "labels", LABELS, "--label-column")


def may_be_labels(values: Sequence[str], alone: bool) -> bool:
    """Whether values can be labels: some come again, and they are no paths and, unless no others are there, no
    measurements.
    """
    said = [class_name(value) for value in values if value.strip()]
    if not said or any(value.lower().endswith(PICTURES) for value in said):
        return False
    if not alone and any(NUMBER.match(value) and not re.fullmatch(r"-?[0-9]+", value) for value in said):
        return False
    return len(set(said)) <= max(2, len(said) // 2)


def alike(table: FileTable, names: list[str]) -> list[str]:
    """The first of some columns, if all say the same."""
    first = table.columns.get(names[0]) if names else None
    same = first is not None and all(table.columns.get(name) == first for name in names)
    return names[:1] if same else names


def only(table: FileTable, names: Sequence[str], what: str, words: Sequence[str], option: str) -> str:
    """The one column that is left.

    Raises:
        GuinaError: there is none, or more than one.
    """
    if len(names) == 1:
        return names[0]
    found = ", ".join(table.columns)
    raise GuinaError(
        f"{table.path}: it is not obvious which column has the {what}"
        + (f": {' and '.join(names)} could each be it" if names else ""),
        f"one called {', '.join(words[:3])}; found {found}",
        f"name it with {option}" + (f", such as {option} {quoted(names[0])}" if names else ""),
    )


def quoted(name: str) -> str:
    """A name as a shell takes it."""
    return f'"{name}"' if re.search(r"\W", name) else name


def split_column(table: FileTable) -> str:
    """The column of splits, by its name and its values; "" if there is none."""
    for word in SPLIT_COLUMNS:
        for name, values in table.columns.items():
            if bare(name) == word and any(split_named(value) for value in set(values)):
                return name
    return ""


def guessed(table: FileTable, path: str, label: str, columns: Columns) -> list[str]:
    """What there is to say where columns were chosen by their values."""
    notes = []
    for what, name, asked, words, option in (
        ("paths", path, columns.path, PATHS, "--path-column"),
        ("labels", label, columns.label, LABELS, "--label-column"),
    ):
        if name and not asked and bare(name) not in words:
            quote = f'"{name}"'
            notes.append(f"{table.path.name}: the {what} are taken from {quote}; {option} says otherwise")
    return notes
