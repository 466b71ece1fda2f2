"""ring and grid: mixtures of normal modes, the field's test of whether a generator leaves out part of the data.

The grid's 25 modes are at −4, −2 … 4 with a standard deviation of 0.05, the ring's eight on a circle of radius 2 with
0.02·2; scores as PacGAN's table (Lin et al. 2018, https://arxiv.org/abs/1712.04086) has them. A share of good points
can be had by shrinking the modes, so the σ ratio stands beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from guina.engine.job import Scores
from guina.fidelity import mixture_scores
from guina.lab.experiment import Row
from guina.lab.game import GameSettings, Points
from guina.lab.play import COMMON
from guina.lab.points import PointsExperiment
from guina.lab.telling import compared, spread_of

SCORES = {
    "modes": "modes found",
    "good_share": "share of points within 3 σ of a mode",
    "reverse_kl": "reverse KL to even modes, nats",
    "sigma_ratio": "σ of the modes over the data's",
    "sigma_ratio_least": "the narrowest mode's",
    "sigma_ratio_most": "the widest mode's",
}


def grid_centres() -> np.ndarray:
    """The 25 centres, 25×2."""
    side = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)


def ring_centres() -> np.ndarray:
    """The eight centres, 8×2."""
    angle = np.arange(8) * np.pi / 4
    return 2 * np.stack([np.cos(angle), np.sin(angle)], 1)


def mixture(centres_K2: np.ndarray, sigma: float, scale: float) -> Points:
    """Equally likely normal modes."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        return centres_K2[rng.integers(len(centres_K2), size=n)] + sigma * rng.standard_normal((n, 2))

    def judge(x_N2: np.ndarray) -> Scores:
        return mixture_scores(x_N2, centres_K2, sigma)

    def better(a: Scores, b: Scores) -> bool:
        return merit(a) > merit(b)

    return Points(draw, judge, better, dimension=2, scale=scale)


def merit(scores: Scores) -> float:
    """One number for what "best" means: good points, evenly over the modes, as wide as the data's."""
    kl, ratio = scores.get("reverse_kl", np.nan), scores.get("sigma_ratio", np.nan)
    if not np.isfinite(kl) or not np.isfinite(ratio):
        return -10.0
    return scores["good_share"] - kl - 0.2 * abs(np.log(max(ratio, 1e-3)))


class Mixture(PointsExperiment):
    """What ring and grid share."""

    claim = "An adversarial network leaves out part of the data (mode collapse), unless its game is well chosen."
    metrics = SCORES | COMMON
    curve = "good_share"

    def is_collapsed(self, scores: Mapping[str, float]) -> bool:
        return scores["modes"] < self.K / 2

    def is_good(self, scores: Mapping[str, float]) -> bool:
        return scores["modes"] == self.K and scores["good_share"] >= 0.9

    K: int

    def says(self, rows: Sequence[Row]) -> str:
        if len(rows) == 1:
            row = rows[0]
            whole = int((row.values("modes") == self.K).sum())
            return (
                f"All {self.K} modes on {whole} of {len(row.trials)} seeds, {spread_of(row, 'good_share', '.1%')} of"
                f" the points good, their σ {spread_of(row, 'sigma_ratio', '.2f')} of the data's."
            )
        return (
            compared(rows, "modes", "modes found", more=True)
            + " "
            + compared(rows, "good_share", "good points", more=True, form=".1%")
        )


class Grid(Mixture):
    """Twenty-five modes on a grid."""

    name = "grid"
    Settings = GameSettings
    quality = "The quality: all 25 modes, and 9 points in 10 good."
    ranges = ((-5.0, 5.0), (-5.0, 5.0))
    steps = 6000
    K = 25

    def points(self, settings: Any) -> Points:
        return mixture(grid_centres(), 0.05, scale=1.0)


class Ring(Mixture):
    """Eight modes on a ring."""

    name = "ring"
    Settings = GameSettings
    quality = "The quality: all eight modes, and 9 points in 10 good."
    ranges = ((-2.75, 2.75), (-2.75, 2.75))
    steps = 4500
    K = 8

    def points(self, settings: Any) -> Points:
        return mixture(ring_centres(), 0.04, scale=1.0)
