"""What every job gets from the engine, proved on three toys: learn, save, reload, survive."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import running
import toys
from guina.engine.turns import Phase
from guina.runfolder import RunFolder

EVERY = pytest.mark.parametrize("toy", list(toys.TOYS))
STEPS = 24


class Fixed:
    """An order that always gives the same batch."""

    def __init__(self, order):
        self.order, self.batches = order, 1.0

    def at(self, seed, position):
        return self.order.at(seed, 0)


@EVERY
def test_overfits_one_batch(toy: str, tmp_path: Path) -> None:
    base = toys.TOYS[toy]

    class OneBatch(base):
        def order(self, arrays, phase: Phase):
            return Fixed(super().order(arrays, phase))

    running.train(OneBatch, tmp_path / "run", steps=400)
    rows = running.rows(tmp_path / "run")
    if toy == "toy-gan":  # a game has no loss that falls: its points must get near the circle
        assert max(row["val/score"] for row in rows) > 0.3 * rows[0]["val/score"]
    else:
        loss = {"toy-stream": "train/nats", "toy-speech": "train/ctc"}[toy]
        assert rows[-1][loss] < 0.15 * rows[1][loss]


def test_a_new_process_gives_the_same_answers_to_the_bit(unbroken: dict[str, Path]) -> None:
    command = [sys.executable, running.__file__, "answers", *map(str, unbroken.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [running.answers(out) for out in unbroken.values()]


@EVERY
def test_the_same_seed_gives_the_same_run_and_another_one_does_not(toy, unbroken, tmp_path: Path) -> None:
    running.train(toy, tmp_path / "same")
    running.train(toy, tmp_path / "other", seed=1)
    assert running.digest(tmp_path / "same") == running.digest(unbroken[toy]) != running.digest(tmp_path / "other")
    assert running.rows(tmp_path / "same") == running.rows(unbroken[toy])


# 20 checkpoints in 24 steps: each syncs three files, two folders and a pointer or two. Every death comes after some
# progress, so that the next one happens somewhere else.
DEATHS = [
    {"call": "fsync", "nth": 1},  # run.json
    {"call": "fsync", "nth": 4},  # the first checkpoint
    {"at": 0},
    {"at": 3},
    {"call": "fsync", "nth": 9},
    {"call": "fsync", "nth": 10},
    {"call": "rename", "nth": 2},
    {"call": "replace", "nth": 4},
    {"call": "unlink", "nth": 3},  # while old checkpoints are dropped
    {"at": 12},
    {"call": "rmdir", "nth": 1},
    {"call": "fsync", "nth": 18},
    {"call": "rename", "nth": 1},  # a row is written already, its checkpoint is not
    {"call": "truncate", "nth": 1},  # while the run is cut back to the checkpoint before
    {"at": 20},
]


@EVERY
def test_a_run_that_is_killed_again_and_again_ends_like_an_unbroken_one(toy, nursery, unbroken, tmp_path: Path) -> None:
    out = tmp_path / "run"
    codes = [nursery.spawn(toy, out, STEPS, **death) for death in DEATHS]
    assert codes == [-signal.SIGKILL] * len(DEATHS)
    assert nursery.spawn(toy, out, STEPS) == 0
    assert running.digest(out) == running.digest(unbroken[toy])
    assert running.rows(out) == running.rows(unbroken[toy])
    assert not list(out.rglob("*.tmp"))
    assert RunFolder(out).read_status()["result"]["score"] == RunFolder(unbroken[toy]).read_status()["result"]["score"]


def test_a_kill_while_concluding_loses_nothing(nursery, unbroken: dict[str, Path], tmp_path: Path) -> None:
    toy, out = "toy-stream", tmp_path / "run"
    assert nursery.spawn(toy, out, STEPS, at=STEPS - 1) == -signal.SIGKILL
    assert nursery.spawn(toy, out, STEPS, call="rename", nth=2) == -signal.SIGKILL  # the model, after a checkpoint
    assert (out / "checkpoints" / f"step-{STEPS}").is_dir()
    assert not (out / "model").exists()
    assert nursery.spawn(toy, out, STEPS, call="replace", nth=3) == -signal.SIGKILL  # status.json says "done"
    assert (out / "model").exists()
    assert nursery.spawn(toy, out, STEPS) == 0
    assert running.digest(out) == running.digest(unbroken[toy])


def test_a_finished_run_gives_its_answer_again(unbroken: dict[str, Path]) -> None:
    before = {p: p.stat().st_mtime_ns for p in unbroken["toy-gan"].rglob("*") if p.is_file()}
    again = running.train("toy-gan", unbroken["toy-gan"], resume=True)
    assert vars(again) == RunFolder(unbroken["toy-gan"]).read_status()["result"]
    assert {p: p.stat().st_mtime_ns for p in unbroken["toy-gan"].rglob("*") if p.is_file()} == before


@EVERY
def test_float64_trains_saves_and_proves(toy: str, tmp_path: Path) -> None:
    running.train(toy, tmp_path / "run", steps=3, precision="float64")
    assert running.answers(tmp_path / "run")
