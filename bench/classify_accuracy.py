"""Test accuracy of `guina train classify` at a wall-clock budget, as a user runs it: the whole process is timed.

    python bench/classify_accuracy.py NAME=FOLDER:MINUTES[,MINUTES] ... [--seeds 0 1 2]

Each entry trains with `guina train classify FOLDER --minutes M`, then scores the test split once. Run it on a quiet
machine.
Results are added to bench/results/classify_accuracy.json, one row a run.
"""

import argparse
import json
import tempfile
from pathlib import Path

from common import GUINA, RESULTS, commit, machine, measured, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    args = parser.parse_args()
    path = RESULTS / "classify_accuracy.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    for entry in args.entries:
        name, _, rest = entry.partition("=")
        folder, _, minutes = rest.rpartition(":")
        for m in minutes.split(","):
            for seed in args.seeds:
                row = measure(name, folder, float(m), seed)
                rows = [r for r in rows if (r["data"], r["minutes"], r["seed"]) != (name, float(m), seed)] + [row]
                print(row, flush=True)
                save("classify_accuracy", {"rows": sorted(rows, key=lambda r: (r["data"], r["minutes"], r["seed"]))})


def measure(name: str, folder: str, minutes: float, seed: int) -> dict:
    before = machine()
    with tempfile.TemporaryDirectory() as temporary:
        out = str(Path(temporary) / "run")
        train = [
            *GUINA,
            "train",
            "classify",
            folder,
            "--minutes",
            f"{minutes:g}",
            "--seed",
            str(seed),
            "--out",
            out,
            "--json",
        ]
        trained = measured(train)
        info = json.loads((Path(out) / "run.json").read_text())
        scored = measured([*GUINA, "score", out, "--json"])["json"]
    return {
        "data": name,
        "minutes": minutes,
        "seed": seed,
        "test_accuracy": scored["score"]["accuracy"] if scored["split"] == "test" else None,
        "val_accuracy": trained["json"]["score"]["accuracy"],
        "baselines": scored["baselines"],
        "size": info["settings"]["size"],
        "steps": trained["json"]["steps"],
        "epochs": trained["json"]["epochs"],
        "seconds": trained["seconds"],
        "peak_anonymous_mb": trained["peak_anonymous_mb"],
        "precision": info["runtime"]["precision"],
        "commit": commit(),
        "load_before": before["load"],
        "cpu": before["cpu"],
    }


if __name__ == "__main__":
    main()
