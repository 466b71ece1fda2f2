"""Which pixels are the hole: masks of every kind that people save, boxes, colours and transparency."""

import doctest
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.jobs.inpaint import holes, mask_files
from guina.jobs.inpaint.holes import hole_of, mask_for, parse_boxes, parse_colour

SIZE = (45, 61)
HOLE = np.zeros(SIZE, bool)
HOLE[10:25, 20:40] = True
BYTES = (HOLE * 255).astype(np.uint8)
PIXELS = np.full((*SIZE, 3), 90, np.uint8)
SAID = ("fills 11% of the picture",)


def saved(image: Image.Image | np.ndarray, kind: str = "PNG", **how) -> bytes:
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **how)
    return file.getvalue()


def masked(mask, **how) -> holes.Hole:
    return hole_of(SIZE, mask, (), "", PIXELS, **how)


def palette() -> Image.Image:
    """Of two colours, whose numbers say nothing."""
    image = Image.new("P", SIZE[::-1])
    image.putpalette([0, 0, 0] * 5 + [255, 255, 255])
    image.paste(4, (0, 0, *image.size))
    image.paste(5, (20, 10, 40, 25))
    return image


def layers(grey: np.ndarray | int, alpha: np.ndarray | int) -> np.ndarray:
    """A picture of red, green, blue and transparency."""
    return np.stack([np.broadcast_to(np.uint8(one), SIZE) for one in (grey, grey, grey, alpha)], 2)


MASKS = {
    "grey": lambda: saved(BYTES),
    "jpeg": lambda: saved(BYTES, "JPEG", quality=60),
    "1-bit": lambda: saved(Image.fromarray(BYTES).convert("1")),
    "palette": lambda: saved(palette()),
    "gif": lambda: saved(BYTES, "GIF"),
    "colour": lambda: saved(np.stack([BYTES] * 3, 2)),
    "opaque": lambda: saved(layers(BYTES, 255)),
    "CMYK": lambda: saved(Image.fromarray(np.stack([BYTES] * 3, 2)).convert("CMYK"), "JPEG", quality=95),
    "16-bit": lambda: saved((HOLE * 65535).astype(np.uint16)),
    "16-bit tiff": lambda: saved((HOLE * 60000).astype(np.uint16), "TIFF"),
    "float tiff": lambda: saved(HOLE.astype(np.float32), "TIFF"),
    "white on nothing": lambda: saved(layers(255, BYTES)),
    "black and white on nothing": lambda: saved(layers(BYTES, (np.arange(61) < 50) * 255)),
    "array": lambda: BYTES,
    "array of bool": lambda: HOLE,
    "array of floats": lambda: HOLE[:, :, None] * 0.9,
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_every_kind_are_the_same_hole(kind: str):
    hole = masked(MASKS[kind]())
    np.testing.assert_array_equal(hole.where_HW, HOLE)
    assert hole.where_HW.dtype == bool
    assert hole.said == SAID


@pytest.mark.parametrize(
    "mask",
    [
        saved(HOLE.astype(np.uint8)),
        HOLE.astype(np.int64),
        saved(HOLE.astype(np.uint16)),
        saved(np.stack([HOLE] * 3, 2).astype(np.uint8)),
    ],
)
def test_zeros_and_ones_are_a_mask_too(mask):
    hole = masked(mask)
    np.testing.assert_array_equal(hole.where_HW, HOLE)
    assert hole.said == ("the mask's values are 0 and 1: 1 is the hole", *SAID)


@pytest.mark.parametrize("erased", ["of a picture", "of black"])
def test_what_was_erased_from_a_picture_is_the_hole(erased: str):
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)) * (erased == "of a picture")
    hole = masked(saved(np.dstack([picture, 255 - BYTES]).astype(np.uint8)))
    np.testing.assert_array_equal(hole.where_HW, HOLE)
    assert hole.said == ("what is transparent in the mask is the hole", *SAID)


