"""What is known of the training pictures before a network learns to colour.

Axes: Q classes of colour.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from guina.answering.base import Fitted, Saved
from guina.data.values import Range
from guina.jobs.colorize.bins import Bins


@dataclass(frozen=True)
class ColorizeFitted(Fitted):
    """What was learned from the training split before the training.

    Args:
        shape: H, W, 3 that pictures are brought to.
        labels: the classes that training pictures are of, sorted; empty where there is one or none.
        examples: training pictures.
        fingerprint: of the data.
        flip: whether pictures are mirrored.
        range: of the numbers of an array, or of deep files, that it learned from; None: pictures as usual.
        centres: a and b of each class of colour, one after the other.
        shares: how frequent each is.
        mean: a and b of the mean colour.
        temperature: of the distribution over the classes that is answered by.
    """

    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    examples: int
    fingerprint: str
    flip: bool = True
    range: Range | None = None
    centres: tuple[float, ...] = (0.0, 0.0)
    shares: tuple[float, ...] = (1.0,)
    mean: tuple[float, ...] = (0.0, 0.0)
    temperature: float = 0.4

    @cached_property
    def bins(self) -> Bins:
        return Bins(np.array(self.centres).reshape(-1, 2), np.array(self.shares))

    @classmethod
    def restored(cls, saved: Saved) -> "ColorizeFitted":
        found = super().restored(saved)
        return replace(found, range=Range(*found.range) if found.range else None)

    def at(self, temperature: float) -> "ColorizeFitted":
        """The same, answering by another temperature."""
        return replace(self, temperature=temperature)
