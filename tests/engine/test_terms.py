"""Terms with denominators of their own: as a loop by hand divides them, however many processes there are.

python tests/engine/test_terms.py OUT   trains, under torchrun in several processes, in float64
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import running
import toys
from guina.answering.answer import Answer
from guina.answering.base import Answering, Fitted
from guina.answering.model import pick
from guina.data.order import Buckets, Draw
from guina.engine.checkpoint import Checkpoints
from guina.engine.parallel import Team
from guina.engine.step import Stepper
from guina.engine.train import build_nets
from guina.engine.turns import Batch, Learner, Phase, Turn
from guina.runfolder import RunFolder
from guina.runtime import Runtime, derive

STEPS, BATCH = 20, 12  # as many validations as steps: each step has a row of its own
RATE = 1e-2


def rare(batch: Batch) -> int:
    """How many numbers of a batch are large: in some batches none is, in more of their halves."""
    return int((batch["x"] > 1.3).sum())


class PartsAnswering(Answering):
    """A number to a number."""

    players = ("both", "few")

    @classmethod
    def build(cls, settings, fitted):
        return {name: nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)) for name in cls.players}

    def stream(self, inputs, options):
        for x in inputs:
            yield Answer(x, self.nets["both"](torch.tensor([[x]]).to(self.nets["both"][0].weight)).item())


class PartsJudge(toys.ToyJudge):
    """All are alike."""

    def score(self, nets, arrays, limit=None):
        return {"score": 0.0}


class WorseJudge(toys.ToyJudge):
    """The more it has learned the worse, and so the first is best."""

    def score(self, nets, arrays, limit=None):
        x_B = torch.from_numpy(arrays.all("x")).to(nets["both"][0].weight)
        return {"score": float((nets["both"](x_B[:, None])[:, 0] - x_B).square().mean())}


class Parts(toys.Toy):
    """One network learns from all numbers and, by a mean of their own, from the rare ones; one from those alone."""

    name = "parts"
    Answering, Judge = PartsAnswering, PartsJudge

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": rng.normal(size=self.n)}

    def phases(self):
        turns = (
            Turn("both", ("both",), self.both, counts={"rare": rare, "share": lambda batch: 2 * len(batch["x"])}),
            Turn("few", ("few",), self.few, count=rare),
        )
        learners = {name: Learner("adamw", RATE) for name in ("both", "few")}
        return [Phase("only", turns, learners, batch=BATCH, warmup=0.0, hold=1.0)]

    def both(self, nets, batch, carry, step, rng):
        x_B = batch["x"]
        y_B = nets["both"](x_B[:, None])[:, 0]
        return {
            "all": (y_B - x_B).square().sum(),
            "rare": (y_B - 1)[x_B > 1.3].square().sum(),
            "share": (x_B > 0).sum().to(x_B),
        }, None

    def few(self, nets, batch, carry, step, rng):
        x_B = batch["x"]
        return {"rare": (nets["few"](x_B[:, None])[:, 0] - 1)[x_B > 1.3].square().sum()}, None

    def batch(self, arrays, draw, rng):
        return {"x": torch.from_numpy(arrays.take("x", draw.index_B))}

    def inputs(self, arrays):
        yield from arrays.all("x")


class HandedOn(Parts):
    """The same in two phases; the second begins from the first one's best weights, averaged, of long ago."""

    name = "handed-on"
    Judge = WorseJudge

    def phases(self):
        (phase,) = super().phases()
        return [replace(phase, share=0.5, ema=0.2), replace(phase, share=0.5, begins="best")]


class Uneven(Parts):
    """The same with examples that are so long that each is a batch by itself."""

    name = "uneven"

    def order(self, arrays, phase):
        return Buckets(np.where(np.arange(len(arrays)) % 10 == 0, 100, 8), cost=96)


def draws() -> list[Tensor]:
    """What each step learns from."""
    job = Parts(Parts.Settings(), Fitted())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    order = job.order(arrays, job.phases()[0])
    return [torch.from_numpy(arrays.take("x", order.at(derive(0, "order", 0), n).index_B)) for n in range(STEPS)]


def test_each_term_is_divided_as_a_loop_by_hand_divides_it(tmp_path: Path) -> None:
    counts = [rare({"x": x_B}) for x_B in draws()]
    assert 0 in counts, "a batch without any"
    assert max(counts) > 2
    running.train(Parts, tmp_path / "run", steps=STEPS, precision="float64")
    job = Parts(Parts.Settings(), Fitted())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    nets = build_nets(job, arrays, Runtime(precision="float64"), 0)
    adams = {
        name: torch.optim.AdamW(net.parameters(), RATE, (0.9, 0.99), weight_decay=0.0) for name, net in nets.items()
    }
    rows = running.rows(tmp_path / "run")[1:]
    assert len(rows) == STEPS
    for x_B, row in zip(draws(), rows, strict=True):
        big_B = x_B > 1.3
        y_B, few_B = (nets[name](x_B[:, None])[:, 0] for name in ("both", "few"))
        terms = {"train/both/all": (y_B - x_B).square().mean(), "train/both/share": (x_B > 0).double().mean() / 2}
        if big_B.any():
            terms["train/both/rare"] = (y_B - 1)[big_B].square().mean()
            terms["train/few/rare"] = (few_B - 1)[big_B].square().mean()
        for adam in adams.values():
            adam.zero_grad(set_to_none=False)
        sum(term for term in terms.values() if term.requires_grad).backward()
        for net in nets.values():  # where there is nothing to learn from, the gradient is zero
            for weight in net.parameters():
                weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        for adam in adams.values():
            adam.step()
        logged = {name: value for name, value in row.items() if name in terms or name.endswith("rare")}
        assert logged == pytest.approx({name: term.item() for name, term in terms.items()}, rel=1e-9)
    state = Checkpoints(tmp_path / "run" / "checkpoints").read(f"step-{STEPS}").tensors
    for name, net in nets.items():
        assert running.same_tensors(dict(net.state_dict()), pick(state, f"nets/{name}"), 1e-12)


