"""Pictures as users have them: formats, conversions, refusals, and the shape they are brought to."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.data import pictures
from guina.data.fitting import choose_shape, fit_picture, is_grey
from guina.data.pictures import open_picture
from guina.data.values import BadPicture
from without_posix import needs_posix


def encode(image: Image.Image, kind: str, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def photo(width: int = 12, height: int = 10) -> Image.Image:
    x = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return Image.fromarray(x)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF", "JPEG"])
def test_every_allowed_format_opens(kind):
    image = photo() if kind != "GIF" else photo().quantize(16)
    how = {"lossless": True} if kind == "WEBP" else {}
    opened = open_picture(encode(image, kind, **how))
    assert opened.shape == (10, 12, 3)
    if kind != "JPEG":
        np.testing.assert_array_equal(opened, np.asarray(image.convert("RGB")))


def notes_of(data) -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    return open_picture(data, notes.append), notes


def test_transparency_lies_on_white():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2] = (10, 20, 30, 255)
    opened, notes = notes_of(encode(Image.fromarray(rgba), "PNG"))
    assert (opened[0, 0].tolist(), opened[3, 3].tolist()) == ([10, 20, 30], [255, 255, 255])
    assert notes == ["transparency laid on white"]


def test_grey_with_transparency_stays_grey():
    grey, opaque = Image.new("L", (4, 4), 9), Image.new("L", (4, 4), 255)
    assert open_picture(encode(Image.merge("LA", [grey, opaque]), "PNG")).tolist() == np.full((4, 4, 1), 9).tolist()


def test_sixteen_bits_are_scaled_to_eight():
    opened, notes = notes_of(encode(Image.fromarray(np.array([[0, 65535], [257, 514]], np.uint16)), "PNG"))
    assert opened[:, :, 0].tolist() == [[0, 255], [1, 2]]
    assert notes == ["16-bit or float pixels to 8 bits"]


def test_cmyk_one_bit_palettes_and_animations_are_converted_and_said():
    assert notes_of(encode(photo().convert("CMYK"), "JPEG"))[1] == ["CMYK to colour"]
    opened, notes = notes_of(encode(photo().convert("1"), "PNG"))
    assert (set(np.unique(opened)), notes) == ({0, 255}, ["1-bit pixels to grey"])
    assert notes_of(encode(photo().quantize(8), "PNG"))[1] == ["palette to colour"]
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    opened, notes = notes_of(encode(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert (opened[0, 0].tolist(), notes) == ([255, 0, 0], ["first of several frames or pages"])


def test_exif_turns_the_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    opened, notes = notes_of(encode(photo(), "PNG", exif=exif))
    np.testing.assert_array_equal(opened, np.rot90(np.asarray(photo()), -1))
    assert notes == ["turned as EXIF says"]


def test_a_wrong_extension_is_said():
    notes: list[str] = []
    pictures.decode(encode(photo(), "PNG"), notes.append, ".JPG")
    assert notes == ["PNG under another extension"]


def test_a_large_photograph_comes_reduced():
    assert open_picture(encode(photo(3000, 1500), "JPEG")).shape == (256, 512, 3)
    assert open_picture(np.zeros((1500, 3000, 1), np.uint8)).shape == (256, 512, 1)


def bomb() -> bytes:
    """A PNG of some kilobytes that says it is 20,000 × 20,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20000, 20000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "zero bytes"),
        (encode(photo(200, 200), "JPEG")[:3000], "truncated"),
        (encode(photo(), "PNG")[:60], "truncated|corrupt"),
        (b"<!DOCTYPE html><p>404", "HTML, no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG, no picture"),
        (b"%PDF-1.7", "PDF, no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript, no picture"),
        (b"8BPS\0\1", "Photoshop, no picture"),
        (b"\0\0\0\x18ftypheic", "HEIC, AVIF or a video, no picture"),
        (b"\x93NUMPY", "unknown content, no picture"),
        (bomb(), "over 89"),
    ],
)
def test_what_cannot_be_used_says_why(data, why):
    with pytest.raises(BadPicture, match=why):
        open_picture(data)


