"""guina beside what a user would pick instead, alternating in one run, three times.

    python bench/classify_speed.py FASHION_FOLDER KERAS_PYTHON [--rounds 3]

1. Seconds, process start to end, until the test accuracy at which the Keras MNIST-convnet example ends: guina is given
   budgets from short to long until its test accuracy is as high; the time of that run counts.
2. Pictures a second in training and in prediction of guina's small network: guina, Keras on TensorFlow and on JAX, and
   PyTorch as its own example writes it.

KERAS_PYTHON is the Python of an environment with keras, tensorflow and jax.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from common import GUINA, ROOT, measured, save
from guina.jobs.classify.learning import Classify, ClassifySettings
from guina.jobs.classify.scores import ClassifyJudge
from guina.runtime import evaluating, set_up
from throughput import fitted, guina_loop

BUDGETS = (0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1.0)  # minutes
SIDE = ROOT / "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("keras")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rounds = []
    for _ in range(args.rounds):
        keras = of_keras(args, "example", "tensorflow")
        ours = until(args.folder, keras["accuracy"])
        speeds = {"guina": of_guina(args.folder), "torch": plain(args.folder)}
        speeds |= {f"keras-{backend}": of_keras(args, "speed", backend) for backend in ("tensorflow", "jax")}
        rounds.append({"keras": keras, "guina": ours, "ratio": keras["seconds"] / ours["seconds"], "speeds": speeds})
        print(rounds[-1], flush=True)
    medians = {
        name: {
            what: round(statistics.median(r["speeds"][name][what] for r in rounds))
            for what in ("training", "prediction")
        }
        for name in rounds[0]["speeds"]
    }
    ratio = round(statistics.median(r["ratio"] for r in rounds), 2)
    print(save("classify_speed", {"rounds": rounds, "ratio": ratio, "pictures_per_second": medians}), ratio, medians)


def of_keras(args: argparse.Namespace, what: str, backend: str) -> dict:
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    result = measured([args.keras, str(SIDE / "keras_side.py"), what, args.folder])
    if what == "example":  # reading and training, without importing; guina's time is counted from process start
        result["json"]["process_seconds"] = result["seconds"]
    return result["json"]


def until(folder: str, accuracy: float) -> dict:
    """guina's shortest budget that gives this test accuracy."""
    for minutes in BUDGETS:
        with tempfile.TemporaryDirectory() as temporary:
            out = str(Path(temporary) / "run")
            trained = measured([*GUINA, "train", "classify", folder, "--minutes", str(minutes), "--out", out, "--json"])
            scored = measured([*GUINA, "score", out, "--json"])["json"]
        if scored["score"]["accuracy"] >= accuracy:
            return {"minutes": minutes, "seconds": trained["seconds"], "accuracy": scored["score"]["accuracy"]}
    raise RuntimeError(f"guina does not reach {accuracy} in {BUDGETS[-1]} minutes")


def plain(folder: str) -> dict:
    return measured([sys.executable, str(SIDE / "torch_side.py"), folder])["json"]


def of_guina(folder: str) -> dict:
    """The engine's steps, and the answers of `predict`, of the small network."""
    runtime = set_up()
    job, train = fitted(Classify(ClassifySettings(size="small", views=1)), folder)
    loop = guina_loop(job, train, runtime)
    loop(10)
    began = time.perf_counter()
    loop(120)
    trained = time.perf_counter()
    net = job.build()["net"]
    with evaluating(net):
        few = train.first(30000)
        torch.manual_seed(0)
        started = time.perf_counter()
        ClassifyJudge(job).answer_all({"net": net}, few, 1)
    return {
        "training": 120 * job.batch_size / (trained - began),
        "prediction": len(few) / (time.perf_counter() - started),
    }


if __name__ == "__main__":
    main()
