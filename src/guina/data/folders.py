"""Class folders: photos/cat/1.jpg, or photos/train/cat/1.jpg where there are splits."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from guina.data.listings import Listing, check_classes, clean, leads_inside, name_of, split_named, stamp
from guina.data.pictures import is_ignored, walk
from guina.data.records import TRAIN, Report
from guina.errors import GuinaError


def list_folders(root: Path, splits: Sequence[str], report: Report) -> list[Listing]:
    """Class folders, below split folders where these are named so.

    Raises:
        GuinaError: two folders of a split that was asked for; see `list_classes`.
    """

    def ignored(path: Path) -> None:
        report.ignore(path.name)

    folders = sub_folders(root, root, ignored, report)
    named = [(split_named(folder.name), folder) for folder in folders]
    if not are_splits(named):
        return [list_classes(root, folders, root, None, ignored, report)] if folders else []
    listings = []
    for split, folder in split_folders(named, root, splits, report).items():
        classes = sub_folders(folder, root, ignored, report)
        listings.append(list_classes(folder, classes, root, split, ignored, report))
    return listings


def are_splits(named: Sequence[tuple[str | None, Path]]) -> bool:
    """Whether folders are splits rather than classes: train is there with folders in it, and no other or a second split
    too. A class may be called train.
    """
    splits = {split for split, _ in named if split}
    trains = [folder for split, folder in named if split == TRAIN]
    return (
        bool(trains)
        and (len(splits) > 1 or len(named) == 1)
        and all(any(path.is_dir() for path in folder.iterdir()) for folder in trains)
    )


def split_folders(
    named: Sequence[tuple[str | None, Path]], root: Path, splits: Sequence[str], report: Report
) -> dict[str, Path]:
    """The folder of each split that was asked for; what is no split is left out, which is said.

    Raises:
        GuinaError: two folders of a split that was asked for.
    """
    chosen: dict[str, Path] = {}
    for split, folder in sorted(named, key=lambda pair: str(pair[0])):
        if split is None:
            report.problems.append(f"left out: {name_of(folder, root)}/ is neither train, val nor test")
        elif split in chosen:
            raise GuinaError(
                f"{root} has more than one folder of {split} pictures: {name_of(folder, root)} is another",
                "one folder a split",
                "move the others away",
            )
        elif split in splits:
            chosen[split] = folder
    return chosen


def sub_folders(folder: Path, root: Path, ignored: Callable[[Path], None], report: Report) -> list[Path]:
    """The folders right below a folder; files there belong to no class, which is said.

    Raises:
        GuinaError: see `entries_of`.
    """
    folders, loose = entries_of(folder, root, ignored)
    if folders:
        leave_out(loose, root, "beside the folders of classes", report)
    return folders


def leave_out(paths: Sequence[Path], root: Path, where: str, report: Report) -> None:
    """Say that files are left out, if there are any."""
    if paths:
        some = ", ".join(name_of(path, root) for path in paths[:3]) + (", …" if len(paths) > 3 else "")
        report.problems.append(f"left out: {len(paths)} file{'s' if len(paths) > 1 else ''} {where} ({some})")


def entries_of(folder: Path, root: Path, ignored: Callable[[Path], None]) -> tuple[list[Path], list[Path]]:
    """The folders right below a folder, and the files.

    Raises:
        GuinaError: a folder that cannot be read, or a link that leads out of the root.
    """
    folders: list[Path] = []
    loose: list[Path] = []
    for path in entries_sorted(folder):
        if is_ignored(path.name):
            ignored(path)
        elif not path.is_dir():
            loose.append(path)
        elif path.is_symlink() and not leads_inside(path, root.resolve()):
            raise GuinaError(
                f"{path} is a link that leads out of {root}",
                "folders in the folder itself: nothing outside of it is read",
                "put the pictures there, or name the folder that the link leads to",
            )
        else:
            folders.append(path)
    return folders, loose


def entries_sorted(folder: Path) -> list[Path]:
    """What lies right in a folder; GuinaError if it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        raise GuinaError(f"{folder} cannot be read", "a folder that you may read", "check its permissions") from None


def those_inside(paths: Iterable[Path], root: Path, report: Report) -> list[Path]:
    """The paths without the links that lead out of the root, which are skipped."""
    kept: list[Path] = []
    inside = root.resolve()
    for path in paths:
        if os.path.islink(path) and not leads_inside(path, inside):
            report.found += 1
            report.skip(name_of(path, root), "a link that leads out of the folder")
        else:
            kept.append(path)
    return kept


def list_classes(
    folder: Path,
    classes: Sequence[Path],
    root: Path,
    split: str | None,
    ignored: Callable[[Path], None],
    report: Report,
) -> Listing:
    """All files below each class folder; a link that leads out of the root is skipped.

    Raises:
        GuinaError: fewer than two classes, an empty one, or two that differ in capitals only.
    """
    paths: list[Path] = []
    labels: list[str] = []
    for place in classes:
        mine = those_inside(walk(place, ignored), root, report)
        if not mine:
            raise GuinaError(f"class folder {place} is empty", "pictures in every class folder", "fill it or remove it")
        paths += mine
        labels += [clean(place.name)] * len(mine)
    check_classes(sorted({clean(place.name) for place in classes}), folder)
    return Listing(split, stamp(paths, *labels), [name_of(path, root) for path in paths], labels, paths)
