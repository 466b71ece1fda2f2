"""Every job on a GPU: learns, scores, answers as on a CPU, is looked into, and goes on after a kill.

    python bench/cuda.py --classify cifar10/ --write shakespeare.txt --translate pairs.tsv [--minutes 1]

Beside quality and speed it says how far answers on the GPU are from those of the same run on the CPU, and whether a run
that was killed ends with the weights of an unbroken one. Results: bench/results/cuda.json.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from common import GUINA, RESULTS, commit, save

JOBS = ("classify", "write", "translate", "generate")
STEPS = 200  # of the runs that are killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    for job, data in zip(JOBS, ("digits", "python-docs", "number-words", "digits"), strict=True):
        parser.add_argument(f"--{job}", default=data, help="its data")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=JOBS, help="what others found before is kept")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("this machine has no GPU that torch can use")
    place = Path(tempfile.mkdtemp(prefix="guina-cuda-"))
    path = RESULTS / "cuda.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for job in args.jobs:
        where = {"commit": commit(), "gpu": torch.cuda.get_device_name(), "torch": torch.__version__}
        found[job] = where | checked(job, getattr(args, job), place, args.minutes)
        print(job, json.dumps(found[job]), flush=True)
        save("cuda", {key: value for key, value in found.items() if key in JOBS})
    print(path)


def checked(job: str, data: str, place: Path, minutes: float) -> dict[str, Any]:
    """All that is said of one job."""
    run = place / job
    start = time.perf_counter()
    outcome = asked(["train", job, data, "--minutes", str(minutes), "--out", str(run)])
    trained = time.perf_counter() - start
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    paces = [(b["step"] - a["step"]) / (b["t"] - a["t"]) for a, b in pairwise(rows[1:])]
    start = time.perf_counter()
    score = asked(["score", str(run)])
    scored = time.perf_counter() - start
    start = time.perf_counter()
    asked(["look", str(run), "--out", str(place / f"{job}.html")])
    inputs = questions(job, data)
    ours, theirs = (asked(["predict", str(run), *inputs], gpu)["answers"] for gpu in (True, False))
    info = json.loads((run / "run.json").read_text())
    return {
        "data": Path(data).name,
        "settings": {"size": info["settings"]["size"], "precision": info["runtime"]["precision"]},
        "seconds asked for, taken": [60 * minutes, round(trained, 1)],
        "steps, epochs": [outcome["steps"], outcome["epochs"]],
        "steps a second, validations included": round(median(paces), 1) if paces else None,
        "score": {name: round(value, 4) for name, value in score["score"].items()},
        "baselines": score["baselines"],
        "seconds to score, to look": [round(scored, 1), round(time.perf_counter() - start, 1)],
        "answers as on the CPU": alike(ours, theirs),
        "after a kill": broken(job, data, place),
    }


def asked(arguments: list[str], gpu: bool = True) -> dict[str, Any]:
    """What a command says, as JSON."""
    env = os.environ if gpu else {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*GUINA, *arguments, "--json"], capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def questions(job: str, data: str) -> list[str]:
    """What a run is asked."""
    if job == "classify" and Path(data).is_dir():
        return [str(path) for path in sorted(Path(data).rglob("test/**/*.*"))[::100][:100]]
    if job == "classify":
        folder = Path(tempfile.mkdtemp(prefix="guina-noise-"))
        from PIL import Image

        for n in range(20):
            noise = np.random.default_rng(n).integers(0, 256, (16, 16), np.uint8)
            Image.fromarray(noise).save(folder / f"{n}.png")
        return [str(folder)]
    if job == "translate":
        return [
            "zwei",
            "dreihundertfünf",
            "Zwei Hunde laufen.",
            "Ein Mann in einem blauen Hemd steht auf einer Leiter.",
        ]
    return ["The", "To be, or not", "if", "--length", "60", "--temperature", "0"] if job == "write" else list("0123")


def alike(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, Any]:
    """How many answers are the same, and how far confidences are apart."""
    same = sum(
        a.get("answer", a.get("sha256")) == b.get("answer", b.get("sha256")) for a, b in zip(ours, theirs, strict=True)
    )
    apart = [abs(a["confidence"] - b["confidence"]) for a, b in zip(ours, theirs, strict=True) if "confidence" in a]
    return {"same": same, "of": len(ours)} | ({"confidence apart": max(apart)} if apart else {})


def broken(job: str, data: str, place: Path) -> dict[str, Any]:
    """Whether a run that was killed ends as one that was not."""
    train = ["train", job, data, "--steps", str(STEPS), "--size", "tiny"]
    whole, again = place / f"{job}-whole", place / f"{job}-again"
    asked([*train, "--out", str(whole)])
    process = subprocess.Popen([*GUINA, *train, "--out", str(again)], stderr=subprocess.DEVNULL)
    while process.poll() is None and len(list((again / "checkpoints").glob("step-*"))) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = process.returncode == -signal.SIGKILL
    asked([*train, "--out", str(again), "--resume"])
    ours, theirs = (load_file(run / "model" / "model.safetensors") for run in (again, whole))
    apart = max(float(np.abs(ours[k].astype(np.float64) - theirs[k]).max()) for k in ours if ours[k].size)
    return {"killed": killed, "weights apart": apart}


if __name__ == "__main__":
    main()
