"""The job colorize as it learns: what is left out, its scores, without a critic, broken off and resumed."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import guina
from guina.engine import features
from guina.errors import GuinaError
from guina.jobs.colorize import scores
from guina.jobs.colorize.answering import ColorizeAnswering
from guina.jobs.colorize.scores import VIVID, ColorizeJudge
from guina.runfolder import RunFolder
from guina.runtime import evaluating
from small_runs import broken_off, trained
from some_photos import grey_of, made_by, photos, rgb_of, texture, without_colours

STEPS, AT = 40, {"pixels": 11, "critic": 23, "game": 31}  # a step in each phase


@pytest.fixture(scope="module", autouse=True)
def _hurry():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "STEPS", 3)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 pictures in colour, and 9 without."""
    place = photos(tmp_path_factory.mktemp("colorize") / "photos")
    without_colours(place)
    return place


@pytest.fixture(scope="module")
def run(folder: Path) -> guina.Run:
    return trained("colorize", folder, folder.parent / "run", STEPS, size="tiny")


def test_pictures_without_colours_are_left_out_and_counted(folder: Path, run: guina.Run) -> None:
    said = "9 of 33 pictures have no colours of their own (grey, or one tint as in sepia): left out"
    data = run.folder.info["data"]
    assert (data["found"], data["used"], data["train"] + data["val"]) == (33, 24, 24)
    assert said in data["problems"]
    found = guina.check("colorize", folder, out=folder.parent / "page.html")
    assert said in found["problems"]
    assert (found["found"], found["used"], found["splits"]["train"] + found["splits"]["val"]) == (33, 24, 24)
    assert not any("learned from in colour" in line for line in found["problems"])
    page = (folder.parent / "page.html").read_text()
    assert "Contact sheet" in page
    assert "green to red" in page


def test_scores_are_finite_and_stand_beside_the_baselines(run: guina.Run, tmp_path: Path) -> None:
    found = run.score()
    assert list(found["baselines"]) == ["grey", "mean colour", "as bright"]
    assert set(found["score"]) == {"fd", "psnr", "colorfulness", "fd_multiplied"}
    for each in (found["score"], *found["baselines"].values()):
        assert all(np.isfinite(value) for value in each.values())
    assert found["baselines"]["grey"]["colorfulness"] == 0
    assert 0.3 < found["baselines"]["as bright"]["colorfulness"] < 3
    rows = RunFolder(run.path).metrics()
    assert all(np.isfinite(value) for row in rows for value in row.values())
    assert rows[-1]["train/generator/pixels"] < rows[1]["train/pixels"]
    (tmp_path / "grey").mkdir()
    without_colours(tmp_path / "grey")
    with pytest.raises(GuinaError, match="0 of 9 test pictures have colours"):
        run.score(tmp_path / "grey")


def test_scores_are_those_of_what_is_predicted(run: guina.Run) -> None:
    job = run.judge.job
    arrays = job.arrays(job.read(run.folder.info["source"], ("train", "val")).only("val"))
    with evaluating(*run.nets.values()):
        score = run.judge.score(run.nets, arrays)
    psnr = []
    for pixels in job.inputs(arrays):
        (answer,) = run.answering.answers([pixels])
        square = np.square(rgb_of(made_by(answer)).astype(float) - pixels).mean()
        psnr.append(10 * np.log10(255**2 / square))
    assert score["psnr"] == pytest.approx(np.mean(psnr), abs=0.02)


def test_the_contrast_that_is_chosen_is_worth_more_than_those_beside_it(run: guina.Run) -> None:
    judge = run.judge
    assert isinstance(judge, ColorizeJudge)
    arrays = judge.job.arrays(judge.job.read(run.folder.info["source"], ("train", "val")).only("val"))
    with evaluating(*run.nets.values()):
        chosen = judge.conclude(run.nets, arrays)
        best = round(chosen.contrast * 10)
        worth = {}
        for tenths in {10, best - 1, best, best + 1} - {9}:
            tried = chosen.at(chosen.temperature, tenths / 10)
            found = type(judge)(judge.job.fitted_to(tried), judge.features).score(run.nets, arrays)
            colours = VIVID * abs(np.log(found["colorfulness"]))
            worth[tenths] = 0.3 * found["psnr"] - np.log(found["fd"]) - colours
    assert best >= 10
    assert worth[best] == max(worth.values())
    assert chosen == run.judge.job.fitted, "it is what answers"


