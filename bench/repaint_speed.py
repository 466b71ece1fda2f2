"""Steps a second of `guina train colorize` or `inpaint` beside a bare PyTorch loop, each phase by itself.

    python bench/repaint_speed.py JOB FOLDER [--size small] [--rounds 5] [--steps 10]

The engine's steps and the bare loop's take turns in one process, over the same networks, batches, turns, losses and
optimizers; the bare loop averages no weights and guards nothing. The figure is the median of the ratios of steps a
second. Results: bench/results/repaint_speed.json, one row a job.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from caption_speed import OnePhase
from common import commit, keep, machine
from guina.data.arrays import Arrays
from guina.data.records import TRAIN, VAL
from guina.engine.job import fit
from guina.engine.train import build_nets
from guina.jobs import find
from guina.runtime import Runtime, set_up
from throughput import by_hand, guina_loop, in_turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("colorize", "inpaint"))
    parser.add_argument("folder")
    parser.add_argument("--size", default="small")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    args = parser.parse_args()
    runtime = set_up()
    kind = find(args.job)
    job = kind(kind.Settings(size=args.size))
    job, train = fit(job, job.read(args.folder, (TRAIN, VAL)).only(TRAIN))
    row: dict[str, Any] = {"job": args.job, "data": args.folder.rstrip("/").rsplit("/", 1)[-1], "size": args.size}
    row["training"] = {
        phase.name: beside(OnePhase(job, n), train, runtime, args) for n, phase in enumerate(job.planned(20).phases())
    }
    facts = machine()
    row |= {"threads": runtime.threads, "precision": runtime.precision, "torch": torch.__version__}
    row |= {"commit": commit(), "cpu": facts["cpu"], "load_before": facts["load"]}
    print(row)
    keep("repaint_speed", row, lambda row: (row["job"], row["data"], row["size"]), lambda rows: [])


def beside(one: Any, train: Arrays, runtime: Runtime, args: argparse.Namespace) -> dict[str, float]:
    """The engine's loop and a bare one, in turns."""
    loops = {"guina": guina_loop(one, train, runtime), "bare": bare_loop(one, train, runtime)}
    medians, ratio = in_turns(loops, args.rounds, args.steps)
    return {**medians, "ratio": ratio}


def bare_loop(job: Any, train: Arrays, runtime: Runtime) -> Callable[[int], None]:
    """What one would write by hand: a batch, then each turn's forward and backward pass and its optimizers."""
    nets, phase = build_nets(job, train, runtime, seed=0), job.phases()[0]
    optimizers = {player: by_hand(nets[player], learner) for player, learner in phase.learners.items()}
    order, rng, at = job.order(train, phase), torch.Generator(), 0
    for net in nets.values():
        net.train()

    def loop(steps: int) -> None:
        nonlocal at
        for _ in range(steps):
            batch = job.batch(train, replace(order.at(0, at), step=at), rng)
            cleared = True
            for turn in phase.turns:
                if at % turn.every:
                    continue
                for name, net in nets.items():
                    net.requires_grad_(name in turn.players)
                    if name in turn.players and cleared:
                        net.zero_grad()
                with runtime.autocast():
                    terms, _ = turn.loss(nets, batch, None, at, rng)
                learned = [term for term in terms.values() if term.requires_grad]
                (torch.stack(learned).sum() / turn.count(batch)).backward()
                cleared = not turn.joins
                if not turn.joins:
                    for player in turn.players:
                        for optimizer in optimizers[player]:
                            optimizer.step()
                    learned[0].item()
            at += 1

    return loop


if __name__ == "__main__":
    main()
