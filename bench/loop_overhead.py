"""What the engine's loop costs over a bare PyTorch loop of the same tiny steps of about two milliseconds.

    python bench/loop_overhead.py [--blocks 200]

Both train one small convolutional network with the same batches, loss, fused optimizer and rates, from arrays in
memory; the engine adds its guard, norms, seeds, status and progress line. They take turns, 25 steps each; the figure
is the median of the ratios.
Results: bench/results/loop_overhead.json.
"""

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from common import ROOT, save

sys.path.insert(0, str(ROOT / "tests"))
import toys
from guina.answering.answer import Answer, Part
from guina.answering.base import Answering
from guina.data.arrays import Arrays
from guina.engine.budget import Clock, Plan
from guina.engine.job import fit
from guina.engine.judge import Scores
from guina.engine.optim import rate_factor
from guina.engine.parallel import Team
from guina.engine.progress import Progress
from guina.engine.signals import Stop
from guina.engine.state import Place
from guina.engine.train import Training, build_nets
from guina.engine.turns import Learner, Nets, Phase, Turn
from guina.runfolder import RunFolder
from guina.runtime import Runtime, set_up

STEPS, BATCH, BLOCK = 10_000, 64, 25


class TinyAnswering(Answering):
    """Two convolutions and a linear layer, which are not asked."""

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        layers = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)]
        return {"net": nn.Sequential(*layers, nn.Flatten(), nn.Linear(288, 10)).to(memory_format=torch.channels_last)}

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        yield from ()


class TinyJudge(toys.ToyJudge):
    """Scores nothing: no validation falls into what is timed."""

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        return {"score": 0.0}


class Tiny(toys.Toy):
    """Pictures of 12×12 in ten classes."""

    name, n = "tiny", 4096
    Answering = TinyAnswering
    Judge = TinyJudge

    def make(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {"x": rng.normal(size=(self.n, 1, 12, 12)).astype(np.float32), "y": rng.integers(0, 10, self.n)}

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from ()

    def phases(self):
        return [Phase("only", (Turn("fit", ("net",), self.loss),), {"net": Learner()}, batch=BATCH)]

    def loss(self, nets, batch, carry, step, rng):
        return {"loss": F.cross_entropy(nets["net"](batch["x"]), batch["y"], reduction="sum")}, None

    def batch(self, arrays, draw, rng):
        return {name: torch.from_numpy(arrays.take(name, draw.index_B)) for name in ("x", "y")}


def engine_loop(job: Tiny, arrays: Arrays, runtime: Runtime, folder: Path) -> Callable[[], object]:
    """A step of the engine, without validations and checkpoints."""
    began = time.monotonic()
    run = RunFolder(folder / "run")
    run.create()
    progress = Progress("score", io.StringIO())
    place = Place(runtime, Team(runtime), run, progress, Stop(), lambda: time.monotonic() - began)
    nets = build_nets(job, arrays, runtime, 0)
    return Training(job.judge(arrays), nets, (arrays, arrays), place, Plan(STEPS), Clock(None, 0.002), seed=0)._advance


def bare_loop(job: Tiny, arrays: Arrays, runtime: Runtime) -> Callable[[], object]:
    """A step as one would write it by hand; it reads the loss, as everybody does."""
    net = build_nets(job, arrays, runtime, 0)["net"]
    phase = job.phases()[0]
    adam = torch.optim.AdamW(net.parameters(), 1e-3, (0.9, 0.99), weight_decay=0.0, fused=True)
    rng, taken, total, order = np.random.default_rng(0), 0, 0.0, np.empty(0, np.int64)

    def step() -> None:
        nonlocal taken, total, order
        if len(order) < BATCH:
            order = rng.permutation(len(arrays))
        index_B, order = order[:BATCH], order[BATCH:]
        x, y = (torch.from_numpy(arrays.take(name, index_B)) for name in ("x", "y"))
        loss = F.cross_entropy(net(x), y)
        adam.zero_grad()
        loss.backward()
        for group in adam.param_groups:
            group["lr"] = 1e-3 * rate_factor(phase, (taken + 0.5) / STEPS)
        adam.step()
        total += loss.item()
        taken += 1

    return step


def milliseconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(BLOCK):
        step()
    return (time.perf_counter() - start) / BLOCK * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=200)
    args = parser.parse_args()
    runtime = set_up("cpu", "float32", threads=1)
    job = Tiny(Tiny.Settings())
    job, arrays = fit(job, job.read("1", ("train",)).only("train"))
    assert isinstance(job, Tiny), "fitted, it is still the same"
    with tempfile.TemporaryDirectory() as folder:
        bare, engine = bare_loop(job, arrays, runtime), engine_loop(job, arrays, runtime, Path(folder))
        pairs = [(milliseconds(bare), milliseconds(engine)) for _ in range(args.blocks + 1)][1:]  # the first warms up
    bare_ms, engine_ms = (statistics.median(column) for column in zip(*pairs, strict=True))
    result = {
        "bare_ms": round(bare_ms, 3),
        "engine_ms": round(engine_ms, 3),
        "ratio": round(statistics.median(e / b for b, e in pairs), 3),
    }
    print(result)
    save("loop_overhead", result | {"torch": torch.__version__, "threads": 1, "steps": BLOCK * args.blocks})


if __name__ == "__main__":
    main()
