"""Pictures at full size, of every mode and format, and files like them."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from guina.data import originals
from guina.data.gallery import decode_gallery, range_of_numbers
from guina.data.images import from_image
from guina.data.originals import encode_original, open_original
from guina.data.values import BadPicture
from guina.jobs.pictures import gallery
from guina.jobs.pictures.settings import PictureSettings


def encode(image: Image.Image, kind: str, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def noise(height: int = 20, width: int = 24, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels)).astype(np.uint8)


def photo(height: int = 300, width: int = 420) -> Image.Image:
    """Something smooth with a little noise, as photographs are."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 17 + c) * np.cos(y / 23 - c) * 90 + 128 for c in range(3)], 2)
    return Image.fromarray((waves + np.random.default_rng(0).normal(0, 4, waves.shape)).clip(0, 255).astype(np.uint8))


def image_of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


GREY, COLOUR = Image.fromarray(noise()[:, :, 0]), Image.fromarray(noise())
SEE_THROUGH = Image.fromarray(noise(channels=4))

# --- opening ---


@pytest.mark.parametrize("image", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "BMP", "JPEG"])
def test_every_format_opens_and_is_written_again(image, kind):
    data = encode(image, kind, **({"lossless": True} if kind == "WEBP" else {}))
    original = open_original(data)
    assert (original.format, original.alpha_HW, original.said) == (kind, None, ())
    expected = np.asarray(image_of(data)).reshape(20, 24, -1)
    np.testing.assert_array_equal(original.pixels_HWC, expected)
    again, suffix = encode_original(original.pixels_HWC, original)
    assert suffix == {"PNG": "png", "TIFF": "tif", "WEBP": "webp", "BMP": "bmp", "JPEG": "jpg"}[kind]
    assert image_of(again).format == kind
    if kind != "JPEG":
        np.testing.assert_array_equal(open_original(again).pixels_HWC, expected)


def test_nothing_is_made_smaller(tmp_path):
    data = encode(photo(700, 5000), "JPEG")
    (tmp_path / "a.jpg").write_bytes(data)
    for thing in (data, tmp_path / "a.jpg", str(tmp_path / "a.jpg"), image_of(data)):
        original = open_original(thing)
        np.testing.assert_array_equal(original.pixels_HWC, np.asarray(image_of(data)))
        assert original.format == "JPEG"
        assert original.how["qtables"]


