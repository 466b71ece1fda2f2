"""classify as a user meets it: files to a trained run, its answers, its scores, its report; against plain counts."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import guina
from guina import api, commands, metrics
from guina.answering.answer import Answer
from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.data.preprocess import Preprocess
from guina.errors import GuinaError
from guina.jobs.classify.answering import ClassifyAnswering, ClassifyFitted
from guina.jobs.classify.learning import Classify, ClassifySettings
from guina.jobs.classify.scores import ClassifyJudge
from guina.runtime import evaluating

SETTINGS = {"size": "tiny", "batch": 32}


def stripes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy stripes of any phase and brightness, 16×16 grey: lying, standing and slanting, so that no pixel tells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:16, :16]
    target = np.arange(n) % 3
    along = np.stack([y, x, (x + y) / 1.4])[target]
    wave = np.sin(along * 1.6 + rng.uniform(0, 6.3, (n, 1, 1))) * rng.uniform(40, 90, (n, 1, 1)) + 128
    noisy = wave + rng.normal(0, 10, wave.shape)
    return noisy.clip(0, 255).astype(np.uint8), target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of PNG files, with a test split."""
    root = tmp_path_factory.mktemp("stripes")
    for split, n, seed in (("train", 300, 0), ("test", 90, 1)):
        for i, (picture, k) in enumerate(zip(*stripes(n, seed), strict=True)):
            place = root / split / ("lying", "standing", "slanting")[k]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(place / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    out = tmp_path_factory.mktemp("runs") / "stripes"
    return guina.train("classify", folder, steps=40, out=out, settings=SETTINGS, quiet=True)


def test_nothing_to_answer_is_said(run: guina.Run):
    with pytest.raises(GuinaError, match="no inputs"):
        commands.predict([str(run.path)])


def test_it_learns_what_a_linear_model_cannot(run: guina.Run):
    result = run.score()
    assert (result["split"], result["examples"]) == ("test", 90)
    assert result["score"]["accuracy"] > 0.95
    assert list(result["baselines"]) == ["majority", "linear"]
    assert result["baseline"] == result["baselines"]["majority"]
    assert result["baseline"]["accuracy"] == pytest.approx(1 / 3)
    assert result["baselines"]["linear"]["accuracy"] < 0.8
    assert set(result["score"]) == {"accuracy", "balanced_accuracy", "calibration_error", "nats"}


def test_scores_are_those_of_its_answers(run: guina.Run, folder: Path):
    files = sorted((folder / "test").rglob("*.png"))
    answers = run.predict(*files)
    right = [answer["answer"] == path.parent.name for answer, path in zip(answers, files, strict=True)]
    nats = [-np.log(answer["top"][path.parent.name]) for answer, path in zip(answers, files, strict=True)]
    score = run.score()["score"]
    assert score["accuracy"] == pytest.approx(np.mean(right))
    assert score["nats"] == pytest.approx(np.mean(nats), rel=1e-5)


def test_paths_pictures_and_arrays_get_the_same_answer(run: guina.Run, folder: Path):
    path = next((folder / "test" / "slanting").iterdir())
    with Image.open(path) as image:
        by_path, by_picture, by_array = run.predict(path, image, np.asarray(image))
    assert by_path["input"] == str(path)
    assert by_picture["input"] == "picture 2"
    for other in (by_picture, by_array):
        assert other["answer"] == by_path["answer"]
        # rows of one batch may go through different kernels: on some machines they differ in the last bits
        assert other["top"] == pytest.approx(by_path["top"], abs=1e-6)
    assert sum(by_path["top"].values()) == pytest.approx(1)
    assert list(by_path["top"].values()) == sorted(by_path["top"].values(), reverse=True)
    assert by_path["confidence"] == by_path["top"][by_path["answer"]]


def test_a_bad_file_gets_an_error_and_the_others_their_answers(run: guina.Run, folder: Path, tmp_path: Path):
    good = next((folder / "test" / "lying").iterdir())
    (tmp_path / "page.jpg").write_text("<!doctype html>")
    bad, fine, missing = run.predict(tmp_path / "page.jpg", good, tmp_path / "gone.png")
    assert bad == Answer(str(tmp_path / "page.jpg"), error="HTML, no picture that guina reads")
    assert missing.error == "not there"
    assert fine["answer"] == "lying"
    assert list(run.stream([tmp_path])) == [bad]


def test_answers_stream_over_more_pictures_than_one_pass_takes(run: guina.Run):
    pictures, target = stripes(600, seed=5)
    answers = run.stream(pictures)
    assert next(answers)["answer"] == "lying"
    names = np.array(["lying", "standing", "slanting"])
    assert np.mean([a["answer"] == t for a, t in zip(answers, names[target[1:]], strict=True)]) > 0.95


def test_a_new_process_gives_the_same_answers_to_the_bit(run: guina.Run, folder: Path):
    files = [str(path) for path in sorted((folder / "test" / "lying").iterdir())[:5]]
    command = [sys.executable, "-m", "guina", "predict", str(run.path), *files, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["answers"] == [answer.words() for answer in run.predict(*files)]


def test_a_resumed_run_that_is_done_gives_its_answer(run: guina.Run, folder: Path):
    again = guina.train("classify", folder, steps=40, out=run.path, settings=SETTINGS, resume=True, quiet=True)
    assert again.outcome == run.outcome


def test_the_temperature_is_fitted_on_the_validation_split(run: guina.Run):
    judge, half = run.judge, run.answering
    assert isinstance(judge, ClassifyJudge)
    assert isinstance(half, ClassifyAnswering)
    val = judge.job.arrays(judge.job.read(run.folder.info["source"], ("train", "val")).only("val"))
    with evaluating(*run.nets.values()):
        logs_NK = judge.answer_all(run.nets, val, half.settings.views)
        assert np.array_equal(half.calibrated(logs_NK), metrics.softmax(logs_NK / half.fitted.temperature))
    assert half.fitted.temperature == metrics.fit_temperature(logs_NK, val.all("target"))
    assert half.fitted.temperature < 1  # with smoothed labels a network is less sure than it is right


def test_the_report_shows_scores_mistakes_and_filters(run: guina.Run, tmp_path: Path):
    page = run.look(tmp_path / "report.html").read_text()
    for said in ("The worst mistakes", "What is taken for what", "Class by class", "Can its confidence be believed?"):
        assert said in page
    assert "standing" in page
    assert not re.findall(r"""(?:src|href)=["']?https?://""", page)  # nothing is fetched
    assert run._repr_html_().startswith("<")


def test_what_the_api_says_of_wrong_uses(run: guina.Run, folder: Path):
    with pytest.raises(GuinaError, match="no setting sise") as error:
        guina.train("classify", folder, steps=1, settings={"sise": "tiny"})
    assert "size" in str(error.value)
    with pytest.raises(GuinaError, match="there is no split tset"):
        run.score(split="tset")
    with pytest.raises(GuinaError, match="is no run"):
        guina.load(folder)
    with pytest.raises(GuinaError, match="already there"):
        guina.train("classify", folder, steps=1, out=run.path, quiet=True)


def test_other_data_is_scored_too_and_unknown_classes_are_named(run: guina.Run, tmp_path: Path):
    for k, name in enumerate(("lying", "standing", "slanting", "dots")):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.fromarray(stripes(3, seed=i)[0][min(k, 2)]).save(tmp_path / name / f"{i}.png")
    with pytest.raises(GuinaError, match="pictures of dots, which the training split does not have"):
        run.score(tmp_path)
    for path in (tmp_path / "dots").iterdir():
        path.unlink()
    (tmp_path / "dots").rmdir()
    assert run.score(tmp_path)["examples"] == 9


def test_summary_and_check_train_nothing(folder: Path):
    table = api.summarize("classify", folder, SETTINGS)
    assert re.search(r"body\.conv1 .*16", table)
    splits = api.check("classify", folder)["splits"]
    assert splits["train"] + splits["val"] == 300
    assert 15 < splits["val"] < 50
    assert splits["test"] == 90


def test_check_counts_shows_and_says_what_a_training_would_do(folder: Path, tmp_path: Path):
    page = tmp_path / "check.html"
    found = api.check("classify", folder, out=page)
    counts = {
        name: {split: len(list((folder / split / name).iterdir())) for split in ("train", "test")}
        for name in ("lying", "standing", "slanting")
    }
    for name, by_split in found["classes"].items():
        assert by_split["train"] + by_split["val"] == counts[name]["train"]
        assert by_split["test"] == counts[name]["test"]
    assert found["sizes"] == {"16×16": 390}
    assert found["channels"] == {"1": 390}
    assert "16×16 grey" in " ".join(found["plan"])
    html = page.read_text()
    assert html.count('class="squares"') == 24  # eight of each class
    assert "Contact sheet" in html


def test_unequal_classes_are_said_and_can_count_the_same(tmp_path: Path):
    for name, n in (("many", 120), ("few", 8)):
        (tmp_path / name).mkdir()
        for i in range(n):
            Image.fromarray(np.random.default_rng((n, i)).integers(0, 256, (9, 9), np.uint8)).save(
                tmp_path / name / f"{i}.png"
            )
    (problem,) = (p for p in api.check("classify", tmp_path)["problems"] if "accuracy says little" in p)
    assert "many has" in problem
    assert "consider --balance" in problem


def test_balance_adds_the_log_prior_to_the_logits():
    """With equal logits the loss of a class is then −log of its share of the training split."""
    job = fitted(counts=(90, 10), balance=True, smoothing=0.0)

    class Same(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(x), 2)

    for k, share in enumerate((0.9, 0.1)):
        batch = {"x": torch.zeros(1, 1, 28, 28), "target": torch.tensor([k])}
        terms, _ = job.loss({"net": Same()}, batch, {}, 0, torch.Generator())
        assert terms["loss"].item() == pytest.approx(-np.log(share), rel=1e-5)


@pytest.mark.parametrize("mode", ["center", "minmax", "pca", "whiten"])
def test_a_run_with_another_input_layer_answers_after_reload(mode: str, tmp_path: Path):
    settings = {**SETTINGS, "preprocess": mode}
    guina.train("classify", "digits", steps=120, out=tmp_path / "run", settings=settings, quiet=True)
    assert guina.load(tmp_path / "run").score()["score"]["accuracy"] > 0.8


# --- the recipe's rules ---


def fitted(counts: tuple[int, int] = (500, 500), shape: tuple[int, int, int] = (28, 28, 1), **settings: object):
    prepare = Preprocess("standardize", torch.full((shape[2],), 128.0), torch.full((shape[2],), 1 / 64))
    facts = ClassifyFitted(("a", "b"), counts, shape, preprocess=prepare)
    return Classify(replace(ClassifySettings(), **settings)).fitted_to(facts)


def of_examples(n: int, **settings: object) -> Classify:
    return fitted((n - n // 2, n // 2), **settings)


def chosen(job: Classify, epochs: float) -> str:
    return [size for size in job.sizes if size == "tiny" or job.suits(size, epochs)][-1]


def test_few_pictures_get_a_small_network_however_long_it_takes():
    assert chosen(of_examples(1000), epochs=1e6) == "small"
    assert chosen(of_examples(60_000), epochs=8) == "huge"
    assert chosen(of_examples(60_000), epochs=7.9) == "tiny"
    assert chosen(of_examples(10_000), epochs=12) == "tiny"  # counted as 20,000


@pytest.mark.parametrize(("examples", "batch"), [(20, 64), (720, 72), (60_000, 250)])
def test_the_batch_suits_the_data(examples: int, batch: int):
    assert of_examples(examples).batch_size == batch
    assert of_examples(examples, batch=7).batch_size == 7


@pytest.mark.parametrize(
    ("epochs", "asked", "given"),
    [(3, "auto", "light"), (12, "auto", "medium"), (90, "auto", "strong"), (90, "none", "none")],
)
def test_the_more_often_a_picture_is_seen_the_more_it_is_changed(epochs: float, asked: str, given: str):
    job = fitted(augment=asked)
    assert job.planned(epochs).augmentation == given
    assert job.augmentation == ("light" if asked == "auto" else asked), "without a plan, and as it was"


@pytest.mark.parametrize("augment", ["none", "light", "medium", "strong"])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 48, 3), (8, 8, 4)], ids=str)
def test_batches_are_normalised_pictures_and_the_same_for_the_same_seed(augment: str, shape: tuple[int, int, int]):
    job = fitted(shape=shape, augment=augment)
    pixels = np.random.default_rng(0).integers(0, 256, (10, *shape), np.uint8)
    arrays = Arrays({"pixels": pixels, "target": np.arange(10) % 2}, np.arange(10), [str(i) for i in range(10)])
    draw = Draw(np.array([3, 1, 4]), np.zeros(3, np.int64))
    one, two = (job.batch(arrays, draw, torch.Generator().manual_seed(1)) for _ in range(2))
    assert one["target"].tolist() == [1, 1, 0]
    assert one["x"].shape == (3, shape[2], *shape[:2])
    assert one["x"].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(one["x"], two["x"])
    plain = (torch.from_numpy(pixels[[3, 1, 4]]).float().permute(0, 3, 1, 2) - 128) / 64
    assert torch.equal(one["x"], plain) == (augment == "none")
