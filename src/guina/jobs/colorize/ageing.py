"""Pictures made to look old: what a network learns from must look like what it will be given.

Axes: B pictures, n of them, H W pixels, h w blocks of 8×8, k frequencies.
"""

from math import pi

import torch
import torch.nn.functional as F
from torch import Tensor

FADE, GRAIN, SCRATCHES = 0.5, 8.0, 3  # share of the contrast that may be lost; levels of L; lines at most
BLOCK, COARSE = 8, 16.0  # a JPEG's; levels of L that its coefficients are rounded to at most, where it is even
STEEPER = 0.4  # times as much for each frequency above, about as in its usual table


def cosines() -> Tensor:
    """The waves of a block as rows, of length 1: k×8."""
    wave_k8 = torch.cos(torch.arange(BLOCK)[:, None] * (torch.arange(BLOCK) + 0.5) * pi / BLOCK)
    return wave_k8 / wave_k8.norm(dim=1, keepdim=True)


WAVES = cosines()
STEPS = 1 + STEEPER * (torch.arange(BLOCK)[:, None] + torch.arange(BLOCK))  # of coefficients, as multiples of the first


def aged(L_BHW: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """A share of pictures faded, blurred, grainy, scratched and squeezed as a JPEG, each a little of some of these; the
    others as they are.

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
    which_n5 = torch.rand(n, 5, generator=rng) < 0.5
    much_n5 = torch.rand(n, 5, generator=rng)
    ground_n = 100 * torch.rand(n, generator=rng)
    kept_n11 = (1 - FADE * much_n5[:, 0] * which_n5[:, 0])[:, None, None]
    some = some * kept_n11 + ground_n[:, None, None] * (1 - kept_n11)
    blurred = F.avg_pool2d(F.pad(some[:, None], (1, 1, 1, 1), mode="replicate"), 3, 1)[:, 0]
    some = torch.where(which_n5[:, 1, None, None], some.lerp(blurred, much_n5[:, 1, None, None]), some)
    grain_nHW = torch.randn(n, H, W, generator=rng)
    some = some + GRAIN * (much_n5[:, 2] * which_n5[:, 2])[:, None, None] * grain_nHW
    column_W, row_H = torch.arange(W), torch.arange(H)
    for line_n4 in torch.rand(SCRATCHES, n, 4, generator=rng):  # where, how slanted, how long, how bright
        at_nH = line_n4[:, 0, None] * W + (line_n4[:, 1, None] - 0.5) * row_H
        on_nH = (row_H >= 0.5 * line_n4[:, 2, None] * H) & which_n5[:, 3, None]
        on_nHW = (column_W - at_nH[:, :, None]).abs().lt(0.5) & on_nH[:, :, None]
        some = torch.where(on_nHW, 100 * line_n4[:, 3, None, None].round(), some)
    squeezed_n = which_n5[:, 4]
    some[squeezed_n] = squeezed(some[squeezed_n], COARSE * much_n5[squeezed_n, 4])
    found = L_BHW.clone()
    found[chosen_B] = some.clamp(0, 100)
    return found


def squeezed(L_nHW: Tensor, step_n: Tensor) -> Tensor:
    """Pictures as a JPEG keeps them: of blocks, the coefficients of a cosine transform, rounded.

    Args:
        L_nHW: brightness, 0 … 100.
        step_n: what the mean of a block is rounded to, times 8; higher frequencies more coarsely.
    """
    n, H, W = L_nHW.shape
    whole_n1HW = F.pad(L_nHW[:, None] - 50, (0, -W % BLOCK, 0, -H % BLOCK), mode="replicate")
    block_nhw88 = whole_n1HW.reshape(n, -(-H // BLOCK), BLOCK, -(-W // BLOCK), BLOCK).transpose(2, 3)
    step_n11kk = step_n[:, None, None, None, None].clamp_min(1e-3) * STEPS
    rounded_nhwkk = (WAVES @ block_nhw88 @ WAVES.T / step_n11kk).round() * step_n11kk
    made_nhw88 = WAVES.T @ rounded_nhwkk @ WAVES
    return made_nhw88.transpose(2, 3).reshape(n, *whole_n1HW.shape[2:])[:, :H, :W] + 50
