"""Pictures a second that a finished captioner says something of; and both phases of its training beside bare loops.

    python bench/caption_speed.py RUN [--rounds 5] [--steps 10]

The pictures are those that the run was judged by, already decoded. In training the engine's steps and a bare loop take
turns over the same networks, batches, losses and optimizers, each phase by itself; the figure is the median of the
ratios of steps a second. Results: bench/results/caption_speed.json.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

import guina
from common import save
from guina.data.arrays import Arrays
from guina.data.records import TRAIN, VAL
from guina.engine.job import Job
from guina.engine.train import build_nets
from guina.engine.turns import Phase
from guina.jobs.caption.fitted import Manner
from guina.runtime import Runtime, evaluating, set_up
from throughput import by_hand, guina_loop, in_turns

PICTURES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    args = parser.parse_args()
    run = guina.load(args.run)
    job, info = run.judge.job, run.folder.info
    records = job.read(info["source"], (TRAIN, VAL))
    pixels_NHWC = job.arrays(records.only(VAL)).first(PICTURES).all("pixels")
    runtime = set_up(threads=info["runtime"]["threads"], precision=info["runtime"]["precision"])
    manners = {"greedy": Manner("greedy"), "beam 5": Manner("beam", 5), "risk": Manner("risk")}
    train = job.arrays(records.only(TRAIN))
    result = {
        "source": info["source"].rsplit("/", 1)[-1],
        "size": info["settings"]["size"],
        "pictures": len(pixels_NHWC),
        "pictures_per_second": {name: said(run, pixels_NHWC, how, args.rounds) for name, how in manners.items()},
        "training": {
            phase.name: training(job, train, runtime, n, args) for n, phase in enumerate(job.planned(20).phases())
        },
        "threads": runtime.threads,
        "precision": runtime.precision,
        "torch": torch.__version__,
    }
    print(result, save("caption_speed", result))


def said(run: guina.Run, pixels_NHWC: np.ndarray, manner: Manner, rounds: int) -> float:
    """Pictures a second, the median of some rounds after one that warms up."""
    rates = []
    with evaluating(*run.nets.values()):
        for _ in range(rounds + 1):
            start = time.perf_counter()
            run.judge.job.answering(run.nets).captioned(pixels_NHWC, manner)
            rates.append(len(pixels_NHWC) / (time.perf_counter() - start))
    return round(statistics.median(rates[1:]), 1)


class OnePhase:
    """A job of one of its phases alone."""

    def __init__(self, job: Job, n: int) -> None:
        self.job, self.n = job.planned(20), n

    def __getattr__(self, name: str) -> Any:
        return getattr(self.job, name)

    def phases(self) -> list[Phase]:
        return [self.job.phases()[self.n]]

    def judge(self, arrays: Arrays) -> Any:
        """The job's, of this one: the engine takes its job, and so its phases, from the judge."""
        judge = self.job.judge(arrays)
        judge.job = self
        return judge


def training(job: Job, train: Arrays, runtime: Runtime, n: int, args: argparse.Namespace) -> dict[str, Any]:
    """The engine's loop beside a bare one, in turns."""
    one: Any = OnePhase(job, n)
    loops = {"guina": guina_loop(one, train, runtime), "bare": bare_loop(one, train, runtime)}
    medians, ratio = in_turns(loops, args.rounds, args.steps)
    return {**medians, "ratio": ratio, "batch": one.phases()[0].batch}


def bare_loop(job: Any, train: Arrays, runtime: Runtime) -> Callable[[int], None]:
    """What one would write by hand: batches in the same order, forward, backward, clipping, the optimizers."""
    nets, phase = build_nets(job, train, runtime, seed=0), job.phases()[0]
    turn = phase.turns[0]
    (player,) = turn.players
    for name, net in nets.items():
        net.requires_grad_(name == player)
        net.train()
    optimizers, order = by_hand(nets[player], phase.learners[player]), job.order(train, phase)
    rng, at = torch.Generator(), 0

    def loop(steps: int) -> None:
        nonlocal at
        for _ in range(steps):
            batch = job.batch(train, replace(order.at(0, at), step=at), rng)
            with runtime.autocast():
                terms, _ = turn.loss(nets, batch, None, at, rng)
            loss = terms["nats"] / turn.count(batch)
            loss.backward()
            if phase.clip:
                torch.nn.utils.clip_grad_norm_(nets[player].parameters(), phase.clip)
            for optimizer in optimizers:
                optimizer.step()
            nets[player].zero_grad()
            loss.item()
            at += 1

    return loop


if __name__ == "__main__":
    main()
