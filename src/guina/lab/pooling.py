"""pooling: what a convolutional network gains when its blocks shrink the picture, and by which means.

Textbooks say that pooling (max rather than average) saves parameters, makes a network indifferent to small shifts and
changes of size, and keeps it from learning by heart; and that a stride may take its place (Springenberg et al. 2014,
https://arxiv.org/abs/1412.6806). How far that holds depends on what follows: a head that is given every place of the
last maps (`flat`) has fewer weights where there are fewer places; one that is given each map's largest value (`global`,
as in guina's own networks) has as many whatever the pooling, and does not ask what was where. So both are tried.

    moved      share of answers that become others under shifts by 1 to 4 pixels, up, down, left and right
    resized    the same when pictures are drawn at 0.5 to 1.5 times their size
    gap        training accuracy less validation accuracy; few pictures are learned from, so that there is one

Axes: N pictures, C channels, H W pixels, F filters, h w places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from guina.blocks.activations import ACTIVATIONS
from guina.blocks.dense import Dense
from guina.blocks.pooling import POOLINGS
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.learning import RATES, Course, best_rate, learn, learner_of, read_pictures, right, seeded, shuffled
from guina.lab.telling import compared
from guina.lab.verdicts import (
    check_choice,
    check_least,
    groups,
    listed,
    mean_curve,
    rules_in_words,
    sentence,
    sign,
    spread_known,
    with_each,
)
from guina.nets.convnet import NORMS, SIZES, Architecture, ConvNet, architecture
from guina.nets.insight import changed, rescaled, shifted
from guina.panels import Curves, Panel
from guina.runtime import evaluating

HEADS = ("flat", "global")
MOVES = np.arange(5)  # pixels
FACTORS = np.linspace(0.5, 1.5, 11)
TRIAL = 4  # a rate is tried for steps / TRIAL steps
RULES = {  # of the textbook, for pooling beside none: what it says there is less of
    "parameters": "fewer parameters",
    "gap": "less learned by heart",
    "moved": "fewer answers changed by shifts",
    "resized": "fewer answers changed by sizes",
}


@dataclass(frozen=True)
class PoolingSettings:
    """What can be swapped."""

    data: str = "digits"
    """pictures that classify takes"""
    pooling: str = "max"
    """none, stride, average, max"""
    head: str = "flat"
    """flat: dense on all places of the last maps; global: dense on each map's largest value"""
    norm: str = "batch"
    """batch, or none"""
    activation: str = "relu"
    """of all layers"""
    size: str = "tiny"
    """of the network: tiny, small, medium, large, huge"""
    pixels: int = 24
    """height and width that pictures are brought to; 0: as they are"""
    examples: int = 300
    """pictures to learn from; 0: all"""
    optimizer: str = "sgd"
    """sgd (with momentum), adamw, muon"""
    rate: float = 0.0
    """of learning; 0: each pooling the best of a few, in short trials"""
    batch: int = 50
    """pictures a step"""