@pytest.mark.parametrize(("peak", "found"), [(8, 10), (10.4, 10), (11, 11), (15.2, 15), (16.1, 16), (30, 25)])
def test_contrast_grows_until_more_is_worth_less(
    run: guina.Run, monkeypatch: pytest.MonkeyPatch, peak: float, found: int
) -> None:
    """Whatever is worth most, it is found among tenths, by few looks."""
    judge, looks = run.judge, list[float]()
    assert isinstance(judge, ColorizeJudge)

    def painted_by(half: ColorizeAnswering, pixels_NHWC: np.ndarray) -> np.ndarray:
        looks.append(half.fitted.contrast * 10)
        return pixels_NHWC

    def compared(judge: ColorizeJudge, *given: object) -> dict[str, float]:
        return {"psnr": -((looks[-1] - peak) ** 2), "fd": 1.0, "colorfulness": 1.0}

    monkeypatch.setattr(scores, "coloured", painted_by)
    monkeypatch.setattr(ColorizeJudge, "compared", compared)
    arrays = judge.job.arrays(judge.job.read(run.folder.info["source"], ("train", "val")).only("val"))
    assert judge.conclude(run.nets, arrays).contrast == found / 10
    assert len(looks) == len(set(looks)) <= 11, "none is looked at twice"


def test_without_a_critic_there_is_none_and_it_colours(folder: Path, tmp_path: Path) -> None:
    run = trained("colorize", folder, tmp_path / "run", 6, size="tiny", adversarial="off")
    assert list(run.nets) == ["generator"]
    assert run.nets["generator"].shape.outputs == 2
    assert not any(name.startswith("nets/critic") for name in load_file(run.path / "judge" / "judge.safetensors"))
    (answer,) = run.predict(texture(30, 20))
    assert rgb_of(made_by(answer)).shape == (30, 20, 3)
    assert "What it colours" in run.look(tmp_path / "page.html").read_text()


def test_a_run_that_dies_in_any_phase_ends_like_an_unbroken_one(folder: Path, run: guina.Run, tmp_path: Path) -> None:
    for phase, at in AT.items():
        out = tmp_path / phase
        turns = broken_off("colorize", folder, out, STEPS, at, size="tiny")
        assert ("critic" in turns, "generator" in turns) == (phase != "pixels", phase == "game")
        again = trained("colorize", folder, out, STEPS, resume=True, size="tiny")
        for part in ("model/model.safetensors", "judge/judge.safetensors"):
            assert (out / part).read_bytes() == (run.path / part).read_bytes(), phase
        assert again.outcome["score"] == run.outcome["score"]
        rows, expected = (
            [{k: v for k, v in row.items() if k != "t"} for row in RunFolder(p).metrics()] for p in (out, run.path)
        )
        assert rows == expected


def test_a_report_shows_what_it_colours(run: guina.Run, tmp_path: Path) -> None:
    page = run.look(tmp_path / "page.html").read_text()
    titles = ("What it colours", "Best and worst", "Where it is unsure", "What a hint changes", "over the training")
    assert [title for title in titles if title not in page] == []


def test_hints_change_colours_near_them(run: guina.Run) -> None:
    half, picture = run.answering, grey_of(texture(40, 60, 1))
    plain, hinted = (
        rgb_of(made_by(next(half.answers([picture], half.Options(hint=hint))))).astype(int)
        for hint in ("", "10,20,#c82828; 12,20,#c82828")
    )
    changed = np.abs(plain - hinted).sum(2)
    assert changed[15:26, 5:16].mean() > 0
    assert changed[15:26, 5:16].mean() > 2 * changed[:, 45:].mean()


def test_a_game_that_makes_nothing_better_does_not_ship(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only validations before the game are ever better: what they found best is what answers in the end."""
    seen: list[int] = []

    def better(judge: ColorizeJudge, new: dict[str, float], old: dict[str, float]) -> bool:
        seen.append(1)
        return len(seen) <= 3

    monkeypatch.setattr(ColorizeJudge, "better", better)
    done = trained("colorize", folder, tmp_path / "run", STEPS, size="tiny")
    events = [json.loads(line) for line in (done.path / "events.jsonl").read_text("utf-8").splitlines()]
    best = [event["step"] for event in events if event["event"] == "best"]
    assert best[-1] < AT["pixels"], "before the game"
    assert len(seen) > 10, "and it was asked again and again"
    kept = load_file(done.path / "checkpoints" / f"step-{best[-1]}" / "state.safetensors")
    shipped = load_file(done.path / "model" / "model.safetensors")
    ours = {name.split("/", 2)[-1]: tensor for name, tensor in kept.items() if name.startswith("nets/generator/")}
    theirs = {name.split("generator/")[-1]: tensor for name, tensor in shipped.items() if "generator/" in name}
    assert theirs
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
