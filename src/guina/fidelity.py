"""How alike two sets of samples are: pure functions on numpy arrays, computed in float64.

Distances are Euclidean, and found in chunks through |x − y|² = |x|² + |y|² − 2 x·y of centred samples: ten thousand
against ten thousand take megabytes, and no offset costs precision. Every function raises GuinaError where a set has no
samples, or values that are no numbers.

Axes: N, M samples, D features of each, K modes, k neighbours.
"""

from collections.abc import Iterator

import numpy as np

from guina.errors import GuinaError

CHUNK = 1 << 20  # distances that are in memory at a time
SLACK = 1e-12  # of the largest squared norm: what rounding may add to a squared distance
ENOUGH = 10  # good samples of a mode before its width is believed
REACH = 3  # a sample within so many standard deviations is good
SHARE = 0.25  # of its fair number of samples, from which on a stretch of a curve is covered


def frechet_distance(a_ND: np.ndarray, b_MD: np.ndarray) -> float:
    """The squared distance of the two normal distributions with the sets' means and covariances; 0 at least.

    ‖μ_a − μ_b‖² + tr(S_a + S_b − 2 (S_a S_b)^½), equation 6 of Heusel et al. 2017, https://arxiv.org/abs/1706.08500.
    The trace of (S_a S_b)^½ is the sum of the singular values of S_a^½ S_b^½, where nothing is squared.

    Raises:
        GuinaError: a set has fewer than two samples.

    Example:
        >>> a_N1 = np.array([[0.0], [2.0]])
        >>> round(frechet_distance(a_N1, 3 * a_N1 + 1), 6)  # means 1 and 4, deviations √2 and 3√2: 3² + (2√2)²
        17.0
    """
    a_ND, b_MD = checked(a_ND, b_MD, least=2)
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a_ND, b_MD))
    overlap = np.linalg.norm(root(cov_a) @ root(cov_b), "nuc")
    shift = a_ND.mean(0) - b_MD.mean(0)
    return max(0.0, float(shift @ shift + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap))


def root(cov_DD: np.ndarray) -> np.ndarray:
    """The symmetric square root of a covariance."""
    value_D, vector_DD = np.linalg.eigh(cov_DD)
    return vector_DD * np.sqrt(np.maximum(value_D, 0)) @ vector_DD.T


def kernel_distance(a_ND: np.ndarray, b_MD: np.ndarray, subset: int = 1000, subsets: int = 10, seed: int = 0) -> float:
    """The squared maximum mean discrepancy with the kernel (x·y / D + 1)³, unbiased, so that it may be below 0.

    The kernel distance (KID) of Bińkowski et al. 2018, https://arxiv.org/abs/1801.01401: the mean over random
    subsets. A set that is no larger than a subset is taken whole; if both are, there is one subset.

    Raises:
        GuinaError: a set has fewer than two samples.

    Example:
        >>> a_N1 = np.array([[0.0], [1.0]])  # 1 within a; 27 within b; 1, 1, 27 and 8 across
        >>> kernel_distance(a_N1, np.array([[2.0], [1.0]]))
        9.5
    """
    a_ND, b_MD = checked(a_ND, b_MD, least=2)
    rng = np.random.default_rng(seed)
    if max(len(a_ND), len(b_MD)) <= subset:
        return discrepancy(a_ND, b_MD)
    draws = [[x[rng.permutation(len(x))[:subset]] for x in (a_ND, b_MD)] for _ in range(subsets)]
    return float(np.mean([discrepancy(a, b) for a, b in draws]))


def discrepancy(a_ND: np.ndarray, b_MD: np.ndarray) -> float:
    """The unbiased squared MMD of two sets: no sample is compared with itself."""

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        g = x @ y.T / x.shape[1] + 1
        return g * g * g

    aa_NN, ab_NM, bb_MM = kernel(a_ND, a_ND), kernel(a_ND, b_MD), kernel(b_MD, b_MD)
    within_a, within_b = ((g.sum() - np.trace(g)) / (len(g) * (len(g) - 1)) for g in (aa_NN, bb_MM))
    return float(within_a + within_b - 2 * ab_NM.mean())


