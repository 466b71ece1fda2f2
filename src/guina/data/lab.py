"""Colour as people see it: sRGB to CIE Lab and back (illuminant D65, observer of 2 degrees).

L is lightness, 0 to 100; a runs from green to red, b from blue to yellow, both 0 for grey. sRGB: IEC 61966-2-1; Lab:
ISO/CIE 11664-4. White is exactly that of sRGB, so that grey has no colour at all. What a pixel needs on the way is many
times its bytes: `in_strips` keeps that small for large pictures.
"""

from collections.abc import Callable, Iterator

import numpy as np

STRIP = 1 << 18  # pixels that are worked on at a time
HALVINGS = 8  # steps in which a colour's chroma is found that sRGB can show
BEND = 6 / 29  # below it, the cube root is a line
LINE, START = 3 * BEND**2, 4 / 29  # the line's slope, turned round, and where it begins
SMALL, SLOPE, POWER, OVER = 0.0031308, 12.92, 2.4, 0.055  # sRGB's curve: a line up to SMALL, then a power

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
SHARES = TO_XYZ / TO_XYZ.sum(1, keepdims=True)  # of red, green and blue in X, Y and Z, where white is 1, 1, 1
FROM_LINEAR = SHARES.T.astype(np.float32)
TO_LINEAR = np.linalg.inv(SHARES).T.astype(np.float32)


def linear_of(level: np.ndarray) -> np.ndarray:
    """Light from sRGB's levels, both 0 to 1; below 0 the line goes on."""
    return np.where(level <= SMALL * SLOPE, level / SLOPE, ((np.maximum(level, 0) + OVER) / (1 + OVER)) ** POWER)


def level_of(linear: np.ndarray) -> np.ndarray:
    """sRGB's levels from light, both 0 to 1; below 0 the line goes on."""
    return np.where(
        linear <= SMALL, linear * SLOPE, np.maximum(linear, SMALL) ** (1 / POWER) * np.float32(1 + OVER) - OVER
    )


def root_of(share: np.ndarray) -> np.ndarray:
    """Lab's cube root."""
    return np.where(share > BEND**3, np.cbrt(share), share / LINE + START)


def cube_of(root: np.ndarray) -> np.ndarray:
    """What `root_of` was made of."""
    return np.where(root > BEND, root * root * root, (root - START) * LINE)


LINEAR = linear_of(np.arange(256) / 255).astype(np.float32)  # light by level
LIGHTNESS_OF_GREY = (116 * root_of(linear_of(np.arange(256) / 255)) - 16).astype(np.float32)
DARKEST, LIGHTEST = float(linear_of(np.array(-0.5 / 255))), float(linear_of(np.array(255.5 / 255)))  # half a level over
BLACK, WHITE = float(LIGHTNESS_OF_GREY[1]) / 2, (100 + float(LIGHTNESS_OF_GREY[254])) / 2  # up to half a level off


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """L, a and b of colours, float32.

    Args:
        rgb: red, green and blue on the last axis, uint8 or floats of 0 to 255.

    Example:
        >>> to_lab(np.array([[255, 255, 255], [255, 0, 0]], np.uint8)).round().tolist()
        [[100.0, 0.0, 0.0], [53.0, 80.0, 67.0]]
    """
    linear = LINEAR[rgb] if rgb.dtype == np.uint8 else linear_of(rgb.astype(np.float32) / 255)
    root = root_of(linear @ FROM_LINEAR)
    lab = np.empty_like(root)
    lab[..., 0] = 116 * root[..., 1] - 16
    lab[..., 1] = 500 * (root[..., 0] - root[..., 1])
    lab[..., 2] = 200 * (root[..., 1] - root[..., 2])
    return lab


def from_lab(lab: np.ndarray) -> np.ndarray:
    """Red, green and blue from L, a and b: float32, 0 to 255, and beyond where sRGB cannot show the colour.

    Example:
        >>> from_lab(np.array([[100, 0, 0], [50, 100, 0]])).round().tolist()
        [[255.0, 255.0, 255.0], [257.0, -214.0, 123.0]]
    """
    return level_of(to_linear(lab.astype(np.float32))) * 255


def to_linear(lab: np.ndarray) -> np.ndarray:
    """Light in red, green and blue from L, a and b."""
    root = np.empty_like(lab)
    root[..., 1] = (lab[..., 0] + 16) / 116
    root[..., 0] = root[..., 1] + lab[..., 1] / 500
    root[..., 2] = root[..., 1] - lab[..., 2] / 200
    return cube_of(root) @ TO_LINEAR


