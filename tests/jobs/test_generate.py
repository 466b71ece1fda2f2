"""The job generate on digits: a whole run, its answers, its monitor, and what a user can get wrong."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import guina
from guina.api import Silence, run_training
from guina.engine.budget import Limit
from guina.engine.features import learn_features, turned
from guina.engine.job import Fitted
from guina.engine.model import load_model
from guina.engine.session import Options
from guina.engine.signals import Stop
from guina.errors import GuinaError
from guina.fidelity import frechet_distance
from guina.jobs import find
from guina.jobs.generate.learning import Generate
from guina.jobs.generate.monitor import find_remedy
from guina.jobs.generate.scores import distances, novelty, simplest
from guina.jobs.generate.settings import GenerateAsk, GenerateSettings
from guina.runfolder import RunFolder
from guina.runtime import evaluating


def trained(out: Path, steps: int, data: str = "digits", **settings: object) -> guina.Run:
    """A run on one thread, so that its figures are those of every machine of this kind."""
    options = Options(Limit(steps=steps), threads=1, precision="float32")
    run_training(Generate, data, options, settings, out, Silence(), Stop())
    return guina.load(out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> guina.Run:
    """Digits, 120 steps."""
    out = tmp_path_factory.mktemp("generate") / "digits"
    return trained(out, 120, size="tiny")


def test_it_learns(run: guina.Run) -> None:
    rows = RunFolder(run.path).metrics()
    assert rows[-1]["val/fd"] < 0.4 * rows[0]["val/fd"]
    assert run.outcome["score"]["diversity"] > 0.3


def test_scores_stand_beside_the_simplest_generators_and_the_training_pictures(run: guina.Run) -> None:
    found = run.score()
    assert found["split"] == "test"
    for name in ("fd", "kid", "density", "coverage"):
        assert name in found["score"]
        assert name in found["baseline"]
        assert f"training pictures/{name}" in found["baseline"]
    assert found["baseline"]["training pictures/fd"] < found["baseline"]["fd"]
    assert found["score"]["novelty"] > 0.7


def test_fd_is_that_of_the_house_features_of_what_is_predicted(run: guina.Run) -> None:
    job = run.job
    assert isinstance(job, Generate)
    records = job.read("digits", ("train", "test"))
    judged = job.arrays(records.only("test"))
    with evaluating(*run.nets.values()):
        made = job.sample(run.nets, 5000)
        score = job.score(run.nets, judged)
    by_hand = frechet_distance(job.features(judged.all("pixels")), job.features(made))
    assert score["fd"] == pytest.approx(by_hand, rel=1e-6)


def test_a_seed_is_a_picture(run: guina.Run) -> None:
    one, two = run.predict(7, 8)
    (again,) = run.predict("7")
    assert one == again
    assert one["sha256"] != two["sha256"]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["png"]))))
    assert pixels.shape == (8, 8)
    assert one["class"] in run.job.classes


def test_pictures_of_a_class_and_files(run: guina.Run, tmp_path: Path) -> None:
    answers = run.predict(ask={"n": 5, "seed": 3, "of": "4", "out": str(tmp_path / "deep" / "er")})
    assert [a["input"] for a in answers] == [3, 4, 5, 6, 7]
    assert {a["class"] for a in answers} == {"4"}
    assert sorted(p.name for p in (tmp_path / "deep" / "er").iterdir()) == [f"{n}.png" for n in (3, 4, 5, 6, 7)]


def test_truncation_brings_pictures_nearer_together(run: guina.Run) -> None:
    def spread(truncation: float) -> float:
        answers = run.predict(*range(40), ask={"of": "3", "truncation": truncation})
        pixels = [np.asarray(Image.open(io.BytesIO(base64.b64decode(a["png"])))).astype(float) for a in answers]
        return float(np.std(pixels, axis=0).mean())

    assert spread(0.0) == 0.0
    assert spread(0.4) < 0.9 * spread(1.0)


def test_a_walk_is_a_strip_and_an_animation(run: guina.Run, tmp_path: Path) -> None:
    (answer,) = run.predict(1, 2, ask={"walk": 5, "out": str(tmp_path), "of": "2"})
    strip = np.asarray(Image.open(answer["file"]))
    assert strip.shape == (8, 7 * 8)
    first, last = run.predict(1, 2, ask={"of": "2"})
    for picture, part in ((first, strip[:, :8]), (last, strip[:, -8:])):
        expected = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["png"]))))
        assert np.abs(part.astype(int) - expected).max() <= 1
    with Image.open(answer["animation"]) as film:
        assert film.n_frames == 12


def test_the_command_writes_files_and_says_where(run: guina.Run, tmp_path: Path) -> None:
    base = [sys.executable, "-m", "guina", "predict", str(run.path)]
    said = subprocess.run(
        [*base, "--n", "4", "--grid"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "seeds 0 to 3" in said
    assert np.asarray(Image.open(tmp_path / "samples" / "0-3.png")).shape == (16, 16)
    found = json.loads(subprocess.run([*base, "5", "--json"], capture_output=True, text=True, check=True).stdout)
    assert found["answers"] == run.predict(5)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"n": 0}, "at least one"),
        ({"of": "eleven"}, "there is no class eleven"),
        ({"truncation": -1.0}, "from 0 to 2"),
        ({"walk": -1}, "0 or more"),
        ({"walk": 3, "n": 1}, "two seeds"),
    ],
)
def test_what_cannot_be_asked_for_is_said(run: guina.Run, ask, message) -> None:
    with pytest.raises(GuinaError, match=message):
        run.predict(ask=ask)


def test_what_is_no_seed_is_said(run: guina.Run) -> None:
    with pytest.raises(GuinaError, match="no seed"):
        run.predict("cat.jpg")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "hinges"}, "did you mean hinge"),
        ({"rate": -1.0}, "--rate"),
        ({"every": 0}, "--every"),
        ({"critic_rate": float("nan")}, "--critic-rate"),
    ],
)
def test_settings_that_there_are_not(settings, message) -> None:
    with pytest.raises(GuinaError, match=message):
        Generate(GenerateSettings(**settings))


def photos(folder: Path, n: int, side: int = 16) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(n):
        Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def test_a_flat_folder_of_pictures_trains_without_classes(tmp_path: Path) -> None:
    run = trained(tmp_path / "run", 3, str(photos(tmp_path / "photos", 60)))
    assert run.job.features.learned_by == "turns"
    assert "class" not in run.predict(0)[0]
    with pytest.raises(GuinaError, match="knows no classes"):
        run.predict(0, ask={"of": "cat"})
    with pytest.raises(GuinaError, match="two classes"):
        guina.train("generate", tmp_path / "photos", steps=1, settings={"conditional": "on"}, quiet=True)


def test_pictures_too_large_or_small_are_said(tmp_path: Path) -> None:
    with pytest.raises(GuinaError, match="8 to 128"):
        guina.train("generate", photos(tmp_path / "p", 12), steps=1, settings={"pixels": 200}, quiet=True)


def test_check_says_what_a_training_would_do(tmp_path: Path) -> None:
    found = guina.check("generate", photos(tmp_path / "p", 30), out=tmp_path / "page.html")
    assert found["used"] == 30
    assert "DiffAug" in " ".join(found["lines"])
    assert "of no class" in found["lines"][0]
    assert "Contact sheet" in (tmp_path / "page.html").read_text()


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


# --- scores ---


def test_copies_are_not_new_and_unseen_pictures_are() -> None:
    rng = np.random.default_rng(0)
    known, unseen = rng.standard_normal((500, 16)), rng.standard_normal((300, 16))
    assert novelty(known[:200] + 1e-3, unseen, known)["novelty"] < 0.05
    assert novelty(rng.standard_normal((200, 16)), unseen, known)["novelty"] == pytest.approx(1, abs=0.15)


def test_diversity_is_how_different_pictures_are_among_themselves() -> None:
    rng = np.random.default_rng(0)
    real = rng.standard_normal((400, 8))
    assert distances(real, rng.standard_normal((400, 8)))["diversity"] == pytest.approx(1, abs=0.1)
    assert distances(real, rng.standard_normal((400, 8)) * 0.1)["diversity"] == pytest.approx(0.1, abs=0.02)


def test_the_simplest_generator_has_the_datas_mean_and_spread() -> None:
    job = Generate(GenerateSettings())
    records = job.read("digits", ("train",)).only("train")
    job.fit(records)
    train = job.arrays(records)
    made, real = simplest(train, 3000).astype(float), train.all("pixels").astype(float)
    assert np.abs(made.mean(0) - real.mean(0)).mean() < 12  # bytes end at 0 and 255, which moves means
    assert np.corrcoef(made.std(0).ravel(), real.std(0).ravel())[0, 1] > 0.95


def test_turned_pictures_are_turned() -> None:
    x = torch.arange(8.0 * 16).view(8, 1, 4, 4)
    turned_x, quarters = turned(x)
    for n in range(8):
        source = x[(torch.arange(8) % 4 == quarters[n]).nonzero()[int((quarters[:n] == quarters[n]).sum())]][0]
        assert torch.equal(turned_x[n], torch.rot90(source, int(quarters[n]), (1, 2)))
    assert quarters.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_features_are_the_same_rule_for_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Generate(GenerateSettings())
    records = job.read("digits", ("train",)).only("train")
    job.fit(records)
    train = job.arrays(records)
    found = []
    for cache in ("a", "b"):
        monkeypatch.setenv("GUINA_CACHE", str(tmp_path / cache))
        features = learn_features(train, job._feature_net, 10, "some")
        found.append(features(train.first(50).all("pixels")))
        again = learn_features(train, job._feature_net, 10, "some")  # from the cache
        assert np.array_equal(again(train.first(50).all("pixels")), found[-1])
    assert np.array_equal(found[0], found[1])
    with torch.inference_mode():
        right = features.net(torch.from_numpy(train.all("pixels")).permute(0, 3, 1, 2).float() / 63.75 - 2).argmax(1)
    assert float((right.numpy() == train.all("target")).mean()) > 0.95


def test_what_was_fitted_comes_back(run: guina.Run) -> None:
    job = run.job
    again = Generate(job.settings)
    again.restore(Fitted(json.loads(json.dumps(job.fitted().facts)), job.fitted().tensors))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    assert np.array_equal(job.features(pixels), again.features(pixels))
    assert again.drawn_classes(range(20)).tolist() == job.drawn_classes(range(20)).tolist()


def test_seeds_draw_classes_as_frequent_as_they_were() -> None:
    job = Generate(GenerateSettings())
    job.classes, job.counts = ["a", "b", "c"], [60, 30, 10]
    drawn = job.drawn_classes(range(5000))
    assert (np.bincount(drawn.numpy()) / 5000).tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.02)


# --- the monitor ---

GOOD = {"fd": 10.0, "coverage": 0.6, "diversity": 0.95}


@pytest.mark.parametrize(
    ("scores", "terms", "why"),
    [
        (GOOD, {}, None),
        (GOOD | {"fd": 20.0}, {}, None),
        (GOOD | {"diversity": 0.3}, {}, "alike"),
        (GOOD | {"fd": 50.0, "coverage": 0.2}, {}, "distance is 50"),
        (GOOD | {"fd": 11.0}, {"train/critic/loss": 0.001}, "sure of everything"),
        (None, {}, "no number"),
    ],
)
def test_the_monitor_knows_a_collapse(scores, terms, why) -> None:
    found = find_remedy(scores, GOOD, terms, 0)
    assert (found is None) == (why is None)
    if found is not None:
        assert why in found.why
        assert found.rates == {"critic": 0.25}
        assert set(find_remedy(scores, GOOD, terms, 1).rates) == {"critic", "generator"}


def test_a_generator_that_has_learned_nothing_yet_is_not_collapsed() -> None:
    start = {"fd": 300.0, "coverage": 0.0, "diversity": 0.05}
    assert find_remedy(start, start, {}, 0) is None


def test_a_provoked_collapse_is_seen_and_mended(tmp_path: Path) -> None:
    """The critic's learning rate times ten, and no penalty that could hold it."""
    settings = {"size": "tiny", "rate": 0.1, "critic_rate": 1.0, "penalty": 0.0, "loss": "least-squares"}
    run = trained(tmp_path / "run", 160, **settings)
    back = [row for row in RunFolder(run.path).events() if row["event"] == "went back"]
    assert 1 <= len(back) <= 2
    assert back[0]["rates"] == {"critic": 0.25}
    rows = RunFolder(run.path).metrics()
    after = [row["val/fd"] for row in rows if row["step"] > back[-1]["step"]]
    assert min(after) < min(row["val/fd"] for row in rows if row["step"] <= back[-1]["step"])


def test_models_name_no_code(run: guina.Run) -> None:
    job, nets = load_model(run.path / "model", find)
    assert set(nets) == {"critic", "generator"}
    assert type(job) is Generate
    assert GenerateAsk() == job.Ask()


def test_two_processes_equal_one_that_walks_through_two_shards(tmp_path: Path) -> None:
    """Both players, their optimizers, the average and the penalty's weight."""
    how = ["--steps", "6", "--size", "tiny", "--precision", "float64", "--threads", "1"]
    words = ["train", "generate", "digits", *how]
    alone = [sys.executable, "-m", "guina", *words, "--shards", "2"]
    group = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "guina"]
    starts = {"one": alone, "two": [*group, *words]}
    for name, command in starts.items():
        command += ["--out", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / name / "checkpoints/step-6/state.safetensors") for name in starts)
    assert one.keys() == two.keys()
    assert {key.split("/")[0] for key in one} >= {"nets", "ema", "optim"}
    for key, tensor in one.items():
        torch.testing.assert_close(two[key], tensor, rtol=1e-9, atol=1e-10)
