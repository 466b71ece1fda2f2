"""Which files are pictures, and which tables or texts say what is on them.

    photos/captions.csv   photos/1.jpg …            a table with a picture and a caption a row, several rows a picture
    captions.txt   Images/1.jpg …                   its pictures in a folder beside it
    train/captions.csv   test/captions.csv          one in each folder of a split
    train.csv  dev.csv  test.csv  images/1.jpg …    one a split
    text/results.token   images/1.jpg …             Flickr's: 1.jpg#0, a tab, a caption
    1.jpg  1.txt  2.jpg  2.txt                      a text beside each picture, a caption a line

Splits are recognised by name, as of all files (split_files.py).
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from guina.data.caption_columns import CAPTIONS, PATHS
from guina.data.caption_lines import delimiter_behind
from guina.data.caption_places import holds_pictures_of_tables
from guina.data.columns import bare
from guina.data.csv_rows import delimiter_of
from guina.data.entries import entries_sorted, folder_names, leave_out, teller, those_inside
from guina.data.lines import lines_of
from guina.data.listings import name_of
from guina.data.pair_rows import TRIED, UNSURE, is_tabbed
from guina.data.pair_rows import is_table as is_table_of_texts
from guina.data.records import Report
from guina.data.split_files import files_by_split
from guina.data.unlabelled import is_picture
from guina.data.walking import files_at, root_of, walk
from guina.errors import GuinaError, did_you_mean

CALLED = {  # words of the name of a table beside others that has the captions
    *("caption", "captions", "metadata", "description", "descriptions", "sentences", "results", "token", "tokens"),
    *("annotations", "texts", "text", "comments", "index", "manifest", "描述", "说明"),
}
NOT_THESE = {"lemma", "lemmas"}  # the captions again, their words brought to stems: Flickr8k.lemma.token.txt
TOKEN = ".token"  # Flickr's ending
LAYOUTS = (
    "pictures with a table of pictures and captions (captions.csv: image,caption), or with a .txt of captions beside"
    " each"
)
WRITE = "write a table captions.csv with the columns image and caption, one caption a row"


class Found(NamedTuple):
    """What lies at a source.

    Args:
        root: the folder from which pictures are named.
        tables: split → tables; empty where the captions stand beside the pictures.
        beside: split → pictures that have a text beside them.
        pictures: all below the root.
        all_tables: those of other splits too.
    """

    root: Path
    tables: dict[str, list[Path]]
    beside: dict[str, list[Path]]
    pictures: list[Path]
    all_tables: list[Path]


def find_captions(source: str, splits: Sequence[str], encoding: str, report: Report, samples: Iterable[str]) -> Found:
    """The files of a source for these splits.

    Args:
        samples: names that are none of files, for a message.

    Raises:
        GuinaError: there is nothing at the source, or no pictures with captions.
    """
    path, root = Path(source), root_of(source)
    if path.is_file():
        return named_outright(path, splits, encoding, report)
    files = list(files_at(source, teller(report, root)))
    pictures = [file for file in files if is_picture(file)]
    if not pictures:
        raise nothing_at(source, path, root, files, samples)
    stems = {file.with_suffix("") for file in pictures}
    told = [file for file in pictures if os.path.isfile(file.with_suffix(".txt"))]
    others = [file for file in files if not is_picture(file) and not is_text_beside(file, stems)]
    tables = tables_of(others, root, encoding, report)
    if tables:
        leave_out([file.with_suffix(".txt") for file in told], root, f"beside {tables[0].name}", report)
        return Found(root, files_by_split(tables, root, splits, report, "tables"), {}, pictures, tables)
    told = with_text(told, root, report)
    if not told:
        check_encoding(others, encoding)
        raise no_captions(source, root, pictures)
    return Found(root, {}, files_by_split(told, root, splits, report, "pictures"), pictures, [])


def named_outright(path: Path, splits: Sequence[str], encoding: str, report: Report) -> Found:
    """What a table says that the user named itself; its pictures lie in its folder.

    Raises:
        GuinaError: it is no table.
    """
    if is_picture(path) or not (is_table(path, encoding) or is_table_of_texts(path, encoding, outright=True)):
        raise GuinaError(
            f"{path} is {'a picture without a caption' if is_picture(path) else 'no table of captions'}",
            LAYOUTS,
            "name the folder, or the table that lists pictures and captions",
        )
    split = next(iter(files_by_split([path], path, splits, report)))
    return Found(path.parent, {split: [path]}, {}, list(near(path.parent)), [path])


def tables_of(files: Sequence[Path], root: Path, encoding: str, report: Report) -> list[Path]:
    """The tables that have captions: those that are called so, or all that are there.

    Others beside them are left out, which is said.
    """
    tables = [file for file in files if is_table(file, encoding)]
    plain = [file for file in tables if not words_of(file) & NOT_THESE] or tables
    kept = [file for file in plain if words_of(file) & CALLED] or plain
    leave_out(
        [file for file in tables if file not in set(kept)], root, f"beside {kept[0].name}" if kept else "", report
    )
    return kept


def is_table(path: Path, encoding: str) -> bool:
    """Whether a file is a table, by its ending; where that says nothing, by its lines.

    Most of them begin with a picture; or the file is called like captions, and its first line names the columns, or
    most have a tab.
    """
    suffix = path.suffix.lower()
    if suffix == TOKEN:
        return True
    if suffix not in UNSURE:
        return is_table_of_texts(path, encoding)
    try:
        lines = [line for line in islice(lines_of(path, Report(), encoding), TRIED) if line.strip()]
        called = bool(CALLED & words_of(path))
        return len(lines) > 1 and (
            bool(delimiter_behind(lines)) or (called and (names_columns(lines[0]) or is_tabbed(path, encoding)))
        )
    except GuinaError:  # no text, or not one in this encoding
        return False


def words_of(path: Path) -> set[str]:
    """The words of a file's name."""
    return set(re.split(r"[\W_]+", path.name.lower()))


