"""What the experiments on pictures and sequences share: data, a plain loop, a rate that is fair, and what counts as a tie.

Networks that are compared must each learn at a rate that suits them, or the comparison is one of rates: the largest rate
at which a network learns goes down with the square of its inputs' size (LeCun et al. 1998, "Efficient BackProp"). So the
rate is the best of a ladder, by the training loss of short trials, unless a setting says one.

Axes: N B examples, H W pixels, C channels, K classes.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import hypot, inf, isfinite
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from guina.data.order import Shuffled
from guina.data.records import TRAIN, VAL, Arrays
from guina.engine.job import Learner, Phase
from guina.engine.optim import Optimizer, rate_factor
from guina.engine.step import trainable
from guina.errors import GuinaError, did_you_mean
from guina.jobs.classify import Classify, ClassifySettings
from guina.lab.experiment import Row
from guina.losses import cross_entropy_sum
from guina.runtime import derive, evaluating, seed_layers

LEARNED = 4000  # pictures that are learned from at most: a trial takes seconds
JUDGED = 1000  # pictures that it is judged by at most
VALIDATION = 0.25  # of the training pictures, where there is no validation split: a tenth of few would be too few
CHUNK = 500  # pictures a forward pass, when judging
OPTIMIZERS = ("sgd", "adamw", "muon")

Batches = Callable[[int], tuple[Tensor, Tensor]]  # step → inputs and target
Make = Callable[[], nn.Module]
T = TypeVar("T")


# --- data ---


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures to learn from and to judge by.

    Args:
        pixels_NHWC, target_N: of the training split, uint8 and int64.
        val_NHWC, val_target_N: of the validation split.
        classes: K.
    """

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


def read_pictures(data: str, pixels: int = 0, most_pixels: int = 0) -> Pictures:
    """Any DATA that classify takes.

    Args:
        pixels: height and width that pictures are brought to; 0: as they are.
        most_pixels: larger ones are brought to this many a side; 0: any.

    Raises:
        GuinaError: there are no such pictures.
    """
    job = Classify(ClassifySettings(pixels=pixels, validation=VALIDATION))
    records = job.read(data, (TRAIN, VAL))
    job.fit(records.only(TRAIN))
    if most_pixels and max(job.shape[:2]) > most_pixels:
        return read_pictures(data, most_pixels)

    def some(arrays: Arrays) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(arrays.all("pixels")), torch.from_numpy(arrays.all("target"))

    train, val = (job.arrays(records.only(split)) for split in (TRAIN, VAL))
    return Pictures(*some(train.first(LEARNED)), *some(val.first(JUDGED)), len(job.classes))


def shuffled(x_N: Tensor, target_N: Tensor, batch: int, seed: int) -> Batches:
    """Batches of examples in the order of the seed."""
    order, key = Shuffled(len(x_N), batch), derive(seed, "order")

    def at(step: int) -> tuple[Tensor, Tensor]:
        index_B = torch.from_numpy(order.at(key, step).index_B)
        return x_N[index_B], target_N[index_B]

    return at


# --- learning ---


@dataclass
class Learned:
    """What a training gave besides the weights.

    Args:
        losses: one a step, mean over the batch, in nats.
        looks: (steps done, what `look` said).
        seconds: of the steps alone, without the looks.
        finite: whether the loss stayed a number; where it did not, the weights are those before.
    """

    losses: list[float]
    looks: list[tuple[int, float]]
    seconds: float
    finite: bool = True

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """The looks as x and y."""
        at, value = zip(*self.looks, strict=True)
        return np.array(at, np.float64), np.array(value, np.float64)


@dataclass(frozen=True)
class Course:
    """How long and how one learns.

    Args:
        learner: optimizer and rates.
        steps: of the whole training.
        hold: the rate stays until this fraction is done, and falls to zero at the end.
        clip: the largest norm of a gradient; None: as it is.
        every: steps between looks.
    """

    learner: Learner
    steps: int
    hold: float = 0.5
    clip: float | None = None
    every: int = 10


