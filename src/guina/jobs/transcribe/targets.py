"""How much room a text needs: a network that is learned by CTC says at most one unit a moment.

Between two equal units there must be a blank, so that these need a moment more.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from guina.blocks.mel import HOP
from guina.data.records import Records

FINEST, USUAL = 2, 4  # frames of the bands that are joined to a moment
TIGHT = 0.01  # share of recordings whose texts may be too long for usual moments; beyond, these are the finest
WHY = (
    f"too short for its text: fewer moments of {1000 * HOP * FINEST:.0f} ms than letters, and blanks between equal ones"
)


def least_moments(units: Sequence | np.ndarray) -> int:
    """How many moments units need.

    Example:
        >>> least_moments("hello"), least_moments("")
        (6, 0)
    """
    return len(units) + sum(a == b for a, b in pairwise(units))


def moments_of(seconds_N: np.ndarray, stride: int) -> np.ndarray:
    """How many moments recordings have."""
    return np.ceil(np.ceil(np.maximum(seconds_N / HOP - 1e-6, 1)) / stride).astype(np.int64)


def stride_for(units: Sequence[np.ndarray], seconds_N: np.ndarray) -> int:
    """How many frames to join to a moment, so that nearly all texts have room."""
    need_N = np.array([least_moments(one) for one in units])
    return USUAL if (need_N > moments_of(seconds_N, USUAL)).mean() <= TIGHT else FINEST


def with_room(records: Records, max_bad: float, mend: str) -> Records:
    """The recordings whose text has room, letter by letter: nobody says fifty a second; the report hears of the others.

    Raises:
        GuinaError: too many have none.
    """
    need_N = np.array([least_moments(text.strip()) for text in records.columns["text"]])
    fits_N = need_N <= moments_of(np.asarray(records.columns["seconds"]), FINEST)
    if fits_N.all():
        return records
    for n in np.flatnonzero(~fits_N).tolist():
        records.report.skip(records.names[n], WHY)
    records.report.used -= int((~fits_N).sum())
    records.report.stop_when_too_bad(max_bad, "recordings", mend)
    return records.where(fits_N)
