"""Judging pictures made of pictures: by nearness to the true ones, and by the distance of house features.

Nearness alone rewards what is brown or blurred, the mean of all that may be right; distance alone does not ask whether
it is this picture. Weights are chosen by both.

Axes: N pictures, H W pixels, C channels, F features.
"""

from math import log
from typing import Any, Self

import numpy as np

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.engine.features import Features
from guina.engine.judge import Judge, Scores
from guina.engine.turns import Nets
from guina.fidelity import frechet_distance
from guina.jobs.pictures.house import restore_house, save_house

FINAL, QUICK = 2000, 500  # pictures that a score is taken from, at the end and on the way
CHUNK = 128  # pictures that are made at a time
WORTH = 0.3  # by how many nats the distance of house features may grow for a decibel
WATCHED, SHOWN = 6, 24  # pictures that are kept at moments of the training, and that a report shows


class RemakeJudge(Judge):
    """What such judges share.

    Args:
        features: learned from the training pictures.
    """

    noun = "picture"
    validation_limit = QUICK
    final_limit = FINAL
    proven = 32

    def __init__(self, job: Any, features: Features) -> None:
        super().__init__(job)
        self.features = features
        self._last: list[tuple[Arrays, int, np.ndarray]] = []  # at most one: the true features last asked for

    def saved(self) -> Saved:
        return save_house(self.features)

    @classmethod
    def restored(cls, job: Any, saved: Saved) -> Self:
        """As it was before it was stored."""
        return cls(job, restore_house(saved, job.fitted.shape, len(job.fitted.labels)))

    def distance(self, arrays: Arrays, true_NHWC: np.ndarray, made_NHWC: np.ndarray) -> Scores:
        """The distance between made pictures and the true ones, the first of some arrays; {} where they are too few."""
        if len(true_NHWC) < 2:
            return {}
        if not self._last or self._last[0][0] is not arrays or self._last[0][1] != len(true_NHWC):
            self._last[:] = [(arrays, len(true_NHWC), self.features(true_NHWC))]
        return {"fd": frechet_distance(self._last[0][2], self.features(made_NHWC))}

    def before_and_after(self, nets: Nets, true_NHWC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures as the network is given them, to look at, and what it makes of them; uint8 N×H×W×C."""
        raise NotImplementedError

    def better(self, a: Scores, b: Scores) -> bool:
        """By the distance of house features, of which a decibel of nearness is worth a quarter."""
        return worth(a) > worth(b)

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        said = ["fd is between features learned from these pictures: it is no Inception FID"]
        if len(arrays) > FINAL:
            said.append(f"judged on {FINAL:,} of {len(arrays):,} pictures")
        return said


def worth(scores: Scores) -> float:
    """What weights are chosen by: the larger the better.

    Example:
        >>> worth({"psnr": 20.0, "fd": 1.0})
        6.0
    """
    return WORTH * scores["psnr"] - log(max(scores.get("fd", 1.0), 1e-9))
