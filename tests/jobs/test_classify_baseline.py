"""The linear baseline: as good as scikit-learn's logistic regression, with a cost that is bounded."""

import time

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from guina.data.arrays import Arrays
from guina.jobs.classify.baseline import MOST, averaged, coarseness, fit_linear, of_linear


def arrays_of(pixels: np.ndarray, target: np.ndarray) -> Arrays:
    N = len(target)
    return Arrays({"pixels": pixels.astype(np.uint8), "target": target}, np.arange(N), [""] * N)


def clouds(N: int, K: int, shape: tuple[int, int, int], noise: float, seed: int) -> Arrays:
    """Pictures of K classes: each a pattern of its own under noise."""
    patterns = np.random.default_rng(7).uniform(60, 200, (K, *shape))
    rng = np.random.default_rng(seed)
    target = rng.integers(K, size=N)
    return arrays_of((patterns[target] + noise * rng.normal(size=(N, *shape))).clip(0, 255), target)


def test_it_is_right_where_a_line_can_be_drawn():
    target = np.arange(60) % 2
    arrays = arrays_of(np.where(target[:, None, None, None] == 1, 200, 50) * np.ones((1, 8, 8, 1)), target)
    assert fit_linear(arrays, 2).accuracy(arrays) == 1.0


@pytest.mark.parametrize(("K", "noise"), [(2, 300.0), (10, 200.0)])
def test_against_scikit_learn(K, noise):
    train, test = clouds(1500, K, (8, 8, 1), noise, 1), clouds(1500, K, (8, 8, 1), noise, 2)
    x_ND, target_N = (train.all("pixels").reshape(1500, -1) / 64.0 - 2, train.all("target"))
    best = max(
        LogisticRegression(C=C, max_iter=500)
        .fit(x_ND, target_N)
        .score(test.all("pixels").reshape(1500, -1) / 64.0 - 2, test.all("target"))
        for C in (0.003, 0.03, 0.3)
    )
    assert 1 / K + 0.1 < best < 0.97, "a test that tells models apart"
    assert fit_linear(train, K).accuracy(test) > best - 0.03


def test_with_many_classes_it_is_fitted_too():
    train, test = clouds(3000, 600, (16, 16, 3), 60.0, 1), clouds(600, 600, (16, 16, 3), 60.0, 2)
    start = time.process_time()
    assert fit_linear(train, 600).accuracy(test) > 0.5
    assert time.process_time() - start < 60


def test_it_is_the_same_again_and_leaves_the_generator_alone():
    train = clouds(200, 3, (8, 8, 3), 100.0, 1)
    state = torch.get_rng_state()
    with torch.inference_mode():  # whoever judges a network is in it
        one, two = fit_linear(train, 3), fit_linear(train, 3)
    assert torch.equal(one.weight_DK, two.weight_DK)
    assert torch.equal(state, torch.get_rng_state())


def test_pictures_are_averaged_as_a_loop_does_it():
    pixels = np.random.default_rng(0).integers(256, size=(2, 5, 7, 2), dtype=np.uint8)
    expected = [
        [pixels[n, y : y + 3, x : x + 3, c].astype(float).mean() for c in range(2) for y in (0, 3) for x in (0, 3, 6)]
        for n in range(2)
    ]
    np.testing.assert_allclose(averaged(pixels, 3).numpy(), expected, rtol=1e-6)


def test_its_size_is_bounded_whatever_the_data_are():
    for classes in (2, 100, 1500, 100_000):
        for shape in ((28, 28, 1), (64, 64, 3), (512, 384, 4), (1, 3000, 3)):
            k = coarseness(shape, classes)
            values = -(-shape[0] // k) * -(-shape[1] // k) * shape[2]
            assert values <= max(48, min(800, 300_000 // classes))


def test_what_it_was_not_given_is_said():
    assert of_linear(MOST, (28, 28, 1), 10) == ""
    told = of_linear(MOST + 1, (64, 64, 3), 10)
    assert told == "the linear model learned from 10,000 of 10,001 training pictures at 16×16 pixels"
