"""Pictures that need no label: any folder of them, flat or nested. Labels come only from what is clearly classes.

    photos/1.jpg  photos/2024/may/2.jpg     pictures without labels
    photos/train/1.jpg  photos/test/2.jpg   the same by split
    photos/cat/1.jpg  photos/dog/2.jpg      classes: two folders at least, and no picture beside them

Files that by their names are something else (texts, tables, videos) are left out, which is said; whatever then turns
out to be no picture is skipped, and counts as a bad file.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from guina.data.class_names import class_name
from guina.data.columns import PICTURES
from guina.data.entries import entries_of, entries_sorted, leave_out, teller, those_inside
from guina.data.listings import Listing, name_of, stamp
from guina.data.records import Report
from guina.data.split_folders import buried_splits, split_folders, splits_below
from guina.data.split_names import splits_of_names
from guina.data.walking import Tell, is_ignored, walk
from guina.errors import GuinaError

OTHERS = (
    *(".txt", ".md", ".rst", ".log", ".pdf", ".doc", ".docx", ".html", ".htm", ".xml", ".yaml", ".yml", ".toml"),
    *(".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xlsx", ".npz", ".npy", ".mat", ".pkl", ".pt", ".db"),
    *(".py", ".ipynb", ".sh", ".zip", ".tar", ".gz", ".xmp", ".aae", ".mov", ".mp4", ".m4v", ".avi", ".mkv", ".webm"),
)


def list_unlabelled(root: Path, splits: Sequence[str], report: Report) -> list[Listing]:
    """The pictures below a folder, by split where its folders are called so; none if it has no files.

    Raises:
        GuinaError: a folder that cannot be read, a link to one outside, no split that was asked for, or a split of two
            folders or without pictures.
    """
    tell = teller(report, root)
    folders, loose = entries_of(root, root, tell)
    named = list(zip(splits_of_names([folder.name for folder in folders], root), folders, strict=True))
    if not are_splits([split for split, _ in named], loose):
        below = splits_below(folders, root, tell) if not any(map(is_picture, loose)) else []
        if below:
            return list_below(below, root, splits, report)
        listing = list_place(root, folders, loose, root, None, tell, report)
        report.problems += buried_splits([path for path in listing.paths if isinstance(path, Path)], root)
        return [listing] if listing.paths else []
    leave_out(loose, root, "beside the folders of splits", report)
    listings = []
    for split, folder in split_folders(named, root, splits, report).items():
        listing = list_place(folder, *entries_of(folder, root, tell), root, split, tell, report)
        if not listing.paths:
            raise GuinaError(f"there are no pictures in {folder}", "pictures of each split", "fill it or remove it")
        listings.append(listing)
    return listings


def list_below(
    below: Sequence[tuple[str, Path, Path]], root: Path, splits: Sequence[str], report: Report
) -> list[Listing]:
    """The pictures of splits that lie within classes: cat/train/1.jpg."""
    tell = teller(report, root)
    asked = [split for split in dict.fromkeys(split for split, _, _ in below) if split in splits]
    listings = []
    for split in asked:
        places = [(class_name(up.name), place) for said, up, place in below if said == split]
        found = [(path, name) for name, place in places for path in walk(place, tell)]
        label_of = {path: name for path, name in found if not is_other(path)}
        leave_out([path for path, _ in found if is_other(path)], root, "beside the pictures", report)
        paths = those_inside(label_of, root, report)
        labels = [label_of[path] for path in paths]
        listings.append(Listing(split, stamp(paths, *labels), [name_of(path, root) for path in paths], labels, paths))
    return listings


def are_splits(folders: Sequence[str | None], loose: Sequence[Path]) -> bool:
    """Whether folders are splits, by those that their names say: two different ones, or one that is all there is."""
    said = set(folders) - {None}
    return len(said) > 1 or (len(said) == len(folders) == 1 and not any(map(is_picture, loose)))


def list_place(
    place: Path,
    folders: Sequence[Path],
    loose: Sequence[Path],
    root: Path,
    split: str | None,
    tell: Tell,
    report: Report,
) -> Listing:
    """The pictures of one folder, with the names of its folders as labels if these are classes."""
    groups = {folder: list(walk(folder, tell)) for folder in folders}
    filled = [folder for folder, paths in groups.items() if any(not is_other(path) for path in paths)]
    classes = len(filled) > 1 and not any(map(is_picture, loose))
    found = [(path, class_name(folder.name) if classes else "") for folder, paths in groups.items() for path in paths]
    found += [] if classes else [(path, "") for path in loose]
    others = [path for path, _ in found if is_other(path)] + (list(loose) if classes else [])
    leave_out(others, root, "beside the pictures", report)
    label_of = {path: label for path, label in found if not is_other(path)}
    paths = those_inside(label_of, root, report)
    labels = [label_of[path] for path in paths]
    return Listing(split, stamp(paths, *labels), [name_of(path, root) for path in paths], labels, paths)


def holds_pictures(folder: Path) -> bool:
    """Whether files right in a folder are called pictures; GuinaError if it cannot be read."""
    return any(is_picture(path) and path.is_file() for path in entries_sorted(folder))


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and not is_ignored(path.name)


def is_other(path: Path) -> bool:
    return path.suffix.lower() in OTHERS


def labels_that_hold(labels: Sequence[np.ndarray], splits: Sequence[str | None], report: Report) -> list[np.ndarray]:
    """The labels of each listing, all or none: "" where one of its pictures has none, or where there is but one class.

    Example:
        >>> two, some = np.array(["cat", "dog"], object), np.array(["cat", ""], object)
        >>> [label_N.tolist() for label_N in labels_that_hold([two, some], ["train", "test"], Report())]
        [['cat', 'dog'], ['', '']]
        >>> labels_that_hold([two[:1]], [None], Report())[0].tolist()
        ['']
    """
    whole = []
    for label_N, split in zip(labels, splits, strict=True):
        without = int((label_N == "").sum())
        if 0 < without < len(label_N):
            report.problems.append(
                f"warning: there is no label for {without} of {len(label_N)} {f'{split} ' if split else ''}pictures, "
                "so those of the others are not used"
            )
        whole.append(np.full(len(label_N), "", object) if without else label_N)
    classes = set().union(*whole) - {""}
    return whole if len(classes) > 1 else [np.full(len(label_N), "", object) for label_N in whole]
