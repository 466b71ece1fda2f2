"""Two processes equal one that walks through two shards."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

import running
import toys
from guina.data.order import Draw
from guina.engine.parallel import Team
from guina.errors import GuinaError
from guina.runtime import Runtime

STEPS = 50


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All toys, trained by two processes in float64."""
    out = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [running.__file__, str(out), ",".join(toys.TOYS), str(STEPS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("toy", list(toys.TOYS))
def test_two_processes_equal_one_with_two_shards(toy: str, two_processes: Path, tmp_path: Path) -> None:
    running.train(toy, tmp_path / "run", steps=STEPS, precision="float64", shards=2)
    for name in ("model/model.safetensors", f"checkpoints/step-{STEPS}/state.safetensors"):
        # everything: weights, running statistics, averages, moments, carried states
        one, two = load_file(tmp_path / "run" / name), load_file(two_processes / toy / name)
        assert running.same_tensors(one, two, 1e-10)
    assert any("carry/" in key for key in one) == (toy == "toy-stream")
    assert any("running_var" in key for key in one) == (toy == "toy-gan")
    for ours, theirs in zip(running.rows(tmp_path / "run"), running.rows(two_processes / toy), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("rank", [0, 1])
def test_the_process_group_is_freed_before_the_process_ends(rank: int, two_processes: Path) -> None:
    """Its threads aborted one run in ten at its very end, after everything was saved, with "terminate called"."""
    assert "gloo" not in (two_processes / f"threads-{rank}.txt").read_text()


def test_shards_have_statistics_of_their_own(tmp_path: Path) -> None:
    running.train("toy-gan", tmp_path / "one", steps=STEPS, precision="float64")
    running.train("toy-gan", tmp_path / "two", steps=STEPS, precision="float64", shards=2)
    one, two = (load_file(tmp_path / name / "model/model.safetensors") for name in ("one", "two"))
    assert not running.same_tensors(one, two, 1e-3)


def test_shards_must_be_dealt_out_evenly() -> None:
    with pytest.raises(GuinaError, match="3 shards cannot be dealt out to 2 processes"):
        Team(Runtime(world=2), shards=3)


def test_a_batch_must_reach_for_all_shards(tmp_path: Path) -> None:
    with pytest.raises(GuinaError, match="a batch of 32 examples cannot be cut into 33 shards"):
        running.train("toy-gan", tmp_path / "run", shards=33)


def test_shards_cut_a_draw_into_contiguous_parts() -> None:
    import numpy as np

    draw = Draw(np.arange(10, 17), np.zeros(7))
    parts = [draw.shard(i, 3).index_B for i in range(3)]
    assert np.concatenate(parts).tolist() == draw.index_B.tolist()
    assert sorted(map(len, parts)) == [2, 2, 3]
