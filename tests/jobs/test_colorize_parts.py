"""What colorize is made of: hints, ageing, pictures without colours, scores; against plain loops."""

import doctest
from math import log10
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.fft import dctn, idctn

import guina
from guina.data.arrays import Arrays
from guina.data.lab import to_lab
from guina.errors import GuinaError
from guina.jobs.colorize import ageing, baseline, check, colourless, hints, learning, scores
from guina.jobs.colorize.ageing import BLOCK, COARSE, STEEPER, aged, squeezed
from guina.jobs.colorize.bins import find_bins
from guina.jobs.colorize.colourless import beyond_brightness, looked_at
from guina.jobs.colorize.fitted import ColorizeFitted
from guina.jobs.colorize.hints import SCALE, Hint, draw_hints, hint_planes, no_hints, parse_hints
from guina.jobs.colorize.learning import Colorize
from guina.jobs.colorize.scores import ColorizeJudge, worth
from guina.jobs.colorize.settings import ColorizeSettings
from guina.jobs.pictures import gallery, remaking
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


@pytest.mark.parametrize("size", [(16, 24), (13, 9), (1, 20)])
def test_a_jpeg_is_that_of_plain_transforms(size: tuple[int, int]) -> None:
    height, width = size
    L = torch.rand(3, *size, generator=rng()) * 100
    steps = torch.tensor([2.0, 7.0, COARSE])
    found = squeezed(L, steps).numpy()
    frequency = np.arange(BLOCK)[:, None] + np.arange(BLOCK)
    for n in range(3):
        whole = np.pad(L[n].numpy().astype(float), ((0, -height % BLOCK), (0, -width % BLOCK)), mode="edge") - 50
        for top in range(0, whole.shape[0], BLOCK):
            for left in range(0, whole.shape[1], BLOCK):
                block = np.s_[top : top + BLOCK, left : left + BLOCK]
                step = float(steps[n]) * (1 + STEEPER * frequency)
                whole[block] = idctn(np.round(dctn(whole[block], norm="ortho") / step) * step, norm="ortho")
        np.testing.assert_allclose(found[n], whole[:height, :width] + 50, atol=1e-3)
    assert torch.equal(squeezed(L[:0], steps[:0]), L[:0])
    np.testing.assert_allclose(squeezed(L, torch.zeros(3)), L, atol=0.05)


def test_a_jpeg_is_among_the_ways_of_ageing() -> None:
    """What is aged in no other way is what a JPEG of a coarseness of its own makes of it."""
    ramp = torch.linspace(30, 70, 24).expand(300, 24, 24)
    drawn = rng()
    ways = (torch.rand(300, generator=drawn), torch.rand(300, 5, generator=drawn) < 0.5)[1]
    alone = ways[:, 4] & ~ways[:, :4].any(1)
    much = torch.rand(300, 5, generator=drawn)[:, 4]
    assert alone.sum() > 3
    made = aged(ramp, 1.0, rng())
    np.testing.assert_allclose(made[alone], squeezed(ramp[alone], COARSE * much[alone]), atol=1e-4)
    assert float((made[alone] - ramp[alone]).abs().mean()) > 0.2


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


