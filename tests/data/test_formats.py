"""Files whose picture is there although they are odd: a second picture, metadata, transparency, length."""

import io
import struct
import threading
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from guina.data import pictures
from guina.data.fitting import fit_picture, middle
from guina.data.metadata import without_metadata
from guina.data.pictures import decode, open_picture, try_picture
from guina.data.room import Room
from guina.data.values import BadPicture


def noise(height: int = 40, width: int = 48, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels)).astype(np.uint8)


def encode(image: Image.Image, kind: str, **how) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def noted(data: bytes, suffix: str = "") -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    return decode(data, notes.append, suffix), notes


# --- a second picture ---


@pytest.mark.parametrize("side", [64, 1200])
@pytest.mark.parametrize("suffix", [".jpg", ".JPG", ".jpeg", ".mpo"])
def test_a_jpeg_with_a_second_picture_is_a_jpeg(side, suffix):
    image, preview = Image.fromarray(noise(side, side)), Image.fromarray(noise(32, 32))
    data = encode(image, "MPO", save_all=True, append_images=[preview], quality=95)
    assert Image.open(io.BytesIO(data)).format == "MPO"
    opened, notes = noted(data, suffix)
    np.testing.assert_array_equal(opened, noted(encode(image, "JPEG", quality=95))[0])
    assert notes == ["first of several frames or pages"]


def test_a_second_picture_under_a_name_of_another_format_is_said():
    data = encode(Image.fromarray(noise()), "MPO", save_all=True, append_images=[Image.fromarray(noise())])
    assert noted(data, ".png")[1] == ["JPEG under another extension", "first of several frames or pages"]


def test_every_format_that_pillow_may_name_has_suffixes():
    for kind in pictures.FORMATS:
        image = Image.fromarray(noise())
        opened = Image.open(io.BytesIO(encode(image.quantize(9) if kind == "GIF" else image, kind)))
        assert pictures.KINDS.get(str(opened.format), opened.format) in pictures.SUFFIXES
    assert set(pictures.SUFFIXES) == set(pictures.FORMATS)


# --- metadata ---


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes, behind: bool = False, **how) -> bytes:
    data = encode(Image.fromarray(noise()), "PNG", **how)
    at = data.index(b"IEND") - 4 if behind else 33  # before the end, or behind the header
    return data[:at] + b"".join(chunks) + data[at:]


LONG = zlib.compress(b"a" * (3 << 20))
METADATA = {
    "a packed text": [chunk(b"zTXt", b"Comment\0\0" + LONG)],
    "an international text": [chunk(b"iTXt", b"Comment\0\1\0\0\0" + LONG)],
    "many texts": [chunk(b"zTXt", b"k\0\0" + zlib.compress(b"b" * 1_000_000))] * 70,
    "a colour profile": [chunk(b"iCCP", b"profile\0\0" + LONG)],
    "a false checksum": [chunk(b"tEXt", b"Comment\0hello")[:-4] + b"oops"],
    "half a chunk": [chunk(b"pHYs", b"\0\0")],
}


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("name", METADATA)
def test_metadata_of_a_png_never_cost_the_picture(name, behind):
    if name == "a colour profile" and behind:
        pytest.skip("a profile stands before the pixels")
    opened, notes = noted(png_with(*METADATA[name], behind=behind))
    np.testing.assert_array_equal(opened, noise())
    assert notes in ([], ["metadata left out, which is damaged or too large"])
    assert notes or name not in ("a packed text", "an international text", "many texts", "a colour profile")


def test_a_png_without_its_metadata_is_still_turned_and_transparent():
    exif = Image.Exif()
    exif[0x0112] = 6
    opened, notes = noted(png_with(*METADATA["a packed text"], exif=exif))
    np.testing.assert_array_equal(opened, np.rot90(noise(), -1))
    assert notes == ["metadata left out, which is damaged or too large", "turned as EXIF says"]


def test_a_jpeg_without_its_metadata_keeps_its_colours_and_its_turn():
    exif = Image.Exif()
    exif[0x0112] = 3
    for image in (Image.fromarray(noise()), Image.fromarray(noise()).convert("CMYK")):
        data = encode(image, "JPEG", exif=exif, icc_profile=b"x" * 200_000, comment=b"hello")
        bare = without_metadata(data)
        assert len(bare) < len(data) - 200_000
        np.testing.assert_array_equal(decode(bare), decode(data))
        assert "turned as EXIF says" in noted(bare)[1]


def test_exif_data_that_are_none_cost_no_picture():
    data = encode(Image.fromarray(noise()), "JPEG", exif=b"Exif\0\0garbage!")
    np.testing.assert_array_equal(decode(data), decode(encode(Image.fromarray(noise()), "JPEG")))


def test_what_is_no_metadata_is_still_damage():
    whole = png_with()
    at = whole.index(b"IDAT") + 30
    with pytest.raises(BadPicture, match=r"corrupt|truncated"):
        decode(whole[:at] + b"\0\1\2\3" * 30 + whole[at + 120 :])


