"""Kills (-9) at random moments of a run of fixed steps, inside saves included: no run may be lost, and the final
weights must be byte-identical to an unbroken run's.

    python bench/kills.py classify digits --steps 400 [--kills 50] [--seed 0] [the job's settings]
    python bench/kills.py toy-gan --steps 300

Every second kill waits for a checkpoint that is being written and strikes within it; the others strike at a moment
drawn evenly from the time that an unbroken run takes. Results: bench/results/kills.json, one row a job.
"""

import argparse
import hashlib
import json
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import GUINA, RESULTS, ROOT, commit, machine, save


def command(args: argparse.Namespace, settings: list[str], out: Path) -> list[str]:
    """What starts a run, and goes on with it."""
    if args.job.startswith("toy-"):
        return [GUINA[0], str(ROOT / "tests" / "running.py"), "resume", str(out), args.job, str(args.steps)]
    limits = ["--steps", str(args.steps), "--threads", "1", "--out", str(out), "--resume"]
    return [*GUINA, "train", args.job, args.data, *limits, *settings]


def fingerprint(out: Path) -> tuple[str, list[dict[str, Any]]]:
    """What must be the same: the weights to the byte, and all that was measured but the clock."""
    weights = hashlib.sha256((out / "model" / "model.safetensors").read_bytes()).hexdigest()
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return weights, [{k: v for k, v in row.items() if k != "t"} for row in rows]


def halves(out: Path) -> set[Path]:
    """Checkpoints that are being written, or were when a kill came."""
    return set((out / "checkpoints").glob(".step-*.tmp"))


def run_and_kill(start: list[str], out: Path, moment: float, *, within_save: bool) -> str:
    """Start or resume a run and kill it: "idle", "in a save", or "finished" where it was faster; an error otherwise."""
    process = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    begin = time.monotonic()
    # only what is begun after the start counts as a save: an earlier kill leaves its half
    left = halves(out)
    while process.poll() is None and time.monotonic() - begin < moment:
        time.sleep(0.0005)
    while within_save and process.poll() is None and not halves(out) - left:
        time.sleep(0.0002)
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate()
    if process.returncode == 0:
        return "finished"
    if process.returncode != -signal.SIGKILL:
        raise RuntimeError(f"the run was lost, exit code {process.returncode}:\n{err.decode()[-2000:]}")
    return "in a save" if halves(out) - left else "idle"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job")
    parser.add_argument("data", nargs="?", default="")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    args, settings = parser.parse_known_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        unbroken = Path(folder) / "unbroken"
        begin = time.monotonic()
        subprocess.run(command(args, settings, unbroken), check=True, capture_output=True)
        seconds = time.monotonic() - begin
        expected = fingerprint(unbroken)
        print(f"an unbroken run takes {seconds:.1f} s", flush=True)
        counts: Counter[str] = Counter()
        while counts["kills"] < args.kills or counts["open"]:
            out = Path(folder) / f"run-{counts['runs']}"
            start = command(args, settings, out)
            counts["open"] = 1
            if counts["kills"] < args.kills:
                end = run_and_kill(start, out, rng.uniform(0, seconds), within_save=counts["kills"] % 2 == 1)
            else:
                subprocess.run(start, check=True, capture_output=True)
                end = "finished"
            if end == "finished":
                counts["runs"] += 1
                counts["identical"] += fingerprint(out) == expected
                counts["open"] = 0
            else:
                counts["kills"] += 1
                counts[end] += 1
            print(dict(counts), flush=True)
    row = {
        "job": args.job,
        "data": args.data,
        "steps": args.steps,
        "settings": " ".join(settings),
        "seconds_unbroken": round(seconds, 1),
        "kills": counts["kills"],
        "in_a_save": counts["in a save"],
        "resumed": counts["kills"],  # a run that does not resume ends this script
        "runs": counts["runs"],
        "identical": counts["identical"],
        "commit": commit(),
        "cpu": machine()["cpu"],
    }
    path = RESULTS / "kills.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    save("kills", {"rows": [*(r for r in rows if (r["job"], r["data"]) != (args.job, args.data)), row]})
    print(row)
    assert row["identical"] == row["runs"], "a killed run ended otherwise than an unbroken one"


if __name__ == "__main__":
    main()
