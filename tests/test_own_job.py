"""docs/your-own-job.md: the job that it shows is run as it stands there, from training to the report."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

import guina
from guina import commands
from guina.errors import GuinaError
from guina.runfolder import RunFolder

PAGE = Path(__file__).parents[1] / "docs" / "your-own-job.md"
KINDS = {"airy": ("lmnr", "aiou"), "hard": ("ktpz", "ei"), "soft": ("shlb", "oua")}
JOB = "./origin.py"


def name_of(rng: random.Random, kind: str) -> str:
    consonants, vowels = KINDS[kind]
    return "".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(rng.randint(2, 4)))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the job, its data and a finished run, all by the command line."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "origin.py").write_text(code(), "utf-8")
    rng = random.Random(0)
    lines = [f"{name_of(rng, kind)}\t{kind}" for kind in [*KINDS] * 150]
    (folder / "names.tsv").write_text("\n".join(lines), "utf-8")
    command = [sys.executable, "-m", "guina", "train", JOB, "names.tsv", "--steps", "60", "--threads", "1", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    (folder / "result.json").write_text(done.stdout, "utf-8")
    return folder


def code() -> str:
    """The page's program."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(found) == 1, "the page shows one program"
    return found[0]


def test_the_page_shows_at_most_120_lines() -> None:
    assert len(code().splitlines()) <= 120


def test_it_learns(here: Path) -> None:
    result = json.loads((here / "result.json").read_text("utf-8"))
    assert result["score"]["accuracy"] > 0.9 > 0.6 > result["baseline"]["accuracy"]
    assert result["baselines"] == {"majority": result["baseline"]}


def test_it_answers_scores_and_is_looked_into(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    run = guina.load("runs/origin/names", JOB)
    rng = random.Random(1)
    asked = [(name_of(rng, kind), kind) for kind in [*KINDS] * 20]
    answers = run.predict(*(name for name, _ in asked), "ΩΩ")
    assert sum(answer.output == kind for answer, (_, kind) in zip(answers, asked, strict=False)) > 50
    assert all(abs(sum(answer.alternatives["top"].values()) - 1) < 1e-5 for answer in answers)
    assert run.score()["score"]["accuracy"] > 0.9
    assert "taken for" in run.look().read_text("utf-8")


def test_it_resumes_and_its_run_opens_with_its_file_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(here)
    again = ["./origin.py", "names.tsv", "--steps", "60", "--threads", "1", "--resume"]
    assert commands.train([*again, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((here / "result.json").read_text("utf-8"))
    assert commands.train(again) == 0
    assert "guina predict runs/origin/names FILE ... --job ./origin.py" in capsys.readouterr().out
    assert commands.predict(["runs/origin/names", "lamoni", "--job", JOB]) == 0
    assert capsys.readouterr().out.startswith("lamoni: airy ")
    with pytest.raises(GuinaError, match="none of guina's") as refused:
        commands.predict(["runs/origin/names", "lamoni"])
    assert "--job" in refused.value.mend


def test_a_killed_run_of_it_ends_as_an_unbroken_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    begins, kill = "        letters_BT, length_B = map", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    text = code().replace(begins, f"        if draw.step == 30:\n            {kill}\n{begins}")
    assert text != code()
    (here / "killed").mkdir()
    (here / "killed" / "origin.py").write_text(text, "utf-8")
    train = [sys.executable, "-m", "guina", "train", "--steps", "60", "--threads", "1", "--out", "again", "names.tsv"]
    broken = subprocess.run([*train[:4], "killed/origin.py", *train[4:]], capture_output=True, check=False)
    assert broken.returncode == 143
    subprocess.run([*train[:4], JOB, *train[4:], "--resume"], capture_output=True, check=True)
    ours, theirs = (RunFolder(Path(run)).model / "model.safetensors" for run in ("again", "runs/origin/names"))
    assert ours.read_bytes() == theirs.read_bytes()
