"""The masks that inpaint draws: their sizes against LaMa's recipes, and that nothing but the generator is random."""

import doctest

import numpy as np
import pytest
import torch

from guina.jobs.inpaint import masks
from guina.jobs.inpaint.masks import CENTRE, KINDS, draw_masks


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def run_lengths(row: np.ndarray) -> list[int]:
    """How long each run of true is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]])))
    return (edges[1::2] - edges[::2]).tolist()


@pytest.mark.parametrize("size", [(32, 32), (33, 50), (96, 64), (8, 8), (2, 2), (1, 2), (3, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_no_mask_is_empty_or_covers_more_than_half(kind: str, size: tuple[int, int]):
    holes_BHW = draw_masks([kind] * 100, *size, rng())
    assert (holes_BHW.shape, holes_BHW.dtype) == ((100, *size), np.dtype(bool))
    share_B = holes_BHW.mean((1, 2))
    assert share_B.min() > 0
    assert share_B.max() <= 0.5


def test_thin_strokes_are_narrow_and_thick_ones_wide():
    """Of runs along rows and columns the shorter: how wide a stroke is that lies any way."""
    widest = {}
    for kind in KINDS:
        holes_BHW = draw_masks([kind] * 60, 256, 256, rng())
        one_way, other_way = (
            [run for hole in holes for row in hole for run in run_lengths(row)]
            for holes in (holes_BHW, holes_BHW.transpose(0, 2, 1))
        )
        widest[kind] = min(np.mean(one_way), np.mean(other_way))
    assert 8 < widest["thin"] < 20
    assert widest["thin"] * 2 < widest["medium"] < widest["thick"] * 0.8


def test_shares_by_kind_are_the_same_at_every_size():
    large, small = ({kind: draw_masks([kind] * 300, side, side, rng()).mean() for kind in KINDS} for side in (128, 32))
    for kind in KINDS:
        assert 0.15 < large[kind] < 0.35
        assert small[kind] == pytest.approx(large[kind], abs=0.06)


def test_smaller_ones_cover_less():
    for kind in KINDS:
        small, whole = (draw_masks([kind] * 100, 64, 64, rng(), size).mean() for size in (0.3, 1.0))
        assert small < whole / 2


def test_some_medium_and_thick_masks_are_boxes():
    """Of a single box every row that is not empty is the same."""
    for kind, some in (("thin", False), ("medium", True), ("thick", True)):
        holes_BHW = draw_masks([kind] * 200, 64, 64, rng())
        boxes = [len({row.tobytes() for row in hole if row.any()}) == 1 for hole in holes_BHW]
        assert any(boxes) == some


def test_masks_lie_anywhere_and_lean_both_ways():
    holes_BHW = draw_masks(["thin"] * 300, 32, 32, rng())
    mean_HW = holes_BHW.mean(0)
    assert mean_HW.min() > 0.05
    assert mean_HW[:16].mean() == pytest.approx(mean_HW[16:].mean(), rel=0.2)  # turns of 0 to 4 lean up
    assert mean_HW[:, :16].mean() == pytest.approx(mean_HW[:, 16:].mean(), rel=0.1)
    down, up = (
        np.mean(holes_BHW[:, 1:, to] & ~holes_BHW[:, 1:, of] & holes_BHW[:, :-1, of] & ~holes_BHW[:, :-1, to])
        for to, of in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None)))
    )
    assert down == pytest.approx(up, rel=0.15)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (1, 2)])
def test_centre_is_half_of_each_side_in_the_middle(height: int, width: int):
    (hole_HW,) = draw_masks([CENTRE], height, width, rng(), 0.3)
    assert hole_HW.sum() == max(1, height // 2) * max(1, width // 2)
    rows, columns = np.flatnonzero(hole_HW.any(1)), np.flatnonzero(hole_HW.any(0))
    assert abs(rows[0] - (height - 1 - rows[-1])) <= 1
    assert abs(columns[0] - (width - 1 - columns[-1])) <= 1


def test_the_generator_alone_decides():
    kinds = ["thin", "medium", "thick"] * 4
    np.random.seed(0)  # noqa: NPY002
    first = draw_masks(kinds, 32, 32, rng(5))
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    np.testing.assert_array_equal(first, draw_masks(kinds, 32, 32, rng(5)))
    assert not np.array_equal(first, draw_masks(kinds, 32, 32, rng(6)))
    going_on = rng(5)
    draw_masks(kinds, 32, 32, going_on)
    assert not np.array_equal(first, draw_masks(kinds, 32, 32, going_on))
    assert len({hole.tobytes() for hole in first}) == len(kinds)


def test_a_box_where_strokes_are_always_too_large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(masks, "SHORTEST", 10_000)
    monkeypatch.setattr(masks, "THINNEST", 10_000)
    (hole_HW,) = draw_masks(["thin"], 32, 48, rng())
    assert hole_HW.sum() == 16 * 24


def test_examples():
    assert doctest.testmod(masks) == (0, 2)
