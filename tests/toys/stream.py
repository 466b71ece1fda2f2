"""A streaming job: the next symbol of a periodic stream with gaps, by a GRU whose state is carried between windows, and
whose symbols are one table going in and coming out (tied weights). Answers come in parts.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.data.arrays import Arrays
from guina.data.order import Draw, Lanes, Order
from guina.engine.judge import Scores
from guina.engine.turns import Batch, Learner, Phase, Turn
from toys.base import Toy, ToyJudge

SYMBOLS, WRITTEN = 5, 4


def run(net, x_BT, h):
    """The logits after each symbol, and the state after the last."""
    y_BTH, h = net["gru"](net["in"](x_BT), h)
    return net["out"](F.dropout(y_BTH, 0.1, net.training)), h


class ToyStreamAnswering(Answering):
    """A passage to what comes next: probabilities, and a few symbols as they are written."""

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        w = settings.width
        parts = {"in": nn.Embedding(SYMBOLS, w), "gru": nn.GRU(w, w, batch_first=True), "out": nn.Linear(w, SYMBOLS)}
        parts["out"].weight = parts["in"].weight
        return {"net": nn.ModuleDict(parts)}

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        for passage in inputs:
            x_BT, h, written = torch.as_tensor(passage)[None], None, []
            following: list[float] = []
            for _ in range(WRITTEN):
                logits_BTV, h = run(self.nets["net"], x_BT, h)
                following = following or logits_BTV[0, -1].softmax(-1).tolist()
                x_BT = logits_BTV[:, -1:].argmax(-1)
                written.append(int(x_BT))
                yield Part(f"{written[-1]} ")
            yield Answer(list(map(int, passage)), written, facts={"next": following})


class ToyStreamJudge(ToyJudge):
    """The mean log probability of the next symbol."""

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        x = torch.from_numpy(arrays.all("x")[:limit])[None]
        logits_BTV, _ = self.job.run(nets["net"], x[:, :-1], None)
        return {"score": -float(F.cross_entropy(logits_BTV[0], x[0, 1:]))}


class ToyStream(Toy):
    """The next symbol of a stream."""

    name = "toy-stream"
    Answering = ToyStreamAnswering
    Judge = ToyStreamJudge
    n, window, lanes = 4096, 8, 16

    def make(self, rng: np.random.Generator) -> Mapping:
        return {"x": np.cumsum(rng.integers(1, 3, self.n)) % SYMBOLS}

    def splits(self) -> np.ndarray:
        return (np.arange(self.n) >= self.n * 7 // 8).astype(np.int64)

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.all("x")[:64].reshape(8, 8)

    def phases(self) -> list[Phase]:
        turn = Turn("next", ("net",), self.loss, count=lambda batch: batch["y"].numel())
        return [Phase("only", (turn,), {"net": Learner("muon", 0.02, 3e-3)}, batch=self.lanes, clip=1.0)]

    def loss(self, nets, batch, carry, step, rng):
        logits_BTV, h = self.run(nets["net"], batch["x"], carry["h"] if carry else None)
        return {"nats": F.cross_entropy(logits_BTV.flatten(0, 1), batch["y"].flatten(), reduction="sum")}, {"h": h}

    def run(self, net, x_BT, h):
        return run(net, x_BT, h)

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Lanes(len(arrays), phase.batch, self.window)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        place_BT = draw.index_B[:, None] + np.arange(self.window + 1)
        x = torch.from_numpy(arrays.take("x", place_BT))
        return {"x": x[:, :-1], "y": x[:, 1:]}
