"""The copying problem (Hochreiter & Schmidhuber 1997): an LSTM remembers over a hundred steps, a plain RNN does not.

    python bench/copying.py [--lag 100] [--seconds 60]

A network reads ten random symbols, then `lag` blanks, then a mark, and must say the ten symbols. Both cells have the
same number of hidden units, learn with Muon for as many seconds. A network that remembers nothing is right one time
in eight. Curves go to bench/results/copying.json and docs/copying.svg.
"""

import argparse
import math
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from common import ROOT, save
from guina.blocks.recurrent import CELLS, LSTM, Recurrent
from guina.engine.optim import Muon
from guina.runtime import set_up

SYMBOLS, LENGTH = 8, 10
BLANK, MARK = SYMBOLS, SYMBOLS + 1


class Copier(nn.Module):
    def __init__(self, cell: str, hidden: int, lag: int) -> None:
        super().__init__()
        self.layer = Recurrent(CELLS[cell](SYMBOLS + 2, hidden))
        self.head = nn.Linear(hidden, SYMBOLS)
        recurrent = self.layer.cell
        if isinstance(recurrent, LSTM):  # remember from 1 to `lag` steps (Tallec & Ollivier 2018, arXiv:1804.11188)
            with torch.no_grad():
                forget = torch.empty(hidden).uniform_(1, lag + 2 * LENGTH - 1).log()
                recurrent.b[hidden : 2 * hidden] = forget
                recurrent.b[:hidden] = -forget

    def forward(self, x_BTS: Tensor) -> Tensor:
        return self.head(self.layer(x_BTS)[0][:, -LENGTH:])


def batch(lag: int, size: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    symbols_BL = torch.randint(SYMBOLS, (size, LENGTH), generator=rng)
    blanks = torch.full((size, lag + LENGTH), BLANK)
    blanks[:, lag] = MARK
    return F.one_hot(torch.cat([symbols_BL, blanks], 1), SYMBOLS + 2).float(), symbols_BL


def learn(cell: str, lag: int, seconds: float, hidden: int = 96, size: int = 32, rate: float = 4e-3) -> dict:
    torch.manual_seed(0)
    net, rng = Copier(cell, hidden, lag), torch.Generator().manual_seed(1)
    matrices = [w for w in net.layer.parameters() if w.ndim == 2]
    others = [w for w in net.parameters() if not any(w is m for m in matrices)]
    optimizers = {0.05: Muon(matrices, 0.05, iterations=3), rate: torch.optim.Adam(others, rate)}
    began, curve, steps, solved = time.perf_counter(), [], 0, None
    while (now := time.perf_counter() - began) < seconds:
        x, y = batch(lag, size, rng)
        for highest, optimizer in optimizers.items():
            optimizer.param_groups[0]["lr"] = highest * (1 - 0.9 * now / seconds)
        net.zero_grad()
        logits_BLK = net(x)
        loss = F.cross_entropy(logits_BLK.flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimizer in optimizers.values():
            optimizer.step()
        steps += 1
        if steps % 20 == 0:
            with torch.no_grad():
                x, y = batch(lag, 256, rng)
                right = float((net(x).argmax(-1) == y).float().mean())
            curve.append([round(now, 2), steps, round(loss.item(), 4), round(right, 4)])
            if right >= 0.99 and solved is None:
                solved = round(time.perf_counter() - began, 2)
            if right == 1.0 and loss.item() < 1e-3:
                break
    return {"cell": cell, "steps": steps, "solved_after_seconds": solved, "accuracy": curve[-1][3], "curve": curve}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lag", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=55)
    args = parser.parse_args()
    set_up()
    runs = [learn(cell, args.lag, args.seconds) for cell in ("lstm", "elman")]
    for run in runs:
        print({name: value for name, value in run.items() if name != "curve"}, flush=True)
    draw(runs, args.lag)
    print(save("copying", {"lag": args.lag, "symbols": LENGTH, "chance_nats": math.log(SYMBOLS), "runs": runs}))


def draw(runs: list[dict], lag: int) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = {"lstm": "LSTM", "elman": "plain RNN"}
    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for run, style in zip(runs, ("-", "--"), strict=True):
        x, y = [row[0] for row in run["curve"]], [row[3] for row in run["curve"]]
        (line,) = axes.plot(x, y, style, linewidth=2)
        axes.annotate(names[run["cell"]], (x[-1], y[-1]), (6, 0), textcoords="offset points", color=line.get_color())
    axes.axhline(1 / SYMBOLS, color="grey", linewidth=0.8, linestyle=":")
    far = max(row[0] for run in runs for row in run["curve"])
    axes.annotate("chance", (far, 1 / SYMBOLS), (6, -10), textcoords="offset points", color="grey", fontsize=9)
    axes.set(
        xlabel="seconds", ylabel="symbols right", ylim=(0, 1.03), title=f"Copying {LENGTH} symbols after {lag} blanks"
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(0, axes.get_xlim()[1] * 1.12)
    figure.savefig(ROOT / "docs" / "copying.svg")


if __name__ == "__main__":
    main()
