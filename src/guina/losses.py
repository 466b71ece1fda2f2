"""What training minimises: pure functions that return the sum over the batch.

A sum, not a mean, as the engine divides by the global count: a batch that is cut over processes, or accumulated from
pieces of unequal size, then gives the same gradient as a whole one.

Axes: B examples, K classes.
"""

import torch.nn.functional as F
from torch import Tensor


def cross_entropy_sum(logits_BK: Tensor, target_B: Tensor, smoothing: float = 0.0) -> Tensor:
    """−Σ_b Σ_k q[b, k] · log p[b, k], in nats: how surprised the network is by the targets.

    Here p = softmax(logits) and q = (1 − smoothing) · onehot(target) + smoothing / K.

    Smoothing keeps a network from growing its logits without end on examples that it has long got right (Szegedy et al.
    2015, https://arxiv.org/abs/1512.00567).

    Args:
        logits_BK: unnormalised log probabilities.
        target_B: the classes, 0 … K−1, int64.
        smoothing: probability that the target spreads over all classes, from 0 to below 1.

    Example:
        >>> import torch
        >>> round(cross_entropy_sum(torch.zeros(3, 10), torch.tensor([0, 1, 2])).item(), 4)  # 3 · ln 10
        6.9078
    """
    return F.cross_entropy(logits_BK, target_B, reduction="sum", label_smoothing=smoothing)
