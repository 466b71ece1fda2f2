"""Minibatch discrimination: a layer that tells each example how close the batch's other examples are to it.

A critic that sees one example at a time cannot tell that all of them are the same, so a generator may collapse onto one
answer unpunished (Salimans et al. 2016, https://arxiv.org/abs/1606.03498, section 3.2).

Axes: B examples, F features, K kernels, D their dimension.
"""

import torch
from torch import Tensor, nn


class MinibatchDiscrimination(nn.Module):
    """y[b] = [x[b], o[b]] with o[b, k] = Σ_{c ≠ b} exp(−‖m[b, k] − m[c, k]‖₁) / (B − 1), m = x T.

    The paper sums over the others; the mean keeps the answer's size the same for any batch.

    Args:
        inputs: F.

    Shapes: B×F → B×(F + features).

    Example:
        >>> MinibatchDiscrimination(8)(torch.zeros(5, 8))[:, 8:].detach().unique()  # all are alike
        tensor([1.])
    """

    features, dimension = 5, 3  # K and D

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.kernels = nn.Parameter(torch.randn(inputs, self.features * self.dimension) * inputs**-0.5)

    def forward(self, x_BF: Tensor) -> Tensor:
        m_BKD = (x_BF @ self.kernels).view(-1, self.features, self.dimension)
        far_BBK = (m_BKD[:, None] - m_BKD).abs().sum(-1)
        closeness_BK = (torch.exp(-far_BBK).sum(1) - 1) / max(1, len(x_BF) - 1)
        return torch.cat([x_BF, closeness_BK], 1)
