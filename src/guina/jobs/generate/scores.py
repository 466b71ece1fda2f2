"""How good a generator is: its pictures against real ones in house features, and against the simplest generator.

Axes: N M pictures, F features, H W pixels, C channels.
"""

import numpy as np

from guina.data.records import TEST, TRAIN, VAL, Arrays, Records
from guina.engine.features import Features
from guina.engine.job import Scores
from guina.errors import GuinaError
from guina.fidelity import density_coverage, frechet_distance, kernel_distance, nearest

JUDGED = 5000  # made pictures that a score is taken from, and real ones at most
LOOKED = 2000  # at a look during training
CLOSE = 3000  # of them, those whose neighbours are looked for
PAIRS = 2000
KNOWN = 5000  # training pictures that made ones are compared with
COMPONENTS = 64  # of the simplest generator
NEIGHBOURS = 5  # of a real picture, within which a made one is near
FEW = NEIGHBOURS + 1  # pictures to judge by, below which only fd and diversity are computed


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
    learned, judged = records.count(TRAIN), records.count(VAL)
    if learned and judged and min(learned, judged) < 2:
        raise GuinaError(
            f"there {'are' if learned > 1 else 'is'} {learned} picture{'s' if learned > 1 else ''} to learn from and"
            f" {judged} to judge by (copies stay together)",
            "two different ones of each at least, so four in all",
            "add pictures",
        )
    return [
        f"warning: {n} {split} pictures are few to judge by: fd says little, and what takes {FEW} pictures is left out"
        " (kid, density, coverage, novelty)"
        for split in (VAL, TEST)
        if 0 < (n := records.count(split)) < FEW
    ]


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


def baselines(train: Arrays, arrays: Arrays, features: Features) -> Scores:
    """The simplest generator's scores, and those of the training pictures themselves: nothing made can be nearer."""
    real_NF = features(arrays.first(JUDGED).all("pixels"))
    scores = distances(real_NF, features(simplest(train, JUDGED)))
    trained = distances(real_NF, features(train.first(JUDGED).all("pixels")))
    return scores | {f"training pictures/{name}": value for name, value in trained.items()}
