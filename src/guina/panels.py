"""What a job wants shown: plain data, drawn by `guina.look`, which knows kinds of panels and no jobs.

Pictures are uint8 arrays, H×W×3 or H×W (grey). Every panel has a title and one sentence that says what it says.
"""

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
    """Rows under a header; numbers are aligned right and given as they should be printed."""

    title: str
    says: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | float]]


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
class Pictures:
    """A grid of pictures, each with a caption.

    Args:
        pictures: uint8, H×W×3 or H×W; they may differ in size.
        captions: a line of what it says, then, if need be, a line with its name or path; "" for none.
        smooth: False keeps pixels square when enlarged (filters, small pictures).
    """

    title: str
    says: str
    pictures: Sequence[np.ndarray]
    captions: Sequence[str]
    smooth: bool = False


@dataclass(frozen=True)
class Sliding:
    """A filter sliding over an input, with the numbers: what convolution does.

    Args:
        input_HW: the input's values.
        kernel_KK: the filter's values.
        output_hw: what the filter gives at each place.
        stride, padding: how it slides.
    """

    title: str
    says: str
    input_HW: np.ndarray
    kernel_KK: np.ndarray
    output_hw: np.ndarray
    stride: int
    padding: int


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


@dataclass(frozen=True)
class Strip:
    """A row of pictures under a name.

    Args:
        note: a few words beside the name.
        captions: one for each picture, or none.
    """

    name: str
    note: str
    pictures: Sequence[np.ndarray]
    captions: Sequence[str] = ()


@dataclass(frozen=True)
class Strips:
    """Rows of small pictures: the examples of each class, what excites each filter."""

    title: str
    says: str
    strips: Sequence[Strip]
    smooth: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer's strongest maps of one picture.

    Args:
        maps: uint8 h×w each, the strongest first.
        filters: which filters they are.
        size, jump, start: the receptive field: place i sees the pixels start + i·jump … start + i·jump + size − 1.
    """

    name: str
    maps: Sequence[np.ndarray]
    filters: Sequence[int]
    size: int
    jump: int
    start: int

    def strongest(self, k: int) -> tuple[int, int]:
        """Row and column of map k's largest value."""
        row, column = divmod(int(self.maps[k].argmax()), self.maps[k].shape[1])
        return row, column


@dataclass(frozen=True)
class Seen:
    """One picture on its way through the layers."""

    name: str
    picture: np.ndarray
    layers: Sequence[Layer]


@dataclass(frozen=True)
class Layers:
    """Pictures on their way through the layers of a network, with what each place sees."""

    title: str
    says: str
    pictures: Sequence[Seen]


@dataclass(frozen=True)
class Passage:
    """A piece of text under a name, each unit shaded by a number.

    Args:
        note: a few words beside the name.
        units: the text in units, as it was written.
        shade_T: −1 … 1 for each, 0 is no shade; empty: no shades.
        tips: what there is to say of each unit; empty: nothing.
    """

    name: str
    note: str
    units: Sequence[str]
    shade_T: Sequence[float] = ()
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Passages:
    """Pieces of text: what surprised a model, what one of its cells does, what it writes.

    Args:
        low, high: what shades of −1 and 1 mean; "" where there are none.
    """

    title: str
    says: str
    passages: Sequence[Passage]
    low: str = ""
    high: str = ""


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


Panel = Curves | Table | Confusion | Pictures | Sliding | Reliability | Strips | Layers | Passages | Frames
