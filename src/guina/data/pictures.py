"""From any picture to the array a network takes: the one path of training and answering.

`open_picture` decodes (what EXIF turns is turned, transparency is laid on white, deep pixels become 8 bits), fitting.py
brings to a common shape. Pictures are uint8, H×W×C, with C of 1 (grey) or 3 (colour), and other numbers of channels
where arrays have them.
"""

import io
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from guina.data.fitting import LARGEST, fit_picture, reduced
from guina.data.images import DAMAGE, MOST_PIXELS, Note, damage_said, from_image, ignore
from guina.data.metadata import without_metadata
from guina.data.room import Room
from guina.data.values import BadPicture, Range, from_array

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
MOST_BYTES = 512 << 20
ROOM = Room(MOST_PIXELS)  # pixels that all threads together decode at a time


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


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file; nothing else is opened."""
    try:
        kind = os.stat(path)
        if stat.S_ISDIR(kind.st_mode):
            raise BadPicture(fault_of_folder(path))
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


def fault_of_folder(path: Path) -> str:
    """What to say of a folder where a picture is expected; one that has files is to be walked by whoever names it."""
    try:
        with os.scandir(path) as found:
            files = any(entry.is_file() and not entry.name.startswith(".") for entry in found)
    except OSError:
        return "a folder that is a link, or cannot be read"
    if path.is_symlink():
        return "a folder that is a link, or cannot be read"
    return "a folder, not a picture" if files else "a folder without files"


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


def try_picture(thing: Any, shape: tuple[int, int, int], known: Range | None = None) -> np.ndarray | str:
    """A picture as the network takes it, or why it cannot be one."""
    try:
        return fit_picture(open_picture(thing, known=known), shape)
    except BadPicture as bad:
        return str(bad)
