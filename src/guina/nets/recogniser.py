"""A recogniser of speech: bands over time to the log probabilities of units, by convolutions and recurrent layers.

    x = two convolutions of the bands and of the loudest of them, which join moments in fours or in twos
    x = x + both ways' LSTM of x, some times
    p(unit or blank) at each moment = softmax of a linear map of x

It learns by connectionist temporal classification (Graves et al. 2006): a text is what is left of the units when
repeated ones are joined and blanks left out, so that nobody needs to say when a sound begins. The convolutions make
sequences short, as recurrent layers and that loss are paid by the moment (Amodei et al. 2016, Deep Speech 2,
https://arxiv.org/abs/1512.02595, section 3.3).

Axes: B recordings, F frames of the bands, M bands, T moments of the network, C channels, H width, V units with the
blank.
"""

from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.bidirectional import Bidirectional
from guina.blocks.recurrent import LSTM, same_mask

WIDE = 4  # rows that the loudest band has: a convolution that sees nothing else is quick to find a tone at any pitch
Number = TypeVar("Number", int, Tensor)


@dataclass(frozen=True)
class Shape:
    """Everything that decides the network's shape.

    Args:
        bands: M, the loudest of them after the others (blocks/mel.py).
        units: V, the blank among them.
        stride: frames that are joined to a moment: 2 or 4.
        width: H, an even number; each layer has as many outputs, so that it can be added to what it reads.
        layers: recurrent ones.
        channels: of the convolutions.
        dropout: of what passes from layer to layer, one mask a recording.
    """

    bands: int
    units: int
    stride: int = 4
    width: int = 256
    layers: int = 2
    channels: int = 32
    dropout: float = 0.0


class Recogniser(nn.Module):
    """Bands to the logits of units at each moment.

    Example:
        >>> net = Recogniser(Shape(bands=65, units=28, width=32))
        >>> logits_BTV, moments_B = net(torch.randn(2, 101, 65), torch.tensor([101, 50]))
        >>> logits_BTV.shape, moments_B.tolist()
        (torch.Size([2, 26, 28]), [26, 13])
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        assert shape.stride in (2, 4), shape.stride
        self.shape = shape
        C, H = shape.channels, shape.width
        self.convs = nn.ModuleList(
            nn.Conv2d(inputs, C, 3, stride, padding=1) for inputs, stride in ((1, 2), (C, (shape.stride // 2, 2)))
        )
        self.join = nn.Linear(C * halved(halved(shape.bands - 1 + WIDE)), H)
        self.norms = nn.ModuleList(nn.LayerNorm(H) for _ in range(shape.layers + 1))
        self.layers = nn.ModuleList(Bidirectional(LSTM(H, H // 2), LSTM(H, H // 2)) for _ in range(shape.layers))
        self.head = nn.Linear(H, shape.units)

    def moments(self, frames_B: Tensor) -> Tensor:
        """How many moments so many frames become."""
        once_B = halved(frames_B)
        return halved(once_B) if self.shape.stride == 4 else once_B

    def forward(self, mel_BFM: Tensor, frames_B: Tensor) -> tuple[Tensor, Tensor]:
        """The logits B×T×V, and how many moments of each recording count; what lies beyond means nothing.

        Args:
            mel_BFM: bands; 0 beyond a recording's frames.
        """
        p, length_B, loudest_BF1 = self.shape.dropout, frames_B, mel_BFM[:, :, -1:]
        x_BCTM = torch.cat([mel_BFM, loudest_BF1.expand(-1, -1, WIDE - 1)], 2)[:, None]
        for conv in self.convs:
            x_BCTM = conv(x_BCTM).relu()
            length_B = halved(length_B) if conv.stride[0] == 2 else length_B  # pyright: ignore[reportIndexIssue]
            there_BT = torch.arange(x_BCTM.size(2), device=length_B.device) < length_B[:, None]
            x_BCTM = x_BCTM * there_BT[:, None, :, None]  # what a recording is told does not hang on the others' length
        x_BTH = self.join(x_BCTM.transpose(1, 2).flatten(2))
        for norm, layer in zip(self.norms, self.layers, strict=False):
            x_BTH = x_BTH + layer(same_mask(norm(x_BTH), p, self.training), length_B)
        return self.head(same_mask(self.norms[-1](x_BTH), p, self.training)), length_B

    def probabilities(self, mel_BFM: Tensor, frames_B: Tensor) -> tuple[Tensor, Tensor]:
        """The same as log probabilities, in float32 or finer."""
        logits_BTV, moments_B = self(mel_BFM, frames_B)
        return F.log_softmax(logits_BTV, -1, dtype=torch.promote_types(logits_BTV.dtype, torch.float32)), moments_B


def halved(n: Number) -> Number:
    """How many outputs a convolution of stride 2 has for so many inputs.

    Example:
        >>> halved(5), halved(6)
        (3, 3)
    """
    return (n + 1) // 2
