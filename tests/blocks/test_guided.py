"""Enlarging along a guide: against plain loops, at any size, and with edges where the guide has them."""

import doctest

import numpy as np
import pytest
import torch

from guina.blocks import guided
from guina.blocks.guided import box, enlarge_guided, slopes


def box_by_loops(x_hw: np.ndarray) -> np.ndarray:
    h, w = x_hw.shape
    return np.array([[x_hw[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2].mean() for j in range(w)] for i in range(h)])


def slopes_by_loops(small_hw: np.ndarray, guide_hw: np.ndarray, flat: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each window the least squares of p = s·g + t with a penalty on s, as in He's paper; then their means."""
    h, w = small_hw.shape
    s, t = np.zeros((h, w)), np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            window = slice(max(0, i - 1), i + 2), slice(max(0, j - 1), j + 2)
            p, g = small_hw[window].ravel(), guide_hw[window].ravel()
            s[i, j] = ((p - p.mean()) * (g - g.mean())).mean() / (g.var() + flat)
            t[i, j] = p.mean() - s[i, j] * g.mean()
    return box_by_loops(s), box_by_loops(t)


def mean_below(guide_HW: np.ndarray, h: int, w: int) -> np.ndarray:
    """The mean of what lies below each small pixel, as torch cuts it: whole pixels, that may lie below two."""
    H, W = guide_HW.shape
    cut = [
        [(n * large // small, -(-(n + 1) * large // small)) for n in range(small)] for large, small in ((H, h), (W, w))
    ]
    return np.array([[guide_HW[a:b, c:d].mean() for c, d in cut[1]] for a, b in cut[0]])


def bilinear(x_hw: np.ndarray, H: int, W: int) -> np.ndarray:
    h, w = x_hw.shape
    found = np.zeros((H, W))
    for I in range(H):
        for J in range(W):
            y, x = max(0.0, (I + 0.5) * h / H - 0.5), max(0.0, (J + 0.5) * w / W - 0.5)
            i, j = min(int(y), h - 1), min(int(x), w - 1)
            below, right = min(i + 1, h - 1), min(j + 1, w - 1)
            v, u = y - i, x - j
            above = x_hw[i, j] * (1 - u) + x_hw[i, right] * u
            under = x_hw[below, j] * (1 - u) + x_hw[below, right] * u
            found[I, J] = above * (1 - v) + under * v
    return found


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


SIZES = [((4, 5), (8, 10)), ((4, 5), (7, 9)), ((1, 1), (1, 1)), ((1, 3), (2, 5)), ((3, 3), (17, 4)), ((2, 7), (33, 50))]


@pytest.mark.parametrize(("small", "large"), SIZES)
def test_it_is_what_the_loops_give(small: tuple[int, int], large: tuple[int, int]) -> None:
    p, guide = some(2, 3, *small), some(2, 1, *large, seed=1) * 20
    found = enlarge_guided(p, guide, 10.0)
    assert found.shape == (2, 3, *large)
    for b in range(2):
        below = mean_below(guide[b, 0].numpy(), *small)
        for c in range(3):
            s, t = slopes_by_loops(p[b, c].numpy(), below, 10.0)
            expected = bilinear(s, *large) * guide[b, 0].numpy() + bilinear(t, *large)
            np.testing.assert_allclose(found[b, c].numpy(), expected, atol=1e-9)


def test_box_is_the_mean_of_what_is_there() -> None:
    x = some(1, 2, 4, 6)
    for c in range(2):
        np.testing.assert_allclose(box(x)[0, c].numpy(), box_by_loops(x[0, c].numpy()), atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (33, 2001), (184, 274), (47, 31)])
def test_any_size_is_finite_and_what_is_even_stays_so(size: tuple[int, int]) -> None:
    small = (-(-size[0] // 2), -(-size[1] // 2))
    guide = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(0)) * 100
    found = enlarge_guided(torch.full((1, 2, *small), 30.0), guide, 10.0)
    assert found.shape == (1, 2, *size)
    torch.testing.assert_close(found, torch.full_like(found, 30.0), atol=1e-3, rtol=0)
    assert enlarge_guided(torch.randn(1, 2, *small), guide, 10.0).isfinite().all()
    assert enlarge_guided(torch.randn(1, 2, *small), torch.zeros_like(guide), 10.0).isfinite().all()


def test_colours_end_where_brightness_does() -> None:
    """A disc that is brighter and redder: bilinear enlargement smears red over its edge, the guide holds it back."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    disc = (((y - 31) ** 2 + (x - 30) ** 2) < 18.3**2).float()[None, None]
    guide, true = 20 + 50 * disc, 60 * disc - 10
    small = torch.nn.functional.avg_pool2d(true, 8)
    plain = torch.nn.functional.interpolate(small, (64, 64), mode="bilinear", align_corners=False)
    ours = enlarge_guided(small, guide, 1.0)
    assert (ours - true).abs().mean() < 0.1 * (plain - true).abs().mean()


def test_a_flat_guide_says_nothing() -> None:
    small = some(1, 1, 5, 6)
    flat = torch.full((1, 1, 5, 6), 50.0, dtype=torch.float64)
    torch.testing.assert_close(enlarge_guided(small, flat, 10.0), box(box(small)))
    s, t = slopes(small, flat, 10.0)
    assert s.abs().max() < 1e-9
    torch.testing.assert_close(t, box(box(small)))


def test_gradients_are_those_of_finite_differences() -> None:
    guide = some(1, 1, 7, 6, seed=2)
    small = some(1, 2, 4, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: enlarge_guided(p, guide, 0.5), (small,))
    with torch.no_grad():
        torch.testing.assert_close(enlarge_guided(small.detach(), guide, 0.5), enlarge_guided(small, guide, 0.5))


def test_what_is_given_is_not_changed() -> None:
    small, guide = some(1, 1, 3, 3), some(1, 1, 6, 6)
    kept = small.clone(), guide.clone()
    enlarge_guided(small, guide, 1.0)
    assert torch.equal(small, kept[0])
    assert torch.equal(guide, kept[1])


def test_examples() -> None:
    assert doctest.testmod(guided) == (0, 4)
