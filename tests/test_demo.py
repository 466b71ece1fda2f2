"""`guina demo`, from the sample to the report, with a few seconds to learn in."""

import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from guina import demo
from guina.engine import features
from guina.engine.budget import Limit
from guina.jobs.translate.origins import Origins
from small_runs import hurry
from without_posix import needs_posix


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def test_demo_trains_scores_answers_and_reports(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(demo.SAMPLES, "classify", ("digits", 0.12))
    monkeypatch.setattr(demo, "process_age", lambda: 0.0)  # the tests' process is older than the budget
    (result,) = demo.run_demos(["classify"], str(tmp_path / "run"))
    err = capsys.readouterr().err
    assert result["score"]["score"]["accuracy"] > 0.8
    assert "accuracy " in err
    assert "majority " in err
    assert "linear " in err
    assert "█" in err, "the pictures are drawn"
    assert "% sure" in err, "with their answers"
    assert (tmp_path / "run" / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(("value", "shade"), [(0, " "), (255, "█")])
def test_draw_is_two_characters_a_pixel(value, shade):
    assert demo.draw(np.full((2, 3, 1), value, np.uint8)) == [shade * 6] * 2


def test_attention_is_drawn_under_its_letters():
    weights = np.array([[0.0, 0.1, 0.9], [0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])
    assert demo.draw_weights(["a", "bc", "∎"], ["x", "yz", "∎"], weights) == [
        "     y",
        "   x z ∎",
        " a     ██",
        "bc ░░▒▒░░",
        " ∎ ██",
    ]


def test_captions_are_shown_with_what_is_right_where_it_is_something_else():
    right = {"0.png": "a red disc", "1.png": "a blue box"}
    said = {"0.png": "a red disc", "1.png": "a blue disc"}

    class Shown:
        names = tuple(right)

        def __len__(self) -> int:
            return 2

        def first(self, n: int) -> "Shown":
            return self

        def several(self, column: str, index_B: np.ndarray) -> list[list[str]]:
            return [[text] for text in right.values()]

    job = SimpleNamespace(
        read=lambda source, splits: SimpleNamespace(only=lambda split: None),
        arrays=lambda records: Shown(),
        inputs=lambda arrays: list(said.values()),
    )
    run: Any = SimpleNamespace(
        judge=SimpleNamespace(job=job),
        folder=SimpleNamespace(info={"source": "scenes"}),
        predict=lambda *texts: [{"answer": text} for text in texts],
    )
    assert demo.show_captions(run) == "0.png: a red disc\n1.png: a blue disc   (right: a blue box)\n"


def test_translations_are_shown_with_what_is_right_and_one_with_its_letters():
    pairs = {"source": ["neun", "einhundertdreiundzwanzig", "dreiundzwanzig"], "target": ["nine", "123", "23"]}
    known = {"neun": "nine", "einhundertdreiundzwanzig": "121", "dreiundzwanzig": "23"}

    def translated(texts: list[str], width: int) -> list[SimpleNamespace]:
        sides = [((*text, "∎"), (*known[text], "∎")) for text in texts]
        return [
            SimpleNamespace(text=known[text], source=s, target=t) for text, (s, t) in zip(texts, sides, strict=True)
        ]

    def origins(text: str, made: SimpleNamespace) -> Origins:
        return Origins(made.target, text, np.ones((len(made.target), len(text))))

    records = SimpleNamespace(columns=pairs, only=lambda split: records)
    job = SimpleNamespace(read=lambda source, splits: records)
    half = SimpleNamespace(nets={}, translated=translated, origins=origins)
    folder = SimpleNamespace(info={"source": "number-words"})
    run: Any = SimpleNamespace(judge=SimpleNamespace(job=job), answering=half, folder=folder)
    shown = demo.show_translations(run).split("\n")
    assert shown[0].strip() == "neun → nine"
    assert shown[1] == "einhundertdreiundzwanzig → 121   (right: 123)"
    assert shown[4].startswith("einhundertdreiundzwanzig → 121, and what each part"), "it turns around, in most units"
    assert shown[6] == "  e i n h u n d e r t d r e i u n d z w a n z i g"
    assert shown[7] == "1 " + "██" * 24
    pairs["source"][1:] = ["einhundert", "zwei"]  # no number turns around
    known |= {"einhundert": "100", "zwei": "2"}
    assert "\neinhundert → 100, and" in demo.show_translations(run)


def test_demo_of_write_shows_what_it_writes(tmp_path, monkeypatch, capsys):
    given = []  # by the steps, not by the clock: how much it learns in seconds depends on who else works here
    monkeypatch.setattr(demo, "Limit", lambda minutes: given.append(minutes) or Limit(steps=40))
    (result,) = demo.run_demos(["write"], str(tmp_path / "run"))
    assert given == [demo.SAMPLES["write"][1]]
    err = capsys.readouterr().err
    score = result["score"]
    assert score["score"]["nats_per_char"] < score["baselines"]["unigram"]["nats_per_char"]
    assert "unigram " in err
    assert "5-gram " in err
    assert err.count(demo.PROMPT) >= 1
    assert "What surprised it" in (tmp_path / "run" / "report.html").read_text()


def test_demo_of_generate_shows_what_it_makes(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(demo.SAMPLES, "generate", ("digits", 0.15))
    monkeypatch.setattr(demo, "process_age", lambda: 0.0)
    (result,) = demo.run_demos(["generate"], str(tmp_path / "run"))
    err = capsys.readouterr().err
    assert {"fd", "kid", "coverage", "density"} <= set(result["score"]["score"])
    assert "Gaussian " in err
    assert "training pictures " in err
    assert "a made " in err


@pytest.mark.parametrize("job", ["colorize", "inpaint"])
def test_demos_of_pictures_show_them_before_after_and_in_truth(job, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "Limit", lambda minutes: Limit(steps=4))
    monkeypatch.setattr(features, "STEPS", 3)
    (result,) = demo.run_demos([job], str(tmp_path / "run"))
    err = capsys.readouterr().err
    assert {"fd", "psnr"} <= set(result["score"]["score"])
    assert f"row by row: {tmp_path / 'run' / 'remade.png'}" in err
    shown = np.asarray(Image.open(tmp_path / "run" / "remade.png"))
    assert shown.shape == (3 * 3 * 33, 16 * 3 * 33, 3), "three rows of 16 pictures of 32 pixels, three times as large"
    assert "guina predict" in err


def test_demos_of_several_jobs_have_folders_and_times_of_their_own(monkeypatch):
    ran = []
    monkeypatch.setattr(demo, "process_age", lambda: 7.5)
    monkeypatch.setattr(demo, "run_demo", lambda job, out, age: ran.append((job, out, age)))
    demo.run_demos(["classify", "write", "classify"], "out")
    assert ran == [("classify", "out/classify", 7.5), ("write", "out/write", 0.0)]
    ran.clear()
    demo.run_demos(["write"], "out")
    assert ran == [("write", "out", 7.5)]


@needs_posix
def test_ctrl_c_in_a_demo_exits_with_130_and_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "guina", "demo", "write", "--out", str(tmp_path / "run")]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "run" / "run.json").exists() and child.poll() is None:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in err
