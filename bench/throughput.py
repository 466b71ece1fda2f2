"""Pictures a second in training: guina and a bare PyTorch loop over the same network, batch and augmentation.

    python bench/throughput.py FOLDER [--size small] [--rounds 7] [--steps 40]

Both take turns in one process; medians and the ratio go to bench/results/throughput.json.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from common import save
from guina.data.arrays import Arrays
from guina.data.records import TRAIN, VAL
from guina.engine.budget import Clock, Plan
from guina.engine.job import Job, fit, headline
from guina.engine.optim import Muon
from guina.engine.parallel import Team
from guina.engine.progress import Progress
from guina.engine.signals import Stop
from guina.engine.state import Place
from guina.engine.train import Training, build_nets
from guina.engine.turns import Learner
from guina.jobs.classify.learning import Classify, ClassifySettings
from guina.runfolder import RunFolder
from guina.runtime import set_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--size", default="small")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=40)
    args = parser.parse_args()
    runtime = set_up()
    job, train = fitted(Classify(ClassifySettings(size=args.size)), args.folder)
    rates: dict[str, list[float]] = {"guina": [], "bare": []}
    engine, bare = guina_loop(job, train, runtime), bare_loop(job, train, runtime)
    for _ in range(args.rounds):
        for name, loop in (("guina", engine), ("bare", bare)):
            start = time.perf_counter()
            loop(args.steps)
            rates[name].append(args.steps * job.batch_size / (time.perf_counter() - start))
    medians = {name: round(statistics.median(values)) for name, values in rates.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["guina"], rates["bare"], strict=True))
    result = {
        "size": args.size,
        "batch": job.batch_size,
        "precision": runtime.precision,
        "pictures_per_second": medians,
    }
    print(result | {"ratio": round(ratio, 3)}, save("throughput", result | {"ratio": round(ratio, 3)}))


def fitted(job: Job, source: str) -> tuple[Any, Arrays]:
    """A job fitted to the training split of some data, and that split."""
    return fit(job, job.read(source, (TRAIN, VAL)).only(TRAIN))


def guina_loop(job, train, runtime):
    """The engine's steps, with guard, log and progress; no validation falls into the timed stretch."""
    folder = RunFolder(Path(tempfile.mkdtemp()))
    folder.create()
    place = Place(runtime, Team(runtime), folder, Progress(headline(job).name), Stop(), time.perf_counter)
    nets = build_nets(job, train, runtime, seed=0)
    training = Training(job.judge(train), nets, (train, train), place, Plan(10**6), Clock(None, 0.01), seed=0)

    def loop(steps: int) -> None:
        for _ in range(steps):
            training._advance()

    return loop


def in_turns(loops: Mapping[str, Callable[[int], None]], rounds: int, steps: int) -> tuple[dict[str, float], float]:
    """Steps a second of two loops that take turns, "guina" and "bare": their medians and the median of their ratios,
    after a round that warms up.
    """
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds + 1):
        for name, loop in loops.items():
            start = time.perf_counter()
            loop(steps)
            rates[name].append(steps / (time.perf_counter() - start))
    medians = {name: round(statistics.median(values[1:]), 3) for name, values in rates.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["guina"][1:], rates["bare"][1:], strict=True))
    return medians, round(ratio, 3)


def by_hand(net: nn.Module, learner: Learner) -> list[Muon | torch.optim.Optimizer]:
    """The optimizers that a learner names, as one would make them without the engine."""
    tables = {m.weight for m in net.modules() if isinstance(m, nn.Embedding | nn.EmbeddingBag)}
    weights = {name: w for name, w in net.named_parameters() if w.requires_grad}
    muon = learner.optimizer == "muon"
    matrices = [
        w
        for name, w in weights.items()
        if muon and w.ndim >= 2 and w not in tables and not name.startswith(learner.rest)
    ]
    others = [w for w in weights.values() if not any(w is matrix for matrix in matrices)]
    made: list[Muon | torch.optim.Optimizer] = []
    if matrices:
        made.append(
            Muon(matrices, learner.rate, learner.momentum, sphere=learner.sphere, iterations=learner.iterations)
        )
    rate = learner.rate_rest if muon else learner.rate
    return [*made, torch.optim.AdamW(others, rate, learner.betas, weight_decay=0.0, fused=True)]


def bare_loop(job, train, runtime):
    """What one would write by hand: the same batches, forward, backward, two optimizers, nothing else."""
    net = build_nets(job, train, runtime, seed=0)["net"]
    optimizers = by_hand(net, job.phases()[0].learners["net"])
    order, rng, at = job.order(train, job.phases()[0]), torch.Generator(), [0]

    def loop(steps: int) -> None:
        for _ in range(steps):
            draw = replace(order.at(0, at[0]), step=at[0])
            at[0] += 1
            batch = job.batch(train, draw, rng)
            with runtime.autocast():
                logits = net(batch["x"])
            loss = F.cross_entropy(logits.float(), batch["target"], label_smoothing=job.settings.smoothing)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            net.zero_grad()

    return loop


if __name__ == "__main__":
    main()