class Pooling(Experiment):
    """One convolutional network with one pooling or another."""

    name = "pooling"
    claim = (
        "Pooling saves parameters, makes a network indifferent to small shifts and changes of size, and keeps it from "
        "learning by heart; max pooling does it best, and a stride may take its place."
    )
    Settings = PoolingSettings
    default: ClassVar[Mapping[str, str]] = {"pooling": "none,stride,average,max", "head": "flat,global"}
    metrics: ClassVar[Mapping[str, str]] = {
        "parameters": "parameters",
        "accuracy": "accuracy",
        "gap": "gap to training",
        "moved": "changed by shifts",
        "resized": "changed by sizes",
        "rate": "best rate",
        "seconds": "seconds",
        "steps": "steps",
    }
    steps = 150

    def check(self, settings: PoolingSettings) -> None:
        check_choice("pooling", settings.pooling, POOLINGS)
        check_choice("head", settings.head, HEADS)
        check_choice("norm", settings.norm, NORMS)
        check_choice("activation", settings.activation, ACTIVATIONS)
        check_choice("size", settings.size, SIZES)
        check_least("examples", settings.examples, 0)
        check_least("rate", settings.rate, 0)
        check_least("batch", settings.batch, 1)
        learner_of(settings.optimizer)

    def run(self, settings: PoolingSettings, seed: int, steps: int) -> Trial:
        self.check(settings)
        pictures = read_pictures(settings.data, settings.pixels).first(settings.examples)
        x_NCHW, val_NCHW = pictures.standardised()
        kinds = settings.activation, settings.pooling, settings.norm
        shape = architecture(settings.size, pictures.shape, pictures.classes, *kinds)

        def make() -> nn.Module:
            return seeded(lambda: network(shape, settings.head, x_NCHW), seed)

        batches = shuffled(x_NCHW, pictures.target_N, settings.batch, seed)
        trial = Course(learner_of(settings.optimizer), max(1, steps // TRIAL))
        rate = settings.rate or best_rate(make, batches, trial, RATES[settings.optimizer])
        net = make()
        course = Course(learner_of(settings.optimizer), steps, every=max(1, steps // 15)).at(rate)
        learned = learn(net, batches, course, lambda: right(net, val_NCHW, pictures.val_target_N))
        moved_M, resized_S = by_move(net, val_NCHW), by_factor(net, val_NCHW)
        accuracy = learned.looks[-1][1]
        metrics = {
            "parameters": float(sum(weight.numel() for weight in net.parameters())),
            "accuracy": accuracy,
            "gap": right(net, x_NCHW, pictures.target_N) - accuracy,
            "moved": float(moved_M[MOVES > 0].mean()),
            "resized": float(resized_S[FACTORS != 1].mean()),
            "rate": rate,
            "seconds": learned.seconds,
            "steps": float(steps),
        }
        shows = {"moved": np.stack([MOVES, moved_M]), "resized": np.stack([FACTORS, resized_S])}
        return Trial(metrics, {"accuracy": learned.curve(), **shows})

    def says(self, rows: Sequence[Row]) -> str:
        found = groups(rows, "pooling", PoolingSettings.pooling)
        found = {name: by for name, by in found.items() if "none" in by and len(by) > 1}
        if not found or not spread_known(rows):
            return compared(rows, "accuracy", "accuracy", more=True, form=".1%")
        return sentence(with_each({name: beside_none(by) for name, by in found.items()}))

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        panels: list[Panel] = []
        for name, by in groups(rows, "pooling", PoolingSettings.pooling).items():
            where = f", with {name}" if name else ""
            for metric, title, x_label in (
                ("moved", "When pictures are moved", "pixels moved"),
                ("resized", "When pictures are enlarged or reduced", "size, as a factor"),
            ):
                lines = {kind: mean_curve(row, metric) for kind, row in by.items()}
                shares = [f"{row.mean(metric):.0%} with {kind}" for kind, row in by.items()]
                says = f"On the average so many answers become others: {', '.join(shares)}."
                panels.append(Curves(f"{title}{where}", says, lines, x_label, "share of answers changed"))
            lines = {kind: mean_curve(row, "accuracy") for kind, row in by.items()}
            panels.append(Curves(f"How they learn{where}", self.says(list(by.values())), lines, "steps", "accuracy"))
        return panels


def beside_none(by: Mapping[str, Row]) -> str:
    """What pooling (max, or what there is) changes, and which of the textbook's rules that bears out."""
    kind = next(name for name in ("max", "average", "stride") if name in by)
    pooled, none = by[kind], by["none"]
    rules = {rule: sign(pooled, none, metric) < 0 for metric, rule in RULES.items()}
    if kind == "max":
        rivals = [name for name in ("average", "stride") if name in by]
        rules |= {f"more accurate than {name}": sign(pooled, by[name], "accuracy") > 0 for name in rivals}
    told = [
        f"{pooled.mean('parameters'):,.0f} parameters rather than {none.mean('parameters'):,.0f}",
        f"a gap of {pooled.mean('gap'):.1%} rather than {none.mean('gap'):.1%}",
        f"shifts change {pooled.mean('moved'):.0%} of the answers rather than {none.mean('moved'):.0%}",
        f"sizes {pooled.mean('resized'):.0%} rather than {none.mean('resized'):.0%}",
    ]
    accuracy = listed([f"{name} {row.mean('accuracy'):.1%}" for name, row in by.items()])
    return f"{kind} beside none has {', '.join(told)}, and accuracy is {accuracy} ({rules_in_words(rules)})"


def network(shape: Architecture, head: str, x_NCHW: Tensor) -> nn.Module:
    """guina's convolutional network, whitened by the pictures; with a flat head, its answers come from all places."""
    net: nn.Module = ConvNet(shape)
    assert isinstance(net, ConvNet)
    net.whiten(x_NCHW)
    if head == "flat":
        maps = nn.Sequential(net.first, net.act, net.body, nn.Flatten())
        with torch.no_grad():
            values = maps(x_NCHW[:2]).size(1)
        net = nn.Sequential(maps, Dense(values, shape.classes, bias=False))
    return net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it


def moves_of(m: int) -> list[tuple[int, int]]:
    """The four moves by m pixels."""
    return [(m, 0), (-m, 0), (0, m), (0, -m)] if m else [(0, 0)]


def by_move(net: nn.Module, x_NCHW: Tensor) -> np.ndarray:
    """The share of answers that change, by the pixels of a shift; the mean over four directions."""

    moves = [(pixels, move) for pixels in MOVES.tolist() for move in moves_of(pixels)]
    with evaluating(net):
        shares = changed(net, x_NCHW, [partial(shifted, down=down, right=right) for _, (down, right) in moves])
    return np.array([np.mean([s for s, (n, _) in zip(shares, moves, strict=True) if n == m]) for m in MOVES.tolist()])


def by_factor(net: nn.Module, x_NCHW: Tensor) -> np.ndarray:
    """The share of answers that change, by the factor of the size."""
    with evaluating(net):
        return np.array(changed(net, x_NCHW, [partial(rescaled, factor=factor) for factor in FACTORS.tolist()]))