def check_encoding(files: Sequence[Path], encoding: str) -> None:
    """Look at the texts that are called like captions, where no table was found.

    Raises:
        GuinaError: one is no text, or in another encoding.
    """
    for file in files:
        if file.suffix.lower() in UNSURE and CALLED & words_of(file):
            list(islice(lines_of(file, Report(), encoding), TRIED))


def names_columns(line: str) -> bool:
    """Whether a line names the columns of pictures and captions.

    Example:
        >>> names_columns("image_id,caption"), names_columns("A caption, and a title")
        (True, False)
    """
    names = {bare(name) for name in line.split(delimiter_of(line))}
    return bool(names & set(PATHS) and names & set(CAPTIONS))


def is_text_beside(path: Path, stems: set[Path]) -> bool:
    """Whether a file is the text of a picture, which is never a table."""
    return path.suffix.lower() == ".txt" and path.with_suffix("") in stems


def with_text(told: Sequence[Path], root: Path, report: Report) -> list[Path]:
    """The pictures that have a text beside them, without links that lead out, which are skipped."""
    inside = those_inside(told, root, report)
    there = set(those_inside([file.with_suffix(".txt") for file in inside], root, report))
    return [file for file in inside if file.with_suffix(".txt") in there]


def near(folder: Path) -> Iterator[Path]:
    """The pictures right in the folder of a table that is named outright, and below its folders that are called for
    pictures: there may be much else around it.
    """
    yield from filter(is_picture, entries_sorted(folder))
    for inner in folder_names(folder):
        if holds_pictures_of_tables(inner):
            yield from filter(is_picture, walk(inner))


def nothing_at(source: str, path: Path, root: Path, files: Sequence[Path], samples: Iterable[str]) -> GuinaError:
    """What to say where there are no pictures."""
    if not path.exists() and root == path:
        return GuinaError(
            f"there is nothing at {source}", "a folder, a table, or a sample", did_you_mean(source, samples)
        )
    names = [name_of(file, root) for file in files[:5]]
    found = f" (found {', '.join(names)}{', …' if len(files) > 5 else ''})" if names else " (the folder is empty)"
    return GuinaError(f"there are no pictures at {source}{found}", LAYOUTS, "check the path")


def no_captions(source: str, root: Path, pictures: Sequence[Path]) -> GuinaError:
    """What to say where there are pictures, and nothing says what is on them; they may lie in folders of classes."""
    folders = sorted({file.relative_to(root).parts[0] for file in pictures if file.parent != root})
    classes = len(folders) > 1 and all(file.parent != root for file in pictures)
    named = f" in folders ({', '.join(folders[:3])}{', …' if len(folders) > 3 else ''})" if classes else ""
    return GuinaError(
        f"{source} has {len(pictures):,} picture{'s' if len(pictures) > 1 else ''}{named}, and no captions",
        LAYOUTS,
        WRITE + (f"; the names of folders are learned by: guina train classify {source}" if classes else ""),
    )
