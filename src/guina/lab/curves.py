"""curves: data from two different curves at once. Does a generator cover both, and nothing between?

The coverage of each, by its points' nearest stretches; how far all of it lies from the data, as a sliced Wasserstein
distance (see guina/fidelity.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from guina.engine.job import Scores
from guina.errors import GuinaError, did_you_mean
from guina.fidelity import curve_coverage, sliced_wasserstein
from guina.lab.experiment import Row
from guina.lab.game import GameSettings, Points
from guina.lab.play import COMMON
from guina.lab.points import PointsExperiment
from guina.lab.telling import compared, spread_of

SIGMA = 0.04
DENSE = 1500  # points that a curve is drawn with
SHAPES = ("arc", "spiral", "sine", "line", "circle")


@dataclass(frozen=True)
class CurvesSettings(GameSettings):
    """What can be swapped when the data are two curves."""

    curves: str = "arc-sine"
    """any two, with a dash: arc, spiral, sine, line, circle"""


def curve(shape: str, side: int) -> np.ndarray:
    """A curve of even points, M×2, in the left (side −1) or right (1) half of the plane."""
    t = np.linspace(0, 1, 20 * DENSE)
    x, y = {
        "arc": lambda: (np.cos(np.pi * t), np.sin(np.pi * t) - 0.4),
        "spiral": lambda: (t * np.cos(3.5 * np.pi * t), t * np.sin(3.5 * np.pi * t)),
        "sine": lambda: (2 * t - 1, 0.6 * np.sin(3 * np.pi * t)),
        "line": lambda: (2 * t - 1, 1.4 * t - 0.7),
        "circle": lambda: (0.9 * np.cos(2 * np.pi * t), 0.9 * np.sin(2 * np.pi * t)),
    }[shape]()
    fine = np.stack([x, y], 1)
    along = np.concatenate([[0], np.cumsum(np.sqrt((np.diff(fine, axis=0) ** 2).sum(1)))])
    even = np.interp(np.linspace(0, along[-1], DENSE), along, np.arange(len(fine)))
    return fine[even.round().astype(int)] + [1.3 * side, 0]


def pair_of_names(text: str) -> tuple[str, str]:
    """The two shapes of "arc-sine".

    Raises:
        GuinaError: they are not two of those there are.
    """
    shapes = text.split("-")
    for shape in shapes:
        if shape not in SHAPES:
            raise GuinaError(f"there is no curve {shape}", f"two of {', '.join(SHAPES)}", did_you_mean(shape, SHAPES))
    if len(shapes) != 2:
        raise GuinaError(f"curves {text}", "two, with a dash", "such as arc-spiral")
    return shapes[0], shapes[1]


class CurvesExperiment(PointsExperiment):
    """Points from two curves, half of them from each."""

    name = "curves"
    claim = "A generator can learn data that come from two different curves, and makes points of both."
    Settings = CurvesSettings
    metrics: ClassVar[Mapping[str, str]] = {
        "coverage_first": "of the first curve, share covered",
        "coverage_second": "of the second curve, share covered",
        "good_share": "share of points on a curve",
        "sliced_w1": "sliced Wasserstein-1",
        **COMMON,
    }
    quality = "The quality: nine tenths of both curves covered, and of the points on them."
    curve = "good_share"
    ranges = ((-2.75, 2.75), (-2.0, 2.0))
    steps = 4000

    def points(self, settings: CurvesSettings) -> Points:
        first_M2, second_M2 = (
            curve(shape, side) for shape, side in zip(pair_of_names(settings.curves), (-1, 1), strict=True)
        )

        def draw(rng: np.random.Generator, n: int) -> np.ndarray:
            both = np.stack([first_M2, second_M2])
            x_N2 = both[rng.integers(2, size=n), rng.integers(DENSE, size=n)]
            return x_N2 + SIGMA * rng.standard_normal((n, 2))

        real_N2 = draw(np.random.default_rng(1), 10_000)

        def judge(x_N2: np.ndarray) -> Scores:
            near_first = ((x_N2[:, None] - first_M2[::25]) ** 2).sum(-1).min(1) < (
                (x_N2[:, None] - second_M2[::25]) ** 2
            ).sum(-1).min(1)
            covered = [
                covered_part(x_N2[chosen], curve_M2, len(x_N2))
                for chosen, curve_M2 in ((near_first, first_M2), (~near_first, second_M2))
            ]
            return {
                "coverage_first": covered[0][0],
                "coverage_second": covered[1][0],
                "good_share": covered[0][1] + covered[1][1],
                "sliced_w1": sliced_wasserstein(x_N2, real_N2, directions=16),
            }

        return Points(draw, judge, lambda a, b: a["sliced_w1"] < b["sliced_w1"], dimension=2)

    def is_good(self, scores: Mapping[str, float]) -> bool:
        return min(scores["coverage_first"], scores["coverage_second"], scores["good_share"]) >= 0.9

    def is_collapsed(self, scores: Mapping[str, float]) -> bool:
        return min(scores["coverage_first"], scores["coverage_second"]) < 0.3

    def says(self, rows: Sequence[Row]) -> str:
        if len(rows) > 1:
            return compared(rows, "sliced_w1", "sliced Wasserstein distance", more=False)
        row = rows[0]
        least = min(row.mean("coverage_first"), row.mean("coverage_second"))
        verdict = (
            "it makes points of both"
            if least >= 0.9
            else "part of a curve is missing"
            if least > 0.3
            else "one is lost"
        )
        return (
            f"{spread_of(row, 'coverage_first', '.0%')} of the first curve covered and"
            f" {spread_of(row, 'coverage_second', '.0%')} of the second,"
            f" {row.mean('good_share'):.0%} of the points on them: {verdict}."
        )


def covered_part(x_N2: np.ndarray, curve_M2: np.ndarray, of: int) -> tuple[float, float]:
    """A curve's coverage by the points that are nearest to it, and the share of all `of` points that lie on it."""
    if not len(x_N2):
        return 0.0, 0.0
    coverage, good = curve_coverage(x_N2, curve_M2, SIGMA)
    return coverage, good * len(x_N2) / of