def density_coverage(real_ND: np.ndarray, fake_MD: np.ndarray, k: int = 5) -> tuple[float, float]:
    """How densely fake samples lie where real ones do, and the share of real samples that have a fake one near.

    Near is within the distance of the real sample's k-th real neighbour, itself not counted: density is the mean number
    of real samples that a fake one is near, over k (it may be above 1); Naeem et al. 2020,
    https://arxiv.org/abs/2002.09797, section 3.

    Raises:
        GuinaError: no more than k real samples, or no fake ones.

    Example:
        >>> real_N1 = np.array([[0.0], [1.0], [2.0], [10.0]])  # their nearest are at 1, 1, 1 and 8
        >>> density_coverage(real_N1, np.array([[1.5], [1.5]]), k=1)
        (2.0, 0.5)
    """
    real_ND, fake_MD = checked(real_ND, fake_MD, least=(k + 1, 1))
    radius_N = np.empty(len(real_ND))
    for rows, square in squared_distances(real_ND, real_ND):
        np.fill_diagonal(square[:, rows], np.inf)  # no sample is its own neighbour
        radius_N[rows] = np.partition(square, k - 1)[:, k - 1]
    radius_N += SLACK * ((real_ND - real_ND.mean(0)) ** 2).sum(1).max()  # a copy of the k-th neighbour is near
    near, covered_N = 0, np.zeros(len(real_ND), bool)
    for _, square in squared_distances(fake_MD, real_ND):
        inside = square <= radius_N
        near += int(np.count_nonzero(inside))
        covered_N |= inside.any(0)
    return near / (k * len(fake_MD)), float(covered_N.mean())


