"""How generate is trained: what its settings may be, which pictures it takes, and in two processes."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import guina
from guina.errors import GuinaError
from guina.jobs.generate.learning import Generate
from guina.jobs.generate.scores import GenerateJudge
from guina.jobs.generate.settings import GenerateSettings
from small_runs import hurry, photos, trained


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


def test_a_flat_folder_of_pictures_trains_without_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    run = trained("generate", photos(tmp_path / "photos", 60), tmp_path / "run", 3)
    assert isinstance(run.judge, GenerateJudge)
    assert run.judge.features.learned_by == "turns"
    assert "class" not in run.predict(0)[0].words()
    with pytest.raises(GuinaError, match="knows no classes"):
        run.predict(0, options={"of": "cat"})
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


def test_two_processes_equal_one_that_walks_through_two_shards(tmp_path: Path) -> None:
    """Both players, their optimizers, the average and the penalty's weight."""
    how = ["--steps", "3", "--size", "tiny", "--precision", "float64", "--threads", "1"]
    words = ["train", "generate", "digits", *how]
    alone = [sys.executable, "-m", "guina", *words, "--shards", "2"]
    group = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "guina"]
    starts = {"one": alone, "two": [*group, *words]}
    for name, command in starts.items():
        command += ["--out", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / name / "checkpoints/step-3/state.safetensors") for name in starts)
    assert one.keys() == two.keys()
    assert {key.split("/")[0] for key in one} >= {"nets", "ema", "optim"}
    for key, tensor in one.items():
        torch.testing.assert_close(two[key], tensor, rtol=1e-9, atol=1e-10)
