"""Two versions of guina side by side, alternating: quality in a minute, speed, and how long commands take.

    python bench/before_after.py OLD/src [--pictures FASHION_MNIST] [--text shakespeare.txt] [--rounds 2]

The other version is the sources of this checkout. Results:
bench/results/before_after.json, with medians over the rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from common import ROOT, save

QUICK = 5  # times a short command is run a round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("--pictures", default="digits")
    parser.add_argument("--text", default="python-docs")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--steps", type=int, default=1000, help="of generate")
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="guina-before-after-"))
    versions = {"before": args.old.resolve(), "after": ROOT / "src"}
    found: dict[str, dict[str, list[float]]] = {name: {} for name in versions}
    for n in range(args.rounds):
        for name, source in (*versions.items(),) if n % 2 == 0 else reversed(versions.items()):
            for what, values in measured(source, place / f"{name}-{n}", args).items():
                found[name].setdefault(what, []).extend(values)
            print(name, {what: round(median(values), 4) for what, values in found[name].items()}, flush=True)
    medians = {name: {what: median(values) for what, values in every.items()} for name, every in found.items()}
    result = {
        "rounds": args.rounds,
        "data": [Path(args.pictures).name, Path(args.text).name],
        "median": medians,
        "all": found,
    }
    print(save("before_after", result))


def measured(source: Path, place: Path, args: argparse.Namespace) -> dict[str, list[float]]:
    """One round of one version."""
    env = {**os.environ, "PYTHONPATH": str(source)}
    guina = [sys.executable, "-m", "guina"]

    def trained(job: str, data: str, *how: str) -> dict[str, Any]:
        command = [*guina, "train", job, data, *how, "--out", str(place / job), "--json"]
        outcome = json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)
        rows = [json.loads(line) for line in (place / job / "metrics.jsonl").read_text().splitlines()]
        paces = [(b["step"] - a["step"]) / (b["t"] - a["t"]) for a, b in pairwise(rows[1:])]
        return outcome | {"pace": median(paces)}

    def timed(command: list[str]) -> list[float]:
        times = []
        for _ in range(QUICK):
            start = time.perf_counter()
            subprocess.run(command, env=env, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        return times

    found: dict[str, list[float]] = {}
    minutes = ("--minutes", str(args.minutes))
    for job, data, how, score in (
        ("classify", args.pictures, minutes, "accuracy"),
        ("write", args.text, minutes, "nats_per_char"),
        ("generate", "digits", ("--steps", str(args.steps)), "fd"),
    ):
        outcome = trained(job, data, *how)
        found |= {
            f"{job} {score}": [outcome["score"][score]],
            f"{job} seconds": [outcome["seconds"]],
            f"{job} steps": [outcome["steps"]],
            f"{job} steps a second": [outcome["pace"]],
        }
    picture = place / "one.png"
    from PIL import Image

    Image.effect_noise((28, 28), 80).save(picture)
    found["seconds to predict a picture"] = timed([*guina, "predict", str(place / "classify"), str(picture)])
    found["seconds to import guina"] = timed([sys.executable, "-c", "import guina"])
    found["seconds to help"] = timed([*guina, "--help"])
    return found


if __name__ == "__main__":
    main()
