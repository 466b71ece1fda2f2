"""Colours as classes: a and b of CIE Lab in squares, of which a picture's colour is a distribution.

The mean of all colours that something may have is brown. A distribution over classes keeps them apart (Zhang, Isola &
Efros 2016, https://arxiv.org/abs/1603.08511, section 2): a colour is told as weights on its nearest squares, and the
answer is the mean of a sharpened distribution (equation 5). Their weights for rare colours are left out: they cost half
a decibel, and colours become as many by more contrast afterwards (docs/log.md).

Axes: P colours, Q classes, S squares, K nearest classes of a colour, A values of a or of b in a table.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

STEP = 16  # of a and b: a square's side
NEAREST, WIDTH = 5, 8.0  # classes that a colour is told by, and the deviation of their weights, in units of a and b
REACH, FINE = 112, 2  # of a and b in the table, and its step
LEAST = 1e-6  # share of all colours that a square must hold to be a class


@dataclass(frozen=True)
class Bins:
    """The classes of colour.

    Args:
        centre_Q2: a and b of each class.
        share_Q: how frequent each is in the training pictures, smoothed over neighbours.
    """

    centre_Q2: np.ndarray
    share_Q: np.ndarray

    @cached_property
    def table(self) -> tuple[Tensor, Tensor]:
        """Of each a and b the nearest classes and their weights, A·A×K both."""
        axis_A = np.arange(-REACH, REACH + 1, FINE, dtype=np.float64)
        colour_P2 = np.stack(np.meshgrid(axis_A, axis_A, indexing="ij"), -1).reshape(-1, 2)
        far_PQ = ((colour_P2[:, None] - self.centre_Q2) ** 2).sum(-1)
        near_PK = np.argsort(far_PQ, 1, kind="stable")[:, :NEAREST]
        far_PK = np.take_along_axis(far_PQ, near_PK, 1)
        weight_PK = np.exp(-(far_PK - far_PK[:, :1]) / (2 * WIDTH**2))
        weight_PK /= weight_PK.sum(1, keepdims=True)
        return torch.from_numpy(near_PK), torch.from_numpy(weight_PK).float()

    def loss(self, logits_BQHW: Tensor, ab_B2HW: Tensor) -> Tensor:
        """The cross-entropy with the classes of the true colours: of each picture, the mean over its pixels. B."""
        near_PK, weight_PK = (one.to(ab_B2HW.device) for one in self.table)
        place_B2HW = ((ab_B2HW.clamp(-REACH, REACH) + REACH) / FINE).round().long()
        side = 2 * REACH // FINE + 1
        place_BHW = place_B2HW[:, 0] * side + place_B2HW[:, 1]
        log_BQHW = logits_BQHW.float().log_softmax(1)
        near_BKHW, weight_BKHW = (one[place_BHW].movedim(-1, 1) for one in (near_PK, weight_PK))
        return -(log_BQHW.gather(1, near_BKHW) * weight_BKHW).sum(1).flatten(1).mean(1)

    def colours(self, logits_BQHW: Tensor, temperature: float) -> Tensor:
        """The mean of the distribution, sharpened: a temperature of 1 leaves it as it is, near 0 takes the likeliest.
        B×2×H×W.
        """
        p_BQHW = (logits_BQHW.float() / temperature).softmax(1)
        centre_Q2 = torch.from_numpy(self.centre_Q2).to(p_BQHW)
        return torch.einsum("bqhw,qc->bchw", p_BQHW, centre_Q2)

    def spread(self, logits_BQHW: Tensor) -> Tensor:
        """How unsure the colours are: the deviation of the distribution as it is, in units of a and b. B×H×W."""
        p_BQHW, centre_Q2 = logits_BQHW.float().softmax(1), torch.from_numpy(self.centre_Q2).to(logits_BQHW.float())
        mean_B2HW = torch.einsum("bqhw,qc->bchw", p_BQHW, centre_Q2)
        square_BHW = torch.einsum("bqhw,q->bhw", p_BQHW, (centre_Q2**2).sum(1))
        return (square_BHW - (mean_B2HW**2).sum(1)).clamp_min(0).sqrt()


def find_bins(ab_P2: np.ndarray) -> Bins:
    """The classes that some colours fall into, grey always among them.

    Example:
        >>> found = find_bins(np.array([[0.0, 0.0], [1.0, -1.0], [50.0, 30.0]]))
        >>> found.centre_Q2.tolist()
        [[0.0, 0.0], [48.0, 32.0]]
    """
    square_P2 = np.rint(ab_P2 / STEP).astype(np.int16)
    low_2, high_2 = (end(0, initial=0).astype(np.int64) for end in (square_P2.min, square_P2.max))
    wide = int(high_2[1] - low_2[1]) + 1
    grey = int(-low_2[0] * wide - low_2[1])
    times_S = np.bincount(square_P2[:, 0] * np.int64(wide) + square_P2[:, 1] + grey, minlength=grey + 1)  # row by row
    times_S[grey] += 1
    found_Q = np.flatnonzero(times_S)
    square_Q2, times_Q = np.stack(np.divmod(found_Q, wide), 1) + low_2, times_S[found_Q]
    kept_Q = (times_Q >= max(1, LEAST * len(ab_P2))) | (square_Q2 == 0).all(1)
    square_Q2, times_Q = square_Q2[kept_Q], times_Q[kept_Q].astype(np.float64)
    near_QQ = np.exp(-((square_Q2[:, None] - square_Q2) ** 2).sum(-1) * (STEP / WIDTH) ** 2 / 2)
    share_Q = near_QQ @ times_Q
    return Bins(square_Q2.astype(np.float64) * STEP, share_Q / share_Q.sum())
