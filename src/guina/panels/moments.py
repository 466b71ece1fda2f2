"""What changes over time: moments to scrub through, each a row of small drawings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Scene:
    """A small drawing in data coordinates, or a picture; of its kind one stands in each place of every frame.

    Args:
        caption: a few words above it, such as "before its update".
        x_range, y_range: lowest and highest value shown.
            x and y have one unit where that makes a sensible shape, unless there are lines and no field.
        field_HW: values on an even grid over the ranges, the outermost on their ends, row 0 at the largest y.
            −1 is orange, 1 is blue, what lies beyond is shown as they are, 0 is no colour.
        points: name → N×2 (x, y), a few hundred each.
        arrows_N4: x, y, dx, dy.
        lines: name → (x, y), two arrays of equal length each.
        picture: uint8, H×W×3 or H×W, drawn in place of all that.
    """

    caption: str
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    field_HW: np.ndarray | None = None
    points: Mapping[str, np.ndarray] = field(default_factory=dict)
    arrows_N4: np.ndarray | None = None
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    picture: np.ndarray | None = None


@dataclass(frozen=True)
class Frame:
    """What there is to see at one moment: a row of scenes.

    Args:
        label: the moment, such as "step 64".
    """

    label: str
    scenes: Sequence[Scene]


@dataclass(frozen=True)
class Frames:
    """Moments to scrub through, such as the steps of two networks at odds; a single one is a still.

    Args:
        frames: in order; without JavaScript the last is shown. The n-th scenes of all share one scale.
        low, high: what the field's colours at −1 and 1 mean; "" where there are none.
        x_label, y_label: what the axes measure; "" for plain coordinates.
    """

    title: str
    says: str
    frames: Sequence[Frame]
    low: str = ""
    high: str = ""
    x_label: str = ""
    y_label: str = ""
