"""Trainings in phases: epochs of all of them are counted, a network that rests keeps its average, and a phase begins
from the last, the best or the averaged weights of the one before.
"""

import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import running
import toys
from guina.answering.model import pick
from guina.engine.checkpoint import Checkpoints
from guina.engine.progress import Progress
from guina.engine.turns import Phase
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from toys.gan import ToyGanJudge


class Rests(toys.ToyGan):
    """The generator learns in the first phase, averaged, and rests in the second, where the critic learns alone."""

    name = "toy-gan"

    def phases(self) -> list[Phase]:
        warm, game = super().phases()
        return [
            replace(warm, share=0.5, ema=0.3),
            replace(game, share=0.5, turns=game.turns[:1], learners={"critic": warm.learners["generator"]}, ema=None),
        ]


class Average:
    """Notes the average of the generator as it is at the end of the first phase, before each turn."""

    def __init__(self) -> None:
        self.decayed: dict[str, torch.Tensor] = {}

    def before(self, turn, nets, step):
        if turn.name == "critic" and not self.decayed:
            self.decayed = {name: t.detach().clone() for name, t in nets["generator"].named_parameters()}

    def after(self, turn, nets, step):
        pass


def test_epochs_of_all_phases_are_counted(tmp_path: Path) -> None:
    outcome = running.train("toy-gan", tmp_path / "run", steps=24)
    train = 256 - 32
    # six steps of one draw in the first phase, eighteen of two draws in the second, each of 32
    assert outcome.epochs == pytest.approx((6 + 2 * 18) * 32 / train, abs=1e-3)
    rows = RunFolder(tmp_path / "run").metrics()
    assert [row["epoch"] for row in rows] == sorted(row["epoch"] for row in rows)


def test_epochs_are_counted_on_when_a_run_resumes(nursery, tmp_path: Path) -> None:
    whole = running.train("toy-gan", tmp_path / "whole", steps=24)
    nursery.spawn("toy-gan", tmp_path / "again", 24, at=14)
    again = running.train("toy-gan", tmp_path / "again", steps=24, resume=True)
    assert again.epochs == whole.epochs
    assert running.rows(tmp_path / "again") == running.rows(tmp_path / "whole")


def test_a_network_that_rests_is_its_average(tmp_path: Path) -> None:
    seen = Average()
    running.train(Rests, tmp_path / "run", steps=24, observers=(seen,))
    checkpoints = Checkpoints(tmp_path / "run" / "checkpoints")
    ends = pick(checkpoints.read("step-24").tensors, "nets/generator")
    assert all(torch.equal(ends[name], t) for name, t in seen.decayed.items())

    # an average kept by hand over the same steps
    class Plain(Rests):
        name = "toy-gan"

        def phases(self) -> list[Phase]:
            first, second = super().phases()
            return [replace(first, ema=None), second]

    class ByHand:
        def __init__(self) -> None:
            self.weights: dict[str, torch.Tensor] = {}

        def before(self, turn, nets, step):
            if step == 0:
                self.weights = {n: p.detach().clone() for n, p in nets["generator"].named_parameters()}

        def after(self, turn, nets, step):
            if turn.name != "mean" or (step + 1) % 5:
                return
            keep = 0.5 ** (5 / min(0.3 * 12, (step + 1) / 4))
            for name, p in nets["generator"].named_parameters():
                self.weights[name] = keep * self.weights[name] + (1 - keep) * p.detach()

    plain = ByHand()
    running.train(Plain, tmp_path / "plain", steps=24, observers=(plain,))
    for name, average in plain.weights.items():
        assert torch.allclose(ends[name], average, rtol=1e-5, atol=1e-6)
    last = pick(Checkpoints(tmp_path / "plain" / "checkpoints").read("step-24").tensors, "nets/generator")
    assert any(not torch.allclose(ends[name], last[name], atol=1e-4) for name in plain.weights)


def test_a_run_with_a_resting_network_resumes_bit_for_bit(nursery, tmp_path: Path) -> None:
    running.train(Rests, tmp_path / "whole", steps=24)

    class Killed(Exception):
        pass

    def act() -> None:
        raise Killed

    with pytest.raises(Killed):
        running.train(Rests, tmp_path / "again", steps=24, observers=(running.AtStep(17, act),))
    running.train(Rests, tmp_path / "again", steps=24, resume=True)
    assert running.digest(tmp_path / "again") == running.digest(tmp_path / "whole")


STEPS, ENDS = 40, 21  # the first phase ends between two of the twenty validations


class NearTarget(ToyGanJudge):
    """The best of the first phase is to lie in its middle."""

    target = 0.0

    def better(self, a, b):
        return abs(a["score"] - self.target) < abs(b["score"] - self.target)


class Handed(toys.ToyGan):
    """The generator learns in the first phase, averaged; the second, where the critic learns too, begins as is said."""

    name = "toy-gan"
    Judge = NearTarget
    begins = "last"
    rests = False

    def phases(self) -> list[Phase]:
        warm, game = super().phases()
        turns = game.turns[:1] if self.rests else game.turns
        learners = {name: how for name, how in game.learners.items() if name == "critic" or not self.rests}
        second = replace(game, share=1 - ENDS / STEPS, turns=turns, learners=learners, begins=self.begins, ema=0.2)
        return [replace(warm, share=ENDS / STEPS, ema=0.3), second]


def handed(begins: str, rests: bool = False) -> type[Handed]:
    return type("Handed", (Handed,), {"begins": begins, "rests": rests})


def state(nets) -> dict[str, torch.Tensor]:
    return {f"{name}/{key}": t.clone() for name, net in nets.items() for key, t in net.state_dict().items()}


