"""Games on points: the data, the watching, and whole trials."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from guina.errors import GuinaError
from guina.lab import find
from guina.lab.experiment import Row
from guina.lab.game import GameSettings, draw_noise
from guina.lab.runner import as_json, run_experiment
from guina.lab.seen import arrows, probability
from guina.panels import Frames

POINTS = ("gaussian", "curves", "ring", "grid")


@pytest.fixture(scope="module")
def trials():
    """A short trial of each."""
    return {name: find(name).run(find(name).Settings(), 0, 40) for name in POINTS}


@pytest.mark.parametrize("name", POINTS)
def test_a_trial_has_every_number_of_the_table(name, trials) -> None:
    assert set(find(name).metrics) == set(trials[name].metrics)
    assert trials[name].metrics["steps"] == 40
    assert trials[name].metrics["diverged"] == 0


@pytest.mark.parametrize("name", POINTS)
def test_the_datas_own_points_are_good(name) -> None:
    experiment = find(name)
    points = experiment.points(experiment.Settings())
    scores = points.judge(points.draw(np.random.default_rng(5), 10_000))
    assert experiment.is_good(scores)
    assert not experiment.is_collapsed(scores)
    one = points.judge(np.repeat(points.draw(np.random.default_rng(5), 1), 10_000, 0) + 1e-9)
    assert not experiment.is_good(one)
    assert experiment.is_collapsed(one)
    assert points.better(scores, one)


def test_a_trial_is_a_function_of_its_seed() -> None:
    ring = find("ring")
    same = [ring.run(GameSettings(), 1, 20) for _ in range(2)]
    other = ring.run(GameSettings(), 2, 20)
    assert same[0].metrics["good_share"] == same[1].metrics["good_share"]
    assert np.array_equal(same[0].shows["made"], same[1].shows["made"])
    assert not np.array_equal(same[0].shows["made"], other.shows["made"])


def test_watching_changes_nothing() -> None:
    """Seed 0 is watched; the same seed without an observer makes the same points."""
    from guina.lab.game import game_on
    from guina.lab.play import play

    ring = find("ring")
    watched = ring.run(GameSettings(), 0, 20).shows["made"]
    game = game_on(ring.points(GameSettings()), GameSettings())
    alone = play(game, "0", 0, 20, lambda half: half.made(1000))
    assert np.array_equal(watched, alone.made)


def test_the_critic_is_kept_before_and_after_its_update(trials) -> None:
    kept = trials["grid"].shows["kept"]
    for at in kept.values():
        assert not np.array_equal(at["before"], at["after"])
        assert not np.array_equal(at["fakes"], at["moved"])
    steps = sorted(kept)
    first, second = steps[0], steps[0] + 1
    assert np.array_equal(kept[first]["after"], kept[second]["before"])  # nothing but turns changes the critic


def test_scenes_have_one_grid_and_one_scale(trials) -> None:
    for name in POINTS:
        experiment = find(name)
        panels = experiment.panels([Row({}, [trials[name]])])
        game = next(p for p in panels if isinstance(p, Frames) and p.title.startswith("The game"))
        for place in zip(*(frame.scenes for frame in game.frames), strict=True):
            assert len({(scene.x_range, scene.y_range) for scene in place}) == 1
        assert len(game.frames[0].scenes) == 4


def test_probability_is_the_sigmoid_of_what_the_loss_means() -> None:
    answer = np.array([0.0, 2.0])
    assert probability(answer, 2.0, "non-saturating") == pytest.approx([0.5, 1 / (1 + np.exp(-2))])
    assert probability(answer, 2.0, "relativistic") == pytest.approx([1 / (1 + np.exp(2)), 0.5])


def test_the_steepest_arrow_has_the_length_that_was_asked_for() -> None:
    x, d = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])
    assert arrows(x, d, length=2.0).tolist() == [[0, 0, 1.2, 1.6], [1, 1, 0, 0.4]]


@pytest.mark.parametrize("kind", ["normal", "uniform", "even", "coins"])
def test_noise_comes_from_its_generator(kind: str) -> None:
    one, two = (draw_noise(kind, 500, 2, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(one, two)
    assert abs(float(one.mean())) < 0.4


def test_even_noise_has_one_number_in_every_cell() -> None:
    z = draw_noise("even", 64, 1, torch.Generator().manual_seed(0))[:, 0]
    assert sorted(((z + 8) / 16 * 64).floor().int().tolist()) == list(range(64))


def test_a_game_that_diverges_is_a_result() -> None:
    trial = find("ring").run(GameSettings(penalty="none", d_rate=1e18, d_optimizer="sgd"), 0, 60)
    assert trial.metrics["diverged"] == 1
    assert np.isnan(trial.metrics["good_share"])
    told = as_json(find("ring"), [Row({}, [trial])])
    assert told["rows"][0]["metrics"]["good_share"] == {"mean": None, "sd": 0.0, "values": [None]}
    assert find("ring").panels([Row({}, [trial])])


@pytest.mark.parametrize(
    ("swap", "message"),
    [
        ({"loss": "hing"}, "did you mean hinge"),
        ({"penalty": "r1"}, "none, flat, unit"),
        ({"noise": "white"}, "coins"),
        ({"d.optimizer": "adam"}, "adamw"),
        ({"batch": "0"}, "at least 1"),
        ({"d.layers": "12-x"}, "widths|width"),
        ({"g.activation": "rely"}, "did you mean relu"),
        ({"d.kind": "dens"}, "dense"),
    ],
)
def test_a_value_that_there_is_not_is_said_before_anything_runs(swap, message) -> None:
    with pytest.raises(GuinaError, match=message):
        run_experiment(find("grid"), [{}, swap], 1, 10)


def test_curves_that_there_are_not() -> None:
    for curves, message in (("arc", "two"), ("arc-arch", "arc"), ("arc-sine-line", "two")):
        with pytest.raises(GuinaError, match=message):
            run_experiment(find("curves"), [{"curves": curves}], 1, 10)


@pytest.mark.parametrize("loss", ["non-saturating", "least-squares", "hinge", "wasserstein", "relativistic"])
@pytest.mark.parametrize("penalty", ["none", "flat", "unit"])
def test_every_loss_runs_with_every_penalty(loss: str, penalty: str) -> None:
    settings = GameSettings(loss, penalty, every=2, critic_steps=2, d_layers="16-16", g_layers="16", batch=32)
    assert find("ring").run(settings, 0, 6).metrics["diverged"] == 0


def test_the_command_prints_one_object(tmp_path) -> None:
    swaps = ["--swap", "d.activation=relu,relu-tanh-relu", "--swap", "critic.steps=1"]
    command = [sys.executable, "-m", "guina", "lab", "ring", "--json", "--seeds", "2", "--steps", "4", *swaps]
    done = subprocess.run([*command, "--out", str(tmp_path / "ring.html")], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["experiment"] == "ring"
    assert [r["swap"]["d.activation"] for r in found["rows"]] == ["relu", "relu-tanh-relu"]
    assert {"modes", "good_share", "reverse_kl", "sigma_ratio", "seconds", "steps"} <= set(found["rows"][0]["metrics"])
    assert found["rows"][0]["seeds"] == 2
    assert len(found["rows"][0]["metrics"]["modes"]["values"]) == 2
    assert found["says"]
    page = (tmp_path / "ring.html").read_text()
    assert "The game, step by step" in page
    here = find("ring").run(GameSettings(d_activation="relu"), 1, 4)  # another process, the same numbers
    assert found["rows"][0]["metrics"]["good_share"]["values"][1] == pytest.approx(here.metrics["good_share"])
