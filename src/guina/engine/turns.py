"""Turns and phases: who learns what, from which examples, how fast. A job gives them; the engine takes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

Nets = dict[str, nn.Module]
Batch = dict[str, Tensor]  # the first axis of every tensor is the example, or the lane
Carry = dict[str, Tensor] | None  # what a stateful network remembers between steps; None: nothing yet
Terms = dict[str, Tensor]  # sums over the batch; a term without a gradient is logged, not learned from


class Loss(Protocol):
    """What a turn minimises: named sums over the batch, each of which the engine divides by its global count."""

    def __call__(
        self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator
    ) -> tuple[Terms, Carry]: ...


def examples(batch: Batch) -> int:
    """How many examples a batch has: the usual denominator."""
    return len(next(iter(batch.values())))


@dataclass(frozen=True)
class Turn:
    """Who learns, from what, and how often.

    Args:
        players: the names of the networks whose weights this turn updates; the others' gradients are off.
        loss: what they minimise.
        every: the turn is taken in every so many steps (a lazy penalty).
        fresh_batch: whether it draws a batch of its own instead of the step's.
        joins: its gradient is added to that of the next turn of the same players, which takes the step for both.
        count: the denominator of the terms, known before the backward pass: examples, tokens ...
        counts: term → a denominator of its own, such as examples beside tokens. With several processes this costs one
            small exchange more. Where a batch's count is 0, its terms are neither learned from nor logged.
    """

    name: str
    players: tuple[str, ...]
    loss: Loss
    every: int = 1
    fresh_batch: bool = False
    joins: bool = False
    count: Callable[[Batch], int] = examples
    counts: Mapping[str, Callable[[Batch], int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Learner:
    """How one player learns.

    Args:
        optimizer: "muon" updates matrices and filters with Muon, and everything else with AdamW at `rate_rest`.
        rate: the highest learning rate.
        rate_rest: that of what Muon does not update: biases, gains, embeddings, and what `rest` names.
        betas: of Adam.
        momentum: of Muon and SGD.
        weight_decay: decoupled from the gradient, not applied to vectors.
        rest: how the names of weights begin that Muon leaves to AdamW, such as the last layer's.
        sphere, iterations: see `Muon`.
    """

    optimizer: Literal["adamw", "muon", "sgd"] = "adamw"
    rate: float = 1e-3
    rate_rest: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    momentum: float = 0.9
    weight_decay: float = 0.0
    rest: tuple[str, ...] = ()
    sphere: bool = False
    iterations: int = 5


@dataclass(frozen=True)
class Phase:
    """A stretch of the training with turns and rates of its own; most jobs have one.

    Args:
        share: of all steps.
        batch: examples (or lanes) a step, over all shards and processes.
        warmup, hold: the rate rises until the fraction `warmup` of the phase, stays until `hold`, and falls linearly to
            zero at the end.
        clip: the largest norm of a turn's gradient; None: as it is.
        ema: the half-life of the averaged weights, as a fraction of the phase; None: no averaging.
        begins: which weights of the phase before this one begins from; the first phase begins as the job built it.
            "last": those of the last step; a network that rests in this phase takes its average, where it has one, so
            that the others learn beside what will ship. "best": those that were judged best at a validation, of which
            there is one more where that phase ends. "averaged": the averages, of all networks that have one.
        contends: whether the best weights of the phases before stay the best until a validation of this one is better;
            otherwise what is best in this phase ships, whatever came before.
    """

    name: str
    turns: tuple[Turn, ...]
    learners: Mapping[str, Learner]
    batch: int
    share: float = 1.0
    warmup: float = 0.1
    hold: float = 0.1
    clip: float | None = None
    ema: float | None = None
    begins: Literal["last", "best", "averaged"] = "last"
    contends: bool = False


@dataclass(frozen=True)
class Remedy:
    """What to change when a game went wrong; the engine goes back to the best checkpoint and does it.

    Args:
        why, change: what happened and what is done, for people.
        rates: player → what its learning rate is multiplied by from now on.
    """

    why: str
    change: str
    rates: Mapping[str, float]