def nearest(a_ND: np.ndarray, b_MD: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The k samples of b that are nearest to each of a, nearest first: their distances and which they are, N×k.

    Raises:
        GuinaError: b has fewer than k samples, or a has none.

    Example:
        >>> [x_Nk.tolist() for x_Nk in nearest(np.array([[0.0], [5.0]]), np.array([[9.0], [2.0], [4.0]]), k=2)]
        [[[2.0, 4.0], [1.0, 3.0]], [[1, 2], [2, 1]]]
    """
    a_ND, b_MD = checked(a_ND, b_MD, least=(1, k))
    distance_Nk, index_Nk = np.empty((len(a_ND), k)), np.empty((len(a_ND), k), np.int64)
    for rows, square in squared_distances(a_ND, b_MD):
        found = square.argmin(1)[:, None] if k == 1 else np.argpartition(square, k - 1)[:, :k]
        away = np.linalg.norm(b_MD[found] - a_ND[rows, None], axis=-1)  # anew: the differences are not rounded
        order = np.lexsort((found, away))
        distance_Nk[rows] = np.take_along_axis(away, order, 1)
        index_Nk[rows] = np.take_along_axis(found, order, 1)
    return distance_Nk, index_Nk


def wasserstein_1d(a_N: np.ndarray, b_M: np.ndarray) -> float:
    """How far a's mass travels to become b's: the mean |difference of quantiles|, exact for sets of any sizes.

    Example:
        >>> wasserstein_1d(np.array([0.0, 1.0]), np.array([3.0]))
        2.5
    """
    a_N, b_M = (x[:, 0] for x in checked(np.reshape(a_N, (-1, 1)), np.reshape(b_M, (-1, 1))))
    N, M = len(a_N), len(b_M)
    edge = np.union1d(np.arange(1, N + 1) * M, np.arange(1, M + 1) * N)  # where a quantile changes, in 1/NM
    apart = np.abs(np.sort(a_N)[(edge - 1) // M] - np.sort(b_M)[(edge - 1) // N])
    return float(apart @ np.diff(edge, prepend=0) / (N * M))


def sliced_wasserstein(a_N2: np.ndarray, b_M2: np.ndarray, directions: int = 64) -> float:
    """The mean of `wasserstein_1d` (of order 1, that is, of |distances|) over projections onto lines in the plane.

    The lines' angles are even over the half circle, so nothing is drawn by chance: Bonneel et al. 2015,
    https://doi.org/10.1007/s10851-014-0506-3. A set that is moved by d is 2d/π away.

    Example:
        >>> a_N2 = np.zeros((3, 2))
        >>> round(sliced_wasserstein(a_N2, a_N2 + [0, np.pi / 2], directions=1000), 4)
        1.0
    """
    a_N2, b_M2 = checked(a_N2, b_M2)
    assert a_N2.shape[1] == 2, a_N2.shape
    angle = np.pi * np.arange(directions) / directions
    line_2L = np.stack([np.cos(angle), np.sin(angle)])
    return float(np.mean([wasserstein_1d(a, b) for a, b in zip((a_N2 @ line_2L).T, (b_M2 @ line_2L).T, strict=True)]))


def mixture_scores(x_ND: np.ndarray, centres_KD: np.ndarray, sigma: float) -> dict[str, float]:
    """How well samples follow a mixture of equally likely normal modes of one standard deviation.

    A sample is good within 3 σ of its nearest centre, and a mode is found when one is (Srivastava et al. 2017,
    https://arxiv.org/abs/1705.07761; Lin et al. 2018, https://arxiv.org/abs/1712.04086). Nothing is seen beyond 3 σ: in
    the plane the mixture's own samples have a good share of 1 − e^−4.5 = 0.989, and a σ ratio of 0.974.

    Returns:
        modes: how many are found; good_share; reverse_kl: from the good samples' distribution over the modes to the
        even one, Σ p log(p K), in nats, NaN if there are none; sigma_ratio, sigma_ratio_least, sigma_ratio_most: the
        standard deviation of a mode's good samples per axis over σ, the mean, least and most of the modes that have at
        least 10, NaN if none has.

    Example:
        >>> scores = mixture_scores(np.array([[0.1, 0.0], [5.2, 0.0], [9.0, 9.0]]), np.array([[0, 0], [5, 0]]), 0.1)
        >>> scores["modes"], round(scores["good_share"], 2), scores["reverse_kl"]
        (2, 0.67, 0.0)
    """
    K = len(centres_KD)
    distance_N1, index_N1 = nearest(x_ND, centres_KD)
    good_N = distance_N1[:, 0] <= REACH * sigma
    x_ND, mode_N = np.asarray(x_ND, np.float64)[good_N], index_N1[good_N, 0]
    count_K = np.bincount(mode_N, minlength=K)
    p_K = count_K[count_K > 0] / max(1, count_K.sum())
    ratios = [x_ND[mode_N == m].var(0, ddof=1).mean() ** 0.5 / sigma for m in np.flatnonzero(count_K >= ENOUGH)]
    ratios = ratios or [np.nan]
    return {
        "modes": len(p_K),
        "good_share": float(good_N.mean()),
        "reverse_kl": float(p_K @ np.log(p_K * K)) if len(p_K) else np.nan,
        "sigma_ratio": float(np.mean(ratios)),
        "sigma_ratio_least": float(min(ratios)),
        "sigma_ratio_most": float(max(ratios)),
    }


def curve_coverage(x_ND: np.ndarray, curve_MD: np.ndarray, sigma: float, stretches: int = 50) -> tuple[float, float]:
    """Coverage, the share of a curve's stretches that have samples; and good share, that of samples on the curve.

    On the curve is within 3 σ of the nearest of its points, which are taken to be even along it and closer than σ. The
    stretches have equally many points (to within one). One is covered when the good samples nearest to its points are
    at least a quarter of its fair number, N / stretches.

    Example:
        >>> line_M2 = np.stack([np.linspace(0, 1, 100), np.zeros(100)], 1)
        >>> curve_coverage(line_M2[:50] + [0, 0.01], line_M2, sigma=0.01, stretches=10)
        (0.5, 1.0)
    """
    M = len(curve_MD)
    assert 0 < stretches <= M, (stretches, M)
    distance_N1, index_N1 = nearest(x_ND, curve_MD)
    good_N = distance_N1[:, 0] <= REACH * sigma
    count = np.bincount(index_N1[good_N, 0] * stretches // M, minlength=stretches)
    return float((count >= SHARE * len(good_N) / stretches).mean()), float(good_N.mean())


def squared_distances(a_ND: np.ndarray, b_MD: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """|a − b|² chunk by chunk: which rows of a, and theirs against all of b; the array is the caller's to write in."""
    centre_D = b_MD.mean(0)
    a_ND, b_MD = a_ND - centre_D, b_MD - centre_D
    square_M, step = (b_MD**2).sum(1), max(1, CHUNK // max(b_MD.shape))
    for start in range(0, len(a_ND), step):
        rows = slice(start, start + step)
        square = (-2 * a_ND[rows]) @ b_MD.T
        square += (a_ND[rows] ** 2).sum(1)[:, None]
        square += square_M
        yield rows, square


def checked(a: np.ndarray, b: np.ndarray, least: int | tuple[int, int] = 1) -> tuple[np.ndarray, np.ndarray]:
    """Both in float64, with `least` samples each (or one and the other), of finite values; GuinaError otherwise."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    assert a.ndim == b.ndim == 2, (a.shape, b.shape)
    assert a.shape[1] == b.shape[1] > 0, (a.shape, b.shape)
    for x, enough in zip((a, b), np.broadcast_to(least, 2), strict=True):
        if len(x) < enough:
            raise GuinaError(
                f"there is nothing to compare: {len(x) or 'no'} sample{'' if len(x) == 1 else 's'}",
                f"{enough} at least",
                "ask for more samples, or add examples to the split",
            )
        if not np.isfinite(x).all():
            raise GuinaError("samples have values that are no numbers", "finite values", "train at a smaller rate")
    return a, b
