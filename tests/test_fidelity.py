"""fidelity.py against scipy, scikit-learn, plain loops and what theory says."""

import doctest
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from guina import fidelity
from guina.errors import GuinaError


def samples(N: int, D: int, seed: int = 0, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) + shift


def test_the_examples_of_the_docstrings_run():
    assert doctest.testmod(fidelity) == (0, doctest.testmod(fidelity).attempted)
    assert doctest.testmod(fidelity).attempted >= 10


# --- Fréchet distance ---


@pytest.mark.parametrize(("N", "M", "D"), [(200, 150, 1), (300, 300, 8), (500, 90, 40)])
def test_frechet_distance_with_the_square_root_of_scipy(N, M, D):
    a_ND, b_MD = samples(N, D), samples(M, D, 1, 0.5)
    cov_a, cov_b = np.cov(a_ND.T).reshape(D, D), np.cov(b_MD.T).reshape(D, D)
    trace = np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    expected = ((a_ND.mean(0) - b_MD.mean(0)) ** 2).sum() + trace
    assert fidelity.frechet_distance(a_ND, b_MD) == pytest.approx(expected, rel=1e-9)
    assert fidelity.frechet_distance(b_MD, a_ND) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_normal_distributions_along_the_axes():
    """With commuting covariances it is |μ_a − μ_b|² + Σ (σ_a − σ_b)²; also where features never change, or are few."""
    rng = np.random.default_rng(0)
    unit_ND = rng.normal(size=(400, 5))
    unit_ND = (unit_ND - unit_ND.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(unit_ND.T)).T)
    wide_a, wide_b = np.array([1, 2, 0, 0, 3.0]), np.array([2, 2, 1, 0, 0.5])
    a_ND, b_ND = unit_ND * wide_a + 1e3, unit_ND[::-1] * wide_b + 1e3 + np.arange(5)
    assert fidelity.frechet_distance(a_ND, b_ND) == pytest.approx(30 + ((wide_a - wide_b) ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize(("N", "D"), [(2, 3), (10, 64), (1000, 64)])
def test_frechet_distance_of_a_set_to_itself_is_nothing_and_never_less(N, D):
    a_ND = samples(N, D)
    distance = fidelity.frechet_distance(a_ND, a_ND[::-1])
    assert 0 <= distance < 1e-10 * a_ND.var(0).sum()
    assert fidelity.frechet_distance(np.ones((4, D)), np.ones((3, D))) == 0


# --- kernel distance ---


def loop_kernel_distance(a_ND: np.ndarray, b_MD: np.ndarray) -> float:
    def mean(x, y, same: bool) -> float:
        pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if not (same and i == j)]
        return sum((float(x[i] @ y[j]) / x.shape[1] + 1) ** 3 for i, j in pairs) / len(pairs)

    return mean(a_ND, a_ND, True) + mean(b_MD, b_MD, True) - 2 * mean(a_ND, b_MD, False)


@pytest.mark.parametrize(("N", "M", "D"), [(2, 2, 1), (30, 17, 4)])
def test_kernel_distance_of_whole_sets_against_loops(N, M, D):
    a_ND, b_MD = samples(N, D), samples(M, D, 1, 0.3)
    assert fidelity.kernel_distance(a_ND, b_MD) == pytest.approx(loop_kernel_distance(a_ND, b_MD), rel=1e-10)


def test_kernel_distance_is_the_mean_over_subsets_and_the_same_every_time():
    a_ND, b_MD = samples(300, 6), samples(40, 6, 1)
    draws = np.random.default_rng(7)
    parts = []
    for _ in range(3):
        row_a, row_b = draws.permutation(300)[:50], draws.permutation(40)[:50]
        parts.append(loop_kernel_distance(a_ND[row_a], b_MD[row_b]))
    found = fidelity.kernel_distance(a_ND, b_MD, subset=50, subsets=3, seed=7)
    assert found == pytest.approx(np.mean(parts), rel=1e-9)
    assert found == fidelity.kernel_distance(a_ND, b_MD, subset=50, subsets=3, seed=7)
    assert found != fidelity.kernel_distance(a_ND, b_MD, subset=50, subsets=3, seed=8)


def test_kernel_distance_has_no_bias():
    """Pairs of sets from one distribution: the mean is 0 within its error, so that some are below it."""
    rng = np.random.default_rng(0)
    found = [fidelity.kernel_distance(*rng.normal(size=(2, 30, 8))) for _ in range(400)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 20
    assert min(found) < 0 < max(found)


# --- density, coverage, nearest ---


def loop_density_coverage(real_ND: np.ndarray, fake_MD: np.ndarray, k: int) -> tuple[float, float]:
    radius_N = NearestNeighbors(n_neighbors=k).fit(real_ND).kneighbors()[0][:, -1]  # without itself
    inside = [[np.linalg.norm(fake - real) <= r for fake in fake_MD] for real, r in zip(real_ND, radius_N, strict=True)]
    return float(np.sum(inside) / (k * len(fake_MD))), float(np.mean([any(row) for row in inside]))


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("chunk", [1, 500, 1 << 20])
@pytest.mark.parametrize("offset", [0, 1e5])
def test_density_and_coverage_against_scikit_learn_and_loops(k, chunk, offset, monkeypatch):
    monkeypatch.setattr(fidelity, "CHUNK", chunk)
    real_ND, fake_MD = samples(70, 3) + offset, samples(45, 3, 1, 0.3) + offset
    assert fidelity.density_coverage(real_ND, fake_MD, k) == pytest.approx(loop_density_coverage(real_ND, fake_MD, k))


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_just_as_far_as_the_neighbour_is_near(seed):
    """The real samples' copies, shuffled: every one is near the k samples that have it among their k nearest."""
    rng = np.random.default_rng(seed)
    real_ND = samples(200, 30, seed)
    fake_ND = np.concatenate([rng.permutation(real_ND)[:150], rng.permutation(real_ND)[:7]])
    radius_N = NearestNeighbors(n_neighbors=3).fit(real_ND).kneighbors()[0][:, -1]
    near = cdist(fake_ND, real_ND) <= radius_N * (1 + 1e-9)
    assert fidelity.density_coverage(real_ND, fake_ND, 3) == (near.sum() / (3 * 157), near.any(0).mean())


def test_density_and_coverage_of_copies_and_of_the_same_distribution():
    real_ND = np.repeat(np.arange(4.0), 3)[:, None]  # three copies of each: the 2nd neighbour is at 0
    assert fidelity.density_coverage(real_ND, np.array([[1.0], [1.0], [2.5]]), 2) == (1.0, 0.25)
    density, coverage = fidelity.density_coverage(samples(2000, 8), samples(2000, 8)[::-1], 5)
    assert coverage == 1
    assert density == pytest.approx(6 / 5)  # each real sample's ball holds 5 others and itself
    rng = np.random.default_rng(0)
    density, coverage = fidelity.density_coverage(*rng.normal(size=(2, 2000, 8)), k=5)
    assert density == pytest.approx(1, abs=0.05)  # Naeem et al., lemma 1: the mean is 1
    assert coverage == pytest.approx(1 - 2.0**-5, abs=0.02)  # lemma 2: 1 − 2^−k as N = M grow


@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize("chunk", [1, 300, 1 << 20])
@pytest.mark.parametrize("offset", [0, 1e6])
def test_nearest_against_scikit_learn(k, chunk, offset, monkeypatch):
    monkeypatch.setattr(fidelity, "CHUNK", chunk)
    a_ND, b_MD = samples(23, 5) + offset, samples(40, 5, 1) + offset
    distance_Nk, index_Nk = fidelity.nearest(a_ND, b_MD, k)
    expected, which = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(b_MD).kneighbors(a_ND)
    np.testing.assert_array_equal(index_Nk, which)
    np.testing.assert_allclose(distance_Nk, expected, rtol=1e-12)


def test_the_distance_to_a_copy_is_nothing():
    b_MD = samples(50, 64) + 1000
    distance_Nk, index_Nk = fidelity.nearest(b_MD[::-1], b_MD)
    np.testing.assert_array_equal(distance_Nk, 0)
    np.testing.assert_array_equal(index_Nk[:, 0], np.arange(50)[::-1])


def test_ten_thousand_against_ten_thousand_take_seconds_and_little_memory():
    rng = np.random.default_rng(0)
    real_ND, fake_MD = rng.normal(size=(2, 10_000, 64)).astype(np.float32)
    tracemalloc.start()
    start = time.process_time()
    fidelity.density_coverage(real_ND, fake_MD)
    seconds, most = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 20  # 0.8 s measured on one core; this machine may be busy
    assert most < 100e6  # the whole matrix would be 800 MB


# --- Wasserstein distances ---


@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=12),
    st.lists(st.integers(-20, 20), min_size=1, max_size=12),
)
@settings(deadline=None, max_examples=100)
def test_wasserstein_1d_against_scipy(a, b):
    a_N, b_M = np.array(a) / 7, np.array(b) / 7
    expected = stats.wasserstein_distance(a_N, b_M)
    assert fidelity.wasserstein_1d(a_N, b_M) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_wasserstein_1d_of_samples():
    rng = np.random.default_rng(0)
    a_N, b_M = rng.normal(size=2000), rng.exponential(size=1501)
    assert fidelity.wasserstein_1d(a_N, b_M) == pytest.approx(stats.wasserstein_distance(a_N, b_M), rel=1e-12)
    assert fidelity.wasserstein_1d(a_N, rng.permutation(a_N) + 3) == pytest.approx(3)
    assert fidelity.wasserstein_1d(a_N, np.tile(a_N, 3)) == 0


