"""A picture file as its owner has it, for jobs that change pictures: opened at full size, and handed back like it was.

What pictures.py does for networks that learn, with nothing made smaller and nothing laid on a ground: transparency is
kept apart, and put back. What is written is sRGB, with neither a profile nor EXIF data: the pixels are turned already.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, JpegImagePlugin, UnidentifiedImageError

from guina.data.images import DAMAGE, DEEP, DEEP_COLOURS, MOST_PIXELS, Note, damage_said, has_deep_colours, turn_of
from guina.data.lab import in_strips
from guina.data.metadata import without_metadata
from guina.data.picture_files import as_image
from guina.data.pictures import FORMATS, KINDS, ROOM, SUFFIXES, read_bytes, what_it_is
from guina.data.values import BadPicture, from_array, from_deep

WRITTEN = ("JPEG", "PNG", "TIFF", "WEBP", "BMP")  # what becomes a file of its own format again; others become PNG
SEE_THROUGH = ("PNG", "TIFF", "WEBP")  # those that Pillow writes with transparency, and reads so again
SQUEEZED = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "zstd", "lzma")  # TIFF's, lossless
LOSSY_WEBP = {"lossless": False, "quality": 90}  # a file does not say with which quality it was made
LOSSLESS_WEBP = {"lossless": True, "exact": True}  # exact: colours that nobody sees stay, too
SAME = 2  # levels by which a profile's colours may differ from sRGB's and be taken for them
DENSEST = 65535  # dots an inch
FRAME = 16  # bytes before the chunks of a frame of a moving WEBP


@dataclass(frozen=True, eq=False)
class Original:
    """A picture at full size, and what is needed to make a file like it.

    Args:
        pixels_HWC: uint8, of one channel (grey) or three (sRGB), the right way up.
        alpha_HW: how opaque each pixel is, uint8; None: all of it.
        format: what Pillow calls the file's format; "PNG" where there was no file.
        how: what Pillow is to be told to save it like that.
        said: how the picture was converted.
    """

    pixels_HWC: np.ndarray
    alpha_HW: np.ndarray | None = None
    format: str = "PNG"
    how: dict[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def open_original(thing: Any) -> Original:
    """A picture at the size that it has.

    Args:
        thing: a path, bytes, a PIL image, or an array: H×W or H×W×C, floats of 0 to 1, C of 1 (grey) or 3 (colour),
            and one more for transparency.

    Raises:
        BadPicture: it cannot be used, and why.

    Example:
        >>> original = open_original(np.zeros((600, 800), np.uint8))
        >>> original.pixels_HWC.shape, original.format, original.said
        ((600, 800, 1), 'PNG', ())
    """
    if isinstance(thing, np.ndarray):
        return of_array(thing)
    if isinstance(thing, Image.Image):
        with damage_said():
            return of_image(thing)
    data = read_bytes(Path(thing)) if isinstance(thing, (str, Path)) else bytes(thing)
    if not data:
        raise BadPicture("zero bytes")
    try:
        with damage_said():
            try:
                return of_file(data)
            except DAMAGE:
                if (bare := without_metadata(data)) == data:
                    raise
                return of_file(bare, "metadata left out, which is damaged or too large")
    except UnidentifiedImageError:
        raise BadPicture(f"{what_it_is(data)}, no picture that guina reads") from None


def of_array(array: np.ndarray) -> Original:
    """The original that an array is."""
    if array.ndim >= 2:
        check_size(array.shape[1], array.shape[0])
    pixels_HWC = from_array(array)
    colours = 1 if pixels_HWC.shape[2] < 3 else 3
    alpha_HW = pixels_HWC[:, :, colours] if pixels_HWC.shape[2] > colours else None
    return Original(pixels_HWC[:, :, :colours], alpha_HW)


def of_file(data: bytes, *said: str) -> Original:
    """The original in the bytes of a file, where Pillow finds nothing wrong with them."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            said += ("first of several frames or pages",)
        with ROOM.held(image.width * image.height):
            return of_image(image, *said, lossy=is_lossy_webp(data))


def check_size(width: int, height: int) -> None:
    """Refuse pictures that are too large."""
    if width * height > MOST_PIXELS:
        raise BadPicture(f"over {MOST_PIXELS / 1e6:.1f} million pixels")


def is_lossy_webp(data: bytes) -> bool:
    """Whether the first picture of a file is of WEBP's lossy kind.

    Its pixels stand in a chunk "VP8 ", those of a lossless one in "VP8L". https://www.rfc-editor.org/rfc/rfc9649
    """
    at = 12
    while data[:4] == b"RIFF" and data[8:12] == b"WEBP" and at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8 "
        at += 8 + (FRAME if kind == b"ANMF" else size + size % 2)
    return False


def of_image(image: Image.Image, *said: str, lossy: bool = False) -> Original:
    """The original that a PIL image is.

    Args:
        said: how it was converted so far.
        lossy: whether it is from a file of WEBP's lossy kind.
    """
    check_size(*image.size)
    notes = [*said, *([DEEP_COLOURS] if has_deep_colours(image) else [])]
    image.load()  # first: a GIF's mode depends on its first frame, and a TIFF is turned by Pillow itself
    turn = turn_of(image)
    colours, alpha = plain(image, notes.append)
    colours = in_srgb(colours, image.info.get("icc_profile"), notes.append)
    if turn is not None:
        colours, alpha = colours.transpose(turn), None if alpha is None else alpha.transpose(turn)
        notes.append("turned as EXIF says")
    pixels_HWC = np.asarray(colours).reshape(colours.height, colours.width, -1)
    alpha_HW = None if alpha is None else np.asarray(alpha)
    kind = KINDS.get(str(image.format), image.format or "PNG")
    return Original(pixels_HWC, alpha_HW, kind, how_saved(image, kind, lossy), tuple(notes))


