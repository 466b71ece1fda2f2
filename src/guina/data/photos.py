"""The sample photos: the two photographs that scikit-learn ships, a temple and a flower, in patches.

Patches to judge by lie in two bands across both, one for validation and one for the test split; patches to learn from
lie above and between these: no pixel is in two splits. What shows next to nothing, as much of the flower's ground
does, is left out.

Axes: N patches, H W pixels.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from guina.data.records import TEST, TRAIN, VAL

SIDE, STEP = 32, 4  # pixels of a patch, and from patch to patch
NAMES = ("china", "flower")
BANDS = {
    TRAIN: ((0.0, 0.38), (0.57, 0.83)),
    VAL: ((0.85, 1.0),),
    TEST: ((0.4, 0.55),),
}  # shares of the height: what lies between two bands is in no split
SCALES = {TRAIN: (2, 3), VAL: (2,), TEST: (2,)}  # pixels of the photograph to one of a patch
SHOWN = 40  # levels of 256 from the nearly darkest to the nearly lightest, at least


def patches(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The patches of a split, uint8 N×H×W×3, and their labels: none has one."""
    from sklearn.datasets import load_sample_image

    found = []
    wholes = [np.asarray(load_sample_image(f"{name}.jpg")) for name in NAMES]
    bands = [
        whole_HW3[round(top * len(whole_HW3)) : round(bottom * len(whole_HW3))]
        for whole_HW3 in wholes
        for top, bottom in BANDS[split]
    ]
    for small_HW3 in (reduced(band_HW3, scale) for band_HW3 in bands for scale in SCALES[split]):
        height, width = small_HW3.shape[:2]
        corners = product(range(0, height - SIDE + 1, STEP), range(0, width - SIDE + 1, STEP))
        all_NHW3 = np.stack([small_HW3[y : y + SIDE, x : x + SIDE] for y, x in corners])
        dark_N, light_N = np.percentile(all_NHW3.mean(3).reshape(len(all_NHW3), -1), (2, 98), axis=1)
        found.append(all_NHW3[light_N - dark_N >= SHOWN])
    pixels_NHW3 = np.concatenate(found)
    return pixels_NHW3, np.full(len(pixels_NHW3), "")


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
        return lambda: patches(split)

    return [listing(split, f"sample-photos-{split}-4", load=of(split)) for split in BANDS]
