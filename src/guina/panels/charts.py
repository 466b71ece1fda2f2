"""Charts and tables: numbers that a job wants shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Curves:
    """Lines over a common x axis, such as the loss over the steps.

    Args:
        lines: name → (x, y), two arrays of equal length each.
        log_y: whether the y axis is logarithmic.
    """

    title: str
    says: str
    lines: dict[str, tuple[np.ndarray, np.ndarray]]
    x_label: str
    y_label: str
    log_y: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers are aligned right and given as they should be printed.

    Args:
        bars: columns of numbers with a bar under each: the column's place, and the number whose bar is full. Shares in
            percent have one anyway.
    """

    title: str
    says: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | float]]
    bars: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Confusion:
    """Counts of true class (row) by answer (column), with pictures of each cell's examples where there are any.

    Args:
        classes: K names.
        counts: (i, j) → how often class i (row) was answered with class j (column), of the cells that are not empty.
        examples: (i, j) → up to a few (picture, name) of that cell.
    """

    title: str
    says: str
    classes: Sequence[str]
    counts: Mapping[tuple[int, int], int]
    examples: dict[tuple[int, int], list[tuple[np.ndarray, str]]]


@dataclass(frozen=True)
class Reliability:
    """How often the network is right where it says it is p sure.

    Args:
        confidence_B, accuracy_B, count_B: per bin of confidence: the mean confidence, the share right, examples.
        ece: the expected calibration error, a fraction.
    """

    title: str
    says: str
    confidence_B: np.ndarray
    accuracy_B: np.ndarray
    count_B: np.ndarray
    ece: float
