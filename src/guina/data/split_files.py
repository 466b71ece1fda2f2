"""Which files belong to which split, as the folders that they lie in or their own names say.

    corpus/train.txt  corpus/valid.txt      corpus/train/a.txt  corpus/test/b.txt
    wiki.train.tokens  wiki.test.tokens     de/train.txt  de/test.txt  en/train.txt  en/test.txt

The words and what is certain are those of split_names.py, for pictures and texts alike. Besides, a file may only begin
with a split's word (test_2016_flickr.de): that counts in company only, since a book may be called training-day.txt.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from guina.data.listings import clean
from guina.data.records import TEST, TRAIN, Report
from guina.data.split_names import split_begun, splits_of_entries, words_of
from guina.errors import GuinaError

ABOUT = ("readme", "license", "licence", "copying", "notice", "citation", "changelog", "authors")
SHOWN = 3  # names given as examples


class Said(NamedTuple):
    """What the place of a file says.

    Args:
        by: the folder or the file whose name says it, from the root on.
        certain: whether the name says it for certain; it only begins so otherwise.
        top: whether that lies right in the root, or in the only folder there.
    """

    split: str
    by: str
    certain: bool
    top: bool


def files_by_split(
    paths: Sequence[Path], root: Path, wanted: Sequence[str], report: Report, kind: str = "files"
) -> dict[str, list[Path]]:
    """The files of each split that is wanted, in the order in which they came.

    Where the names say no splits, all files are for training, or for judging where no training split is wanted. Where
    they do, a file that says none is left out, which the report is told.

    Args:
        root: the folder below which names count; a file that lies elsewhere counts by its own name.
        kind: what the files are, for messages: texts.

    Raises:
        GuinaError: none is of a split that is wanted, or none of the training split where that is; or a name that may
            be one of two splits (see `splits_of_names`).

    Example:
        >>> paths = [Path("pairs") / name for name in ("train.de", "train.en", "dev.de", "dev.en", "README.md")]
        >>> found = files_by_split(paths, Path("pairs"), ("train", "val"), Report())
        >>> {split: [path.name for path in files] for split, files in found.items()}
        {'train': ['train.de', 'train.en'], 'val': ['dev.de', 'dev.en']}
    """
    said = splits_said(paths, root)
    if not are_splits(said):
        report.problems += taken_together(said, kind)
        return {TRAIN if TRAIN in wanted else TEST if TEST in wanted else wanted[0]: list(paths)}
    files: dict[str, list[Path]] = {}
    for path in paths:
        told = said[path]
        if told and told.split in wanted:
            files.setdefault(told.split, []).append(path)
    report.problems += left_out([path for path in paths if not said[path]], root, kind)
    learns = TRAIN in wanted
    if not files or (learns and TRAIN not in files):
        there = ", ".join(sorted({told.split for told in said.values() if told}))
        raise GuinaError(
            f"{root} has only {kind} for {there}",
            f"one for {TRAIN if learns else ' or '.join(wanted)}",
            "add it, or name the file or the folder itself" if learns else "add it, or say another --split",
        )
    return files


def splits_said(paths: Sequence[Path], root: Path) -> dict[Path, Said | None]:
    """What the place of each file says; the uppermost folder that says a split decides.

    Raises:
        GuinaError: see `splits_of_names`.
    """
    below = {path: path.relative_to(root).parts if path.is_relative_to(root) else (path.name,) for path in paths}
    return dict(said_from(below, 0, True, root))


def said_from(
    below: Mapping[Path, tuple[str, ...]], depth: int, top: bool, root: Path
) -> Iterator[tuple[Path, Said | None]]:
    """What is said from some depth on, by files that lie in the same folder up to there.

    Args:
        below: the parts of each path from the root on.
    """
    groups: dict[str, list[Path]] = defaultdict(list)
    for path, parts in below.items():
        if depth < len(parts):
            groups[parts[depth]].append(path)
        else:  # the root itself is the file
            yield path, None
    folders = [name for name, group in groups.items() if len(below[group[0]]) > depth + 1]
    files = [name for name, group in groups.items() if len(below[group[0]]) == depth + 1]
    first = next(iter(below.values()), ())
    splits = splits_of_entries(folders, files, root.joinpath(*first[:depth]))
    for name, group in groups.items():
        by = "/".join((*first[:depth], name))
        is_file = len(below[group[0]]) == depth + 1
        if split := splits[name]:
            yield from ((path, Said(split, by if is_file else f"{by}/", True, top)) for path in group)
        elif is_file:
            begun = split_begun(name)
            yield from ((path, Said(begun, by, False, top) if begun else None) for path in group)
        else:
            yield from said_from({path: below[path] for path in group}, depth + 1, top and len(groups) == 1, root)


def are_splits(said: Mapping[Path, Said | None]) -> bool:
    """Whether what is said are splits, and not names that sound so by chance.

    They are where train and another split are said, one of them for certain or by all files; where two are said for
    certain at the top; or where all files say one for certain. A README beside them does not count.
    """
    spoken = [told for told in said.values() if told]
    certain = [told for told in spoken if told.certain]
    splits = {told.split for told in spoken}
    silent = any(told is None and not is_about(path.name) for path, told in said.items())
    if TRAIN in splits and len(splits) > 1 and (certain or not silent):
        return True
    if len({told.split for told in certain if told.top}) > 1:
        return True
    return bool(spoken) and len(certain) == len(spoken) and not silent


def is_about(name: str) -> bool:
    """Whether a file tells about the data beside it: README.md, LICENSE."""
    return words_of(name)[:1] in [[word] for word in ABOUT]


def taken_together(said: Mapping[Path, Said | None], kind: str) -> list[str]:
    """What there is to say where some names say a split for certain, and are none nevertheless."""
    names = list(dict.fromkeys(told.by for told in said.values() if told and told.certain))
    if not names:
        return []
    are = "is called like a split" if len(names) == 1 else "are called like splits"
    return [f"warning: {listed(names)} {are}, but the other {kind} are not: all are taken together"]


def left_out(paths: Sequence[Path], root: Path, kind: str) -> list[str]:
    """What there is to say of files that belong to no split."""
    names = [str(path.relative_to(root)) if path.is_relative_to(root) else path.name for path in paths]
    if len(names) < 2:
        return [f"left out: {clean(name)} is neither train, val nor test" for name in names]
    return [f"left out: {len(names)} {kind} that are neither train, val nor test ({listed(names)})"]


def listed(names: Sequence[str]) -> str:
    return ", ".join(map(clean, names[:SHOWN])) + (", …" if len(names) > SHOWN else "")
