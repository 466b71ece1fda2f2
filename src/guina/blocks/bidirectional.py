"""A recurrent layer that reads a sequence both ways, so that each place knows what comes before it and what after
(Schuster & Paliwal 1997, "Bidirectional recurrent neural networks").

The framework has a kernel for this, but a slow one where sequences are not equally long. Here the second half reads
each sequence backwards from its own last place, so that padding never enters it, and both run in the fast kernel.

Axes: B examples, T places, I inputs, H hidden units of one direction.
"""

import torch
from torch import Tensor, nn

from guina.blocks.recurrent import Cell, Recurrent


class Bidirectional(nn.Module):
    """Two cells over time, one in each direction.

    Args:
        onward, backward: the cells.

    Shapes: B×T×I and the lengths → B×T×2H; beyond its length an example's outputs mean nothing.

    Example:
        >>> from guina.blocks.recurrent import LSTM
        >>> layer = Bidirectional(LSTM(3, 8), LSTM(3, 8))
        >>> layer(torch.randn(2, 5, 3), torch.tensor([5, 2])).shape
        torch.Size([2, 5, 16])
    """

    def __init__(self, onward: Cell, backward: Cell) -> None:
        super().__init__()
        self.onward, self.backward = Recurrent(onward), Recurrent(backward)

    def forward(self, x_BTI: Tensor, length_B: Tensor) -> Tensor:
        onward_BTH, _ = self.onward(x_BTI)
        backward_BTH, _ = self.backward(turned(x_BTI, length_B))
        return torch.cat([onward_BTH, turned(backward_BTH, length_B)], -1)


def turned(x_BTI: Tensor, length_B: Tensor) -> Tensor:
    """Each sequence backwards, within its own length; what lies beyond stays where it is.

    Example:
        >>> turned(torch.tensor([[[1], [2], [3], [0]]]), torch.tensor([3])).flatten().tolist()
        [3, 2, 1, 0]
    """
    place_T = torch.arange(x_BTI.size(1), device=x_BTI.device)
    from_BT = torch.where(place_T < length_B[:, None], length_B[:, None] - 1 - place_T, place_T)
    return x_BTI.gather(1, from_BT[:, :, None].expand_as(x_BTI))
