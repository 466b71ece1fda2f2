"""The game on points: a job for the engine whose examples are points of a distribution, with every part to be swapped.

The objective is guina/adversarial.py's, the networks nets/multilayer.py's, the loop the engine's.

Axes: B N examples, D their dimension (1 or 2), Z the noise's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from guina.adversarial import GAMES
from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Fitted
from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.data.records import SPLITS, Records, Report
from guina.engine.game import Game, Penalty
from guina.engine.job import Job
from guina.engine.judge import Judge, Scores
from guina.engine.metric import Metric
from guina.engine.turns import Batch, Learner, Nets, Phase
from guina.errors import GuinaError, did_you_mean
from guina.nets.multilayer import bend_within, multilayer, widths_of

BENDS = ("data", "origin")
PENALTIES = ("none", "flat", "unit")
NOISES = ("normal", "uniform", "even", "coins")
OPTIMIZERS = ("adamw", "sgd", "muon")
COINS = 12
JUDGED = 10_000  # points that are judged
POOL = 1 << 16  # points of the data


@dataclass(frozen=True)
class GameSettings:
    """What can be swapped in a game on points."""

    loss: str = "relativistic"
    """non-saturating, least-squares, hinge, wasserstein, relativistic"""
    penalty: str = "flat"
    """on the critic's slope: none, flat (R1 + R2), unit (WGAN-GP)"""
    gamma: float = 0.06
    """weight of the penalty"""
    every: int = 4
    """steps from one penalty to the next, which weighs so many times as much"""
    critic_steps: int = 1
    """the critic's steps for each of the generator's"""
    d_layers: str = "128-128-128"
    """widths of the critic's hidden layers"""
    g_layers: str = "64-64-64"
    """widths of the generator's hidden layers"""
    d_activation: str = "leaky_relu"
    """relu, leaky_relu, maxout, tanh, sigmoid, silu, gelu, softplus; or one a layer: relu-tanh-relu"""
    g_activation: str = "leaky_relu"
    """the same, of the generator"""
    d_kind: str = "dense"
    """of the critic's layers: dense, batch_norm, spectral_norm, residual, minibatch; or one a layer"""
    g_kind: str = "dense"
    """the same, of the generator"""
    d_bends: str = "data"
    """where the units of the critic's first layer bend at the start: all over the data's range, or near the origin"""
    d_optimizer: str = "adamw"
    """adamw, sgd, muon"""
    g_optimizer: str = "adamw"
    """adamw, sgd, muon"""
    d_rate: float = 2e-3
    """the critic's highest learning rate"""
    g_rate: float = 2e-3
    """the generator's"""
    batch: int = 256
    """points a step"""
    noise: str = "coins"
    """normal; uniform; even: a grid with jitter; coins: normal, and a dozen tossed coins, so that a continuous
    generator can answer with separate things"""
    z: int = 2
    """dimension of the noise, coins apart"""
    beta2: float = 0.999
    """how slowly AdamW forgets the size of gradients"""
    average: float = 0.05
    """half-life of the generator's averaged weights, as a share of the training; 0: the last weights"""


@dataclass(frozen=True)
class Points:
    """A distribution of points: how to draw from it, and how to judge what was made.

    Args:
        centre, scale: networks see (points − centre) / scale.
    """

    draw: Callable[[np.random.Generator, int], np.ndarray]
    judge: Callable[[np.ndarray], Scores]
    better: Callable[[Scores, Scores], bool]
    dimension: int
    centre: float = 0.0
    scale: float = 1.0

    def shrunk(self, x_ND: np.ndarray) -> np.ndarray:
        """Points as the networks see them."""
        return (x_ND - self.centre) / self.scale

    def grown(self, y_ND: np.ndarray) -> np.ndarray:
        """What networks made, as points."""
        return y_ND * self.scale + self.centre


