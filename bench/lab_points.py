"""The lab's games on points over several seeds, each trial on one core: the table behind the README's figures.

    python bench/lab_points.py grid ring gaussian [--seeds 10]

Results: bench/results/lab_points.json, one row an experiment.
"""

import argparse
import json

from common import GUINA, RESULTS, commit, machine, measured, save


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="+")
    parser.add_argument("--seeds", type=int, default=10)
    args, swaps = parser.parse_known_args()
    path = RESULTS / "lab_points.json"
    for name in args.experiments:
        load = machine()["load"]
        command = [*GUINA, "lab", name, "--seeds", str(args.seeds), "--json", "--out", f"/tmp/lab-{name}.html", *swaps]
        done = measured(command)
        found = {"says": done["json"]["says"], "rows": done["json"]["rows"], "swaps": " ".join(swaps)}
        row = {"experiment": name, **found, "wall_seconds": done["seconds"], "load": load, "commit": commit()}
        row["cpu"] = machine()["cpu"]
        rows = json.loads(path.read_text())["rows"] if path.exists() else []
        kept = [r for r in rows if (r["experiment"], r["swaps"]) != (name, row["swaps"])]
        save("lab_points", {"rows": [*kept, row]})
        print(name, found["says"], flush=True)


if __name__ == "__main__":
    main()
