"""Which parts of a large picture its holes are filled from: squares that are wide enough for how thick a hole is.

Specks, scratches and wires are thin however long they are: they are filled at the picture's own scale, piece by piece,
from squares as large as the pictures that were learned from. What is thicker is seen with as much again around it, and
so made smaller. What is filled is known from then on: a scratch goes on where the piece before ended.

Axes: H W pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

AROUND = 2.0  # times the thickness of a hole: what is cut out


@dataclass(frozen=True)
class Crop:
    """A part of a picture.

    Args:
        rows, columns: where it lies.
        mine_HW: which pixels of it are filled from it.
        size: height and width that it is brought to.
    """

    rows: slice
    columns: slice
    mine_HW: np.ndarray
    size: tuple[int, int]


def crops_about(hole_HW: np.ndarray, side: int) -> Iterator[list[Crop]]:
    """The parts that holes are filled from, in rounds: thin holes first, then thick ones, the thinnest first.

    Parts of a round are of the same size, and none sees what another one fills: they may be filled together. A picture
    that is no larger than what was learned from is taken whole.

    Args:
        side: pixels of the shorter side of the pictures that were learned from.
    """
    height, width = hole_HW.shape
    if min(height, width) <= side and max(height, width) <= 4 * side:
        yield [Crop(slice(0, height), slice(0, width), hole_HW, (height, width))]
        return
    which_HW, thick_N = apart(hole_HW)
    thin_N = AROUND * thick_N <= side
    yield from rounds(thin_N[which_HW] & hole_HW, side, side)
    for n in np.argsort(thick_N, kind="stable"):
        if n and not thin_N[n]:
            yield from rounds(which_HW == n, round(AROUND * float(thick_N[n])), side)


def apart(hole_HW: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Holes that do not touch: the number of the one that each pixel is of, 0 where there is none; and how many pixels,
    one more at most, each is thick at its thickest.
    """
    from scipy.ndimage import distance_transform_cdt, label, maximum  # scikit-learn needs it too; slow to import

    found: Any = label(hole_HW, np.ones((3, 3)))
    which_HW, count = found
    inside_HW = distance_transform_cdt(hole_HW, "chessboard")
    deepest_N = np.asarray(maximum(inside_HW, which_HW, np.arange(count + 1)))
    return which_HW, 2 * deepest_N


def rounds(mine_HW: np.ndarray, wanted: int, side: int) -> Iterator[list[Crop]]:
    """Squares of `wanted` pixels about cells of half as many, where there is something to fill; between two cells of a
    round there is another one, so that no square reaches what is filled from the next.

    Args:
        mine_HW: what is to be filled.
        side: what the squares are brought to, where they are larger.
    """
    if not mine_HW.any():
        return
    cell = max(1, wanted // 2)
    place_N2 = np.argwhere(mine_HW)
    first_2 = place_N2.min(0)
    cells = np.unique((place_N2 - first_2) // cell, axis=0)
    for odd in product((0, 1), (0, 1)):
        found = []
        for n_2 in cells:
            if tuple(n_2 % 2) == odd:
                top, left = (first_2 + n_2 * cell).tolist()
                rows = around(top, min(top + cell, mine_HW.shape[0]), mine_HW.shape[0], wanted)
                columns = around(left, min(left + cell, mine_HW.shape[1]), mine_HW.shape[1], wanted)
                now_HW = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
                own = slice(top - rows.start, None), slice(left - columns.start, None)
                now_HW[own][:cell, :cell] = mine_HW[rows, columns][own][:cell, :cell]
                found.append(Crop(rows, columns, now_HW, brought_to(now_HW.shape, side)))
        if found:
            yield found


def brought_to(part: tuple[int, int], side: int) -> tuple[int, int]:
    """The size that a part is brought to: its shorter side is `side` where it is larger."""
    scale = min(1.0, side / min(part))
    return max(1, round(part[0] * scale)), max(1, round(part[1] * scale))


def around(first: int, last: int, whole: int, wanted: int) -> slice:
    """A stretch of so many pixels about a stretch, within the whole.

    Example:
        >>> around(10, 14, 100, 8), around(0, 4, 100, 8), around(3, 5, 6, 8)
        (slice(8, 16, None), slice(0, 8, None), slice(0, 6, None))
    """
    long = min(whole, max(wanted, last - first))
    begin = min(max(0, (first + last - long) // 2), whole - long)
    return slice(begin, begin + long)
