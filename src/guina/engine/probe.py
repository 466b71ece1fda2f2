"""Measuring before planning: what each kind of step costs, and which size the time is enough for.

All of it happens on throw-away networks, so that nothing of the training depends on it but the plan.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from guina.data.arrays import Arrays
from guina.engine.budget import Limit
from guina.engine.job import Job
from guina.engine.judge import Judge
from guina.engine.parallel import Team
from guina.engine.step import NotFinite, Stepper
from guina.engine.train import build_nets
from guina.runtime import Runtime, evaluating


@dataclass(frozen=True)
class Cost:
    """Seconds.

    Args:
        step: of training, all turns.
        example: a validation example, at a quick look.
        answer: a validation example, scored as a whole split is.
    """

    step: float
    example: float
    answer: float


def probe(judge: Judge, data: tuple[Arrays, Arrays], runtime: Runtime, team: Team, repeats: int = 3) -> Cost:
    """Time every turn of every phase, and a little validation, on networks that are thrown away."""
    job: Job = judge.job
    train, val = data
    nets = build_nets(job, train, runtime, seed=0)
    stepper = Stepper(job, nets, train, runtime, team, seed=0)
    phases = job.phases()
    total = 0.0
    for phase in phases:
        order = job.order(train, phase)
        optimizers = {name: stepper.optimizer(name, how) for name, how in phase.learners.items()}
        for turn in phase.turns:
            taken = []
            for position in range(repeats + 1):
                start = time.perf_counter()
                with suppress(NotFinite):  # the training will meet it, and name it
                    stepper.take(turn, phase, order.at(0, position), optimizers, factor=1e-3)
                taken.append(time.perf_counter() - start)
            total += min(taken[1:]) / turn.every * phase.share / sum(p.share for p in phases)
    few = min(len(val), max(judge.probed, judge.validation_limit // 20))
    with evaluating(*nets.values()):
        start = time.perf_counter()
        judge.score(nets, val, few)
        looked = time.perf_counter()
        judge.score(nets, val.first(few))
        answered = time.perf_counter()
    shared_by = (len(val) if judge.fixed_cost else few) / judge.trained_share
    return Cost(*team.broadcast([total, (looked - start) / shared_by, (answered - looked) / shared_by]))


def epochs_in(job: Job, train: Arrays, steps: float) -> float:
    """Passes over the data in so many steps of all phases."""
    phases = job.phases()
    whole = sum(phase.share for phase in phases)
    return sum(steps * phase.share / whole / job.order(train, phase).batches for phase in phases)


def choose_size(
    judge: Judge, data: tuple[Arrays, Arrays], limit: Limit, runtime: Runtime, team: Team, seconds: float
) -> tuple[Job, Cost | None]:
    """The job with its size settled, and what its steps cost where that was measured.

    With a time limit the sizes are timed from small to large until one would not see the data often enough; with
    epochs or steps nothing is timed, and the size is a function of the data and the number of steps alone.
    """
    job: Job = judge.job
    timed = limit.minutes is not None
    if not job.sizes or job.settings.size != "auto":
        return job, probe(judge, data, runtime, team) if timed else None
    chosen: tuple[Job, Cost | None] | None = None
    for size in job.sizes:
        candidate = resized(job, size)
        cost = probe(judge.of(candidate), data, runtime, team) if timed else None
        if cost is not None:
            epochs = epochs_in(candidate, data[0], seconds / cost.step)
        else:
            epochs = limit.epochs or epochs_in(candidate, data[0], limit.steps or 0)
        if chosen is not None and not candidate.suits(size, epochs):
            break
        chosen = candidate, cost
    assert chosen is not None, "a job with sizes has at least one"
    return chosen


def resized(job: Job, size: str) -> Job:
    """The same job, fitted to the same data, of another size."""
    return type(job)(replace(job.settings, size=size), job.fitted)
