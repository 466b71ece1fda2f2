"""Pictures to one shape: which it is, and how a picture is brought to it; nothing larger than needed is ever made.

Pictures are uint8, H×W×C.
"""

import numpy as np
from PIL import Image

from guina.data.values import BadPicture
from guina.errors import GuinaError

LARGEST = 256  # pixels of the short side that are kept of a larger picture
STRIP = 32  # times the short side that are kept of the long one: no shape is longer, and the middle is what is used
ROOM = 8  # times the part that is cut out: more of a long picture is not scaled
COMMON = (8, 96)  # the sides that pictures of mixed sizes are brought to
WHITE = 255


def reduced(pixels_HWC: np.ndarray) -> np.ndarray:
    """An array whose short side is at most 256, and whose long one is at most 32 times as long: its middle."""
    most = STRIP * min(pixels_HWC.shape[:2])
    pixels_HWC = pixels_HWC[middle(pixels_HWC.shape[0], most), middle(pixels_HWC.shape[1], most)]
    height, width, channels = pixels_HWC.shape
    if min(height, width) <= LARGEST:
        return pixels_HWC
    wide, high = scaled((width, height), LARGEST)
    return fit_picture(pixels_HWC, (high, wide, channels))


def middle(side: int, most: float) -> slice:
    """At most so many pixels from the middle of a side, as many left out on one side as on the other.

    Example:
        >>> middle(65000, 32), middle(65001, 32), middle(20, 32)
        (slice(32484, 32516, None), slice(32485, 32516, None), slice(0, 20, None))
    """
    left_out = max(0, -(-(side - int(most)) // 2))
    return slice(left_out, side - left_out)


def scaled(size: tuple[int, int], short: int) -> tuple[int, int]:
    """Width and height with the short side brought to `short`."""
    width, height = size
    scale = short / min(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def fit_picture(pixels_HWC: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """A picture of this shape (H, W, C): scaled until it just covers it, the middle cut out; grey and colour converted.

    Of a long picture only the middle is scaled: nothing is made that is much larger than what is cut out.

    Example:
        >>> fit_picture(np.zeros((20, 40, 1), np.uint8), (8, 8, 3)).shape
        (8, 8, 3)
    """
    height, width, channels = shape
    if pixels_HWC.shape[2] != channels:
        pixels_HWC = with_channels(pixels_HWC, channels)
    if pixels_HWC.shape == shape:
        return pixels_HWC
    scale = max(height / pixels_HWC.shape[0], width / pixels_HWC.shape[1])
    rows, columns = (
        middle(have, max(ROOM * side / scale, ROOM))
        for have, side in zip(pixels_HWC.shape[:2], (height, width), strict=True)
    )
    pixels_HWC = pixels_HWC[rows, columns]
    high, wide = max(height, round(pixels_HWC.shape[0] * scale)), max(width, round(pixels_HWC.shape[1] * scale))
    planes = [pixels_HWC] if channels == 3 else list(pixels_HWC.transpose(2, 0, 1))
    resized = [np.asarray(Image.fromarray(plane).resize((wide, high), Image.Resampling.BICUBIC)) for plane in planes]
    pixels_HWC = resized[0] if channels == 3 else np.stack(resized, 2)
    top, left = (high - height) // 2, (wide - width) // 2
    return pixels_HWC[top : top + height, left : left + width]


def with_channels(pixels_HWC: np.ndarray, channels: int) -> np.ndarray:
    """Grey to colour by repetition, colour to grey by luminance (ITU-R 601); a fourth channel is transparency, and laid
    on white as that of a file is.
    """
    have = pixels_HWC.shape[2]
    if have == 4 and channels in (1, 3):
        alpha_HW1 = pixels_HWC[:, :, 3:].astype(np.float32) / 255
        laid = np.round(pixels_HWC[:, :, :3] * alpha_HW1 + WHITE * (1 - alpha_HW1)).astype(np.uint8)
        return laid if channels == 3 else with_channels(laid, 1)
    if have == 1:
        return np.repeat(pixels_HWC, channels, 2)
    if have == 3 and channels == 1:
        return np.asarray(Image.fromarray(pixels_HWC).convert("L"))[:, :, None]
    raise BadPicture(f"{have} channels where the network takes {channels}")


def is_grey(pixels_HWC: np.ndarray, tolerance: int = 8) -> bool:
    """Whether one channel says it all: there is only one, or red, green and blue are equal, JPEG's rounding aside.

    Two or four channels are an array's own, and none of them is another's copy.
    """
    if pixels_HWC.shape[2] != 3:
        return pixels_HWC.shape[2] == 1
    if not same(pixels_HWC[len(pixels_HWC) // 2], tolerance):  # nearly every colour picture is known by its middle row
        return False
    return same(pixels_HWC, tolerance)


def same(pixels_3: np.ndarray, tolerance: int) -> bool:
    """Whether red, green and blue differ by no more than this anywhere."""
    red, green, blue = (pixels_3[..., c].astype(np.int16) for c in range(3))
    return all(int(np.abs(one - other).max()) <= tolerance for one, other in ((red, green), (green, blue), (red, blue)))


def choose_shape(size_N3: np.ndarray, grey_N: np.ndarray, pixels: int = 0) -> tuple[int, int, int]:
    """The shape all pictures are brought to.

    Equal sizes up to 256 pixels are kept. Others become squares whose side is the median of the short sides, at least 8
    and at most 96. Colour is kept unless no picture has any.

    Args:
        size_N3: height, width and channels of each training picture.
        grey_N: whether it has no colour.
        pixels: the side, if the user named one.

    Raises:
        GuinaError: the named side is out of range.
    """
    channels = 1 if grey_N.all() else int(size_N3[~grey_N, 2].min())
    if pixels:
        if not COMMON[0] <= pixels <= LARGEST:
            raise GuinaError(f"--pixels {pixels}", f"{COMMON[0]} to {LARGEST}", "leave it out, or name a side between")
        return pixels, pixels, channels
    height, width = (int(v) for v in size_N3[0, :2])
    if (size_N3[:, :2] == size_N3[0, :2]).all() and COMMON[0] <= min(height, width) and max(height, width) <= LARGEST:
        return height, width, channels
    side = int(np.clip(np.median(size_N3[:, :2].min(1)), *COMMON))
    return side, side, channels