class Handover:
    """The networks as the first phase left them and as the second one takes them up, and the checkpoints then."""

    def __init__(self, folder: Path) -> None:
        self.checkpoints = Checkpoints(folder / "checkpoints")
        self.taken: dict[str, torch.Tensor] = {}

    def before(self, turn, nets, step):
        if step == ENDS and not self.taken:
            self.taken = state(nets)
            self.last, _ = self.checkpoints.load()
            best = self.last.facts["best"]
            with suppress(GuinaError):  # damaged
                self.best = self.checkpoints.read(f"step-{best['step']}") if best else None

    def after(self, turn, nets, step):
        if step == ENDS - 1:
            self.left = state(nets)


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The score in the middle of the first phase."""
    out = tmp_path_factory.mktemp("middle") / "run"
    running.train(Handed, out, steps=STEPS)
    return next(row["val/score"] for row in running.rows(out) if row["step"] == 10)


@pytest.fixture(autouse=True)
def _best_is_in_the_middle(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "middle" in request.fixturenames:
        monkeypatch.setattr(NearTarget, "target", request.getfixturevalue("middle"))


@pytest.mark.parametrize("rests", [False, True])
@pytest.mark.parametrize("begins", ["last", "best", "averaged"])
@pytest.mark.usefixtures("middle")
def test_a_phase_begins_from_the_weights_it_names(begins: str, rests: bool, tmp_path: Path) -> None:
    seen = Handover(tmp_path / "run")
    running.train(handed(begins, rests), tmp_path / "run", steps=STEPS, observers=(seen,))
    validated = [row["step"] for row in running.rows(tmp_path / "run")]
    assert validated == sorted({*range(0, STEPS + 1, 2), *([ENDS] if begins == "best" else [])})
    if begins == "best":
        assert seen.best.facts["step"] == 10
        expected = pick(seen.best.tensors, "ema/generator")
    elif begins == "averaged" or rests:
        expected = pick(seen.last.tensors, "ema/generator")  # of step 20: averages are updated every five steps
    else:
        expected = pick(seen.left, "generator")
    assert running.same_tensors(pick(seen.taken, "generator"), expected, 0.0)
    assert running.same_tensors(pick(seen.taken, "critic"), pick(seen.left, "critic"), 0.0), "it has not learned yet"
    assert running.same_tensors(expected, pick(seen.left, "generator"), 0.0) == (begins == "last" and not rests)


@pytest.mark.parametrize(("begins", "rests"), [("best", False), ("best", True), ("averaged", False)])
@pytest.mark.parametrize("at", [ENDS, ENDS + 2, 33])
@pytest.mark.usefixtures("middle")
def test_a_killed_run_goes_on_from_the_same_beginning(begins: str, rests: bool, at: int, tmp_path: Path) -> None:
    kind = handed(begins, rests)
    running.train(kind, tmp_path / "whole", steps=STEPS)

    class Killed(Exception):
        pass

    def act() -> None:
        raise Killed

    with pytest.raises(Killed):
        running.train(kind, tmp_path / "again", steps=STEPS, observers=(running.AtStep(at, act),))
    running.train(kind, tmp_path / "again", steps=STEPS, resume=True)
    assert running.digest(tmp_path / "again") == running.digest(tmp_path / "whole")
    assert running.rows(tmp_path / "again") == running.rows(tmp_path / "whole")


@pytest.mark.usefixtures("middle")
def test_what_ships_is_the_last_phases_best(tmp_path: Path) -> None:
    running.train(handed("best", rests=True), tmp_path / "run", steps=STEPS)
    checkpoints = Checkpoints(tmp_path / "run" / "checkpoints")
    best = checkpoints.read(f"step-{checkpoints.load()[0].facts['best']['step']}")
    assert best.facts["step"] > ENDS
    folder = RunFolder(tmp_path / "run")
    shipped = load_file(folder.model / "model.safetensors") | load_file(folder.judge / "judge.safetensors")
    expected = {"critic": pick(best.tensors, "ema/critic"), "generator": pick(best.tensors, "nets/generator")}
    for name, tensors in expected.items():
        assert running.same_tensors(pick(shipped, f"nets/{name}"), tensors, 0.0)


@pytest.mark.usefixtures("middle")
def test_best_weights_that_are_damaged_are_said_and_the_last_are_used(tmp_path: Path) -> None:
    out = tmp_path / "run"

    def damage() -> None:
        (out / "checkpoints" / "step-10" / "state.safetensors").write_bytes(b"gone")

    ours, theirs, stream = Handover(out), Handover(tmp_path / "last"), io.StringIO()
    observers = (running.AtStep(ENDS - 1, damage), ours)
    running.train(handed("best"), out, steps=STEPS, observers=observers, progress=Progress("score", stream))
    lost = [event for event in RunFolder(out).events() if event["event"] == "best lost"]
    assert [event["step"] for event in lost] == [ENDS]
    assert "the last weights are used, not the best ones" in stream.getvalue()
    running.train(handed("last"), tmp_path / "last", steps=STEPS, observers=(theirs,))
    assert running.same_tensors(ours.taken, theirs.taken, 0.0)


def test_where_no_validation_gave_a_number_the_last_weights_are_used(tmp_path: Path) -> None:
    class NoNumber(ToyGanJudge):
        def score(self, nets, arrays, limit=None):
            return {"score": float("nan")}

    class Unknown(handed("best")):
        Judge = NoNumber

    seen = Handover(tmp_path / "run")
    running.train(Unknown, tmp_path / "run", steps=STEPS, observers=(seen,))
    lost = [event["why"] for event in RunFolder(tmp_path / "run").events() if event["event"] == "best lost"]
    assert lost == ["no validation of phase warm gave a number"]
    assert running.same_tensors(seen.taken, seen.left, 0.0)
