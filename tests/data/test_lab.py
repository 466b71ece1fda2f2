"""Lab: as scikit-image has it, exact for grey, and at its own lightness where sRGB cannot show the colour."""

import tracemalloc

import numpy as np
import pytest

from guina.data.lab import LIGHTNESS_OF_GREY, colorfulness, from_lab, in_strips, luminance, to_bytes, to_lab


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def any_lab(pixels: int = 20_000) -> np.ndarray:
    """Lab colours, most of which sRGB cannot show."""
    return (np.random.default_rng(1).random((pixels, 3)) * (100, 256, 256) - (0, 128, 128)).astype(np.float32)


def test_lab_is_that_of_scikit_image():
    color = pytest.importorskip("skimage.color")
    rgb = noise(64, 65, 3)
    expected = color.rgb2lab(rgb)
    np.testing.assert_allclose(to_lab(rgb), expected, atol=0.02)  # its white is rounded to three places
    np.testing.assert_allclose(from_lab(expected), color.lab2rgb(expected) * 255, atol=0.05)


def test_every_shape_and_type_of_levels_gives_the_same():
    rgb = noise(6, 5, 4, 3)
    lab = to_lab(rgb)
    assert (lab.dtype, lab.shape) == (np.float32, rgb.shape)
    np.testing.assert_allclose(to_lab(rgb.astype(np.float64)), lab, atol=1e-3)
    np.testing.assert_array_equal(to_lab(rgb[0, 0, 0]).round(3), lab[0, 0, 0].round(3))
    assert from_lab(lab).dtype == np.float32
    np.testing.assert_allclose(from_lab(lab), rgb, atol=0.01)
    np.testing.assert_array_equal(to_bytes(lab), rgb)


def test_every_grey_comes_back_exactly():
    grey = np.arange(256, dtype=np.uint8)
    lab = np.stack([LIGHTNESS_OF_GREY, np.zeros(256), np.zeros(256)], 1)
    np.testing.assert_array_equal(to_bytes(lab), np.repeat(grey[:, None], 3, 1))
    np.testing.assert_allclose(to_lab(np.repeat(grey[:, None], 3, 1)), lab, atol=1e-3)


def test_lightness_of_grey_and_of_colour_is_the_same():
    rgb = noise(9, 8, 3)
    np.testing.assert_allclose(luminance(rgb), to_lab(rgb)[..., 0], atol=1e-4)
    grey = rgb[:, :, 0]
    assert luminance(grey).dtype == np.float32
    np.testing.assert_array_equal(luminance(grey), LIGHTNESS_OF_GREY[grey])
    np.testing.assert_array_equal(luminance(grey[:, :, None]), luminance(grey))
    np.testing.assert_allclose(luminance(np.stack([grey] * 3, 2)), luminance(grey), atol=1e-4)


def test_colours_beyond_srgb_stay_at_their_lightness_and_hue():
    lab = any_lab()
    straight = from_lab(lab)
    assert np.isfinite(straight).all()
    outside = ((straight < -0.5) | (straight > 255.5)).any(1)
    assert 0.5 < outside.mean() < 1
    np.testing.assert_array_equal(to_bytes(lab)[~outside], np.rint(straight[~outside]).clip(0, 255))
    shown = to_lab(to_bytes(lab))
    np.testing.assert_allclose(shown[:, 0], lab[:, 0], atol=0.4)
    chroma, most = np.hypot(shown[:, 1], shown[:, 2]), np.hypot(lab[:, 1], lab[:, 2])
    assert (chroma < most + 2).all()
    turned = np.angle(np.exp(1j * (np.arctan2(shown[:, 2], shown[:, 1]) - np.arctan2(lab[:, 2], lab[:, 1]))))
    assert np.abs(turned[chroma > 20]).max() < 0.1


def test_as_much_chroma_is_kept_as_srgb_can_show():
    lab = any_lab(2000)
    straight = from_lab(lab)
    lab = lab[((straight < -0.5) | (straight > 255.5)).any(1) & (lab[:, 0] > 10) & (lab[:, 0] < 95)]
    shown = to_bytes(lab)
    assert ((shown.min(1) <= 20) | (shown.max(1) >= 250)).all()  # near the edge: 8 halvings


def test_lightness_that_there_is_not_is_cut():
    lab = np.array([[120, 0, 0], [-5, 0, 0], [100, 90, -40], [0, 90, -40]])
    np.testing.assert_allclose(to_bytes(lab).astype(int), [[255] * 3, [0] * 3, [255] * 3, [0] * 3], atol=1)
    assert lab[0, 0] == 120  # what was asked is not changed


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 300_000, 3), (700, 600, 3)])
def test_strips_give_what_the_whole_gives(shape):
    rgb = noise(*shape)
    np.testing.assert_array_equal(in_strips(luminance, rgb), luminance(rgb))
    np.testing.assert_array_equal(
        in_strips(lambda a, b: a[..., 0] // 2 + b // 2, rgb, rgb[..., 1]), rgb[..., 0] // 2 + rgb[..., 1] // 2
    )


def test_strips_need_little_memory():
    lab = np.zeros((1200, 1500, 3), np.float32)
    lab[..., 0], lab[..., 1] = 50, 120
    tracemalloc.start()
    in_strips(to_bytes, lab)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (5 + 40) << 20  # the result, and a strip's


@pytest.mark.parametrize("shape", [(5, 4, 3), (600, 500, 3)])
def test_colourfulness_is_that_of_a_plain_loop(shape):
    rgb = noise(*shape)
    red_green, yellow_blue = [], []
    for red, green, blue in rgb.reshape(-1, 3).tolist():
        red_green.append(red - green)
        yellow_blue.append(0.5 * (red + green) - blue)
    spread = (np.std(red_green) ** 2 + np.std(yellow_blue) ** 2) ** 0.5
    mean = (np.mean(red_green) ** 2 + np.mean(yellow_blue) ** 2) ** 0.5
    assert colorfulness(rgb) == pytest.approx(spread + 0.3 * mean)


def test_grey_is_not_colourful():
    assert colorfulness(noise(5, 5, 1)) == 0
    assert colorfulness(np.repeat(noise(5, 5, 1), 3, 2)) == 0
