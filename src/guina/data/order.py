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

    A batch is limited by the number of its examples, or by its cost: the length of its longest example times their
    number, which is what it takes when it is padded. Where each batch begins and ends among the sorted examples is the
    same in every epoch, so that there are always as many batches.

    Args:
        lengths_N: the length of each example; where one has several ragged columns, of its longest or dearest.
        batch: the most examples in a batch; all batches have this many, or a few less where it does not divide.
        noise: a length is multiplied by 1 ± noise before sorting; below 1.
        rising: whether the first pass is from the shortest batch to the longest, since whatever has hardly learned
            anything learns most from short examples (SortaGrad, Amodei et al. 2016, https://arxiv.org/abs/1512.02595,
            section 3.4).
        cost: the most that a batch costs, if no `batch` is given. Only an example that is longer than this costs more,
            and is alone. An example without length counts as one of length 1.

    Example:
        >>> order = Buckets(np.array([9, 1, 1, 2, 10, 1, 1]), cost=12, noise=0)
        >>> sorted(sorted(order.at(seed=0, position=i).index_B.tolist()) for i in range(int(order.batches)))
        [[0], [1, 2, 3, 5, 6], [4]]
    """

    def __init__(
        self,
        lengths_N: np.ndarray,
        batch: int | None = None,
        noise: float = 0.1,
        *,
        cost: int | None = None,
        rising: bool = False,
    ) -> None:
        assert (batch is None) != (cost is None), "a batch is limited by its number or by its cost"
        assert 0 <= noise < 1, "a blurred length is above 0"
        self.lengths_N, self.noise, self.rising = lengths_N, noise, rising
        if cost is None:
            assert batch is not None, "see above"
            self.ends_K1 = even_ends(len(lengths_N), batch)
        else:
            # The i-th of the blurred order, and what comes before it, is at most (1 + noise) / (1 − noise) times as
            # long as the i-th of the true order: i examples have at most (1 + noise) times that length when blurred.
            self.ends_K1 = ends_by_cost(lengths_N, int(cost * (1 - noise) / (1 + noise)))
        self._sorted: tuple[tuple[int, int] | None, np.ndarray, np.ndarray] = (None, lengths_N, lengths_N)

    @property
    def batches(self) -> float:
        return float(len(self.ends_K1) - 1)

    def _pass(self, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The examples by blurred length, and the order of the epoch's batches; kept for one epoch."""
        if self._sorted[0] != (seed, epoch):
            rng = np.random.Generator(np.random.Philox(key=[seed, epoch]))
            blurred_N = self.lengths_N * rng.uniform(1 - self.noise, 1 + self.noise, len(self.lengths_N))
            first = self.rising and epoch == 0
            turns = np.arange(int(self.batches)) if first else rng.permutation(int(self.batches))
            self._sorted = (seed, epoch), np.argsort(blurred_N, kind="stable"), turns
        return self._sorted[1], self._sorted[2]

    def at(self, seed: int, position: int) -> Draw:
        epoch, place = divmod(position, int(self.batches))
        by_length_N, turns = self._pass(seed, epoch)
        turn = int(turns[place])
        index_B = by_length_N[self.ends_K1[turn] : self.ends_K1[turn + 1]]
        return Draw(index_B, np.full(len(index_B), epoch))


def even_ends(n: int, batch: int) -> np.ndarray:
    """Where K batches of at most `batch` of n examples end, as equal as they can be; K + 1 numbers from 0 to n.

    Example:
        >>> even_ends(7, 3).tolist()
        [0, 2, 4, 7]
    """
    K = -(-n // batch)
    return n * np.arange(K + 1) // max(K, 1)


def ends_by_cost(lengths_N: np.ndarray, most: int) -> np.ndarray:
    """Where the fewest batches of the sorted examples end of which none costs more than `most`, unless it is one
    example; as cheap as so many batches can be. K + 1 numbers from 0 to N.
    """
    longest_first = np.maximum(np.sort(lengths_N)[::-1], 1).tolist()

    def sizes(most: int) -> list[int]:
        found, at = [], 0
        while at < len(longest_first):  # the longest left is what the others are padded to
            found.append(min(max(1, most // longest_first[at]), len(longest_first) - at))
            at += found[-1]
        return found

    fewest, low, high = len(sizes(most)), 0, most
    while high - low > 1:  # the least that as few batches can cost
        middle = (low + high) // 2
        low, high = (low, middle) if len(sizes(middle)) <= fewest else (middle, high)
    sizes_K = sizes(high)
    if len(sizes_K) > 1 and sizes_K[-1] < sizes_K[-2]:  # what is left over shares with its neighbour
        both = sizes_K[-2] + sizes_K[-1]
        sizes_K[-2:] = [both - both // 2, both // 2]
    return np.cumsum([0, *reversed(sizes_K)])


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
