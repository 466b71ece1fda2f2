"""What a training step costs beside one busy process, and quiet: as guina sets it up, and with a spin count.

    python bench/contention.py [--rounds 5] [--seconds 6]

A thread that waits for the others of its step spins before it sleeps; where a core is taken by somebody else, it spins
away the time that the thread it waits for needs. Every figure is the mean step of a process of its own, the median of
rounds; quiet and busy, ours and the library's take turns. Results: bench/results/contention.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import save

JOBS = {
    "classify": ("digits", "small"),
    "write": ("python-docs", "small"),
    "translate": ("number-words", "small"),
    "generate": ("digits", "small"),
}
SPINS = {"guina": None, "library": "300000"}  # what libgomp takes where nothing is said
BUSY = [sys.executable, "-c", "while True: pass"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--spin", help="another spin count to compare with, in the place of the library's")
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(steps_of(args.child, args.seconds)))
        return
    spins = SPINS | ({"library": args.spin} if args.spin else {})
    found = {}
    for job in args.jobs.split(","):
        taken: dict[str, list[float]] = {}
        for _ in range(args.rounds):
            for who, spin in spins.items():
                for beside in ("quiet", "busy"):
                    taken.setdefault(f"{who}, {beside}", []).append(measure(job, spin, beside, args.seconds))
        medians = {name: round(statistics.median(values), 2) for name, values in taken.items()}
        found[job] = {
            "milliseconds a step": medians,
            "busy / quiet": {who: round(medians[f"{who}, busy"] / medians[f"{who}, quiet"], 2) for who in spins},
            "quiet, guina / library": round(medians["guina, quiet"] / medians["library, quiet"], 3),
        }
        print(job, found[job], flush=True)
    if args.spin is None:
        print(save("contention", {"rounds": args.rounds, "jobs": found}))


def measure(job: str, spin: str | None, beside: str, seconds: float) -> float:
    """The mean step in milliseconds of a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    environment |= {"GOMP_SPINCOUNT": spin} if spin else {}
    other = subprocess.Popen(BUSY) if beside == "busy" else None
    try:
        command = [sys.executable, __file__, "--child", job, "--seconds", str(seconds)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    finally:
        if other is not None:
            other.kill()
            other.wait()
    return json.loads(done.stdout)


def steps_of(name: str, seconds: float) -> float:
    """Train for some seconds without validations: the mean step in milliseconds, which feels what a median hides."""
    from guina.data.records import TRAIN, VAL
    from guina.engine.budget import Clock, Plan
    from guina.engine.job import fit
    from guina.engine.parallel import Team
    from guina.engine.progress import Progress
    from guina.engine.signals import Stop
    from guina.engine.state import Place
    from guina.engine.train import Training, build_nets
    from guina.jobs import find
    from guina.runfolder import RunFolder
    from guina.runtime import set_up

    sample, size = JOBS[name]
    kind = find(name)
    job = kind(kind.Settings(size=size))
    runtime = set_up()
    job, train = fit(job, job.read(sample, (TRAIN, VAL)).only(TRAIN))
    folder = RunFolder(Path(tempfile.mkdtemp()))
    folder.create()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        place = Place(runtime, Team(runtime), folder, Progress("loss", nowhere), Stop(), time.perf_counter)
        nets = build_nets(job, train, runtime, seed=0)
        training = Training(job.judge(train), nets, (train, train), place, Plan(10**6), Clock(None, 0.01), seed=0)
        for _ in range(5):
            training._advance()
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            training._advance()
            steps += 1
        return 1000 * (time.perf_counter() - start) / steps


if __name__ == "__main__":
    main()
