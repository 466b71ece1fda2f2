"""The job inpaint as it learns: its scores, each kind of hole, grey pictures, broken off and resumed."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import guina
from guina.engine import features
from guina.errors import GuinaError
from guina.jobs.inpaint.answering import DETAIL, InpaintAnswering, fine
from guina.jobs.inpaint.harmonic import harmonic_fill
from guina.jobs.inpaint.learning import Inpaint
from guina.jobs.inpaint.panels import Filled, side_by_side
from guina.jobs.inpaint.scores import InpaintJudge
from guina.jobs.inpaint.settings import InpaintSettings
from guina.runfolder import RunFolder
from guina.runtime import evaluating
from small_runs import broken_off, trained
from some_photos import grey_of, made_by, opened, photos, pixels_of, texture

STEPS, AT = 40, {"pixels": 11, "critic": 23, "game": 31}  # a step in each phase
KINDS = ("thin", "medium", "thick", "centre")


@pytest.fixture(scope="module", autouse=True)
def _hurry():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos(tmp_path_factory.mktemp("inpaint") / "photos")


@pytest.fixture(scope="module")
def run(folder: Path) -> guina.Run:
    return trained("inpaint", folder, folder.parent / "run", STEPS, size="tiny")


def in_boxes(size: tuple[int, int], text: str) -> np.ndarray:
    hole_HW = np.zeros(size, bool)
    for box in text.split(";"):
        left, top, width, height = map(int, box.split(","))
        hole_HW[top : top + height, left : left + width] = True
    return hole_HW


def test_every_score_of_every_kind_of_hole_is_finite(run: guina.Run) -> None:
    found = run.score()
    expected = {"psnr", "l1", "fd", *(f"psnr_{kind}" for kind in KINDS)}
    assert list(found["baselines"]) == ["mean", "harmonic"]
    for scores in (found["score"], *found["baselines"].values()):
        assert set(scores) == expected
        assert all(np.isfinite(value) for value in scores.values())
    rows = RunFolder(run.path).metrics()
    assert all(np.isfinite(value) for row in rows for value in row.values())


def test_scores_are_those_of_plain_loops(run: guina.Run) -> None:
    judge = run.judge
    assert isinstance(judge, InpaintJudge)
    arrays = judge.job.arrays(judge.job.read(run.folder.info["source"], ("train", "val")).only("val"))
    true = arrays.all("pixels")
    holes, kinds = judge.holes(len(true))
    with evaluating(*run.nets.values()):
        scores = judge.score(run.nets, arrays)
    psnr, l1 = [], []
    for one, hole in zip(true, holes, strict=True):
        alpha = np.where(hole, 0, 255).astype(np.uint8)
        (answer,) = run.answering.answers([np.dstack([one, alpha])])
        made = pixels_of(made_by(answer))
        np.testing.assert_array_equal(made[~hole], one[~hole])
        off = [int(a) - int(b) for a, b in zip(made[hole].ravel(), one[hole].ravel(), strict=True)]
        psnr.append(10 * np.log10(255**2 / np.mean([n * n for n in off])))
        l1.append(np.mean([abs(n) / 255 for n in off]))
    assert scores["psnr"] == pytest.approx(np.mean(psnr), abs=0.02)
    assert scores["l1"] == pytest.approx(np.mean(l1), abs=1e-4)
    for kind in set(kinds):
        mine = [value for value, its in zip(psnr, kinds, strict=True) if its == kind]
        assert scores[f"psnr_{kind}"] == pytest.approx(np.mean(mine), abs=0.02)
    baselines = judge.baselines(arrays, arrays, thorough=True)
    smooth = harmonic_fill(true.astype(np.float32) / 255, holes)
    off = [((true[n] / 255 - smooth[n])[holes[n]] ** 2).mean() for n in range(len(true))]
    assert baselines["harmonic"]["psnr"] == pytest.approx(np.mean(-10 * np.log10(off)), abs=0.05)
    even = [np.square(true[n][holes[n]] - true[n][~holes[n]].mean(0)).mean() / 255**2 for n in range(len(true))]
    assert baselines["mean"]["psnr"] == pytest.approx(np.mean(-10 * np.log10(even)), abs=0.05)


def test_better_is_nearer_in_features_where_pixels_are_as_near() -> None:
    judge = InpaintJudge(SimpleNamespace(), SimpleNamespace())
    base = {"psnr": 20.0, "fd": 10.0}
    assert judge.better(base | {"fd": 9.0}, base)
    assert judge.better(base | {"psnr": 21.0}, base)
    assert not judge.better(base | {"fd": 9.5, "psnr": 17.0}, base)
    assert not judge.better(base, base)


def test_a_run_that_dies_in_any_phase_ends_like_an_unbroken_one(folder: Path, run: guina.Run, tmp_path: Path) -> None:
    for phase, at in AT.items():
        out = tmp_path / phase
        turns = broken_off("inpaint", folder, out, STEPS, at, size="tiny")
        assert ("critic" in turns, "refiner" in turns) == (phase != "pixels", phase == "game")
        again = trained("inpaint", folder, out, STEPS, resume=True, size="tiny")
        for part in ("model/model.safetensors", "judge/judge.safetensors"):
            assert (out / part).read_bytes() == (run.path / part).read_bytes(), phase
        assert again.outcome["score"] == run.outcome["score"]


def box_mean(x_HW: np.ndarray, around: int) -> np.ndarray:
    """Of each pixel the mean of the square about it, with zeros outside of the picture."""
    wide = np.pad(x_HW, around)
    side = 2 * around + 1
    return np.array([[wide[y : y + side, x : x + side].mean() for x in range(x_HW.shape[1])] for y in range(len(x_HW))])


@pytest.mark.parametrize(("side", "around"), [(16, 1), (32, 1), (40, 1), (64, 2), (96, 3)])
def test_fine_detail_is_what_two_local_means_leave(side: int, around: int) -> None:
    x = torch.randn(1, 2, 9, 12, generator=torch.Generator().manual_seed(side))
    for channel in (0, 1):
        plain = x[0, channel].double().numpy()
        expected = plain - box_mean(box_mean(plain, around), around)
        np.testing.assert_allclose(fine(x, side)[0, channel].numpy(), expected, atol=1e-5)


def test_the_refiner_adds_its_fine_detail_to_the_mean_fill(run: guina.Run) -> None:
    half = run.answering
    assert isinstance(half, InpaintAnswering)
    x_BCHW = torch.rand(2, 3, 18, 18, generator=torch.Generator().manual_seed(0)) * 2 - 1
    hole_BHW = torch.zeros(2, 18, 18, dtype=torch.bool)
    hole_BHW[0, 4:12, 5:14], hole_BHW[1, 10:, :3] = True, True
    other_BCHW = torch.where(hole_BHW[:, None], torch.zeros(()), x_BCHW)  # what the holes hold is not looked at
    with evaluating(*half.nets.values()):
        mean_BCHW, made_BCHW, again_BCHW = (
            half.means(x_BCHW, hole_BHW),
            half.fills(x_BCHW, hole_BHW),
            half.fills(other_BCHW, hole_BHW),
        )
        given = torch.cat([mean_BCHW, hole_BHW[:, None] * 2.0 - 1], 1)
        added_BCHW = half.nets["refiner"](given) * hole_BHW[:, None]
    expected = torch.where(hole_BHW[:, None], mean_BCHW + DETAIL * fine(added_BCHW, 18), x_BCHW)
    torch.testing.assert_close(made_BCHW, expected)
    assert torch.equal(torch.where(hole_BHW[:, None], made_BCHW, x_BCHW), made_BCHW), "what is known stays"
    assert torch.equal(torch.where(hole_BHW[:, None], again_BCHW, x_BCHW), made_BCHW)


def test_the_generator_rests_while_the_refiner_plays(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    broken_off("inpaint", folder, out, STEPS, AT["game"], size="tiny")
    saved = max((out / "checkpoints").glob("step-*"), key=lambda place: int(place.name.split("-")[1]))
    assert int(saved.name.split("-")[1]) > 0.58 * STEPS, "it is of the game"
    before = load_file(saved / "state.safetensors")
    after = load_file(trained("inpaint", folder, out, STEPS, resume=True, size="tiny").path / "model/model.safetensors")
    for net, same in (("generator", True), ("refiner", False)):
        weights = [name for name in after if name.startswith(f"nets/{net}/") and name.endswith("weight")]
        assert weights
        assert all(torch.equal(after[name], before[name]) for name in weights) == same, net


@pytest.mark.parametrize("holes", KINDS)
def test_one_kind_of_hole_alone_and_no_critic(folder: Path, tmp_path: Path, holes: str) -> None:
    run = trained("inpaint", folder, tmp_path / "run", 3, size="tiny", holes=holes, adversarial="off")
    assert list(run.nets) == ["generator"]
    assert not any(name.startswith("nets/critic") for name in load_file(run.path / "judge" / "judge.safetensors"))
    assert set(run.outcome["score"]) == {"psnr", "l1", "fd"}
    assert run.judge.holes(3)[1] == [holes] * 3


def test_grey_pictures_are_learned_in_grey_and_fill_colour_ones_too(tmp_path: Path) -> None:
    (tmp_path / "grey").mkdir()
    for n in range(16):
        Image.fromarray(grey_of(texture(18, 18, n))).save(tmp_path / "grey" / f"{n}.png")
    run = trained("inpaint", tmp_path / "grey", tmp_path / "run", 3, size="tiny")
    assert run.folder.info["fitted"]["shape"] == [18, 18, 1]
    for picture in (grey_of(texture(40, 30)), texture(40, 30)):
        (answer,) = run.predict(picture, options={"box": "5,6,7,8"})
        made, hole = opened(made_by(answer)), in_boxes((40, 30), "5,6,7,8")
        assert made.mode == ("L" if picture.ndim == 2 else "RGB")
        np.testing.assert_array_equal(np.asarray(made)[~hole], picture[~hole])


def test_check_and_the_report_show_holes(folder: Path, run: guina.Run, tmp_path: Path) -> None:
    found = guina.check("inpaint", folder, out=tmp_path / "page.html")
    assert any("learn to fill holes (thin, medium, thick, centre)" in line for line in found["lines"])
    page = run.look(tmp_path / "report.html").read_text()
    titles = ("What it fills", "Beside the harmonic fill", "Errors by distance from the edge", "over the training")
    assert [title for title in titles if title not in page] == []


def test_the_mean_stands_beside_the_answer_where_they_differ() -> None:
    true, hole = texture(18, 18), in_boxes((18, 18), "5,5,6,6")
    blurred, sharp = np.full_like(true, 100), np.full_like(true, 120)
    for made, names in ((sharp, ["the mean", "filled"]), (blurred, ["filled"])):
        strips = side_by_side([Filled("a.png", true, hole, blurred, blurred, made, "centre")])
        assert [strip.name for strip in strips.strips] == ["with a hole", "harmonic", *names, "the truth"]
        assert ("blurred" in strips.says) == ("the mean" in names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"holes": "thicc"}, "did you mean thick"),
        ({"adversarial": "maybe"}, "on, off"),
        ({"size": "big"}, "tiny, small"),
    ],
)
def test_settings_that_there_are_not(settings, message) -> None:
    with pytest.raises(GuinaError, match=message):
        Inpaint(InpaintSettings(**settings))


@pytest.mark.parametrize("count", [2, 3])
def test_too_few_pictures_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(GuinaError, match=r"to learn from and \d to judge by[\s\S]*four in all"):
        guina.train("inpaint", photos(tmp_path / "p", count), steps=1, out=tmp_path / "run", quiet=True)
