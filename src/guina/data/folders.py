"""Class folders: photos/cat/1.jpg, photos/train/cat/1.jpg where there are splits, or photos/cat/train/1.jpg.

The folder that was named may hold all in a single one (photos/data/cat/1.jpg); see `inner_folder`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from guina.data.class_names import check_classes, class_name, how_named
from guina.data.entries import entries_of, leave_out, teller, those_inside, unreadable
from guina.data.listings import Listing, name_of, stamp
from guina.data.own import WHY
from guina.data.records import TEST, TRAIN, Report
from guina.data.split_folders import are_splits, buried_splits, split_folders, splits_below
from guina.data.split_names import splits_of_names
from guina.data.walking import UNREADABLE, Tell, walk
from guina.errors import GuinaError

Classes = Sequence[tuple[str, Path]]  # name, folder: a class may have several


def list_folders(root: Path, splits: Sequence[str], report: Report) -> list[Listing]:
    """Class folders, below or above split folders where these are named so.

    Args:
        splits: without train among them the pictures are only judged: one class is enough.

    Raises:
        GuinaError: two folders of a split that was asked for, or some that may be splits or classes; see
            `list_classes`.
    """
    tell = teller(report, root)
    folders = sub_folders(root, root, tell, report)
    if not folders:
        return []
    named = list(zip(splits_of_names([folder.name for folder in folders], root), folders, strict=True))
    least = 2 if TRAIN in splits else 1
    if are_splits(named, root):
        listings = []
        for split, folder in split_folders(named, root, splits, report).items():
            place = only_folder(folder, root, tell, report)
            classes = sub_folders(place, root, tell, report)
            if classes:
                listings.append(list_classes(place, labelled(classes), root, split, least, report))
            else:
                leave_unlabelled(place, split, splits, root, report)
        return listings
    below = splits_below(folders, root, tell)
    if not below:
        listing = list_classes(root, labelled(folders), root, None, least, report)
        report.problems += buried_splits([path for path in listing.paths if isinstance(path, Path)], root)
        return [listing]
    asked = [split for split in dict.fromkeys(split for split, _, _ in below) if split in splits]
    classes_of = {split: [(class_name(up.name), place) for s, up, place in below if s == split] for split in asked}
    return [list_classes(root, classes_of[split], root, split, least, report) for split in asked]


def labelled(folders: Sequence[Path]) -> Classes:
    """The class that each folder's name says."""
    return [(class_name(folder.name), folder) for folder in folders]


def leave_unlabelled(folder: Path, split: str, splits: Sequence[str], root: Path, report: Report) -> None:
    """Say that a test split without class folders is left out.

    Raises:
        GuinaError: it is another split, or nothing else was asked for.
    """
    if split == TEST and TRAIN in splits:
        report.problems.append(
            f"left out: {name_of(folder, root)}/ has no class folders, so its pictures have no label"
        )
        return
    raise GuinaError(
        f"{folder} has no class folders",
        f"a folder for each class in it, such as {split}/cat/1.jpg",
        "sort its pictures into folders, or move it away",
    )


def inner_folder(root: Path, is_source: Callable[[Path], bool], report: Report) -> Path:
    """The folder that holds the data: the named one, or the only one in it (in it, …) where that says more.

    Args:
        is_source: whether a folder has what data consist of.
    """
    here, beside = root, list[Path]()
    passed: list[tuple[Path, str]] = []  # told only where the data are found deeper: whoever reads this folder tells it
    while True:
        folders, loose = entries_of(here, root, lambda path, why: passed.append((path, why)))
        if len(folders) != 1 or splits_of_names([folders[0].name], here)[0] or any(map(is_data, loose)):
            return root
        here = folders[0]
        beside += loose
        if is_source(here):
            report.problems.append(f"read from {name_of(here, root)}/, the only folder there")
            leave_out(beside, root, f"beside {name_of(here, root)}/", report)
            tell = teller(report, root)
            for path, why in passed:
                tell(path, why)
            return here


def is_data(path: Path) -> bool:
    """Whether a file may be a picture, a table or an array."""
    from guina.data.columns import PICTURES
    from guina.data.tables import SUFFIXES

    return path.suffix.lower() in (*PICTURES, *SUFFIXES, ".npz", ".gz") or "ubyte" in path.name


def only_folder(folder: Path, root: Path, tell: Tell, report: Report) -> Path:
    """The only folder of a split, where it is that that has the class folders: train/images/cat/1.jpg."""
    folders, loose = entries_of(folder, root, tell)
    if len(folders) != 1 or any(map(is_data, loose)):
        return folder
    deeper, files = entries_of(folders[0], root, tell)
    if len(deeper) < 2 or any(map(is_data, files)):
        return folder
    report.problems.append(f"read from {name_of(folders[0], root)}/, the only folder there")
    return folders[0]


def sub_folders(folder: Path, root: Path, tell: Tell, report: Report) -> list[Path]:
    """The folders right below a folder; files there belong to no class, which is said.

    Raises:
        GuinaError: see `entries_of`.
    """
    folders, loose = entries_of(folder, root, tell)
    if folders:
        leave_out(loose, root, "beside the folders of classes", report)
    return folders


def list_classes(folder: Path, classes: Classes, root: Path, split: str | None, least: int, report: Report) -> Listing:
    """All files below each class folder; a link that leads out of the root is skipped.

    Args:
        least: classes of the training split.

    Raises:
        GuinaError: too few classes, one that is empty or cannot be read, or two that differ in capitals only.
    """
    paths: list[Path] = []
    labels: list[str] = []
    tell, seen = teller(report, root), set()
    passed: list[tuple[Path, str]] = []

    def note(path: Path, why: str) -> None:
        passed.append((path, why))
        tell(path, why)

    for name, place in classes:
        passed.clear()
        mine = those_inside(walk(place, note), root, report)
        if (place, UNREADABLE) in passed:
            raise unreadable(place)
        if not mine and any(why == WHY for _, why in passed):
            continue  # a folder of earlier runs, which was not marked
        if not mine and split not in (None, TRAIN):
            report.problems.append(f"left out: {name_of(place, root)}/ is empty")
        elif not mine:
            raise GuinaError(f"class folder {place} is empty", "pictures in every class folder", "fill it or remove it")
        how = how_named(place.name, name) if place.parent == folder else ""
        if how or name in seen:
            report.convert(name_of(place, root), how or "a folder whose name is that of another one")
        seen.add(name)
        paths += mine
        labels += [name] * len(mine)
    check_classes(sorted(seen), folder, least if split in (None, TRAIN) else 1)
    return Listing(split, stamp(paths, *labels), [name_of(path, root) for path in paths], labels, paths)
