"""What there is to see of a network that fills holes: pictures under a slider, errors by distance, the training.

Axes: N pictures, H W pixels, C channels.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from guina.data.picture_files import picture
from guina.engine.judge import Snap
from guina.jobs.pictures.moments import over_training
from guina.panels import Comparison, Curves, Panel, PicturePair, Strip, Strips

GROUND = np.array([255, 0, 255], np.uint8)  # what a hole is drawn with
FARTHEST = 24  # pixels from a hole's edge that are drawn


class Filled(NamedTuple):
    """A picture as it was, its hole, and what fills it: harmonic pixels, the mean of what may be there, the answer."""

    name: str
    true_HWC: np.ndarray
    hole_HW: np.ndarray
    smooth_HWC: np.ndarray
    mean_HWC: np.ndarray
    made_HWC: np.ndarray
    kind: str


def inpaint_panels(shown: Sequence[Filled], snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
    """All panels, the most telling first."""
    pairs = [
        PicturePair(f"{one.kind}\n{one.name}", holed(one), picture(one.made_HWC), picture(one.true_HWC))
        for one in shown
    ]
    says = "Pictures that it never learned from, none picked out: with their holes, filled, and in truth."
    yield Comparison("What it fills", says, pairs, "with a hole", "filled", "the truth")
    yield side_by_side(shown)
    yield by_distance(shown)
    yield from over_training(snaps, "a smooth fill first, then edges go on")


def holed(one: Filled) -> np.ndarray:
    """The picture with its hole drawn in a colour that photographs have not; grey pictures have it white."""
    seen = picture(one.true_HWC).copy()
    seen[one.hole_HW] = GROUND if seen.ndim == 3 else 255
    return seen


def side_by_side(shown: Sequence[Filled]) -> Strips:
    """The hole, the harmonic fill, the mean, what is answered and the truth, column by column."""
    rows = {
        "with a hole": [holed(one) for one in shown],
        "harmonic": [picture(one.smooth_HWC) for one in shown],
        "the mean": [picture(one.mean_HWC) for one in shown],
        "filled": [picture(one.made_HWC) for one in shown],
        "the truth": [picture(one.true_HWC) for one in shown],
    }
    says = "Each column is a picture. The harmonic fill is what the network is given: what is better below is learned."
    if all(np.array_equal(one.mean_HWC, one.made_HWC) for one in shown):
        del rows["the mean"]
    else:
        says += " The mean of what may be there is nearest to the truth and blurred: detail is added that looks real."
    return Strips("Beside the harmonic fill", says, [Strip(name, "", made) for name, made in rows.items()])


def by_distance(shown: Sequence[Filled]) -> Curves:
    """The error of both fills at each distance from what is known."""
    from scipy.ndimage import distance_transform_edt  # a dependency of scikit-learn's, slow to import

    far = np.concatenate([np.asarray(distance_transform_edt(one.hole_HW))[one.hole_HW] for one in shown])
    lines = {}
    for name in ("made_HWC", "smooth_HWC"):
        off = np.concatenate(
            [np.abs(one.true_HWC.astype(float) - getattr(one, name)).mean(2)[one.hole_HW] for one in shown]
        )
        place = np.clip(far.round().astype(int), 1, FARTHEST)
        times = np.bincount(place, minlength=FARTHEST + 1)
        there = np.flatnonzero(times)
        lines["network" if name == "made_HWC" else "harmonic fill"] = (
            there.astype(float),
            np.bincount(place, off, FARTHEST + 1)[there] / times[there] / 255,
        )
    says = "The mean absolute error, of the whole range, by how many pixels lie between a pixel and what is known."
    return Curves("Errors by distance from the edge", says, lines, "pixels from the edge", "error")
