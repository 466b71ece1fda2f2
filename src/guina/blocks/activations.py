"""Activations: what makes a stack of layers more than one layer. Each is an equation and a piece of advice.

Which to take: SiLU or ReLU, which differ little; ReLU is the cheapest. Leaky ReLU where gradients have to reach through
an adversary; maxout where a layer may cost twice as much; tanh and sigmoid inside recurrent cells and gates. Between
convolutions those two hold up only with a normalisation before them: without one, see for oneself why the field left
them.

All work on tensors of any shape, element by element; maxout works along the channels, axis 1.
"""

from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.names import one_each


class Relu(nn.Module):
    """y = max(0, x). Never saturates above zero, so gradients pass deep stacks whole, where sigmoid's fade.

    A unit that is below zero for every example gets no gradient and stays dead; large learning rates kill many. Batch
    normalisation before it keeps units alive (Nair & Hinton 2010; Glorot et al. 2011).
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class LeakyRelu(nn.Module):
    """y = x where x > 0, slope·x elsewhere. No unit is ever dead (Maas et al. 2013).

    The usual choice in the critic of a GAN (slope 0.2), whose gradients teach the generator.
    """

    def __init__(self, slope: float = 0.1) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.slope)


class Maxout(nn.Module):
    """y[c] = max over p of x[p·C + c]: each unit learns its own convex function out of linear pieces.

    Neither saturates nor dies (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389), but needs `pieces` times the
    filters before it: see `channels_in`. A ReLU layer of twice the width costs as much: compare with that.

    Shapes: B×(pieces·C)×... → B×C×...
    """

    pieces = 2

    def forward(self, x: Tensor) -> Tensor:
        return reduce(torch.maximum, x.chunk(self.pieces, dim=1))


class Tanh(nn.Module):
    """y = tanh x, from −1 to 1, centred on zero. Saturates: beyond |x| ≈ 3 hardly any gradient passes.

    Better than sigmoid between layers, as the next layer's inputs stay centred (LeCun et al. 1998, "Efficient
    BackProp"); the choice for the state of recurrent cells and for outputs in a fixed range.
    """

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)


class Sigmoid(nn.Module):
    """y = 1 / (1 + e^−x), from 0 to 1: a gate, or the probability of one of two classes.

    Between layers, without normalisation, it stalls: the gradient is at most a quarter, fades with every layer, and
    vanishes where the unit saturates; outputs are never negative, so all weights of a filter move up or down together.
    """

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)


class Silu(nn.Module):
    """y = x / (1 + e^−x) ("swish"): a smooth ReLU that dips to −0.28 and lets a little gradient through below zero.

    Elfwing et al. 2017, https://arxiv.org/abs/1702.03118.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x)


class Gelu(nn.Module):
    """y = x · Φ(x), Φ the normal distribution function: much like SiLU, and dearer on a CPU.

    Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x)


class Softplus(nn.Module):
    """y = log(1 + eˣ): ReLU with its corner rounded, so that a network of few units draws smooth curves.

    Dugas et al. 2000, "Incorporating second-order functional knowledge for better option pricing".
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x)


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "maxout": Maxout,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "silu": Silu,
    "gelu": Gelu,
    "softplus": Softplus,
}


def activation_names(names: str, layers: int) -> list[str]:
    """The activation of each layer, from one name for all of them, or one each: "relu,relu,tanh".

    Raises:
        GuinaError: there is no such activation, or the number of names is wrong.

    Example:
        >>> activation_names("relu,relu,tanh", 3)
        ['relu', 'relu', 'tanh']
    """
    return one_each("activation", names, ACTIVATIONS, layers)


def channels_in(name: str, channels: int) -> int:
    """How many channels an activation needs to give so many.

    Example:
        >>> channels_in("relu", 16), channels_in("maxout", 16)
        (16, 32)
    """
    return Maxout.pieces * channels if name == "maxout" else channels
