"""What is known of the training pictures before a network learns to colour.

Axes: Q classes of colour.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from guina.jobs.colorize.bins import Bins
from guina.jobs.pictures.fitted import PictureFitted


@dataclass(frozen=True)
class ColorizeFitted(PictureFitted):
    """What was learned from the training split before the training.

    Args:
        centres: a and b of each class of colour, one after the other.
        shares: how frequent each is.
        mean: a and b of the mean colour.
        temperature: of the distribution over the classes that is answered by.
        contrast: what the differences of a picture's colours from their mean are multiplied by.
    """

    centres: tuple[float, ...] = (0.0, 0.0)
    shares: tuple[float, ...] = (1.0,)
    mean: tuple[float, ...] = (0.0, 0.0)
    temperature: float = 0.4
    contrast: float = 1.0

    @cached_property
    def bins(self) -> Bins:
        return Bins(np.array(self.centres).reshape(-1, 2), np.array(self.shares))

    def at(self, temperature: float, contrast: float = 1.0) -> "ColorizeFitted":
        """The same, answering by another temperature and contrast."""
        return replace(self, temperature=temperature, contrast=contrast)