def to_bytes(lab: np.ndarray) -> np.ndarray:
    """Red, green and blue as uint8; a colour that sRGB cannot show is made paler until it can, at the same L.

    To cut channels instead would make it darker or lighter. Half a level over is left to rounding; black and white are
    of no colour.

    Args:
        lab: L, a and b on the last axis; an L outside of 0 to 100 is cut.

    Example:
        >>> to_bytes(np.array([[100, 0, 0], [50, 100, 0]])).tolist()
        [[255, 255, 255], [231, 1, 122]]
    """
    lab = lab.astype(np.float32)
    np.clip(lab[..., 0], 0, 100, out=lab[..., 0])
    lab[(lab[..., 0] < BLACK) | (lab[..., 0] > WHITE), 1:] = 0
    linear = to_linear(lab)
    outside = ~shown(*np.moveaxis(linear, -1, 0))
    if outside.any():
        linear[outside] = to_linear(paler(lab[outside]))
    return np.clip(np.rint(level_of(linear) * 255), 0, 255).astype(np.uint8)


def shown(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Whether sRGB can show light of these colours, but for half a level."""
    least, most = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    return (least >= DARKEST) & (most <= LIGHTEST)


def paler(lab_P3: np.ndarray) -> np.ndarray:
    """Colours with the largest share of their a and b that sRGB can show at their L."""
    root_P = (lab_P3[:, 0] + 16) / 116
    to_x_P, to_z_P = lab_P3[:, 1] / 500, lab_P3[:, 2] / -200
    from_y_3P = [share * cube_of(root_P) for share in TO_LINEAR[1]]
    share_P = np.zeros_like(root_P)
    for halving in range(1, HALVINGS + 1):
        tried_P = share_P + np.float32(0.5**halving)
        x_P, z_P = cube_of(root_P + tried_P * to_x_P), cube_of(root_P + tried_P * to_z_P)
        can_P = shown(*(TO_LINEAR[0, c] * x_P + from_y_3P[c] + TO_LINEAR[2, c] * z_P for c in range(3)))
        share_P = np.where(can_P, tried_P, share_P)
    return np.stack([lab_P3[:, 0], lab_P3[:, 1] * share_P, lab_P3[:, 2] * share_P], 1)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """L of a picture, float32 H×W: what is grey in it.

    Args:
        rgb: uint8, H×W or H×W×1 (grey), or H×W×3.

    Example:
        >>> luminance(np.array([[0, 119, 255]], np.uint8)).round().tolist()
        [[0.0, 50.0, 100.0]]
    """
    if rgb.ndim == 2 or rgb.shape[2] == 1:
        return LIGHTNESS_OF_GREY[rgb.reshape(rgb.shape[:2])]
    return 116 * root_of(LINEAR[rgb] @ FROM_LINEAR[:, 1]) - 16


def strips(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture, some at a time: so many that they have about a quarter of a million pixels.

    Example:
        >>> list(strips(3, 1 << 17))
        [slice(0, 2, None), slice(2, 4, None)]
    """
    rows = max(1, STRIP // max(1, width))
    yield from (slice(top, top + rows) for top in range(0, max(1, height), rows))


def in_strips(function: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """What a function makes of pictures pixel by pixel, with the memory that some of their rows need.

    Args:
        function: takes some rows of each array, and returns as many.
        arrays: H×W, or H×W and more axes; all of one height.

    Example:
        >>> in_strips(luminance, np.full((2000, 200, 3), 255, np.uint8)).shape
        (2000, 200)
    """
    height, width = arrays[0].shape[:2]
    whole = None
    for rows in strips(height, width):
        part = function(*(array[rows] for array in arrays))
        if whole is None:
            whole = np.empty((height, *part.shape[1:]), part.dtype)
        whole[rows] = part
    assert whole is not None
    return whole


def colorfulness(rgb_HWC: np.ndarray) -> float:
    """How colourful a picture is: 0 (grey) to some 100 and more; people call 33 moderate, 59 quite colourful.

    D. Hasler and S. Süsstrunk, Measuring colourfulness in natural images (2003), M^(3).

    Args:
        rgb_HWC: uint8; one channel is grey.

    Example:
        >>> colorfulness(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8))
        293.25
    """
    if rgb_HWC.shape[2] < 3:
        return 0.0
    pixels = rgb_HWC.shape[0] * rgb_HWC.shape[1]
    sums_22 = np.zeros((2, 2))  # of red − green and of yellow − blue, and of their squares: whole and half numbers
    for rows in strips(*rgb_HWC.shape[:2]):
        red, green, blue = (rgb_HWC[rows, :, c].astype(np.float32) for c in range(3))
        for sums_2, opponent in zip(sums_22, (red - green, (red + green) / 2 - blue), strict=True):
            sums_2 += opponent.sum(dtype=np.float64), np.square(opponent).sum(dtype=np.float64)
    mean_2, square_2 = sums_22.T / pixels
    spread = np.sqrt(np.maximum(square_2 - mean_2**2, 0).sum())
    return float(spread + 0.3 * np.sqrt((mean_2**2).sum()))
