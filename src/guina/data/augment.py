"""Augmentation of a whole batch at once, and views of pictures for answering. All random choices come from a generator.

Axes: B batch, H W pixels, C channels, N pictures.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def alternating_flip(pictures_BHWC: Tensor, index_B: np.ndarray, epoch_B: np.ndarray) -> Tensor:
    """Mirror each picture in every other epoch, half of them in the even ones (airbench: none comes twice running).

    Example:
        >>> x = torch.arange(4).view(1, 1, 4, 1)
        >>> one, two = (alternating_flip(x, np.array([0]), np.array([e])).flatten().tolist() for e in (0, 1))
        >>> sorted([one, two])
        [[0, 1, 2, 3], [3, 2, 1, 0]]
    """
    half_B = (index_B.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(63)
    mirrored_B = torch.from_numpy((half_B.astype(np.int64) + epoch_B) % 2)
    both = torch.cat([pictures_BHWC, pictures_BHWC.flip(2)])
    return both.index_select(0, torch.arange(len(pictures_BHWC)) + mirrored_B * len(pictures_BHWC))


def translate(pictures_BHWC: Tensor, most: int, rng: torch.Generator) -> Tensor:
    """Move each picture by up to `most` pixels either way; what comes in from outside is the picture's reflection.

    Each row of the answer is one contiguous piece of a row that was made wider by its reflections, so that rows are
    copied rather than pixels: 5 to 8 times faster than indexing by row and column.
    """
    batch, height, width, channels = pictures_BHWC.shape
    most = min(most, height - 1, width - 1)
    dy_B, dx_B = torch.randint(-most, most + 1, (2, batch), generator=rng)
    left, right = pictures_BHWC[:, :, 1 : most + 1], pictures_BHWC[:, :, width - 1 - most : width - 1]
    wide = torch.cat([left.flip(2), pictures_BHWC, right.flip(2)], 2)
    row_BH = reflect(torch.arange(height) + dy_B[:, None], height)
    start_BH = (torch.arange(batch)[:, None] * height + row_BH) * wide.shape[2] + most + dx_B[:, None]
    places = batch * height * wide.shape[2] - width + 1  # where a piece may start: at any pixel but the last few
    pieces = wide.view(-1).as_strided((places, width * channels), (channels, 1))
    return pieces.index_select(0, start_BH.flatten()).view(batch, height, width, channels)


def reflect(index: Tensor, size: int) -> Tensor:
    """Indices that run over an edge, turned back there: −1 is 1, size is size − 2."""
    period = max(1, 2 * (size - 1))
    index = index.remainder(period)
    return torch.minimum(index, period - index)


def cutout(x_BCHW: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """Blank a square of each picture, its centre anywhere (DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552)."""
    batch, _, height, width = x_BCHW.shape
    y_B, x_B = (torch.randint(0, size, (batch, 1), generator=rng) for size in (height, width))
    from_top_BH, from_left_BW = (torch.arange(n) - at + side // 2 for n, at in ((height, y_B), (width, x_B)))
    row_BH, column_BW = ((offset >= 0) & (offset < side) for offset in (from_top_BH, from_left_BW))
    return x_BCHW.masked_fill((row_BH[:, :, None] & column_BW[:, None, :])[:, None], 0.0)


def bend(x_BCHW: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Zoom, stretch, turn and move each picture a little; what comes in from outside is the picture's reflection.

    At strength 1: zoomed by 0.9 to 1.5, sides stretched by up to 1.13 against each other, turned by up to 15 degrees,
    moved by up to a twentieth of its size.
    """
    zoom_B, stretch_B, turn_B, right_B, down_B = torch.rand(5, len(x_BCHW), generator=rng) * 2 - 1
    scale_B, aspect_B = torch.exp(-0.25 * strength * (zoom_B + 0.6)), torch.exp(0.12 * strength * stretch_B)
    cos_B, sin_B = (0.26 * strength * turn_B).cos(), (0.26 * strength * turn_B).sin()
    rows = [scale_B * aspect_B * cos_B, -scale_B * sin_B, 0.1 * strength * right_B]
    rows += [scale_B * sin_B, scale_B / aspect_B * cos_B, 0.1 * strength * down_B]
    grid_BHW2 = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x_BCHW.shape), align_corners=False)
    return F.grid_sample(x_BCHW, grid_BHW2, padding_mode="reflection", align_corners=False)


def tint(x_BCHW: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Change each picture's contrast, brightness and, where it has colours, their balance; in units of the data's
    standard deviation: at strength 1 contrast by up to 30 %, brightness by up to 0.3, each channel by about 0.1.
    """
    batch, channels = x_BCHW.shape[:2]
    contrast, brightness = 0.3 * strength * (torch.rand(2, batch, 1, 1, 1, generator=rng) * 2 - 1)
    balance = 0.1 * strength * torch.randn(batch, channels, 1, 1, generator=rng) if channels > 1 else 0.0
    return x_BCHW * (1 + contrast) + brightness + balance


def views(x_BCHW: Tensor, n: int, flip: bool) -> list[Tensor]:
    """The views of pictures that an answer is averaged over: as they are, moved by a pixel, and their mirrors.

    Args:
        n: 1: as they are; 2: and mirrored; more: and moved.
        flip: whether mirrors are allowed.
    """
    shown = [x_BCHW]
    if n > 2:
        padded = F.pad(x_BCHW, (1, 1, 1, 1), mode="reflect")
        shown += [padded[:, :, :-2, :-2], padded[:, :, 2:, 2:]]
    if flip and n > 1:
        shown += [view.flip(3) for view in shown]
    return [view.contiguous(memory_format=torch.channels_last) for view in shown]


def flip_keeps_class(pictures_NHWC: np.ndarray, target_N: np.ndarray, asked: int = 1000) -> bool:
    """Whether a mirrored picture still looks like its class: the nearest neighbour of a mirrored picture must be of the
    right class nearly as often as that of the picture itself. True for photographs and clothes, false for digits.

    Args:
        pictures_NHWC: training pictures, uint8; a few thousand are enough.
        asked: how many of them are asked about, at most a third.
    """
    small_NCHW = torch.from_numpy(pictures_NHWC).permute(0, 3, 1, 2).float()
    if min(small_NCHW.shape[2:]) > 16:
        small_NCHW = F.adaptive_avg_pool2d(small_NCHW, 14)
    order = torch.randperm(len(small_NCHW), generator=torch.Generator().manual_seed(0))
    small_NCHW, target = small_NCHW[order], torch.from_numpy(target_N)[order]
    known = len(small_NCHW) - max(1, min(asked, len(small_NCHW) // 3))

    def direction(x_NCHW: Tensor) -> Tensor:
        flat = x_NCHW.flatten(1)
        return F.normalize(flat - flat.mean(1, keepdim=True), dim=1)

    def share_right(x_NCHW: Tensor) -> float:
        nearest = (direction(x_NCHW) @ direction(small_NCHW[:known]).T).argmax(1)
        return float((target[:known][nearest] == target[known:]).float().mean())

    chance = float(target.bincount().max()) / len(target)
    as_is, mirrored = share_right(small_NCHW[known:]), share_right(small_NCHW[known:].flip(3))
    # measured ratios: digits 0.25, MNIST 0.38, Fashion-MNIST 0.67, photographs 0.8 and more
    return mirrored - chance >= 0.55 * (as_is - chance)
