"""From any picture to the array a network takes: the one path of training and answering.

`open_picture` decodes (what EXIF turns is turned, transparency is laid on white, deep pixels become 8 bits), fitting.py
brings to a common shape. Pictures are uint8, H×W×C, with C of 1 (grey) or 3 (colour), and other numbers of channels
where arrays have them.
"""

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from guina.data import own
from guina.data.contrast import contrast, ends_of_channels
from guina.data.fitting import LARGEST, STRIP, fit_picture, middle, reduced, scaled
from guina.data.metadata import without_metadata
from guina.data.room import Room
from guina.data.values import BadPicture, Range, from_array, from_deep

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # those whose decoders are maintained and read pixels only
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
}
KINDS = {"MPO": "JPEG"}  # other names that Pillow gives files of these formats: a JPEG with a second picture inside
MOST_PIXELS = 89_500_000
MOST_BYTES = 512 << 20
ROOM = Room(MOST_PIXELS)  # pixels that all threads together decode at a time
DEEP = "16-bit or float pixels to 8 bits"  # what is noted of files of 16 or 32 bits
SEEN, OPAQUE = 16, 128  # levels below which nothing is seen; by which transparency must differ to be a drawing
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
    *(AssertionError, struct.error, zlib.error),
)

Note = Callable[[str], None]


def ignore(note: str) -> None:
    """For whom conversions do not matter."""


def open_picture(thing: Any, note: Note = ignore, known: Range | None = None) -> np.ndarray:
    """A picture as uint8 H×W×C; one whose short side is over 256 pixels comes reduced to that.

    Args:
        thing: a path, bytes, a PIL image, or an array (H×W or H×W×C; floats are 0 to 1).
        note: told how the picture was converted.
        known: the range of the numbers that a network learned from, where these were arrays or deep files.

    Raises:
        BadPicture: it cannot be used, and why.
    """
    if isinstance(thing, np.ndarray):
        return reduced(from_array(thing, known))
    if isinstance(thing, Image.Image):
        with damage_said():
            return from_image(thing, note, known)
    if isinstance(thing, (str, Path)):
        thing = read_bytes(Path(thing))
    return decode(bytes(thing), note, known=known)


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


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; nothing else is opened."""
    try:
        kind = os.stat(path)
        if stat.S_ISDIR(kind.st_mode):
            there = next(walk(path), None)
            raise BadPicture(
                "a folder without files" if there is None else "a folder that is a link, or cannot be read"
            )
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


def decode(data: bytes, note: Note = ignore, suffix: str = "", known: Range | None = None) -> np.ndarray:
    """A picture from the bytes of a file; what is wrong with its metadata does not matter."""
    if not data:
        raise BadPicture("zero bytes")
    notes: list[str] = []
    try:
        with damage_said():
            try:
                pixels_HWC = decode_whole(data, notes.append, suffix, known)
            except DAMAGE:
                notes = ["metadata left out, which is damaged or too large"]
                if (bare := without_metadata(data)) == data:
                    raise
                pixels_HWC = decode_whole(bare, notes.append, suffix, known)
    except UnidentifiedImageError:
        raise BadPicture(f"{what_it_is(data)}, no picture that guina reads") from None
    for text in notes:
        note(text)
    return pixels_HWC


def decode_whole(data: bytes, note: Note, suffix: str, known: Range | None) -> np.ndarray:
    """A picture from the bytes of a file, where Pillow finds nothing wrong with them."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        pixels = image.width * image.height
        if pixels > MOST_PIXELS:
            raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels")
        kind = KINDS.get(str(image.format), str(image.format))
        if suffix and suffix.lower() not in SUFFIXES[kind]:
            note(f"{kind} under another extension")
        if getattr(image, "n_frames", 1) > 1:
            note("first of several frames or pages")
        if kind == "JPEG" and min(image.size) > 2 * LARGEST:
            scale = LARGEST * 2 / min(image.size)
            image.draft(None, (round(image.width * scale), round(image.height * scale)))
        with ROOM.held(pixels):
            return from_image(image, note, known)


def what_it_is(data: bytes) -> str:
    """What bytes that are no picture look like."""
    head = data[:512].lstrip().lower()
    known = {b"<!doctype html": "HTML", b"<html": "HTML", b"<svg": "SVG", b"<?xml": "XML or SVG", b"%pdf": "PDF"}
    known |= {b"%!ps": "PostScript", b"8bps": "Photoshop", b"pk\x03\x04": "a zip archive"}
    if data[4:8] == b"ftyp":
        return "HEIC, AVIF or a video"
    return next((name for start, name in known.items() if head.startswith(start)), "unknown content")


def from_image(image: Image.Image, note: Note = ignore, known: Range | None = None) -> np.ndarray:
    """A PIL image as uint8, grey or colour."""
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


def find_pictures(things: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Inputs with their names, one by one: folders are walked in sorted order, hidden and tool files left out.

    A folder in which there is none comes as itself: `read_bytes` says so of it.
    """
    for n, thing in enumerate(things):
        if isinstance(thing, (str, Path)) and Path(thing).is_dir():
            paths = walk(Path(thing))
            first = next(paths, Path(thing))
            for path in chain([first], paths):
                yield str(path), path
        elif isinstance(thing, (str, Path)):
            yield str(thing), thing
        else:
            yield f"picture {n + 1}", thing


def walk(folder: Path, ignored: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """All files below a folder in sorted order; what is hidden, a tool's or guina's own is only told to `ignored`.

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
            if own.is_own(path):
                ignored(path)
            else:
                yield from walk(path, ignored)
        else:
            yield path


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is hidden or a tool's, and no picture of the user's."""
    return name.startswith(".") or name in IGNORED_FOLDERS or name.lower() in IGNORED_FILES


def try_picture(thing: Any, shape: tuple[int, int, int], known: Range | None = None) -> np.ndarray | str:
    """A picture as the network takes it, or why it cannot be one."""
    try:
        return fit_picture(open_picture(thing, known=known), shape)
    except BadPicture as bad:
        return str(bad)
