"""Masks as people save them: of any mode, depth and size, with transparency, as JPEG, of zeros and ones.

Axes: H W pixels, C channels.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from guina.data.images import MOST_PIXELS, Note, damage_said, turn_of
from guina.data.pictures import FORMATS, ROOM, read_bytes, what_it_is
from guina.data.values import BadPicture
from guina.errors import GuinaError

TOPS = (1, 255, 65535)  # what white is: by the greatest value of a mask
LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow's
GREYS = 0.1  # share of pixels that are neither black nor white, from which it is a picture, not a mask
A_MASK = "a picture that is white where the hole is, and black elsewhere"


def read_mask(mask: Path | str | bytes | np.ndarray, size: tuple[int, int], note: Note) -> np.ndarray:
    """H×W of bool: where a mask is white, at the picture's size.

    A mask with transparency that is black and white is a drawing, and its white the hole; of another one, as of a
    picture from which the hole was erased, the hole is what is transparent.

    Args:
        mask: a file or its bytes, or an array (H×W or H×W×C).
        size: the picture's height and width.
        note: told how the mask was taken.

    Raises:
        GuinaError: it cannot be read, or is of another shape than the picture.

    Example:
        >>> read_mask(np.array([[0, 200], [90, 0]], np.uint8), (2, 2), print).tolist()
        [[False, True], [False, False]]
        >>> read_mask(np.array([[0, 1]], np.uint8), (2, 4), print).any(0).tolist()
        the mask's values are 0 and 1: 1 is the hole
        the mask is 2×1 pixels, and scaled to the picture's 4×2
        [False, False, True, True]
    """
    name = str(mask) if isinstance(mask, (str, Path)) else "the mask"
    try:
        if isinstance(mask, (str, Path)):
            mask = read_bytes(Path(mask))
        where_HW = white(mask if isinstance(mask, np.ndarray) else decoded(mask), note)
    except BadPicture as bad:
        raise GuinaError(f"{name}: {bad}", A_MASK, "save it anew, as a PNG") from None
    return at_size(where_HW, size, name, note)


def decoded(data: bytes) -> np.ndarray:
    """A mask from the bytes of a file: grey H×W, or H×W×2 with transparency; as large as it is, turned as EXIF says."""
    try:
        with damage_said(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if (pixels := image.width * image.height) > MOST_PIXELS:
                raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels")
            with ROOM.held(pixels):
                image.load()
                turn = turn_of(image)
                if image.mode.startswith("I") or image.mode == "F":  # of 16 bits not every kind can be turned
                    grey = Image.fromarray(np.asarray(image).astype(np.float32 if image.mode == "F" else np.int32))
                elif image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
                    grey = image.convert("RGBA").convert("LA")
                else:
                    grey = image.convert("RGB").convert("L")
                return np.asarray(grey if turn is None else grey.transpose(turn))
    except UnidentifiedImageError:
        raise BadPicture(f"{what_it_is(data)}, no picture that guina reads" if data else "zero bytes") from None


def white(values: np.ndarray, note: Note) -> np.ndarray:
    """H×W of bool: where an array is lighter than the middle of its range."""
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or not 1 <= values.shape[2] <= 4 or 0 in values.shape or values.dtype.kind not in "biuf":
        raise BadPicture(f"an array of {values.dtype}, {values.shape}, not of numbers, H×W or H×W×C")
    if not np.isfinite(values).all():
        raise BadPicture("pixels that are no numbers")
    C = values.shape[2]
    colour = values[:, :, : 3 if C >= 3 else 1]
    grey_HW = colour @ np.array(LUMINANCE) if C >= 3 else colour[:, :, 0]
    top, most = top_of(colour), colour.max()
    light_HW = grey_HW > top / 2
    if most == 1 and top == 1 and values.dtype.kind in "iu":
        note("the mask's values are 0 and 1: 1 is the hole")
    if C in (2, 4):
        alpha_HW = values[:, :, -1]
        opaque_HW = alpha_HW > top_of(alpha_HW) / 2
        if not opaque_HW.all():
            return drawn(grey_HW / top, light_HW, opaque_HW, note)
    if most > 0 and not light_HW.any():
        note(f"the mask's lightest value is {grey_HW.max():.4g} of {top}, and white is the hole")
    return light_HW


def top_of(values: np.ndarray) -> int:
    """What white is in a mask: 1, 255 or 65535."""
    low, high = values.min(), values.max()
    if low < 0 or high > TOPS[-1]:
        raise BadPicture(f"values from {low:g} to {high:g}, not 0 to 1, 0 to 255, or up to 65535")
    return next(top for top in TOPS if high <= top)


def drawn(grey_HW: np.ndarray, light_HW: np.ndarray, opaque_HW: np.ndarray, note: Note) -> np.ndarray:
    """Where the hole is in a mask with transparency: its white, or what was erased."""
    seen_HW = light_HW & opaque_HW
    if seen_HW.any() and (np.abs(grey_HW[opaque_HW] - 0.5) < 0.25).mean() <= GREYS:
        return seen_HW
    note("what is transparent in the mask is the hole")
    return ~opaque_HW


def at_size(where_HW: np.ndarray, size: tuple[int, int], name: str, note: Note) -> np.ndarray:
    """A mask at the picture's size, each pixel that of the nearest; one of another shape is refused."""
    if where_HW.shape == size:
        return where_HW
    (high, wide), (H, W) = where_HW.shape, size
    ours, theirs = f"{wide}×{high}", f"{W}×{H}"
    if not same_shape((high, wide), size):
        raise GuinaError(
            f"{name} is {ours} pixels, the picture {theirs}",
            "a mask of the picture's size, or of the same shape",
            f"scale it to {theirs} with an image editor",
        )
    note(f"the mask is {ours} pixels, and scaled to the picture's {theirs}")
    rows_H, columns_W = ((2 * np.arange(to) + 1) * of // (2 * to) for of, to in ((high, H), (wide, W)))
    return where_HW[rows_H[:, None], columns_W]


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one size is the other scaled, and rounded to whole pixels.

    Example:
        >>> same_shape((182, 234), (91, 117)), same_shape((46, 59), (91, 117)), same_shape((50, 50), (91, 117))
        (True, True, False)
    """
    small, large = sorted((one, other))
    return any(abs(small[a] / large[a] * large[1 - a] - small[1 - a]) <= 1 for a in range(2))
