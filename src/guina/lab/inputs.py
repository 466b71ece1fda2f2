"""inputs: does a network learn faster from centred, scaled, decorrelated inputs?

Why it should (LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.3): for a layer y = W x the curvature
of the loss along a weight grows with the square of its input. Inputs of unequal ranges make directions of unequal
curvature: the steepest one limits the rate, and the others then take long. A mean that is not zero is one such steep
direction; correlations are others.

    raw        pixels from 0 to 255
    centred    each feature's mean subtracted
    scaled     each feature centred and divided by its standard deviation
    pca        scaled, and only the strongest principal components kept (99 % of the variance), back in picture space,
               since to dense layers that start at random any rotation is alike
    whitened   scaled and decorrelated, each direction of variance 1 (ZCA)

Ranges are equal as pixels have them, or unequal: each feature multiplied by one of the factors 1 … 1000, log-spaced and
in random order. The network is dense, without normalisation layers, and each input gets the rate that suits it best.

Axes: N examples, D features.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from guina.data import preprocess
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.learning import (
    Course,
    LabelledPictures,
    best_rate,
    learn,
    learner_of,
    read_pictures,
    right,
    seeded,
    shuffled,
)
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
    sign,
    spread_known,
    with_each,
)
from guina.nets.multilayer import multilayer, widths_of
from guina.panels import Curves, Panel
from guina.runtime import derive

MODES: dict[str, preprocess.Mode] = {"scaled": "standardize", "pca": "pca", "whitened": "whiten"}
INPUTS = ("raw", "centred", *MODES)
RANGES = ("equal", "unequal")
WIDEST = 1000.0  # the largest factor of unequal ranges
MOST_PIXELS = 16  # a side: principal components of larger pictures take longer than the training
LADDER = tuple(10.0 ** (-k / 4) for k in range(33))  # 1 … 1e-8: raw inputs need rates far below those of scaled ones
TRIAL = 4  # a rate is tried for steps / TRIAL steps


@dataclass(frozen=True)
class InputsSettings:
    """What can be swapped."""

    data: str = "digits"
    """pictures that classify takes"""
    input: str = "scaled"
    """raw, centred, scaled, pca, whitened"""
    ranges: str = "equal"
    """equal, or unequal: features multiplied by 1 to 1000"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: as they are, up to 16"""
    layers: str = "64-64"
    """units of each hidden layer, with dashes"""
    activation: str = "relu"
    """of the hidden layers"""
    optimizer: str = "sgd"
    """sgd (with momentum), adamw, muon"""
    rate: float = 0.0
    """of learning; 0: each input the best of 33 between 1 and 1e-8, in short trials"""
    batch: int = 32
    """pictures a step"""
    target: float = 0.9
    """the validation accuracy that steps are counted to"""