@pytest.mark.parametrize(
    ("image", "kind", "channels", "said"),
    [
        (COLOUR.convert("1"), "PNG", 1, "1-bit pixels to grey"),
        (COLOUR.convert("1"), "TIFF", 1, "1-bit pixels to grey"),
        (COLOUR.quantize(16), "PNG", 3, "palette to colour"),
        (COLOUR.quantize(16), "GIF", 3, "palette to colour"),
        (COLOUR.quantize(16), "BMP", 3, "palette to colour"),
        (COLOUR.convert("CMYK"), "JPEG", 3, "CMYK to colour"),
        (COLOUR.convert("CMYK"), "TIFF", 3, "CMYK to colour"),
        (COLOUR.convert("YCbCr"), "TIFF", 3, "YCbCr to colour"),
        (COLOUR.convert("LAB"), "TIFF", 3, "LAB to colour"),
    ],
)
def test_every_mode_becomes_grey_or_colour_and_is_said(image, kind, channels, said):
    data = encode(image, kind)
    original = open_original(data)
    assert (original.pixels_HWC.shape, original.pixels_HWC.dtype) == ((20, 24, channels), np.uint8)
    assert (original.alpha_HW, original.said[0]) == (None, said)
    assert original.said[1:] == (("colour profile to sRGB",) if image.mode == "LAB" else ())  # Lab's own
    expected = np.asarray(image_of(data).convert("L" if channels == 1 else "RGB")).reshape(20, 24, channels)
    np.testing.assert_allclose(original.pixels_HWC.astype(int), expected, atol=1 if image.mode == "LAB" else 0)
    again, suffix = encode_original(original.pixels_HWC, original)
    assert suffix == {"GIF": "png", "JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
    assert open_original(again).pixels_HWC.shape == (20, 24, channels)


@pytest.mark.parametrize("mode", ["HSV", "RGBX", "RGBa", "La", "PA", "LA", "RGBA", "P", "1", "I", "F", "L", "I;16"])
def test_every_mode_of_pillow_opens(mode):
    image = Image.new(mode, (24, 20)) if mode in ("PA", "La", "I;16") else SEE_THROUGH.convert(mode)
    original = open_original(image)
    assert original.pixels_HWC.shape[:2] == (20, 24)
    assert original.pixels_HWC.shape[2] in (1, 3)
    assert (original.alpha_HW is not None) == (mode in ("RGBa", "La", "PA", "LA", "RGBA"))
    assert encode_original(original.pixels_HWC, original)[1] == "png"


def test_sixteen_bits_and_floats_become_eight():
    deep = np.array([[0, 65535], [257, 514]], np.uint16)
    for kind in ("PNG", "TIFF"):
        original = open_original(encode(Image.fromarray(deep), kind))
        assert original.pixels_HWC[:, :, 0].tolist() == [[0, 255], [1, 2]]
        assert original.said == ("16-bit or float pixels to 8 bits",)
    original = open_original(encode(Image.fromarray(np.array([[0, 0.5], [1, 0.25]], np.float32)), "TIFF"))
    assert original.pixels_HWC[:, :, 0].tolist() == [[0, 128], [255, 64]]
    assert original.said == ("float pixels to 8 bits",)


def deep_png(deep_HWC: np.ndarray) -> bytes:
    """A PNG of 16 bits a channel, which Pillow does not write. https://www.w3.org/TR/png-3/"""
    height, width, channels = deep_HWC.shape
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep_HWC)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def deep_tiff(deep_HWC: np.ndarray) -> bytes:
    """A TIFF of 16 bits a channel, in one strip, not compressed."""
    height, width, channels = deep_HWC.shape
    data, depths = deep_HWC.astype("<u2").tobytes(), struct.pack(f"<{channels}H", *[16] * channels)
    at = 8 + len(data)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, at),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
    ]
    tags += [(277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(data))]
    tags += [(338, 3, 1, 2)] if channels == 4 else []
    table = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (
        struct.pack("<2sHI", b"II", 42, at + len(depths))
        + data
        + depths
        + struct.pack("<H", len(tags))
        + table
        + bytes(4)
    )


@pytest.mark.parametrize(("make", "channels"), [*((deep_png, c) for c in (1, 2, 3, 4)), (deep_tiff, 3), (deep_tiff, 4)])
def test_colours_of_16_bits_are_said_to_become_8(make, channels: int) -> None:
    deep = np.random.default_rng(0).integers(0, 1 << 16, (5, 7, channels))
    said = "16-bit or float pixels to 8 bits" if channels == 1 else "16-bit colours to 8 bits"
    original, notes = open_original(make(deep)), []
    assert original.said == (said,)
    colours = 1 if channels < 3 else 3
    assert np.abs(original.pixels_HWC - deep[..., :colours] / 257).max() <= 1
    from_image(image_of(make(deep)), notes.append)
    assert notes.count(said) == 1


def test_a_folder_of_colours_of_16_bits_says_so_and_is_as_bright_as_it_was(tmp_path: Path) -> None:
    dark = np.random.default_rng(0).integers(0, 1 << 12, (8, 9, 7, 3))
    for n, deep in enumerate(dark):
        (tmp_path / f"{n}.png").write_bytes(deep_png(deep))
    records = gallery.read(str(tmp_path), ("train",), PictureSettings(), None, labelled=False)
    assert records.report.as_json()["converted"]["16-bit colours to 8 bits"]["count"] == 8
    assert range_of_numbers(records) is None
    pixels = decode_gallery(records, (9, 7, 3)).all("pixels")
    assert np.abs(pixels - dark / 257).max() <= 1


