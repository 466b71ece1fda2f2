"""A generator and a critic at odds, as turns: the one game that jobs and the lab play.

The objective is adversarial.py's. Here it becomes who learns when: the critic from real and made examples, now and then
from the penalty on its slope, and the generator from the critic.

Axes: B examples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from guina.adversarial import GAMES, flat_slope, unit_slope
from guina.engine.turns import Batch, Carry, Nets, Terms, Turn


@dataclass(frozen=True)
class Penalty:
    """What keeps the critic's slope in bounds.

    Args:
        kind: "flat": R1 on real examples and R2 on made ones; "unit": WGAN-GP between them.
        weight: its weight in a step, given the networks and each example's penalty.
        every: steps from one to the next; each weighs so many times as much.
        joins: whether its gradient is added to the critic's next step, instead of being a step of its own.
    """

    kind: Literal["flat", "unit"]
    weight: Callable[[Nets, Tensor], float | Tensor]
    every: int = 1
    joins: bool = False


@dataclass(frozen=True)
class Game:
    """Both players' turns. The networks are "critic" and "generator", an example is the batch's "x".

    Args:
        loss: one of `GAMES`.
        make: as many made examples as there are real ones, and like them: networks, batch, generator → batch.
        judge: the critic's answers to a batch, B.
        penalty: None: no penalty.
        critic_steps: the critic's for each of the generator's.
        show: what the critic is shown of a batch, where that is not the batch: it may be augmented.
        together: whether real and made examples go through the critic in one pass.
        told: is given each mean loss of the critic, for a penalty whose weight holds itself.
    """

    loss: str
    make: Callable[[Nets, Batch, torch.Generator], Batch]
    judge: Callable[[Nets, Batch], Tensor]
    penalty: Penalty | None = None
    critic_steps: int = 1
    show: Callable[[Batch, torch.Generator], Batch] = lambda batch, rng: batch
    together: bool = False
    told: Callable[[Nets, Tensor], None] = lambda nets, loss: None

    def turns(self) -> tuple[Turn, ...]:
        """In the order in which they are taken: a penalty that joins stands before the critic, another one after."""
        names = [f"critic{n + 1}" if n else "critic" for n in range(self.critic_steps)]
        turns = [Turn(name, ("critic",), self.critic, fresh_batch=n > 0) for n, name in enumerate(names)]
        if self.penalty is not None:
            penalty = Turn("penalty", ("critic",), self.slope, every=self.penalty.every, joins=self.penalty.joins)
            turns.insert(0 if self.penalty.joins else len(turns), penalty)
        return (*turns, Turn("generator", ("generator",), self.generator))

    def critic(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The critic's loss; what it says of real and of made examples is logged."""
        real = self.show(batch, rng)
        fake = self.show(self._made(nets, batch, rng), rng)
        if self.together:
            real_B, fake_B = self.judge(nets, {name: torch.cat([real[name], fake[name]]) for name in real}).chunk(2)
        else:
            real_B, fake_B = self.judge(nets, real), self.judge(nets, fake)
        loss = GAMES[self.loss].critic(real_B, fake_B).sum()
        self.told(nets, loss.detach() / len(real_B))
        return {"loss": loss, "real": real_B.detach().sum(), "fake": fake_B.detach().sum()}, carry

    def slope(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The penalty, weighted for the steps in between."""
        assert self.penalty is not None, "it has a turn"
        real = self.show(batch, rng)
        fake = self.show(self._made(nets, batch, rng), rng)

        def answers(like: Batch) -> Callable[[Tensor], Tensor]:
            return lambda x_B: self.judge(nets, {**like, "x": x_B})

        with torch.autocast(batch["x"].device.type, enabled=False):  # a slope of a slope wants all its digits
            if self.penalty.kind == "flat":
                slope_B = flat_slope(answers(real), real["x"]) + flat_slope(answers(fake), fake["x"])
            else:
                share_B = torch.rand(len(real["x"]), generator=rng).to(real["x"])
                slope_B = unit_slope(answers(real), real["x"], fake["x"], share_B)
        gamma = self.penalty.weight(nets, slope_B.detach())
        terms = {"slope": gamma * self.penalty.every * slope_B.sum()}
        return terms | {"gamma": gamma * len(slope_B)} if isinstance(gamma, Tensor) else terms, carry

    def generator(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The generator's loss; the game may be relative to real examples."""
        fake, real = self.show(self.make(nets, batch, rng), rng), self.show(batch, rng)
        with torch.no_grad():
            real_B = self.judge(nets, real)
        return {"loss": GAMES[self.loss].generator(real_B, self.judge(nets, fake)).sum()}, carry

    def _made(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Batch:
        """Made examples that the generator does not learn from."""
        with torch.no_grad():
            return self.make(nets, batch, rng)
