"""Time is a setting: the plan's line, the clock, and runs that end when they should."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import running
import toys
from guina.engine.budget import Clock, Limit, Plan, early_end, no_more_use
from guina.engine.checkpoint import Checkpoints
from guina.engine.options import TrainingOptions
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from toys.stream import ToyStreamJudge

bends = st.lists(st.tuples(st.floats(0, 1), st.integers(-5, 500)), max_size=8)


@given(st.integers(1, 300), bends)
def test_done_grows_without_a_jump_and_ends_at_one(steps: int, revisions: list[tuple[float, int]]) -> None:
    plan, step = Plan(steps), 0
    line = []
    for where, remaining in revisions:
        until = step + int(where * (plan.steps - step))
        line += [plan.done(s) for s in range(step, until)]
        step = until
        if step == plan.steps:
            break
        before = plan.done(step)
        plan.revise(step, remaining)
        assert plan.done(step) == pytest.approx(before, abs=1e-12)
        assert plan.steps > step
    line += [plan.done(s) for s in range(step, plan.steps + 1)]
    assert line[0] == 0
    assert line[-1] == 1
    assert len(line) == plan.steps + 1
    assert all(a < b + 1e-15 for a, b in itertools.pairwise(line))
    assert Plan.restore(plan.record()) == plan


def test_the_clock_believes_the_last_stretch_most() -> None:
    clock = Clock(deadline=100.0, per_step=1.0)
    clock.pace(0, 0.0)
    clock.pace(10, 20.0)  # two seconds each
    assert clock.per_step == pytest.approx(0.3 * 1 + 0.7 * 2)
    assert clock.remaining(20.0) == int(80 / 1.7)
    assert clock.remaining(200.0) == 0
    assert Clock(None, 1.0).remaining(5.0) is None
    clock.pace(10, 50.0)  # no step since: nothing to learn
    assert clock.per_step == pytest.approx(1.7)


def test_no_more_use_needs_a_long_wait_in_the_first_part() -> None:
    assert no_more_use(improved_at=0.1, done=0.4)
    assert not no_more_use(improved_at=0.2, done=0.4)
    assert not no_more_use(improved_at=0.0, done=0.25)  # too soon to say
    assert not no_more_use(improved_at=0.1, done=0.8)  # the rate is falling anyway
    assert early_end(400, 1000) == 100
    assert early_end(400, 50) == 50
    assert early_end(1, 50) == 1


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({}, "no limit given"),
        ({"minutes": 1.0, "steps": 5}, "minutes and steps given"),
        ({"epochs": 0.0}, "--epochs 0"),
        ({"minutes": float("nan")}, "--minutes nan"),
        ({"steps": -1}, "--steps -1"),
    ],
)
def test_a_limit_is_one_sensible_number(named: dict, message: str) -> None:
    with pytest.raises(GuinaError, match=message):
        Limit(**named)


def test_a_limit_reads_well() -> None:
    assert [str(Limit(minutes=1)), str(Limit(minutes=0.5)), str(Limit(steps=3))] == [
        "1 minute",
        "0.5 minutes",
        "3 steps",
    ]


def paced(seconds) -> type[toys.Toy]:
    """A toy stream whose steps take as long as `seconds(step)` says."""

    class Paced(toys.ToyStream):
        def batch(self, arrays, draw, rng):
            time.sleep(seconds(draw.step))
            return super().batch(arrays, draw, rng)

        class Judge(ToyStreamJudge):
            def better(self, a, b):  # always of use
                return True

    return Paced


PACES = {
    "even": lambda step: 0.004,
    "slower": lambda step: 0.002 if step < 150 else 0.008,
    "faster": lambda step: 0.012 if step < 100 else 0.003,
}


@pytest.mark.parametrize("pace", PACES)
def test_a_run_ends_on_time_with_the_rate_down(pace: str, tmp_path: Path) -> None:
    seconds, taken = 6.0, []

    class Count(running.AtStep):
        def after(self, turn, nets, step):
            taken.append(step)

    start = time.monotonic()
    limit = Limit(minutes=seconds / 60)
    outcome = running.train(paced(PACES[pace]), tmp_path / "run", limit=limit, observers=(Count(-1, None),))
    took = time.monotonic() - start
    assert 0.92 * seconds < took < 1.05 * seconds
    assert outcome.stopped == "minutes"
    plan = Plan.restore(Checkpoints(tmp_path / "run/checkpoints").load()[0].facts["plan"])
    assert len(taken) == outcome.steps == plan.steps
    assert 1 - plan.done(plan.steps - 0.5) < 0.02, "the last step's rate is a fiftieth of the highest, or less"
    assert len(plan.bends) > 10, "each revision is written down"


def test_a_resumed_budget_follows_its_bends_and_counts_its_earlier_seconds(tmp_path: Path) -> None:
    kind, out, limit = paced(PACES["even"]), tmp_path / "run", Limit(minutes=4 / 60)

    class Enough(Exception):
        pass

    def leave() -> None:
        raise Enough

    start = time.monotonic()
    with pytest.raises(Enough):
        running.train(kind, out, limit=limit, observers=(running.AtStep(60, leave),))
    facts = Checkpoints(out / "checkpoints").load()[0].facts
    first = time.monotonic() - start
    running.train(kind, out, limit=limit, resume=True)
    assert time.monotonic() - start < 4 * 1.05 + (first - facts["seconds"])
    plan = Checkpoints(out / "checkpoints").load()[0].facts["plan"]
    known = len(facts["plan"]["bends"])
    assert plan["bends"][:known] == facts["plan"]["bends"]
    assert len(plan["bends"]) > known


def test_seconds_before_the_call_count(tmp_path: Path) -> None:
    start = time.monotonic()
    running.train(paced(PACES["even"]), tmp_path / "run", limit=Limit(minutes=4 / 60), started=2.0)
    assert time.monotonic() - start < 2 * 1.1


def test_when_more_is_no_use_the_decay_begins(tmp_path: Path) -> None:
    class Settled(toys.ToyStream):
        class Judge(ToyStreamJudge):
            def better(self, a, b):
                return False

    outcome = running.train(Settled, tmp_path / "run", limit=Limit(minutes=5 / 60))
    assert outcome.stopped == "no more use"
    assert outcome.seconds < 4.5
    decay = next(event for event in RunFolder(tmp_path / "run").events() if event["event"] == "decay")
    plan = Plan.restore(Checkpoints(tmp_path / "run/checkpoints").load()[0].facts["plan"])
    assert plan.steps <= decay["steps"]
    assert plan.done(plan.steps) == 1
    assert 0.2 < plan.done(decay["step"]) < 0.75


def test_a_phase_that_has_just_begun_is_not_cut_for_what_the_one_before_reached(tmp_path: Path) -> None:
    class Settled(toys.ToyStream):
        class Judge(ToyStreamJudge):
            def better(self, a, b):
                return False

        def phases(self):
            (phase,) = super().phases()
            return [replace(phase, share=0.55), replace(phase, share=0.45, contends=True)]

    outcome = running.train(Settled, tmp_path / "run", limit=Limit(minutes=3 / 60))
    assert outcome.stopped == "minutes"
    assert not [event for event in RunFolder(tmp_path / "run").events() if event["event"] == "decay"]


def test_who_names_steps_gets_them_all(tmp_path: Path) -> None:
    class Settled(toys.ToyStream):
        class Judge(ToyStreamJudge):
            def better(self, a, b):
                return False

    assert running.train(Settled, tmp_path / "run", steps=60).steps == 60


def test_epochs_become_steps(tmp_path: Path) -> None:
    outcome = running.train("toy-speech", tmp_path / "run", limit=Limit(epochs=2))
    assert outcome.steps == 2 * 224 // 16
    assert outcome.epochs == 2
    assert outcome.stopped == "epochs"
    assert TrainingOptions(Limit(epochs=2)).record()["limit"]["epochs"] == 2
