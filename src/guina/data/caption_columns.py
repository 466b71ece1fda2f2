"""Which columns of a table are the pictures, the captions and the splits.

A column that is called so wins: of several that may be the pictures the one of which most files are there, of several
that may be the captions the first of the words below. Otherwise the values say it, which is told. Without a header the
columns are called "column 1", "column 2" …
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

from guina.data import columns as labels
from guina.data.caption_places import looks_like_one
from guina.data.class_names import NUMBER
from guina.data.clip_columns import ClipColumns
from guina.data.columns import bare, quoted
from guina.data.pair_columns import note, without_end
from guina.data.pair_rows import TRIED, Row, RowTable
from guina.data.records import Report
from guina.errors import GuinaError

PATHS = (
    *labels.PATHS,
    *("imageid", "imgid", "pictureid", "photoid", "photoname", "picturename", "id", "bild", "datei"),
    *("图片", "图像", "照片", "图片名", "图片名称", "图片路径", "文件", "文件名", "路径"),
)
CAPTIONS = (
    *("caption", "captions", "text", "texts", "sentence", "sentences", "description", "descriptions"),
    *("comment", "comments", "alttext", "alt", "title", "titles", "beschreibung"),
    *("描述", "图片描述", "说明", "标题", "文字", "文本"),
)
COCO = ("images", "annotations")
IS_THERE = Callable[[str], bool]  # whether a value is the path of a picture


@dataclass(frozen=True)
class Wanted:
    """What the user says of the tables; "" each: the obvious.

    Args:
        path, caption: columns, by name or by number.
        encoding: of the files.
    """

    path: str = ""
    caption: str = ""
    encoding: str = "utf-8"


class Choice(NamedTuple):
    """The places of the columns of a table.

    Args:
        split: None: there is none.
        width: how many fields a row has.
        headed: whether names stand in the file.
    """

    path: int
    caption: int
    split: int | None
    width: int
    headed: bool


def choose_caption_columns(
    table: RowTable, wanted: Wanted, is_there: IS_THERE, report: Report
) -> tuple[Choice, Iterator[Row]]:
    """The columns that are meant, and the rows without the header.

    Raises:
        GuinaError: there are none, a named one is not there, or it is not obvious which are meant.
    """
    rows = iter(table.rows)
    first = list(islice(rows, TRIED))
    if not first:
        raise GuinaError(f"{table.path} has no rows", "a picture and its caption in each", "fill it, or remove it")
    headed, names = table.keys is not None, list(table.keys or [])
    if table.keys is None:
        above = [str(field).strip().strip('"') for field in first[0][1]]
        headed = is_header(above, first[1][1] if len(first) > 1 else [], (wanted.path, wanted.caption), is_there)
        names = without_end(above) if headed else []
        width = len(names) if headed else Counter(len(fields) for _, fields in first).most_common(1)[0][0]
        names = [name or f"column {k}" for k, name in enumerate(names or [""] * width, 1)]
        first = first[headed:]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise GuinaError(f"{table.path} has two columns called {twice[0]}", "a name for each", "rename one")
    if set(COCO) <= set(names):
        raise GuinaError(
            f"{table.path} is one object of {' and '.join(COCO)}, as COCO has it",
            "one picture a line (JSON lines), or a CSV file",
            'write a line for each picture: {"image": "1.jpg", "captions": ["a dog", "a brown dog"]}',
        )
    columns = ClipColumns(table, names, headed, [fields for _, fields in first])
    split = columns.split()
    named = columns.find(wanted.caption, "--caption-column") if wanted.caption else None
    path = columns.find(wanted.path, "--path-column") if wanted.path else pictures(columns, named, is_there, report)
    caption = captions(columns, [path, split], report) if named is None else named
    if path == caption:
        raise GuinaError(
            f"{table.path}: the pictures and the captions are both {names[path]}",
            "a column of each",
            f"choose from {columns.shown()} with --path-column and --caption-column",
        )
    return Choice(path, caption, split, len(names), headed), chain(first, rows)


def is_header(first: Sequence[str], below: Sequence[str], asked: Sequence[str], is_there: IS_THERE) -> bool:
    """Whether a table's first row names its columns: as those of pictures and captions are called, or as the user says,
    or over a picture; and none is a picture itself, whatever is called image.jpg.

    Args:
        below: the row after it.
        asked: columns that the user named.

    Example:
        >>> there = lambda place: place in ("1.jpg", "image")
        >>> is_header(["image", "caption"], [], [], there), is_header(["1.jpg", "text"], [], [], there)
        (True, False)
    """
    called = {bare(field) for field in first}
    if called & set(PATHS) and called & set(CAPTIONS):
        return True
    if any(field and (looks_like_one(field) or is_there(field)) for field in first):
        return False
    if any(is_there(str(field)) for field in below):
        return True
    named = {name.strip().casefold() for name in asked if name}
    return bool(called & {*PATHS, *CAPTIONS}) or any(field.casefold() in named for field in first)


def pictures(columns: ClipColumns, taken: int | None, is_there: IS_THERE, report: Report) -> int:
    """The column of pictures: of those that are called so, or else of all, the one that has most files that are there.

    Args:
        taken: the column of captions, if it is known.

    Raises:
        GuinaError: none is called so, and none has files or names of pictures.
    """
    free = [k for k in range(len(columns.names)) if k != taken]
    called = [k for word in PATHS for k in free if columns.headed and bare(columns.names[k]) == word]
    if len(called) == 1:
        return called[0]
    for is_one in (is_there, looks_like_one):
        found = {k: sum(map(is_one, columns.values(k))) for k in called or free}
        if any(found.values()):
            best = max(found, key=lambda k: found[k])
            if columns.headed and not called:
                say_guessed(columns, best, "pictures", "--path-column", report)
            return best
    if called:
        return called[0]
    raise GuinaError(
        f"{columns.path}: it is not obvious which column has the pictures",
        f"one called {', '.join(labels.PATHS[:3])} or image; found {columns.shown()}",
        "name it with --path-column, and see that the pictures lie in the table's folder",
    )


def captions(columns: ClipColumns, taken: Sequence[int | None], report: Report) -> int:
    """The column of captions: called so, or the only one that is left and holds more than numbers.

    Raises:
        GuinaError: there is none, or there are several.
    """
    left = [k for k in range(len(columns.names)) if k not in taken]
    if (named := columns.called(CAPTIONS, [k for k in taken if k is not None])) is not None:
        others = " and ".join(columns.names[k] for k in left if k != named and bare(columns.names[k]) in CAPTIONS)
        if others:
            note(
                report,
                f"{columns.path.name}: the captions are those of {columns.names[named]}; {others} could be them too,"
                " and --caption-column says so",
            )
        return named
    texts = [k for k in left if any(is_text(row[k]) for row in columns.rows if len(row) > k)]
    only = left if len(left) == 1 else texts
    if len(only) == 1:
        if columns.headed:
            say_guessed(columns, only[0], "captions", "--caption-column", report)
        return only[0]
    raise GuinaError(
        f"{columns.path}: it is not obvious which column has the captions",
        f"one called {', '.join(CAPTIONS[:3])}; found {columns.shown()}",
        f"name it with --caption-column{'' if columns.headed else ', such as --caption-column 2'}",
    )


def is_text(value: Any) -> bool:
    """Whether a value of a table may be a caption: a text that is no number, or a list of such."""
    if isinstance(value, list):
        return any(map(is_text, value))
    return isinstance(value, str) and bool(value.strip()) and not NUMBER.match(value.strip())


def say_guessed(columns: ClipColumns, k: int, what: str, option: str, report: Report) -> None:
    """Say that a column was chosen by its values."""
    note(report, f"{columns.path.name}: the {what} are taken from {quoted(columns.names[k])}; {option} says otherwise")
