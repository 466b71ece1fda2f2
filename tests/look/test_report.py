"""The report of a run folder: what it says of scores, of the way that is better, and of the run."""

import re

import numpy as np
import pytest

from guina.engine.job import headline
from guina.engine.metric import Metric
from guina.jobs import find
from guina.look.report import curves, facts, formatted, run_card, scores_line, scores_table
from guina.panels import Curves
from guina.runfolder import RunFolder

ACCURACY = Metric("accuracy", "more", "share", "right answers")
DISTANCE = Metric("fd", "less", says="how far away")


@pytest.fixture
def folder(tmp_path):
    """A finished run of 200 steps."""
    folder = RunFolder(tmp_path / "my <run>")
    folder.create()
    data = {"train": 90, "val": 10, "found": 104, "skipped": {"zero bytes": {"count": 4, "for example": ["a"]}}}
    runtime = {"device_name": "a machine", "threads": 1, "precision": "float32", "torch": "2.13.0", "python": "3.11"}
    info = {"guina": "0.1", "job": "classify", "source": "photos", "settings": {"size": "tiny"}, "metric": "accuracy"}
    folder.begin({**info, "options": {"seed": 7}, "runtime": runtime, "data": data, "created": 0.0})
    for step, accuracy in ((0, 0.1), (100, 0.9), (200, 0.8)):
        loss = {"train/loss": 2.0 / (1 + step), "train/gradient": 1.0} if step else {}
        folder.metric({"step": step, "val/accuracy": accuracy, **loss})
    result = {"score": {"accuracy": 0.9}, "baseline": {"accuracy": 0.25}, "steps": 200, "epochs": 3.25}
    folder.status(now=True, state="done", result={**result, "seconds": 61.0, "stopped": "minutes"})
    return folder


def test_headline_puts_the_score_beside_the_baselines_of_the_same_metric():
    baselines = {"majority": {"accuracy": 0.1, "balanced_accuracy": 0.2}, "linear": {"accuracy": 0.8, "nats": 3.0}}
    line = scores_line(ACCURACY, {"accuracy": 0.98765, "nats": 0.1}, baselines, "says")
    assert (line.run.shown, line.best) == ("98.77%", 1)
    assert [(mark.name, mark.shown) for mark in line.baselines] == [
        ("simplest baseline", "10.00%"),
        ("linear model", "80.00%"),
    ]
    assert scores_line(Metric("bleu"), {"bleu": 31.5}, {}, "").run.shown == "31.5"
    assert formatted(ACCURACY, 0.99999) == ">99.99%"


def test_baselines_of_several_words_are_no_models():
    baselines = {"Gaussian": {"fd": 90.0}, "training pictures": {"fd": 2.5}, "linear": {"fd": 60.0}}
    line = scores_line(DISTANCE, {"fd": 12.0}, baselines, "")
    assert [mark.name for mark in line.baselines] == ["simplest baseline", "training pictures", "linear model"]
    table = scores_table([DISTANCE, Metric("good_share", unit="share")], {"fd": 12.0, "good_share": 0.5}, baselines)
    known = ["better", "what it measures"]
    assert table.header == ["score", "this run", "simplest (Gaussian)", "training pictures", "linear model", *known]
    assert table.rows == [
        ["fd", "12", "90", "2.5", "60", "less", "how far away"],
        ["good share", "50.00%", "–", "–", "–", "", ""],
    ]


def test_every_headline_says_which_way_is_better():
    for name, better in {
        "classify": "more",
        "write": "less",
        "translate": "more",
        "transcribe": "less",
        "caption": "more",
        "generate": "less",
        "colorize": "less",
        "inpaint": "more",
    }.items():
        job = find(name)
        assert headline(job).better == better
        assert all(metric.says for metric in job.Judge.metrics)


def test_curves_name_the_best_validation(folder):
    validation, loss = curves(folder, ACCURACY)
    assert validation.says == "Best at step 100: 90.00%."
    assert curves(folder, Metric("accuracy", "less", "share"))[0].says == "Best at step 0: 10.00%."
    assert curves(folder, Metric("accuracy"))[0].says == "Last at step 200: 0.8."
    assert isinstance(loss, Curves)
    assert list(loss.lines) == ["loss"]
    np.testing.assert_allclose(loss.lines["loss"][1], [2 / 101, 2 / 201])


def test_each_turn_has_a_chart_of_its_losses(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create()
    for step in (100, 200):
        critic = {"train/critic/real": 0.5, "train/critic/fake": 0.25, "train/critic/gradient": 9.0}
        generator = {"train/generator/fake": 30.0, "train/generator/gradient": 9.0}
        folder.metric({"step": step, **critic, **(generator if step == 200 else {})})
    panels = curves(folder, DISTANCE)
    assert [panel.title for panel in panels] == ["Loss of the critic", "Loss of the generator"]
    assert [list(panel.lines) for panel in panels if isinstance(panel, Curves)] == [["real", "fake"], ["fake"]]
    assert panels[1].says.startswith("From 30 to 30:")


def test_facts_are_those_of_the_run(folder):
    told = dict(facts(folder))
    assert told["data"] == "photos: 90 to learn from, 10 to choose by"
    assert told["left out"] == "4 of 104 files"
    assert told["trained"].startswith("200 steps, 3.2 epochs")
    assert told["machine"] == "a machine, 1 thread, float32"


def test_card_of_a_run(folder):
    card = run_card(folder, [ACCURACY])
    assert "classify my &lt;run&gt;" in card
    assert re.findall(r">([\d.]+%)<", card) == ["90.00%", "25.00%"]
    assert len(re.findall(r"[\d.]+,[\d.]+", re.findall(r'points="([^"]+)"', card)[0])) == 3
