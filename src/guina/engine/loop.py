"""The plain loop, for what learns outside of a training: features, a baseline, a small network that is compared.

A training of a job has a budget, phases, validations and checkpoints (guina.engine.train); here there are only losses
and steps.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf, isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from guina.engine.optim import Optimizer, norm_of
from guina.engine.turns import Learner


class Step(NamedTuple):
    """One step: the loss it went down from, the norm of its gradient before it was clipped, and whether both were
    numbers.
    """

    loss: float
    norm: float
    finite: bool


def learn(
    weights: Mapping[str, Tensor],
    learner: Learner,
    losses: Iterable[Tensor],
    factor: Callable[[int], float] = lambda step: 1.0,
    clip: float = inf,
) -> Iterator[Step]:
    """Take a step down each loss, and tell what it was; a step that is no number is told and not taken.

    Args:
        weights: what is learned, by name.
        learner: how; `Learner("adamw", rate, betas=(0.9, 0.999))` is plain Adam.
        losses: scalars. Each is asked for when the step before was taken, so a generator computes it from the weights
            as they are then; where they end, the learning ends.
        factor: of the learning rate, for the step with this number, from 0.
        clip: the largest norm of all gradients together.

    Example:
        >>> w = torch.tensor([1.0, -30.0], requires_grad=True)
        >>> losses = ((w**2).sum() for _ in range(2))
        >>> [round(step.loss) for step in learn({"w": w}, Learner("adamw", 0.1), losses)]
        [901, 895]
    """
    optimizer = Optimizer(weights, learner)
    for step, loss in enumerate(losses):
        for weight in weights.values():
            weight.grad = None
        loss.backward()
        grads = [weight.grad for weight in weights.values() if weight.grad is not None]
        norm = norm_of(grads)
        value, size = loss.item(), norm.item()
        finite = isfinite(value) and isfinite(size)
        if finite:
            if clip < inf:
                torch._foreach_mul_(grads, (clip / (norm + 1e-6)).clamp(max=1.0))
            optimizer.step(factor(step))
        yield Step(value, size, finite)
