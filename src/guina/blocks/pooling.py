"""Pooling: many places into one, so that later layers see more of the picture at less cost.

Max pooling keeps the strongest finding and forgets where exactly it was: the usual choice between layers, and best at
the end where a small part of the picture decides. Average pooling keeps how much of it there is: smoother, best for
textures. A stride in the convolution instead learns what to keep and skips three quarters of its work, at some cost in
accuracy in small networks (Springenberg et al. 2014, https://arxiv.org/abs/1412.6806).

Axes: B examples, C channels, H W the input's pixels, h w the output's.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.conv import Window


class MaxPool(nn.Module):
    """y[c, i, j] = max over the window of x[c]; a last row or column that fills no window is left out.

    Shapes: B×C×H×W → B×C×h×w, h = ⌊H / kernel⌋.
    """

    def __init__(self, kernel: int = 2) -> None:
        super().__init__()
        self.window = Window(kernel, kernel)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return F.max_pool2d(x_BCHW, self.window.kernel)


class AveragePool(nn.Module):
    """y[c, i, j] = mean over the window of x[c]; a last row or column that fills no window is left out.

    Shapes: B×C×H×W → B×C×h×w, h = ⌊H / kernel⌋.
    """

    def __init__(self, kernel: int = 2) -> None:
        super().__init__()
        self.window = Window(kernel, kernel)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return F.avg_pool2d(x_BCHW, self.window.kernel)


class GlobalMaxPool(nn.Module):
    """y[c] = max over all places of x[c]: is it anywhere in the picture? B×C×H×W → B×C."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW.amax((2, 3))


class GlobalAveragePool(nn.Module):
    """y[c] = mean over all places of x[c]: how much of it is there (Lin et al. 2013)? B×C×H×W → B×C."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW.mean((2, 3))


POOLINGS = ("max", "average", "stride", "none")
GLOBAL_POOLINGS = {"max": GlobalMaxPool, "average": GlobalAveragePool}


def make_pooling(name: str, kernel: int = 2) -> tuple[int, nn.Module]:
    """How a block shrinks its pictures: the stride of its convolution, and the layer that follows.

    Args:
        name: "max" or "average" pooling, a "stride" of the convolution, or "none": the pictures keep their size.

    Example:
        >>> make_pooling("stride")
        (2, Identity())
    """
    layers = {"max": (1, MaxPool(kernel)), "average": (1, AveragePool(kernel)), "stride": (kernel, nn.Identity())}
    return layers.get(name, (1, nn.Identity()))
