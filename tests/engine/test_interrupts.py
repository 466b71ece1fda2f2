"""SIGTERM and SIGINT, whatever the run is doing: saved, the right exit code, and the same weights in the end."""

import os
import signal
from pathlib import Path

import pytest

import running
from guina.engine.signals import Interrupted, Stop, interruptible
from guina.runfolder import RunFolder

STEPS, TOY = 24, "toy-stream"
EXIT = {signal.SIGTERM: 143, signal.SIGINT: 130}


STAGES = [(stage, signal.SIGTERM) for stage in ("read", "arrays", "score", "step", "fsync", "conclude", "inputs")]


@pytest.mark.parametrize(("stage", "signum"), [*STAGES, ("step", signal.SIGINT), ("score", signal.SIGINT)])
def test_a_signal_at_any_stage_saves_and_resumes(stage, signum, nursery, unbroken, tmp_path: Path) -> None:
    out = tmp_path / "run"
    if stage in ("score", "fsync"):
        nursery.spawn(TOY, out, STEPS, at=7)
    where = {"at": 5} if stage == "step" else {"method": stage}
    if stage in ("score", "conclude"):
        where = {"of": "Judge", "method": stage}
    if stage == "fsync":
        where = {"call": "fsync", "nth": 9}
    assert nursery.spawn(TOY, out, STEPS, signal=signum, **where) == EXIT[signum]
    folder = RunFolder(out)
    assert folder.read_status()["state"] == "interrupted"
    if stage not in ("read", "arrays"):
        assert folder.read_status()["of"] == STEPS
    if stage == "step":  # the step that was under way is finished and saved
        assert (out / "checkpoints" / "step-6" / "manifest.json").exists()
        assert folder.events()[-1]["event"] == "interrupted"
        assert folder.events()[-1]["signal"] == signum.name
    assert nursery.spawn(TOY, out, STEPS) == 0
    assert running.digest(out) == running.digest(unbroken[TOY])
    assert running.rows(out) == running.rows(unbroken[TOY])


@pytest.mark.parametrize("signum", EXIT)
def test_a_second_signal_leaves_at_once_and_loses_nothing(signum, nursery, unbroken, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert nursery.spawn(TOY, out, STEPS, at=9, signal=signum, times=2) == EXIT[signum]
    assert [event["event"] for event in RunFolder(out).events()].count("interrupted") == 0
    assert nursery.spawn(TOY, out, STEPS) == 0
    assert running.digest(out) == running.digest(unbroken[TOY])


def test_outside_a_shield_a_signal_raises_and_inside_it_waits() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as stop:
        with pytest.raises(Interrupted) as raised:
            os.kill(os.getpid(), signal.SIGTERM)
        assert raised.value.exit_code == 143
    with interruptible() as stop:
        with stop.shield():
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.asked == signal.SIGINT
        with pytest.raises(Interrupted, match="SIGINT"):
            stop.check()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_echo_of_torchrun_is_not_a_second_signal() -> None:
    stop = Stop(echo=60.0)
    with stop.shield():
        stop.handle(signal.SIGINT, None)
        stop.handle(signal.SIGTERM, None)  # would leave the process otherwise
    assert stop.asked == signal.SIGINT
