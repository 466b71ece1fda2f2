"""Numbers of any range become pictures, or a reason, never black without a word; answering reads as learning did."""

import io

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.data.contrast import FAINT, contrast, ends_of_channels
from guina.data.gallery import decode_gallery, range_of_numbers, read_gallery, shape_of
from guina.data.pictures import open_picture, try_picture
from guina.data.values import Range, from_array, range_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def shades(n: int = 60, side: int = 12) -> np.ndarray:
    """Pictures with values from 0 to 1, both among them."""
    x = np.random.default_rng(1).uniform(0, 1, (n, side, side))
    x[0, 0, 0], x[0, 0, 1] = 0, 1
    return x


def save(path, x: np.ndarray) -> str:
    np.savez(path, x=x, y=np.arange(len(x)) % 2)
    return str(path)


def pixels_of(source: str) -> tuple[np.ndarray, list[int], Range | None, dict]:
    train = read_gallery(source, ("train", "val")).only("train")
    pixels = decode_gallery(train, shape_of(train)).all("pixels")
    rows = [int(name[name.index("[") + 1 : -1]) for name in train.names]
    return pixels[..., 0], rows, range_of_numbers(train), train.report.as_json()


RANGES = {
    "as a hair below 0": (lambda x: x - 1e-7 * (x == 0), 1 / 255),
    "as a hair over 1": (lambda x: x * 1.0001, 1 / 255),
    "as overshoot": (lambda x: x * 1.06 - 0.03, 0.04),
    "from -1 to 1": (lambda x: x * 2 - 1, 1 / 255),
    "from 0 to 255": (lambda x: x * 255, 1 / 255),
    "from 0 to 255 and a hair": (lambda x: x * 255.001 - 1e-4, 1 / 255),
    "from 0 to 16": (lambda x: x * 16, 1 / 255),
    "as 10 bits": (lambda x: np.round(x * 1023).astype(np.uint16), 1 / 255),
    "as 12 bits": (lambda x: np.round(x * 4095).astype(np.uint16), 1 / 255),
    "as 14 bits": (lambda x: np.round(x * 16383).astype(np.int32), 1 / 255),
    "as 16 bits": (lambda x: np.round(x * 65535).astype(np.uint16), 1 / 255),
    "as half floats": (lambda x: x.astype(np.float16), 1 / 255),
    "as levels of int64": (lambda x: np.round(x * 15).astype(np.int64), 1 / 29),
}


@pytest.mark.parametrize("name", RANGES)
def test_an_array_of_any_range_becomes_the_same_pictures(tmp_path, name):
    change, tolerance = RANGES[name]
    pixels, rows, _, _ = pixels_of(save(tmp_path / "d.npz", change(shades())))
    assert np.abs(pixels / 255 - shades()[rows]).max() <= tolerance + 1e-6


@pytest.mark.parametrize("name", RANGES)
def test_an_array_that_is_asked_about_is_read_as_those_that_were_learned_from(tmp_path, name):
    """A single dark picture alone would be taken for one of another range."""
    x = RANGES[name][0](shades())
    x[7] = x[7] // 16 if x.dtype.kind in "iu" else x.dtype.type(x.min() + (x[7] - x.min()) / 300)
    train = read_gallery(save(tmp_path / "d.npz", x), ("train", "val"))
    known = range_of_numbers(train)
    arrays = decode_gallery(train.only("train"), (12, 12, 1))
    for row, picture in zip(train.only("train").names, arrays.all("pixels"), strict=True):
        asked = x[int(row[row.index("[") + 1 : -1])]
        np.testing.assert_array_equal(try_picture(asked, (12, 12, 1), known), picture)


def test_conversions_of_arrays_are_said(tmp_path):
    said = pixels_of(save(tmp_path / "a.npz", shades() * 1.0001))[3]["converted"]
    assert list(said) == ["float64 to 8 bits, values from 0 to 1.0001 taken as 0 to 1, the rest cut"]
    said = pixels_of(save(tmp_path / "b.npz", np.round(shades() * 4095).astype(np.uint16)))[3]["converted"]
    assert list(said) == ["uint16 to 8 bits, values of 0 to 4095 (12 bits) as 0 to 255"]
    assert not pixels_of(save(tmp_path / "c.npz", np.round(shades() * 255).astype(np.uint8)))[3]["converted"]


@pytest.mark.parametrize("kind", [np.uint8, bool, np.int64])
def test_masks_of_0_and_1_are_black_and_white(tmp_path, kind):
    x = shades().round().astype(kind)
    pixels, rows, known, _ = pixels_of(save(tmp_path / "d.npz", x))
    np.testing.assert_array_equal(pixels, x[rows].astype(np.uint8) * 255)
    np.testing.assert_array_equal(open_picture(x[5], known=known)[..., 0], x[5].astype(np.uint8) * 255)
    stored = pixels[0][..., None]
    np.testing.assert_array_equal(open_picture(stored, known=known), stored)  # for the proof they come as they are kept


