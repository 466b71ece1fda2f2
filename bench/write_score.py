"""Nats per character of `guina train write` at a wall-clock budget, as a user runs it: the whole process is timed.

    python bench/write_score.py NAME=FILE:MINUTES[,MINUTES] ... [--seeds 0 1 2] [-- the job's settings]

Each entry trains with `guina train write FILE --minutes M`, then scores the last tenth of the text (or the test split,
where there is one). Run it on a quiet machine. Results are added to bench/results/write_score.json, one row a run.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from common import GUINA, RESULTS, commit, machine, measured, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, settings = parser.parse_args(sys.argv[1:cut]), sys.argv[cut + 1 :]
    path = RESULTS / "write_score.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    for entry in args.entries:
        name, _, rest = entry.partition("=")
        file, _, minutes = rest.rpartition(":")
        for m in minutes.split(","):
            for seed in args.seeds:
                row = measure(name, file, float(m), seed, settings)
                rows = [r for r in rows if key(r) != key(row)] + [row]
                print(row, flush=True)
                save("write_score", {"rows": sorted(rows, key=key)})


def key(row: dict) -> tuple:
    return row["data"], row["minutes"], row["settings"], row["seed"]


def measure(name: str, file: str, minutes: float, seed: int, settings: list[str]) -> dict:
    before = machine()
    with tempfile.TemporaryDirectory() as temporary:
        out = f"{temporary}/run"
        train = [*GUINA, "train", "write", file, "--minutes", f"{minutes:g}", "--seed", str(seed), "--out", out]
        trained = measured([*train, "--json", *settings])
        info = json.loads((Path(out) / "run.json").read_text())
        scored = measured([*GUINA, "score", out, "--json"])["json"]
        text = measured([*GUINA, "predict", out, "ROMEO:", "--length", "600", "--json"])["json"]["answers"][0]
    return {
        "data": name,
        "minutes": minutes,
        "seed": seed,
        "settings": " ".join(settings),
        "split": scored["split"],
        "score": scored["score"],
        "baselines": scored["baselines"],
        "size": info["settings"]["size"],
        "steps": trained["json"]["steps"],
        "epochs": trained["json"]["epochs"],
        "seconds": trained["seconds"],
        "peak_anonymous_mb": trained["peak_anonymous_mb"],
        "precision": info["runtime"]["precision"],
        "sample": text["input"] + text["answer"],
        "commit": commit(),
        "load_before": before["load"],
        "cpu": before["cpu"],
    }


if __name__ == "__main__":
    main()
