"""What `guina check generate` says: pictures, classes, sizes, what a training would do, and a contact sheet."""

from collections.abc import Sequence

from guina.data.records import Records
from guina.engine.job import Overview
from guina.jobs.pictures.check import brought_to, picture_overview


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
    plan = [
        brought_to(shape),
        f"learn {f'each of {len(classes)} classes' if classes else 'all of them together'}, and judge by {judged:,}"
        " pictures of the val split",
    ]
    if changes:
        plan.insert(1, "show the critic changed pictures (DiffAug) where it would see them often, since there are few")
    return picture_overview(records, shape, plan)
