"""How much room a text needs: a network that is learned by CTC says at most one unit a moment.

Between two equal units there must be a blank, so that these need a moment more. All ways through a recording and its
text are reckoned at once: a table of moments times twice the units, so that its memory grows with the length squared.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from guina.blocks.mel import HOP, hop_of
from guina.data.records import SHOWN, SPLITS, TRAIN, Records
from guina.errors import GuinaError

FINEST, USUAL = 2, 4  # frames of the bands that are joined to a moment
SHORT = 1.0  # seconds of a usual recording, below which moments are the finest
TIGHT = 0.01  # share of recordings whose texts may be too long for usual moments; beyond, these are the finest
LONGEST = 120.0  # seconds of a recording that is learned from
WHY = (
    f"too short for its text: fewer moments of {1000 * HOP * FINEST:.0f} ms than letters, and blanks between equal ones"
)
TOO_LONG = (
    f"longer than {LONGEST:.0f} s, too much to learn from in one piece: cut it at pauses, each part with its text"
)


def least_moments(units: Sequence | np.ndarray) -> int:
    """How many moments units need.

    Example:
        >>> least_moments("hello"), least_moments("")
        (6, 0)
    """
    return len(units) + sum(a == b for a, b in pairwise(units))


def moments_of(seconds_N: np.ndarray, stride: int, rate: int) -> np.ndarray:
    """How many moments recordings have.

    Args:
        stride: frames that are joined to a moment.
        rate: samples a second, as the network hears them.
    """
    frames_N = np.ceil(np.maximum(seconds_N * rate / hop_of(rate) - 1e-6, 1))
    return np.ceil(frames_N / stride).astype(np.int64)


def stride_for(units: Sequence[np.ndarray], seconds_N: np.ndarray, rate: int) -> int:
    """How many frames to join to a moment, so that nearly all texts have room; words by themselves are so short that a
    letter is hardly a moment otherwise, and are heard worse from others' mouths.
    """
    if len(seconds_N) and np.median(seconds_N) < SHORT:
        return FINEST
    need_N = np.array([least_moments(one) for one in units])
    return USUAL if (need_N > moments_of(seconds_N, USUAL, rate)).mean() <= TIGHT else FINEST


def with_room(records: Records, max_bad: float, mend: str) -> Records:
    """The recordings whose text has room, letter by letter: nobody says fifty a second; the report hears of the others.

    Raises:
        GuinaError: too many have none.
    """
    need_N = np.array([least_moments(text.strip()) for text in records.columns["text"]])
    fits_N = need_N <= moments_of(np.asarray(records.columns["seconds"]), FINEST, records.source.rate)
    if fits_N.all():
        return records
    records = without(records, ~fits_N, WHY)
    records.report.stop_when_too_bad(max_bad, "recordings", mend)
    return records


def short_enough(records: Records, max_bad: float) -> Records:
    """Without the training recordings that are longer than `LONGEST`; the report hears of them. To judge by, long ones
    are heard in windows.

    Raises:
        GuinaError: they are too many, or all.
    """
    train_N = records.split_N == SPLITS.index(TRAIN)
    long_N = train_N & (np.asarray(records.columns["seconds"]) > LONGEST)
    n, N = int(long_N.sum()), int(train_N.sum())
    if not n:
        return records
    most = max(3, int(max_bad * N))
    if n > most or n == N:
        names = [records.names[int(i)] for i in np.flatnonzero(long_N)[:SHOWN]]
        raise GuinaError(
            f"{n:,} of {N:,} training recordings are longer than {LONGEST:.0f} s ({', '.join(names)}"
            f"{', …' if n > SHOWN else ''}): to learn from one takes memory that grows with its length squared",
            f"at most {most:,} such, which are left out, and some that are shorter",
            "cut them at pauses into sentences, each with its own text"
            + ("" if n == N else "; or leave out more with --max-bad"),
        )
    return without(records, long_N, TOO_LONG)


def without(records: Records, left_N: np.ndarray, why: str) -> Records:
    """The others, the report told of those that are left out."""
    for n in np.flatnonzero(left_N).tolist():
        records.report.skip(records.names[n], why)
    records.report.used -= int(left_N.sum())
    return records.where(~left_N)
