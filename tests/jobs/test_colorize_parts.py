"""What colorize is made of: hints, ageing, pictures without colours, scores; against plain loops."""

import doctest
from math import log10
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import guina
from guina.data.arrays import Arrays
from guina.data.lab import to_lab
from guina.errors import GuinaError
from guina.jobs.colorize import ageing, baseline, check, colourless, hints
from guina.jobs.colorize.ageing import aged
from guina.jobs.colorize.colourless import beyond_brightness, looked_at
from guina.jobs.colorize.hints import SCALE, Hint, draw_hints, hint_planes, no_hints, parse_hints
from guina.jobs.colorize.learning import Colorize
from guina.jobs.colorize.scores import ColorizeJudge, worth
from guina.jobs.colorize.settings import ColorizeSettings
from some_photos import encoded, grey_of, opened, photos, sepia, texture, without_colours


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- hints ---


def test_hints_lie_where_the_picture_has_them_at_any_scale() -> None:
    planes = hint_planes([Hint(199, 0, (200, 40, 40))], (100, 200), 10, 20)
    assert planes.shape == (1, 3, 10, 20)
    assert torch.nonzero(planes[0, 2]).tolist() == [[0, 18], [0, 19], [1, 18], [1, 19]]
    expected = to_lab(np.array([200, 40, 40], np.uint8))[1:] / SCALE
    np.testing.assert_allclose(planes[0, :2, 0, 19].numpy(), expected, atol=1e-6)
    assert torch.equal(hint_planes([], (5, 6), 5, 6), no_hints(1, 5, 6))
    assert hint_planes([Hint(0, 0, (0, 0, 0))], (1, 1), 1, 1)[0, 2].item() == 1


@pytest.mark.parametrize("place", [(200, 0), (0, 100), (5000, 5000)])
def test_a_hint_outside_of_the_picture_is_said(place: tuple[int, int]) -> None:
    with pytest.raises(GuinaError, match=rf"{place[0]},{place[1]} lies outside[\s\S]*199,99"):
        hint_planes([Hint(*place, (1, 2, 3))], (100, 200), 10, 20)


@pytest.mark.parametrize("text", ["3,4", "3,4,red", "-1,2,#ff0000", "1.5,2,#ff0000", "3,4,#ff00", "3,4,#ff0000 5,6"])
def test_what_are_no_hints_is_said(text: str) -> None:
    with pytest.raises(GuinaError, match="--hint"):
        parse_hints(text)


def test_hints_as_they_are_typed() -> None:
    assert parse_hints("") == parse_hints(" ; ") == []
    assert parse_hints("3, 4, FF0080;") == [Hint(3, 4, (255, 0, 128))]


def test_drawn_hints_are_true_and_half_of_the_pictures_have_none() -> None:
    ab = torch.randn(800, 2, 16, 20, generator=rng())
    planes = draw_hints(ab, rng(1))
    known = planes[:, 2:]
    assert torch.equal(planes[:, :2], ab * known)
    assert set(known.unique().tolist()) == {0.0, 1.0}
    share = known.mean((1, 2, 3))
    assert 0.5 <= float((share == 0).float().mean()) < 0.65  # and some of the others have no point
    assert 0 < float((share == 1).float().mean()) < 0.05
    assert torch.equal(planes, draw_hints(ab, rng(1)))


# --- ageing ---


def test_ageing_is_its_generators_and_of_a_share() -> None:
    L = torch.rand(400, 18, 22, generator=rng()) * 100
    kept = L.clone()
    one, two, other = aged(L, 0.25, rng(3)), aged(L, 0.25, rng(3)), aged(L, 0.25, rng(4))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(L, kept)
    changed = (one != L).flatten(1).any(1).float().mean()
    assert 0.15 < float(changed) < 0.3
    assert 0 <= float(one.min()) <= float(one.max()) <= 100
    assert torch.equal(aged(L, 0.0, rng()), L)
    assert float((aged(L, 1.0, rng()) != L).flatten(1).any(1).float().mean()) > 0.85


def test_each_way_of_ageing_is_seen_somewhere() -> None:
    flat = aged(torch.full((300, 24, 24), 50.0), 1.0, rng())
    spread, ends = flat.flatten(1).std(1), (flat == 0) | (flat == 100)
    assert ((spread > 1) & (spread < 9) & ~ends.flatten(1).any(1)).any(), "grain"
    assert ends.flatten(1).any(1).any(), "scratches"
    assert (ends.flatten(1).float().mean(1) < 0.3).all()
    assert ((spread < 1e-4) & (flat.flatten(1).mean(1).sub(50).abs() > 3)).any(), "faded alone"
    board = (torch.arange(24)[:, None] + torch.arange(24)).remainder(2).float().expand(300, 24, 24) * 100
    assert (aged(board, 1.0, rng()).flatten(1).std(1) < 15).any(), "blurred"


# --- pictures without colours ---


