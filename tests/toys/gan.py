"""An adversarial job: points on an arc. The first phase gathers the generator's at the origin, the second plays."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.engine.game import Game, Penalty
from guina.engine.judge import Scores
from guina.engine.turns import Batch, Learner, Phase, Turn
from toys.base import Toy, ToyJudge


class ToyGanAnswering(Answering):
    """A number to a point."""

    players = ("generator",)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        w = settings.width
        return {"generator": nn.Sequential(nn.Linear(4, w), nn.BatchNorm1d(w), nn.ReLU(), nn.Linear(w, 2))}

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        weight = next(self.nets["generator"].parameters())
        for value in inputs:
            z = torch.full((1, 4), float(value)).to(weight)
            yield Answer(float(value), self.nets["generator"](z)[0].tolist())


class ToyGanJudge(ToyJudge):
    """How near made points are to real ones."""

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        z = torch.randn(64, 4, generator=torch.Generator().manual_seed(0)).to(next(nets["generator"].parameters()))
        real = torch.from_numpy(arrays.all("x")[:limit]).to(z)
        return {"score": -float(torch.cdist(nets["generator"](z), real).min(1).values.mean())}


class ToyGan(Toy):
    """Points on an arc; the first phase gathers the generator's at the origin, the second plays with a lazy R1 + R2."""

    name = "toy-gan"
    Answering = ToyGanAnswering
    Judge = ToyGanJudge

    def make(self, rng: np.random.Generator) -> Mapping:
        angle = rng.uniform(0, np.pi / 2, self.n)
        return {"x": np.stack([np.cos(angle), np.sin(angle)], 1)}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from np.linspace(-1, 1, 16)

    def build(self) -> Nets:
        w = self.settings.width
        critic = nn.Sequential(nn.Linear(2, w), nn.LeakyReLU(0.2), nn.Linear(w, 1))
        return {"critic": critic, **self.Answering.build(self.settings, self.fitted)}

    def phases(self) -> list[Phase]:
        adam = Learner("adamw", 1e-2, betas=(0.0, 0.99))
        warm = Turn("mean", ("generator",), self.mean_loss)
        *critic, generator = self.game().turns()
        fresh = Turn("generator", generator.players, generator.loss, fresh_batch=True)
        return [
            Phase("warm", (warm,), {"generator": adam}, batch=32, share=0.25),
            Phase("game", (*critic, fresh), {"critic": adam, "generator": adam}, batch=32, share=0.75, ema=0.05),
        ]

    def game(self, kind: type[Game] = Game) -> Game:
        return kind("non-saturating", self.fakes, judged, Penalty("flat", lambda *_: 0.2, 4))

    def mean_loss(self, nets, batch, carry, step, rng):
        return {"mean": self.fakes(nets, batch, rng)["x"].square().sum()}, carry

    def fakes(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Batch:
        z = torch.randn(len(batch["x"]), 4, generator=rng, dtype=torch.float64).to(batch["x"])
        return {"x": nets["generator"](z)}

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        return {"x": torch.from_numpy(arrays.take("x", draw.index_B))}


def judged(nets: Nets, batch: Batch) -> torch.Tensor:
    return nets["critic"](batch["x"]).squeeze(1)
