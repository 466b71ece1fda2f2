"""Numbers that samples are generated from: those of PCG64 as it comes, which numpy keeps the same, and of hashes."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


class Dice:
    """Numbers that are drawn alike each time and everywhere.

    Example:
        >>> bool((Dice("a").uniform(3) == Dice("a").uniform(3)).all()), 0 <= Dice("b").one(2.0, 5.0) - 2.0 < 3
        (True, True)
    """

    def __init__(self, seed: str) -> None:
        self.bits = np.random.PCG64(int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big"))

    def uniform(self, n: int) -> np.ndarray:
        """n numbers from 0 to below 1."""
        return (self.bits.random_raw(n) >> np.uint64(11)) * 2.0**-53

    def one(self, low: float, high: float) -> float:
        """A number from low to below high."""
        return low + (high - low) * float(self.uniform(1)[0])

    def choice(self, things: Sequence[Thing]) -> Thing:
        return things[int(self.one(0, len(things)))]

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """The same things in another order.

        Example:
            >>> Dice("a").shuffled("abc") == Dice("a").shuffled("abc"), sorted(Dice("a").shuffled("abc"))
            (True, ['a', 'b', 'c'])
        """
        return [things[k] for k in np.argsort(self.uniform(len(things)), kind="stable")]

    def normal(self, n: int) -> np.ndarray:
        """n numbers of the standard normal distribution (Box and Muller 1958)."""
        half = (n + 1) // 2
        radius = np.sqrt(-2 * np.log1p(-self.uniform(half)))
        turn = 2 * math.pi * self.uniform(half)
        return np.concatenate([radius * np.cos(turn), radius * np.sin(turn)])[:n]
