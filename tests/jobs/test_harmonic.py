"""The harmonic fill against a plain loop, and against what harmonic functions are known for."""

import doctest

import numpy as np
import pytest
import torch

from guina.jobs.inpaint import harmonic
from guina.jobs.inpaint.harmonic import exact_fill, harmonic_fill, quick_fill
from guina.jobs.inpaint.masks import draw_masks


def by_a_loop(pixels_HWC: np.ndarray, hole_HW: np.ndarray, sweeps: int = 3000) -> np.ndarray:
    """Gauss and Seidel's: each pixel of the hole becomes the mean of its neighbours, over and over."""
    filled = np.where(hole_HW[:, :, None], 0.5, pixels_HWC).astype(np.float64)
    H, W = hole_HW.shape
    for _ in range(sweeps):
        most = 0.0
        for y, x in np.argwhere(hole_HW):
            beside = [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
            mean = np.mean([filled[at] for at in beside if 0 <= at[0] < H and 0 <= at[1] < W], axis=0)
            most = max(most, np.abs(mean - filled[y, x]).max())
            filled[y, x] = mean
        if most < 1e-9:
            break
    return filled


def textures(B: int, side: int, seed: int = 0) -> np.ndarray:
    """Pictures with as much of every scale as photographs have: amplitudes fall as 1 / frequency."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]) + 1 / side
    spectrum = np.fft.rfft2(rng.normal(size=(B, 3, side, side))) / frequency
    x_BCHW = np.fft.irfft2(spectrum, (side, side))
    x_BCHW -= x_BCHW.min((1, 2, 3), keepdims=True)
    return (x_BCHW / x_BCHW.max((1, 2, 3), keepdims=True)).transpose(0, 2, 3, 1).astype(np.float32)


def quickly(pixels_BHWC: np.ndarray, hole_BHW: np.ndarray, **how) -> np.ndarray:
    filled = quick_fill(torch.from_numpy(pixels_BHWC).permute(0, 3, 1, 2), torch.from_numpy(hole_BHW), **how)
    return filled.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("hole", ["inside", "corner", "strip", "scattered", "all but one"])
def test_exact_is_where_the_loop_ends(hole: str):
    rng = np.random.default_rng(3)
    pixels_HWC = rng.random((7, 9, 2), np.float32)
    hole_HW = np.zeros((7, 9), bool)
    match hole:
        case "inside":
            hole_HW[2:5, 3:7] = True
        case "corner":
            hole_HW[:4, :5] = True
        case "strip":
            hole_HW[:, 4:6] = True
        case "scattered":
            hole_HW = rng.random((7, 9)) < 0.5
        case _:
            hole_HW[:] = True
            hole_HW[2, 2] = False
    filled_HWC = exact_fill(pixels_HWC, hole_HW)
    assert filled_HWC.dtype == np.float32
    np.testing.assert_allclose(filled_HWC, by_a_loop(pixels_HWC, hole_HW), atol=1e-5)
    np.testing.assert_array_equal(filled_HWC[~hole_HW], pixels_HWC[~hole_HW])


def test_every_pixel_of_the_hole_is_the_mean_of_its_neighbours_and_none_is_beyond_the_edge():
    pixels_HWC = textures(1, 24)[0]
    hole_HW = np.zeros((24, 24), bool)
    hole_HW[6:18, 4:20] = True
    filled = exact_fill(pixels_HWC, hole_HW)
    mean = (filled[:-2, 1:-1] + filled[2:, 1:-1] + filled[1:-1, :-2] + filled[1:-1, 2:]) / 4
    inner = hole_HW[1:-1, 1:-1]
    np.testing.assert_allclose(filled[1:-1, 1:-1][inner], mean[inner], atol=1e-5)
    assert filled[hole_HW].min() >= pixels_HWC[~hole_HW].min()
    assert filled[hole_HW].max() <= pixels_HWC[~hole_HW].max()


def test_ramps_and_saddles_come_back():
    """Linear functions are harmonic, and so are xy and x² − y²."""
    y, x = np.mgrid[:20, :30] / 30
    pixels_HWC = np.stack([x, 0.2 + 0.3 * x + 0.4 * y, x * y, x * x - y * y], 2).astype(np.float32)
    hole_HW = np.zeros((20, 30), bool)
    hole_HW[3:17, 5:25] = True
    emptied_HWC = np.where(hole_HW[:, :, None], np.float32(np.nan), pixels_HWC)
    np.testing.assert_allclose(exact_fill(emptied_HWC, hole_HW), pixels_HWC, atol=1e-5)


@pytest.mark.parametrize("fill", [harmonic_fill, quickly])
def test_no_hole_changes_nothing_and_nothing_but_hole_is_grey(fill):
    pixels_BHWC = textures(3, 8)
    hole_BHW = np.zeros((3, 8, 8), bool)
    hole_BHW[1] = True
    hole_BHW[2, 3, 3] = True
    filled_BHWC = fill(pixels_BHWC, hole_BHW)
    np.testing.assert_array_equal(filled_BHWC[0], pixels_BHWC[0])
    assert (filled_BHWC[1] == 0.5).all()
    assert (fill(pixels_BHWC, hole_BHW, fallback=0.25)[1] == 0.25).all()
    np.testing.assert_array_equal(filled_BHWC[~hole_BHW], pixels_BHWC[~hole_BHW])


@pytest.mark.parametrize("kind", ["thin", "medium", "thick", "centre"])
def test_quick_is_close_to_exact_and_closer_with_more_sweeps(kind: str):
    pixels_BHWC = textures(32, 32)
    hole_BHW = draw_masks([kind] * 32, 32, 32, torch.Generator().manual_seed(0))
    exact_BHWC = harmonic_fill(pixels_BHWC, hole_BHW)
    off = [np.abs(quickly(pixels_BHWC, hole_BHW, sweeps=n) - exact_BHWC)[hole_BHW] for n in (0, 4, 8, 24)]
    assert off[2].mean() < 0.01
    assert off[2].max() < 0.15
    assert off[0].mean() > off[1].mean() > off[2].mean() > off[3].mean()


@pytest.mark.parametrize("size", [(33, 47), (5, 64), (1, 9), (3, 1)])
def test_quick_fills_pictures_of_any_size(size: tuple[int, int]):
    pixels_BHWC = textures(4, 64)[:, : size[0], : size[1]].copy()
    hole_BHW = draw_masks(["medium"] * 4, *size, torch.Generator().manual_seed(1))
    off = np.abs(quickly(pixels_BHWC, hole_BHW) - harmonic_fill(pixels_BHWC, hole_BHW))
    assert off[hole_BHW].mean() < 0.02
    assert not off[~hole_BHW].any()


def test_quick_does_not_look_at_the_hole():
    pixels_BHWC = textures(4, 16)
    hole_BHW = draw_masks(["thick"] * 4, 16, 16, torch.Generator().manual_seed(1))
    unknown_BHWC = np.where(hole_BHW[..., None], np.float32(np.nan), pixels_BHWC)
    np.testing.assert_array_equal(quickly(unknown_BHWC, hole_BHW), quickly(pixels_BHWC, hole_BHW))


def test_examples():
    assert doctest.testmod(harmonic) == (0, 6)
