"""Which part of a large picture a hole is filled from: a square about it, with as much again around.

Axes: H W pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

AROUND = 2.0  # times a hole's longer side: what is cut out


@dataclass(frozen=True)
class Crop:
    """A part of a picture.

    Args:
        rows, columns: where it lies.
        mine_HW: which pixels of it are of this hole, and not of another one nearby.
        size: height and width that it is brought to.
    """

    rows: slice
    columns: slice
    mine_HW: np.ndarray
    size: tuple[int, int]


def crops_about(hole_HW: np.ndarray, side: int) -> Iterator[Crop]:
    """The parts of a picture about each of its holes, the largest hole last, as it is filled from the most.

    A part is brought to pictures of about `side` pixels where it is larger; a picture that is no larger is taken whole.
    """
    height, width = hole_HW.shape
    if min(height, width) <= side and max(height, width) <= 4 * side:
        yield Crop(slice(0, height), slice(0, width), np.ones_like(hole_HW), (height, width))
        return
    which_HW, places = apart(hole_HW)
    for n, (rows, columns) in places:
        long = max(rows.stop - rows.start, columns.stop - columns.start)
        wanted = max(side, round(AROUND * long))
        down, across = (around(one, whole, wanted) for one, whole in ((rows, height), (columns, width)))
        part = (down.stop - down.start, across.stop - across.start)
        scale = min(1.0, side / min(part)) if min(part) > side else 1.0
        size = max(1, round(part[0] * scale)), max(1, round(part[1] * scale))
        yield Crop(down, across, which_HW[down, across] == n, size)


def apart(hole_HW: np.ndarray) -> tuple[np.ndarray, list[tuple[int, tuple[slice, slice]]]]:
    """Holes that do not touch: the number of the one that each pixel is of, and where each lies; the smallest first."""
    from scipy.ndimage import find_objects, label  # a dependency of scikit-learn's, slow to import

    which_HW: Any = label(hole_HW, np.ones((3, 3)))[0]  # pyright: ignore[reportIndexIssue]
    places = enumerate(find_objects(which_HW), 1)
    return which_HW, sorted(places, key=lambda one: int(np.prod([side.stop - side.start for side in one[1]])))


def around(one: slice, whole: int, wanted: int) -> slice:
    """A stretch of so many pixels about a stretch, within the whole."""
    long = min(whole, max(wanted, one.stop - one.start))
    first = min(max(0, (one.start + one.stop - long) // 2), whole - long)
    return slice(first, first + long)
