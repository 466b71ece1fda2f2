"""Augmentation against a loop over pictures."""

import numpy as np
import pytest
import torch

from guina.data import augment


def pictures(n: int = 6, height: int = 9, width: int = 7, channels: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (n, height, width, channels), generator=torch.Generator().manual_seed(0)).byte()


def test_alternating_flip_mirrors_every_picture_in_every_other_epoch():
    x, index = pictures(64), np.arange(64)
    even, odd, again = (augment.alternating_flip(x, index, np.full(64, e)) for e in (0, 1, 2))
    flipped = [bool((a == b.flip(1)).all()) and not bool((a == b).all()) for a, b in zip(even, x, strict=True)]
    assert 16 < sum(flipped) < 48
    for a, b, c in zip(x, even, odd, strict=True):
        assert {bool((b == a).all()), bool((c == a).all())} == {True, False}
        assert bool((b == a.flip(1)).all()) or bool((c == a.flip(1)).all())
    assert (even == again).all()


def test_translate_equals_cutting_a_window_out_of_the_reflected_picture():
    x, rng = pictures(), torch.Generator().manual_seed(3)
    dy, dx = torch.randint(-2, 3, (2, 6), generator=torch.Generator().manual_seed(3))
    moved = augment.translate(x, 2, rng)
    for i in range(6):
        padded = np.pad(x[i].numpy(), ((2, 2), (2, 2), (0, 0)), "reflect")
        window = padded[2 + dy[i] : 11 + dy[i], 2 + dx[i] : 9 + dx[i]]
        np.testing.assert_array_equal(moved[i].numpy(), window)


def test_cutout_blanks_one_square_of_the_stated_side():
    x = torch.ones(200, 2, 16, 16)
    cut = augment.cutout(x, 5, torch.Generator().manual_seed(0))
    for picture in cut:
        rows, columns = np.nonzero(picture[0].numpy() == 0)
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert max(np.ptp(rows), np.ptp(columns)) < 5
        assert (picture[0] == picture[1]).all()
    assert int((cut[:, 0] == 0).flatten(1).sum(1).max()) == 25


@pytest.mark.parametrize(
    ("n", "flip", "count"), [(1, True, 1), (2, True, 2), (2, False, 1), (6, True, 6), (6, False, 3)]
)
def test_views_are_the_picture_its_shifts_and_their_mirrors(n, flip, count):
    x = torch.randn(2, 3, 8, 8)
    views = augment.views(x, n, flip)
    assert len(views) == count
    torch.testing.assert_close(views[0], x)
    if n > 2:
        torch.testing.assert_close(views[1][:, :, 1:, 1:], x[:, :, :-1, :-1])
        torch.testing.assert_close(views[2][:, :, :-1, :-1], x[:, :, 1:, 1:])
    if flip and n > 1:
        torch.testing.assert_close(views[count // 2], x.flip(3))


def test_digits_are_not_mirrored_and_pictures_without_a_side_are():
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = (digits.images * 15).astype(np.uint8)[:, :, :, None]
    assert not augment.flip_keeps_class(pixels, digits.target)
    rng = np.random.default_rng(0)
    shades = (np.arange(600) % 3)[:, None, None, None] * 80 + rng.integers(0, 30, (600, 8, 8, 1))
    bars = np.where(np.arange(8)[:, None, None] < 2 + 2 * (np.arange(600) % 3)[:, None, None, None], shades, 0)
    assert augment.flip_keeps_class(bars.astype(np.uint8), np.arange(600) % 3)


@pytest.mark.parametrize(
    ("most", "height", "width", "channels"), [(1, 2, 5, 1), (4, 5, 8, 3), (9, 3, 4, 2), (2, 28, 28, 1)]
)
def test_translate_by_as_much_as_the_picture_allows(most, height, width, channels):
    x = pictures(5, height, width, channels)
    moved = augment.translate(x, most, torch.Generator().manual_seed(1))
    most = min(most, height - 1, width - 1)
    dy, dx = torch.randint(-most, most + 1, (2, 5), generator=torch.Generator().manual_seed(1))
    for i in range(5):
        padded = np.pad(x[i].numpy(), ((most, most), (most, most), (0, 0)), "reflect")
        top, left = most + int(dy[i]), most + int(dx[i])
        np.testing.assert_array_equal(moved[i].numpy(), padded[top : top + height, left : left + width])


def test_bend_without_strength_moves_nothing_and_with_it_keeps_shape_and_range():
    x = torch.rand(4, 3, 16, 12, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(augment.bend(x, 0.0, torch.Generator().manual_seed(1)), x, atol=1e-5, rtol=0)
    bent = augment.bend(x, 1.0, torch.Generator().manual_seed(1))
    assert bent.shape == x.shape
    assert 0 <= bent.min() <= bent.max() <= 1  # interpolation between pixels invents no brighter ones
    assert not torch.allclose(bent, x, atol=0.1)


def test_bend_is_the_affine_map_it_states():
    """A bright dot lands where the inverse of the stated zoom, stretch, turn and move puts it."""
    x = torch.zeros(50, 1, 33, 33)
    x[:, 0, 12:15, 20:23] = 1.0
    bent = augment.bend(x, 1.0, torch.Generator().manual_seed(2))
    zoom, stretch, turn, right, down = (torch.rand(5, 50, generator=torch.Generator().manual_seed(2)) * 2 - 1).numpy()
    for i in range(50):
        scale, aspect, angle = np.exp(-0.25 * (zoom[i] + 0.6)), np.exp(0.12 * stretch[i]), 0.26 * float(turn[i])
        matrix = np.array(
            [
                [scale * aspect * np.cos(angle), -scale * np.sin(angle)],
                [scale * np.sin(angle), scale / aspect * np.cos(angle)],
            ]
        )
        source = (np.array([21.0, 13.0]) + 0.5) * 2 / 33 - 1
        place = np.linalg.solve(matrix, source - 0.1 * np.array([right[i], down[i]]))
        if np.abs(place).max() > 0.8:
            continue
        weight = bent[i, 0].numpy() * (
            np.abs(np.mgrid[:33, :33] - ((place[::-1] + 1) * 33 / 2 - 0.5)[:, None, None]) < 5
        ).all(0)
        centre = [(weight * grid).sum() / weight.sum() for grid in np.mgrid[:33, :33]]
        np.testing.assert_allclose(centre, (place[::-1] + 1) * 33 / 2 - 0.5, atol=0.5)


def test_tint_changes_each_picture_by_one_line_a_channel():
    x = torch.randn(20, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    tinted = augment.tint(x, 1.0, torch.Generator().manual_seed(1))
    for before, after in zip(x, tinted, strict=True):
        slopes = [np.polyfit(b.flatten(), a.flatten(), 1) for b, a in zip(before, after, strict=True)]
        assert np.ptp([slope for slope, _ in slopes]) < 1e-5
        assert all(0.7 <= slope <= 1.3 for slope, _ in slopes)
        for (slope, offset), b, a in zip(slopes, before, after, strict=True):
            np.testing.assert_allclose(a, b * slope + offset, atol=1e-5)
    grey = augment.tint(x[:, :1], 1.0, torch.Generator().manual_seed(1))
    assert grey.shape == (20, 1, 6, 6)
