"""How pictures are changed in training, the same for all jobs that learn from whole ones.

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from guina.data import augment
from guina.data.order import Draw

FEW_PIXELS = 12  # a side below which a missing square or a large turn takes too much of a picture


def changed(
    x_BHWC: Tensor,
    prepare: Callable[[Tensor], Tensor],
    how: str,
    draw: Draw,
    rng: torch.Generator,
    *,
    flip: bool,
    first: bool = False,
) -> Tensor:
    """Pictures prepared for the network and changed at random, B×C×H×W, channels last.

    Args:
        prepare: bytes to what the network takes.
        how: "none", "light" moves them, "medium" also blanks a square, "strong" also zooms, turns and tints.
        draw: in which pass each picture is seen: mirrored in every other one.
        first: whether they are prepared before they are moved, because pixels at a place have statistics of their own.
    """
    side = min(x_BHWC.shape[1:3])
    if first:
        x_BHWC = prepare(x_BHWC).permute(0, 2, 3, 1).contiguous()
    if flip:
        x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
    if how != "none":
        x_BHWC = augment.translate(x_BHWC, max(1, round(side / 16)), rng)
    x_BCHW = x_BHWC.permute(0, 3, 1, 2) if first else prepare(x_BHWC)
    if how == "strong":
        strength = 1.0 if side > FEW_PIXELS else 0.5
        x_BCHW = augment.bend(x_BCHW, strength, rng)
        x_BCHW = augment.tint(x_BCHW, strength, rng) if x_BHWC.shape[3] > 1 else x_BCHW
    if how in ("medium", "strong") and side > FEW_PIXELS:
        x_BCHW = augment.cutout(x_BCHW, side // 4, rng)
    return x_BCHW.contiguous(memory_format=torch.channels_last)
