"""Pictures that are damaged, turned or of odd types: what the common tests of pictures leave out."""

import io
import random
import struct
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps

from guina.data import pictures
from guina.data.fitting import fit_picture, is_grey
from guina.data.pictures import open_picture
from guina.data.values import BadPicture, Range, ends_of, from_array, kind_of, range_of


def noise(height: int = 10, width: int = 12) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def encode(image: Image.Image, kind: str, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def turned(orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "hello"
    return encode(Image.fromarray(noise()), kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_damaged_bytes_give_a_picture_or_a_reason_and_nothing_else(kind):
    rng = random.Random(kind)
    image = Image.fromarray(noise(40, 50))
    whole = turned(6, kind) if kind in ("JPEG", "PNG", "TIFF", "WEBP") else encode(image, kind)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 2, 8))):
            data[rng.randrange(rng.choice((64, len(data))))] = rng.choice((0, 1, 255, rng.randrange(256)))
        data = data[: rng.choice((len(data), rng.randrange(1, len(data))))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Pillow's, of damaged EXIF data
            try:
                open_picture(bytes(data))
            except BadPicture:
                refused += 1
    assert 50 < refused < 300


def test_odd_exif_data_costs_no_picture():
    """Pillow's exif_transpose fails with struct.error where it cannot write the other tags again."""
    data = bytearray(turned(6, "JPEG"))
    type_of_the_description = data.index(b"\x01\x0e\x00\x02") + 3
    data[type_of_the_description] = 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert open_picture(bytes(data)).shape == (12, 10, 3)


@pytest.mark.parametrize("error", [struct.error("x"), AssertionError("x"), OverflowError("x")])
def test_what_decoders_let_through_is_a_reason(error, monkeypatch):
    def fail(image, note, known):
        raise error

    monkeypatch.setattr(pictures, "from_image", fail)
    with pytest.raises(BadPicture, match="corrupt"):
        open_picture(encode(Image.fromarray(noise()), "PNG"))


def test_an_open_but_truncated_image_is_a_reason():
    image = Image.open(io.BytesIO(encode(Image.fromarray(noise(64, 64)), "JPEG")[:1500]))
    with pytest.raises(BadPicture, match="truncated"):
        open_picture(image)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_does(orientation, kind):
    data = turned(orientation, kind)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(open_picture(data), expected)


@pytest.mark.parametrize(("mode", "key"), [("L", 7), ("RGB", (7, 7, 7))])
def test_a_colour_that_stands_for_transparency_lies_on_white(mode, key):
    image = Image.new(mode, (4, 4), key)
    image.putpixel((0, 0), 50 if mode == "L" else (50, 50, 50))
    opened = open_picture(encode(image, "PNG", transparency=key))
    assert opened.shape == (4, 4, len(mode))
    assert (opened[0, 0].max(), opened[1, 1].min()) == (50, 255)


# --- arrays of other types ---


def whole_range(stack: np.ndarray) -> Range:
    return range_of(kind_of(stack.dtype), *ends_of(stack))


def test_one_factor_serves_the_whole_array_so_that_a_dark_picture_stays_dark():
    stack = np.full((3, 8, 8), 60000, np.uint16)
    stack[1] = 200
    assert [int(from_array(picture, whole_range(stack)).max()) for picture in stack] == [233, 1, 233]
    floats = np.stack([np.full((8, 8), value) for value in (0.5, 200.0)])
    assert [int(from_array(picture, whole_range(floats)).max()) for picture in floats] == [0, 200]


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.linspace(-1, 1, 64).reshape(8, 8), "values from -1 to 1, not 0 to 1"),
        (np.full((8, 8), 300.0), "values from 0 to 300"),
        (np.full((8, 8), 70000), "values from 0 to 70000"),
        (np.full((8, 8), np.inf), "no numbers"),
        (np.full((8, 8), "a"), "values of type <U1, not numbers"),
    ],
)
def test_values_that_no_rule_fits_are_refused(array, why):
    with pytest.raises(BadPicture, match=why):
        open_picture(array)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 100.0, 200.0]], np.float32), [0, 100, 200]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[5000.0] * 3], np.float32), [0, 0, 0]),
        (np.array([[0, 100, 200]], np.uint16), [0, 0, 1]),
    ],
)
def test_deep_files_keep_their_brightness_and_are_stretched_where_no_rule_fits(values, expected):
    assert open_picture(encode(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == expected


def test_channels_of_an_array_are_kept_unless_colour_is_grey():
    rng = np.random.default_rng(0)
    assert [is_grey(rng.integers(0, 256, (8, 8, c)).astype(np.uint8)) for c in (1, 2, 3, 4)] == [True, *[False] * 3]
    grey = np.repeat(rng.integers(0, 248, (9, 8, 1)).astype(np.uint8), 3, 2)
    assert is_grey(grey + np.array([0, 3, 7], np.uint8))
    assert not is_grey(grey + np.array([0, 3, 9], np.uint8))
    grey[0, 0] = (0, 99, 0)  # one green pixel, far from the row that is looked at first
    assert not is_grey(grey)


def test_colour_is_resized_as_its_channels_are():
    photo = noise(33, 47)
    planes = [fit_picture(photo[:, :, c : c + 1].copy(), (16, 16, 1)) for c in range(3)]
    np.testing.assert_array_equal(fit_picture(photo, (16, 16, 3)), np.concatenate(planes, 2))


def test_a_name_that_no_file_can_have():
    with pytest.raises(BadPicture, match="not there"):
        open_picture("a\0.jpg")
