"""A few hundred photographs: `guina train classify`, a linear model on pixels, and a plain loop of the same network.

    python bench/small_data.py FOLDER [--minutes 2] [--rounds 1]

The plain loop is what a careful tutorial would write: the same layers from PyTorch's own initialisation, pictures
standardised, Adam at 0.001, batches of 64, float32, no augmentation, as many minutes, the weights of the epoch that was
best on the validation split. Both are scored on the test split once. Results go to bench/results/small_data.json.
"""

import argparse
import copy
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from common import GUINA, measured, save
from guina.blocks.conv import Conv
from guina.data.arrays import Arrays
from guina.data.records import SPLITS, TEST, TRAIN, VAL
from guina.engine.job import fit
from guina.jobs.classify.learning import Classify, ClassifySettings
from guina.nets.convnet import ConvNet
from guina.runtime import set_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    rows = []
    for seed in range(args.rounds):
        rows.append(of_guina(args.folder, args.minutes, seed) | {"plain": plain(args.folder, args.minutes, seed)})
        print(rows[-1], flush=True)
    print(save("small_data", {"folder": args.folder.rstrip("/").split("/")[-1], "minutes": args.minutes, "rows": rows}))


def of_guina(folder: str, minutes: float, seed: int) -> dict:
    with tempfile.TemporaryDirectory() as temporary:
        out = f"{temporary}/run"
        train = [*GUINA, "train", "classify", folder, "--minutes", f"{minutes:g}", "--seed", str(seed), "--out", out]
        trained = measured([*train, "--json"])
        scored = measured([*GUINA, "score", out, "--json"])["json"]
    result = {"guina": scored["score"]["accuracy"], "linear": scored["baselines"]["linear"]["accuracy"]}
    return result | {"seconds": trained["seconds"], "split": scored["split"], "examples": scored["examples"]}


def plain(folder: str, minutes: float, seed: int) -> dict:
    began = time.time()
    set_up()
    job = Classify(ClassifySettings(size="small"))
    records = job.read(folder, SPLITS)
    job, train = fit(job, records.only(TRAIN))
    val, test = (job.arrays(records.only(split)) for split in (VAL, TEST))
    prepare = job.fitted.prepare
    torch.manual_seed(seed)
    a = replace(job.Answering.architecture(job.settings, job.fitted), scale=1.0, dropout=0.0)
    net = ConvNet(a)
    first = Conv(a.shape[2], a.first, net.first.window)  # learned, not whitened
    layers: list[nn.Module] = [first, net.act, net.body, net.pool, net.head]
    net = nn.Sequential(*layers)
    for layer in net.modules():
        if isinstance(layer, Conv):  # torch's initialisation, not the identity
            bound = layer.weight[0].numel() ** -0.5
            nn.init.uniform_(layer.weight, -bound, bound)
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    x, y = (torch.from_numpy(train.all(name)) for name in ("pixels", "target"))
    best, kept, epochs = 0.0, copy.deepcopy(net.state_dict()), 0
    while time.time() - began < 60 * minutes:
        net.train()
        for chosen in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            F.cross_entropy(net(prepare(x[chosen])), y[chosen]).backward()
            optimizer.step()
        epochs += 1
        if (accuracy := score(net, prepare, val)) > best:
            best, kept = accuracy, copy.deepcopy(net.state_dict())
    net.load_state_dict(kept)
    return {"accuracy": score(net, prepare, test), "val_accuracy": best, "epochs": epochs}


def score(net: nn.Module, prepare: Callable[[Tensor], Tensor], arrays: Arrays) -> float:
    net.eval()
    with torch.no_grad():
        chunks = np.array_split(np.arange(len(arrays)), max(1, len(arrays) // 256))
        right = [net(prepare(torch.from_numpy(arrays.take("pixels", c)))).argmax(1).numpy() for c in chunks]
    return float((np.concatenate(right) == arrays.all("target")).mean())


if __name__ == "__main__":
    main()
