"""The sample of photographs: no pixel of one split is in another, and nothing blank is learned from."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from guina.data.photos import BANDS, NAMES, SCALES, SHOWN, SIDE, patches
from guina.data.records import TEST, TRAIN, VAL


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    return {split: patches(split)[0] for split in BANDS}


def test_no_row_of_a_photograph_is_in_two_splits() -> None:
    bands = [(split, *band) for split in (TRAIN, VAL, TEST) for band in BANDS[split]]
    for (_, top, bottom), (_, other_top, other_bottom) in combinations(bands, 2):
        assert bottom < other_top or other_bottom < top


def test_no_patch_is_in_two_splits(found: dict[str, np.ndarray]) -> None:
    known = {split: {patch.tobytes() for patch in found[split]} for split in found}
    assert not known[TRAIN] & known[TEST]
    assert not known[TRAIN] & known[VAL]
    assert not known[VAL] & known[TEST]


def test_patches_are_of_the_photographs(found: dict[str, np.ndarray]) -> None:
    """The first test patch stands in the first photograph, each of its pixels the mean of four, by plain loops."""
    whole_HW3 = np.asarray(load_sample_image(f"{NAMES[0]}.jpg")).astype(float)
    top = round(BANDS[TEST][0][0] * len(whole_HW3))
    grey_HW = whole_HW3[top:].mean(2)
    patch_HW = found[TEST][0].astype(float).mean(2)
    places = [
        (y, x)
        for y in range(0, 10, 2)
        for x in range(0, whole_HW3.shape[1] - 2 * SIDE, 2)
        if abs(grey_HW[y : y + 2, x : x + 2].mean() - patch_HW[0, 0]) < 1
    ]
    apart = [
        max(
            abs(grey_HW[y + 2 * i : y + 2 * i + 2, x + 2 * j : x + 2 * j + 2].mean() - patch_HW[i, j])
            for i in range(0, SIDE, 5)
            for j in range(0, SIDE, 5)
        )
        for y, x in places
    ]
    assert SCALES[TEST] == (2,)
    assert min(apart) <= 0.5


def test_there_are_enough_and_none_is_blank(found: dict[str, np.ndarray]) -> None:
    assert len(found[TRAIN]) > 1000
    assert min(map(len, found.values())) > 100
    for pixels_NHW3 in found.values():
        assert pixels_NHW3.shape[1:] == (SIDE, SIDE, 3)
        grey_NP = pixels_NHW3.mean(3).reshape(len(pixels_NHW3), -1)
        assert (grey_NP.max(1) - grey_NP.min(1) >= SHOWN).all()
