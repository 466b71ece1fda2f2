"""activations: which activation learns best in a convolutional network, and why the others do not.

Textbooks advise ReLU first (Nair & Hinton 2010; Krizhevsky et al. 2012 had it six times faster than tanh), with an eye
on units that die; leaky ReLU (Maas et al. 2013) or maxout (Goodfellow et al. 2013, https://arxiv.org/abs/1302.4389)
where they do; tanh as second best and sigmoid never, since a saturated unit passes no gradient, and no unit more than a
quarter of it (Glorot & Bengio 2010). They speak of networks without normalisation, as is this one unless `norm` is
swapped. Each activation gets the rate that suits it best.

    dead        a filter that is flat (a slope below 2 % of the steepest) at every place of every training picture
    saturated   the share of tanh's and sigmoid's answers that are flat
    gradient    the norm of the loss's gradient to the first convolution's weights over the last one's, at the start

Axes: N pictures, C channels, H W pixels, F filters, h w places, L convolutions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.blocks.activations import ACTIVATIONS
from guina.blocks.conv import Conv
from guina.errors import GuinaError
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.learning import (
    RATES,
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
    mean_curve,
    rules_in_words,
    sentence,
    spread_known,
    with_each,
)
from guina.nets.convnet import NORMS, SIZES, Architecture, ConvNet, architecture
from guina.nets.insight import stages
from guina.panels import Curves, Panel
from guina.runtime import evaluating

FLAT = 0.02  # a slope below this share of the steepest passes next to nothing: |tanh| above .99
PROBED = 500  # pictures that gradients are taken of
TRIAL = 4  # a rate is tried for steps / TRIAL steps

# the slope, over its steepest, from the answer y; the others are flat nowhere for long
SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": lambda y: (y > 0).to(y),
    "tanh": lambda y: 1 - y**2,
    "sigmoid": lambda y: 4 * y * (1 - y),
}
BOUNDED = ("tanh", "sigmoid")


@dataclass(frozen=True)
class ActivationsSettings:
    """What can be swapped."""

    data: str = "digits"
    """pictures that classify takes"""
    activation: str = "relu"
    """relu, leaky_relu, maxout, tanh, sigmoid, silu, gelu, softplus; or one for each layer, with dashes"""
    norm: str = "none"
    """batch, or none"""
    size: str = "tiny"
    """of the network: tiny, small, medium, large, huge"""
    pixels: int = 24
    """height and width that pictures are brought to; 0: as they are"""
    optimizer: str = "sgd"
    """sgd (with momentum), adamw, muon"""
    rate: float = 0.0
    """of learning; 0: each activation the best of a few, in short trials"""
    batch: int = 64
    """pictures a step"""


class Activations(Experiment):
    """One convolutional network with one activation or another."""

    name = "activations"
    claim = (
        "Take ReLU and mind dead units; leaky ReLU or maxout do no worse; tanh does worse; and sigmoid, which "
        "saturates and lets gradients fade, is not for the layers of a deep network."
    )
    Settings = ActivationsSettings
    default: ClassVar[Mapping[str, str]] = {"activation": "relu,leaky_relu,maxout,tanh,sigmoid,silu"}
    metrics: ClassVar[Mapping[str, str]] = {
        "accuracy": "accuracy",
        "dead": "dead filters",
        "saturated": "saturated answers",
        "gradient": "gradient, first over last",
        "step_ms": "ms a step",
        "rate": "best rate",
        "seconds": "seconds",
        "steps": "steps",
    }
    steps = 300

    def check(self, settings: ActivationsSettings) -> None:
        for name in settings.activation.split("-"):
            check_choice("activation", name, ACTIVATIONS)
        check_choice("norm", settings.norm, NORMS)
        check_choice("size", settings.size, SIZES)
        check_least("rate", settings.rate, 0)
        check_least("batch", settings.batch, 1)
        learner_of(settings.optimizer)
        if "-" in settings.activation:
            shape_of(read_pictures(settings.data, settings.pixels), settings)

    def run(self, settings: ActivationsSettings, seed: int, steps: int) -> Trial:
        self.check(settings)
        pictures = read_pictures(settings.data, settings.pixels)
        x_NCHW, val_NCHW = pictures.standardised()
        shape = shape_of(pictures, settings)

        def make() -> ConvNet:
            return seeded(lambda: whitened(ConvNet(shape), x_NCHW), seed)

        batches = shuffled(x_NCHW, pictures.target_N, settings.batch, seed)
        trial = Course(learner_of(settings.optimizer), max(1, steps // TRIAL))
        rate = settings.rate or best_rate(make, batches, trial, RATES[settings.optimizer])
        net = make()
        gradient_L = gradients(make(), x_NCHW[:PROBED], pictures.target_N[:PROBED])
        course = Course(learner_of(settings.optimizer), steps, every=max(1, steps // 30)).at(rate)
        learned = learn(net, batches, course, lambda: right(net, val_NCHW, pictures.val_target_N))
        dead, saturated = flat(net, x_NCHW)
        metrics = {
            "accuracy": learned.looks[-1][1],
            "dead": dead,
            "saturated": saturated,
            "gradient": float(gradient_L[0] / gradient_L[-1]),
            "step_ms": 1000 * learned.seconds / len(learned.losses),
            "rate": rate,
            "seconds": learned.seconds,
            "steps": float(steps),
        }
        depth_L = np.arange(1, len(gradient_L) + 1)
        return Trial(metrics, {"accuracy": learned.curve(), "gradient": np.stack([depth_L, gradient_L])})

    def says(self, rows: Sequence[Row]) -> str:
        found = groups(rows, "activation", ActivationsSettings.activation)
        found = {name: by for name, by in found.items() if "relu" in by and len(by) > 1}
        if not found or not spread_known(rows):
            return compared(rows, "accuracy", "accuracy", more=True, form=".1%")
        return sentence(with_each({name: beside_relu(by) for name, by in found.items()}))

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        panels: list[Panel] = []
        for name, by in groups(rows, "activation", ActivationsSettings.activation).items():
            where = f", with {name}" if name else ""
            learned = {kind: mean_curve(row, "accuracy") for kind, row in by.items()}
            says = self.says(list(by.values()))
            panels.append(Curves(f"How they learn{where}", says, learned, "steps", "validation accuracy"))
            depths = {kind: mean_curve(row, "gradient") for kind, row in by.items()}
            kept = {kind: row.mean("gradient") for kind, row in by.items()}
            least, most = min(kept, key=lambda kind: kept[kind]), max(kept, key=lambda kind: kept[kind])
            says = f"Of the last convolution's gradient the first gets {kept[least]:.2g} times as much with {least}"
            says += f", {kept[most]:.2g} times with {most}." if most != least else "."
            panels.append(Curves(f"The gradient by depth{where}", says, depths, "convolution", "norm", log_y=True))
        return panels


def beside_relu(by: Mapping[str, Row]) -> str:
    """How the others do beside ReLU, and which of the textbook's rules that bears out."""
    signs = beside(by, "relu", "accuracy")
    accuracy = {kind: f"{row.mean('accuracy'):.1%}" for kind, row in by.items()}
    others = in_words(signs, {-1: "worse", 0: "as good", 1: "better"}, accuracy)
    rules = {f"{kind} worse": kind in signs[-1] for kind in ("tanh", "sigmoid") if kind in by}
    rules |= {f"{kind} no worse": kind not in signs[-1] for kind in ("leaky_relu", "maxout") if kind in by}
    verdict = f" ({rules_in_words(rules)})" if rules else ""
    dead = by["relu"].mean("dead")
    return f"relu has {accuracy['relu']} with {dead:.0%} of its filters dead, {others}{verdict}"


