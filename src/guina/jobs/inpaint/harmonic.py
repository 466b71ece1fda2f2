"""The harmonic fill: what a hole would hold if every pixel were the mean of its neighbours.

It is the smoothest picture that agrees with the hole's edge: the simplest baseline, and what the network starts from.
Known pixels are kept; what lies outside of the picture has no say.

Axes: B pictures, H W pixels, C channels, N pixels of a hole.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

GREY = 0.5
SWEEPS = 8  # at each level of the quick fill
RADIUS = 0.95  # of Jacobi in a hole: less than 1, and closer to it the larger the hole
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))


def harmonic_fill(pixels_BHWC: np.ndarray, hole_BHW: np.ndarray, fallback: float = GREY) -> np.ndarray:
    """Pictures with their holes filled, each as by `exact_fill`.

    Example:
        >>> x_BHWC = np.float32([0, 9, 1, 9]).reshape(1, 1, 4, 1)
        >>> harmonic_fill(x_BHWC, np.array([[[False, True, False, True]]])).ravel().tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    pairs = zip(pixels_BHWC, hole_BHW, strict=True)
    return np.stack([exact_fill(pixels_HWC, hole_HW, fallback) for pixels_HWC, hole_HW in pairs])


def exact_fill(pixels_HWC: np.ndarray, hole_HW: np.ndarray, fallback: float = GREY) -> np.ndarray:
    """A picture of float32 whose hole solves the Laplace equation between the known pixels, channel by channel.

    Time and memory grow a little faster than the hole: one of 600×600 takes some seconds and half a gigabyte.

    Args:
        hole_HW: which pixels are not looked at, but filled.
        fallback: what a picture becomes that is nothing but hole.
    """
    from scipy.sparse import csc_array  # a dependency of scikit-learn's, slow to import
    from scipy.sparse.linalg import splu

    filled_HWC = np.where(hole_HW[:, :, None], np.float32(fallback), pixels_HWC).astype(np.float32)
    N = int(np.count_nonzero(hole_HW))
    if N in (0, hole_HW.size):
        return filled_HWC
    H, W, C = pixels_HWC.shape
    place_HW = np.full((H + 2, W + 2), -1)
    place_HW[1:-1, 1:-1][hole_HW] = np.arange(N)
    known_HWC = np.pad(np.where(hole_HW[:, :, None], 0.0, pixels_HWC), ((1, 1), (1, 1), (0, 0)))
    inside_HW = np.pad(np.ones((H, W)), 1)
    y_N, x_N = np.nonzero(hole_HW)
    degree_N, edge_NC = np.zeros(N), np.zeros((N, C))
    rows, columns = [np.arange(N)], [np.arange(N)]
    for down, right in SIDES:
        there = y_N + 1 + down, x_N + 1 + right
        degree_N += inside_HW[there]
        edge_NC += known_HWC[there]
        inner_N = place_HW[there] >= 0
        rows.append(np.flatnonzero(inner_N))
        columns.append(place_HW[there][inner_N])
    values = np.concatenate([degree_N, -np.ones(sum(map(len, rows)) - N)])
    laplace = csc_array((values, (np.concatenate(rows), np.concatenate(columns))), shape=(N, N))
    solved = splu(laplace, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    filled_HWC[hole_HW] = solved.solve(edge_NC)
    return filled_HWC


@torch.no_grad()
def quick_fill(x_BCHW: Tensor, hole_BHW: Tensor, sweeps: int = SWEEPS, fallback: float = GREY) -> Tensor:
    """Batches with their holes filled almost harmonically, on any device, for training.

    Known pixels are averaged to ever smaller pictures, until there is no hole; then each level takes its hole from
    the smaller one and smooths it by some sweeps of Jacobi's method, in Chebyshev's order (Gortler et al. 1996, The
    Lumigraph, https://doi.org/10.1145/237170.237200, section 3.4; Golub & Varga 1961).

    Args:
        sweeps: at each level; the error falls with them.
        fallback: what a picture becomes that is nothing but hole.

    Example:
        >>> x_BCHW = torch.linspace(0, 1, 9).expand(1, 1, 9, 9)
        >>> hole_BHW = torch.zeros(1, 9, 9, dtype=torch.bool)
        >>> hole_BHW[:, 3:6, 3:6] = True
        >>> bool((quick_fill(x_BCHW, hole_BHW) - x_BCHW).abs().max() < 0.01)
        True
    """
    known_B1HW = (~hole_BHW)[:, None].to(x_BCHW.dtype)
    levels = [(torch.where(hole_BHW[:, None], 0.0, x_BCHW).contiguous(), known_B1HW)]
    while max(levels[-1][0].shape[2:]) > 1:
        levels.append(halved(*levels[-1]))
    filled, known = levels.pop()
    filled = torch.where(known > 0, filled, fallback)
    for level, known in reversed(levels):
        larger = F.interpolate(filled, scale_factor=2, mode="bilinear")[..., : level.shape[2], : level.shape[3]]
        filled = smoothed(torch.where(known > 0, level, larger), 1 - known, sweeps)
    return filled


def halved(x_BCHW: Tensor, known_B1HW: Tensor) -> tuple[Tensor, Tensor]:
    """A picture of half the size: each pixel the mean of those known of four, 0 where none is."""
    x_BCHW, share_B1HW = (
        F.avg_pool2d(some, 2, ceil_mode=True, count_include_pad=False) for some in (x_BCHW * known_B1HW, known_B1HW)
    )
    return x_BCHW / share_B1HW.clamp(min=1e-6), (share_B1HW > 0).to(x_BCHW.dtype)


def smoothed(x_BCHW: Tensor, hole_B1HW: Tensor, sweeps: int) -> Tensor:
    """Some sweeps of Jacobi's method in the hole, each put right by the one before (Chebyshev's weights)."""
    share_1HW = 1 / beside(torch.ones_like(x_BCHW[0, :1])).clamp(min=1)  # of a neighbour in the mean
    before_BCHW, weight = x_BCHW, 1.0
    for sweep in range(sweeps):
        off_BCHW = beside(x_BCHW).mul_(share_1HW).sub_(before_BCHW)
        weight = 1 / (1 - weight * (0, RADIUS**2 / 2, RADIUS**2 / 4)[min(sweep, 2)])
        x_BCHW, before_BCHW = torch.addcmul(before_BCHW, off_BCHW, hole_B1HW, value=weight), x_BCHW
    return x_BCHW


def beside(x: Tensor) -> Tensor:
    """The sum of the neighbours of each pixel, ...×H×W; there are none outside of the picture."""
    sums = torch.zeros_like(x)
    sums[..., 1:, :] += x[..., :-1, :]
    sums[..., :-1, :] += x[..., 1:, :]
    sums[..., 1:] += x[..., :-1]
    sums[..., :-1] += x[..., 1:]
    return sums
