"""Which files hold the pairs of texts: tables, or two files of lines each, whose n-th lines belong together.

    pairs.tsv  train.csv  test.jsonl        tables (pair_rows.py)
    train.de  train.en                      the ending says the side (pair_sides.py)
    corpus.de-en.de  corpus.de-en.en        as OPUS packs them
    de/train.txt  en/train.txt              a folder says it
    train.de.txt  src-train.txt             any other part of the name does

Splits are recognised by name, as of all files (split_files.py).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from guina.data.entries import entries_of, folder_names, leave_out, teller
from guina.data.listings import name_of
from guina.data.pair_columns import Direction
from guina.data.pair_rows import is_table
from guina.data.pair_sides import Aligned, Sides, listed, sides_of
from guina.data.records import Report
from guina.data.split_files import files_by_split, is_about
from guina.data.text import why_no_text
from guina.data.walking import files_at, root_of, untold
from guina.errors import GuinaError, did_you_mean

LAYOUTS = "a table of two columns (.tsv, .csv, .jsonl), or two files of lines, such as train.de and train.en"


class Found(NamedTuple):
    """The files of each split, and where they lie: tables, or two files each.

    Args:
        direction: of the two files; a table says it itself.
    """

    root: Path
    tables: dict[str, list[Path]]
    aligned: dict[str, list[Aligned]]
    direction: Direction


def find_pairs(
    source: str, splits: Sequence[str], named: tuple[str, str], encoding: str, report: Report, samples: Sequence[str]
) -> Found:
    """The files of a source for these splits.

    Args:
        named: the endings, as the user says them; "" each: the obvious ones.
        samples: names that are none of files, for a message.

    Raises:
        GuinaError: there is nothing at the source, or nothing that holds pairs, or it is not obvious what does.
    """
    path, root = Path(source), root_of(source)
    if path.is_file():  # named outright, it is what is wanted, whatever it is called
        split = next(iter(files_by_split([path], path, splits, report)))
        if is_table(path, encoding, outright=True):
            return Found(path.parent, {split: [path]}, {}, Direction())
        near, sides = beside(path, named, report)
        return Found(near, {}, {split: sides.pairs}, Direction(sides.source, sides.target))
    files = texts_at(source, root, report)
    if not files:
        there = path.exists() or root != path
        raise GuinaError(
            f"there are no files at {source}" if there else f"there is nothing at {source}",
            f"{LAYOUTS}; a folder of either; or a sample",
            "check the path" if there else did_you_mean(source, samples),
        )
    tables = [file for file in files if is_table(file, encoding)]
    others = [file for file in files if file not in set(tables) and not is_about(file.name)]
    sides = sides_of(others, root, named, report, sure=bool(tables))
    if tables and sides:
        raise GuinaError(
            f"{root} has a table ({tables[0].name}) and files of lines ({', '.join(p.name for p in sides.pairs[0])})",
            "one of them",
            "name the file that is meant, or move the others elsewhere",
        )
    if tables:
        leave_out(others, root, "beside the tables", report)
        return Found(root, files_by_split(tables, root, splits, report, "tables"), {}, Direction())
    if not sides:
        for file in others:
            is_table(file, encoding, outright=True)  # what cannot be read is what is wrong, if there is such
        raise GuinaError(
            f"there are no pairs at {source} (found {listed([str(file.relative_to(root)) for file in files])})",
            LAYOUTS,
            "check the path; --source and --target say by which endings files differ, such as --source de --target en",
        )
    used = {file for pair in sides.pairs for file in pair}
    leave_out([file for file in others if file not in used], root, alone(sides), report)
    of = {pair.source: pair for pair in sides.pairs}
    by_split = files_by_split(list(of), root, splits, report)
    aligned = {split: [of[file] for file in group] for split, group in by_split.items()}
    return Found(root, {}, aligned, Direction(sides.source, sides.target))


def texts_at(source: str, root: Path, report: Report) -> list[Path]:
    """The text files of a folder or a pattern, in order; what is no text is passed over, and named."""
    texts = []
    for file in files_at(source, teller(report, root)):
        if why := why_no_text(file):
            report.ignore(name_of(file, root), why)
        else:
            texts.append(file)
    return texts


def alone(sides: Sides) -> str:
    """What is said of the files that are not used."""
    return f"neither of {sides.source} nor of {sides.target}, or without a partner"


def beside(path: Path, named: tuple[str, str], report: Report) -> tuple[Path, Sides]:
    """The file that belongs to a file, in its folder or of the same name in a folder beside that, and where both are.

    Raises:
        GuinaError: there is none, or there are several.
    """
    if path.parent == Path() or ".." in path.parts:  # the folder around it must be known
        path = Path(path.parent.resolve(), path.name)
    near = entries_of(path.parent, path.parent, untold)[1]
    far = [folder / path.name for folder in folder_names(path.parent.parent)]
    for root, files in ((path.parent, near), (path.parent.parent, [file for file in far if file.is_file()])):
        sides = sides_of([*files], root, named, report, only=path)
        if sides:
            return root, sides
    others = listed([file.name for file in near if file.name != path.name])
    raise GuinaError(
        f"{path} has no tabs and is no table, and no file beside it holds its translations"
        + (f" (found {others})" if others else ""),
        LAYOUTS,
        "put the file of its translations beside it, with the same name but for the ending; for a table of another "
        "kind save it as .tsv or .csv",
    )
