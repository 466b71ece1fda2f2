"""The order of the examples: a function of (seed, epoch, position), so that a resumed run sees what it would have.

Three orders serve all jobs: `Shuffled` for examples of one size, `Buckets` for ragged ones, `Lanes` for a stream
that is read in parallel places with a state carried along. A position counts the batches drawn since the start.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from guina.errors import GuinaError


@dataclass(frozen=True)
class Draw:
    """One batch's worth of the order.

    Args:
        index_B: which examples; in a stream, where each lane's window starts.
        epoch_B: the pass over the data that each belongs to, from 0.
        step: the training step, from 0.
        done: the fraction of the training that is done, for curricula.
        restart: whether a carried state must start anew before this batch.
    """

    index_B: np.ndarray
    epoch_B: np.ndarray
    step: int = 0
    done: float = 0.0
    restart: bool = False

    def shard(self, i: int, of: int) -> "Draw":
        """The i-th of `of` contiguous parts, as equal as they can be."""
        if of == 1:
            return self
        cut = slice(len(self.index_B) * i // of, len(self.index_B) * (i + 1) // of)
        return replace(self, index_B=self.index_B[cut], epoch_B=self.epoch_B[cut])


class Order(Protocol):
    """What the loop needs of an order."""

    @property
    def batches(self) -> float:
        """Batches in one pass over the data."""
        ...

    def at(self, seed: int, position: int) -> Draw:
        """The batch at a position, counted from the start of the training."""
        ...


@lru_cache(maxsize=4)
def permutation(n: int, seed: int, epoch: int) -> np.ndarray:
    """0 … n−1 in the order of one epoch (Philox: the same on every machine)."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(n)


@dataclass(frozen=True)
class Shuffled:
    """Every example once an epoch, in a new order each time; a batch may reach across the end of an epoch.

    Example:
        >>> draw = Shuffled(n=3, batch=2).at(seed=1, position=1)
        >>> draw.epoch_B.tolist()
        [0, 1]
    """

    n: int
    batch: int

    @property
    def batches(self) -> float:
        return self.n / self.batch

    def at(self, seed: int, position: int) -> Draw:
        epoch, place = divmod(position * self.batch, self.n)
        if place + self.batch <= self.n:  # within one epoch
            index_B = permutation(self.n, seed, epoch)[place : place + self.batch].copy()
            return Draw(index_B, np.full(self.batch, epoch))
        epoch_B, place_B = np.divmod(np.arange(position * self.batch, (position + 1) * self.batch), self.n)
        index_B = np.empty(self.batch, np.int64)
        for epoch in np.unique(epoch_B):
            now = epoch_B == epoch
            index_B[now] = permutation(self.n, seed, int(epoch))[place_B[now]]
        return Draw(index_B, epoch_B)


class Buckets:
    """Every example once an epoch, in batches of nearly equal length; lengths are blurred by `noise` so that
    the company changes, and the batches come in random order.

    Args:
        lengths_N: the length of each example.
        batch: the most examples in a batch; all batches have this many, or a few less where it does not divide.
        noise: a length is multiplied by 1 ± noise before sorting.
    """

    def __init__(self, lengths_N: np.ndarray, batch: int, noise: float = 0.1) -> None:
        self.lengths_N, self.batch, self.noise = lengths_N, batch, noise
        self._sorted: tuple[tuple[int, int] | None, np.ndarray, np.ndarray] = (None, lengths_N, lengths_N)

    @property
    def batches(self) -> float:
        return float(-(-len(self.lengths_N) // self.batch))

    def _pass(self, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The examples by blurred length, and the order of the epoch's batches; kept for one epoch."""
        if self._sorted[0] != (seed, epoch):
            rng = np.random.Generator(np.random.Philox(key=[seed, epoch]))
            blurred_N = self.lengths_N * rng.uniform(1 - self.noise, 1 + self.noise, len(self.lengths_N))
            self._sorted = (seed, epoch), np.argsort(blurred_N, kind="stable"), rng.permutation(int(self.batches))
        return self._sorted[1], self._sorted[2]

    def at(self, seed: int, position: int) -> Draw:
        epoch, place = divmod(position, int(self.batches))
        by_length_N, turns = self._pass(seed, epoch)
        n, batches, turn = len(by_length_N), int(self.batches), int(turns[place])
        index_B = by_length_N[n * turn // batches : n * (turn + 1) // batches]
        return Draw(index_B, np.full(len(index_B), epoch))


@dataclass(frozen=True)
class Lanes:
    """A stream of `length` units read at `lanes` places at once, `window` units a step; the state is carried.

    Each lane reads length // lanes units; the carried state restarts where a pass begins. Each pass shifts the
    windows by a random offset below `window`, so that they are cut differently every time.

    Raises:
        GuinaError: a lane is shorter than a window and its last target.
    """

    length: int
    lanes: int
    window: int

    def __post_init__(self) -> None:
        if self.length < self.lanes * (self.window + 1):
            raise GuinaError(
                f"{self.length} units are too few to be read at {self.lanes} places, {self.window} at a time",
                f"at least {self.lanes * (self.window + 1)}",
                "give more data, or a smaller batch or window",
            )

    @property
    def _steps(self) -> int:
        # one window is kept back for the shift, and one unit as the last target
        return max(1, (self.length // self.lanes - 1 - self.window) // self.window)

    @property
    def batches(self) -> float:
        return float(self._steps)

    def at(self, seed: int, position: int) -> Draw:
        epoch, place = divmod(position, self._steps)
        lane_B = np.arange(self.lanes) * (self.length // self.lanes)
        shift = int(np.random.Generator(np.random.Philox(key=[seed, epoch])).integers(self.window))
        shift = min(shift, max(0, self.length // self.lanes - 1 - self._steps * self.window))
        return Draw(lane_B + shift + place * self.window, np.full(self.lanes, epoch), restart=place == 0)
