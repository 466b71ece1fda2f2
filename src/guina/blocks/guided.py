"""A small picture enlarged with a large one to go by: colours that end where brightness does.

In each window the small picture is taken for a linear function of the guide, p = s·g + t; s and t are enlarged instead
of p, and applied to the large guide (He & Sun 2015, Fast guided filter, https://arxiv.org/abs/1505.00996).

Axes: B pictures, C channels, h w pixels of the small picture, H W of the large one.
"""

import torch.nn.functional as F
from torch import Tensor

RADIUS = 1  # pixels of the small picture from a window's middle to its edge


def box(x_BChw: Tensor) -> Tensor:
    """The mean of the window about each pixel; at the edges of what there is."""
    side = 2 * RADIUS + 1
    return F.avg_pool2d(x_BChw, side, 1, RADIUS, count_include_pad=False)


def slopes(small_BChw: Tensor, guide_B1hw: Tensor, flat: float) -> tuple[Tensor, Tensor]:
    """s and t of each pixel, the means of those of all windows that it lies in.

    Args:
        flat: variance of the guide below which it says nothing.
    """
    mean_BC, mean_B1 = box(small_BChw), box(guide_B1hw)
    covariance_BC = box(small_BChw * guide_B1hw) - mean_BC * mean_B1
    s_BChw = covariance_BC / (box(guide_B1hw**2) - mean_B1**2 + flat)
    return box(s_BChw), box(mean_BC - s_BChw * mean_B1)


def enlarge_guided(small_BChw: Tensor, guide_B1HW: Tensor, flat: float) -> Tensor:
    """The small picture in the size of the guide.

    Args:
        guide_B1HW: reduced to h×w by the mean of what lies below each small pixel.
        flat: see `slopes`.

    Example:
        >>> import torch
        >>> guide_B1HW = torch.arange(64.0).view(1, 1, 8, 8)
        >>> small_BChw = 2 * F.adaptive_avg_pool2d(guide_B1HW, 4) + 1
        >>> (enlarge_guided(small_BChw, guide_B1HW, 1e-6) - (2 * guide_B1HW + 1)).abs().max() < 1e-2
        tensor(True)
    """
    size = guide_B1HW.shape[2:]
    s_BChw, t_BChw = slopes(
        small_BChw, F.adaptive_avg_pool2d(guide_B1HW, (small_BChw.size(2), small_BChw.size(3))), flat
    )
    s_BCHW, t_BCHW = (F.interpolate(one, size, mode="bilinear", align_corners=False) for one in (s_BChw, t_BChw))
    return t_BCHW.addcmul_(s_BCHW, guide_B1HW) if not t_BCHW.requires_grad else t_BCHW + s_BCHW * guide_B1HW
