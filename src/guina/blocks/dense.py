"""The fully connected layer: every output is a weighted sum of every input."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dense(nn.Module):
    """y[o] = b[o] + Σ_i w[o, i] · x[i]; weights start uniform within ±1/√inputs.

    Args:
        inputs, outputs: the length of the last axis before and after.
        bias: whether each output adds a number of its own.

    Shapes: ...×I → ...×O.

    Example:
        >>> Dense(64, 10)(torch.zeros(8, 64)).shape
        torch.Size([8, 10])
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__()
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None

    def forward(self, x_BI: Tensor) -> Tensor:
        return F.linear(x_BI, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.size(1)} → {self.weight.size(0)}"