def test_files_are_turned_once_as_exif_says(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter, clockwise
    lying = np.rot90(BYTES)
    for name, image in (("a.jpg", lying), ("a.png", lying), ("deep.png", lying.astype(np.uint16) * 257)):
        Image.fromarray(image).save(tmp_path / name, exif=exif)
        np.testing.assert_array_equal(masked(str(tmp_path / name)).where_HW, HOLE)


@pytest.mark.parametrize("size", [(90, 122), (22, 30), (135, 183), (400, 542)])
def test_masks_of_the_same_shape_are_scaled_to_the_nearest_pixel(size: tuple[int, int]):
    y, x = (np.arange(n) * of // n for n, of in zip(size, SIZE, strict=True))
    hole = masked(BYTES[y[:, None], x])
    assert np.mean(hole.where_HW != HOLE) < 0.03
    assert hole.said[0] == f"the mask is {size[1]}×{size[0]} pixels, and scaled to the picture's 61×45"
    if size == (90, 122):
        np.testing.assert_array_equal(hole.where_HW, HOLE)


@pytest.mark.parametrize("size", [(50, 50), (61, 45), (45, 64), (90, 140)])
def test_masks_of_another_shape_are_refused_with_both_sizes(size: tuple[int, int]):
    with pytest.raises(GuinaError, match=f"{size[1]}×{size[0]} pixels, the picture 61×45"):
        masked(np.zeros(size, np.uint8))


def test_a_mask_the_other_way_round_is_seen_by_its_share():
    (said,) = masked(255 - BYTES).said
    assert said.startswith("fills 89% of the picture (white is the hole: turn the mask round")


def test_empty_masks_are_said_and_full_ones_refused():
    hole = masked(saved(np.zeros(SIZE, np.uint8)))
    assert not hole.where_HW.any()
    assert hole.said == ("there is no hole",)
    lightest = "the mask's lightest value is 85 of 255, and white is the hole"
    assert masked(BYTES // 3).said == (lightest, "there is no hole")
    for full in (saved(np.full(SIZE, 255, np.uint8)), np.ones(SIZE, bool)):
        with pytest.raises(GuinaError, match="nothing is left to go by"):
            masked(full)
    with pytest.raises(GuinaError, match="nothing is left to go by"):
        hole_of(SIZE, None, [(0, 0, 61, 45)], "", PIXELS)


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (b"", "zero bytes"),
        (b"<html>", "HTML"),
        (saved(BYTES)[:60], "truncated|corrupt|unknown"),
        ("nowhere/mask.png", "nowhere/mask.png: not there"),
        (np.zeros((0, 3)), "an array"),
        (np.zeros((3, 3, 5)), "an array"),
        (np.full(SIZE, np.nan), "no numbers"),
        (np.full(SIZE, -1), "values from -1 to -1"),
        (np.array([["a"]]), "an array"),
    ],
)
def test_what_is_no_mask_is_said(mask, why: str):
    with pytest.raises(GuinaError, match=why) as raised:
        masked(mask)
    assert raised.value.expected
    assert raised.value.mend


def test_a_folder_is_no_mask(tmp_path: Path):
    with pytest.raises(GuinaError, match="a folder"):
        masked(tmp_path)


def test_large_masks_keep_every_pixel():
    mask = np.zeros((600, 900), np.uint8)
    mask[101, 333] = 255
    hole = hole_of((600, 900), saved(mask), (), "", np.zeros((600, 900, 3), np.uint8))
    assert np.argwhere(hole.where_HW).tolist() == [[101, 333]]
    assert hole.said == ("fills less than 0.1% of the picture",)


def test_boxes_are_cut_at_the_edge_and_lie_in_the_picture():
    hole = hole_of(SIZE, None, [(-5, 40, 10, 10), (20, 10, 20, 15)], "", PIXELS)
    expected = HOLE.copy()
    expected[40:, :5] = True
    np.testing.assert_array_equal(hole.where_HW, expected)
    assert hole.said == ("box -5,40,10,10 is cut at the edge of the picture", "fills 12% of the picture")
    for box in ((61, 0, 5, 5), (0, 45, 5, 5), (-5, 0, 5, 5), (0, -9, 5, 5)):
        with pytest.raises(GuinaError, match="nothing of it is in the picture"):
            hole_of(SIZE, None, [box], "", PIXELS)


@pytest.mark.parametrize("text", ["10,20,30", "a,b,c,d", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "1.5,2,3,4", "1,,3,4"])
def test_what_are_no_boxes_is_said(text: str):
    with pytest.raises(GuinaError, match="--box"):
        parse_boxes(text)


def test_boxes_as_they_are_typed():
    assert parse_boxes("") == ()
    assert parse_boxes(" 1, 2 ,3,4 ;") == ((1, 2, 3, 4),)
    assert parse_boxes("-1,-2,3,4;5,6,7,8") == ((-1, -2, 3, 4), (5, 6, 7, 8))


def test_a_colour_is_the_hole_and_where_it_ran_its_surroundings():
    drawn = PIXELS.copy()
    drawn[HOLE] = (255, 0, 255)
    hole = hole_of(SIZE, None, (), "#ff00ff", drawn)
    np.testing.assert_array_equal(hole.where_HW, HOLE)
    assert hole.said == SAID
    ran = np.asarray(Image.open(io.BytesIO(saved(drawn, "JPEG", quality=85))))
    hole = hole_of(SIZE, None, (), "#ff00ff", ran)
    assert hole.where_HW[HOLE].all()
    assert np.mean(hole.where_HW) < 0.2
    assert np.abs(ran[~hole.where_HW].astype(int) - 90).max() < 50
    assert "nearly #ff00ff" in hole.said[0]


def test_a_colour_that_is_nowhere_is_no_hole():
    for pixels in (PIXELS, PIXELS[:, :, :1]):
        hole = hole_of(SIZE, None, (), "magenta", pixels)
        assert hole.said == ("no pixel is magenta", "there is no hole")
    for colour in ("#12345", "pinkish", "#gg0000"):
        with pytest.raises(GuinaError, match="--hole-color"):
            parse_colour(colour)


def test_mask_boxes_and_colour_together_are_one_hole():
    drawn = PIXELS.copy()
    drawn[0, 0] = (255, 0, 0)
    hole = hole_of(SIZE, BYTES, [(60, 44, 1, 1)], "ff0000", drawn, alpha_HW=np.zeros(SIZE, np.uint8))
    expected = HOLE.copy()
    expected[0, 0] = expected[44, 60] = True
    np.testing.assert_array_equal(hole.where_HW, expected)


def test_what_is_transparent_is_the_hole_and_without_any_it_is_said_how_to_give_one():
    hole = hole_of(SIZE, None, (), "", PIXELS, 255 - BYTES)
    np.testing.assert_array_equal(hole.where_HW, HOLE)
    assert hole.said == ("what is transparent is the hole", *SAID)
    for alpha_HW in (None, np.full(SIZE, 128, np.uint8)):
        with pytest.raises(GuinaError) as raised:
            hole_of(SIZE, None, (), "", PIXELS, alpha_HW)
        assert all(way in str(raised.value) for way in ("--mask", "--box", "--hole-color", "transparent"))


def test_the_mask_of_a_picture_has_its_name(tmp_path: Path):
    masks = tmp_path / "masks"
    masks.mkdir()
    for name in ("a.png", "b.PNG", "c.jpg", "c.png", "d.v2.png", "e.txt"):
        (masks / name).write_bytes(b"x")
    for picture, name in (("a.jpg", "a.png"), ("b.jpeg", "b.PNG"), ("d.v2.jpg", "d.v2.png")):
        assert mask_for(tmp_path / picture, masks).name.lower() == name.lower()
    assert mask_for(tmp_path / "a.jpg", masks / "c.jpg") == masks / "c.jpg"
    with pytest.raises(GuinaError, match=r"c\.jpg and c\.png"):
        mask_for(tmp_path / "c.webp", masks)
    for none in ("e.png", "f.png", "d.png"):
        with pytest.raises(GuinaError, match="no mask of"):
            mask_for(tmp_path / none, masks)


def test_a_picture_is_not_its_own_mask(tmp_path: Path):
    for name in ("a.jpg", "a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")
    assert mask_for(tmp_path / "a.jpg", tmp_path).name == "a.png"
    with pytest.raises(GuinaError, match="no mask of"):
        mask_for(tmp_path / "b.png", tmp_path)


@pytest.mark.parametrize(("module", "examples"), [(holes, 5), (mask_files, 3)])
def test_examples(module, examples: int):
    assert doctest.testmod(module) == (0, examples)
