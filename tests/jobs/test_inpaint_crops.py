"""Which parts of a large picture its holes are filled from, and that a network has its say in every one of them."""

import time

import numpy as np
import pytest
import torch
from PIL import Image

import guina
from guina.engine import features
from guina.jobs.inpaint.crops import AROUND, crops_about
from guina.jobs.inpaint.harmonic import quick_fill
from small_runs import trained
from some_photos import photos, texture

SIDE = 32


def diagonal(height: int, width: int, thick: int) -> np.ndarray:
    """A scratch from corner to corner."""
    y_H1, x_1W = np.arange(height)[:, None], np.arange(width)[None]
    return np.abs(y_H1 - x_1W * height / width) < thick / 2


def box(height: int, width: int, top: int, left: int, high: int, wide: int) -> np.ndarray:
    hole_HW = np.zeros((height, width), bool)
    hole_HW[top : top + high, left : left + wide] = True
    return hole_HW


def specks(height: int, width: int, count: int) -> np.ndarray:
    hole_HW = np.zeros((height, width), bool)
    hole_HW.flat[np.random.default_rng(0).choice(height * width, count, replace=False)] = True
    return hole_HW


HOLES = {
    "a scratch": diagonal(300, 400, 5),
    "a wire": box(200, 500, 90, 0, 12, 500),
    "a square": box(300, 300, 100, 120, 80, 80),
    "at the corner": box(300, 300, 0, 0, 70, 60),
    "specks": specks(150, 150, 200),
    "all kinds": diagonal(300, 400, 5) | box(300, 400, 200, 10, 60, 60) | specks(300, 400, 50),
    "nearly all": ~box(200, 200, 0, 0, 3, 200),
    "a small picture": box(30, 60, 3, 3, 9, 9),
}


@pytest.mark.parametrize("name", HOLES)
def test_every_pixel_of_a_hole_is_filled_once(name: str) -> None:
    hole_HW = HOLES[name]
    times_HW = np.zeros(hole_HW.shape, int)
    for crops in crops_about(hole_HW, SIDE):
        assert len({(crop.mine_HW.shape, crop.size) for crop in crops}) == 1, "parts of a round are of one size"
        for crop in crops:
            assert min(crop.size) <= SIDE
            times_HW[crop.rows, crop.columns] += crop.mine_HW
    assert np.array_equal(times_HW, hole_HW)


@pytest.mark.parametrize("name", ["a scratch", "a wire", "specks"])
def test_what_is_thin_is_filled_at_the_pictures_own_scale(name: str) -> None:
    for crops in crops_about(HOLES[name], SIDE):
        assert {(crop.mine_HW.shape, crop.size) for crop in crops} == {((SIDE, SIDE), (SIDE, SIDE))}


def test_a_thick_hole_is_seen_with_as_much_again_around_it() -> None:
    ((crop,),) = crops_about(box(300, 300, 100, 120, 80, 80), SIDE)
    assert (crop.rows, crop.columns) == (slice(60, 220), slice(80, 240))
    assert crop.size == (SIDE, SIDE)
    assert crop.mine_HW.shape[0] == round(AROUND * 80)


def test_parts_of_a_round_do_not_see_what_the_others_fill() -> None:
    for crops in crops_about(diagonal(330, 400, 7), SIDE):
        filled_HW = np.zeros((330, 400), int)
        for crop in crops:
            filled_HW[crop.rows, crop.columns] += crop.mine_HW
        for crop in crops:
            seen_HW = filled_HW[crop.rows, crop.columns] - crop.mine_HW
            at_the_edge = crop.rows.stop == 330 or crop.columns.stop == 400
            assert at_the_edge or not seen_HW.any()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """Of a few steps, with an output that is not nearly nothing."""
    place = tmp_path_factory.mktemp("crops")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        found = trained("inpaint", photos(place / "photos"), place / "run", 6, size="tiny")
    with torch.no_grad():
        found.answering.nets["generator"].head.weight.mul_(30)  # pyright: ignore
    return found


@pytest.mark.parametrize("name", ["a scratch", "a wire", "a square", "specks"])
def test_the_network_has_its_say_in_every_kind_of_hole(run: guina.Run, name: str) -> None:
    hole_HW = HOLES[name]
    before = texture(*hole_HW.shape, seed=3)
    with torch.no_grad():
        made = run.answering.whole(before, hole_HW)  # pyright: ignore[reportAttributeAccessIssue]
    x_1CHW = torch.from_numpy(before).permute(2, 0, 1)[None].float() / 255
    smooth_HWC = (quick_fill(x_1CHW, torch.from_numpy(hole_HW)[None])[0].permute(1, 2, 0) * 255).numpy()
    assert np.array_equal(made[~hole_HW], before[~hole_HW])
    apart_N = np.abs(made[hole_HW].astype(float) - smooth_HWC[hole_HW]).max(1)
    assert (apart_N > 2).mean() > 0.5


def test_thousands_of_specks_take_seconds(run: guina.Run) -> None:
    before = texture(700, 900, seed=3)
    began = time.perf_counter()
    with torch.no_grad():
        run.answering.whole(before, specks(700, 900, 5000))  # pyright: ignore[reportAttributeAccessIssue]
    assert time.perf_counter() - began < 20


def test_a_network_of_grey_pictures_fills_coloured_ones_in_colour(tmp_path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        place = photos(tmp_path / "photos")
        for path in place.iterdir():
            Image.open(path).convert("L").save(path)
        grey = trained("inpaint", place, tmp_path / "run", 3, size="tiny")
    assert grey.answering.fitted.shape[2] == 1
    before = np.empty((40, 40, 3), np.uint8)
    before[:] = 200, 60, 20
    with torch.no_grad():
        made = grey.answering.whole(before, box(40, 40, 10, 10, 12, 12))  # pyright: ignore[reportAttributeAccessIssue]
    red, green, blue = made[10:22, 10:22].reshape(-1, 3).mean(0)
    assert red > green + 60 > blue + 60
