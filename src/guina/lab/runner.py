"""Every setting with every seed, in processes of their own with one thread each, which do not disturb each other.

A trial is a function of (experiment, setting, seed, steps): who runs it where does not matter.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from guina.errors import GuinaError
from guina.lab import find
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.swaps import settings_with
from guina.runtime import physical_cores, set_up


@dataclass(frozen=True)
class Task:
    """One trial to run."""

    experiment: str
    swap: Mapping[str, str]
    seed: int
    steps: int


def run_task(task: Task) -> Trial:
    """One trial, in whatever process this is."""
    set_up("cpu", "float32", threads=1)
    experiment = find(task.experiment)
    return experiment.run(settings_with(experiment.Settings, task.swap), task.seed, task.steps)


def run_tasks(tasks: Sequence[Task], processes: int | None = None) -> Iterator[tuple[Task, Trial]]:
    """The trials as they end.

    Args:
        processes: how many at once; one a core if it is not said. One, or one task: in this process.
    """
    processes = min(processes or physical_cores(), len(tasks))
    if processes <= 1:
        yield from ((task, run_task(task)) for task in tasks)
        return
    # started anew, not forked: a fork of a process whose threads have computed may hang
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    others = set(active_children())
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=serve_parent) as pool:
        with deaf_children():
            waiting = {pool.submit(run_task, task): task for task in tasks}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:  # nobody waits for the trials that are under way
            for process in set(active_children()) - others:
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that are started inside hear no Ctrl-C, which a terminal sends to all: their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve_parent() -> None:
    """What a process does first: hear no Ctrl-C, and end when its parent does, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run_experiment(
    experiment: Experiment, swaps: Sequence[Mapping[str, str]], seeds: int, steps: int | None, say: Any = None
) -> list[Row]:
    """All settings, each with the seeds 0 … seeds − 1.

    Args:
        say: is told of each trial that ended, in a line.

    Raises:
        GuinaError: a setting that there is not, before anything runs.
    """
    if seeds < 1:
        raise GuinaError(f"--seeds {seeds}", "at least one", "give another --seeds")
    if steps is not None and steps < 1:
        raise GuinaError(f"--steps {steps}", "at least one", "give another --steps")
    for swap in swaps:
        experiment.check(settings_with(experiment.Settings, swap))
    tasks = [Task(experiment.name, swap, seed, steps or experiment.steps) for seed in range(seeds) for swap in swaps]
    found: dict[tuple[int, int], Trial] = {}
    for task, trial in run_tasks(tasks):
        found[list(swaps).index(task.swap), task.seed] = trial
        if say is not None:
            name = Row(task.swap, ()).name
            told = ", ".join(f"{key} {value:.4g}" for key, value in trial.metrics.items() if key in experiment.metrics)
            say(f"{len(found)}/{len(tasks)}  {name}, seed {task.seed}: {told}")
    return [Row(swap, [found[n, seed] for seed in range(seeds)]) for n, swap in enumerate(swaps)]


def as_json(experiment: Experiment, rows: Sequence[Row]) -> dict[str, Any]:
    """What `guina lab --json` prints; what is no number is null."""

    def plain(value: float) -> float | None:
        return float(value) if isfinite(value) else None

    def metric(row: Row, name: str) -> dict[str, Any]:
        values = [plain(value) for value in row.values(name)]
        return {"mean": plain(row.mean(name)), "sd": plain(row.deviation(name)), "values": values}

    return {
        "experiment": experiment.name,
        "rows": [
            {
                "swap": dict(row.swap),
                "seeds": len(row.trials),
                "metrics": {name: metric(row, name) for name in row.trials[0].metrics},
            }
            for row in rows
        ],
        "says": experiment.says(rows),
    }
