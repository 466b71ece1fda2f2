"""Characters a second in training and in writing, guina beside plain loops of the same size, in turns.

    python bench/write_speed.py TEXT [--size small] [--rounds 5] [--steps 20] [--keras KERAS_PYTHON]

float32    nn.Embedding, nn.LSTM, nn.Linear and fused AdamW, state carried, as it is usually written
bare       the same in guina's precision
bare muon  the same, its matrices learned with Muon, as guina's are
guina      the engine's steps with the default recipe; "no grams": without n-gram tables, as the bare loop has none
keras-jax  Embedding, a stateless LSTM and Dense of the same size, Adam, `fit`, in an environment of its own

Writing is timed on one thread, one character after the other. Results go to bench/results/write_speed.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import nn

from common import ROOT, save
from guina.engine.optim import Muon
from guina.jobs.write.answering import language
from guina.jobs.write.learning import Write
from guina.jobs.write.settings import SIZES, WriteSettings
from guina.nets.writing import Manner, write
from guina.runtime import evaluating, set_up
from throughput import fitted, guina_loop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--size", default="small")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--keras")
    args = parser.parse_args()
    runtime = set_up()
    jobs = {
        name: fitted(Write(WriteSettings(size=args.size, grams=grams)), args.text)
        for name, grams in (("guina", True), ("no grams", False))
    }
    loops = {name: guina_loop(job, train, runtime) for name, (job, train) in jobs.items()}
    job, train = jobs["guina"]
    loops |= {
        "bare": bare_loop(job, train, runtime.autocast),
        "bare muon": bare_loop(job, train, runtime.autocast, muon=True),
        "float32": bare_loop(job, train, nullcontext),
    }
    for loop in loops.values():
        loop(5)
    units = job.lanes * job.settings.window
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(args.rounds):
        for name, loop in loops.items():
            start = time.perf_counter()
            loop(args.steps)
            rates[name].append(args.steps * units / (time.perf_counter() - start))
    if args.keras:
        rates["keras-jax"] = [keras(args, job) for _ in range(3)]
    medians = {name: round(statistics.median(values)) for name, values in rates.items()}
    ratios = {
        f"{ours} / {theirs}": round(
            statistics.median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True)), 3
        )
        for ours, theirs in (("guina", "float32"), ("no grams", "bare"), ("no grams", "bare muon"))
    }
    result = {"size": args.size, "lanes": job.lanes, "window": job.settings.window, "precision": runtime.precision}
    result |= {"characters_per_second": medians, "ratios": ratios}
    torch.set_num_threads(1)
    result["written_per_second_one_thread"] = round(writing(job, job.build()))
    print(result, save("write_speed", result))


def bare_loop(job, train, autocast, muon=False):
    scale, size = SIZES[job.settings.size], job.fitted.vocabulary.size
    torch.manual_seed(0)
    embed, lstm = nn.Embedding(size, scale.embedding), nn.LSTM(scale.embedding, scale.hidden, batch_first=True)
    head = nn.Linear(scale.hidden, size)
    weights = [*embed.parameters(), *lstm.parameters(), *head.parameters()]
    matrices = [w for w in lstm.parameters() if w.ndim == 2] if muon else []
    others = [w for w in weights if not any(w is m for m in matrices)]
    optimizers: list[torch.optim.Optimizer | Muon] = [torch.optim.AdamW(others, 2e-3, fused=True)]
    optimizers += [Muon(matrices, 0.03, iterations=3)] if muon else []
    units, lanes, window = torch.from_numpy(train.all("unit")), job.lanes, job.settings.window
    each = len(units) // lanes
    state, position = None, 0

    def loop(steps: int) -> None:
        nonlocal state, position
        for _ in range(steps):
            at = torch.arange(lanes) * each + position % (each - window - 1)
            w = units[at[:, None] + torch.arange(window + 1)]
            position += window
            with autocast():
                y, state = lstm(embed(w[:, :-1]), state)
                logits = head(y)
            loss = F.cross_entropy(logits.float().flatten(0, 1), w[:, 1:].flatten())
            for weight in weights:
                weight.grad = None
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            for optimizer in optimizers:
                optimizer.step()
            state = tuple(s.detach() for s in state)

    return loop


def writing(job: Write, nets) -> float:
    """Units a second, one after the other."""
    with evaluating(*nets.values()):
        drawn = write(language(nets), [1, 2, 3], Manner(0.8), torch.Generator().manual_seed(0))
        for _ in range(50):
            next(drawn)
        began = time.perf_counter()
        for _ in range(1000):
            next(drawn)
        return 1000 / (time.perf_counter() - began)


KERAS = """
import json, sys, time
import numpy as np, keras
a = json.loads(sys.argv[1])
net = keras.Sequential([keras.layers.Embedding(a["size"], a["embedding"]),
                        keras.layers.LSTM(a["hidden"], return_sequences=True), keras.layers.Dense(a["size"])])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
x = np.random.default_rng(0).integers(0, a["size"], (a["lanes"] * a["steps"], a["window"] + 1))
net.fit(x[: 3 * a["lanes"], :-1], x[: 3 * a["lanes"], 1:], batch_size=a["lanes"], verbose=0)
began = time.time()
net.fit(x[:, :-1], x[:, 1:], batch_size=a["lanes"], verbose=0)
print(a["lanes"] * a["steps"] * a["window"] / (time.time() - began))
"""


def keras(args: argparse.Namespace, job: Write) -> float:
    scale = SIZES[args.size]
    facts = {"size": job.fitted.vocabulary.size, "embedding": scale.embedding, "hidden": scale.hidden}
    facts |= {"lanes": job.lanes, "window": job.settings.window, "steps": 60}
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [args.keras, "-c", KERAS, json.dumps(facts)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
