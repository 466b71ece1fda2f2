"""What is no number never reaches the weights, and who brought it is named."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import running
import toys
from guina.answering.answer import Answer
from guina.answering.base import Answering
from guina.engine.budget import Limit
from guina.engine.parallel import Team
from guina.engine.probe import probe
from guina.engine.progress import Progress
from guina.engine.step import NotFinite, Stepper
from guina.engine.turns import Learner, Phase, Turn
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.runtime import Runtime


class LineAnswering(Answering):
    """Three numbers to one."""

    @classmethod
    def build(cls, settings, fitted):
        return {"net": nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1), nn.Dropout(0.1))}

    def stream(self, inputs, options):
        for x in inputs:
            yield Answer("numbers", self.nets["net"](torch.as_tensor(x).float()[None]).item())


class LineJudge(toys.ToyJudge):
    """How near the line is to one."""

    def score(self, nets, arrays, limit=None):
        x = torch.from_numpy(arrays.all("x")[:limit]).to(nets["net"][1].weight)
        return {"score": -float((nets["net"](x) - 1).square().mean())}


class Plain(toys.Toy):
    """A line with batch normalisation, fitted to numbers; example 100 may be poisoned."""

    name, poison = "plain", np.nan
    Answering, Judge = LineAnswering, LineJudge

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        x = rng.normal(size=(self.n, 3))
        x[100, 1] = self.poison
        return {"x": x}

    def build(self):
        return self.Answering.build(self.settings, self.fitted)

    def phases(self):
        turn = Turn("fit", ("net",), self.loss)
        return [Phase("only", (turn,), {"net": Learner(rate=1e-3)}, batch=16)]

    def loss(self, nets, batch, carry, step, rng):
        return {"square": (nets["net"](batch["x"])[:, 0] - 1).square().sum()}, {"seen": batch["x"].sum()[None]}

    batch = toys.ToyGan.batch

    def inputs(self, arrays):
        yield from arrays.all("x")


class Healthy(Plain):
    poison = 0.0


class Diverging(Healthy):
    def loss(self, nets, batch, carry, step, rng):
        terms, carry = super().loss(nets, batch, carry, step, rng)
        return {"square": terms["square"] * (float("inf") if step == 9 else 1.0)}, carry


class BadGradient(Healthy):
    """Example 100 is all right forward, and infinite backward: the square root at zero."""

    poison = 0.0

    def make(self, rng):
        return {"x": np.abs(super().make(rng)["x"]) * (np.arange(self.n) != 100)[:, None] + 0.0}

    def loss(self, nets, batch, carry, step, rng):
        weight = nets["net"][1].weight
        return {"root": (batch["x"] * weight.square()).sum(1).sqrt().sum()}, carry


def stepper_at_poison(kind) -> tuple[Stepper, Phase, object]:
    """A stepper, and a draw that holds example 100."""
    job = kind(kind.Settings())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    phase = job.phases()[0]
    order = job.order(arrays, phase)
    at = next(p for p in range(99) if "example-100" in [arrays.names[i] for i in order.at(0, p).index_B])
    runtime = Runtime()
    return Stepper(job, job.build(), arrays, runtime, Team(runtime), seed=0), phase, order.at(0, at)


@pytest.mark.parametrize("kind", [Plain, BadGradient])
def test_nothing_is_touched_and_the_example_is_named(kind) -> None:
    stepper, phase, draw = stepper_at_poison(kind)
    optimizers = {"net": stepper.optimizer("net", phase.learners["net"])}
    before = {k: v.clone() for k, v in stepper.nets["net"].state_dict().items()}
    with pytest.raises(NotFinite, match=r"the gradient" if kind is BadGradient else r"the loss \(square\)"):
        stepper.take(phase.turns[0], phase, draw, optimizers, 1.0)
    after = stepper.nets["net"].state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before), "weights and running statistics"
    assert not stepper.carries
    assert not optimizers["net"].state()
    assert stepper.culprits(phase.turns[0], draw) == ["example-100"]
    assert all(module.training for module in stepper.nets["net"].modules())


def test_the_run_stops_names_the_example_and_writes_it_down(tmp_path: Path) -> None:
    with pytest.raises(
        GuinaError, match=r"the loss \(square\) is not finite at step \d+, turn fit: example-100"
    ) as told:
        running.train(Plain, tmp_path / "run", steps=40)
    assert "mend or remove these examples" in told.value.mend
    folder = RunFolder(tmp_path / "run")
    event = folder.events()[-1]
    assert event["event"] == "not finite"
    assert event["examples"] == ["example-100"]
    assert folder.read_status()["state"] == "failed"
    assert "example-100" in folder.read_status()["why"]


def test_a_batch_that_diverges_as_a_whole_blames_the_rate(tmp_path: Path) -> None:
    with pytest.raises(GuinaError, match=r"not finite at step 9, turn fit: example-.*, …") as told:
        running.train(Diverging, tmp_path / "run", steps=20)
    assert "lower the learning rate" in told.value.mend
    assert len(RunFolder(tmp_path / "run").events()[-1]["examples"]) == 16


def test_a_resumed_run_meets_the_same_number_again(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(GuinaError, match="not finite at step 9"):
            running.train(Diverging, tmp_path / "run", steps=20, resume=True)


def test_probing_leaves_it_to_the_training(tmp_path: Path) -> None:
    job = Plain(Plain.Settings())
    records = job.read("1", ("train", "val"))
    data = job.arrays(records.only("train")), job.arrays(records.only("val"))
    runtime = Runtime()
    cost = probe(job.judge(data[0]), data, runtime, Team(runtime), repeats=20)
    assert 0 < cost.step < 1
    with pytest.raises(GuinaError, match="example-100"):
        running.train(Plain, tmp_path / "run", limit=Limit(minutes=0.05))


def test_a_score_that_is_no_number_is_left_out_and_never_the_best(tmp_path: Path) -> None:
    class OddJudge(LineJudge):
        scored = 0

        def score(self, nets, arrays, limit=None):
            OddJudge.scored += 1
            return {"score": float("nan")} if OddJudge.scored < 4 else super().score(nets, arrays, limit)

    class Odd(Healthy):
        Judge = OddJudge

    stream = io.StringIO()
    running.train(Odd, tmp_path / "run", steps=10, progress=Progress("score", stream))
    rows = running.rows(tmp_path / "run")
    assert ["val/score" in row for row in rows[:5]] == [False, False, False, True, True]
    assert "score nan" in stream.getvalue()
    best = [event for event in RunFolder(tmp_path / "run").events() if event["event"] == "best"]
    assert best
    assert best[0]["step"] == 3
