"""What a watched game looked like: scenes of the critic before its update, after it, and after the generator's.

All frames have one grid and one scale, so that scrubbing shows what the game changed and nothing else.

Axes: N places or points, D their dimension, H W the grid's.
"""

from collections.abc import Mapping

import numpy as np

from guina.panels import Frame, Frames, Scene

GRID = 48  # places a side, in the plane
LINE = 200  # places on a line
PROBABILITIES = ("non-saturating",)  # games in which the critic's answer by itself is the logit of a probability
Kept = Mapping[int, Mapping[str, np.ndarray]]
Range = tuple[float, float]


def plane(x_range: Range, y_range: Range) -> np.ndarray:
    """The grid's places, N×2, row by row from the top."""
    x_W, y_H = np.linspace(*x_range, GRID), np.linspace(y_range[1], y_range[0], GRID)
    return np.stack(np.meshgrid(x_W, y_H), -1).reshape(-1, 2)


def probability(answer_N: np.ndarray, fakes_N: np.ndarray | float, loss: str) -> np.ndarray:
    """A critic's answers as the probability of being real; of being more real than what is made, if that is the game.

    Args:
        fakes_N: its answers to made examples.
    """
    middle = 0.0 if loss in PROBABILITIES else float(np.mean(fakes_N))
    return 1 / (1 + np.exp(-np.clip(answer_N - middle, -60, 60)))


def nearest_answers(grid_ND: np.ndarray, answer_N: np.ndarray, points_ND: np.ndarray) -> np.ndarray:
    """The answers at the places of the grid that are nearest to some points."""
    near = ((points_ND[:, None] - grid_ND) ** 2).sum(-1).argmin(1)
    return answer_N[near]


def arrows(fakes_ND: np.ndarray, slopes_ND: np.ndarray, length: float, most: int = 40) -> np.ndarray:
    """Where the critic would have some made points go: x, y, dx, dy; the steepest is `length` long."""
    some = slice(None, None, max(1, len(fakes_ND) // most))
    x_ND, d_ND = fakes_ND[some], slopes_ND[some]
    steepest = np.sqrt((d_ND**2).sum(1)).max(initial=1e-12)
    return np.concatenate([x_ND, d_ND / steepest * length], 1)


def play_in_the_plane(kept: Kept, real_N2: np.ndarray, loss: str, ranges: tuple[Range, Range]) -> Frames:
    """The game in two dimensions.

    Args:
        kept: as `Watch` keeps it.
        real_N2: some of the data.
    """
    grid_N2 = plane(*ranges)
    length = 0.08 * (ranges[0][1] - ranges[0][0])
    told = []
    for step in sorted(kept):
        at = kept[step]
        before_N, after_N = (
            probability(at[name], nearest_answers(grid_N2, at[name], at["fakes"]), loss) for name in ("before", "after")
        )
        told.append((step, before_N, after_N, at))
    most = max((float(np.abs(after - before).max()) for _, before, after, _ in told), default=1.0) or 1.0

    def scene(caption: str, values_N: np.ndarray, fakes_N2: np.ndarray, slopes_N2: np.ndarray | None = None) -> Scene:
        points = {"data": real_N2[:200], "made": fakes_N2}
        arrows_N4 = None if slopes_N2 is None else arrows(fakes_N2, slopes_N2, length)
        return Scene(caption, *ranges, values_N.reshape(GRID, GRID), points, arrows_N4)

    frames = [
        Frame(
            f"step {step + 1:,}",
            [
                scene("before the critic's update", 2 * before_N - 1, at["fakes"]),
                scene("after it", 2 * after_N - 1, at["fakes"], at["slopes"]),
                scene(f"the difference, × {1 / most:.2g}", (after_N - before_N) / most, at["fakes"]),
                scene("after the generator's update", 2 * after_N - 1, at["moved"]),
            ],
        )
        for step, before_N, after_N, at in told
    ]
    what = "real" if loss in PROBABILITIES else "more real than what is made"
    says = (
        f"How probable the critic finds it that a point is {what}, everywhere at once, on one grid and one scale. "
        "Arrows on the made points show which way the critic's slope sends them, the steepest being the longest."
    )
    return Frames("The game, step by step", says, frames, f"surely not {what}", f"surely {what}", "x", "y")


def density(points_N: np.ndarray, x_W: np.ndarray) -> np.ndarray:
    """A smooth density of points on a line, by Gaussian kernels (Silverman's rule for their width)."""
    width = max(1.06 * points_N.std() * len(points_N) ** -0.2, 1e-3 * (x_W[-1] - x_W[0]))
    return np.exp(-0.5 * ((x_W[:, None] - points_N) / width) ** 2).mean(1) / (width * np.sqrt(2 * np.pi))


def play_on_a_line(kept: Kept, real_N: np.ndarray, loss: str, x_range: Range) -> Frames:
    """The game in one dimension: the critic's probability, and the densities of data and of what is made."""
    x_W = np.linspace(*x_range, LINE)
    data_W = density(real_N, x_W)
    tallest = data_W.max()
    frames: list[Frame] = []
    for step in sorted(kept):
        at = kept[step]
        grid_N1 = x_W[:, None]
        p = {
            name: probability(at[name], nearest_answers(grid_N1, at[name], at["fakes"]), loss)
            for name in ("before", "after")
        }

        def scene(caption: str, p_W: np.ndarray, fakes_N1: np.ndarray, slopes: np.ndarray | None = None) -> Scene:
            lines = {
                "critic's probability": (x_W, p_W),
                "data": (x_W, data_W / tallest),
                "made": (x_W, np.minimum(density(fakes_N1[:, 0], x_W) / tallest, 2)),
            }
            arrows_N4 = None
            if slopes is not None:
                flat_N4 = arrows(fakes_N1, slopes, 0.08 * (x_range[1] - x_range[0]), 16)
                low_N = np.full(len(flat_N4), 0.04)
                arrows_N4 = np.stack([flat_N4[:, 0], low_N, flat_N4[:, 1], 0 * low_N], 1)
            return Scene(caption, x_range, (0.0, 2.0), arrows_N4=arrows_N4, lines=lines)

        frames.append(
            Frame(
                f"step {step + 1:,}",
                [
                    scene("before the critic's update", p["before"], at["fakes"]),
                    scene("after it", p["after"], at["fakes"], at["slopes"]),
                    Scene("the difference", x_range, (-0.5, 0.5), lines={"change": (x_W, p["after"] - p["before"])}),
                    scene("after the generator's update", p["after"], at["moved"]),
                ],
            )
        )
    says = (
        "The critic's probability that a number is real, and how dense data and made numbers are (the data's peak is "
        "1). Arrows on some made numbers show which way the critic's slope sends them."
    )
    return Frames("The game, step by step", says, frames, x_label="x", y_label="probability")
