"""The linear model on pixels that a network has to beat: multinomial logistic regression, honest and cheap.

Its cost is bounded whatever the data are: it learns from so many pictures, made coarser by averages of k×k pixels until
the model has few enough weights, for so many passes. How many passes, a part of the pictures decides that it does not
learn from, by when its loss no longer falls; then it learns as long from all of them.

Axes: N pictures, H W pixels, C channels, D = H·W·C values of a coarse picture, K classes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.data.arrays import Arrays
from guina.engine import loop
from guina.engine.turns import Learner

MOST = 10_000  # pictures that it learns from
VALUES = 800  # of a coarse picture
WEIGHTS = 300_000  # of the model; with many classes pictures get coarser
FEWEST = 48  # values of a coarse picture, however many classes there are
HELD, SHARE = 1000, 5  # pictures that say when to stop: so many, at most one in so many
PASSES, PATIENCE = 30, 3  # passes at most, and passes in a row without a fall of the loss
RATE = 1.5e-3  # of Adam
CHUNK = 1000  # pictures made coarse at once


@dataclass(frozen=True)
class Linear:
    """A linear model of coarse pictures.

    Args:
        coarse: pixels a side that are averaged.
        mean_D, spread: of the values it learned from.
        weight_DK, bias_K: class scores are weightᵀ x + bias.
    """

    coarse: int
    mean_D: Tensor
    spread: Tensor
    weight_DK: Tensor
    bias_K: Tensor

    def accuracy(self, arrays: Arrays) -> float:
        """The share of pictures that it gets right."""
        target_N, right = torch.from_numpy(arrays.all("target")), 0
        for some_N in torch.arange(len(arrays)).split(CHUNK):
            x_ND = (averaged(arrays.take("pixels", some_N.numpy()), self.coarse) - self.mean_D) / self.spread
            right += int(((x_ND @ self.weight_DK + self.bias_K).argmax(1) == target_N[some_N]).sum())
        return right / len(arrays)


def coarseness(shape: tuple[int, int, int], classes: int) -> int:
    """The least k such that pictures of k×k averages have few enough values.

    Example:
        >>> coarseness((28, 28, 1), 10), coarseness((64, 64, 3), 10), coarseness((64, 64, 3), 1500)
        (1, 4, 8)
    """
    height, width, channels = shape
    most = max(FEWEST, min(VALUES, WEIGHTS // classes))
    k = 1
    while -(-height // k) * -(-width // k) * channels > most and k < max(height, width):
        k += 1
    return k


def averaged(pixels_NHWC: np.ndarray, k: int) -> Tensor:
    """Means of k×k pixels, N×D; what hangs over the edge is left out of the mean."""
    x_NCHW = torch.from_numpy(pixels_NHWC).permute(0, 3, 1, 2).float()
    return F.avg_pool2d(x_NCHW, k, ceil_mode=True, count_include_pad=False).flatten(1)


def fit_linear(train: Arrays, classes: int, seed: int = 0) -> Linear:
    """Learn from at most `MOST` training pictures; the same for the same pictures and seed.

    Args:
        train: with the columns "pixels" (uint8) and "target".
        classes: K.
    """
    some = train.first(MOST)
    height, width, channels = some.take("pixels", np.array([0]))[0].shape
    k = coarseness((height, width, channels), classes)
    x_ND = torch.cat([averaged(some.take("pixels", n.numpy()), k) for n in torch.arange(len(some)).split(CHUNK)])
    mean_D, spread = x_ND.mean(0), x_ND.std().clamp_min(1.0)
    x_ND, target_N = (x_ND - mean_D) / spread, torch.from_numpy(some.all("target"))
    with torch.inference_mode(False), torch.enable_grad():  # whoever asks may be judging a network
        x_ND, target_N = x_ND.clone(), target_N.clone()
        weight_DK, bias_K = nth(learn(x_ND, target_N, classes, seed), passes(x_ND, target_N, classes, seed))
    return Linear(k, mean_D, spread, weight_DK, bias_K)


def passes(x_ND: Tensor, target_N: Tensor, classes: int, seed: int) -> int:
    """After how many passes the loss on a part that is not learned from was lowest."""
    order_N = torch.randperm(len(x_ND), generator=torch.Generator().manual_seed(seed))
    held_N, learned_N = order_N.tensor_split([min(HELD, len(order_N) // SHARE)])
    if not len(held_N):
        return PASSES
    best, least = 1, float("inf")
    for n, (weight_DK, bias_K) in enumerate(learn(x_ND[learned_N], target_N[learned_N], classes, seed), 1):
        loss = float(F.cross_entropy(x_ND[held_N] @ weight_DK + bias_K, target_N[held_N]))
        if loss < least:
            best, least = n, loss
        if n == PASSES or n - best == PATIENCE:
            break
    return best


def learn(x_ND: Tensor, target_N: Tensor, classes: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Weights and biases after each pass over the pictures, by Adam; without end."""
    weight_DK, bias_K = torch.zeros(x_ND.size(1), classes), torch.zeros(classes)
    weights = {"weight": weight_DK.requires_grad_(), "bias": bias_K.requires_grad_()}
    batch = min(250, max(32, len(x_ND) // 40))
    rng = torch.Generator().manual_seed(seed)

    def losses() -> Iterator[Tensor]:
        while True:
            for index_B in torch.randperm(len(x_ND), generator=rng).split(batch):
                yield F.cross_entropy(x_ND[index_B] @ weight_DK + bias_K, target_N[index_B])

    steps = loop.learn(weights, Learner("adamw", RATE, betas=(0.9, 0.999)), losses())
    while True:
        for _ in islice(steps, -(-len(x_ND) // batch)):
            pass
        yield weight_DK.detach(), bias_K.detach()


def nth(things: Iterator[tuple[Tensor, Tensor]], n: int) -> tuple[Tensor, Tensor]:
    """The n-th of them, counted from 1."""
    return next(islice(things, n - 1, None))


def of_linear(examples: int, shape: tuple[int, int, int], classes: int) -> str:
    """What the linear model was given, where that is less than everything; "" otherwise.

    Example:
        >>> of_linear(60_000, (28, 28, 1), 10), of_linear(500, (64, 64, 3), 10), of_linear(500, (8, 8, 1), 10)
        ('the linear model learned from 10,000 of 60,000 training pictures', 'the linear model saw 16×16 pixels', '')
    """
    k = coarseness(shape, classes)
    size = f"{-(-shape[0] // k)}×{-(-shape[1] // k)} pixels"
    if examples > MOST:
        return f"the linear model learned from {MOST:,} of {examples:,} training pictures" + f" at {size}" * (k > 1)
    return f"the linear model saw {size}" if k > 1 else ""