def check_game(settings: GameSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    named = (("loss", GAMES), ("penalty", PENALTIES), ("noise", NOISES), ("d_bends", BENDS))
    optimizers = (("d_optimizer", OPTIMIZERS), ("g_optimizer", OPTIMIZERS))
    for name, choices in (*named, *optimizers):
        value = getattr(settings, name)
        if value not in choices:
            raise GuinaError(
                f"{name.replace('_', '.')} {value}", f"one of {', '.join(choices)}", did_you_mean(value, choices)
            )
    for name in ("every", "critic_steps", "batch", "z"):
        if getattr(settings, name) < 1:
            raise GuinaError(
                f"{name.replace('_', '.')} {getattr(settings, name)}",
                "at least 1",
                f"--swap {name.replace('_', '.')}=1, or more",
            )
    for layers, act, kind in (("d_layers", "d_activation", "d_kind"), ("g_layers", "g_activation", "g_kind")):
        multilayer(1, widths_of(getattr(settings, layers)), 1, getattr(settings, act), getattr(settings, kind))


class PointsAnswering(Answering):
    """Seeds to points; the half that answers of `PointsGame`."""

    players = ("generator",)
    data: ClassVar[Points]

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        s = settings
        inputs = s.z + (COINS if s.noise == "coins" else 0)
        return {"generator": multilayer(inputs, widths_of(s.g_layers), cls.data.dimension, s.g_activation, s.g_kind)}

    def made(self, n: int, seed: int = 0) -> np.ndarray:
        """Points that the generator makes, in the data's own units, N×D."""
        generator = self.nets["generator"]
        z = draw_noise(self.settings.noise, n, self.settings.z, torch.Generator().manual_seed(seed))
        return self.data.grown(generator(z.to(next(generator.parameters()))).double().numpy())

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        for seed in inputs:
            yield Answer(seed, self.made(4, int(seed)).tolist())


class PointsJudge(Judge):
    """What the distribution itself says of made points."""

    metrics = (Metric("seen", says="always 1: what counts depends on the distribution"),)

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        half: PointsAnswering = self.job.answering(nets)
        return {"seen": 1.0, **half.data.judge(half.made(JUDGED))}

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        return {}

    def better(self, a: Scores, b: Scores) -> bool:
        return self.job.data.better(a, b)


class PointsGame(Job):
    """A generator and a critic on points; see `game_on`."""

    name = "points"
    Settings = GameSettings
    Answering = PointsAnswering
    Judge = PointsJudge

    @property
    def data(self) -> Points:
        """What is played on."""
        return self.Answering.data  # pyright: ignore[reportAttributeAccessIssue]  `game_on` set it

    # --- data ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        seed = int(source)
        split_N = np.zeros(POOL, np.int64)
        split_N[::8] = SPLITS.index("val")
        return Records([str(n) for n in range(POOL)], split_N, {}, seed, f"points-{seed}", Report(POOL, POOL))

    def fit(self, records: Records) -> Fitted:
        return Fitted()

    def arrays(self, records: Records) -> Arrays:
        x_ND = self.data.shrunk(self.data.draw(np.random.default_rng(records.source), POOL))
        return Arrays({"x": x_ND.astype(np.float32)}, records.rows, records.names)

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from range(8)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        return {"x": torch.from_numpy(arrays.take("x", draw.index_B))}

    # --- the game ---

    def build(self) -> Nets:
        s = self.settings
        critic = multilayer(self.data.dimension, widths_of(s.d_layers), 1, s.d_activation, s.d_kind)
        if s.d_bends == "data":
            x_ND = torch.from_numpy(self.data.shrunk(self.data.draw(np.random.default_rng(0), 1000))).float()
            bend_within(critic, x_ND.min(0).values, x_ND.max(0).values)
        return {"critic": critic, **self.Answering.build(s, self.fitted)}

    def game(self) -> Game:
        """The game, with a penalty of fixed weight."""
        s = self.settings

        def make(nets: Nets, batch: Batch, rng: torch.Generator) -> Batch:
            return {"x": nets["generator"](draw_noise(s.noise, len(batch["x"]), s.z, rng).to(batch["x"]))}

        kind: Any = s.penalty  # `check_game` knows that it is one of `PENALTIES`
        penalty = Penalty(kind, lambda nets, slope_B: s.gamma, s.every) if kind != "none" and s.gamma > 0 else None
        return Game(s.loss, make, lambda nets, batch: nets["critic"](batch["x"]), penalty, s.critic_steps)

    def phases(self) -> list[Phase]:
        s = self.settings
        learners = {
            "critic": Learner(s.d_optimizer, s.d_rate, s.d_rate, betas=(0.0, s.beta2), momentum=0.0),
            "generator": Learner(s.g_optimizer, s.g_rate, s.g_rate, betas=(0.0, s.beta2), momentum=0.0),
        }
        return [Phase("game", self.game().turns(), learners, s.batch, warmup=0.03, hold=0.5, ema=s.average or None)]


def game_on(points: Points, settings: GameSettings) -> PointsGame:
    """The game on these points. A job is made anew from its settings, so what it plays on belongs to its class."""
    half = type("PointsAnswering", (PointsAnswering,), {"data": points})
    kind: type[PointsGame] = type("PointsGame", (PointsGame,), {"Answering": half, "Settings": type(settings)})
    return kind(settings)


def draw_noise(kind: str, n: int, z: int, rng: torch.Generator) -> Tensor:
    """Noise N×Z of a kind, in float64.

    "even" is a grid over −8 … 8 with jitter within its cells, in random order, each axis by itself.
    """
    if kind == "uniform":
        return torch.rand(n, z, generator=rng, dtype=torch.float64) * 2 - 1
    if kind == "even":
        place = torch.stack([torch.randperm(n, generator=rng) for _ in range(z)], 1)
        return ((place + torch.rand(n, z, generator=rng, dtype=torch.float64)) / n * 2 - 1) * 8
    z_NZ = torch.randn(n, z, generator=rng, dtype=torch.float64)
    if kind == "normal":
        return z_NZ
    return torch.cat([z_NZ, torch.randint(0, 2, (n, COINS), generator=rng) * 2.0 - 1], 1)
