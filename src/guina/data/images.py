"""Pillow's images to arrays: turned, laid on a ground, of 8 bits, and no larger than anyone needs."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from guina.data.contrast import contrast, ends_of_channels
from guina.data.fitting import LARGEST, STRIP, middle, scaled
from guina.data.values import BadPicture, Range, from_deep

MOST_PIXELS = 89_500_000
DEEP = "16-bit or float pixels to 8 bits"  # what is noted of files of 16 or 32 bits
DEEP_COLOURS = "16-bit colours to 8 bits"  # of those that Pillow brings to 8 bits itself: no range is known of them
DEEP_LAYOUT = re.compile(r";16[BLN]")  # in what Pillow calls the layout of a file's pixels
SEEN, OPAQUE = 16, 128  # levels below which nothing is seen; by which transparency must differ to be a drawing
ORIENTATION = 0x0112  # the EXIF tag
TURNS = {  # what undoes each orientation; ImageOps.exif_transpose also rewrites the EXIF data, and fails on odd ones
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DAMAGE = (  # what Pillow's decoders let through where a file is damaged
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError),
    *(AssertionError, struct.error, zlib.error),
)

Note = Callable[[str], None]


def ignore(note: str) -> None:
    """For whom conversions do not matter."""


def from_image(image: Image.Image, note: Note = ignore, known: Range | None = None) -> np.ndarray:
    """A PIL image as uint8, grey or colour."""
    if has_deep_colours(image):
        note(DEEP_COLOURS)
    image.load()  # first: a GIF's mode depends on its first frame, and a TIFF is turned by Pillow itself
    turn = turn_of(image)
    mode = image.mode
    transparent = mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    deep = mode.startswith("I") or mode == "F"
    image = without_ends(image, note)
    if deep:
        note("float pixels to 8 bits" if mode == "F" else DEEP)
        image = Image.fromarray(np.asarray(image).astype(np.uint16)) if mode == "I;16B" else image  # cannot be resized
    elif transparent:
        image = image if mode == "RGBA" else image.convert("RGBA")
    elif mode == "1":
        note("1-bit pixels to grey")
        image = image.convert("L")
    elif mode == "P":
        note("palette to colour")
        image = image.convert("RGB")
    if min(image.size) > LARGEST:  # before it is copied once more
        image = image.resize(scaled(image.size, LARGEST), Image.Resampling.BOX, reducing_gap=None)
    if not deep and not transparent and image.mode not in ("L", "RGB"):
        note(f"{mode} to colour")
        image = image.convert("RGB")
    if turn is not None:
        image = image.transpose(turn)
        note("turned as EXIF says")
    if deep:
        return from_deep(np.asarray(image), known)
    pixels = on_ground(image, mode in ("LA", "La", "L", "1"), note) if transparent else np.asarray(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def has_deep_colours(image: Image.Image) -> bool:
    """Whether a file's colours have 16 bits, of which Pillow keeps 8; known only before it is loaded."""
    layouts = (str(tile[3]) for tile in getattr(image, "tile", ()))
    return not image.mode.startswith("I") and any(map(DEEP_LAYOUT.search, layouts))


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """How the EXIF data say that a picture is to be turned; damaged ones say nothing."""
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:
        return None


def without_ends(image: Image.Image, note: Note) -> Image.Image:
    """The middle of a picture that is many times as long as wide: no network sees more of it."""
    most = STRIP * min(image.size)
    if max(image.size) <= most:
        return image
    note("the middle of a strip")
    columns, rows = middle(image.width, most), middle(image.height, most)
    return image.crop((columns.start, rows.start, columns.stop, rows.stop))


def on_ground(image: Image.Image, grey: bool, note: Note) -> np.ndarray:
    """A transparent picture on white; on black where on white nothing would be seen: white drawings are."""

    def laid(colour: str) -> np.ndarray:
        ground = Image.new("RGBA", image.size, colour)
        ground.alpha_composite(image)
        return np.asarray(ground.convert("L" if grey else "RGB"))

    pixels = laid("white")
    if shown(pixels) < SEEN and shown(np.asarray(image)[:, :, 3]) > OPAQUE and shown(on_black := laid("black")) > SEEN:
        note("transparency laid on black, since on white nothing would be seen")
        return on_black
    note("transparency laid on white")
    return pixels


def shown(pixels: np.ndarray) -> int:
    """How many levels apart the darkest and the lightest values of a picture are."""
    return int(contrast(ends_of_channels(pixels if pixels.ndim == 3 else pixels[:, :, None])))


@contextmanager
def damage_said() -> Iterator[None]:
    """What Pillow raises over a damaged picture, as BadPicture."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels") from None
    except UnidentifiedImageError:  # who has the bytes can say more
        raise
    except MemoryError:
        raise BadPicture("more memory is needed than there is") from None
    except DAMAGE as error:
        raise BadPicture("truncated" if "truncated" in str(error) else "corrupt") from None
