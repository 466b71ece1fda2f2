"""Masks that training and scoring draw, as LaMa draws them: strokes of a brush, and boxes.

Axes: B masks, H W pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin
from random import Random

import numpy as np
import torch
from PIL import Image, ImageDraw

KINDS = ("thin", "medium", "thick")
CENTRE = "centre"
SIDE = 256  # pixels of the pictures that the recipes are for
MOST = 0.5  # share of a picture that a mask may cover
TRIES = 20
TURN = 4.0  # radians: directions that lines of one stroke take
LINES = 5  # of a stroke, at most
SHORTEST, THINNEST = 10, 5  # what is added to every line's length and width


@dataclass(frozen=True)
class Recipe:
    """How one kind of mask is drawn, in pixels of a picture of 256×256.

    Args:
        strokes: how many, from and to.
        width, length: of a line of a stroke, at most.
        boxes: how many, from and to, where boxes are drawn instead of strokes.
        sides: of a box, from and to.
        margin: how far boxes keep from the picture's edge.
        share: of the masks that are boxes.
    """

    strokes: tuple[int, int]
    width: int
    length: int
    boxes: tuple[int, int] = (1, 1)
    sides: tuple[int, int] = (1, 1)
    margin: int = 0
    share: float = 0.0


RECIPES = {
    "thin": Recipe((4, 50), 10, 40),
    "medium": Recipe((4, 5), 50, 100, (1, 5), (10, 50), 0, 0.3 / 1.3),
    "thick": Recipe((1, 5), 100, 200, (1, 3), (30, 150), 10, 0.3 / 1.3),
}


def draw_masks(kinds: Sequence[str], height: int, width: int, rng: torch.Generator, size: float = 1.0) -> np.ndarray:
    """B×H×W of bool: one mask of each kind, true where the hole is; none is empty or covers more than half.

    The recipes are LaMa's for pictures of 256×256 (Suvorov et al. 2022, https://arxiv.org/abs/2109.07161), scaled with
    the short side; those of its code, where every line is 10 pixels longer and 5 wider than drawn.

    Args:
        kinds: of `KINDS`, or "centre": a box of half the height and half the width, in the middle.
        rng: on the CPU; nothing else is random.
        size: what all lengths and widths are multiplied by: training lets its holes grow.

    Example:
        >>> holes_BHW = draw_masks(["thin", "thick", "centre"], 32, 48, torch.Generator().manual_seed(0))
        >>> holes_BHW.shape, holes_BHW.dtype, int(holes_BHW[2].sum()) == 16 * 24
        ((3, 32, 48), dtype('bool'), True)
    """
    dice = Random(int(torch.randint(2**63 - 1, (), generator=rng)))  # quicker than numpy's for single numbers
    holes_BHW = np.zeros((len(kinds), height, width), bool)
    for n, kind in enumerate(kinds):
        holes_BHW[n] = centre(height, width) if kind == CENTRE else drawn(RECIPES[kind], height, width, dice, size)
    return holes_BHW


def centre(height: int, width: int) -> np.ndarray:
    """The mask that scores are compared by: half the height and half the width, in the middle."""
    high, wide = max(1, height // 2), max(1, width // 2)
    hole_HW = np.zeros((height, width), bool)
    hole_HW[(height - high) // 2 :, (width - wide) // 2 :][:high, :wide] = True
    return hole_HW


def drawn(recipe: Recipe, height: int, width: int, dice: Random, size: float) -> np.ndarray:
    """One mask, drawn until it is neither empty nor too large; a box where that does not succeed."""
    scale = size * min(height, width) / SIDE
    for _ in range(TRIES):
        image = Image.new("L", (width, height))
        draw = draw_boxes if dice.random() < recipe.share else draw_strokes
        draw(ImageDraw.Draw(image), image.size, recipe, scale, dice)
        hole_HW = np.asarray(image).view(bool)
        if 0 < np.count_nonzero(hole_HW) <= MOST * height * width:
            return hole_HW
    high, wide = (max(1, int(side * min(1, size) / 2)) for side in (height, width))
    top, left = between(0, height - high, dice), between(0, width - wide, dice)
    hole_HW = np.zeros((height, width), bool)
    hole_HW[top : top + high, left : left + wide] = True
    return hole_HW


def draw_boxes(draw: ImageDraw.ImageDraw, size: tuple[int, int], recipe: Recipe, scale: float, dice: Random) -> None:
    """Some boxes, anywhere within the margin."""
    low, high = (side * scale for side in recipe.sides)
    margin = int(recipe.margin * scale)
    for _ in range(between(*recipe.boxes, dice)):
        ends = []
        for whole in size:
            most = max(1, whole - 2 * margin)
            side = min(most, max(1, round(low + (high - low) * dice.random())))
            first = (whole - most) // 2 + between(0, most - side, dice)
            ends.append((first, first + side - 1))
        (left, right), (top, bottom) = ends
        draw.rectangle((left, top, right, bottom), fill=1)


def draw_strokes(draw: ImageDraw.ImageDraw, size: tuple[int, int], recipe: Recipe, scale: float, dice: Random) -> None:
    """Some strokes of one to five lines, each of its own direction, length and width; every other stroke is mirrored,
    so that they lean both ways.
    """
    right, bottom = size[0] - 1, size[1] - 1
    for stroke in range(between(*recipe.strokes, dice)):
        turn = TURN if stroke % 2 else -TURN
        x, y = between(0, right, dice), between(0, bottom, dice)
        for _ in range(between(1, LINES, dice)):
            angle = turn * dice.random()
            length = (SHORTEST + recipe.length * dice.random()) * scale
            width = max(1, round((THINNEST + recipe.width * dice.random()) * scale))
            start = x, y
            x = min(right, max(0, round(x + length * sin(angle))))
            y = min(bottom, max(0, round(y + length * cos(angle))))
            draw.line((*start, x, y), fill=1, width=width)
            if width > 2:  # round ends can be seen
                half = width / 2
                draw.ellipse((start[0] - half, start[1] - half, start[0] + half, start[1] + half), fill=1)
                draw.ellipse((x - half, y - half, x + half, y + half), fill=1)


def between(low: int, high: int, dice: Random) -> int:
    """A whole number from one to the other, both among them."""
    return low + int(dice.random() * (high - low + 1))
