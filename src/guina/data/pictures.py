"""From any picture to the array a network takes: the one path of training and answering.

`open_picture` decodes (what EXIF turns is turned, transparency lies on white, deep pixels become 8 bits), `fit_picture`
brings to a common shape, `choose_shape` says which. Pictures are uint8, H×W×C, with C of 1 (grey) or 3 (colour), and
other numbers of channels where arrays have them.
"""

import io
import os
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from guina.errors import GuinaError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # those whose decoders are maintained and read pixels only
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
}
MOST_PIXELS = 89_500_000
MOST_BYTES = 512 << 20
LARGEST = 256  # pixels of the short side that are kept of a larger picture
COMMON = (8, 96)  # the sides that pictures of mixed sizes are brought to
IGNORED_FOLDERS = ("__MACOSX", "__pycache__", "@eaDir", "lost+found")
IGNORED_FILES = ("thumbs.db", "desktop.ini", "icon\r")

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # it is a refusal here, below


class BadPicture(Exception):
    """Why a picture cannot be used, in words for the report."""


Note = Callable[[str], None]


def ignore(note: str) -> None:
    """For whom conversions do not matter."""


def open_picture(thing: Any, note: Note = ignore) -> np.ndarray:
    """A picture as uint8 H×W×C; one whose short side is over 256 pixels comes reduced to that.

    Args:
        thing: a path, bytes, a PIL image, or an array (H×W or H×W×C; floats are 0 to 1).
        note: told how the picture was converted.

    Raises:
        BadPicture: it cannot be used, and why.
    """
    if isinstance(thing, np.ndarray):
        return reduced(from_array(thing))
    if isinstance(thing, Image.Image):
        return from_image(thing, note)
    if isinstance(thing, (str, Path)):
        thing = read_bytes(Path(thing), note)
    return decode(bytes(thing), note)


def read_bytes(path: Path, note: Note = ignore) -> bytes:
    """The bytes of a regular file; nothing else is opened."""
    try:
        kind = os.stat(path)
        if not stat.S_ISREG(kind.st_mode):
            raise BadPicture("no regular file")
        if kind.st_size == 0:
            raise BadPicture("zero bytes")
        if kind.st_size > MOST_BYTES:
            raise BadPicture("over 512 MB")
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadPicture("not there") from None
    except PermissionError:
        raise BadPicture("permission denied") from None
    except OSError as error:
        raise BadPicture(f"cannot be read ({error.strerror})") from None
    return data


def decode(data: bytes, note: Note = ignore, suffix: str = "") -> np.ndarray:
    """A picture from the bytes of a file."""
    if not data:
        raise BadPicture("zero bytes")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels")
            if suffix and image.format and suffix.lower() not in SUFFIXES[image.format]:
                note(f"{image.format} under another extension")
            if getattr(image, "n_frames", 1) > 1:
                note("first of several frames or pages")
            if image.format == "JPEG" and min(image.size) > 2 * LARGEST:
                scale = LARGEST * 2 / min(image.size)
                image.draft(None, (round(image.width * scale), round(image.height * scale)))
            return from_image(image, note)
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise BadPicture(f"{what_it_is(data)}, no picture that guina reads") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels") from None
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        EOFError,
        OverflowError,
        MemoryError,
    ) as error:
        raise BadPicture("truncated" if "truncated" in str(error) else "corrupt") from None


def what_it_is(data: bytes) -> str:
    """What bytes that are no picture look like."""
    head = data[:512].lstrip().lower()
    known = {b"<!doctype html": "HTML", b"<html": "HTML", b"<svg": "SVG", b"<?xml": "XML or SVG", b"%pdf": "PDF"}
    known |= {b"%!ps": "PostScript", b"8bps": "Photoshop", b"pk\x03\x04": "a zip archive"}
    if data[4:8] == b"ftyp":
        return "HEIC, AVIF or a video"
    return next((name for start, name in known.items() if head.startswith(start)), "unknown content")


