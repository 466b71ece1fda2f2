"""Layers that make pictures larger: the way back from a few numbers to pixels.

Axes: B examples, I O channels before and after, H W pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Enlarge(nn.Module):
    """Transposed convolution, kernel 4, stride 2: every pixel paints a 4×4 patch, weighted, and patches add up.

    y[o, 2i + u − 1, 2j + v − 1] += w[c, o, u, v] · x[c, i, j]: the gradient of a strided convolution (Zeiler et al.
    2010, "Deconvolutional networks"). The kernel is a multiple of the stride, so that pixels are painted equally often,
    and no checkerboard shows (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard); it costs less than half
    of an enlargement followed by a 3×3 convolution.

    Args:
        in_channels, out_channels: I and O.

    Shapes: B×I×H×W → B×O×2H×2W.

    Example:
        >>> Enlarge(8, 4)(torch.zeros(2, 8, 7, 7)).shape
        torch.Size([2, 4, 14, 14])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        # four of the kernel's sixteen places reach a pixel: with this size its variance stays what it was, twice (ReLU)
        size = (2 / (4 * in_channels)) ** 0.5
        self.weight = nn.Parameter(torch.randn(in_channels, out_channels, 4, 4) * size)
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x_BIHW: Tensor) -> Tensor:
        return F.conv_transpose2d(x_BIHW, self.weight, self.bias, stride=2, padding=1)

    def extra_repr(self) -> str:
        return f"{self.weight.size(0)} → {self.weight.size(1)}, × 2"