def learn(net: nn.Module, batches: Batches, course: Course, look: Callable[[], float] | None = None) -> Learned:
    """Train a network to tell classes; it stops where the loss is no number.

    Args:
        look: what is asked every few steps, before the first and after the last.
    """
    optimizer = Optimizer(trainable(net), course.learner)
    phase = Phase("learn", (), {}, batch=1, warmup=0.0, hold=course.hold)
    learned = Learned([], [(0, look())] if look else [], 0.0)
    for step in range(course.steps):
        began = time.perf_counter()
        inputs, target_B = batches(step)
        loss = cross_entropy_sum(net(inputs), target_B) / len(target_B)
        net.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), course.clip or inf)
        learned.losses.append(float(loss.detach()))
        learned.finite = isfinite(learned.losses[-1]) and isfinite(float(norm))
        if learned.finite:
            optimizer.step(rate_factor(phase, step / course.steps))
        learned.seconds += time.perf_counter() - began
        done = step + 1
        if look and (done % course.every == 0 or done == course.steps or not learned.finite):
            learned.looks.append((done, look()))
        if not learned.finite:
            break
    return learned


def best_rate(make: Make, batches: Batches, course: Course, rates: Sequence[float]) -> float:
    """The rate whose short trial ends with the lowest training loss; the rate is held, as it is early in a training.

    Args:
        make: a new network, the same each time.
        course: of the trials.
    """

    def loss_at(rate: float) -> float:
        learned = learn(make(), batches, replace(course, learner=at_rate(course.learner, rate), hold=1.0))
        last = np.array(learned.losses[-max(1, course.steps // 4) :])
        return float(last.mean()) if learned.finite else inf

    return min(rates, key=loss_at)


def learner_of(optimizer: str, rate: float) -> Learner:
    """How the networks of the lab learn.

    Raises:
        GuinaError: there is no such optimizer.
    """
    kinds: dict[str, Literal["sgd", "adamw", "muon"]] = {"sgd": "sgd", "adamw": "adamw", "muon": "muon"}
    check_choice("optimizer", optimizer, kinds)
    return at_rate(Learner(kinds[optimizer], momentum=0.9), rate)


def at_rate(learner: Learner, rate: float) -> Learner:
    """The same at another rate; what Muon leaves to AdamW learns at a tenth of it."""
    return replace(learner, rate=rate, rate_rest=rate / 10)


def seeded(make: Callable[[], T], seed: int) -> T:
    """A network whose weights are a function of the seed."""
    seed_layers(derive(seed, "weights"))
    return make()


def right(net: nn.Module, x_N: Tensor, target_N: Tensor) -> float:
    """The share of examples that are answered rightly."""
    with evaluating(net):
        answers_N = torch.cat([net(few).argmax(-1) for few in x_N.split(CHUNK)])
    return float((answers_N == target_N).float().mean())


# --- settings, and what numbers say ---


def check_choice(what: str, name: str, choices: Any) -> None:
    """Raise GuinaError when there is no such choice."""
    if name not in choices:
        raise GuinaError(f'there is no {what} "{name}"', f"one of {', '.join(choices)}", did_you_mean(name, choices))


def check_least(what: str, value: float, least: float) -> None:
    """Raise GuinaError when a number is too small."""
    if not value >= least:
        raise GuinaError(f"{what} {value:g}", f"at least {least:g}")


def compare(a: np.ndarray, b: np.ndarray) -> int:
    """1 where the first values are larger, −1 where they are smaller, 0 where they differ less than they scatter.

    Example:
        >>> compare(np.array([0.9, 0.92]), np.array([0.5, 0.6])), compare(np.array([0.5, 0.7]), np.array([0.55, 0.7]))
        (1, 0)
    """
    scatter = hypot(*(float(values.std(ddof=1)) if len(values) > 1 else 0.0 for values in (a, b)))
    difference = float(a.mean() - b.mean())
    return 0 if abs(difference) <= scatter else (1 if difference > 0 else -1)


def caveat(rows: Sequence[Row]) -> str:
    """What the end of a sentence owes the reader where there is no scatter to judge by."""
    return "" if all(len(row.trials) > 1 for row in rows) else " (one seed: what differs little may be chance)"


def mean_curve(row: Row, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the seeds of a curve that each shows as 2×P (x, y); as far as the shortest reaches."""
    curves = [trial.shows[name] for trial in row.trials]
    least = min(curve.shape[1] for curve in curves)
    x_P, y_P = np.mean([curve[:, :least] for curve in curves], axis=0)
    return x_P, y_P
