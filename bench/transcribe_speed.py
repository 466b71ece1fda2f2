"""How fast a finished recogniser hears, an hour of sound in how much memory, and its training beside a bare loop.

    python bench/transcribe_speed.py RUN [--rounds 5] [--steps 20]

The recordings are those of the test split of the run's data; the hour is made of them, one after the other, with pauses
of half a second. In training the engine's steps and a bare loop take turns over the same network, batches, loss and
optimizers; the figure is the median of the ratios of steps a second. Results: bench/results/transcribe_speed.json.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
import torch

import guina
from common import GUINA, measured, save
from guina.data.records import TEST, TRAIN
from guina.jobs.transcribe.settings import TranscribeOptions
from guina.runtime import evaluating, set_up
from translate_speed import training

HOUR = 3600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    run = guina.load(args.run)
    job, info = run.judge.job, run.folder.info
    records = job.read(info["source"], (TRAIN, TEST))
    test = job.arrays(records.only(TEST))
    waves = test.values("wave", np.arange(len(test)))
    runtime = set_up(threads=info["runtime"]["threads"], precision=info["runtime"]["precision"])
    rate = job.fitted.rate
    result = {
        "source": Path(info["source"]).name,
        "size": info["settings"]["size"],
        "recordings": len(waves),
        "times_real_time": {
            "greedy": heard(run, waves, 0, rate, args.rounds),
            "beam": heard(run, waves, TranscribeOptions().beam, rate, args.rounds),
        },
        "an_hour": hour(args.run, waves, rate),
        "training": training(job, job.arrays(records.only(TRAIN)), runtime, args.rounds, args.steps),
        "threads": runtime.threads,
        "precision": runtime.precision,
        "torch": torch.__version__,
    }
    print(result, save("transcribe_speed", result))


def heard(run: guina.Run, waves: Sequence[np.ndarray], beam: int, rate: int, rounds: int) -> float:
    """Seconds of sound a second, the median of some rounds after one that warms up."""
    seconds, rates = sum(map(len, waves)) / rate, []
    with evaluating(*run.nets.values()):
        for _ in range(rounds + 1):
            start = time.perf_counter()
            run.judge.job.answering(run.nets).transcribed(waves, beam)
            rates.append(seconds / (time.perf_counter() - start))
    return round(statistics.median(rates[1:]), 1)


def hour(run: str, waves: Sequence[np.ndarray], rate: int) -> dict[str, float]:
    """An hour of sound through `guina predict`, as a user asks for it: its seconds, and memory."""
    with tempfile.TemporaryDirectory() as temporary:
        path, length = Path(temporary) / "hour.wav", 0
        with soundfile.SoundFile(path, "w", rate, 1) as file:
            for wave in cycle(waves):
                file.write(np.concatenate([wave, np.zeros(rate // 2, np.int16)]))
                length += len(wave) + rate // 2
                if length > HOUR * rate:
                    break
        done = measured([*GUINA, "predict", run, str(path), "--json"])
    (answer,) = done["json"]["answers"]
    return {
        "seconds_of_sound": answer["seconds"],
        "seconds": done["seconds"],
        "times_real_time": round(answer["seconds"] / done["seconds"], 1),
        "peak_anonymous_mb": done["peak_anonymous_mb"],
        "words": len(answer["words"]),
    }


if __name__ == "__main__":
    main()
