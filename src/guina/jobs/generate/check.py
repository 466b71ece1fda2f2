"""What `guina check generate` says: pictures, classes, sizes, what a training would do, and a contact sheet."""

from collections.abc import Sequence

from guina.data.records import Records
from guina.engine.job import Overview
from guina.jobs.pictures.check import picture_overview


def generate_overview(
    records: Records, shape: tuple[int, int, int], classes: Sequence[str], changes: bool, judged: int
) -> Overview:
    """The overview.

    Args:
        shape: what pictures are brought to.
        classes: those that could be asked for.
        changes: whether the critic would be shown changed pictures.
        judged: pictures of the validation split.
    """
    height, width, channels = shape
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels} channels")
    plan = [
        f"a training would bring all to {height}×{width} {kind}: scaled until they cover it, the middle cut out",
        f"learn {f'each of {len(classes)} classes' if classes else 'all of them together'}, and judge by {judged:,}"
        " pictures of the val split",
    ]
    if changes:
        plan.insert(1, "show the critic changed pictures (DiffAug) where it would see them often, since there are few")
    return picture_overview(records, shape, plan)