def flag(height: int, width: int, *bands: tuple[tuple[slice, slice], tuple[int, int, int]]) -> np.ndarray:
    """White with bands of colour over it."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    for place, colour in bands:
        pixels[place] = colour
    return pixels


ALL = slice(None)
FLAGS = {
    "white over red": flag(90, 120, ((slice(45, None), ALL), (220, 20, 60))),
    "three upright": flag(90, 120, ((ALL, slice(40)), (0, 38, 84)), ((ALL, slice(80, None)), (206, 17, 38))),
    "a cross": flag(
        90, 121, ((ALL, ALL), (200, 16, 46)), ((slice(38, 51), ALL), (255,) * 3), ((ALL, slice(44, 57)), (255,) * 3)
    ),
    "blue over yellow": flag(91, 120, ((slice(45), ALL), (0, 87, 183)), ((slice(45, None), ALL), (255, 221, 0))),
    "red": flag(90, 120, ((ALL, ALL), (222, 41, 16))),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_flat_pictures_in_strong_colours_are_coloured_and_flat_prints_are_not(tmp_path: Path, kind: str) -> None:
    sheet = np.full((90, 120, 3), 255, np.uint8)
    sheet[20:70, 30:90] = (112, 88, 60)  # a print's dark, on its paper
    levels = np.linspace(0, 255, 120).astype(np.uint8)[None, :, None].repeat(90, 0)
    prints = {
        "paper": sheet,
        "wedge": (levels * [1.0, 0.9, 0.74]).astype(np.uint8),
        "cyanotype": (levels * (1 - np.array([0.0, 0.3, 0.5])) + (255 - levels) * np.array([0.0, 0.3, 0.5])).astype(
            np.uint8
        ),
        "grey": np.where(np.arange(120)[None, :, None] < 60, 40, 200).repeat(90, 0).repeat(3, 2).astype(np.uint8),
        "red light": (grey_of(texture(90, 120, 1, noise=20))[..., None] * [1.0, 0.2, 0.2]).astype(np.uint8),
    }
    for n, (name, pixels) in enumerate([*FLAGS.items(), *prints.items()]):
        (tmp_path / f"{n:02} {name}").write_bytes(encoded(pixels, kind))
    records = gallery.read(str(tmp_path), ("train",), ColorizeSettings(), None, labelled=False)
    own = dict(zip(records.names, colourless.own_colours(records), strict=True))
    assert [name for name, has in own.items() if has] == [f"{n:02} {name}" for n, name in enumerate(FLAGS)]


def test_an_array_with_transparency_has_its_colours(tmp_path: Path) -> None:
    rgba = np.stack([np.dstack([texture(20, 20, n), np.full((20, 20), 255, np.uint8)]) for n in range(8)])
    rgba[2, ..., :3] = sepia(rgba[2, ..., :3])
    np.savez(tmp_path / "p.npz", x=rgba)
    found = guina.check("colorize", tmp_path / "p.npz")
    assert (found["found"], found["used"], found["shape"]) == (8, 7, [20, 20, 3])


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


@pytest.mark.parametrize(("size", "brought"), [((178, 218), (96, 118)), ((256, 256), (96, 96)), ((130, 20), (128, 20))])
@pytest.mark.parametrize("job", ["colorize", "inpaint"])
def test_pictures_of_one_size_that_is_too_large_are_brought_to_less(
    tmp_path: Path, job: str, size: tuple[int, int], brought: tuple[int, int]
) -> None:
    for n in range(5):
        Image.fromarray(texture(*size, n)).save(tmp_path / f"{n}.png")
    found = guina.check(job, tmp_path, out=tmp_path / "page.html")
    assert tuple(found["shape"][:2]) == brought
    said = f"would bring all to {brought[0]}×{brought[1]} colour"
    assert [line for line in found["plan"] if said in line]
    assert said in (tmp_path / "page.html").read_text("utf-8")


def test_what_cannot_be_brought_to_less_is_refused_as_it_is(tmp_path: Path) -> None:
    for n in range(5):
        Image.fromarray(texture(256, 20, n)).save(tmp_path / f"{n}.png")
    with pytest.raises(GuinaError, match=r"of 256×20 pixels[\s\S]*--pixels 64"):
        guina.check("colorize", tmp_path)
    assert guina.check("colorize", tmp_path, settings={"pixels": 16})["shape"] == [16, 16, 3]


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


def test_too_few_pictures_have_no_distance_of_multiplied_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.stack([texture(16, 16, n) for n in range(3)])
    monkeypatch.setattr(scores, "multiplied", lambda half, given, chunk: given // 2)
    for count, keys in ((1, set()), (3, {"fd_multiplied"})):
        arrays = Arrays({"pixels": pixels[:count]}, np.arange(count), [str(n) for n in range(count)])
        judge = ColorizeJudge(SimpleNamespace(answering=lambda nets: None), lambda given: given.mean((1, 2)))
        assert set(judge.slow_scores({}, arrays)) == keys


@pytest.mark.parametrize(("module", "examples"), [(ageing, 2), (check, 1), (colourless, 5), (hints, 1), (remaking, 1)])
def test_examples(module, examples: int) -> None:
    assert doctest.testmod(module) == (0, examples)


def test_the_picture_that_is_as_bright_lends_its_colours() -> None:
    train = np.stack([texture(16, 16, n) for n in range(10)])
    arrays = Arrays({"pixels": train}, np.arange(10), [str(n) for n in range(10)])
    lab = to_lab(train)
    np.testing.assert_allclose(baseline.by_brightness(arrays, lab[[3, 7], ..., 0]), lab[[3, 7], ..., 1:], atol=1e-4)


def test_colours_of_many_pictures_are_measured_some_at_a_time_and_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.stack([texture(17, 22, n) for n in range(11)])
    arrays = Arrays({"pixels": pixels}, np.arange(11), [str(n) for n in range(11)])
    job = Colorize(ColorizeSettings(), ColorizeFitted(shape=(17, 22, 3), labels=(), examples=11, fingerprint=""))
    lab, most = to_lab(pixels), []

    def watched(some: np.ndarray) -> np.ndarray:
        most.append(len(some))
        return to_lab(some)

    for module in (baseline, learning):
        monkeypatch.setattr(module, "TOGETHER", 4)
        monkeypatch.setattr(module, "to_lab", watched)
    found = job.measure(arrays)
    halves = [
        lab[n, i : i + 2, j : j + 2, 1:].mean((0, 1))
        for n in range(11)
        for i in range(0, 17, 2)
        for j in range(0, 22, 2)
    ]
    expected = find_bins(np.array(halves))
    np.testing.assert_array_equal(found.bins.centre_Q2, expected.centre_Q2)
    np.testing.assert_allclose(found.bins.share_Q, expected.share_Q, rtol=1e-6)
    np.testing.assert_allclose(found.mean, np.mean(halves, 0), rtol=1e-4)
    order = np.random.default_rng(0).permutation(11)
    np.testing.assert_array_equal(baseline.by_brightness(arrays, lab[order, ..., 0]), lab[order, ..., 1:])
    assert max(most) == 4
