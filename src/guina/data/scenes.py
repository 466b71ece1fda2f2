"""The sample scenes: two drawn shapes on light paper, each picture with the one caption that is right.

    a small red circle left of a large blue square

A picture has a small and a large shape. The small one is named first, and where it lies beside the other is said:
left of, right of, above or below; how far it is shifted the other way is at most a quarter of that. Places, sizes and
tints vary, and there is a little noise.

What is judged by was never seen together. Two of three pictures of the validation and test splits show two shapes (of
such a colour each) that no training picture shows together, in whatever sizes and places; no such two are in both
splits. One of three shows two that are together in training, the same one small, but not with this relation. Each shape
of each colour is learned from, small and large, with each relation.

The numbers that draw it come from `Dice`, and pixels from sums, products and roots alone, so that it is always the same
sample.

Axes: H W pixels, C colour channels.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
from PIL import Image

from guina.data.dice import Dice
from guina.data.records import TEST, TRAIN, VAL

SIDE = 48  # pixels
LEARNED, VALIDATED, JUDGED = 3000, 200, 300  # pictures
PAIRS = {TEST: 60, VAL: 40}  # of 325 pairs of shapes with their colours, those that are seen together there alone
NEW = 2 / 3  # of the pictures that are judged by
COLOURS = {
    "red": (214, 44, 48),
    "green": (44, 158, 66),
    "blue": (44, 92, 216),
    "yellow": (240, 196, 20),
    "purple": (150, 60, 176),
}
RELATIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}  # from the large one: x, y
SMALL, LARGE = (4.5, 5.5), (9.0, 11.0)  # half of the side of the box around a shape, in pixels
EDGE, GAP = 1.5, 3.0  # pixels from a box to the picture's edge, and between boxes, at least


def circle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y) - 1


def square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(x), np.abs(y)) - 0.88


def triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Its tip above, at (0, −1), its base from (−1, 0.8) to (1, 0.8)."""
    return np.maximum(y - 0.8, (1.8 * np.abs(x) - y - 1) / np.sqrt(1 + 1.8**2))


def cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = np.abs(x), np.abs(y)
    return np.minimum(np.maximum(x - 1, y - 0.33), np.maximum(x - 0.33, y - 1))


def ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(np.sqrt(x * x + y * y) - 0.78) - 0.22


# how far points are outside of a shape in the box from −1 to 1 (below 0: inside); y points down
SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    shape.__name__: shape for shape in (circle, square, triangle, cross, ring)
}
Thing = tuple[str, str]  # colour, shape
THINGS: list[Thing] = list(product(COLOURS, SHAPES))


@dataclass(frozen=True)
class Scene:
    """What is to be seen in a picture."""

    small: Thing
    relation: str
    large: Thing

    @property
    def caption(self) -> str:
        """The one caption that is right.

        Example:
            >>> Scene(("red", "circle"), "left of", ("blue", "square")).caption
            'a small red circle left of a large blue square'
        """
        return f"a small {' '.join(self.small)} {self.relation} a large {' '.join(self.large)}"

    @property
    def pair(self) -> tuple[Thing, Thing]:
        """Both shapes with their colours, whichever is small."""
        return min(self.small, self.large), max(self.small, self.large)


def scenes() -> dict[str, list[Scene]]:
    """What the pictures of each split show.

    Example:
        >>> {split: len(shown) for split, shown in scenes().items()}
        {'train': 3000, 'val': 200, 'test': 300}
    """
    dice = Dice("scenes 1")
    pairs = dice.shuffled(list(combinations_with_replacement(THINGS, 2)))
    new: dict[str, list[Scene]] = {}
    for split, n in PAIRS.items():
        new[split] = dice.shuffled([scene for pair in pairs[:n] for scene in with_each_relation(pair)])
        pairs = pairs[n:]
    learned, withheld = [], []
    for pair in pairs:
        for small, large in orders(pair):
            never = dice.choice(list(RELATIONS))
            withheld.append(Scene(small, never, large))
            learned += [Scene(small, relation, large) for relation in RELATIONS if relation != never]
    shown = {TRAIN: [scene for _ in range(-(-LEARNED // len(learned))) for scene in dice.shuffled(learned)][:LEARNED]}
    withheld = dice.shuffled(withheld)
    for split, n in ((VAL, VALIDATED), (TEST, JUDGED)):
        count = round(NEW * n)
        shown[split] = dice.shuffled(new[split][:count] + withheld[: n - count])
        withheld = withheld[n - count :]
    return shown


def orders(pair: tuple[Thing, Thing]) -> list[tuple[Thing, Thing]]:
    """Which one is small, which one large: both ways, or one where they are alike."""
    one, other = pair
    return [(one, other), (other, one)] if one != other else [pair]


def with_each_relation(pair: tuple[Thing, Thing]) -> list[Scene]:
    return [Scene(small, relation, large) for small, large in orders(pair) for relation in RELATIONS]


def drawn(scene: Scene, dice: Dice) -> np.ndarray:
    """A picture of the scene: SIDE×SIDE×3, uint8."""
    tint_C = np.array([dice.one(228, 250)]) + 8 * dice.uniform(3) - 4
    pixels_HWC = np.broadcast_to(tint_C, (SIDE, SIDE, 3))
    for thing, (x, y, radius) in zip((scene.small, scene.large), placed(scene.relation, dice), strict=True):
        colour_C = np.array(COLOURS[thing[0]]) + 24 * dice.uniform(3) - 12
        along = np.arange(SIDE) + 0.5
        outside_HW = SHAPES[thing[1]]((along - x) / radius, (along[:, None] - y) / radius)
        covered_HW1 = np.clip(0.5 - radius * outside_HW, 0, 1)[:, :, None]
        pixels_HWC = pixels_HWC + covered_HW1 * (colour_C - pixels_HWC)
    noise_HWC = 6 * dice.uniform(SIDE * SIDE * 3).reshape(SIDE, SIDE, 3) - 3
    return np.rint(np.clip(pixels_HWC + noise_HWC, 0, 255)).astype(np.uint8)


def placed(relation: str, dice: Dice) -> list[tuple[float, float, float]]:
    """The centres of the small and of the large shape, and half the side of the box around each: x, y, radius."""
    small, large = dice.one(*SMALL), dice.one(*LARGE)
    apart = dice.one(small + large + GAP, SIDE - 2 * EDGE - small - large)
    first = dice.one(0, SIDE - 2 * EDGE - small - large - apart) + EDGE  # where the foremost box begins
    across = dice.one(EDGE + large, SIDE - EDGE - large)
    aside = across + dice.one(max(-apart / 4, EDGE + small - across), min(apart / 4, SIDE - EDGE - small - across))
    x, y = RELATIONS[relation]
    if x + y < 0:
        along, other = first + small, first + small + apart
    else:
        along, other = first + large + apart, first + large
    if x:
        return [(along, aside, small), (other, across, large)]
    return [(aside, along, small), (across, other, large)]


def write_scenes(folder: Path) -> None:
    """Write the sample: PNG files, and a table of their captions for each split."""
    for split, shown in scenes().items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("image", "caption"))
            for n, scene in enumerate(shown):
                name = f"{split}-{n:04}.png"
                pixels_HWC = drawn(scene, Dice(f"scenes 1 {split} {n:04}.png"))
                Image.fromarray(pixels_HWC).save(folder / name, "PNG", compress_level=1)
                table.writerow((name, scene.caption))
