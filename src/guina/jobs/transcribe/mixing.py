"""What a batch has besides the recordings as they are: several after one another, and sound in which nobody speaks.

Recordings of single sentences teach nothing of what comes between two, nor that there may be nothing to hear. So in
some batches recordings are joined in pairs, with a pause between; and some have a noise more, whose text is empty.

Axes: S samples.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

JOINED = 0.1  # share of the batches whose recordings are joined
PAUSE = (0.1, 1.0)  # seconds between two
NOISY = 0.1  # share of the batches that have a noise more


class Example(NamedTuple):
    """Samples of 16 bits, and the units that are said."""

    wave_S: np.ndarray
    units: np.ndarray


def mixed(
    examples: Sequence[Example], rate: int, between: np.ndarray, share: float, rng: torch.Generator
) -> list[Example]:
    """A batch as the network is given it.

    Args:
        share: of the batches that are ever changed, from 0 to 1, those that are now.
        rate: samples in a second.
        between: the units between two texts: a space, where texts have such.
    """
    join, noisy, which, white = torch.rand(4, generator=rng).tolist()
    found = list(examples)
    if join < share * JOINED:
        found = [joined(found[n : n + 2], rate, between, rng) for n in range(0, len(found), 2)]
    if noisy < share * NOISY:
        like = examples[int(which * len(examples))].wave_S
        found.append(Example(noise_like(like, rng, white < 0.5), examples[0].units[:0]))
    return found


def joined(examples: Sequence[Example], rate: int, between: np.ndarray, rng: torch.Generator) -> Example:
    """One or two recordings one after the other."""
    if len(examples) == 1:
        return examples[0]
    (first, second), (low, high) = examples, PAUSE
    seconds = low + (high - low) * float(torch.rand((), generator=rng))
    pause = np.zeros(round(seconds * rate), first.wave_S.dtype)
    both = len(first.units) and len(second.units)
    units = np.concatenate([first.units, between if both else between[:0], second.units])
    return Example(np.concatenate([first.wave_S, pause, second.wave_S]), units.astype(first.units.dtype))


def noise_like(wave_S: np.ndarray, rng: torch.Generator, white: bool) -> np.ndarray:
    """Noise as long and as loud as a recording, and of its colour unless it is white: the same frequencies, at random
    moments.
    """
    if not len(wave_S):
        return wave_S
    seed = int(torch.randint(2**31, (), generator=rng))
    noise_S = np.random.default_rng(seed).normal(0, 1, len(wave_S))
    if not white:
        spectrum = np.abs(np.fft.rfft(wave_S.astype(np.float64)))
        noise_S = np.fft.irfft(spectrum * np.exp(1j * np.angle(np.fft.rfft(noise_S))), len(wave_S))
    loud, ours = (float(np.sqrt(np.mean(some_S.astype(np.float64) ** 2))) for some_S in (wave_S, noise_S))
    noise_S *= loud / max(1e-9, ours)
    return np.clip(np.rint(noise_S), -32768, 32767).astype(wave_S.dtype)
