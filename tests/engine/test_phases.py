"""Trainings in phases: epochs of all of them are counted, and a network that rests keeps its average."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import running
import toys
from guina.engine.checkpoint import Checkpoints
from guina.engine.model import pick
from guina.engine.turns import Phase
from guina.runfolder import RunFolder


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
