"""DiffAug: the same random changes for real and made pictures before the critic sees them, and gradients pass through.

With few pictures a critic learns them by heart, and its advice is worth nothing; one that never sees a picture twice
cannot (Zhao et al. 2020, https://arxiv.org/abs/2006.10738: colour, translation, cutout).

Axes: B examples, C channels, H W pixels.
"""

import torch
from torch import Tensor


def diff_augment(x_BCHW: Tensor, rng: torch.Generator) -> Tensor:
    """Brightness, saturation, contrast; a move by up to an eighth; a missing square of half the side.

    Args:
        x_BCHW: −1 … 1.
        rng: on the CPU.

    Example:
        >>> diff_augment(torch.zeros(2, 3, 32, 32), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 3, 32, 32])
    """
    return cut(move(colour(x_BCHW, rng), rng), rng)


def colour(x_BCHW: Tensor, rng: torch.Generator) -> Tensor:
    """Brightness ± 0.5, saturation × 0 … 2 (where there are colours), contrast × 0.5 … 1.5."""
    light, saturation, contrast = torch.rand(3, len(x_BCHW), 1, 1, 1, generator=rng).to(x_BCHW)
    x_BCHW = x_BCHW + (light - 0.5)
    if x_BCHW.size(1) > 1:
        grey = x_BCHW.mean(1, keepdim=True)
        x_BCHW = grey + (x_BCHW - grey) * (2 * saturation)
    middle = x_BCHW.mean((1, 2, 3), keepdim=True)
    return middle + (x_BCHW - middle) * (contrast + 0.5)


def move(x_BCHW: Tensor, rng: torch.Generator) -> Tensor:
    """By up to an eighth of the side either way; zeros come in from outside."""
    batch, _, height, width = x_BCHW.shape
    moved = x_BCHW
    for axis, size in ((2, height), (3, width)):
        most = max(1, size // 8)
        by_B = torch.randint(-most, most + 1, (batch, 1), generator=rng)
        place_BS = torch.arange(size) + by_B
        inside_BS = ((place_BS >= 0) & (place_BS < size)).to(x_BCHW.device)
        shape = [batch, 1, 1, 1]
        shape[axis] = size
        index = place_BS.clamp(0, size - 1).to(x_BCHW.device).view(shape).expand_as(moved)
        moved = moved.gather(axis, index) * inside_BS.view(shape)
    return moved


def cut(x_BCHW: Tensor, rng: torch.Generator) -> Tensor:
    """A square of half the side, its middle anywhere, becomes zeros."""
    batch, _, height, width = x_BCHW.shape
    keep = []
    for size in (height, width):
        middle_B1 = torch.randint(0, size + 1, (batch, 1), generator=rng)
        keep.append((torch.arange(size) - middle_B1).abs() >= size // 4)
    outside = keep[0][:, :, None] | keep[1][:, None, :]
    return x_BCHW * outside[:, None].to(x_BCHW.device)
