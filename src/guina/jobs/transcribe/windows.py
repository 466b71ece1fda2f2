"""A recording of any length, heard in windows that overlap, and cut where nobody speaks.

Each window is heard alone, with a margin on both sides that is heard for its sake and not used: so a moment of the
recording knows what comes before and after it. Their middles, one after the other, are cut at pauses into stretches
that can be read for themselves.

Axes: S samples, T moments of the network, V units and the blank.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from guina.blocks.mel import hop_of

if TYPE_CHECKING:
    from guina.jobs.transcribe.fitted import TranscribeFitted

MIDDLE, MARGIN = 24, 3  # seconds of a window
SOON, LATE = 10.0, 60.0  # seconds after which a stretch ends at the next pause, and after which it ends wherever it is
PAUSE = 0.4  # seconds without a unit

Hear = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


def log_probabilities_of(waves: Iterable[np.ndarray], hear: Hear, fitted: "TranscribeFitted") -> Iterator[np.ndarray]:
    """The log probabilities of a long recording, T×V, in stretches that end in pauses.

    Args:
        waves: its samples, in pieces of any length, one after the other.
        hear: gives the log probabilities of whole windows.
    """
    yield from stretches(middles(waves, hear, fitted), fitted.blank, fitted.step)


def middles(waves: Iterable[np.ndarray], hear: Hear, fitted: "TranscribeFitted") -> Iterator[np.ndarray]:
    """The log probabilities of the middles of all windows."""
    moment = hop_of(fitted.rate) * fitted.stride  # samples; a window begins where a moment does
    middle, margin = (round(seconds * fitted.rate / moment) for seconds in (MIDDLE, MARGIN))
    held_S, before = np.empty(0, np.int16), 0  # what is not yet heard, and how many moments of it are margin
    for wave_S in waves:
        held_S = np.concatenate([held_S, wave_S])
        while len(held_S) >= (before + middle + margin) * moment:
            (log_TV,) = hear([held_S[: (before + middle + margin) * moment]])
            yield log_TV[before : before + middle]
            kept = max(0, before + middle - margin)
            held_S, before = held_S[kept * moment :], before + middle - kept
    if len(held_S) > before * moment:
        (log_TV,) = hear([held_S])
        yield log_TV[before:]


def stretches(logs: Iterable[np.ndarray], blank: int, step: float) -> Iterator[np.ndarray]:
    """The same moments in stretches, each of which ends within a pause, unless there is none for long."""
    held: np.ndarray | None = None
    soon, late, pause = (round(seconds / step) for seconds in (SOON, LATE, PAUSE))
    for log_TV in logs:
        held = log_TV if held is None else np.concatenate([held, log_TV])
        while len(held) >= soon:
            cut = within_pause(held.argmax(1) == blank, soon, pause)
            if cut is None and len(held) >= late:
                cut = late
            if cut is None:
                break
            yield held[:cut]
            held = held[cut:]
    if held is not None and len(held):
        yield held


def within_pause(still_T: np.ndarray, after: int, pause: int) -> int | None:
    """The middle of the first pause of `pause` moments whose middle comes not before `after`; None: there is none.

    Example:
        >>> within_pause(np.array([0, 1, 1, 0, 1, 1, 1, 1, 0], bool), 3, 3)
        6
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still_T, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        if end - start >= pause and (start + end) // 2 >= after:
            return (start + end) // 2
    return None
