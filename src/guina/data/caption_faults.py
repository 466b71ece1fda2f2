"""What tables of captions say of splits, and what is odd: pictures that are listed for two of them, or by no table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from guina.data.caption_columns import Choice
from guina.data.caption_files import Found
from guina.data.caption_places import Finder, base_of
from guina.data.caption_rows import Said
from guina.data.listings import name_of
from guina.data.records import TRAIN, Report
from guina.data.split_names import splits_of_names

SHOWN = 3  # names given as examples

Tables = dict[Path, dict[tuple[str, Path], None]]  # picture → the splits and tables that list it, in order


def said_splits(
    rows: Sequence[Said], split: str, choice: Choice, table: Path, folder: Path | None, report: Report
) -> list[tuple[str, Said]]:
    """The split of each row of a table: as a column says, or the folders of the paths, or that of the table.

    Args:
        folder: from which on paths count, where there is no other table; None: folders say nothing.
    """
    if choice.split is None:
        places = [row.path.relative_to(folder) for row in rows] if folder else []
        said = split_of_folders(places, table) or [split] * len(rows)
        return list(zip(said, rows, strict=True))
    values = sorted({row.split for row in rows})
    meant = dict(zip(values, splits_of_names(values, f"{table}, the column of splits"), strict=True))
    kept: list[tuple[str, Said]] = []
    for row in rows:
        if (named := meant[row.split]) is None:
            report.found += 1
            report.skip(row.where, f"its split is {row.split or 'empty'}, neither train, val nor test")
        else:
            kept.append((named, row))
    return kept


def split_of_folders(places: Sequence[Path], table: Path) -> list[str] | None:
    """The split of each path where all lie in folders of splits, train among them and another; None otherwise.

    Example:
        >>> split_of_folders([Path("train/1.jpg"), Path("test/2.jpg")], Path("captions.csv"))
        ['train', 'test']
    """
    tops = [place.parts[0] if len(place.parts) > 1 else "" for place in places]
    names = sorted(set(tops))
    if len(names) < 2 or "" in names:
        return None
    said = splits_of_names(names, f"{table}, the folders of the pictures")
    if TRAIN not in said or None in said or len(set(said)) < 2:
        return None
    of = {name: split for name, split in zip(names, said, strict=True) if split}
    return [of[top] for top in tops]


def listed_again(tables: Tables, root: Path) -> list[str]:
    """What there is to say of pictures that several tables list, or that are listed for several splits.

    Example:
        >>> a, b = Path("a.csv"), Path("b.csv")
        >>> listed_again({Path("1.jpg"): {("train", a): None, ("train", b): None}}, Path())
        ['1 picture is listed in a.csv and b.csv, for train: what they say of it is taken together (1.jpg)']
    """
    together: dict[tuple[str, str], list[str]] = {}
    apart: dict[str, list[str]] = {}
    for path, places in tables.items():
        of = Counter(split for split, _ in places)
        if len(of) > 1:
            apart.setdefault(" and for ".join(of), []).append(name_of(path, root))
        for split in (split for split, n in of.items() if n > 1):
            names = " and ".join(name_of(table, root) for said, table in places if said == split)
            together.setdefault((split, names), []).append(name_of(path, root))
    return [
        f"{are(names)} listed in {where}, for {split}: what they say of {'it' if len(names) == 1 else 'them'} is taken"
        f" together ({listed(names)})"
        for (split, where), names in together.items()
    ] + [f"warning: {are(names)} listed for {both} ({listed(names)})" for both, names in apart.items()]


def without_caption(found: Found, finders: Mapping[Path, Finder]) -> list[str]:
    """What there is to say of pictures that no table lists, or that have no text beside them.

    Nothing of those that a table may list that was not read, since it is of a split that is not wanted.
    """
    if finders:
        meant = set[Path]().union(*(finder.meant for finder in finders.values()))
        unread = [table for table in found.all_tables if table not in finders]
        others = [base_of(table.parent, found.root, found.pictures) for table in unread]
    else:
        meant = {path for path in found.pictures if path.with_suffix(".txt").is_file()}
        others = []
    left = [
        path
        for path in found.pictures
        if path not in meant and not any(path.is_relative_to(folder) for folder in others)
    ]
    if not left:
        return []
    some = "1 picture" if len(left) == 1 else f"{len(left):,} pictures"
    return [f"left out: {some} without a caption ({listed([name_of(path, found.root) for path in left])})"]


def are(names: Sequence[str]) -> str:
    return "1 picture is" if len(names) == 1 else f"{len(names):,} pictures are"


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