def from_image(image: Image.Image, note: Note = ignore) -> np.ndarray:
    """A PIL image as uint8, grey or colour."""
    turned = ImageOps.exif_transpose(image)
    if (turned is not image and turned.size != image.size) or image.getexif().get(0x0112, 1) not in (1, 0):
        note("turned as EXIF says")
    image = turned
    mode = image.mode
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or (mode == "P" and "transparency" in image.info):
        note("transparency laid on white")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground.convert("L" if mode in ("LA", "La") else "RGB")
    elif mode.startswith("I") or mode == "F":
        note("16-bit or float pixels to 8 bits")
        return reduced(from_array(np.asarray(image), deep=True))
    elif mode == "1":
        note("1-bit pixels to grey")
        image = image.convert("L")
    elif mode not in ("L", "RGB"):
        note({"P": "palette to colour", "CMYK": "CMYK to colour"}.get(mode, f"{mode} to colour"))
        image = image.convert("RGB")
    if min(image.size) > LARGEST:
        image = image.resize(scaled(image.size, LARGEST), Image.Resampling.BOX, reducing_gap=None)
    pixels = np.asarray(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def from_array(array: np.ndarray, deep: bool = False) -> np.ndarray:
    """An array as uint8 H×W×C. Floats are 0 to 1; 16-bit values, and floats of a file, are scaled by their range."""
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or 0 in array.shape:
        raise BadPicture(f"an array of shape {array.shape}, not H×W or H×W×C with 1 to 4 channels")
    if array.dtype == np.uint8:
        return array
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise BadPicture("pixels that are no numbers")
    if array.dtype.kind == "b" or (array.dtype.kind == "f" and values.min() >= 0 and values.max() <= 1):
        values = values * 255
    elif array.dtype.kind in "iu" and not deep and values.min() >= 0 and values.max() <= 255:
        pass  # 8 bits in a wider type
    elif array.dtype.kind in "iu" and values.min() >= 0:
        values = values / 257 if values.max() <= 65535 else values / values.max() * 255
    else:
        values = (values - values.min()) / max(values.max() - values.min(), 1e-12) * 255
    return np.round(values).clip(0, 255).astype(np.uint8)


def reduced(pixels_HWC: np.ndarray) -> np.ndarray:
    """An array whose short side is at most 256."""
    height, width, channels = pixels_HWC.shape
    if min(height, width) <= LARGEST:
        return pixels_HWC
    wide, high = scaled((width, height), LARGEST)
    return fit_picture(pixels_HWC, (high, wide, channels))


def scaled(size: tuple[int, int], short: int) -> tuple[int, int]:
    """Width and height with the short side brought to `short`."""
    width, height = size
    scale = short / min(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def fit_picture(pixels_HWC: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """A picture of this shape (H, W, C): scaled until it just covers it, the middle cut out; grey and colour converted.

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
    high, wide = max(height, round(pixels_HWC.shape[0] * scale)), max(width, round(pixels_HWC.shape[1] * scale))
    planes = [
        np.asarray(Image.fromarray(pixels_HWC[:, :, c]).resize((wide, high), Image.Resampling.BICUBIC))
        for c in range(channels)
    ]
    top, left = (high - height) // 2, (wide - width) // 2
    return np.stack(planes, 2)[top : top + height, left : left + width]


def with_channels(pixels_HWC: np.ndarray, channels: int) -> np.ndarray:
    """Grey to colour by repetition, colour to grey by luminance (ITU-R 601); a fourth channel is left out."""
    have = pixels_HWC.shape[2]
    if have == 4 and channels < 4:
        return with_channels(pixels_HWC[:, :, :3], channels)
    if have == 1:
        return np.repeat(pixels_HWC, channels, 2)
    if have == 3 and channels == 1:
        return np.asarray(Image.fromarray(pixels_HWC).convert("L"))[:, :, None]
    raise BadPicture(f"{have} channels where the network takes {channels}")


def is_grey(pixels_HWC: np.ndarray, tolerance: int = 8) -> bool:
    """Whether a picture has no colour, JPEG's rounding aside."""
    if pixels_HWC.shape[2] < 3:
        return True
    colour = pixels_HWC[:, :, :3].astype(np.int16)
    return int((colour.max(2) - colour.min(2)).max(initial=0)) <= tolerance


def choose_shape(size_N3: np.ndarray, grey: bool, pixels: int = 0) -> tuple[int, int, int]:
    """The shape all pictures are brought to.

    Equal sizes up to 256 pixels are kept. Others become squares whose side is the median of the short sides, at least 8
    and at most 96. Colour is kept unless no picture has any.

    Args:
        size_N3: height, width and channels of each training picture.
        grey: whether none of them has colour.
        pixels: the side, if the user named one.

    Raises:
        GuinaError: the named side is out of range.
    """
    channels = 1 if grey else int(np.bincount(size_N3[:, 2]).argmax())
    if pixels:
        if not COMMON[0] <= pixels <= LARGEST:
            raise GuinaError(f"--pixels {pixels}", f"{COMMON[0]} to {LARGEST}")
        return pixels, pixels, channels
    height, width = (int(v) for v in size_N3[0, :2])
    if (size_N3[:, :2] == size_N3[0, :2]).all() and COMMON[0] <= min(height, width) and max(height, width) <= LARGEST:
        return height, width, channels
    side = int(np.clip(np.median(size_N3[:, :2].min(1)), *COMMON))
    return side, side, channels


def find_pictures(things: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Inputs with their names, one by one: folders are walked in sorted order, hidden and tool files left out."""
    for n, thing in enumerate(things):
        if isinstance(thing, (str, Path)) and Path(thing).is_dir():
            for path in walk(Path(thing)):
                yield str(path), path
        elif isinstance(thing, (str, Path)):
            yield str(thing), thing
        else:
            yield f"picture {n + 1}", thing


def walk(folder: Path, ignored: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """All files below a folder in sorted order; what is hidden or a tool's is only told to `ignored`."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in IGNORED_FOLDERS or path.name.lower() in IGNORED_FILES:
            ignored(path)
        elif path.is_dir() and not path.is_symlink():
            yield from walk(path, ignored)
        else:
            yield path


def try_picture(thing: Any, shape: tuple[int, int, int]) -> np.ndarray | str:
    """A picture as the network takes it, or why it cannot be one."""
    try:
        return fit_picture(open_picture(thing), shape)
    except BadPicture as bad:
        return str(bad)
