"""Batch normalisation: every channel is given mean 0 and variance 1 over the batch, so that any depth trains.

Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167. Why it helps is disputed (smoother loss: Santurkar et al. 2018);
that it allows learning rates an order of magnitude higher is not. Answers must not depend on what else is in the batch,
so evaluation uses running averages of what training saw.

Axes: B examples, C channels, H W pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def batch_norm(x_BCHW: Tensor, scale_C: Tensor, bias_C: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The equations, for reading and for tests: μ = E[x], σ² = E[(x − μ)²], y = scale · (x − μ) / √(σ² + ε) + bias.

    Returns:
        y_BCHW, and μ_C and σ²_C over examples and places.

    Example:
        >>> y_BCHW, mean_C, var_C = batch_norm(torch.tensor([[[[1.0]]], [[[3.0]]]]), torch.ones(1), torch.zeros(1), 0.0)
        >>> y_BCHW.flatten().tolist(), mean_C.item(), var_C.item()
        ([-1.0, 1.0], 2.0, 1.0)
    """
    mean_C = x_BCHW.mean((0, 2, 3))
    centred_BCHW = x_BCHW - mean_C[:, None, None]
    var_C = (centred_BCHW**2).mean((0, 2, 3))
    y_BCHW = centred_BCHW / (var_C + eps).sqrt()[:, None, None]
    return scale_C[:, None, None] * y_BCHW + bias_C[:, None, None], mean_C, var_C


class BatchNorm(nn.Module):
    """`batch_norm` with the framework's kernel, and running averages for evaluation.

    Args:
        channels: C.
        scale, bias: whether they are learned; a frozen scale is 1, a frozen bias 0. Before a convolution and another
            normalisation a scale has no effect of its own, so airbench learns the bias alone.
        keep: the share of the running averages that survives a step; the rest is the batch's mean and its variance
            over n − 1. Low for short runs, whose weights move fast.
        eps: ε; keeps a channel that never varies finite.

    Shapes: B×C×H×W → B×C×H×W, or B×C → B×C.

    Example:
        >>> BatchNorm(4)(torch.randn(8, 4, 3, 3)).mean((0, 2, 3)).abs().max() < 1e-6
        tensor(True)
    """

    scale: Tensor
    bias: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(
        self, channels: int, scale: bool = True, bias: bool = True, keep: float = 0.9, eps: float = 1e-5
    ) -> None:
        super().__init__()
        self.keep, self.eps = keep, eps
        # what is frozen is a constant: kept out of the file, and in place because CUDA's fast kernel wants both
        for name, learned, start in (("scale", scale, torch.ones(channels)), ("bias", bias, torch.zeros(channels))):
            if learned:
                self.register_parameter(name, nn.Parameter(start))
            else:
                self.register_buffer(name, start, persistent=False)
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.mean, self.variance, self.scale, self.bias, self.training, 1 - self.keep, self.eps
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"{len(self.mean)}, keep={self.keep}, eps={self.eps}"
