"""House-FD of `guina train generate` beside a batch-norm DCGAN with cross-entropy that is given the same minutes.

    python bench/generate_quality.py NAME DATA --minutes 5 [--seeds 1] [--threads 2] [--dcgan] [generate's settings]

Both are judged on the validation split with the run's own features (FD of 5,000 pictures). The DCGAN (Radford et al.
2016, https://arxiv.org/abs/1511.06434: Adam 2e-4, β1 .5, batch 64) learns for as many seconds as guina's whole process
is given, reading, features and scoring not counted against it; its best of ten looks stands beside its last one.
Results: bench/results/generate_quality.json, one row a data set, minutes, threads and settings.
"""

import argparse
import json
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

import guina
from common import GUINA, RESULTS, commit, machine, measured, save
from guina.adversarial import GAMES
from guina.data.picture_files import sheet
from guina.data.records import TRAIN, VAL
from guina.engine.features import Features
from guina.fidelity import frechet_distance
from guina.jobs.generate.answering import GenerateAnswering
from guina.jobs.generate.scores import GenerateJudge

Z, WIDTH = 64, 64


class DcganGenerator(nn.Sequential):
    """Noise to pictures of 28 or 32 pixels: 7×7 (or 8×8), then twice doubled, batch normalisation and ReLU between."""

    def __init__(self, side: int, channels: int) -> None:
        super().__init__(
            nn.Unflatten(1, (Z, 1, 1)),
            *(nn.ConvTranspose2d(Z, 2 * WIDTH, side // 4, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.ReLU()),
            *(nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()),
            *(nn.ConvTranspose2d(WIDTH, channels, 4, 2, 1), nn.Tanh()),
        )


class DcganCritic(nn.Sequential):
    """Twice halved, batch normalisation and leaky ReLU between, one number."""

    def __init__(self, side: int, channels: int) -> None:
        super().__init__(
            *(nn.Conv2d(channels, WIDTH, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH), nn.LeakyReLU(0.2)),
            *(nn.Flatten(), nn.Linear(2 * WIDTH * (side // 4) ** 2, 1), nn.Flatten(0)),
        )


def dcgan(pixels_NHWC: np.ndarray, seconds: float, seed: int, fd_of: Any) -> dict[str, Any]:
    """Train one for so many seconds; ten looks on the way are not counted."""
    torch.manual_seed(seed)
    side, channels = pixels_NHWC.shape[1], pixels_NHWC.shape[3]
    g, d = DcganGenerator(side, channels), DcganCritic(side, channels)
    for module in (*g.modules(), *d.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0, 0.02)
    g.to(memory_format=torch.channels_last)
    d.to(memory_format=torch.channels_last)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999)) for net in (g, d))
    game, rng = GAMES["non-saturating"], np.random.default_rng(seed)
    spent, steps, looks, start = 0.0, 0, [], time.perf_counter()
    while spent < seconds:
        chosen = pixels_NHWC[rng.integers(len(pixels_NHWC), size=64)]
        real = torch.from_numpy(chosen).permute(0, 3, 1, 2).float() / 127.5 - 1
        fake = g(torch.randn(64, Z))
        loss = game.critic(d(real), d(fake.detach())).mean()
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        loss = game.generator(torch.zeros(64), d(fake)).mean()
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
        steps += 1
        spent = time.perf_counter() - start
        if spent >= seconds * (len(looks) + 1) / 10:
            g.eval()
            with torch.no_grad():
                made = torch.cat([g(torch.randn(250, Z)) for _ in range(20)])
            looks.append(fd_of(((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()))
            g.train()
            start = time.perf_counter() - spent
    return {"fd": looks[-1], "fd_best": min(looks), "steps": steps, "seconds": round(spent, 1)}


def distance(features: Features, real_NF: np.ndarray, pixels_NHWC: np.ndarray) -> float:
    """House-FD of pictures."""
    return frechet_distance(real_NF, features(pixels_NHWC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("data")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seeds", default="0", help="such as 0,1,2")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dcgan", action="store_true")
    parser.add_argument("--pictures", default="", help="where a sheet of 100 pictures is written")
    args, settings = parser.parse_known_args()
    path = RESULTS / "generate_quality.json"
    for seed in map(int, args.seeds.split(",")):
        load = machine()["load"]
        folder = Path(tempfile.mkdtemp())
        out = folder / "run"
        limits = ["--minutes", str(args.minutes), "--seed", str(seed), "--threads", str(args.threads)]
        command = [*GUINA, "train", "generate", args.data, *limits, "--out", str(out), "--json", *settings]
        done = measured(command)
        outcome = done["json"]
        run = guina.load(out)
        events = [row for row in run.folder.events() if row["event"] == "went back"]
        history = [row["val/fd"] for row in run.folder.metrics()]
        row: dict[str, Any] = {
            "data": args.name,
            "minutes": args.minutes,
            "threads": args.threads,
            "seed": seed,
            "settings": " ".join(settings),
            "size": run.folder.info["settings"]["size"],
            "fd": outcome["score"]["fd"],
            "score": outcome["score"],
            "baselines": outcome["baselines"],
            "steps": outcome["steps"],
            "seconds": done["seconds"],
            "peak_anonymous_mb": done["peak_anonymous_mb"],
            "went_back": len(events),
            "fd_by_validation": [round(fd, 2) for fd in history],
        }
        judge, half = run.judge, run.answering
        assert isinstance(judge, GenerateJudge), "a run of generate"
        assert isinstance(half, GenerateAnswering), "a run of generate"
        torch.set_num_threads(args.threads)
        start = time.perf_counter()
        with torch.inference_mode():
            made = half.sample(2000)
        row["sampled_per_second"] = round(2000 / (time.perf_counter() - start))
        if args.pictures:
            pixels = sheet(made[:100], 10)
            Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(args.pictures)
        if args.dcgan:
            records = judge.job.read(args.data, (TRAIN, VAL))
            train, val = (judge.job.arrays(records.only(split)) for split in (TRAIN, VAL))
            fd_of = partial(distance, judge.features, judge.features(val.first(5000).all("pixels")))
            row["dcgan"] = dcgan(train.all("pixels"), args.minutes * 60, seed, fd_of)
            row["ratio"] = row["fd"] / row["dcgan"]["fd"]
        row |= {"load": load, "commit": commit(), "cpu": machine()["cpu"]}
        rows = json.loads(path.read_text())["rows"] if path.exists() else []
        key = ("data", "minutes", "threads", "seed", "settings")
        kept = [r for r in rows if any(r[k] != row[k] for k in key)]
        save("generate_quality", {"rows": [*kept, row]})
        print({k: v for k, v in row.items() if k not in ("baselines", "fd_by_validation")}, flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
