"""Pictures made to look old: what a network learns from must look like what it will be given.

Axes: B pictures, H W pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

FADE, GRAIN, SCRATCHES = 0.5, 8.0, 3  # share of the contrast that may be lost; levels of L; lines at most


def aged(L_BHW: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """A share of pictures faded, blurred, grainy and scratched, each a little of some of these; the others as they are.

    Args:
        L_BHW: brightness, 0 … 100.

    Example:
        >>> grey_BHW = torch.full((4, 8, 8), 50.0)
        >>> torch.equal(aged(grey_BHW, 0.0, torch.Generator()), grey_BHW)
        True
    """
    B, H, W = L_BHW.shape
    chosen_B = torch.rand(B, generator=rng) < share
    if not chosen_B.any():
        return L_BHW
    some = L_BHW[chosen_B]
    n = len(some)
    which_n4 = torch.rand(n, 4, generator=rng) < 0.5
    much_n4 = torch.rand(n, 4, generator=rng)
    ground_n = 100 * torch.rand(n, generator=rng)
    kept_n11 = (1 - FADE * much_n4[:, 0] * which_n4[:, 0])[:, None, None]
    some = some * kept_n11 + ground_n[:, None, None] * (1 - kept_n11)
    blurred = F.avg_pool2d(F.pad(some[:, None], (1, 1, 1, 1), mode="replicate"), 3, 1)[:, 0]
    some = torch.where(which_n4[:, 1, None, None], some.lerp(blurred, much_n4[:, 1, None, None]), some)
    grain_nHW = torch.randn(n, H, W, generator=rng)
    some = some + GRAIN * (much_n4[:, 2] * which_n4[:, 2])[:, None, None] * grain_nHW
    column_W, row_H = torch.arange(W), torch.arange(H)
    for line_n4 in torch.rand(SCRATCHES, n, 4, generator=rng):  # where, how slanted, how long, how bright
        at_nH = line_n4[:, 0, None] * W + (line_n4[:, 1, None] - 0.5) * row_H
        on_nH = (row_H >= 0.5 * line_n4[:, 2, None] * H) & which_n4[:, 3, None]
        on_nHW = (column_W - at_nH[:, :, None]).abs().lt(0.5) & on_nH[:, :, None]
        some = torch.where(on_nHW, 100 * line_n4[:, 3, None, None].round(), some)
    found = L_BHW.clone()
    found[chosen_B] = some.clamp(0, 100)
    return found
