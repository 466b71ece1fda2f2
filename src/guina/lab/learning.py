"""What the experiments on pictures and sequences share: data, a plain loop, and a rate that is fair.

Networks that are compared must each learn at a rate that suits them, or the comparison is one of rates: the largest
rate at which a network learns goes down with the square of its inputs' size (LeCun et al. 1998, "Efficient BackProp").
So the rate is the best of a ladder in short trials, unless a setting says one. Trials are judged by the share of
training answers that are right, not by the loss: from inputs in the thousands a network that learns has a loss of
hundreds at first, and one whose units have all died has ln K.

Axes: N B examples, H W pixels, C channels, K classes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from guina.data import preprocess
from guina.data.arrays import Arrays
from guina.data.order import Shuffled
from guina.data.records import TRAIN, VAL
from guina.engine import loop
from guina.engine.optim import rate_factor
from guina.engine.step import trainable
from guina.engine.turns import Learner, Phase
from guina.jobs.classify.learning import Classify, ClassifySettings
from guina.lab.verdicts import check_choice
from guina.losses import cross_entropy_sum
from guina.runtime import derive, evaluating, seed_layers

LEARNED = 4000  # pictures that are learned from at most: a trial takes seconds
JUDGED = 1000  # pictures that it is judged by at most
VALIDATION = 0.25  # of the training pictures, where there is no validation split: a tenth of few would be too few
CHUNK = 500  # pictures a forward pass, when judging
OPTIMIZERS = ("sgd", "adamw", "muon")
RATES = {"sgd": (0.3, 0.1, 0.03, 0.01, 0.003), "adamw": (0.03, 0.01, 0.003, 0.001), "muon": (0.3, 0.1, 0.03, 0.01)}

Batches = Callable[[int], tuple[Tensor, Tensor]]  # step → inputs and target
T = TypeVar("T", bound=nn.Module)


@dataclass(frozen=True)
class LabelledPictures:
    """Labelled pictures to learn from and to judge by: uint8 pixels, int64 targets, K classes."""

    pixels_NHWC: Tensor
    target_N: Tensor
    val_NHWC: Tensor
    val_target_N: Tensor
    classes: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """H, W, C."""
        height, width, channels = self.pixels_NHWC.shape[1:]
        return height, width, channels

    def first(self, examples: int) -> "LabelledPictures":
        """The same with fewer pictures to learn from, spread evenly; 0: all."""
        if not 0 < examples < len(self.target_N):
            return self
        at = torch.linspace(0, len(self.target_N) - 1, examples).round().long()
        return replace(self, pixels_NHWC=self.pixels_NHWC[at], target_N=self.target_N[at])

    def standardised(self) -> tuple[Tensor, Tensor]:
        """What a network takes to learn from and to be judged by, N×C×H×W, channels last in memory."""
        prepare = preprocess.fit(self.pixels_NHWC, "standardize")
        return prepare(self.pixels_NHWC), prepare(self.val_NHWC)


def read_pictures(data: str, pixels: int = 0, most_pixels: int = 0) -> LabelledPictures:
    """Any DATA that classify takes.

    Args:
        pixels: height and width that pictures are brought to; 0: as they are.
        most_pixels: larger ones are brought to this many a side; 0: any.

    Raises:
        GuinaError: there are no such pictures.
    """
    job = Classify(ClassifySettings(pixels=pixels, validation=VALIDATION))
    records = job.read(data, (TRAIN, VAL))
    job = job.fitted_to(job.fit(records.only(TRAIN)))
    if most_pixels and max(job.fitted.shape[:2]) > most_pixels:
        return read_pictures(data, most_pixels)

    def some(split: str, most: int) -> tuple[Tensor, Tensor]:
        arrays: Arrays = job.arrays(records.only(split)).first(most)
        return torch.from_numpy(arrays.all("pixels")), torch.from_numpy(arrays.all("target"))

    return LabelledPictures(*some(TRAIN, LEARNED), *some(VAL, JUDGED), len(job.fitted.classes))


def shuffled(x_N: Tensor, target_N: Tensor, batch: int, seed: int) -> Batches:
    """Batches of examples in the order of the seed."""
    order, key = Shuffled(len(x_N), batch), derive(seed, "order")

    def at(step: int) -> tuple[Tensor, Tensor]:
        index_B = torch.from_numpy(order.at(key, step).index_B)
        return x_N[index_B], target_N[index_B]

    return at


@dataclass
class Learned:
    """What a training gave besides the weights.

    Args:
        losses: one a step, mean over the batch, in nats.
        shares: one a step, of the batch's answers that were right.
        looks: (steps done, what `look` said).
        seconds: of the steps alone, without the looks.
        finite: whether loss and gradient stayed numbers; where they did not, the weights are those before.
    """

    losses: list[float]
    shares: list[float]
    looks: list[tuple[int, float]]
    seconds: float = 0.0
    finite: bool = True

    def curve(self) -> np.ndarray:
        """The looks as x and y, 2×P."""
        return np.array(self.looks, np.float64).T

    def merit(self) -> tuple[float, float]:
        """Larger is better: the share of training answers that were right in the last quarter, then a lower loss."""
        if not self.finite:
            return -inf, -inf
        last = slice(-max(1, len(self.losses) // 4), None)
        return round(float(np.mean(self.shares[last])), 2), -float(np.mean(self.losses[last]))


@dataclass(frozen=True)
class Course:
    """How, and how long, a network learns.

    Args:
        learner: optimizer and rates.
        steps: of the whole training.
        hold: the rate stays until this fraction is done, and falls to zero at the end.
        clip: the largest norm of a gradient.
        every: steps between looks.
    """

    learner: Learner
    steps: int
    hold: float = 0.5
    clip: float = inf
    every: int = 10

    def at(self, rate: float) -> "Course":
        """The same at another rate; what Muon leaves to AdamW learns at a tenth of it."""
        return replace(self, learner=replace(self.learner, rate=rate, rate_rest=rate / 10))


def learn(net: nn.Module, batches: Batches, course: Course, look: Callable[[], float] | None = None) -> Learned:
    """Train a network to tell classes; it stops where a loss or gradient is no number.

    Args:
        look: what is asked every few steps, before the first and after the last.
    """
    phase = Phase("learn", (), {}, batch=1, warmup=0.0, hold=course.hold)
    learned = Learned([], [], [(0, look())] if look else [])

    def losses() -> Iterator[Tensor]:
        for step in range(course.steps):
            inputs, target_B = batches(step)
            logits_BK = net(inputs)
            learned.shares.append((logits_BK.detach().argmax(1) == target_B).float().mean().item())
            yield cross_entropy_sum(logits_BK, target_B) / len(target_B)

    def factor(step: int) -> float:
        return rate_factor(phase, step / course.steps)

    began = time.perf_counter()
    taken = loop.learn(trainable(net), course.learner, losses(), factor, course.clip)
    for steps, step in enumerate(taken, start=1):
        learned.seconds += time.perf_counter() - began
        learned.losses.append(step.loss)
        learned.finite = step.finite
        if not step.finite:
            break
        if look and steps % course.every == 0:
            learned.looks.append((steps, look()))
        began = time.perf_counter()
    if look:  # a curve is of one length, whatever became of the training
        rest = [s for s in range(course.every, course.steps, course.every) if s > learned.looks[-1][0]]
        rest += [course.steps] if learned.looks[-1][0] < course.steps else []
        last = look() if rest else 0.0
        learned.looks += [(s, last) for s in rest]
    return learned


def best_rate(make: Callable[[], nn.Module], batches: Batches, course: Course, rates: Sequence[float]) -> float:
    """The rate whose short trial has the most merit; it is held, as it is early in a training.

    Args:
        make: a new network, the same each time.
        course: of the trials.
    """

    def merit(rate: float) -> tuple[float, float]:
        return learn(make(), batches, replace(course.at(rate), hold=1.0)).merit()

    return max(rates, key=merit)


def learner_of(optimizer: str) -> Learner:
    """How the networks of the lab learn; the rate is their course's to say.

    Raises:
        GuinaError: there is no such optimizer.
    """
    check_choice("optimizer", optimizer, OPTIMIZERS)
    kinds: dict[str, Literal["sgd", "adamw", "muon"]] = {"sgd": "sgd", "adamw": "adamw", "muon": "muon"}
    return Learner(kinds[optimizer])


def seeded(make: Callable[[], T], seed: int) -> T:
    """A network whose weights are a function of the seed."""
    seed_layers(derive(seed, "weights"))
    return make()


def right(net: nn.Module, x_N: Tensor, target_N: Tensor) -> float:
    """The share of examples that are answered rightly."""
    with evaluating(net):
        answers_N = torch.cat([net(few).argmax(-1) for few in x_N.split(CHUNK)])
    return float((answers_N == target_N).float().mean())