def test_a_bmp_of_16_bits_a_pixel_is_not_deep() -> None:
    pixels = np.zeros((4, 4), "<u2").tobytes()
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    head = struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 16, 3, len(pixels), 0, 0, 0, 0) + masks
    data = struct.pack("<2sIHHI", b"BM", 14 + len(head) + len(pixels), 0, 0, 14 + len(head)) + head + pixels
    assert image_of(data).tile[0][3][0] == "BGR;16"
    assert open_original(data).said == ()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_picture_is_turned_once(kind, orientation):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :16], upright[16:, :16], upright[:16, 16:] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    back = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 1, 7: 3, 8: 3}[orientation]
    stored = np.rot90(upright, back)
    if orientation in (2, 4):
        stored = stored[:, ::-1]
    if orientation in (5, 7):
        stored = stored[::-1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    how = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    original = open_original(encode(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **how))
    np.testing.assert_allclose(original.pixels_HWC.astype(int), upright, atol=12)
    again, _ = encode_original(original.pixels_HWC, original)
    assert image_of(again).getexif().get(0x0112, 1) == 1
    np.testing.assert_allclose(open_original(again).pixels_HWC.astype(int), upright, atol=12)
    if kind != "TIFF":
        assert original.said == (("turned as EXIF says",) if orientation > 1 else ())


def test_transparency_is_turned_along():
    exif = Image.Exif()
    exif[0x0112] = 6
    original = open_original(encode(SEE_THROUGH, "PNG", exif=exif))
    np.testing.assert_array_equal(original.alpha_HW, np.rot90(np.asarray(SEE_THROUGH)[:, :, 3], -1))


def test_several_frames_are_said():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    original = open_original(encode(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    assert (original.pixels_HWC[0, 0].tolist(), original.said) == ([255, 0, 0], ("first of several frames or pages",))
    original = open_original(encode(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert original.format == "JPEG"
    assert encode_original(original.pixels_HWC, original)[1] == "jpg"


# --- profiles ---


def profile(red_is_blue: bool = False) -> bytes:
    """sRGB's, or one whose red is blue."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"****").replace(b"bXYZ", b"rXYZ").replace(b"****", b"bXYZ") if red_is_blue else data


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_is_obeyed(kind):
    how = {"lossless": True} if kind == "WEBP" else {}
    original = open_original(encode(COLOUR, kind, icc_profile=profile(red_is_blue=True), **how))
    assert original.said == ("colour profile to sRGB",)
    np.testing.assert_allclose(original.pixels_HWC.astype(int), noise()[:, :, ::-1], atol=2)
    again, _ = encode_original(original.pixels_HWC, original)
    np.testing.assert_array_equal(open_original(again).pixels_HWC, original.pixels_HWC)


@pytest.mark.parametrize("data", [profile(), b"no profile", profile()[:200]], ids=["sRGB", "none", "half"])
@pytest.mark.parametrize("image", [COLOUR, GREY], ids=["colour", "grey"])
def test_srgb_and_damaged_profiles_change_nothing(image, data):
    original = open_original(encode(image, "TIFF", icc_profile=data))
    assert original.said == ()
    np.testing.assert_array_equal(original.pixels_HWC, np.asarray(image).reshape(20, 24, -1))


def test_a_profile_of_other_colours_is_ignored():
    original = open_original(encode(COLOUR.convert("CMYK"), "JPEG", icc_profile=profile()))
    assert original.said == ("CMYK to colour",)


# --- transparency ---


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_kept_apart_and_put_back(kind, mode):
    image = SEE_THROUGH.convert(mode)
    data = encode(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    original = open_original(data)
    np.testing.assert_array_equal(original.alpha_HW, np.asarray(image)[:, :, -1])
    np.testing.assert_array_equal(original.pixels_HWC[:, :, 0], np.asarray(image)[:, :, 0])
    assert original.pixels_HWC.shape[2] == (3 if mode == "RGBA" or kind == "WEBP" else 1)
    again, suffix = encode_original(noise(), original)  # coloured
    assert suffix == {"PNG": "png", "TIFF": "tif", "WEBP": "webp"}[kind]
    np.testing.assert_array_equal(np.asarray(image_of(again).convert("RGBA")), np.dstack([noise(), original.alpha_HW]))


@pytest.mark.parametrize(
    ("image", "transparency"), [(COLOUR.quantize(8), 3), (GREY, 7), (COLOUR, (1, 2, 3)), (COLOUR.convert("1"), 0)]
)
def test_a_transparent_colour_becomes_transparency(image, transparency):
    data = encode(image, "PNG", transparency=transparency)
    original = open_original(data)
    np.testing.assert_array_equal(original.alpha_HW, np.asarray(image_of(data).convert("RGBA"))[:, :, 3])
    assert original.pixels_HWC.shape[2] == (1 if image.mode in ("L", "1") else 3)
    np.testing.assert_array_equal(
        np.asarray(image_of(encode_original(original.pixels_HWC, original)[0]).convert("RGBA")),
        np.asarray(image_of(data).convert("RGBA")),
    )


def test_what_cannot_hold_transparency_becomes_png():
    original = open_original(noise(channels=4))
    for kind in ("BMP", "ICO"):
        other = originals.Original(original.pixels_HWC, original.alpha_HW, kind)
        data, suffix = encode_original(other.pixels_HWC, other)
        assert suffix == "png"
        np.testing.assert_array_equal(np.asarray(image_of(data)), noise(channels=4))


# --- files like the original ---


@pytest.mark.parametrize("quality", [40, 75, 92, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_as_fine_as_before(quality, subsampling, progressive):
    data = encode(
        photo(), "JPEG", quality=quality, subsampling=subsampling, progressive=progressive, optimize=True, dpi=(72, 150)
    )
    original = open_original(data)
    again, suffix = encode_original(original.pixels_HWC, original)
    before, after = image_of(data), image_of(again)
    assert suffix == "jpg"
    assert (after.quantization, after.layer, after.info["dpi"]) == (before.quantization, before.layer, (72, 150))
    assert ("progressive" in after.info) == progressive
    assert abs(len(again) / len(data) - 1) < 0.3
    changes = np.abs(np.asarray(after).astype(int) - original.pixels_HWC)
    assert changes.mean() < 1.5


def test_a_grey_jpeg_may_become_coloured_and_a_coloured_one_grey():
    grey = open_original(encode(photo().convert("L"), "JPEG", quality=90))
    coloured = image_of(encode_original(np.asarray(photo()), grey)[0])
    assert (coloured.mode, coloured.format) == ("RGB", "JPEG")
    assert np.abs(np.asarray(coloured).astype(int) - np.asarray(photo())).mean() < 4
    assert {tuple(table) for table in coloured.quantization.values()} == {tuple(grey.how["qtables"][0])}
    colour = open_original(encode(photo(), "JPEG", quality=90))
    image = image_of(encode_original(colour.pixels_HWC[:, :, :1], colour)[0])
    assert (image.mode, list(image.quantization)) == ("L", [0])


def test_a_jpeg_that_is_hard_to_pack_is_still_written():
    data = encode(Image.fromarray(noise(400, 400)), "JPEG", quality=100, subsampling=0)
    original = open_original(data)
    original.how["progressive"] = True
    again, _ = encode_original(original.pixels_HWC, original)
    assert image_of(again).size == (400, 400)


@pytest.mark.parametrize(
    ("data", "lossy"),
    [
        (encode(photo(), "JPEG"), True),
        (encode(photo(), "WEBP"), True),
        (encode(photo(), "WEBP", lossless=True), False),
        (encode(photo(), "WEBP", exif=b"Exif\0\0VP8L"), True),
        (encode(SEE_THROUGH, "WEBP", save_all=True, append_images=[SEE_THROUGH.rotate(180)]), True),
        (encode(photo(), "PNG"), False),
        (encode(photo(), "TIFF"), False),
        (encode(photo(), "BMP"), False),
    ],
)
def test_lossless_keeps_every_bit(data, lossy):
    original = open_original(data)
    again, suffix = encode_original(original.pixels_HWC, original, lossless=True)
    opened = open_original(again)
    np.testing.assert_array_equal(opened.pixels_HWC, original.pixels_HWC)
    assert (opened.alpha_HW is None) == (original.alpha_HW is None)
    assert (suffix == "png") == (lossy or original.format == "PNG")
    if original.format == "WEBP" and lossy:
        assert len(encode_original(original.pixels_HWC, original)[0]) < len(again)


@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "group4"])
def test_a_tiff_is_compressed_without_loss(compression):
    image = photo().convert("1") if compression == "group4" else photo()
    original = open_original(encode(image, "TIFF", compression=compression, dpi=(300, 300)))
    again, suffix = encode_original(original.pixels_HWC, original)
    assert suffix == "tif"
    kept = compression not in ("jpeg", "group4")
    assert image_of(again).info["compression"] == (compression if kept else "tiff_adobe_deflate")
    assert image_of(again).info["dpi"] == (300, 300)
    np.testing.assert_array_equal(open_original(again).pixels_HWC, original.pixels_HWC)


def test_formats_that_are_not_written_become_png():
    file = image_of(encode(COLOUR, "PPM"))
    original = open_original(file)
    data, suffix = encode_original(original.pixels_HWC, original)
    assert (original.format, suffix) == ("PPM", "png")
    np.testing.assert_array_equal(np.asarray(image_of(data)), noise())


# --- refusals ---


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (b"", "zero bytes"),
        (encode(photo(), "JPEG")[:3000], "truncated"),
        (encode(photo(), "PNG")[:60], "truncated|corrupt"),
        (b"<!DOCTYPE html><p>404", "HTML, no picture"),
        (b"\x93NUMPY", "unknown content, no picture"),
        ("/nowhere/at/all.png", "not there"),
        (np.zeros(5), "an array of shape"),
        (np.full((4, 4), np.nan), "no numbers"),
        (np.broadcast_to(np.uint8(0), (10_000, 9_000)), "over 89"),
    ],
)
def test_what_cannot_be_used_says_why(thing, why):
    with pytest.raises(BadPicture, match=why):
        open_original(thing)


def test_a_damaged_file_is_said_and_damaged_metadata_cost_no_picture():
    data = bytearray(encode(photo(), "PNG"))
    data[500:600] = bytes(100)
    with pytest.raises(BadPicture, match=r"corrupt|truncated"):
        open_original(bytes(data))
    whole = encode(COLOUR, "PNG")
    damaged = whole[:33] + b"\0\0\0\5zTXtno\0\0!oops" + whole[33:]
    original = open_original(damaged)
    assert original.said == ("metadata left out, which is damaged or too large",)
    np.testing.assert_array_equal(original.pixels_HWC, noise())


@pytest.mark.parametrize(
    ("array", "pixels", "alpha"),
    [
        (noise()[:, :, 0], noise()[:, :, :1], None),
        (noise(), noise(), None),
        (noise(channels=2), noise(channels=2)[:, :, :1], noise(channels=2)[:, :, 1]),
        (noise(channels=4), noise(channels=4)[:, :, :3], noise(channels=4)[:, :, 3]),
        (noise() / 255, noise(), None),
    ],
)
def test_arrays_are_originals(array, pixels, alpha):
    original = open_original(array)
    np.testing.assert_array_equal(original.pixels_HWC, pixels)
    assert (original.alpha_HW is None) == (alpha is None)
    if alpha is not None:
        np.testing.assert_array_equal(original.alpha_HW, alpha)
    assert original.format == "PNG"
