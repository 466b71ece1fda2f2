"""The run folder as others read it: locked, replaced at once, appended by lines, cut back."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import running
import toys
from guina.engine.budget import Limit
from guina.engine.game import Game
from guina.engine.places import new_folder, numbered
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.storage import FORMAT, read_lines, write_atomic


def folder(path: Path) -> RunFolder:
    made = RunFolder(path)
    made.create()
    return made


def test_another_process_is_refused_until_the_lock_is_given_back(tmp_path: Path) -> None:
    mine = folder(tmp_path / "run")
    mine.lock()
    # another process, and another open file of this one, are all the same to flock
    with pytest.raises(GuinaError, match="in use by another guina"):
        RunFolder(tmp_path / "run").lock()
    code = f"import fcntl; fcntl.flock(open({str(tmp_path / 'run/.lock')!r}), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    assert b"BlockingIOError" in subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stderr
    mine.unlock()
    RunFolder(tmp_path / "run").lock()


def test_a_training_holds_the_lock_and_gives_it_back_even_when_it_fails(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def another() -> None:
        with pytest.raises(GuinaError, match="in use by another guina"):
            running.train("toy-speech", out, resume=True)

    running.train("toy-speech", out, steps=2, observers=(running.AtStep(1, another),))
    with pytest.raises(GuinaError, match="begun with other settings"):
        running.train("toy-gan", out, steps=2, resume=True)
    RunFolder(out).lock()


def test_a_torn_last_line_is_ignored(tmp_path: Path) -> None:
    run = folder(tmp_path / "run")
    run.metric({"step": 1, "loss": 0.5})
    with open(run.path / "metrics.jsonl", "ab") as file:
        file.write('{"step": 2, "loss": "ä'.encode()[:-1])
    assert run.metrics() == [{"step": 1, "loss": 0.5}]
    assert list(read_lines(run.path / "nothing.jsonl")) == []


def test_what_came_after_a_checkpoint_is_cut_off(tmp_path: Path) -> None:
    run = folder(tmp_path / "run")
    run.metric({"step": 1})
    run.snap(1, {"x": np.arange(3), "says": "ä\n"})
    lengths = run.lengths()
    run.metric({"step": 2})
    run.event("best", 2)
    run.snap(2, {"x": np.arange(4)})
    (run.snaps / "x-00000003.npy").write_bytes(b"torn")
    run.cut(lengths)
    assert run.metrics() == [{"step": 1}]
    assert run.events() == []
    assert sorted(p.name for p in run.snaps.iterdir()) == ["index.jsonl", "says-00000001.txt", "x-00000001.npy"]
    ((step, things),) = run.read_snaps()
    assert step == 1
    assert things["says"] == "ä\n"
    assert np.array_equal(things["x"], np.arange(3))
    run.cut({})
    assert run.metrics() == run.read_snaps() == []


def test_status_is_replaced_at_most_once_a_second(tmp_path: Path, monkeypatch) -> None:
    run = folder(tmp_path / "run")
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    seen = []
    for i in range(50):
        now[0] += 0.1
        run.status(step=i)
        seen.append(run.read_status()["step"])
    assert len(set(seen)) == 5
    run.status(now=True, state="done")
    assert run.read_status()["state"] == "done"
    assert run.read_status()["format"] == FORMAT


def test_replacing_leaves_the_old_file_or_the_new_one(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "x.json"
    write_atomic(path, b"old")
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"


def test_names_of_folders(tmp_path: Path) -> None:
    assert numbered("classify", "photos", tmp_path) == []
    for expected in ("photos", "photos-2", "photos-3"):
        made = new_folder("classify", "photos", tmp_path)
        assert made == tmp_path / "classify" / expected
        assert made.is_dir()
        assert numbered("classify", "photos", tmp_path)[-1] == made
    for other in ("photos-10", "photos-album", "photo"):
        (tmp_path / "classify" / other).mkdir()
    names = [path.name for path in numbered("classify", "photos", tmp_path)]
    assert names == ["photos", "photos-2", "photos-3", "photos-10"]


def test_what_a_finished_run_holds(unbroken: dict[str, Path]) -> None:
    run = RunFolder(unbroken["toy-gan"])
    names = {p.name for p in run.path.iterdir() if not p.name.startswith(".")}
    assert names == {
        "run.json",
        "status.json",
        "metrics.jsonl",
        "events.jsonl",
        "snaps",
        "checkpoints",
        "judge",
        "model",
    }
    assert {p.name for p in run.judge.iterdir()} == {"judge.json", "judge.safetensors", "manifest.json"}
    assert {p.name for p in run.model.iterdir()} == {"model.json", "model.safetensors", "README.md", "manifest.json"}
    info, status = run.info, run.read_status()
    assert (info["job"], info["steps"], info["metric"], info["format"]) == ("toy-gan", 24, "score", FORMAT)
    assert info["data"]["found"] == 256
    assert status["result"]["stopped"] == "steps"
    assert status["result"]["score"].keys() == status["result"]["baseline"].keys()
    assert [row["step"] for row in run.metrics()] == sorted({row["step"] for row in run.metrics()})
    assert run.metrics()[-1]["step"] == 24
    assert any("train/penalty/slope" in row for row in run.metrics())
    for path in run.path.rglob("*.json*"):
        for line in path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]:
            json.loads(line, parse_constant=pytest.fail)
    assert "| score |" in (run.model / "README.md").read_text()


# --- what a user can mend ---


def test_an_existing_folder_needs_resume(unbroken: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(GuinaError, match="is already there"):
        running.train("toy-gan", unbroken["toy-gan"])
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(GuinaError, match="holds something else"):
        running.train("toy-gan", tmp_path, resume=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(GuinaError, match="cannot be made"):
        running.train("toy-gan", tmp_path / "mine.txt")


@pytest.mark.parametrize(
    ("toy", "options", "what"),
    [
        ("toy-gan", {"steps": 25}, "limit"),
        ("toy-gan", {"seed": 3}, "seed"),
        ("toy-stream", {}, "job toy-gan"),
    ],
)
def test_a_run_goes_on_as_it_began(toy: str, options: dict, what: str, unbroken: dict[str, Path]) -> None:
    with pytest.raises(GuinaError, match=rf"was begun with other settings \({what}\)"):
        running.train(toy, unbroken["toy-gan"], resume=True, **options)


def test_other_data_is_refused(nursery, tmp_path: Path) -> None:
    class Others(toys.ToyGan):
        def read(self, source, splits):
            return super().read("2", splits)

    nursery.spawn("toy-gan", tmp_path / "run", 24, at=5)
    with pytest.raises(GuinaError, match="learned from 1, whose contents have changed since"):
        running.train(Others, tmp_path / "run", resume=True)


def test_no_limit_but_one_is_named_in_the_recorded_options(tmp_path: Path) -> None:
    running.train("toy-speech", tmp_path / "run", limit=Limit(steps=1))
    assert RunFolder(tmp_path / "run").info["options"]["limit"] == {"minutes": None, "epochs": None, "steps": 1}


def test_a_row_holds_the_means_of_the_turns_that_were_taken(tmp_path: Path) -> None:
    class Ones(Game):
        def slope(self, nets, batch, carry, step, rng):  # taken in every fourth step: its mean is still one
            terms, carry = super().slope(nets, batch, carry, step, rng)
            return {"slope": terms["slope"] * 0 + len(batch["x"])}, carry

    class Counting(toys.ToyGan):
        def game(self, kind=Game):
            return super().game(Ones)

    running.train(Counting, tmp_path / "run", steps=160)
    values = [row["train/penalty/slope"] for row in running.rows(tmp_path / "run") if "train/penalty/slope" in row]
    assert len(values) > 10
    assert set(values) == {1.0}
