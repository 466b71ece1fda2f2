"""Scales: from values to pixels, with ticks where people expect them (1, 2 or 5 times a power of ten)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guina.look.markup import number


@dataclass(frozen=True)
class Scale:
    """A straight or logarithmic map of the values low … high onto the pixels start … end; step: between its ticks.

    Example:
        >>> Scale(0, 10, 100, 200)(5), Scale(1, 100, 0, 200, log=True)(10)
        (150.0, 100.0)
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    step: float | None = None

    def __call__(self, value: float) -> float:
        low, high, value = (map(math.log, (self.low, self.high, value))) if self.log else (self.low, self.high, value)
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def scale(values: np.ndarray, pixels: tuple[float, float], *, log: bool = False, tight: bool = False) -> Scale:
    """A scale that holds all values, its ends on ticks, unless it is tight.

    Args:
        values: finite, and above zero for a logarithmic scale; there may be none.
        pixels: where the lowest and the highest value go.

    Example:
        >>> s = scale(np.array([0.13, 0.94]), (0, 100))
        >>> s.low, s.high
        (0.0, 1.0)
    """
    if not len(values):
        return Scale(0.1 if log else 0.0, 1.0, *pixels, log)
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)
    if not tight and not log:
        step = tick_step(low, high, 5)
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        return Scale(low, high, *pixels, step=step)
    if not tight:
        room = (high / low) ** 0.04
        low, high = low / room, high * room
    return Scale(low, high, *pixels, log)


def tick_step(low: float, high: float, about: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that gives about so many ticks between low and high."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    return min((step * power for step in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / rough)))


def ticks(s: Scale, about: int = 5) -> list[float]:
    """The values to mark on a scale.

    Example:
        >>> ticks(Scale(0, 1, 0, 100)), ticks(Scale(0.05, 30, 0, 100, log=True))
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 1.0, 10.0])
    """
    if s.log:
        for digits in ((1,), (1, 3), (1, 2, 5)):
            powers = range(math.floor(math.log10(s.low)), math.ceil(math.log10(s.high)) + 1)
            found = [float(f"{d}e{p}") for p in powers for d in digits]
            found = [value for value in found if s.low * (1 - 1e-9) <= value <= s.high * (1 + 1e-9)]
            if len(found) >= 3:
                return found[:: -(-len(found) // (2 * about))]
    step = s.step or tick_step(s.low, s.high, about)
    first, last = math.ceil(s.low / step - 1e-9), math.floor(s.high / step + 1e-9)
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """The ticks as text, thousands as k and M where all are round.

    Example:
        >>> tick_labels([0.0, 0.5, 1.0]), tick_labels([0.0, 5000.0, 10000.0])
        (['0', '0.5', '1'], ['0', '5k', '10k'])
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if max(map(abs, values), default=0) >= 10 * size / (1 if size == 1e3 else 10) and all(
            (10 * value / size).is_integer() for value in values
        ):
            return [f"{number(value / size)}{letter}" if value else "0" for value in values]
    labels: list[str] = []
    for digits in range(4, 16):  # as many as it takes to tell them apart
        labels = [number(value, digits) for value in values]
        if len(set(labels)) == len(labels):
            break
    return labels


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved as little as it takes for labels to be `gap` apart, in their order, from low to high where they fit.

    Example:
        >>> spread([10, 12, 50], 10, 0, 100)
        [10, 20, 50]
        >>> spread([95, 99], 10, 0, 100)
        [90, 100]
    """
    order = sorted(range(len(places)), key=lambda n: places[n])
    moved = [float(place) if isinstance(place, float) else place for place in places]
    least = low
    for n in order:
        moved[n] = max(moved[n], least)
        least = moved[n] + gap
    most = high
    for n in reversed(order):
        moved[n] = min(moved[n], most)
        most = moved[n] - gap
    return moved
