"""Scores of `guina train colorize` and `guina train inpaint` at a wall-clock budget, beside pixels alone.

    python bench/repaint_score.py JOB FOLDER [--minutes 8] [--seeds 0 1 2] [--who guina pixels]

Each seed trains with `guina train JOB FOLDER --minutes M` and is scored on the test split; "pixels" is the same with
`--adversarial off`. Of a colouriser "fd_multiplied" is the distance of house features of its mean colours, multiplied
until they are as many as in truth: of the one from pixels alone that is L1 × k. What follows -- are settings of
guina's. Run it on a quiet machine. Results are added to bench/results/repaint_score.json, one row a run; the means
stand beside.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import GUINA, commit, keep, machine, measured, of_kinds, recorded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=("colorize", "inpaint"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--who", nargs="+", choices=("guina", "pixels"), default=["guina", "pixels"])
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    for seed in args.seeds:
        for who in args.who:
            before = machine()
            with tempfile.TemporaryDirectory() as temporary:
                row = of_one(args, seed, who, settings, f"{temporary}/run")
            row = {"job": args.job, "data": args.folder.name, "minutes": args.minutes, "who": who, "seed": seed, **row}
            row |= {"commit": commit(), "cpu": before["cpu"], "cores": before["cores"], "load_before": before["load"]}
            print(row, flush=True)
            keep("repaint_score", row, key, means)


def of_one(args: argparse.Namespace, seed: int, who: str, settings: list[str], out: str) -> dict[str, Any]:
    """A training and its scores."""
    named = [str(args.folder), "--minutes", f"{args.minutes:g}", "--seed", str(seed), "--out", out]
    alone = ["--adversarial", "off"] if who == "pixels" else []
    trained = measured([*GUINA, "train", args.job, *named, "--json", *alone, *settings])
    scored = measured([*GUINA, "score", out, "--json"])
    return recorded(out, trained, scored, settings)


def key(row: dict[str, Any]) -> tuple:
    return row["job"], row["data"], row["minutes"], row["who"], row["settings"], row["seed"]


def means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Over the seeds of each kind of run."""
    known = ("job", "data", "minutes", "who", "settings")
    found = of_kinds(rows, lambda row: {name: row[name] for name in known})
    return [{**kind, "seeds": [row["seed"] for row in some]} for kind, some in found]


if __name__ == "__main__":
    main()
