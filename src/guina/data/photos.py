"""The sample photos: the two photographs that scikit-learn ships, a temple and a flower, in patches.

Patches to learn from lie in the left parts of both, at two scales; those to judge by come from the right, from a region
of which no pixel is learned from.

Axes: N patches, H W pixels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

SIDE = 32  # pixels of a patch
NAMES = ("china", "flower")
LEARNED, JUDGED = 0.62, 0.66  # shares of the width: learned from up to the one, judged by from the other on
STEPS = {False: 8, True: 16}  # pixels from patch to patch: to learn from, and to judge by
SCALES = (1, 2)  # pixels of the photograph to one of a patch


def patches(test: bool) -> tuple[np.ndarray, np.ndarray]:
    """The patches of a split, uint8 N×H×W×3, and the name of the photograph that each is of."""
    from sklearn.datasets import load_sample_image

    found, labels = [], []
    for name in NAMES:
        whole_HW3 = np.asarray(load_sample_image(f"{name}.jpg"))
        edge = whole_HW3.shape[1]
        part_HW3 = whole_HW3[:, round(JUDGED * edge) :] if test else whole_HW3[:, : round(LEARNED * edge)]
        for scale in SCALES:
            small_HW3 = reduced(part_HW3, scale)
            height, width = small_HW3.shape[:2]
            step = STEPS[test] * (3 - scale)
            corners = [(y, x) for y in range(0, height - SIDE + 1, step) for x in range(0, width - SIDE + 1, step)]
            found += [small_HW3[y : y + SIDE, x : x + SIDE] for y, x in corners]
            labels += [name] * len(corners)
    return np.stack(found), np.array(labels)


def reduced(pixels_HW3: np.ndarray, scale: int) -> np.ndarray:
    """The mean of each square of scale×scale pixels.

    Example:
        >>> reduced(np.array([[[0], [2]], [[4], [6]]], np.uint8), 2).tolist()
        [[[3]]]
    """
    height, width = (side // scale * scale for side in pixels_HW3.shape[:2])
    blocks = pixels_HW3[:height, :width].reshape(height // scale, scale, width // scale, scale, -1)
    return blocks.mean((1, 3)).round().astype(np.uint8)


def photos(listing: Callable[..., Any]) -> list[Any]:
    """The sample as listings; see `digits` in samples.py."""

    def of(split: str) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
        return lambda: patches(split == "test")

    return [listing(split, f"sample-photos-{split}-1", load=of(split)) for split in ("train", "test")]
