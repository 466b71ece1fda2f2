"""Pictures to files: one, many on a sheet, or one after the other as an animation.

Axes: N pictures, H W pixels, C channels.
"""

import io
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from guina.data import own
from guina.errors import GuinaError

Place = TypeVar("Place", Path, io.BytesIO)
PAUSE = 80  # milliseconds a picture of an animation
SMALL = 128  # pixels a side up to which an animation is enlarged, so that it can be seen


def picture(pixels_HWC: np.ndarray) -> np.ndarray:
    """A stored picture as one to look at: H×W for grey, H×W×3 for colour (transparency left out)."""
    return pixels_HWC[:, :, 0] if pixels_HWC.shape[2] < 3 else pixels_HWC[:, :, :3]


def as_image(pixels_HWC: np.ndarray) -> Image.Image:
    """A grey or colour picture as Pillow's."""
    return Image.fromarray(np.ascontiguousarray(picture(pixels_HWC)))


def make_place(folder: Path) -> None:
    """Make a folder for pictures, which says that guina made it, so that they do not become data.

    Raises:
        GuinaError: it cannot be made.
    """
    try:
        own.make_folder(folder)
    except OSError as error:
        raise unwritable(folder, error) from None


def save_picture(pixels_HWC: np.ndarray, place: Place) -> Place:
    """Write a PNG, making its folder.

    Raises:
        GuinaError: it cannot be written.
    """
    if isinstance(place, Path):
        make_place(place.parent)
    try:
        as_image(pixels_HWC).save(place, "PNG")
    except OSError as error:
        raise unwritable(place, error) from None
    return place


def save_animation(pixels_NHWC: np.ndarray, path: Path) -> Path:
    """Write a GIF that runs to the last picture and back, for ever; small pictures are enlarged, pixels kept square.

    Raises:
        GuinaError: it cannot be written.
    """
    times = max(1, SMALL // max(pixels_NHWC.shape[1:3]))
    large = [as_image(p.repeat(times, 0).repeat(times, 1)) for p in pixels_NHWC]
    make_place(path.parent)
    try:
        large[0].save(path, "GIF", save_all=True, append_images=large[1:] + large[-2:0:-1], duration=PAUSE, loop=0)
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def unwritable(place: object, error: OSError) -> GuinaError:
    return GuinaError(
        f"{place} cannot be written: {error.strerror or error}", "a folder you may write to", "choose another --out"
    )


def sheet(pixels_NHWC: np.ndarray, columns: int, gap: int = 0) -> np.ndarray:
    """All pictures side by side, row by row; what is missing of the last row is black.

    Args:
        gap: black pixels between them.

    Example:
        >>> sheet(np.ones((3, 2, 2, 1), np.uint8), columns=2).shape
        (4, 4, 1)
    """
    pixels_NHWC = np.pad(pixels_NHWC, ((0, 0), (0, gap), (0, gap), (0, 0)))
    N, H, W, C = pixels_NHWC.shape
    rows = -(-N // columns)
    whole = np.zeros((rows * columns, H, W, C), pixels_NHWC.dtype)
    whole[:N] = pixels_NHWC
    return whole.reshape(rows, columns, H, W, C).swapaxes(1, 2).reshape(rows * H, columns * W, C)
