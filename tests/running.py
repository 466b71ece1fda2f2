"""Running the toys, here or in processes of their own that may be killed.

python tests/running.py OUT TOY,TOY STEPS   trains, under torchrun in several processes, in float64
python tests/running.py answers OUT ...     prints the answers of finished runs as JSON
python tests/running.py nursery             forks children that train and die as they are told
"""

import atexit
import functools
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

import toys
from guina.answering.model import load_answering
from guina.engine.budget import Limit
from guina.engine.conclude import Outcome
from guina.engine.job import Job, headline
from guina.engine.options import TrainingOptions
from guina.engine.progress import Progress
from guina.engine.session import Session
from guina.engine.signals import Interrupted, Stop, interruptible
from guina.engine.step import Observer
from guina.engine.turns import Nets, Turn
from guina.runfolder import RunFolder


def train(
    toy: str | type[Job],
    out: Path,
    *,
    limit: Limit | None = None,
    steps: int = 24,
    observers: tuple[Observer, ...] = (),
    stop: Stop | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Outcome:
    """Train a toy quietly, on one thread."""
    kind = toys.TOYS[toy] if isinstance(toy, str) else toy
    named = TrainingOptions(limit or Limit(steps=steps), **({"threads": 1} | options))
    progress = progress or Progress(headline(kind).name, io.StringIO())
    return Session(kind(kind.Settings()), "1", out, named, progress, stop or Stop()).train(observers)


def digest(out: Path) -> str:
    """The SHA-256 of what ships."""
    return hashlib.sha256((out / "model" / "model.safetensors").read_bytes()).hexdigest()


def rows(out: Path) -> list[dict[str, Any]]:
    """What was measured, without the clock."""
    return [{k: v for k, v in row.items() if k != "t"} for row in RunFolder(out).metrics()]


def answers(out: Path, most: int = 64) -> list[Any]:
    """What a finished run answers to validation examples."""
    half = load_answering(out / "model", toys.halves)
    info = RunFolder(out).info
    job = toys.TOYS[info["job"]](half.settings, half.fitted)
    val = job.arrays(job.read("1", ("train", "val")).only("val"))
    return [answer.words() for answer in islice(half.answers(job.inputs(val.first(most))), most)]


def same_tensors(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], tolerance: float) -> bool:
    """Whether two sets of weights are equal up to an absolute difference."""
    return a.keys() == b.keys() and all(np.allclose(a[k], b[k], rtol=0, atol=tolerance) for k in a)


# --- processes that die ---


class AtStep:
    """An observer that does something before a step's first turn."""

    def __init__(self, step: int, act: Any) -> None:
        self.step, self.act = step, act

    def before(self, turn: Turn, nets: Nets, step: int) -> None:
        if step == self.step:
            self.act()

    def after(self, turn: Turn, nets: Nets, step: int) -> None:
        pass


def at_call(owner: Any, name: str, nth: int, act: Callable[[], None]) -> None:
    """Do something at the n-th call of OWNER.NAME in this process, before it."""
    real, count = getattr(owner, name), [0]

    @functools.wraps(real)
    def counted(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        if count[0] == nth:
            act()
        return real(*args, **kwargs)

    setattr(owner, name, counted)


def child(plan: dict[str, Any]) -> None:
    """One process's training, disturbed as planned; it exits as the command line does.

    Args:
        plan: toy, out, steps; signal (SIGKILL) and how many times; and when: at a step, or before the nth call of a
            function of os ("call"), or of a method of the job or of another half ("of").
    """
    kind, nth = toys.TOYS[plan["toy"]], plan.get("nth", 1)

    def disturb() -> None:
        for _ in range(plan.get("times", 1)):
            os.kill(os.getpid(), plan.get("signal", signal.SIGKILL))

    observers = (AtStep(plan["at"], disturb),) if "at" in plan else ()
    if "call" in plan:
        at_call(os, plan["call"], nth, disturb)
    if "method" in plan:
        at_call(getattr(kind, plan["of"]) if "of" in plan else kind, plan["method"], nth, disturb)
    with interruptible() as stop:
        try:
            train(kind, Path(plan["out"]), steps=plan["steps"], resume=True, observers=observers, stop=stop)
        except Interrupted as interrupt:
            os._exit(interrupt.exit_code)


class Nursery:
    """A process that has torch in memory and forks children that do as they are told: two seconds saved on each."""

    def __init__(self) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.server = subprocess.Popen([sys.executable, __file__, "nursery"], **pipes)

    def spawn(self, toy: str, out: Path, steps: int, **plan: Any) -> int:
        """Run `child`, and give its exit code; negative: the signal it died of."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        print(json.dumps({"toy": toy, "out": str(out), "steps": steps, **plan}), file=self.server.stdin, flush=True)
        return int(self.server.stdout.readline())

    def close(self) -> None:
        self.server.communicate()


def nursery() -> None:
    with tempfile.TemporaryDirectory() as folder:  # torch imports more when an optimizer first steps
        train("toy-speech", Path(folder) / "run", steps=1)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                child(json.loads(line))
            except BaseException:  # noqa: BLE001  a child must never go on as a second nursery
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def note_threads(out: Path) -> None:
    """What threads there still are at the end of this process."""
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    (out / f"threads-{os.environ.get('RANK', 0)}.txt").write_text("".join(names))


def main() -> None:
    if sys.argv[1] == "nursery":
        nursery()
    elif sys.argv[1] == "answers":
        print(json.dumps([answers(Path(out)) for out in sys.argv[2:]]))
    elif sys.argv[1] == "resume":
        train(sys.argv[3], Path(sys.argv[2]), steps=int(sys.argv[4]), resume=True)
    else:
        atexit.register(note_threads, Path(sys.argv[1]))  # called last: after what is registered later
        for toy in sys.argv[2].split(","):
            train(toy, Path(sys.argv[1]) / toy, steps=int(sys.argv[3]), precision="float64")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
