"""Attention: what is asked for is compared with every key, and the answer is the mean of the values, weighted by how
well their keys fit.

    a[r, s] = softmax over s of q[r] · k[s] / √D,    context[r] = Σ_s a[r, s] v[s]

Several heads ask side by side, each in a part of the width (Bahdanau et al. 2015, https://arxiv.org/abs/1409.0473;
the scaled product and the heads: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.2).

Axes: B examples, R places that ask, S places that are asked, Q and C their widths, N heads, D = C / N the width of one.
"""

import math

import torch
from torch import Tensor, nn

Keys = dict[str, Tensor]  # "k", "v": B×N×S×D, "there": B×S, whether a place is one


class Attention(nn.Module):
    """Several heads of attention from one sequence to another.

    Args:
        asking, asked: Q and C; the context is as wide as what is asked.
        heads: N, a divisor of C.

    Example:
        >>> attention = Attention(asking=6, asked=8, heads=2)
        >>> keys = attention.keys(torch.randn(1, 5, 8), torch.tensor([3]))
        >>> context_BRC, weight_BRS = attention(torch.randn(1, 4, 6), keys)
        >>> context_BRC.shape, weight_BRS[0, 0, 3:].tolist()
        (torch.Size([1, 4, 8]), [0.0, 0.0])
    """

    def __init__(self, asking: int, asked: int, heads: int) -> None:
        super().__init__()
        assert asked % heads == 0, "heads share the width"
        self.heads = heads
        self.q = nn.Linear(asking, asked, bias=False)
        self.k = nn.Linear(asked, asked, bias=False)
        self.v = nn.Linear(asked, asked, bias=False)

    def keys(self, x_BSC: Tensor, length_B: Tensor) -> Keys:
        """What is asked, prepared once for all questions; places beyond an example's length are none."""
        there_BS = torch.arange(x_BSC.size(1), device=x_BSC.device) < length_B[:, None]
        return {"k": self.split(self.k(x_BSC)), "v": self.split(self.v(x_BSC)), "there": there_BS}

    def split(self, x_BSC: Tensor) -> Tensor:
        """The heads' parts of the width: B×N×S×D."""
        return x_BSC.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x_BRQ: Tensor, keys: Keys) -> tuple[Tensor, Tensor]:
        """The context B×R×C, and where it is from: weights B×R×S, the mean over heads; those of an example's places
        add up to 1.
        """
        q_BNRD = self.split(self.q(x_BRQ))
        fit_BNRS = q_BNRD @ keys["k"].mT / math.sqrt(q_BNRD.size(-1))
        a_BNRS = fit_BNRS.masked_fill(~keys["there"][:, None, None], -torch.inf).softmax(-1)
        return (a_BNRS @ keys["v"]).transpose(1, 2).flatten(2), a_BNRS.mean(1)