@pytest.mark.parametrize(
    "x",
    [shades() * 5 - 2.5, shades() * 300, shades() - 0.3, shades() * 1e5, np.round(shades() * 99).astype(int) - 9],
)
def test_numbers_of_no_range_stop_before_training_and_say_how_to_mend(tmp_path, x):
    with pytest.raises(GuinaError, match="values from") as error:
        read_gallery(save(tmp_path / "d.npz", x), ("train", "val"))
    assert "x.min()" in error.value.mend


def test_numbers_that_are_none_are_said(tmp_path):
    x = shades()
    x[3, 4, 5] = np.nan
    with pytest.raises(GuinaError, match="pixels that are no numbers"):
        read_gallery(save(tmp_path / "d.npz", x), ("train", "val"))


def test_the_training_pictures_say_what_the_numbers_of_the_others_mean(tmp_path):
    x = np.round(shades() * 4095).astype(np.uint16)
    test = x[:10] // 8  # by themselves 10 bits
    y = np.arange(60) % 2
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=test, y_test=y[:10])
    records = read_gallery(str(tmp_path / "d.npz"), ("train", "val", "test"))
    pixels = decode_gallery(records.only("test"), (12, 12, 1)).all("pixels")[..., 0]
    np.testing.assert_array_equal(pixels, np.round(test / 4095 * 255).astype(np.uint8))
    alone = read_gallery(str(tmp_path / "d.npz"), ("test",), known=range_of_numbers(records))
    np.testing.assert_array_equal(decode_gallery(alone, (12, 12, 1)).all("pixels")[..., 0], pixels)


def test_splits_of_other_numbers_are_said(tmp_path):
    y = np.arange(60) % 2
    np.savez(tmp_path / "d.npz", x_train=shades(), y_train=y, x_test=shades() * 255, y_test=y)
    records = read_gallery(str(tmp_path / "d.npz"), ("train", "val", "test"))
    (said,) = [p for p in records.report.problems if "in its own way" in p]
    assert "test pictures (float, 0 to 255)" in said
    assert "(float, 0 to 1)" in said


def test_a_lone_picture_is_guessed_no_range_for():
    assert range_of("integer", 0, 514, whole=False).high == 65535
    assert range_of("float", 0, 16.0, whole=False).high == 255
    assert from_array(np.full((8, 8), 1.0001)).max() == 255


# --- files of 16 bits ---


def deep_files(root, bits: int, wide: bool = False) -> dict[str, np.ndarray]:
    x = np.round(shades(40) * (2**bits - 1)).astype(np.uint16)
    for i, picture in enumerate(x):
        path = root / "ab"[i % 2] / f"{i}.{'tif' if wide else 'png'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return {f"{'ab'[i % 2]}/{i}": picture for i, picture in enumerate(x)}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_bits_in_files_of_16_are_found_by_all_files(tmp_path, bits, wide):
    raw = deep_files(tmp_path / "d", bits, wide)
    records = read_gallery(str(tmp_path / "d"), ("train", "val"))
    train = records.only("train")
    pixels = decode_gallery(train, shape_of(train)).all("pixels")[..., 0]
    known = range_of_numbers(train)
    for name, picture in zip(train.names, pixels, strict=True):
        expected = np.round(raw[name[:-4]] / (2**bits - 1) * 255)
        assert np.abs(picture - expected).max() <= 1
        np.testing.assert_array_equal(open_picture(tmp_path / "d" / name, known=known)[..., 0], picture)
    said = "16-bit or float pixels to 8 bits" if bits == 16 else f"{bits} bits in 16 to 8 bits"
    assert records.report.as_json()["converted"] == {
        said: {"count": 40, "for example": [f"a/{i}{'.tif' if wide else '.png'}" for i in (0, 10, 12)]}
    }


# --- pictures that show nothing ---


def faint_png(high: int, seed: int) -> bytes:
    file = io.BytesIO()
    x = np.random.default_rng(seed).integers(100, 100 + high, (16, 16, 3)).astype(np.uint8)
    Image.fromarray(x).save(file, "PNG", compress_level=seed % 9 + 1)
    return file.getvalue()


def folder_of(root, files: list[bytes]):
    for i, data in enumerate(files):
        path = root / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(root)


