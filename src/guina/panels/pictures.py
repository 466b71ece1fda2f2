"""Pictures that a job wants shown: uint8 arrays, H×W×3 or H×W (grey)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


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
    """Rows of small pictures: the examples of each class, what excites each filter.

    Args:
        large: whether they are large enough to look at one by one, with a sentence under each.
    """

    title: str
    says: str
    strips: Sequence[Strip]
    smooth: bool = False
    large: bool = False


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
class PicturePair:
    """A picture before and after, both of one height and width, and how it should have become.

    Args:
        caption: a line of what it says, then, if need be, a line with its name or path; "" for none.
        truth: of the same height and width; None where nobody knows.
    """

    caption: str
    before: np.ndarray
    after: np.ndarray
    truth: np.ndarray | None = None


@dataclass(frozen=True)
class Comparison:
    """Pictures before and after, one over the other under a slider that uncovers one of them.

    Pictures larger than 320 pixels are shown reduced. A photo of that size weighs up to 250 kB in the page, a pair with
    its truth three times that: six of them are enough, or some fifty of 64 pixels.

    Args:
        before, after, truth: what the pictures are called, such as "grey", "coloured" and "the photo".
        smooth: False keeps pixels square when small pictures are enlarged.
    """

    title: str
    says: str
    pairs: Sequence[PicturePair]
    before: str = "before"
    after: str = "after"
    truth: str = "truth"
    smooth: bool = False