def test_sliced_wasserstein_against_scipy_and_of_a_set_that_was_moved():
    a_N2, b_M2 = samples(300, 2), samples(200, 2, 1, 0.5)
    each = []
    for n in range(16):
        line = np.array([np.cos(np.pi * n / 16), np.sin(np.pi * n / 16)])
        each.append(stats.wasserstein_distance(a_N2 @ line, b_M2 @ line))
    assert fidelity.sliced_wasserstein(a_N2, b_M2, 16) == pytest.approx(np.mean(each), rel=1e-9)
    moved = fidelity.sliced_wasserstein(a_N2, a_N2 + np.array([3, 4]), 400)
    assert moved == pytest.approx(2 / np.pi * 5, rel=1e-4)
    assert fidelity.sliced_wasserstein(a_N2, a_N2[::-1]) == 0


# --- mixtures and curves ---

GRID_K2 = np.stack(np.meshgrid(np.arange(5), np.arange(5)), -1).reshape(-1, 2) * 2.0 - 4


def test_samples_of_the_mixture_itself():
    rng = np.random.default_rng(0)
    x_N2 = GRID_K2[rng.integers(25, size=100_000)] + 0.05 * rng.normal(size=(100_000, 2))
    scores = fidelity.mixture_scores(x_N2, GRID_K2, 0.05)
    assert scores["modes"] == 25
    assert scores["good_share"] == pytest.approx(1 - np.exp(-4.5), abs=2e-3)
    truncated = np.sqrt(stats.truncexpon(4.5).mean())  # r²/2σ² of a good sample is exponential, cut off at 9/2
    assert truncated == pytest.approx(0.974, abs=5e-4)
    assert scores["sigma_ratio"] == pytest.approx(truncated, abs=2e-3)
    assert scores["sigma_ratio_least"] < scores["sigma_ratio"] < scores["sigma_ratio_most"] < 1
    assert 0 < scores["reverse_kl"] < 1e-3


