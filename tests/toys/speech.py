"""A ragged job: sequences of noisy symbols, each repeated 2–4 times; CTC recovers the symbols."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.ctc import ctc_greedy
from guina.data.arrays import Arrays
from guina.data.order import Buckets, Draw, Order
from guina.data.ragged import Ragged
from guina.engine.judge import Scores
from guina.engine.turns import Batch, Learner, Phase, Turn
from toys.base import Toy, ToyJudge

SYMBOLS = 5  # the blank among them


def log_probabilities(net, wave_BT):
    """log p of each symbol in each frame, B×T×V."""
    one_hot = F.one_hot(wave_BT, SYMBOLS).to(next(net.parameters()).dtype)
    return net(one_hot.mT).mT.log_softmax(-1)


class ToySpeechAnswering(Answering):
    """Frames to symbols."""

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        w = settings.width
        return {
            "net": nn.Sequential(nn.Conv1d(SYMBOLS, w, 3, padding=1), nn.ReLU(), nn.Conv1d(w, SYMBOLS, 3, padding=1))
        }

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        for n, wave in enumerate(inputs):
            log_1TV = log_probabilities(self.nets["net"], torch.as_tensor(wave)[None])
            yield Answer(f"wave {n + 1}", list(ctc_greedy(log_1TV, torch.tensor([len(wave)]))[0]))


class ToySpeechJudge(ToyJudge):
    """The share of sequences that are recovered whole."""

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        some = arrays.first(limit)
        answers = [answer.output for answer in self.job.answering(nets).stream(self.job.inputs(some), None)]
        texts = [text.tolist() for text in some.values("text", np.arange(len(some)))]
        return {"score": float(np.mean([a == b for a, b in zip(answers, texts, strict=True)]))}


class ToySpeech(Toy):
    """Noisy sequences to symbols."""

    name = "toy-speech"
    Answering = ToySpeechAnswering
    Judge = ToySpeechJudge

    def make(self, rng: np.random.Generator) -> Mapping:
        texts = [rng.integers(1, SYMBOLS, rng.integers(2, 7)) for _ in range(self.n)]
        waves = [np.repeat(text, rng.integers(2, 5, len(text))) for text in texts]
        return {"text": Ragged.of(texts), "wave": Ragged.of(waves)}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.values("wave", np.arange(len(arrays)))

    def phases(self) -> list[Phase]:
        turn = Turn("ctc", ("net",), self.loss, count=lambda batch: int(batch["length"].sum()))
        return [Phase("only", (turn,), {"net": Learner("adamw", 1e-2)}, batch=16, ema=0.02)]

    def loss(self, nets, batch, carry, step, rng):
        log_TBV = log_probabilities(nets["net"], batch["wave"]).transpose(0, 1)
        ctc = F.ctc_loss(log_TBV, batch["text"], batch["frames"], batch["length"], reduction="sum")
        return {"ctc": ctc}, None

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Buckets(arrays.lengths("wave"), phase.batch)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        (wave, frames), (text, length) = (arrays.padded(column, draw.index_B) for column in ("wave", "text"))
        batch = {"wave": wave, "frames": frames, "text": text, "length": length}
        return {name: torch.from_numpy(values) for name, values in batch.items()}
