"""A critic of patches: how real each part of a picture is, given what the picture was made from.

A map of numbers instead of one (Isola et al. 2017, pix2pix, https://arxiv.org/abs/1611.07004, section 3.2.2): what is
right as a whole is the pixel loss's affair, what looks real is seen in parts. Without normalisation, as in critic.py,
so that the penalty on its slope means what it says.

Axes: B pictures, C channels, G channels of what is given, H W pixels, P patches.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from guina.blocks.conv import Conv, Window
from guina.nets.critic import Holding
from guina.nets.generator import SLOPE

LEAST = 4  # patches a side that are left, at least
WIDTHS = {"tiny": (16, 32, 64), "small": (24, 48, 96), "medium": (32, 64, 128), "large": (48, 96, 192)}


class PatchCritic(Holding):
    """Pictures and what is given to how real each patch is: larger is more real.

    Args:
        channels: C + G.
        side: pixels of the shorter side.
        size: a key of `WIDTHS`.

    Shapes: B×C×H×W, B×G×H×W → B×P.

    Example:
        >>> PatchCritic(4, side=32)(torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 16])
    """

    def __init__(self, channels: int, side: int, size: str = "small") -> None:
        super().__init__()
        layers, before = [], channels
        for after in WIDTHS[size]:
            if side < 2 * LEAST and layers:
                break
            layers.append(Conv(before, after, Window(4, 2, 1)))
            nn.init.kaiming_normal_(layers[-1].weight, SLOPE)
            before, side = after, side // 2
        self.layers = nn.ModuleList(layers)
        self.answer = Conv(before, 1, Window(3, 1, 1))
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it

    def features(self, x_BCHW: Tensor, given_BGHW: Tensor) -> list[Tensor]:
        """What each layer makes of the pictures."""
        found, now = [], torch.cat([x_BCHW, given_BGHW], 1)
        for layer in self.layers:
            now = leaky_relu(layer(now), SLOPE)
            found.append(now)
        return found

    def forward(self, x_BCHW: Tensor, given_BGHW: Tensor) -> Tensor:
        return self.answer(self.features(x_BCHW, given_BGHW)[-1]).flatten(1)
