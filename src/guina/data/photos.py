"""The sample photos: the two photographs that scikit-learn ships, a temple and a flower, in patches.

Patches to judge by lie in a band down the middle of both, patches to learn from on its left and on its right, at two
scales: no pixel is in both. What shows next to nothing, as much of the flower's ground does, is left out.

Axes: N patches, H W pixels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

SIDE, STEP = 32, 8  # pixels of a patch, and from patch to patch
NAMES = ("china", "flower")
BAND, APART = (0.4, 0.6), 0.02  # shares of the width between which patches are judged by; how far others keep away
SCALES = (2, 3)  # pixels of the photograph to one of a patch
SHOWN = 40  # levels of 256 from the nearly darkest to the nearly lightest, at least


def patches(test: bool) -> tuple[np.ndarray, np.ndarray]:
    """The patches of a split, uint8 N×H×W×3, and their labels: none has one."""
    from sklearn.datasets import load_sample_image

    found = []
    for name in NAMES:
        whole_HW3 = np.asarray(load_sample_image(f"{name}.jpg"))
        left, right = BAND if test else (BAND[0] - APART, BAND[1] + APART)
        columns = [round(share * whole_HW3.shape[1]) for share in (left, right)]
        parts = [whole_HW3[:, slice(*columns)]] if test else [whole_HW3[:, : columns[0]], whole_HW3[:, columns[1] :]]
        for small_HW3 in (reduced(part, scale) for part in parts for scale in SCALES):
            height, width = small_HW3.shape[:2]
            corners = [(y, x) for y in range(0, height - SIDE + 1, STEP) for x in range(0, width - SIDE + 1, STEP)]
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
        return lambda: patches(split == "test")

    return [listing(split, f"sample-photos-{split}-3", load=of(split)) for split in ("train", "test")]
