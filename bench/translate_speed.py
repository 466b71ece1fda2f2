"""Sentences a second of a finished translator, greedy and with its beam; and its training beside a bare PyTorch loop.

    python bench/translate_speed.py RUN [--rounds 5] [--steps 20]

The sentences are those of the test split of the run's data. In training the engine's steps and a bare loop take turns
over the same network, batches, loss and optimizers; the figure is the median of the ratios of steps a second.
Results: bench/results/translate_speed.json.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import guina
from common import save
from guina.data.arrays import Arrays
from guina.data.records import TEST, TRAIN
from guina.engine.job import Job
from guina.engine.train import build_nets
from guina.jobs.translate.settings import TranslateOptions
from guina.runtime import Runtime, evaluating, set_up
from throughput import by_hand, guina_loop, in_turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    run = guina.load(args.run)
    job, info = run.judge.job, run.folder.info
    records = job.read(info["source"], (TRAIN, TEST))
    test = job.arrays(records.only(TEST))
    texts = test.texts("source_text", np.arange(len(test)))
    runtime = set_up(threads=info["runtime"]["threads"], precision=info["runtime"]["precision"])
    widths = {"greedy": 1, f"beam {TranslateOptions().beam}": TranslateOptions().beam}
    decoding = {name: decoded(run, texts, width, args.rounds) for name, width in widths.items()}
    result = {
        "source": Path(info["source"]).name,
        "size": info["settings"]["size"],
        "sentences": len(texts),
        "sentences_per_second": decoding,
        "training": training(job, job.arrays(records.only(TRAIN)), runtime, args.rounds, args.steps),
        "threads": runtime.threads,
        "precision": runtime.precision,
        "torch": torch.__version__,
    }
    print(result, save("translate_speed", result))


def decoded(run: guina.Run, texts: Sequence[str], width: int, rounds: int) -> float:
    """Sentences a second, the median of some rounds after one that warms up."""
    rates = []
    with evaluating(*run.nets.values()):
        for _ in range(rounds + 1):
            start = time.perf_counter()
            run.judge.job.answering(run.nets).translated(texts, width)
            rates.append(len(texts) / (time.perf_counter() - start))
    return round(statistics.median(rates[1:]), 1)


def training(job: Job, train: Arrays, runtime: Runtime, rounds: int, steps: int) -> dict[str, Any]:
    """The engine's loop beside a bare one, in turns."""
    loops = {"guina": guina_loop(job, train, runtime), "bare": bare_loop(job, train, runtime)}
    medians, ratio = in_turns(loops, rounds, steps)
    return {"steps_per_second": medians, "ratio": ratio, "batch": job.phases()[0].batch}


def bare_loop(job: Job, train: Arrays, runtime: Runtime) -> Callable[[int], None]:
    """What one would write by hand: batches in the same order, forward, backward, clipping, the optimizers."""
    nets, phase = build_nets(job, train, runtime, seed=0), job.phases()[0]
    turn, net = phase.turns[0], nets["net"]
    optimizers, order = by_hand(net, phase.learners["net"]), job.order(train, phase)
    rng, at = torch.Generator(), 0
    net.train()

    def loop(steps: int) -> None:
        nonlocal at
        for _ in range(steps):
            batch = job.batch(train, replace(order.at(0, at), step=at), rng)
            with runtime.autocast():
                terms, _ = turn.loss(nets, batch, None, at, rng)
            loss = torch.stack([term for term in terms.values() if term.requires_grad]).sum() / turn.count(batch)
            loss.backward()
            if phase.clip:
                torch.nn.utils.clip_grad_norm_(net.parameters(), phase.clip)
            for optimizer in optimizers:
                optimizer.step()
            net.zero_grad()
            loss.item()
            at += 1

    return loop


if __name__ == "__main__":
    main()