@pytest.mark.parametrize("labelled", [True, False])
def test_faint_pictures_are_named_before_training(tmp_path, labelled):
    source = folder_of(tmp_path / "d", [faint_png(150 if i > 3 else 12, i) for i in range(24)])
    (said,) = [p for p in read_gallery(source, ("train", "val"), labelled=labelled).report.problems if "blank" in p]
    assert said.startswith("warning: 4 of 24 pictures are blank or nearly so, with fewer than 20 of 256 levels")
    assert "(a/0.png, a/2.png, b/1.png, …)" in said


@pytest.mark.parametrize("labelled", [True, False])
def test_pictures_that_are_all_blank_stop_before_training(tmp_path, labelled):
    """Each file differs by a level or two, so no two are copies."""
    source = folder_of(tmp_path / "d", [faint_png(3, i) for i in range(24)])
    with pytest.raises(GuinaError, match="24 of 24 pictures are blank and of one colour"):
        read_gallery(source, ("train", "val"), labelled=labelled)


def test_copies_under_other_bytes_stop_before_training(tmp_path):
    files = []
    for i in range(20):
        file = io.BytesIO()
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3)).astype(np.uint8)).save(
            file, "PNG", dpi=(i + 1, 1)
        )
        files.append(file.getvalue())
    assert len(set(files)) == 20
    with pytest.raises(GuinaError, match="20 of 20 pictures are the same picture"):
        read_gallery(folder_of(tmp_path / "d", files), ("train", "val"))


def test_given_splits_are_looked_at_too(tmp_path):
    for split in ("train", "val"):
        folder_of(tmp_path / "d" / split, [faint_png(3, i) for i in range(24)])
    records = read_gallery(str(tmp_path / "d"), ("train", "val"))
    with pytest.raises(GuinaError, match="blank and of one colour"):
        shape_of(records.only("train"))


def test_even_pictures_of_different_colours_are_something_to_learn_from(tmp_path):
    files = []
    for i in range(24):
        file = io.BytesIO()
        Image.new("RGB", (16, 16), (10 * i, 255 - 10 * i, 90)).save(file, "PNG")
        files.append(file.getvalue())
    records = read_gallery(folder_of(tmp_path / "d", files), ("train", "val"))
    assert shape_of(records.only("train")) == (16, 16, 3)
    assert any("24 of 24 pictures are blank" in p for p in records.report.problems)


def test_contrast_is_of_the_best_channel_and_knows_no_dead_pixels():
    picture = np.full((64, 64, 3), 9, np.uint8)
    assert contrast(ends_of_channels(picture)) == 0
    picture[0, :4] = 255
    assert contrast(ends_of_channels(picture)) == 0
    picture[0, 4] = 255  # more than one in a thousand
    assert contrast(ends_of_channels(picture)) == 246
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255  # even, though its channels differ
    assert contrast(ends_of_channels(red)) == 0 < FAINT


# --- colour ---


@pytest.mark.parametrize(("coloured", "grey"), [(1, 30), (12, 20), (30, 2)])
@pytest.mark.parametrize("labelled", [True, False])
def test_colour_is_kept_unless_no_picture_has_any(tmp_path, coloured, grey, labelled):
    rng = np.random.default_rng(0)
    for i in range(coloured + grey):
        x = rng.integers(0, 256, (12, 12)).astype(np.uint8)
        image = Image.fromarray(x if i % 2 else x[:, :, None].repeat(3, 2))  # grey, stored as grey or as colour
        if i < coloured:
            image = Image.fromarray(rng.integers(0, 256, (12, 12, 3)).astype(np.uint8))
            image = image.quantize(64) if i % 3 == 1 else image  # a palette
        path = tmp_path / "train" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        (tmp_path / "val" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
    for i in range(4):
        Image.fromarray(rng.integers(0, 256, (12, 12)).astype(np.uint8)).save(
            tmp_path / "val" / "ab"[i % 2] / f"{i}.png"
        )
    records = read_gallery(str(tmp_path), ("train", "val"), labelled=labelled)
    assert shape_of(records.only("train")) == (12, 12, 3)
    have, are = "have" if coloured > 1 else "has", "are" if grey > 1 else "is"
    assert (
        f"{coloured} of {coloured + grey} pictures {have} colour, and {grey} {are} grey: all are learned from in colour"
        in records.report.problems
    )


def test_colour_that_only_the_others_have_is_left_out_and_said(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(30) % 2
    grey = rng.integers(0, 256, (30, 9, 9, 1)).astype(np.uint8).repeat(3, 3)
    np.savez(
        tmp_path / "d.npz",
        x_train=grey,
        y_train=y,
        x_val=rng.integers(0, 256, (30, 9, 9, 3)).astype(np.uint8),
        y_val=y,
    )
    records = read_gallery(str(tmp_path / "d.npz"), ("train", "val"))
    assert shape_of(records.only("train")) == (9, 9, 1)
    assert any(p.startswith("warning: 30 pictures to judge by have colour") for p in records.report.problems)
