"""memory: how long a recurrent network remembers, and what of a gradient comes back through time.

The task: read one of eight symbols, then noise, then a mark; at the mark, `lag` steps after the symbol, say which it
was (after experiment 2 of Hochreiter & Schmidhuber 1997). Each lag is learned by a network of its own. The gradient of
the loss to the state k steps before is a product of k Jacobians, and fades or explodes (Bengio, Simard & Frasconi
1994); an LSTM's cell is a sum, along which it need not. How much that matters depends on where weights start:

    uniform       all within ±1/√units, as in PyTorch
    orthogonal    recurrences that turn a state without shrinking it (Saxe et al. 2013, https://arxiv.org/abs/1312.6120),
                  an LSTM's forget gate opened by a bias of 1 (Gers et al. 2000): guina's own
    remembering   the same, and gates that start by remembering for 1 to `lag` steps (Tallec & Ollivier 2018,
                  https://arxiv.org/abs/1804.11188); a plain cell has none, a minGRU starts so anyway: as orthogonal

Steps are remembered where nine symbols in ten are recalled, after that lag and all shorter ones (chance: one in eight).
The gradients are those to the state the longest lag back, over the last state's, before and after training.

Axes: B sequences, T time, S symbols, I inputs, H hidden units, L lags, K steps back.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.dense import Dense
from guina.blocks.recurrent import CELLS, GRU, LSTM, Cell, Recurrent
from guina.errors import GuinaError
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.learning import Batches, Course, Learned, learn, learner_of, right, seeded
from guina.lab.telling import compared
from guina.lab.verdicts import (
    beside,
    check_choice,
    check_least,
    groups,
    in_words,
    listed,
    mean_curve,
    sentence,
    spread_known,
    with_each,
)
from guina.panels import Curves, Panel
from guina.runtime import derive

SYMBOLS = 8
MARK = 2 * SYMBOLS  # after the symbols come as many kinds of noise
INPUTS = 2 * SYMBOLS + 1
STARTS = ("uniform", "orthogonal", "remembering")
JUDGED = 500  # sequences that answers and gradients are judged by
RECALLED = 0.9  # share of symbols that counts as remembering
CLIP = 1.0  # the norm of a gradient: plain cells explode
SMALLEST = 1e-300  # a gradient that has vanished altogether still has a logarithm
RATES = {"sgd": (0.3, 0.1), "adamw": (0.01, 0.003), "muon": (0.05, 0.02)}  # each lag is learned at both


@dataclass(frozen=True)
class MemorySettings:
    """What can be swapped."""

    cell: str = "lstm"
    """elman (a plain recurrent network), lstm, gru, mingru"""
    start: str = "orthogonal"
    """where weights start: uniform, orthogonal, remembering"""
    units: int = 48
    """hidden units"""
    lags: str = "5-10-20-40-80"
    """steps that a symbol must be remembered for, with dashes"""
    optimizer: str = "adamw"
    """sgd (with momentum), adamw, muon"""
    rate: float = 0.0
    """of learning; 0: each lag the better of two"""
    batch: int = 32
    """sequences a step"""


class Memory(Experiment):
    """One recurrent cell or another, recalling a symbol after longer and longer lags."""

    name = "memory"
    claim = (
        "A plain recurrent network forgets after a few steps, since its gradients vanish on their way back through "
        "time; an LSTM or a GRU of as many units does not."
    )
    Settings = MemorySettings
    default: ClassVar[Mapping[str, str]] = {"cell": "elman,gru,lstm", "start": ",".join(STARTS)}
    metrics: ClassVar[Mapping[str, str]] = {
        "reach": "steps remembered",
        "accuracy": "recalled, all lags",
        "gradient": "log10 gradient before",
        "gradient_after": "log10 gradient after",
        "seconds": "seconds",
        "steps": "steps",
    }
    steps = 300

    def check(self, settings: MemorySettings) -> None:
        check_choice("cell", settings.cell, CELLS)
        check_choice("start", settings.start, STARTS)
        check_least("units", settings.units, 1)
        check_least("rate", settings.rate, 0)
        check_least("batch", settings.batch, 1)
        learner_of(settings.optimizer)
        lags_of(settings.lags)

    def run(self, settings: MemorySettings, seed: int, steps: int) -> Trial:
        self.check(settings)
        lags_L = lags_of(settings.lags)
        rates = (settings.rate,) if settings.rate else RATES[settings.optimizer]
        shares, seconds, before, after = [], 0.0, np.zeros(0), np.zeros(0)
        for lag in lags_L:
            make = partial(seeded, partial(Recaller, settings, lag), seed)
            batches = sequences(lag, settings.batch, derive(seed, "learn", lag))
            net, learned = best_of(make, batches, Course(learner_of(settings.optimizer), steps, clip=CLIP), rates)
            x_BTI, target_B = sequences(lag, JUDGED, derive(seed, "judge", lag))(0)
            shares.append(right(net, x_BTI, target_B))
            seconds += learned.seconds
            before, after = (gradients(some, x_BTI, target_B) for some in (make(), net))
        reach = [lag for n, lag in enumerate(lags_L) if min(shares[: n + 1]) >= RECALLED]
        metrics = {
            "reach": float(max(reach, default=0)),
            "accuracy": float(np.mean(shares)),
            "gradient": float(before[-1]),
            "gradient_after": float(after[-1]),
            "seconds": seconds,
            "steps": float(steps),
        }
        back_K = np.arange(len(before))
        shows = {"gradient": np.stack([back_K, before]), "gradient_after": np.stack([back_K, after])}
        return Trial(metrics, {"accuracy": np.array([lags_L, shares]), **shows})

    def says(self, rows: Sequence[Row]) -> str:
        found = groups(rows, "cell", MemorySettings.cell)
        found = {name: by for name, by in found.items() if "elman" in by and len(by) > 1}
        if not found or not spread_known(rows):
            return compared(rows, "reach", "steps that symbols are remembered for", more=True)
        told = with_each({name: beside_elman(by) for name, by in found.items()})
        return sentence(f"after {rows[0].mean('steps'):.0f} steps of learning, {told}")

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        panels: list[Panel] = []
        for name, by in groups(rows, "cell", MemorySettings.cell).items():
            where = f", with {name}" if name else ""
            recalled = {kind: mean_curve(row, "accuracy") for kind, row in by.items()}
            says = self.says(list(by.values()))
            panels.append(Curves(f"Remembered{where}", says, recalled, "steps before", "share of symbols recalled"))
            for metric, when in (("gradient", "before"), ("gradient_after", "after")):
                title = f"The gradient on its way back, {when} training{where}"
                says = f"So much of the last state's is left at the symbol: {left_over(by, metric)}."
                curves = {kind: mean_curve(row, metric) for kind, row in by.items()}
                lines = {kind: (back_K, 10**log_K) for kind, (back_K, log_K) in curves.items()}
                panels.append(Curves(title, says, lines, "steps back", "share of the last state's", log_y=True))
        return panels


def beside_elman(by: Mapping[str, Row]) -> str:
    """How long each cell remembers, beside the plain one, and what the textbook has to say to that."""
    reach = {kind: f"{row.mean('reach'):.0f}" for kind, row in by.items()}
    signs = beside(by, "elman", "reach")
    others = in_words(signs, {1: "longer", 0: "as long within the spread", -1: "less long"}, reach)
    if len(signs[1]) == len(by) - 1:
        verdict = "as the textbook says"
    elif signs[1]:
        verdict = f"the textbook is right of {listed(signs[1])} alone"
    else:
        verdict = "not as the textbook says"
    left = left_over(by, "gradient")
    return f"elman remembers for {reach['elman']} steps, {others}: {verdict} (gradient left before training: {left})"


def left_over(by: Mapping[str, Row], metric: str) -> str:
    """What is left of the gradient the longest lag back, in words."""
    return ", ".join(f"{10 ** row.mean(metric):.0e} with {kind}" for kind, row in by.items())


def lags_of(text: str) -> list[int]:
    """Lags from "5-10-20".

    Raises:
        GuinaError: they are no whole numbers from 1 to 1000 that grow.

    Example:
        >>> lags_of("5-10-20")
        [5, 10, 20]
    """
    parts = text.split("-")
    lags = [int(part) if part.isascii() and part.isdigit() else 0 for part in parts]
    if min(lags) < 1 or max(lags) > 1000 or lags != sorted(set(lags)):
        raise GuinaError(
            f'lags "{text}"', "steps from 1 to 1000, each more than the last, with dashes", "such as 5-10-20"
        )
    return lags


class Recaller(nn.Module):
    """A cell over time, and a dense layer that says at the end which symbol was first. B×T×I → B×S."""

    def __init__(self, settings: MemorySettings, lag: int) -> None:
        super().__init__()
        self.layer = Recurrent(CELLS[settings.cell](INPUTS, settings.units))
        self.head = Dense(settings.units, SYMBOLS)
        begin(self.layer.cell, settings.start, lag)

    def forward(self, x_BTI: Tensor) -> Tensor:
        return self.head(self.layer(x_BTI)[0][:, -1])


@torch.no_grad()
def begin(cell: Cell, start: str, lag: int) -> None:
    """Give a cell's weights their start; they are orthogonal as built."""
    hidden = cell.hidden
    if start == "uniform":
        for weight in cell.parameters():
            weight.uniform_(-(hidden**-0.5), hidden**-0.5)
    elif start == "remembering" and isinstance(cell, LSTM | GRU):
        # a gate of σ(b) keeps a state for about exp(b) steps
        keep_H = torch.empty(hidden).uniform_(1, max(2, lag)).log()
        cell.b[hidden : 2 * hidden] = keep_H  # f of an LSTM, z of a GRU
        if isinstance(cell, LSTM):
            cell.b[:hidden] = -keep_H  # i


