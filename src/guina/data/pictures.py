"""From any picture to the array a network takes: the one path of training and answering.

`open_picture` decodes (what EXIF turns is turned, transparency lies on white, deep pixels become 8 bits), `fit_picture`
brings to a common shape, `choose_shape` says which. Pictures are uint8, H×W×C, with C of 1 (grey) or 3 (colour), and
other numbers of channels where arrays have them.
"""

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

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
    *(AssertionError, MemoryError, struct.error, zlib.error),
)


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
        with damage_said():
            return from_image(thing, note)
    if isinstance(thing, (str, Path)):
        thing = read_bytes(Path(thing))
    return decode(bytes(thing), note)


@contextmanager
def damage_said() -> Iterator[None]:
    """What Pillow raises over a damaged picture, as BadPicture."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels") from None
    except DAMAGE as error:
        raise BadPicture("truncated" if "truncated" in str(error) else "corrupt") from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; nothing else is opened."""
    try:
        kind = os.stat(path)
        if stat.S_ISDIR(kind.st_mode):
            raise BadPicture("a folder that is a link, or cannot be read")
        if not stat.S_ISREG(kind.st_mode):
            raise BadPicture("no regular file")
        if kind.st_size == 0:
            raise BadPicture("zero bytes")
        if kind.st_size > MOST_BYTES:
            raise BadPicture("over 512 MB")
        data = path.read_bytes()
    except (FileNotFoundError, ValueError):  # ValueError: a name that no file can have
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
    with damage_said():
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            raise BadPicture(f"{what_it_is(data)}, no picture that guina reads") from None
        with image:
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
    image.load()  # first: a GIF's mode depends on its first frame, and a TIFF is turned by Pillow itself
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    if turn is not None:
        image = image.transpose(turn)
        note("turned as EXIF says")
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        note("16-bit or float pixels to 8 bits")
        return reduced(from_deep(np.asarray(image)))
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        note("transparency laid on white")
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground.convert("L" if mode in ("LA", "La", "L", "1") else "RGB")
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


def from_array(array: np.ndarray, factor: float | None = None) -> np.ndarray:
    """An array as uint8 H×W×C: what training does with arrays and answering too.

    Args:
        factor: what values are multiplied by: `factor_of` the whole array that this is a picture of; None: of this one.
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or 0 in array.shape:
        raise BadPicture(f"an array of shape {array.shape}, not H×W or H×W×C with 1 to 4 channels")
    factor = factor_of(array) if factor is None else factor
    return array if array.dtype == np.uint8 else np.round(array.astype(np.float64) * factor).astype(np.uint8)


def factor_of(array: np.ndarray) -> float:
    """What values are multiplied by to lie between 0 and 255. One for all pictures of an array: a dark one stays dark.

    Example:
        >>> [factor_of(np.array(values)) for values in ([False, True], [0.0, 0.7], [0.0, 200.0], [0, 200], [0, 257])]
        [255.0, 255.0, 1.0, 1.0, 0.0038910505836575876]
    """
    if array.dtype == np.uint8:
        return 1.0
    if array.dtype.kind not in "biuf":
        raise BadPicture(f"values of type {array.dtype}, not numbers")
    low, high = float(array.min(initial=0)), float(array.max(initial=0))
    if not np.isfinite(low + high):
        raise BadPicture("pixels that are no numbers")
    whole = array.dtype.kind in "iu"
    if low < 0 or high > (65535 if whole else 255):
        raise BadPicture(f"values from {low:g} to {high:g}, not 0 to 1, 0 to 255, or integers up to 65535")
    if not whole and high <= 1:
        return 255.0
    return 1.0 if high <= 255 else 1 / 257


def from_deep(values_HW: np.ndarray) -> np.ndarray:
    """The pixels of a 16-bit, 32-bit or float file as uint8; values that no rule fits are stretched over 0 to 255."""
    values = values_HW.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise BadPicture("pixels that are no numbers")
    if values_HW.dtype.kind in "iu" and low >= 0 and high <= 65535:
        return from_array(values_HW, 1 / 257)  # of 16 bits, however dark
    if values_HW.dtype.kind == "f" and low >= 0 and high <= 255:
        return from_array(values_HW)
    return from_array((values - low) / max(high - low, 1e-12))


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
    planes = [pixels_HWC] if channels == 3 else list(pixels_HWC.transpose(2, 0, 1))
    resized = [np.asarray(Image.fromarray(plane).resize((wide, high), Image.Resampling.BICUBIC)) for plane in planes]
    pixels_HWC = resized[0] if channels == 3 else np.stack(resized, 2)
    top, left = (high - height) // 2, (wide - width) // 2
    return pixels_HWC[top : top + height, left : left + width]


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
    """All files below a folder in sorted order; what is hidden or a tool's is only told to `ignored`.

    A folder that is a link, or that cannot be read, comes as itself: `read_bytes` says so of it.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except PermissionError:
        yield folder
        return
    for entry in entries:
        path = folder / entry.name
        if is_ignored(entry.name):
            ignored(path)
        elif entry.is_dir(follow_symlinks=False):
            yield from walk(path, ignored)
        else:
            yield path


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is hidden or a tool's, and no picture of the user's."""
    return name.startswith(".") or name in IGNORED_FOLDERS or name.lower() in IGNORED_FILES


def try_picture(thing: Any, shape: tuple[int, int, int]) -> np.ndarray | str:
    """A picture as the network takes it, or why it cannot be one."""
    try:
        return fit_picture(open_picture(thing), shape)
    except BadPicture as bad:
        return str(bad)
