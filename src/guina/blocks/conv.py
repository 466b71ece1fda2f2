"""Two-dimensional convolution, and what follows from its window: output sizes and receptive fields.

A filter is a small window of weights that slides over the picture; at each place its weights are multiplied with what
lies below and summed. Weights are shared by all places, so a filter finds its pattern wherever it is, and a layer of 64
filters 3×3 has few weights however large the picture (LeCun et al. 1989, "Backpropagation applied to handwritten zip
code recognition"). Receptive fields after Araujo, Norris & Sim 2019, https://distill.pub/2019/computing-receptive-fields.

Axes: B examples, O filters, I input channels, K the window's side, H W the input's pixels, h w the output's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.errors import GuinaError


@dataclass(frozen=True)
class Window:
    """What a layer sees at each place: a square of `kernel` pixels, moved by `stride`, over a border of zeros."""

    kernel: int
    stride: int = 1
    padding: int = 0


class Conv(nn.Module):
    """Convolution: every filter slides over the input, and sums what lies below it, weighted.

    y[o, i, j] = b[o] + Σ_{c, u, v} w[o, c, u, v] · x[c, i·stride + u − padding, j·stride + v − padding].

    Three numbers shape the output: its depth is the number of filters, the stride leaves out places, and a border of
    zeros ("padding") gives the filter room at the edges. Kernel 3, stride 1, padding 1 keeps height and width.

    Args:
        in_channels, out_channels: depth of the input, and the number of filters.
        window: its kernel, stride and padding, in pixels.
        bias: whether each filter adds a number of its own; of no use before a batch normalisation.

    Shapes: B×I×H×W → B×O×h×w, with h = `output_size(H, window)`.

    Example:
        >>> Conv(3, 16, Window(3, stride=2, padding=1))(torch.zeros(8, 3, 28, 28)).shape
        torch.Size([8, 16, 14, 14])
    """

    def __init__(self, in_channels: int, out_channels: int, window: Window, bias: bool = True) -> None:
        super().__init__()
        self.window = window
        bound = (in_channels * window.kernel**2) ** -0.5
        self.weight = nn.Parameter(
            torch.empty(out_channels, in_channels, window.kernel, window.kernel).uniform_(-bound, bound)
        )
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound)) if bias else None

    def forward(self, x_BIHW: Tensor) -> Tensor:
        return F.conv2d(x_BIHW, self.weight, self.bias, self.window.stride, self.window.padding)

    def extra_repr(self) -> str:
        return f"{self.weight.size(1)} → {self.weight.size(0)}, {self.window}"


@torch.no_grad()
def dirac_(weight_OIKK: Tensor) -> Tensor:
    """Make the first min(O, I) filters pass their channel on unchanged, in place; the others stay as they are.

    A deep stack then starts as a shallow one, whose gradients reach the first layer whole (Zagoruyko & Komodakis 2017,
    https://arxiv.org/abs/1706.00388; partial as in airbench, Jordan 2024, https://arxiv.org/abs/2404.00498).

    Example:
        >>> conv = Conv(2, 4, Window(3, padding=1), bias=False)
        >>> x_BIHW = torch.randn(1, 2, 5, 5)
        >>> _ = dirac_(conv.weight)
        >>> torch.equal(conv(x_BIHW)[:, :2], x_BIHW)
        True
    """
    O, I, K, _ = weight_OIKK.shape
    same = torch.arange(min(O, I))
    weight_OIKK[same] = 0
    weight_OIKK[same, same, K // 2, K // 2] = 1
    return weight_OIKK


def output_size(size: int, window: Window) -> int:
    """How many places a window has along a side: ⌊(size + 2·padding − kernel) / stride⌋ + 1.

    Raises:
        GuinaError: the window is larger than the padded side.

    Example:
        >>> output_size(28, Window(4, stride=2, padding=1))
        14
    """
    if size + 2 * window.padding < window.kernel:
        raise GuinaError(
            f"a window of {window.kernel} pixels does not fit a side of {size} with a border of {window.padding}",
            "a window at most as large as the side and its two borders",
            "use a smaller kernel, more padding, or less pooling before it",
        )
    return (size + 2 * window.padding - window.kernel) // window.stride + 1


@dataclass(frozen=True)
class ReceptiveField:
    """Which input pixels an output sees, along a side: output i sees start + i·jump … start + i·jump + size − 1.

    Args:
        size: pixels seen.
        jump: pixels between what two neighbouring outputs see: the product of the strides.
        start: the first pixel that output 0 sees; below zero lies the border.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def through(self, window: Window) -> "ReceptiveField":
        """The field after one more layer: size + (kernel − 1)·jump, jump·stride, start − padding·jump."""
        return ReceptiveField(
            self.size + (window.kernel - 1) * self.jump,
            self.jump * window.stride,
            self.start - window.padding * self.jump,
        )


def receptive_field(windows: Sequence[Window]) -> list[ReceptiveField]:
    """What an output of each layer of a stack sees of the stack's input.

    Example:
        >>> [field.size for field in receptive_field([Window(3), Window(3), Window(2, stride=2), Window(3)])]
        [3, 5, 6, 10]
    """
    fields = [ReceptiveField()]
    for window in windows:
        fields.append(fields[-1].through(window))
    return fields[1:]


def slide(input_HW: np.ndarray, kernel_KK: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """One filter over one channel, as loops: the definition, for pictures of it and for tests.

    Like every framework it does not mirror the kernel, so mathematicians call it cross-correlation.

    Returns:
        output_hw, h = `output_size(H, ...)`.

    Example:
        >>> slide(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[-1, 1], [0, 0]]))
        array([[1., 1.]])
    """
    window = Window(len(kernel_KK), stride, padding)
    padded = np.pad(input_HW, padding)
    output_hw = np.zeros([output_size(side, window) for side in input_HW.shape])
    for i in range(output_hw.shape[0]):
        for j in range(output_hw.shape[1]):
            for u in range(window.kernel):
                for v in range(window.kernel):
                    output_hw[i, j] += kernel_KK[u, v] * padded[i * stride + u, j * stride + v]
    return output_hw
