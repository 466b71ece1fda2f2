"""The generator: from noise to a picture, a few pixels first, then twice and twice as many.

No normalisation (Huang et al. 2024, R3GAN, https://arxiv.org/abs/2501.05441), so that a sample does not depend on what
it is made with. Shapes for two cores: a handful of million multiplications a picture.

Axes: B examples, Z noise, C channels, H W pixels, K classes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from guina.blocks.activations import ACTIVATIONS, LeakyRelu, channels_in
from guina.blocks.conv import Conv, Window
from guina.blocks.dense import Dense
from guina.blocks.resampling import Enlarge

SIDES = (8, 128)  # pixels a side that the family is made for
COARSEST = 4  # pixels a side that the first layer makes, at least
NOISE = 64  # Z
SLOPE = 0.2


@dataclass(frozen=True)
class GeneratorSize:
    """One size of the family.

    Args:
        finest: channels at the full resolution; twice as many at each coarser one, up to `most`.
    """

    finest: int
    most: int


SIZES = {
    "tiny": GeneratorSize(16, 64),
    "small": GeneratorSize(24, 96),
    "medium": GeneratorSize(32, 192),
    "large": GeneratorSize(48, 256),
}


@dataclass(frozen=True)
class PictureShape:
    """What both players must agree on: plain values, from the settings and what was fitted.

    Args:
        height, width, channels: of the pictures.
        classes: K; 0: pictures are made and judged without classes.
        size: a key of `SIZES`.
    """

    height: int
    width: int
    channels: int
    classes: int = 0
    size: str = "small"

    @property
    def levels(self) -> int:
        """How often the generator doubles a picture: to no fewer than `COARSEST` pixels of its shorter side.

        Example:
            >>> [PictureShape(side, side, 1).levels for side in (8, 28, 32, 64, 128)]
            [1, 2, 3, 4, 5]
        """
        levels = 0
        while min(self.height, self.width) / 2 ** (levels + 1) >= COARSEST:
            levels += 1
        return levels

    @property
    def widths(self) -> list[int]:
        """Channels at each level, the coarsest first."""
        size = SIZES[self.size]
        return [min(size.most, size.finest * 2**level) for level in range(self.levels, -1, -1)]


def make_activation(name: str) -> nn.Module:
    """An activation of either player; a leaky ReLU leaks more here than in a classifier."""
    return LeakyRelu(SLOPE) if name == "leaky_relu" else ACTIVATIONS[name]()


class Generator(nn.Module):
    """Noise, and a class where there are classes, to pictures.

    Args:
        shape: of the pictures.
        activation: after every layer but the last.

    Shapes: z_BZ, class_B (whole numbers, or None) → B×C×H×W, −1 … 1.

    Example:
        >>> Generator(PictureShape(28, 28, 1, classes=10))(torch.randn(3, 64), torch.tensor([0, 1, 2])).shape
        torch.Size([3, 1, 28, 28])
    """

    def __init__(self, shape: PictureShape, activation: str = "leaky_relu") -> None:
        super().__init__()
        self.shape = shape
        widths, block = shape.widths, 2**shape.levels
        self.coarse = (-(-shape.height // block), -(-shape.width // block))
        self.label = nn.Embedding(shape.classes, NOISE) if shape.classes else None
        wide = channels_in(activation, widths[0])
        self.first = Dense(NOISE * (2 if shape.classes else 1), wide * self.coarse[0] * self.coarse[1])
        layers: OrderedDict[str, nn.Module] = OrderedDict([("act0", make_activation(activation))])
        for n, (before, after) in enumerate(pairwise(widths), 1):
            layers[f"enlarge{n}"] = Enlarge(before, channels_in(activation, after))
            layers[f"act{n}"] = make_activation(activation)
        self.body = nn.Sequential(layers)
        self.paint = Conv(widths[-1], shape.channels, Window(3, padding=1))

    def forward(self, z_BZ: Tensor, class_B: Tensor | None = None) -> Tensor:
        return self.paint_all(self.early(z_BZ, class_B))

    def early(self, z_BZ: Tensor, class_B: Tensor | None = None) -> Tensor:
        """What the first layer makes of the noise: B×F, where directions that matter are looked for."""
        if self.label is not None:
            assert class_B is not None, "this generator makes pictures of a class"
            z_BZ = torch.cat([z_BZ, self.label(class_B).to(z_BZ)], 1)
        return self.first(z_BZ)

    def paint_all(self, early_BF: Tensor) -> Tensor:
        """The picture that follows."""
        x_BCHW = early_BF.view(len(early_BF), -1, *self.coarse).contiguous(memory_format=torch.channels_last)
        x_BCHW = self.paint(self.body(x_BCHW))
        top, left = (x_BCHW.size(2) - self.shape.height) // 2, (x_BCHW.size(3) - self.shape.width) // 2
        return torch.tanh(x_BCHW[:, :, top : top + self.shape.height, left : left + self.shape.width])
