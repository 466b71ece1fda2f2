"""Which folders are splits and which are classes: certain by names and by what is in them, or asked."""

from collections.abc import Sequence
from pathlib import Path

from guina.data.columns import PICTURES
from guina.data.entries import entries_of, folder_names
from guina.data.listings import name_of
from guina.data.records import TRAIN, Report
from guina.data.split_names import split_named, splits_of_names
from guina.data.walking import Tell
from guina.errors import GuinaError

Named = Sequence[tuple[str | None, Path]]  # the split that a folder's name says, and the folder


def are_splits(named: Named, root: Path) -> bool:
    """Whether folders are splits of class folders rather than classes.

    They are where train (or, without train, each of them) holds folders and is not the only one named so, or is all
    there is, or has the same class folders as another. A class may be called train.

    Raises:
        GuinaError: several are named like splits, and hold pictures but no class folders.
    """
    said = {split for split, _ in named if split}
    if not said:
        return False
    trains = [folder for split, folder in named if split == TRAIN]
    asked = trains or [folder for split, folder in named if split]
    holding = [folder_names(folder) for folder in asked]
    if all(holding) and (len(said) > 1 or len(named) == 1):
        return True
    if len(said) > 1 and trains and not any(holding):
        names = " and ".join(sorted(f"{name_of(folder, root)}/" for split, folder in named if split)[:3])
        raise GuinaError(
            f"{root}: {names} are called like splits, but have no class folders",
            "a folder for each class in each split: train/cat/1.jpg, test/cat/2.jpg",
            "sort the pictures into class folders, list them in a table, or rename the folders if these are classes",
        )
    classes = {folder.name for folders in holding for folder in folders} if trains else set()
    others = [folder for split, folder in named if not split]
    return len(classes) > 1 and any(len(classes & {f.name for f in folder_names(other)}) > 1 for other in others)


def split_folders(named: Named, root: Path, splits: Sequence[str], report: Report) -> dict[str, Path]:
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
    if not chosen:
        there = ", ".join(sorted({split for split, _ in named if split}))
        raise GuinaError(
            f"{root} has only a split for {there}",
            f"one for {' or '.join(splits)}",
            "add its pictures, or name the folder of the split itself",
        )
    return chosen


def buried_splits(paths: Sequence[Path], root: Path) -> list[str]:
    """What there is to say where folders of splits lie among pictures that are taken together."""
    names = {name for folder in {path.parent for path in paths} for name in folder.relative_to(root).parts}
    said = {split_named(name): name for name in sorted(names) if split_named(name)}
    if TRAIN not in said or len(said) < 2:
        return []
    found = " and ".join(f"{name}/" for name in said.values())
    return [f"warning: there are folders {found} deeper down: their pictures are taken together, and no split is seen"]


def splits_below(classes: Sequence[Path], root: Path, tell: Tell) -> list[tuple[str, Path, Path]]:
    """Split folders within class folders (cat/train/1.jpg): split, class folder, split folder; [] if there are none.

    Raises:
        GuinaError: some classes have split folders, and others have none or pictures beside them.
    """
    found = {folder: folder_names(folder) for folder in classes}
    splits = {folder: splits_of_names([sub.name for sub in subs], folder) for folder, subs in found.items()}
    clear = [folder for folder in classes if len(set(splits[folder]) - {None}) > 1 and TRAIN in splits[folder]]
    said = set().union(*map(set, splits.values())) - {None}
    if not clear and not (len(said) > 1 and TRAIN in said and all(map(all, splits.values())) and all(found.values())):
        return []
    for folder in classes:
        loose = [path for path in entries_of(folder, root, tell)[1] if path.suffix.lower() in PICTURES]
        twice = len(set(splits[folder])) < len(splits[folder])
        if not found[folder] or None in splits[folder] or loose or twice:
            example = (clear or list(classes))[0]
            raise GuinaError(
                f"{root}: {name_of(example, root)}/ holds folders of splits"
                f" ({', '.join(sub.name for sub in found[example])}); not so {name_of(folder, root)}/",
                "the same folders of splits in each class folder, one a split, and nothing beside them",
                "sort the pictures into train/cat/1.jpg, test/cat/2.jpg, or without splits into cat/1.jpg",
            )
    return [
        (split, folder, sub)
        for folder in classes
        for split, sub in zip(splits[folder], found[folder], strict=True)
        if split
    ]
