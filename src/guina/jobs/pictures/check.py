"""What `guina check` says of pictures: classes and their balance, sizes, what a training would do, a contact sheet."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from guina.data.arrays import Arrays
from guina.data.gallery import decode_gallery, sizes_of
from guina.data.picture_files import picture
from guina.data.records import SPLITS, TRAIN, Records
from guina.engine.job import Overview
from guina.panels import Panel, Pictures, Strip, Strips, Table

SHOWN = 8  # pictures of a class on the contact sheet: one row on a desk, two on a phone
SHEET = 64  # pictures of no class on it
CLASSES = 60  # classes on it
COMMONEST = 5  # sizes named


def to_learn_from(records: Records) -> Records:
    """The training pictures; where there are none, those of the first split that has any, which is said."""
    split = first_split(records)
    if split != TRAIN:
        records.report.problems.append(
            f"warning: there are {split} pictures only, and none to learn from: `guina score RUN` judges a run by them"
        )
    return records.only(split)


def first_split(records: Records) -> str:
    """train, or the first split that has pictures."""
    return next((split for split in SPLITS if records.count(split)), TRAIN)


def picture_overview(records: Records, shape: tuple[int, int, int], plan: Sequence[str]) -> Overview:
    """The overview.

    Args:
        shape: what pictures are brought to.
        plan: lines on what a training would do.
    """
    counts, split = count_classes(records), first_split(records)
    plan = plan if split == TRAIN else []
    size_N3 = sizes_of(records)
    sizes = Counter(f"{h}×{w}" for h, w, _ in size_N3.tolist())
    channels = Counter(size_N3[:, 2].tolist())
    facts = {
        "classes": counts,
        "sizes": dict(sizes.most_common(COMMONEST)),
        "different sizes": len(sizes),
        "channels": {str(c): n for c, n in sorted(channels.items())},
        "shape": list(shape),
        "plan": list(plan),
    }
    labelled = set(counts) != {""}
    first = class_line(counts, split) if labelled else f"{records.count(split):,} pictures {use(split)}, of no class"
    panels = [*([balance(counts, split)] if labelled else []), contact_sheet(records, shape)]
    return Overview(facts, [first, size_line(sizes, channels), *plan], panels)


def count_classes(records: Records) -> dict[str, dict[str, int]]:
    """Pictures of each class in each split that there is, the largest class first."""
    found = {split: Counter(records.only(split).columns["label"]) for split in SPLITS if records.count(split)}
    total = sum(found.values(), Counter())
    return {name: {split: n[name] for split, n in found.items()} for name, _ in total.most_common()}


def use(split: str) -> str:
    """What the pictures of a split are for."""
    return "to learn from" if split == TRAIN else f"of the {split} split"


def class_line(counts: dict[str, dict[str, int]], split: str) -> str:
    """The classes in a line, with their sizes in a split."""
    sizes = [n.get(split, 0) for n in counts.values()]
    named = ", ".join(f"{name} {n:,}" for name, n in zip(counts, sizes, strict=True) if len(counts) <= 12)
    return f"{len(counts)} classes with {min(sizes):,} to {max(sizes):,} pictures {use(split)}" + (
        f": {named}" if named else ""
    )


def kind_of(channels: int) -> str:
    """What pictures of so many channels are called.

    Example:
        >>> kind_of(1), kind_of(3), kind_of(2)
        ('grey', 'colour', '2 channels')
    """
    return {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")


def brought_to(shape: tuple[int, int, int]) -> str:
    """What a training would do with all pictures, in a line."""
    height, width, channels = shape
    kind = kind_of(channels)
    return f"a training would bring all to {height}×{width} {kind}: scaled until they cover it, the middle cut out"


def size_line(sizes: Counter[str], channels: Counter[int]) -> str:
    """Sizes and channels in a line."""
    kinds = ((n, kind_of(c) if c in (1, 3) else f"of {c} channels") for c, n in sorted(channels.items()))
    by_channel = ", ".join(f"{n:,} {kind}" for n, kind in kinds)
    most = ", ".join(f"{size} ({n:,})" for size, n in sizes.most_common(COMMONEST))
    more = f" and {len(sizes) - COMMONEST:,} more" if len(sizes) > COMMONEST else ""
    return f"stored: {by_channel}; sizes {most}{more}"


def balance(counts: dict[str, dict[str, int]], split: str) -> Table:
    """Pictures of each class in each split."""
    splits = list(next(iter(counts.values())))
    rows: list[list[str | float]] = [[name, *(n[split] for split in splits)] for name, n in counts.items()]
    return Table("Classes", class_line(counts, split).split(":")[0] + ".", ["class", *splits], rows)


def contact_sheet(records: Records, shape: tuple[int, int, int]) -> Panel:
    """Some training pictures of each class, as a network would get them, the rarest classes first."""
    split = first_split(records)
    train = records.only(split)
    labels = np.array(train.columns["label"], object)
    arrays = decode_gallery(train, shape)
    strips = []
    names, counts = np.unique(labels.astype(str), return_counts=True)
    for k in np.argsort(counts, kind="stable")[:CLASSES]:
        mine = np.flatnonzero(labels == names[k])
        chosen = mine[np.linspace(0, len(mine) - 1, min(SHOWN, len(mine))).round().astype(int)]
        pictures = [picture(p) for p in arrays.take("pixels", chosen)]
        strips.append(Strip(str(names[k]), f"{counts[k]:,} {use(split)}", pictures))
    if list(names) == [""]:
        says = f"Some of them as a network would get them, {shape[1]}×{shape[0]} pixels."
        return Pictures("Contact sheet", says, spread_out(arrays), [""] * min(SHEET, len(arrays)))
    says = f"Some of each class as a network would get them, {shape[1]}×{shape[0]} pixels. Look for wrong labels."
    if len(names) > CLASSES:
        says += f" The {CLASSES} rarest of {len(names)} classes are shown."
    return Strips("Contact sheet", says, strips)


def spread_out(arrays: Arrays) -> list[np.ndarray]:
    """Pictures from all over a split."""
    return [picture(p) for p in arrays.first(SHEET).all("pixels")]