def test_corrupt_pixels_are_found():
    data = bytearray(encode(photo(64, 64), "PNG"))
    data[200:260] = os.urandom(60)
    with pytest.raises(BadPicture, match=r"truncated|corrupt"):
        open_picture(bytes(data))


def test_a_bomb_costs_no_memory():
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(BadPicture):
        open_picture(bomb())
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@needs_posix
def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    (tmp_path / "empty.jpg").write_bytes(b"")
    refused = {
        "pipe.jpg": "no regular file",
        "empty.jpg": "zero bytes",
        "gone.jpg": "not there",
        "loop.jpg": "cannot be",
    }
    for name, why in refused.items():
        with pytest.raises(BadPicture, match=why):
            open_picture(tmp_path / name)
    with pytest.raises(BadPicture, match="no regular file"):
        open_picture("/dev/zero")


@pytest.mark.parametrize(
    ("array", "value"),
    [
        (np.full((8, 8), 0.5), 128),
        (np.full((8, 8, 1), 200, np.int64), 200),
        (np.full((8, 8), 514, np.uint16), 2),
        (np.full((8, 8), True), 255),
    ],
)
def test_arrays_of_other_types_become_bytes(array, value):
    assert open_picture(array).tolist() == np.full((8, 8, 1), value).tolist()


@pytest.mark.parametrize(
    "array", [np.zeros(5), np.zeros((4, 4, 9), np.uint8), np.zeros((0, 4)), np.full((4, 4), np.nan)]
)
def test_arrays_that_are_no_pictures_are_refused(array):
    with pytest.raises(BadPicture):
        open_picture(array)


# --- one shape ---


def sizes(*shapes: tuple[int, int, int]) -> np.ndarray:
    return np.array(shapes)


@pytest.mark.parametrize(
    ("size_N3", "grey", "pixels", "shape"),
    [
        (sizes((28, 28, 1), (28, 28, 1)), True, 0, (28, 28, 1)),
        (sizes((40, 60, 3), (40, 60, 3)), False, 0, (40, 60, 3)),
        (sizes((40, 60, 3), (60, 40, 3), (50, 50, 3)), False, 0, (40, 40, 3)),
        (sizes((400, 600, 3), (300, 400, 3)), False, 0, (96, 96, 3)),
        (sizes((4, 4, 3), (4, 4, 3)), False, 0, (8, 8, 3)),
        (sizes((28, 28, 3), (28, 28, 3)), True, 0, (28, 28, 1)),
        (sizes((28, 28, 1), (28, 28, 3), (28, 28, 3)), False, 0, (28, 28, 3)),
        (sizes((28, 28, 1)), True, 64, (64, 64, 1)),
    ],
)
def test_the_common_shape_follows_the_stated_rule(size_N3, grey, pixels, shape):
    assert choose_shape(size_N3, np.full(len(size_N3), grey) | (size_N3[:, 2] == 1), pixels) == shape


def test_a_side_out_of_range_is_an_error():
    with pytest.raises(GuinaError, match="--pixels 7"):
        choose_shape(sizes((28, 28, 1)), np.array([True]), 7)


def test_fitting_covers_the_shape_and_cuts_out_the_middle():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    np.testing.assert_array_equal(fit_picture(wide, (10, 10, 3)), np.full((10, 10, 3), 255))
    np.testing.assert_array_equal(fit_picture(wide, (10, 30, 3)), wide)
    smaller = fit_picture(wide, (5, 15, 3))
    assert smaller.shape == (5, 15, 3)
    assert smaller[2, 7, 0] == 255
    assert smaller[2, 1, 0] == 0


def test_grey_and_colour_are_converted():
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[:, :, 1] = 100
    assert int(fit_picture(colour, (8, 8, 1))[0, 0, 0]) == 59  # 0.587 of it
    grey = np.full((8, 8, 1), 7, np.uint8)
    assert fit_picture(grey, (8, 8, 3)).tolist() == np.full((8, 8, 3), 7).tolist()
    assert fit_picture(np.zeros((8, 8, 4), np.uint8), (8, 8, 1)).shape == (8, 8, 1)
    with pytest.raises(BadPicture, match="2 channels where the network takes 3"):
        fit_picture(np.zeros((8, 8, 2), np.uint8), (8, 8, 3))
    assert is_grey(grey)
    assert not is_grey(colour)