def shape_of(pictures: LabelledPictures, settings: ActivationsSettings) -> Architecture:
    """The network's shape.

    Raises:
        GuinaError: the number of activations is not that of the layers.
    """
    plain = architecture(settings.size, pictures.shape, pictures.classes, norm=settings.norm)
    names, layers = settings.activation.split("-"), len(plain.activations)
    if len(names) not in (1, layers):
        raise GuinaError(
            f"activation {settings.activation} is for {len(names)} layers, and this network has {layers}",
            f"one name, or {layers} with dashes: of the first layer and of each convolution",
            f"say {'-'.join((names * layers)[:layers])}",
        )
    names = ",".join(names)
    return architecture(settings.size, pictures.shape, pictures.classes, names, norm=settings.norm)


def whitened(net: ConvNet, x_NCHW: Tensor) -> ConvNet:
    """The network, its first layer computed from the pictures."""
    net.whiten(x_NCHW)
    return net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it


def gradients(net: ConvNet, x_NCHW: Tensor, target_N: Tensor) -> np.ndarray:
    """The norm of the loss's gradient to each convolution's weights, first to last, L."""
    weights = [layer.weight for layer in net.body.children() if isinstance(layer, Conv)]
    grads = torch.autograd.grad(F.cross_entropy(net(x_NCHW), target_N), weights)
    return np.array([grad.norm().item() for grad in grads])


def flat(net: ConvNet, x_NCHW: Tensor) -> tuple[float, float]:
    """The share of dead filters, and of saturated answers (NaN where no activation is bounded)."""
    dead, saturated = [], []
    with evaluating(net):
        for stage, name in zip(stages(net, x_NCHW), net.architecture.activations, strict=True):
            y_NFhw = stage.maps_NFhw
            flat_NFhw = SLOPES[name](y_NFhw) < FLAT if name in SLOPES else torch.zeros_like(y_NFhw, dtype=torch.bool)
            dead.append(flat_NFhw.movedim(1, 0).flatten(1).all(1))
            if name in BOUNDED:
                saturated.append(flat_NFhw.flatten())
    share = torch.cat(saturated).float().mean().item() if saturated else float("nan")
    return torch.cat(dead).float().mean().item(), share
