"""A U-Net: a picture becomes small and deep, then large again, and at each size it is shown what was there on the way.

    down: 3×3 convolutions, the first of each level with stride 2
    up: a transposed convolution, then a 3×3 convolution of its result beside what the way down had at that size

Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597, with batch normalisation, padding at every layer, and widths
for two cores: pictures are packed first, two by two pixels into one of four times the channels (Shi et al. 2016,
https://arxiv.org/abs/1609.05158, turned round), since the finest level costs the most and knows the least. The deepest
level sees the whole of the pictures that the network learns from; larger ones may be given.

Axes: B pictures, I O channels before and after, H W pixels.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.conv import Conv, Window
from guina.blocks.norm import BatchNorm
from guina.blocks.resampling import Enlarge

COARSEST = 4  # pixels a side at the deepest level, at least
PACK = 2  # pixels a side that become one
SIZES = {
    "tiny": (24, 48, 64, 64),
    "small": (32, 64, 96, 96),
    "medium": (48, 96, 128, 160),
    "large": (64, 128, 192, 256),
}  # channels from the finest level to the deepest, which small pictures have fewer of


@dataclass(frozen=True)
class Shape:
    """Everything that decides the network's shape.

    Args:
        inputs, outputs: I and O.
        side: pixels of the shorter side of the pictures that it learns from.
        size: a key of `SIZES`.
        stride: pixels of the input to one of the output: 1, or 2 where what is wanted has no finer detail.
    """

    inputs: int
    outputs: int
    side: int
    size: str = "small"
    stride: int = 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level.

        Example:
            >>> Shape(1, 2, side=32).widths
            (32, 64, 96)
        """
        widths = SIZES[self.size]
        sides = [self.side / PACK / 2**n for n in range(1, len(widths))]
        levels = max(1, sum(side >= COARSEST for side in sides))
        return widths[: levels + 1]


class Layer(nn.Module):
    """A 3×3 convolution, its channels normalised, and what is below zero cut off."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs, Window(3, stride, 1), bias=False)
        self.norm = BatchNorm(outputs)

    def forward(self, x_BIHW: Tensor) -> Tensor:
        return self.norm(self.conv(x_BIHW)).relu()


class UNet(nn.Module):
    """Pictures to pictures of as many pixels, or of half as many a side.

    Args:
        shape: of the network.

    Shapes: B×I×H×W → B×O×⌈H/stride⌉×⌈W/stride⌉, of any height and width.

    Example:
        >>> UNet(Shape(4, 2, side=32, stride=2))(torch.zeros(1, 4, 33, 50)).shape
        torch.Size([1, 2, 17, 25])
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        widths, packed = shape.widths, PACK**2
        self.first = Layer(shape.inputs * packed, widths[0])
        self.down = nn.ModuleList(
            nn.Sequential(Layer(before, after, 2), Layer(after, after)) for before, after in pairwise(widths)
        )
        upward = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.enlarge = nn.ModuleList(Enlarge(before, after) for before, after in upward)
        self.join = nn.ModuleList(Layer(2 * after, after) for _, after in upward)
        self.head = Conv(widths[0], shape.outputs * (packed if shape.stride == 1 else 1), Window(1))
        with torch.no_grad():
            self.head.weight.mul_(0.1)
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it

    def forward(self, x_BIHW: Tensor) -> Tensor:
        height, width = x_BIHW.shape[2:]
        block = PACK * 2 ** (len(self.shape.widths) - 1)
        x_BIHW = F.pad(x_BIHW, (0, -width % block, 0, -height % block), mode="replicate")
        kept = [self.first(F.pixel_unshuffle(x_BIHW, PACK))]
        for layers in self.down:
            kept.append(layers(kept[-1]))
        x = kept.pop()
        for enlarge, join in zip(self.enlarge, self.join, strict=True):
            x = join(torch.cat([enlarge(x), kept.pop()], 1))
        y = F.pixel_shuffle(self.head(x), PACK) if self.shape.stride == 1 else self.head(x)
        return y[:, :, : -(-height // self.shape.stride), : -(-width // self.shape.stride)]