def test_too_little_memory_is_no_damage(monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pictures, "from_image", fail)
    with pytest.raises(BadPicture, match="more memory is needed than there is"):
        decode(encode(Image.fromarray(noise()), "PNG"))


# --- transparency ---


def drawing(colour: int, ground: int = 0) -> bytes:
    """A cross of one colour on nothing: what it shows is in its transparency."""
    rgba = np.full((20, 20, 4), ground, np.uint8)
    rgba[..., 3] = 0
    rgba[8:12] = rgba[:, 8:12] = (colour, colour, colour, 255)
    return encode(Image.fromarray(rgba), "PNG")


@pytest.mark.parametrize(
    ("colour", "ground", "note"),
    [
        (0, 255, "transparency laid on white"),
        (200, 255, "transparency laid on white"),
        (255, 0, "transparency laid on black, since on white nothing would be seen"),
        (248, 0, "transparency laid on black, since on white nothing would be seen"),
    ],
)
def test_a_drawing_in_the_transparency_alone_is_seen(colour, ground, note):
    opened, notes = noted(drawing(colour))
    assert (opened[0, 0, 0], opened[9, 0, 0]) == (ground, colour)
    assert notes == [note]


def test_a_blank_transparent_picture_stays_white():
    assert np.unique(open_picture(encode(Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "PNG"))).tolist() == [255]


def test_an_array_with_transparency_is_seen_as_the_file_is():
    rgba = noise(20, 20, 4)
    from_file = try_picture(encode(Image.fromarray(rgba), "PNG"), (20, 20, 3))
    assert np.abs(fit_picture(rgba, (20, 20, 3)).astype(int) - from_file).max() <= 1


# --- thin and huge pictures ---


@pytest.mark.parametrize(("height", "width"), [(1, 65000), (65000, 1), (2, 60001), (1, 1), (3, 300)])
def test_of_a_strip_the_middle_is_seen_and_nothing_large_is_made(height, width):
    strip = np.zeros((height, width, 3), np.uint8)
    rows, columns = middle(height, 40 * min(height, width)), middle(width, 40 * min(height, width))
    strip[rows, columns] = (10, 120, 250)
    data = encode(Image.fromarray(strip), "PNG")
    for thing in (data, strip, Image.fromarray(strip)):
        tracemalloc.start()
        seen = try_picture(thing, (96, 96, 3))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
        tracemalloc.stop()
        assert np.abs(seen.astype(int) - (10, 120, 250)).max() <= 1


def test_a_strip_is_cut_in_words():
    assert noted(encode(Image.fromarray(noise(1, 1000)), "PNG"))[1] == ["the middle of a strip"]
    assert noted(encode(Image.fromarray(noise(10, 300)), "PNG"))[1] == []


def test_fitting_a_long_picture_is_like_scaling_all_of_it():
    long = np.asarray(Image.fromarray(noise(6, 90)).resize((900, 30)))  # thirty times as long as high
    whole = Image.fromarray(long).resize((24 * 30, 24), Image.Resampling.BICUBIC)
    expected = np.asarray(whole)[:, 12 * 30 - 12 : 12 * 30 + 12]
    assert np.abs(fit_picture(long, (24, 24, 3)).astype(int) - expected).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "I;16", "L", "1"])
def test_large_pictures_of_all_modes_come_reduced_as_their_parts_are(mode):
    """Reduced before they are converted: the mean of each block, whatever the mode."""
    blocks = noise(256, 256)[:, :, :1].repeat(3, 2)
    blocks = blocks // 128 * 255 if mode == "1" else blocks
    large = Image.fromarray(blocks.repeat(4, 0).repeat(4, 1))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(large)[:, :, 0].astype(np.uint16) * 257)
    else:
        image = large.convert("L").convert(mode) if mode in ("LA", "L", "1", "P") else large.convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    opened = open_picture(encode(image, kind))
    assert opened.shape[:2] == (256, 256)
    assert np.abs(opened[:, :, 0].astype(int) - blocks[:, :, 0]).max() <= (2 if mode == "CMYK" else 1)


def test_big_endian_depths_are_reduced_too():
    values = np.arange(600 * 700, dtype=np.uint16).reshape(600, 700)
    little, big = (Image.frombytes(mode, (700, 600), values.astype(kind).tobytes()) for mode, kind in MODES)
    np.testing.assert_array_equal(open_picture(little), open_picture(big))


MODES = (("I;16", "<u2"), ("I;16B", ">u2"))


def test_threads_share_room_and_none_is_stuck():
    room, most, held = Room(10), [0], [0]
    lock = threading.Lock()

    def work(size: int) -> None:
        with room.held(size):
            with lock:
                held[0] += min(size, 10)
                most[0] = max(most[0], held[0])
            time.sleep(0.002)
            with lock:
                held[0] -= min(size, 10)

    threads = [threading.Thread(target=work, args=(size,)) for size in (3, 7, 10, 99, 1, 4, 6) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (most[0] <= 10, room.left, held[0]) == (True, 10, 0)
