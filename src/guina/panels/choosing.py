"""Which of many things are shown."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def spread(things: Sequence[T], most: int) -> list[T]:
    """At most so many of some things, evenly spread over all, in their order.

    Example:
        >>> spread("abcdefg", 3), spread("ab", 3), spread([], 3)
        (['a', 'd', 'g'], ['a', 'b'], [])
    """
    return [things[int(n)] for n in np.linspace(0, len(things) - 1, min(most, len(things))).round()]