def sequences(lag: int, batch: int, seed: int) -> Batches:
    """Batches of (one-hot B×T×I, the symbol B): a symbol, lag − 1 steps of noise, the mark."""

    def at(step: int) -> tuple[Tensor, Tensor]:
        rng = torch.Generator().manual_seed(derive(seed, step))
        symbol_B = torch.randint(SYMBOLS, (batch,), generator=rng)
        noise_BT = torch.randint(SYMBOLS, 2 * SYMBOLS, (batch, lag - 1), generator=rng)
        mark_B1 = torch.full((batch, 1), MARK)
        return F.one_hot(torch.cat([symbol_B[:, None], noise_BT, mark_B1], 1), INPUTS).float(), symbol_B

    return at


def best_of(
    make: Callable[[], Recaller], batches: Batches, course: Course, rates: Sequence[float]
) -> tuple[Recaller, Learned]:
    """The best of whole trainings, one a rate: nothing may be recalled for long, so short trials say little."""
    tried: list[tuple[Recaller, Learned]] = []
    for rate in rates:
        net = make()
        tried.append((net, learn(net, batches, course.at(rate))))
    return max(tried, key=lambda one: one[1].merit())


def gradients(net: Recaller, x_BTI: Tensor, target_B: Tensor) -> np.ndarray:
    """The loss's gradient to the state (h, and c) by steps back, 0 … T − 1: log10 of its norm over the last state's.

    The norm's mean over sequences. What is added to a state is seen by all later states and by nothing else; float64,
    as products get small.
    """
    net, nudges = deepcopy(net).double(), []
    cell = net.layer.cell
    state = cell.start(x_BTI.double())
    for x_BI in x_BTI.double().unbind(1):
        state, _ = cell.step(x_BI, state)
        nudge_SBH = torch.zeros(len(state), *state["h"].shape, dtype=torch.float64, requires_grad=True)
        state = {name: value + nudge for (name, value), nudge in zip(state.items(), nudge_SBH, strict=True)}
        nudges.append(nudge_SBH)
    loss = F.cross_entropy(net.head(state["h"]), target_B, reduction="sum")
    grads = torch.autograd.grad(loss, nudges)
    norm_K = np.array([grad_SBH.square().sum((0, 2)).sqrt().mean().item() for grad_SBH in reversed(grads)])
    return np.log10(norm_K.clip(SMALLEST)) - np.log10(norm_K[0].clip(SMALLEST))