def test_one_tint_is_no_colour_and_a_coloured_thing_is() -> None:
    def own(pixels: np.ndarray) -> float:
        return float(beyond_brightness(to_lab(looked_at(pixels)[None]))[0])

    scene = texture(120, 130, 1, noise=20)
    grey = np.repeat(grey_of(scene)[..., None], 3, 2)
    assert own(grey) < 0.01
    for toned in (sepia(scene), (grey * [0.8, 0.9, 1.0]).astype(np.uint8), 255 - sepia(scene)):
        assert own(toned) < colourless.OWN
        for quality in (30, 75, 95):
            assert own(np.asarray(opened(encoded(toned, "JPEG", quality=quality)))) < colourless.OWN
    part = grey.copy()
    part[30:60, 20:60] = (60, 120, 200)
    assert own(part) > colourless.OWN
    assert own(scene) > colourless.OWN


def test_a_folder_without_colours_is_refused_and_says_what_grey_pictures_are_for(tmp_path: Path) -> None:
    (tmp_path / "grey").mkdir()
    without_colours(tmp_path / "grey", 5)
    for act in (guina.check, guina.train):
        with pytest.raises(GuinaError, match=r"0 of \d+ train pictures have colours[\s\S]*guina predict"):
            act("colorize", tmp_path / "grey", out=tmp_path / "out")


def test_a_split_without_colours_is_refused(tmp_path: Path) -> None:
    photos(tmp_path / "p" / "train")
    (tmp_path / "p" / "val").mkdir()
    without_colours(tmp_path / "p" / "val")
    with pytest.raises(GuinaError, match="0 of 9 val pictures have colours"):
        guina.check("colorize", tmp_path / "p")


def test_what_is_left_out_leaves_enough_to_judge_by(tmp_path: Path) -> None:
    """Most are grey, so chance would leave few or none to judge by."""
    photos(tmp_path / "p", 12)
    left = without_colours(tmp_path / "p", 12)
    found = guina.check("colorize", tmp_path / "p")
    assert (found["found"], found["used"]) == (12 + left, 12)
    assert found["splits"]["val"] >= 2
    assert found["splits"]["train"] + found["splits"]["val"] == 12
    assert any(f"{left} of {12 + left} pictures have no colours of their own" in line for line in found["problems"])


@pytest.mark.parametrize("count", [2, 3])
def test_too_few_pictures_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(GuinaError, match=r"to learn from and \d to judge by|have colours"):
        guina.check("colorize", photos(tmp_path / "p", count))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"old": 2.0}, "--old 2"),
        ({"old": -0.1}, "--old"),
        ({"adversarial": "yes"}, "adversarial"),
        ({"size": "big"}, "size"),
    ],
)
def test_settings_that_there_are_not(settings, message) -> None:
    with pytest.raises(GuinaError, match=message):
        Colorize(ColorizeSettings(**settings))


# --- scores ---


def test_scores_are_those_of_plain_loops() -> None:
    class Flat:
        """Features that are a picture's mean colour."""

        def __call__(self, pixels: np.ndarray) -> np.ndarray:
            return pixels.mean((1, 2))

    true = np.stack([texture(9, 8, n) for n in range(6)])
    made = np.stack([texture(9, 8, n, noise=30) // 2 + true[n] // 2 for n in range(6)])
    arrays = Arrays({"pixels": true}, np.arange(6), [str(n) for n in range(6)])
    scores = ColorizeJudge(SimpleNamespace(), Flat()).compared(arrays, true, made)
    psnr = []
    for n in range(6):
        square = 0.0
        for i in range(9):
            for j in range(8):
                for c in range(3):
                    square += (int(true[n, i, j, c]) - int(made[n, i, j, c])) ** 2
        psnr.append(10 * log10(255**2 / (square / (9 * 8 * 3))))
    assert scores["psnr"] == pytest.approx(np.mean(psnr), rel=1e-5)
    assert ColorizeJudge(SimpleNamespace(), Flat()).compared(arrays, true, true)["colorfulness"] == 1
    assert scores["fd"] > 0
    grey = np.repeat(true.mean(3, keepdims=True), 3, 3).astype(np.uint8)
    assert ColorizeJudge(SimpleNamespace(), Flat()).compared(arrays, true, grey)["colorfulness"] == 0


def test_better_is_nearer_in_features_where_pixels_are_as_near() -> None:
    judge = ColorizeJudge(SimpleNamespace(), SimpleNamespace())
    base = {"fd": 10.0, "psnr": 20.0, "colorfulness": 1.0}
    assert judge.better(base | {"fd": 9.0}, base)
    assert judge.better(base | {"psnr": 21.0}, base)
    assert judge.better(base | {"fd": 7.0, "psnr": 19.5}, base), "a little PSNR may go where the distance falls"
    assert not judge.better(base | {"fd": 9.5, "psnr": 17.0}, base)
    assert not judge.better(base, base)
    assert worth({"psnr": 20.0}) == worth({"psnr": 20.0, "fd": 1.0})


@pytest.mark.parametrize(("module", "examples"), [(ageing, 2), (check, 1), (colourless, 3), (hints, 1)])
def test_examples(module, examples: int) -> None:
    assert doctest.testmod(module) == (0, examples)


def test_the_picture_that_is_as_bright_lends_its_colours() -> None:
    train = np.stack([texture(16, 16, n) for n in range(10)])
    arrays = Arrays({"pixels": train}, np.arange(10), [str(n) for n in range(10)])
    lab = to_lab(train)
    np.testing.assert_allclose(baseline.by_brightness(arrays, lab[[3, 7], ..., 0]), lab[[3, 7], ..., 1:], atol=1e-4)