def test_mixture_scores_against_loops():
    rng = np.random.default_rng(1)
    centres_K2 = np.array([[0, 0], [1, 0], [5, 5], [9, 9.0]])
    parts = [(0, 40, 0.02), (1, 15, 0.07), (2, 9, 0.05)]  # the third has too few for a width, the fourth none
    x_N2 = np.concatenate([centres_K2[m] + w * rng.normal(size=(n, 2)) for m, n, w in parts] + [np.full((20, 2), 3.0)])
    groups: dict[int, list[np.ndarray]] = {}
    for x in x_N2:
        away = [float(np.hypot(*(x - centre))) for centre in centres_K2]
        if min(away) <= 0.3:
            groups.setdefault(away.index(min(away)), []).append(x)
    good = sum(map(len, groups.values()))
    p = [len(group) / good for group in groups.values()]
    widths = [np.sqrt(np.trace(np.cov(np.array(g).T)) / 2) / 0.1 for g in groups.values() if len(g) >= 10]
    assert len(widths) == 2
    assert fidelity.mixture_scores(x_N2, centres_K2, 0.1) == pytest.approx(
        {
            "modes": 3,
            "good_share": good / 84,
            "reverse_kl": stats.entropy(p + [0.0] * (4 - len(p)), np.full(4, 1 / 4)),
            "sigma_ratio": np.mean(widths),
            "sigma_ratio_least": min(widths),
            "sigma_ratio_most": max(widths),
        }
    )