def plain(image: Image.Image, note: Note) -> tuple[Image.Image, Image.Image | None]:
    """A picture of 8 bits as "L", "RGB", or what only a profile can turn into colour; and its transparency."""
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        note("float pixels to 8 bits" if mode == "F" else DEEP)
        values_HW = np.asarray(image)
        alike = values_HW.dtype.kind == "u" and values_HW.dtype.itemsize == 2  # one rule for all: no need to see them
        pixels_HW1 = in_strips(from_deep, values_HW) if alike else from_deep(values_HW)
        return Image.fromarray(pixels_HW1[:, :, 0]), None
    if mode in ("1", "P", "PA"):
        note("1-bit pixels to grey" if mode == "1" else "palette to colour")
    if mode in ("LA", "RGBA", "La", "RGBa", "PA") or "transparency" in image.info:
        image = image.convert("LA" if mode in ("LA", "La", "L", "1") else "RGBA")
        return image.convert(image.mode[:-1]), image.getchannel("A")
    return image.convert("L" if mode == "1" else "RGB") if mode in ("1", "P") else image, None


def in_srgb(image: Image.Image, profile: bytes | None, note: Note) -> Image.Image:
    """Colours as sRGB: by the file's own profile if it has one that works and is another, else by Pillow's rules."""
    try:
        converted = by_profile(image, profile) if profile else None
    except (ImageCms.PyCMSError, ImportError, *DAMAGE):
        converted = None
    if image.mode not in ("L", "RGB"):
        note(f"{image.mode} to colour")
    if converted is not None:
        note("colour profile to sRGB")
        return converted
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Colours as their profile says that they are seen; None: as sRGB says."""
    own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    change = ImageCms.buildTransform(own, srgb, image.mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    if image.mode in ("L", "RGB"):
        levels = np.linspace(0, 255, 9).astype(np.uint8)
        cube_HWC = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
        some = Image.fromarray(cube_HWC).convert(image.mode)
        seen_HWC = np.asarray(change.apply(some)).astype(np.int16)
        if np.abs(seen_HWC - np.asarray(some.convert("RGB"))).max() <= SAME:
            return None
    converted = change.apply(image)
    return converted.getchannel("G") if image.mode == "L" else converted


def how_saved(image: Image.Image, kind: str, lossy: bool) -> dict[str, Any]:
    """What Pillow is to be told to save a file as this one was."""
    how: dict[str, Any] = {}
    dpi = [float(dots) for dots in image.info.get("dpi", ())]
    if kind in ("JPEG", "TIFF", "BMP") and len(dpi) == 2 and all(1 <= dots <= DENSEST for dots in dpi):
        how["dpi"] = tuple(dpi)
    if kind == "JPEG" and isinstance(image, JpegImagePlugin.JpegImageFile):
        tables = [list(image.quantization[part[3]]) for part in image.layer[:3]]
        how["qtables"] = tables[: 2 if tables[1:2] == tables[2:] else 3]
        how["subsampling"] = JpegImagePlugin.get_sampling(image)
        how["progressive"] = "progressive" in image.info
    elif kind == "WEBP":
        how |= LOSSY_WEBP if lossy else LOSSLESS_WEBP
    elif kind == "TIFF":
        compression = image.info.get("compression")
        how["compression"] = compression if compression in SQUEEZED else "tiff_adobe_deflate"
    return how


def encode_original(pixels_HWC: np.ndarray, original: Original, lossless: bool = False) -> tuple[bytes, str]:
    """A file like an original with other pixels: its bytes, and its suffix without the dot.

    A JPEG is as fine as the original was. What Pillow cannot write, and GIF, whose colours are few, becomes PNG.

    Args:
        pixels_HWC: uint8, one channel or three, as large as the original.
        lossless: whether JPEG and lossy WEBP become PNG, too.

    Example:
        >>> original = open_original(np.zeros((4, 6), np.uint8))
        >>> data, suffix = encode_original(np.zeros((4, 6, 3), np.uint8), original)
        >>> open_original(data).pixels_HWC.shape, suffix
        ((4, 6, 3), 'png')
    """
    image, kind, how = as_image(pixels_HWC), original.format, dict(original.how)
    lossy = kind == "JPEG" or (kind == "WEBP" and not how.get("lossless"))
    unheld = original.alpha_HW is not None and kind not in SEE_THROUGH
    if kind not in WRITTEN or unheld or (lossless and lossy):
        kind, how = "PNG", {}
    if original.alpha_HW is not None:
        image.putalpha(Image.fromarray(original.alpha_HW))
    if kind == "JPEG" and pixels_HWC.shape[2] < 3 and "qtables" in how:
        how["qtables"] = how["qtables"][:1]
    return saved(image, kind, how), SUFFIXES[kind][0][1:]


def saved(image: Image.Image, kind: str, how: dict[str, Any]) -> bytes:
    """The bytes of a file; a JPEG with the codes that make it smallest, if it fits the room that Pillow gives them."""
    file = io.BytesIO()
    try:
        image.save(file, kind, **how, **({"optimize": True} if kind == "JPEG" else {}))
    except OSError:
        if kind != "JPEG":
            raise
        file = io.BytesIO()
        image.save(file, kind, **how | {"progressive": False})
    return file.getvalue()
