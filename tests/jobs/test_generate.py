"""The job generate on digits as a user meets it: a whole run, its answers, its files, its report."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import guina
from guina import commands
from guina.answering.answer import Answer
from guina.answering.model import load_answering, read_model
from guina.answering.render import as_json
from guina.errors import GuinaError
from guina.fidelity import frechet_distance
from guina.jobs import answering
from guina.jobs.generate.answering import GenerateAnswering
from guina.jobs.generate.learning import Generate
from guina.jobs.generate.scores import GenerateJudge
from guina.jobs.generate.settings import GenerateOptions, GenerateSettings
from guina.runfolder import RunFolder
from guina.runtime import evaluating
from small_runs import trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """Digits, 120 steps."""
    out = tmp_path_factory.mktemp("generate") / "digits"
    return trained("generate", "digits", out, 120, size="tiny")


def pixels(answer: Answer) -> np.ndarray:
    """The picture that an answer hands over, H×W×C."""
    (attachment,) = (a for a in answer.attachments if a.kind == "picture")
    return attachment.data


def judge_of(run: guina.Run) -> GenerateJudge:
    assert isinstance(run.judge, GenerateJudge)
    return run.judge


def half_of(run: guina.Run) -> GenerateAnswering:
    assert isinstance(run.answering, GenerateAnswering)
    return run.answering


def test_it_learns(run: guina.Run) -> None:
    rows = RunFolder(run.path).metrics()
    assert rows[-1]["val/fd"] < 0.4 * rows[0]["val/fd"]
    assert run.outcome["score"]["diversity"] > 0.3


def test_scores_stand_beside_the_simplest_generators_and_the_training_pictures(run: guina.Run) -> None:
    found = run.score()
    assert found["split"] == "test"
    simplest, real = found["baselines"]["Gaussian"], found["baselines"]["training pictures"]
    assert list(found["baselines"]) == ["Gaussian", "training pictures"]
    assert found["baseline"] == simplest
    for name in ("fd", "kid", "density", "coverage"):
        assert name in found["score"]
        assert name in simplest
        assert name in real
    assert real["fd"] < simplest["fd"]
    assert found["score"]["novelty"] > 0.7


def test_fd_is_that_of_the_house_features_of_what_is_predicted(run: guina.Run) -> None:
    judge = judge_of(run)
    job = judge.job
    assert isinstance(job, Generate)
    records = job.read("digits", ("train", "test"))
    judged = job.arrays(records.only("test"))
    with evaluating(*run.nets.values()):
        made = half_of(run).sample(5000)
        score = judge.score(run.nets, judged)
    by_hand = frechet_distance(judge.features(judged.all("pixels")), judge.features(made))
    assert score["fd"] == pytest.approx(by_hand, rel=1e-6)


def test_a_seed_is_a_picture(run: guina.Run) -> None:
    one, two = run.predict(7, 8)
    (again,) = run.predict("7")
    assert one == again
    assert as_json(one) == as_json(again)
    assert as_json(one)["sha256"] != as_json(two)["sha256"]
    assert pixels(one).shape == (8, 8, 1)
    assert one["class"] in half_of(run).fitted.classes


def test_pictures_of_a_class(run: guina.Run) -> None:
    answers = run.predict(options={"n": 5, "seed": 3, "of": "4"})
    assert [a["input"] for a in answers] == [3, 4, 5, 6, 7]
    assert {a["class"] for a in answers} == {"4"}
    assert [a.attachments[0].name for a in answers] == ["3", "4", "5", "6", "7"]


def test_truncation_brings_pictures_nearer_together(run: guina.Run) -> None:
    def spread(truncation: float) -> float:
        answers = run.predict(*range(40), options={"of": "3", "truncation": truncation})
        return float(np.std([pixels(a).astype(float) for a in answers], axis=0).mean())

    assert spread(0.0) == 0.0
    assert spread(0.4) < 0.9 * spread(1.0)


def test_a_walk_is_a_strip_and_an_animation(run: guina.Run, tmp_path: Path) -> None:
    (answer,) = run.predict(1, 2, options={"walk": 5, "of": "2"})
    files = as_json(answer, tmp_path)
    strip = np.asarray(Image.open(files["file"]))
    assert strip.shape == (8, 7 * 8)
    first, last = run.predict(1, 2, options={"of": "2"})
    for picture, part in ((first, strip[:, :8]), (last, strip[:, -8:])):
        assert np.abs(part.astype(int) - pixels(picture)[:, :, 0]).max() <= 1
    with Image.open(files["animation"]) as film:
        assert film.n_frames == 12


def predict(run: guina.Run, place: Path, *words: str) -> str:
    """What the command prints, in a folder."""
    command = [sys.executable, "-m", "guina", "predict", str(run.path), *words]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout


def test_the_command_writes_files_and_says_where(run: guina.Run, tmp_path: Path) -> None:
    deep = tmp_path / "deep" / "er"
    said = predict(run, tmp_path, "--n", "5", "--seed", "3", "--of", "4", "--out", str(deep))
    assert said == "".join(f"{n}: {deep / f'{n}.png'}  4\n" for n in (3, 4, 5, 6, 7))
    assert sorted(p.name for p in deep.glob("*.png")) == [f"{n}.png" for n in (3, 4, 5, 6, 7)]
    for answer in run.predict(options={"n": 5, "seed": 3, "of": "4"}):
        assert np.array_equal(np.asarray(Image.open(deep / f"{answer.input}.png")), pixels(answer)[:, :, 0])


def test_the_command_makes_one_picture_of_all(run: guina.Run, tmp_path: Path) -> None:
    said = predict(run, tmp_path, "--n", "4", "--grid")
    assert said == f"{Path('samples') / '0-3.png'}: 0 to 3, row by row\n"
    grid = np.asarray(Image.open(tmp_path / "samples" / "0-3.png"))
    assert grid.shape == (16, 16)
    for n, answer in enumerate(run.predict(*range(4))):
        y, x = 8 * (n // 2), 8 * (n % 2)
        assert np.array_equal(grid[y : y + 8, x : x + 8], pixels(answer)[:, :, 0])


def test_one_picture_of_all_is_not_for_json(run: guina.Run) -> None:
    with pytest.raises(GuinaError, match="--grid and --json"):
        commands.predict([str(run.path), "--n", "4", "--grid", "--json"])


def test_the_command_prints_json_with_pictures_as_text_or_as_files(run: guina.Run, tmp_path: Path) -> None:
    (answer,) = run.predict(5)
    (found,) = json.loads(predict(run, tmp_path, "5", "--json"))["answers"]
    assert found == as_json(answer)
    assert set(found) == {"input", "class", "sha256", "png"}
    assert not list(tmp_path.iterdir())
    (found,) = json.loads(predict(run, tmp_path, "5", "--json", "--out", "made"))["answers"]
    assert (found["file"], "png" in found) == (str(Path("made") / "5.png"), False)
    assert np.array_equal(np.asarray(Image.open(tmp_path / found["file"])), pixels(answer)[:, :, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "at least one"),
        ({"of": "eleven"}, "there is no class eleven"),
        ({"truncation": -1.0}, "from 0 to 2"),
        ({"walk": -1}, "0 or more"),
        ({"walk": 3, "n": 1}, "two seeds"),
    ],
)
def test_what_cannot_be_asked_for_is_said(run: guina.Run, options, message) -> None:
    with pytest.raises(GuinaError, match=message):
        run.predict(options=options)


def test_what_is_no_seed_is_said(run: guina.Run) -> None:
    with pytest.raises(GuinaError, match="no seed"):
        run.predict("cat.jpg")


def test_a_report_shows_what_it_makes(run: guina.Run, tmp_path: Path) -> None:
    page = run.look(tmp_path / "page.html").read_text()
    for title in (
        "What it makes",
        "Class by class",
        "What it may know by heart",
        "The same noise over the training",
        "A walk",
        "Directions that matter",
        "What the critic thinks",
    ):
        assert title in page
    assert "training pictures" in page


def test_a_model_names_no_code_and_holds_what_answers_alone(run: guina.Run) -> None:
    half = load_answering(run.path / "model", answering)
    assert type(half) is GenerateAnswering
    assert type(half.settings) is GenerateSettings
    assert half.Options() == GenerateOptions()
    assert set(half.nets) == {"generator"}
    facts, tensors = read_model(run.path / "model")
    assert {name.rsplit("/", 1)[0] for name in tensors if not name.startswith("nets/generator/")} == set()
    assert facts["job"] == "generate"
    assert set(run.nets) == {"critic", "generator"}
    assert run.nets["generator"] is half_of(run).generator
    assert list(half.answers([1, 2])) == run.predict(1, 2)


def test_what_judges_comes_back_as_it_was(run: guina.Run) -> None:
    judge = judge_of(run)
    saved = judge.saved()
    saved = type(saved)(json.loads(json.dumps(saved.facts)), saved.tensors)
    again = judge.job.judge_restored(saved)
    shown = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    assert np.array_equal(judge.features(shown), again.features(shown))
    assert np.array_equal(judge.known_NF, again.known_NF)
    assert judge.features.learned_by == again.features.learned_by == "classes"


def test_what_was_fitted_comes_back_as_it_was(run: guina.Run) -> None:
    half = half_of(run)
    saved = half.fitted.saved()
    again = half.Fitted.restored(type(saved)(json.loads(json.dumps(saved.facts)), saved.tensors))
    assert again == half.fitted
    other = GenerateAnswering(half.settings, again, half.nets)
    drawn, expected = other.drawn_classes(range(20)), half.drawn_classes(range(20))
    assert drawn is not None
    assert expected is not None
    assert drawn.tolist() == expected.tolist()