def test_a_collapsed_mixture_and_one_that_is_missed():
    one = fidelity.mixture_scores(np.tile(GRID_K2[:1], (50, 1)), GRID_K2, 0.05)
    assert (one["modes"], one["good_share"], one["sigma_ratio"]) == (1, 1, 0)
    assert one["reverse_kl"] == pytest.approx(np.log(25))
    missed = fidelity.mixture_scores(np.ones((50, 2)), GRID_K2, 0.05)
    assert (missed["modes"], missed["good_share"]) == (0, 0)
    assert np.isnan(
        [missed[key] for key in ("reverse_kl", "sigma_ratio", "sigma_ratio_least", "sigma_ratio_most")]
    ).all()


def test_coverage_of_a_curve():
    turn_M = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    circle_M2 = np.stack([np.cos(turn_M), np.sin(turn_M)], 1)
    rng = np.random.default_rng(0)
    angle_N = rng.uniform(0, 2 * np.pi, 5000)
    ring_N2 = np.stack([np.cos(angle_N), np.sin(angle_N)], 1) * (1 + 0.02 * rng.normal(size=(5000, 1)))
    coverage, good = fidelity.curve_coverage(ring_N2, circle_M2, 0.02)
    assert coverage == 1
    assert good == pytest.approx(0.9973, abs=3e-3)  # of a normal within 3 σ
    half = ring_N2[angle_N < np.pi]
    assert fidelity.curve_coverage(half, circle_M2, 0.02)[0] == 0.5
    assert fidelity.curve_coverage(half + 1, circle_M2, 0.02)[0] < 0.1


def test_a_stretch_is_covered_from_a_quarter_of_its_fair_number_on():
    line_M2 = np.stack([np.arange(10.0), np.zeros(10)], 1)  # four stretches: of 3, 2, 3 and 2 points
    x_N2 = np.repeat(line_M2[[0, 3, 5, 8]], [12, 1, 2, 1], axis=0)  # a fair number is 4, a quarter of it 1
    assert fidelity.curve_coverage(x_N2, line_M2, 0.1, stretches=4) == (1.0, 1.0)
    more_N2 = np.concatenate([x_N2, np.full((4, 2), 50.0)])  # 20 samples, 4 of them nowhere: a quarter is 1.25
    assert fidelity.curve_coverage(more_N2, line_M2, 0.1, stretches=4) == (0.5, 0.8)


# --- what cannot be compared ---

PAIRS = [
    fidelity.frechet_distance,
    fidelity.kernel_distance,
    fidelity.density_coverage,
    fidelity.nearest,
    fidelity.sliced_wasserstein,
]


@pytest.mark.parametrize("compare", [*PAIRS, lambda a, b: fidelity.wasserstein_1d(a[:, 0], b[:, 0])])
def test_no_samples_and_no_numbers_are_said(compare):
    some, none = np.random.default_rng(0).normal(size=(9, 2)), np.zeros((0, 2))
    for a, b in ((some, none), (none, some)):
        with pytest.raises(GuinaError, match="nothing to compare: no samples"):
            compare(a, b)
    for wrong in (np.nan, np.inf):
        with pytest.raises(GuinaError, match="values that are no numbers"):
            compare(np.full((9, 2), wrong), some)


def test_too_few_samples_are_said():
    one, nine = np.zeros((1, 2)), np.zeros((9, 2))
    for compare in (fidelity.frechet_distance, fidelity.kernel_distance):
        with pytest.raises(GuinaError, match=r"nothing to compare: 1 sample\n  expected: 2 at least"):
            compare(nine, one)
    with pytest.raises(GuinaError, match=r"9 samples\n  expected: 10 at least"):
        fidelity.density_coverage(nine, one, k=9)
    with pytest.raises(GuinaError, match=r"9 samples\n  expected: 10 at least"):
        fidelity.nearest(one, nine, k=10)
    for score in (fidelity.mixture_scores, fidelity.curve_coverage):
        with pytest.raises(GuinaError, match="no samples"):
            score(np.zeros((0, 2)), np.zeros((60, 2)), 0.1)


def test_shapes_that_cannot_be_are_a_bug():
    for compare in PAIRS:
        with pytest.raises(AssertionError):
            compare(np.zeros((9, 2)), np.zeros((9, 3)))
        with pytest.raises(AssertionError):
            compare(np.zeros(9), np.zeros(9))
    with pytest.raises(AssertionError):
        fidelity.sliced_wasserstein(np.zeros((9, 3)), np.zeros((9, 3)))
    with pytest.raises(AssertionError):
        fidelity.curve_coverage(np.zeros((9, 2)), np.zeros((9, 2)), 0.1, stretches=10)
