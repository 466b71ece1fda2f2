"""Several channels of a recording to one, and how loud it is.

The mean of the channels is what is heard from afar, and is right unless they cancel each other out: a cable that is
soldered the wrong way round turns one channel upside down, and the mean of the two is silence. Then their difference is
taken, or the loudest channel where there are more than two.

Axes: T frames of a block, C channels.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import log10
from typing import NamedTuple

import numpy as np

from guina.data.sound_kinds import BadSound

CANCELLED = 0.5  # the mean has less power than this share of what one channel alone would leave in it
NOTHING = 1e-10  # power of a channel in which there is nothing but rounding: −100 dB
TOP = 0.98  # samples from here on may stand flat at the top of what a converter can say
FLAT = 1e-4  # that much neighbours differ at most where they are flat
SILENCE = -120.0  # dB, for what has no power
NOT_NUMBERS = "samples that are no numbers (NaN or infinite)"


class Mix(NamedTuple):
    """How frames become samples of one channel: a weight for each channel.

    Args:
        weight_C: None where there is one channel, which is taken as it is.
        notes: what there is to say of it.
    """

    weight_C: np.ndarray | None
    notes: tuple[str, ...] = ()

    @classmethod
    def plain(cls) -> "Mix":
        """One channel as it is."""
        return cls(None)

    def apply(self, block_TC: np.ndarray) -> np.ndarray:
        """The samples of one channel, T float32 from −1 to 1."""
        mono_T = block_TC[:, 0] if self.weight_C is None else block_TC @ self.weight_C
        return np.clip(mono_T, -1, 1)


def choose_mix(blocks: Iterable[np.ndarray], channels: int) -> Mix:
    """How the channels of a recording are to become one, by all its frames.

    Numbers beyond ±1, which files of floats may have (some programs write ±32768), are brought back by their largest.

    Raises:
        BadSound: some samples are no numbers.

    Example:
        >>> wave = np.sin(np.arange(100, dtype=np.float32))
        >>> choose_mix([np.stack([wave, -wave], 1)], 2).weight_C.tolist()
        [0.5, -0.5]
    """
    count, sum_C, power_CC = 0, np.zeros(channels), np.zeros((channels, channels))
    peak = 0.0
    for block_TC in blocks:
        if not np.isfinite(block_TC).all():
            raise BadSound(NOT_NUMBERS)
        wide_TC = block_TC.astype(np.float64)
        count += len(wide_TC)
        sum_C += wide_TC.sum(0)
        power_CC += wide_TC.T @ wide_TC
        peak = max(peak, float(np.abs(block_TC).max(initial=0)))
    mean_C = sum_C / max(1, count)  # what a converter adds to all samples is no sound
    weight_C, notes = weights(power_CC / max(1, count) - np.outer(mean_C, mean_C))
    if peak > 1:
        weight_C = weight_C / peak
        notes = (*notes, "numbers beyond ±1 divided by the largest")
    return Mix(weight_C.astype(np.float32), notes)


def weights(power_CC: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The weight of each channel, by the means of their products, and what there is to say.

    Example:
        >>> weights(np.array([[1.0, 0.0], [0.0, 0.0]]))  # one channel is silent: that is no reason to leave it out
        (array([0.5, 0.5]), ('2 channels to one: their mean',))
        >>> weights(np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))[0].tolist()
        [1.0, 0.0, 0.0]
    """
    C = len(power_CC)
    if C == 1:
        return np.ones(1), ()
    loudest = float(power_CC.diagonal().max())
    mean = float(power_CC.sum()) / C**2
    if mean >= CANCELLED * loudest / C**2 or loudest < NOTHING:
        return np.full(C, 1 / C), (f"{C} channels to one: their mean",)
    if C == 2:
        return np.array([0.5, -0.5]), ("2 channels to one: their difference, since their mean is nearly silent",)
    chosen = np.zeros(C)
    chosen[power_CC.diagonal().argmax()] = 1
    return chosen, (f"{C} channels to one: the loudest, since their mean is nearly silent",)


@dataclass
class Levels:
    """How loud samples are that come block by block.

    Example:
        >>> levels = Levels()
        >>> levels.add(np.array([0.1, 1, 1, 1, 1, 0.2], np.float32))
        >>> levels.peak, round(levels.clipped, 2), round(levels.loudness, 1)
        (1.0, 0.33, -1.7)
    """

    count: int = 0
    power: float = 0.0
    peak: float = 0.0
    flat: int = 0

    def add(self, mono_T: np.ndarray) -> None:
        """The next samples."""
        wide_T = mono_T.astype(np.float64)
        self.count += len(wide_T)
        self.power += float(wide_T @ wide_T)
        self.peak = max(self.peak, float(np.abs(wide_T).max(initial=0)))
        middle_T = wide_T[1:-1]
        same_T = (np.abs(middle_T - wide_T[:-2]) < FLAT) & (np.abs(middle_T - wide_T[2:]) < FLAT)
        self.flat += int((same_T & (np.abs(middle_T) >= TOP)).sum())

    @property
    def loudness(self) -> float:
        """The mean power in dB of full scale."""
        power = self.power / max(1, self.count)
        return max(SILENCE, 10 * log10(power)) if power > 0 else SILENCE

    @property
    def clipped(self) -> float:
        """The share of samples that stand flat at the top, with both neighbours."""
        return self.flat / max(1, self.count)
