"""What a generator is judged by: distances, novelty, house features, the simplest generator; and the monitor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from guina.data.arrays import Arrays
from guina.engine import features
from guina.engine.features import learn_features, turned
from guina.engine.job import fit
from guina.jobs.generate.answering import GenerateAnswering, GenerateFitted
from guina.jobs.generate.learning import Generate
from guina.jobs.generate.monitor import find_remedy
from guina.jobs.generate.scores import distances, novelty, simplest
from guina.jobs.generate.settings import GenerateSettings
from guina.jobs.pictures.house import feature_net
from guina.runfolder import RunFolder
from small_runs import hurry, trained


@pytest.fixture(scope="module")
def digits() -> Arrays:
    """The training split."""
    job = Generate(GenerateSettings())
    return fit(job, job.read("digits", ("train",)).only("train"))[1]


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


def test_the_simplest_generator_has_the_datas_mean_and_spread(digits: Arrays) -> None:
    made, real = simplest(digits, 3000).astype(float), digits.all("pixels").astype(float)
    assert np.abs(made.mean(0) - real.mean(0)).mean() < 12  # bytes end at 0 and 255, which moves means
    assert np.corrcoef(made.std(0).ravel(), real.std(0).ravel())[0, 1] > 0.95


def test_turned_pictures_are_turned() -> None:
    x = torch.arange(8.0 * 16).view(8, 1, 4, 4)
    turned_x, quarters = turned(x)
    for n in range(8):
        source = x[(torch.arange(8) % 4 == quarters[n]).nonzero()[int((quarters[:n] == quarters[n]).sum())]][0]
        assert torch.equal(turned_x[n], torch.rot90(source, int(quarters[n]), (1, 2)))
    assert quarters.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_features_are_the_same_rule_for_the_same_data(
    digits: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(classes: int, x_NCHW: torch.Tensor) -> torch.nn.Module:
        return feature_net((8, 8, 1), classes, x_NCHW)

    monkeypatch.setattr(features, "STEPS", 100)
    found = []
    for cache in ("a", "b"):
        monkeypatch.setenv("GUINA_CACHE", str(tmp_path / cache))
        learned = learn_features(digits, build, 10, "some")
        found.append(learned(digits.first(50).all("pixels")))
        again = learn_features(digits, build, 10, "some")  # from the cache
        assert np.array_equal(again(digits.first(50).all("pixels")), found[-1])
    assert np.array_equal(found[0], found[1])
    with torch.inference_mode():
        right = learned.net(torch.from_numpy(digits.all("pixels")).permute(0, 3, 1, 2).float() / 63.75 - 2).argmax(1)
    assert float((right.numpy() == digits.all("target")).mean()) > 0.95


def test_seeds_draw_classes_as_frequent_as_they_were() -> None:
    fitted = GenerateFitted((8, 8, 1), ("a", "b", "c"), ("a", "b", "c"), (60, 30, 10), 100, "")
    drawn = GenerateAnswering(GenerateSettings(), fitted, {}).drawn_classes(range(5000))
    assert drawn is not None
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


def test_a_provoked_collapse_is_seen_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The critic's learning rate times ten, and no penalty that could hold it."""
    hurry(monkeypatch)
    settings = {"size": "tiny", "rate": 0.1, "critic_rate": 1.0, "penalty": 0.0, "loss": "least-squares"}
    run = trained("generate", "digits", tmp_path / "run", 160, **settings)
    back = [row for row in RunFolder(run.path).events() if row["event"] == "went back"]
    assert 1 <= len(back) <= 2
    assert back[0]["rates"] == {"critic": 0.25}
    rows = RunFolder(run.path).metrics()
    after = [row["val/fd"] for row in rows if row["step"] > back[-1]["step"]]
    assert min(after) < min(row["val/fd"] for row in rows if row["step"] <= back[-1]["step"])
