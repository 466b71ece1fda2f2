"""Colours that the user knows: where, and which.

Axes: B pictures, H W pixels.
"""

import re
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.data.lab import to_lab
from guina.errors import GuinaError

SCALE = 110.0  # of a and b, to about −1 … 1
FAR, ALIKE = 0.06, 8.0  # how far a hint reaches, in sides of the picture, and to how much lighter or darker, in L
FEWER = 1 / 8  # the chance, after each point, that there is none more (arXiv 1705.02999, section 3.3)
ALL = 0.01  # share of the pictures that are given all their colours
WIDEST = 4  # pixels from the middle of a point to its edge, at most
FORM = re.compile(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*#?([0-9a-fA-F]{6})\s*$")


class Hint(NamedTuple):
    """A colour at a place, in pixels from the left and from the top."""

    x: int
    y: int
    rgb: tuple[int, int, int]


def parse_hints(text: str) -> list[Hint]:
    """Hints as they are written.

    Raises:
        GuinaError: they are written otherwise.

    Example:
        >>> parse_hints("3,4,#ff0000; 10,2,#00ff00")[1]
        Hint(x=10, y=2, rgb=(0, 255, 0))
    """
    found = []
    for part in filter(str.strip, text.split(";")):
        if (match := FORM.match(part)) is None:
            raise GuinaError(
                f"--hint {part.strip()}", "x,y,#rrggbb, such as 120,80,#3366cc", "several have ; between them"
            )
        x, y, colour = match.groups()
        red, green, blue = bytes.fromhex(colour)
        found.append(Hint(int(x), int(y), (red, green, blue)))
    return found


def no_hints(count: int, height: int, width: int) -> Tensor:
    """What a network is given where nothing is known: a, b, and where they are known, B×3×H×W."""
    return torch.zeros(count, 3, height, width)


def hint_planes(hints: list[Hint], size: tuple[int, int], height: int, width: int) -> Tensor:
    """The same of one picture with hints, 1×3×H×W.

    Args:
        size: height and width of the picture that the hints' places are of.

    Raises:
        GuinaError: a hint lies outside of the picture.
    """
    planes = no_hints(1, height, width)
    for x, y, rgb in hints:
        if not (x < size[1] and y < size[0]):
            raise GuinaError(
                f"the hint {x},{y} lies outside of the picture",
                f"places from 0,0 to {size[1] - 1},{size[0] - 1}",
                "count pixels from the left and from the top of the picture as it is seen",
            )
        row, column = y * height // size[0], x * width // size[1]
        around = slice(max(0, row - 1), row + 2), slice(max(0, column - 1), column + 2)
        colour_2 = torch.from_numpy(to_lab(np.array(rgb, np.uint8))[1:] / SCALE)
        planes[0, :2, *around] = colour_2[:, None, None]
        planes[0, 2, *around] = 1
    return planes


def draw_hints(ab_B2HW: Tensor, rng: torch.Generator) -> Tensor:
    """Hints of true colours as they are learned from: half of the pictures have none, one in a hundred all.

    Args:
        ab_B2HW: about −1 … 1.
    """
    B, _, H, W = ab_B2HW.shape
    known_B1HW = torch.zeros(B, 1, H, W)
    kind_B = torch.rand(B, generator=rng)
    known_B1HW[kind_B < ALL] = 1
    count_B = (torch.rand(B, generator=rng).clamp_min(1e-9).log() / np.log(1 - FEWER)).long()
    for b in torch.nonzero((kind_B >= ALL) & (kind_B < 0.5)).flatten().tolist():
        points_P3 = torch.rand(int(count_B[b]), 3, generator=rng).numpy()
        for y, x, wide in points_P3:
            far = int(wide * min(WIDEST, min(H, W) / 8) + 0.5)
            row, column = int(y * H), int(x * W)
            known_B1HW[b, 0, max(0, row - far) : row + far + 1, max(0, column - far) : column + far + 1] = 1
    return torch.cat([ab_B2HW * known_B1HW, known_B1HW], 1)


def follow_hints(ab_B2hw: Tensor, L_BHW: Tensor, hints_B3HW: Tensor) -> Tensor:
    """Colours moved to those that were hinted at: all the way at a hint, and the less the farther a place is and the
    less it is as bright.

    A network that has learned much takes hints by itself, and is hardly moved; one that has learned little is told.

    Args:
        ab_B2hw: at half the scale of L and of the hints.
        hints_B3HW: a and b, about −1 … 1, and where they are known; see `hint_planes`.

    Shapes: B×2×h×w, B×H×W, B×3×H×W → B×2×h×w.
    """
    known_B1hw, L_B1hw = (
        F.avg_pool2d(one, 2, ceil_mode=True).to(ab_B2hw) for one in (hints_B3HW[:, 2:], L_BHW[:, None])
    )
    told_B2hw = F.avg_pool2d(hints_B3HW[:, :2], 2, ceil_mode=True).to(ab_B2hw) * SCALE / known_B1hw.clamp_min(1e-6)
    h, w = ab_B2hw.shape[2:]
    row_h1, column_1w = torch.arange(h).to(ab_B2hw)[:, None], torch.arange(w).to(ab_B2hw)[None]
    found_B2hw = ab_B2hw.clone()
    for b in range(len(ab_B2hw)):
        y_P, x_P = torch.nonzero(known_B1hw[b, 0] > 0, as_tuple=True)
        if not len(y_P):
            continue
        off_P2 = (told_B2hw - ab_B2hw)[b, :, y_P, x_P].T
        square_Phw = (row_h1 - y_P[:, None, None]) ** 2 + (column_1w - x_P[:, None, None]) ** 2
        lighter_Phw = L_B1hw[b] - L_B1hw[b, 0, y_P, x_P][:, None, None]
        near_Phw = (-square_Phw / (2 * (FAR * min(h, w)) ** 2) - (lighter_Phw / ALIKE) ** 2 / 2).exp()
        found_B2hw[b] += torch.einsum("phw,pc->chw", near_Phw, off_P2) / near_Phw.sum(0).clamp_min(1)
    return found_B2hw