def test_two_processes_equal_one_with_two_shards(tmp_path: Path) -> None:
    halves = [rare({"x": half}) for x_B in draws() for half in x_B.split(BATCH // 2)]
    assert any(0 in pair and any(pair) for pair in zip(halves[::2], halves[1::2], strict=True)), "one of two has none"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(running.__file__).parent), *sys.path])}
    done = subprocess.run(
        [*command, __file__, str(tmp_path / "two")], capture_output=True, text=True, timeout=120, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
    for kind in (Parts, HandedOn, Uneven):
        for shards in (2, 1):
            out = tmp_path / f"{kind.name}-{shards}"
            running.train(kind, out, steps=STEPS, precision="float64", shards=shards)
        one, cut, two = (
            load_file(out / f"checkpoints/step-{STEPS}/state.safetensors")
            for out in (tmp_path / f"{kind.name}-1", tmp_path / f"{kind.name}-2", tmp_path / "two" / kind.name)
        )
        assert running.same_tensors(cut, two, 1e-10)
        assert running.same_tensors(cut, one, 1e-10), "nothing here is normalised: shards change nothing"
        ours, theirs = running.rows(tmp_path / f"{kind.name}-2"), running.rows(tmp_path / "two" / kind.name)
        for a, b in zip(ours, theirs, strict=True):
            assert a == pytest.approx(b, rel=1e-9)
    taken = [event for event in RunFolder(tmp_path / "two" / "handed-on").events() if event["event"] == "phase"]
    assert [(event["step"], event["of"] < 10) for event in taken] == [(10, True)]


def test_a_batch_of_fewer_examples_than_shards_is_learned_from_like_any_other(tmp_path: Path) -> None:
    job = Uneven(Uneven.Settings(), Fitted())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    order = job.order(arrays, job.phases()[0])
    sizes = [len(order.at(derive(0, "order", 0), n).index_B) for n in range(STEPS)]
    assert 1 in sizes, "one alone"
    assert max(sizes) > 5
    for shards in (1, 5):
        running.train(Uneven, tmp_path / str(shards), steps=STEPS, precision="float64", shards=shards)
    whole, cut = (load_file(tmp_path / str(n) / f"checkpoints/step-{STEPS}/state.safetensors") for n in (1, 5))
    assert running.same_tensors(cut, whole, 1e-10)
    rows = [[{k: v for k, v in row.items() if k != "t"} for row in running.rows(tmp_path / str(n))] for n in (1, 5)]
    for first, other in zip(*rows, strict=True):
        assert other == pytest.approx(first, rel=1e-9)


def test_only_denominators_of_their_own_cost_an_exchange() -> None:
    job = Parts(Parts.Settings(), Fitted())
    arrays = job.arrays(job.read("1", ("train",)).only("train"))
    runtime = Runtime()
    team = Team(runtime, shards=2)
    exchanged: list[int] = []
    team.world, team.sum = 2, lambda tensors: exchanged.append(len(tensors))  # as the first of two that hears nothing
    stepper, phase = Stepper(job, job.build(), arrays, runtime, team, seed=0), job.phases()[0]
    optimizers = {name: stepper.optimizer(name, how) for name, how in phase.learners.items()}
    found = {}
    for turn in phase.turns:
        exchanged.clear()
        stepper.take(turn, phase, Draw(np.arange(BATCH), np.zeros(BATCH)), optimizers, 1.0)
        found[turn.name] = list(exchanged)
    # four weights, the flags, and the sums of the terms; before them, the counts
    assert found == {"both": [1, 4 + 1 + 3], "few": [4 + 1 + 1]}


def test_a_count_of_no_term_is_a_mistake(tmp_path: Path) -> None:
    class Misspelt(Parts):
        def phases(self):
            turn = Turn("both", ("both",), self.both, counts={"rear": rare})
            return [Phase("only", (turn,), {"both": Learner()}, batch=BATCH)]

    with pytest.raises(AssertionError, match="both counts for terms that it has not"):
        running.train(Misspelt, tmp_path / "run", steps=2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind in (Parts, HandedOn, Uneven):
        running.train(kind, Path(sys.argv[1]) / kind.name, steps=STEPS, precision="float64")
