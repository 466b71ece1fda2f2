"""How good a generator is: its pictures against real ones in house features, and against the simplest generator.

The features, and where the training pictures lie in them, are stored apart from what answers.

Axes: N M pictures, F features, H W pixels, C channels.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.data.records import Records
from guina.engine.features import Features
from guina.engine.judge import Judge, Scores, Snap
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.fidelity import density_coverage, frechet_distance, kernel_distance, nearest
from guina.jobs.generate.answering import GenerateAnswering, GenerateFitted
from guina.jobs.generate.panels import Shown, generate_panels
from guina.jobs.pictures import gallery
from guina.jobs.pictures.house import restore_house, save_house
from guina.nets.sampling import noise_of
from guina.panels import Panel

JUDGED = 5000  # made pictures that a score is taken from, and real ones at most
LOOKED = 2000  # at a look during training
CLOSE = 3000  # of them, those whose neighbours are looked for
PAIRS = 2000
KNOWN = 5000  # training pictures that made ones are compared with
COMPONENTS = 64  # of the simplest generator
NEIGHBOURS = 5  # of a real picture, within which a made one is near
FEW = NEIGHBOURS + 1  # pictures to judge by, below which only fd and diversity are computed
WATCHED = 16  # pictures that are kept at moments of the training


class GenerateJudge(Judge):
    """Scores and shows a generator.

    Args:
        features: learned from the training pictures.
        known_NF: those of some training pictures, float16.
    """

    noun = "picture"
    final_passes = 3.0
    fixed_cost = True
    metrics = (
        Metric("fd", "less", says="Fréchet distance of house features"),
        Metric("kid", "less", says="kernel distance of house features"),
        Metric("density", "more", says="how many real pictures a made one lies near, about 1 for real ones"),
        Metric("coverage", "more", "share", "real pictures that a made one lies near"),
        Metric("diversity", says="how far made pictures are apart, as a ratio to real ones: 1 is right"),
        Metric("novelty", says="how far they are from training pictures, as a ratio to unseen ones: 1 is right"),
    )

    def __init__(self, job: Any, features: Features, known_NF: np.ndarray) -> None:
        super().__init__(job)
        self.features, self.known_NF = features, known_NF
        self._last: list[tuple[Arrays, int, np.ndarray]] = []  # at most one: the real features last asked for

    def saved(self) -> Saved:
        house = save_house(self.features)
        return Saved(house.facts, {**house.tensors, "known": torch.from_numpy(self.known_NF)})

    @classmethod
    def restored(cls, job: Any, saved: Saved) -> "GenerateJudge":
        """As it was before it was stored."""
        fitted: GenerateFitted = job.fitted
        features = restore_house(saved, fitted.shape, len(fitted.labels))
        return cls(job, features, saved.tensors["known"].numpy())

    def real_features(self, arrays: Arrays, most: int) -> np.ndarray:
        """The features of at most so many real pictures, remembered."""
        if not self._last or self._last[0][0] is not arrays or self._last[0][1] != most:
            self._last[:] = [(arrays, most, self.features(arrays.first(most).all("pixels")))]
        return self._last[0][2]

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        half: GenerateAnswering = self.job.answering(nets)
        real_NF = self.real_features(arrays, JUDGED)
        fake_MF = self.features(half.sample(JUDGED if limit is None else LOOKED))
        scores = distances(real_NF, fake_MF)
        if limit is None:
            scores |= novelty(fake_MF, real_NF, self.known_NF.astype(np.float32))
        return scores

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The simplest generator, and the training pictures themselves: nothing made can be nearer."""
        real_NF = self.real_features(arrays, JUDGED)
        return {
            "Gaussian": distances(real_NF, self.features(simplest(train, JUDGED))),
            "training pictures": distances(real_NF, self.features(train.first(JUDGED).all("pixels"))),
        }

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        return ["distances are between features learned from these pictures: this fd is no Inception FID"]

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """The same few pictures, as they are now."""
        half: GenerateAnswering = self.job.answering(nets)
        return {"made": half.make(noise_of(range(WATCHED)), half.drawn_classes(range(WATCHED)))}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        shown = Shown(self.job.answering(nets), self.features, nets)
        yield from generate_panels(shown, (train, arrays), self.real_features(arrays, JUDGED), snaps)


def distances(real_NF: np.ndarray, fake_MF: np.ndarray) -> Scores:
    """Fréchet and kernel distance, density and coverage; and how different made pictures are among themselves.

    What so few real pictures cannot say is left out: distance and density where they are fewer than `FEW`, diversity
    where they are copies of one.
    """
    scores = {"fd": frechet_distance(real_NF, fake_MF)}
    if len(real_NF) >= FEW:
        density, coverage = density_coverage(real_NF[:CLOSE], fake_MF[:CLOSE], k=NEIGHBOURS)
        scores |= {"kid": kernel_distance(real_NF, fake_MF), "density": density, "coverage": coverage}
    if apart := spread(real_NF):
        scores["diversity"] = spread(fake_MF) / apart
    return scores


def spread(x_NF: np.ndarray) -> float:
    """The mean distance of pairs."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(len(x_NF), size=(2, PAIRS))
    return float(np.sqrt(((x_NF[a] - x_NF[b]) ** 2).sum(1))[a != b].mean()) if len(x_NF) > 1 else 0.0


def novelty(fake_MF: np.ndarray, real_NF: np.ndarray, known_KF: np.ndarray) -> Scores:
    """How far made pictures are from the nearest training picture, as a ratio to how far unseen real ones are.

    About 1: as new as unseen pictures. Far below: training pictures come back (Meehan et al. 2020,
    https://arxiv.org/abs/2004.05675, compare the same two distances). Nothing where unseen pictures are fewer than
    `FEW`, or copies of known ones.
    """
    if len(real_NF) < FEW:
        return {}
    made, real = (np.median(nearest(x[:CLOSE], known_KF)[0]) for x in (fake_MF, real_NF))
    return {"novelty": float(made / real)} if real > 0 else {}


def too_few(records: Records) -> list[str]:
    """What there is to say of splits that have too few pictures to be judged by.

    Raises:
        GuinaError: there are too few to train and to judge a training.
    """
    left_out = f", and what takes {FEW} pictures is left out (kid, density, coverage, novelty)"
    return [f"{line}{left_out}" for line in gallery.too_few(records, FEW)]


def simplest(train: Arrays, n: int) -> np.ndarray:
    """What the simplest generator makes, uint8 n×H×W×C: a normal distribution over principal components of pixels."""
    from sklearn.decomposition import PCA

    pixels_NHWC = train.first(KNOWN).all("pixels")
    flat_ND = pixels_NHWC.reshape(len(pixels_NHWC), -1).astype(np.float32)
    pca = PCA(min(COMPONENTS, len(flat_ND) - 1, flat_ND.shape[1]), svd_solver="randomized", random_state=0)
    codes_NP = pca.fit_transform(flat_ND)
    drawn_nP = np.random.default_rng(0).standard_normal((n, codes_NP.shape[1])) * codes_NP.std(0)
    made_nD = pca.inverse_transform(drawn_nP.astype(np.float32))
    return np.clip(np.round(made_nD), 0, 255).astype(np.uint8).reshape(n, *pixels_NHWC.shape[1:])
