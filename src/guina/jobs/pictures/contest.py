"""Pictures made from pictures: a network that learns from pixels, and then against a critic of patches too.

Pixels alone make the mean of what may be right, which is blurred or brown. So after a while a critic is shown made and
real pictures beside what they were made from, first alone, so that it knows something, then in the game of
adversarial.py; the pixel loss stays, and so does the distance between the critic's own features of both (feature
matching, Wang et al. 2018, pix2pixHD, https://arxiv.org/abs/1711.11585, equation 4).

Axes: B pictures, C channels, H W pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from guina.adversarial import GAMES
from guina.engine.game import Game, Penalty
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn

ALONE, FIRST = 0.55, 0.03  # shares of the training: of pixels alone, and of the critic alone
LOSS, SHARE, EVERY = "relativistic", 0.1, 8  # the game, the penalty's share of the critic's loss, its rhythm
RATE, REST, CRITIC = 0.03, 3e-3, 0.01  # the highest rates: of filters, of what Muon leaves, and of the critic's filters
SLOWER = 0.5  # the generator's rates in the game, beside those alone


class Made(NamedTuple):
    """What was made of a batch: the pictures as the critic sees them, B×C×H×W, where somebody asks for them; and the
    sum of their pixel losses.
    """

    x: Callable[[], Tensor]
    pixels: Tensor


@dataclass(frozen=True)
class Contest:
    """The turns and phases of such a training. The networks are "generator", "critic" and the one that plays.

    Args:
        make: what is made of a batch in the game; "x" are real pictures as the critic sees them, and "given" what
            stands beside them.
        alone: the sum of the generator's pixel losses before the game.
        player: who plays against the critic: "generator", or a network that adds to what that one has learned.
        adversarial, matching: the weights of the game and of the distance of features beside the pixel loss.
    """

    make: Callable[[Nets, Batch], Made]
    alone: Callable[[Nets, Batch], Tensor]
    player: str
    adversarial: float
    matching: float

    def phases(self, batch: int, against: bool) -> list[Phase]:
        """Pixels alone; and if a critic is wanted, the critic alone and then both."""
        generator = Learner("muon", RATE, REST, betas=(0.9, 0.98), momentum=0.8, rest=("head",), iterations=3)
        pixels = Turn("pixels", ("generator",), self.from_pixels)
        learn = Phase("pixels", (pixels,), {"generator": generator}, batch, share=1.0, warmup=0.02, hold=0.3)
        if not against:
            return [learn]
        judge = Learner("muon", CRITIC, CRITIC / 20, betas=(0.0, 0.99), momentum=0.5, iterations=3)
        *critic, _ = self.game.turns()
        both = (*critic, Turn(self.player, (self.player,), self.from_both))
        slower = SLOWER if self.player == "generator" else 1.0  # another has learned nothing yet
        player = replace(generator, rate=RATE * slower, rate_rest=REST * slower)
        return [
            replace(learn, share=ALONE),
            Phase("critic", tuple(critic), {"critic": judge}, batch, FIRST, 0.0, 1.0, begins="best", contends=True),
            Phase(
                "game",
                both,
                {"critic": judge, self.player: player},
                batch,
                share=1 - ALONE - FIRST,
                warmup=0.02,
                hold=0.2,
                ema=0.05,
                contends=True,
            ),
        ]

    @property
    def game(self) -> Game:
        def weight(nets: Nets, slope_B: Tensor) -> Tensor:
            return critic_of(nets).hold(slope_B.mean(), SHARE)

        return Game(
            LOSS,
            lambda nets, batch, rng: {"x": self.make(nets, batch).x(), "given": batch["given"]},
            lambda nets, batch: critic_of(nets)(batch["x"], batch["given"]).mean(1),
            Penalty("flat", weight, EVERY, joins=True),
            show=lambda batch, rng: {name: batch[name] for name in ("x", "given")},
            together=True,
            told=lambda nets, loss: critic_of(nets).saw_loss(loss),
        )

    def from_pixels(
        self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator
    ) -> tuple[Terms, Carry]:
        return {"pixels": self.alone(nets, batch)}, carry

    def from_both(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        """The pixel loss, the game's, and the distance of the critic's features of made and of real pictures."""
        critic, made, given = critic_of(nets), self.make(nets, batch), batch["given"]
        with torch.no_grad():
            real = critic.features(batch["x"], given)
            real_B = critic.answer(real[-1]).flatten(1).mean(1)
        fake = critic.features(made.x(), given)
        fake_B = critic.answer(fake[-1]).flatten(1).mean(1)
        apart_L = [(ours - theirs).abs().flatten(1).mean(1).sum() for ours, theirs in zip(fake, real, strict=True)]
        return {
            "pixels": made.pixels,
            "loss": self.adversarial * GAMES[LOSS].generator(real_B, fake_B).sum(),
            "matching": self.matching * torch.stack(apart_L).sum(),
        }, carry


def critic_of(nets: Nets) -> Any:
    return nets["critic"]
