"""Three toy jobs that prove the seam between jobs and engine: a phased GAN with a lazy penalty, a stateful stream, and
a ragged CTC. Each draws its own data, so that a test needs no files.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from guina.data.order import Buckets, Draw, Lanes, Order, Shuffled
from guina.data.records import SPLITS, Arrays, Records, Report
from guina.engine.job import Answer, Fitted, Job, Scores
from guina.engine.turns import Batch, Learner, Nets, Phase, Turn


@dataclass(frozen=True)
class ToySettings:
    """The toys' one dial."""

    width: int = 16


class Toy(Job):
    """What the toys share: made-up data, nothing fitted."""

    Settings = ToySettings
    metric = "score"
    n = 256

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def read(self, source: str, splits: Sequence[str]) -> Records:
        seed = int(source)
        split_N = (np.arange(self.n) % 8 == 0).astype(np.int64)
        names = [f"example-{i}" for i in range(self.n)]
        return Records(names, split_N, {}, seed, f"toy-{seed}", Report(self.n, self.n))

    def fit(self, records: Records) -> None:
        assert set(records.split_N) == {SPLITS.index("train")}

    def arrays(self, records: Records) -> Arrays:
        columns = self.make(np.random.default_rng(records.source))
        return Arrays(columns, records.rows, list(records.names))

    def fitted(self) -> Fitted:
        return Fitted()

    def restore(self, fitted: Fitted) -> None:
        pass

    def baseline(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Scores:
        return {"score": 0.0}

    def better(self, a: Scores, b: Scores) -> bool:
        return a["score"] > b["score"]

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.all("x")


class ToyGan(Toy):
    """Points on an arc; the first phase gathers the generator's at the origin, the second plays with a lazy R1."""

    name = "toy-gan"

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        angle = rng.uniform(0, np.pi / 2, self.n)
        return {"x": np.stack([np.cos(angle), np.sin(angle)], 1)}

    def build(self) -> Nets:
        w = self.settings.width
        critic = nn.Sequential(nn.Linear(2, w), nn.LeakyReLU(0.2), nn.Linear(w, 1))
        generator = nn.Sequential(nn.Linear(4, w), nn.BatchNorm1d(w), nn.ReLU(), nn.Linear(w, 2))
        return {"critic": critic, "generator": generator}

    def phases(self) -> list[Phase]:
        adam = Learner("adamw", 1e-2, betas=(0.0, 0.99))
        warm = Turn("mean", ("generator",), self.mean_loss)
        game = (
            Turn("critic", ("critic",), self.critic_loss),
            Turn("penalty", ("critic",), self.penalty, every=4),
            Turn("generator", ("generator",), self.generator_loss, fresh_batch=True),
        )
        return [
            Phase("warm", (warm,), {"generator": adam}, batch=32, share=0.25),
            Phase("game", game, {"critic": adam, "generator": adam}, batch=32, share=0.75, ema=0.05),
        ]

    def mean_loss(self, nets, batch, carry, step, rng):
        return {"mean": self.fakes(nets, batch, rng).square().sum()}, carry

    def critic_loss(self, nets, batch, carry, step, rng):
        fake = self.fakes(nets, batch, rng)
        return {
            "real": F.softplus(-nets["critic"](batch["x"])).sum(),
            "fake": F.softplus(nets["critic"](fake)).sum(),
        }, carry

    def penalty(self, nets, batch, carry, step, rng):
        x = batch["x"].clone().requires_grad_()
        (slope,) = torch.autograd.grad(nets["critic"](x).sum(), x, create_graph=True)
        return {"r1": 0.1 * slope.square().sum()}, carry

    def generator_loss(self, nets, batch, carry, step, rng):
        return {"fool": F.softplus(-nets["critic"](self.fakes(nets, batch, rng))).sum()}, carry

    def fakes(self, nets: Nets, batch: Batch, rng: torch.Generator) -> torch.Tensor:
        z = torch.randn(len(batch["x"]), 4, generator=rng, dtype=torch.float64).to(batch["x"])
        return nets["generator"](z)

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Shuffled(len(arrays), phase.batch)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        return {"x": torch.from_numpy(arrays.take("x", draw.index_B))}

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        z = torch.randn(64, 4, generator=torch.Generator().manual_seed(0)).to(next(nets["generator"].parameters()))
        real = torch.from_numpy(arrays.all("x")[:limit]).to(z)
        return {"score": -float(torch.cdist(nets["generator"](z), real).min(1).values.mean())}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from np.linspace(-1, 1, 16)

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        weight = next(nets["generator"].parameters())
        for value in inputs:
            z = torch.full((1, 4), float(value)).to(weight)
            yield {"sample": nets["generator"](z)[0].tolist()}


class ToyStream(Toy):
    """The next symbol of a periodic stream with gaps: a GRU whose state is carried between windows, and whose symbols
    are one table going in and coming out (tied weights)."""

    name = "toy-stream"
    n, window, lanes = 4096, 8, 16

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": np.cumsum(rng.integers(1, 3, self.n)) % 5}

    def read(self, source: str, splits: Sequence[str]) -> Records:
        records = super().read(source, splits)
        return Records(
            records.names, (np.arange(self.n) >= self.n * 7 // 8).astype(np.int64), *vars_after_split(records)
        )

    def build(self) -> Nets:
        w = self.settings.width
        parts = {"in": nn.Embedding(5, w), "gru": nn.GRU(w, w, batch_first=True), "out": nn.Linear(w, 5)}
        parts["out"].weight = parts["in"].weight
        return {"net": nn.ModuleDict(parts)}

    def phases(self) -> list[Phase]:
        turn = Turn("next", ("net",), self.loss, count=lambda batch: batch["y"].numel())
        return [Phase("only", (turn,), {"net": Learner("muon", 0.02, 3e-3)}, batch=self.lanes, clip=1.0)]

    def loss(self, nets, batch, carry, step, rng):
        logits_BTV, h = self.run(nets["net"], batch["x"], carry["h"] if carry else None)
        return {"nats": F.cross_entropy(logits_BTV.flatten(0, 1), batch["y"].flatten(), reduction="sum")}, {"h": h}

    def run(self, net, x_BT, h):
        y_BTH, h = net["gru"](net["in"](x_BT), h)
        return net["out"](F.dropout(y_BTH, 0.1, net.training)), h

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Lanes(len(arrays), phase.batch, self.window)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        place_BT = draw.index_B[:, None] + np.arange(self.window + 1)
        x = torch.from_numpy(arrays.take("x", place_BT))
        return {"x": x[:, :-1], "y": x[:, 1:]}

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        x = torch.from_numpy(arrays.all("x")[:limit])[None]
        logits_BTV, _ = self.run(nets["net"], x[:, :-1], None)
        return {"score": -float(F.cross_entropy(logits_BTV[0], x[0, 1:]))}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.all("x")[:64].reshape(8, 8)

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        for passage in inputs:
            logits_BTV, _ = self.run(nets["net"], torch.as_tensor(passage)[None], None)
            yield {"next": logits_BTV[0, -1].softmax(-1).tolist()}


def vars_after_split(records: Records) -> tuple[Any, ...]:
    return records.columns, records.source, records.fingerprint, records.report


class ToySpeech(Toy):
    """Ragged sequences of noisy symbols, each repeated 2–4 times; CTC recovers the symbols."""

    name = "toy-speech"

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        texts = [rng.integers(1, 5, rng.integers(2, 7)) for _ in range(self.n)]
        waves = [np.repeat(text, rng.integers(2, 5, len(text))) for text in texts]
        text_at, wave_at = (np.concatenate([[0], np.cumsum([len(x) for x in xs])]) for xs in (texts, waves))
        return {
            "flat_text": np.concatenate(texts),
            "flat_wave": np.concatenate(waves),
            "text_at": text_at,
            "wave_at": wave_at,
        }

    def ragged(self, arrays: Arrays, what: str, index_B: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        rows = arrays.rows_N[index_B]
        at, flat = arrays.columns[f"{what}_at"], arrays.columns[f"flat_{what}"]
        parts = [torch.from_numpy(flat[at[r] : at[r + 1]]) for r in rows]
        return nn.utils.rnn.pad_sequence(parts, batch_first=True), torch.tensor([len(p) for p in parts])

    def build(self) -> Nets:
        w = self.settings.width
        return {"net": nn.Sequential(nn.Conv1d(5, w, 3, padding=1), nn.ReLU(), nn.Conv1d(w, 5, 3, padding=1))}

    def phases(self) -> list[Phase]:
        turn = Turn("ctc", ("net",), self.loss, count=lambda batch: int(batch["length"].sum()))
        return [Phase("only", (turn,), {"net": Learner("adamw", 1e-2)}, batch=16, ema=0.02)]

    def loss(self, nets, batch, carry, step, rng):
        log_BTV = self.run(nets["net"], batch["wave"])
        ctc = F.ctc_loss(log_BTV.transpose(0, 1), batch["text"], batch["frames"], batch["length"], reduction="sum")
        return {"ctc": ctc}, None

    def run(self, net, wave_BT):
        one_hot = F.one_hot(wave_BT, 5).to(next(net.parameters()).dtype)
        return net(one_hot.mT).mT.log_softmax(-1)

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        at = arrays.columns["wave_at"]
        return Buckets((at[1:] - at[:-1])[arrays.rows_N], phase.batch)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        wave, frames = self.ragged(arrays, "wave", draw.index_B)
        text, length = self.ragged(arrays, "text", draw.index_B)
        return {"wave": wave, "frames": frames, "text": text, "length": length}

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        some = arrays.first(limit)
        answers = [answer["text"] for answer in self.predict(nets, self.inputs(some))]
        texts = [self.ragged(some, "text", np.array([i]))[0][0].tolist() for i in range(len(some))]
        return {"score": float(np.mean([a == b for a, b in zip(answers, texts, strict=True)]))}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        for i in range(len(arrays)):
            yield self.ragged(arrays, "wave", np.array([i]))[0][0].numpy()

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        for wave in inputs:
            best = self.run(nets["net"], torch.as_tensor(wave)[None])[0].argmax(-1)
            yield {"text": [int(v) for v in torch.unique_consecutive(best) if v != 0]}


TOYS = {toy.name: toy for toy in (ToyGan, ToyStream, ToySpeech)}
