"""Networks of dense layers for points: small enough to watch, with every layer of one's own choice.

Axes: B examples, I inputs, O outputs.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from guina.blocks.activations import ACTIVATIONS, channels_in
from guina.blocks.dense import Dense
from guina.blocks.minibatch import MinibatchDiscrimination
from guina.blocks.names import one_each
from guina.blocks.norm import BatchNorm
from guina.errors import GuinaError

KINDS = ("dense", "batch_norm", "spectral_norm", "residual", "minibatch")


class Residual(nn.Module):
    """y = x + layer(x) where both are as wide, and layer(x) elsewhere (He et al. 2015, https://arxiv.org/abs/1512.03385)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x_BI: Tensor) -> Tensor:
        y_BO = self.layer(x_BI)
        return x_BI + y_BO if x_BI.shape == y_BO.shape else y_BO


def multilayer(inputs: int, widths: Sequence[int], outputs: int, activation: str, kind: str = "dense") -> nn.Sequential:
    """Hidden layers of these widths, each with its activation, and a dense one that answers.

    Weights start with variance 2 / inputs, so that signals stay as large as they came through layers of ReLU's kind
    (He et al. 2015, https://arxiv.org/abs/1502.01852): a generator begins as spread out as its noise.

    Args:
        activation: one name, or one for each hidden layer, with dashes: "relu-tanh-relu".
        kind: of the hidden layers, likewise: dense; batch_norm or spectral_norm (Miyato et al. 2018,
            https://arxiv.org/abs/1802.05957); residual; minibatch (a dense layer that also sees the others' answers).

    Shapes: B×I → B×O.

    Raises:
        GuinaError: there is no such activation or kind, or the number of names is not that of the layers.

    Example:
        >>> multilayer(2, [16, 16], 1, "relu-tanh")(torch.zeros(5, 2)).shape
        torch.Size([5, 1])
    """
    activations = one_each("activation", activation.replace("-", ","), ACTIVATIONS, len(widths))
    kinds = one_each("kind of layer", kind.replace("-", ","), KINDS, len(widths))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    width = inputs
    for n, (wanted, act, how) in enumerate(zip(widths, activations, kinds, strict=True), 1):
        layers[f"layer{n}"] = hidden(width, wanted, act, how)
        width = wanted + (MinibatchDiscrimination.features if how == "minibatch" else 0)
    answer = Dense(width, outputs)
    nn.init.normal_(answer.weight, 0, (2 / width) ** 0.5)
    layers["answer"] = answer
    return nn.Sequential(layers)


def hidden(inputs: int, width: int, activation: str, kind: str) -> nn.Module:
    """One hidden layer: dense, what its kind adds, and the activation."""
    wide = channels_in(activation, width)
    dense: nn.Module = Dense(inputs, wide)
    nn.init.normal_(dense.weight, 0, (2 / inputs) ** 0.5)  # pyright: ignore[reportArgumentType]
    if kind == "spectral_norm":
        dense = spectral_norm(dense)
    parts = [dense, *([BatchNorm(wide)] if kind == "batch_norm" else []), ACTIVATIONS[activation]()]
    if kind == "minibatch":
        parts.append(MinibatchDiscrimination(width))
    layer = nn.Sequential(*parts)
    return Residual(layer) if kind == "residual" else layer


@torch.no_grad()
def bend_within(net: nn.Module, low_I: Tensor, high_I: Tensor) -> None:
    """Set the first layer's biases so that its units bend, where w·x + b = 0, all over a range and a tenth beyond it.

    Rectifiers whose biases are near 0 all bend near the origin: to data that lie elsewhere the network is a straight
    line until it has learned otherwise (Nguyen & Widrow 1990, "Improving the learning speed of 2-layer neural networks
    by choosing initial values of the adaptive weights").

    Args:
        net: its first layer is, or begins with, a Dense one of I inputs.
        low_I, high_I: the corners of the range.

    Example:
        >>> net = multilayer(1, [8], 1, "relu")
        >>> bend_within(net, torch.tensor([4.0]), torch.tensor([4.0]))
        >>> bool(net.layer1(torch.tensor([[4.0]])).abs().max() < 1e-5)
        True
    """
    first = next(module for module in net.modules() if isinstance(module, Dense))
    assert first.bias is not None, "layers of a multilayer network have one"
    x_OI = low_I + (high_I - low_I) * (torch.rand(first.weight.shape) * 1.2 - 0.1)
    first.bias.copy_(-(first.weight * x_OI).sum(1))


def widths_of(text: str) -> list[int]:
    """Layer widths from "128-128-128".

    Raises:
        GuinaError: they are no whole numbers from 1 to 4096, or more than 16.

    Example:
        >>> widths_of("8-8-1")
        [8, 8, 1]
    """
    parts = text.split("-")
    if len(parts) > 16 or not all(part.isascii() and part.isdigit() and 0 < int(part) <= 4096 for part in parts):
        raise GuinaError(
            f'layers "{text}"', "the width of each hidden layer, 1 to 4096, with dashes", "such as 128-128-128"
        )
    return [int(part) for part in parts]
