"""gaussian: the textbook's proof of concept, a generator that learns numbers from a normal distribution, N(4, 0.5).

A tiny generator and a critic whose answer goes through a sigmoid and is a probability (cross-entropy, Goodfellow et al.
2014, https://arxiv.org/abs/1406.2661); noise on an even grid with jitter; minibatch discrimination (Salimans et al.
2016) to be tried: `--swap d.kind=dense,dense-dense-minibatch`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from guina.engine.job import Scores
from guina.fidelity import wasserstein_1d
from guina.lab.experiment import Row
from guina.lab.game import GameSettings, Points
from guina.lab.play import COMMON
from guina.lab.points import PointsExperiment
from guina.lab.telling import compared, spread_of

MEAN, SIGMA = 4.0, 0.5
QUALITY = 0.05
JUDGE = 100_000  # numbers of the data that what was made is compared with


@dataclass(frozen=True)
class GaussianSettings(GameSettings):
    """What can be swapped in the textbook's exercise."""

    loss: str = "non-saturating"
    penalty: str = "none"
    d_layers: str = "8-8-8"
    g_layers: str = "4"
    d_activation: str = "relu"
    g_activation: str = "softplus"
    d_bends: str = "origin"
    batch: int = 8
    d_rate: float = 1e-3
    g_rate: float = 1e-3
    noise: str = "even"
    z: int = 1
    standardize: bool = False
    """on: the networks see the data with mean 0 and deviation 1"""


class Gaussian(PointsExperiment):
    """Numbers from N(4, 0.5)."""

    name = "gaussian"
    claim = "A generator can learn a simple distribution from a critic alone, without ever seeing its density."
    Settings = GaussianSettings
    metrics: ClassVar[Mapping[str, str]] = {
        "w1": "Wasserstein-1",
        "mean": "mean (4)",
        "sigma_ratio": "σ over the data's",
        **COMMON,
    }
    quality = f"The quality: a Wasserstein-1 distance of {QUALITY}."
    curve = "w1"
    ranges = ((1.0, 7.0), (0.0, 1.0))
    steps = 5000

    def points(self, settings: Any) -> Points:
        def draw(rng: np.random.Generator, n: int) -> np.ndarray:
            return MEAN + SIGMA * rng.standard_normal((n, 1))

        real_N1 = draw(np.random.default_rng(1), JUDGE)

        def judge(x_N1: np.ndarray) -> Scores:
            return {
                "w1": wasserstein_1d(x_N1[:, 0], real_N1[:, 0]),
                "mean": float(x_N1.mean()),
                "sigma_ratio": float(x_N1.std() / SIGMA),
            }

        centre, scale = (MEAN, SIGMA) if settings.standardize else (0.0, 1.0)
        return Points(draw, judge, lambda a, b: a["w1"] < b["w1"], dimension=1, centre=centre, scale=scale)

    def is_good(self, scores: Mapping[str, float]) -> bool:
        return scores["w1"] <= QUALITY

    def is_collapsed(self, scores: Mapping[str, float]) -> bool:
        return scores["sigma_ratio"] < 0.3

    def says(self, rows: Sequence[Row]) -> str:
        if len(rows) > 1:
            return compared(rows, "w1", "Wasserstein-1 distance", more=False)
        row = rows[0]
        learned = row.mean("w1") <= QUALITY
        narrow = row.mean("sigma_ratio") < 0.8
        verdict = "it learned the distribution" if learned else "it came near, and no nearer"
        also = ", and what it makes is too narrow: it leaves out the rare numbers" if narrow else ""
        return (
            f"W1 {spread_of(row, 'w1')}, mean {spread_of(row, 'mean', '.2f')} of 4,"
            f" σ {spread_of(row, 'sigma_ratio', '.2f')} of the data's: {verdict}{also}."
        )