class Inputs(Experiment):
    """What is done to the inputs, and how soon a network then learns."""

    name = "inputs"
    claim = (
        "A network trains faster when its inputs are centred and of one range; a feature of 0 to 10 beside one of 0 to "
        "10,000 trains badly, and decorrelating (PCA, whitening) may help further."
    )
    Settings = InputsSettings
    default: ClassVar[Mapping[str, str]] = {"input": ",".join(INPUTS), "ranges": ",".join(RANGES)}
    metrics: ClassVar[Mapping[str, str]] = {
        "steps_to": "steps to the accuracy",
        "accuracy": "accuracy at the end",
        "rate": "best rate",
        "seconds": "seconds",
        "steps": "steps",
    }
    steps = 400

    def check(self, settings: InputsSettings) -> None:
        check_choice("input", settings.input, INPUTS)
        check_choice("kind of ranges", settings.ranges, RANGES)
        check_least("rate", settings.rate, 0)
        check_least("batch", settings.batch, 1)
        learner_of(settings.optimizer)
        multilayer(1, widths_of(settings.layers), 1, settings.activation)

    def run(self, settings: InputsSettings, seed: int, steps: int) -> Trial:
        self.check(settings)
        pictures = read_pictures(settings.data, settings.pixels, MOST_PIXELS)
        x_ND, val_ND = features(pictures, settings.input, settings.ranges, seed)

        def make() -> torch.nn.Module:
            widths = widths_of(settings.layers)
            return seeded(lambda: multilayer(x_ND.size(1), widths, pictures.classes, settings.activation), seed)

        batches = shuffled(x_ND, pictures.target_N, settings.batch, seed)
        trial = Course(learner_of(settings.optimizer), max(1, steps // TRIAL))
        rate = settings.rate or best_rate(make, batches, trial, LADDER)
        net = make()
        course = Course(learner_of(settings.optimizer), steps, every=max(1, steps // 200)).at(rate)
        learned = learn(net, batches, course, lambda: right(net, val_ND, pictures.val_target_N))
        metrics = {
            "steps_to": next((float(step) for step, share in learned.looks if share >= settings.target), float("nan")),
            "accuracy": learned.looks[-1][1],
            "rate": rate,
            "seconds": learned.seconds,
            "steps": float(steps),
        }
        return Trial(metrics, {"accuracy": learned.curve()})

    def says(self, rows: Sequence[Row]) -> str:
        found = groups([counted(row) for row in rows], "input", InputsSettings.input)
        found = {name: by for name, by in found.items() if "raw" in by and "scaled" in by}
        if not found or not spread_known(rows):
            return compared(rows, "accuracy", "accuracy", more=True, form=".1%")
        slower = [name for name, by in found.items() if sign(by["raw"], by["scaled"], "steps_to") > 0]
        if len(slower) in (0, len(found)):
            how = "slower than scaled ones, as the textbook says" if slower else "no slower than scaled ones"
        else:
            how = f"slower than scaled ones with {listed(slower)}, where the textbook is right, and not otherwise"
        return sentence(f"raw inputs are {how}: {with_each({name: pace(by) for name, by in found.items()})}")

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        panels: list[Panel] = []
        for name, by in groups(rows, "input", InputsSettings.input).items():
            lines = {kind: mean_curve(row, "accuracy") for kind, row in by.items()}
            title = f"How soon it learns{f', with {name}' if name else ''}"
            panels.append(Curves(title, self.says(list(by.values())), lines, "steps", "validation accuracy"))
        return panels


def pace(by: Mapping[str, Row]) -> str:
    """How soon each input is learned from, beside scaled ones."""
    signs = beside(by, "scaled", "steps_to")
    others = in_words(
        signs, {1: "slower", 0: "as soon", -1: "sooner"}, {kind: steps_to_target(row) for kind, row in by.items()}
    )
    target = float(by["scaled"].swap.get("target", InputsSettings.target))
    return f"scaled ones reach {target:.0%} {steps_to_target(by['scaled'])}, {others}"


def features(pictures: LabelledPictures, kind: str, ranges: str, seed: int) -> tuple[Tensor, Tensor]:
    """The pictures as features N×D, to learn from and to judge by; fitted to the former alone."""
    x_ND, val_ND = (pixels.flatten(1).float() for pixels in (pictures.pixels_NHWC, pictures.val_NHWC))
    if ranges == "unequal":
        rng = torch.Generator().manual_seed(derive(seed, "ranges"))
        factor_D = torch.logspace(0, np.log10(WIDEST), x_ND.size(1))[torch.randperm(x_ND.size(1), generator=rng)]
        x_ND, val_ND = x_ND * factor_D, val_ND * factor_D
    if kind == "raw":
        return x_ND, val_ND
    if kind == "centred":
        return x_ND - x_ND.mean(0), val_ND - x_ND.mean(0)
    # every feature a channel of its own, as `preprocess` scales by channels
    prepare = preprocess.fit(x_ND[:, None, None], MODES[kind])
    return prepare(x_ND[:, None, None]).flatten(1), prepare(val_ND[:, None, None]).flatten(1)


def counted(row: Row) -> Row:
    """The row with all the steps there were in place of none: what was never reached took at least those."""

    def steps_to(trial: Trial) -> float:
        return trial.metrics["steps_to"] if isfinite(trial.metrics["steps_to"]) else trial.metrics["steps"]

    return Row(row.swap, [Trial(trial.metrics | {"steps_to": steps_to(trial)}) for trial in row.trials])


def steps_to_target(row: Row) -> str:
    """The mean number of steps of a counted row, in words."""
    never = int((row.values("steps_to") >= row.values("steps")).sum())
    if never == len(row.trials):
        return "never"
    return f"in {'more than ' if never else ''}{row.mean('steps_to'):.0f} steps"
