"""Recordings that a job wants heard and seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording and what was found in it, such as a letter that was aligned with it.

    Args:
        start, end: in seconds from the recording's beginning.
    """

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Sound:
    """A recording under a name.

    Args:
        note: a few words beside the name, such as what was heard.
        samples_N: mono, −1 … 1; what lies beyond is clipped, what is no number is silence.
        rate: samples in a second, at least 1000.
        segments: in the order of time; their labels are written above the recording.
    """

    name: str
    note: str
    samples_N: np.ndarray
    rate: int
    segments: Sequence[Segment] = ()


@dataclass(frozen=True)
class Sounds:
    """Recordings to play, each with its waveform and its spectrogram.

    A second of 16 kHz weighs 43 kB in the page: a dozen recordings of some five seconds, 3 MB, are enough. Of a
    recording longer than half a minute only the first half minute is kept, and the page says so.
    """

    title: str
    says: str
    sounds: Sequence[Sound]
