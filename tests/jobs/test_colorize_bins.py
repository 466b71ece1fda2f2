"""Colours as classes: which there are, their soft targets and their mean, against plain loops."""

import doctest
from math import exp, log

import numpy as np
import pytest
import torch

from guina.data.lab import to_lab
from guina.jobs.colorize import bins
from guina.jobs.colorize.bins import NEAREST, STEP, WIDTH, Bins, find_bins
from some_photos import texture


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_bins() -> Bins:
    lab = to_lab(np.stack([texture(20, 20, n) for n in range(20)]))
    return find_bins(lab[..., 1:].reshape(-1, 2))


def test_classes_are_the_squares_that_colours_fall_into() -> None:
    ab = to_lab(np.stack([texture(20, 20, n) for n in range(20)]))[..., 1:].reshape(-1, 2)
    found = find_bins(ab)
    squares: dict[tuple[int, int], int] = {(0, 0): 1}
    for a, b in ab.tolist():
        square = round(a / STEP), round(b / STEP)
        squares[square] = squares.get(square, 0) + 1
    assert {(a * STEP, b * STEP) for a, b in squares} == set(map(tuple, found.centre_Q2.tolist()))
    assert found.share_Q.sum() == pytest.approx(1)
    smooth = [
        sum(n * exp(-((a - c) ** 2 + (b - d) ** 2) * STEP**2 / WIDTH**2 / 2) for (c, d), n in squares.items())
        for a, b in (tuple(int(x) // STEP for x in centre) for centre in found.centre_Q2.tolist())
    ]
    np.testing.assert_allclose(found.share_Q, np.array(smooth) / sum(smooth), rtol=1e-6)


def test_classes_are_those_of_sorted_squares() -> None:
    for ab in (np.random.default_rng(0).normal(0, 60, (4000, 2)), np.full((3, 2), 90.0), np.zeros((0, 2))):
        squares = np.concatenate([np.rint(ab / STEP).astype(int), [[0, 0]]])
        expected, times = np.unique(squares, axis=0, return_counts=True)
        found = find_bins(ab)
        np.testing.assert_array_equal(found.centre_Q2, expected * float(STEP))
        near = np.exp(-((expected[:, None] - expected) ** 2).sum(-1) * (STEP / WIDTH) ** 2 / 2) @ times
        np.testing.assert_allclose(found.share_Q, near / near.sum(), rtol=1e-12)


def test_the_loss_is_that_of_soft_targets_by_a_loop() -> None:
    found = some_bins()
    Q = len(found.share_Q)
    logits = torch.randn(2, Q, 3, 2, generator=rng(), dtype=torch.float32)
    ab = torch.round(torch.randn(2, 2, 3, 2, generator=rng(1)) * 15) * 2  # on the table's places
    expected = []
    for b in range(2):
        nats = []
        for i in range(3):
            for j in range(2):
                colour = ab[b, :, i, j].numpy()
                far = [float(((colour - centre) ** 2).sum()) for centre in found.centre_Q2]
                nearest = sorted(range(Q), key=lambda q, far=far: far[q])[:NEAREST]
                weight = [exp(-far[q] / (2 * WIDTH**2)) for q in nearest]
                weight = [one / sum(weight) for one in weight]
                whole = log(sum(exp(x) for x in logits[b, :, i, j].tolist()))
                told = zip(weight, nearest, strict=True)
                nats.append(-sum(w * (logits[b, q, i, j].item() - whole) for w, q in told))
        expected.append(np.mean(nats))
    np.testing.assert_allclose(found.loss(logits, ab).numpy(), expected, rtol=1e-4)


def test_a_loss_falls_towards_the_true_colours_and_colours_come_back() -> None:
    found = some_bins()
    ab = torch.tensor(found.centre_Q2[:6], dtype=torch.float32).T.reshape(1, 2, 2, 3)
    logits = torch.zeros(1, len(found.share_Q), 2, 3, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 0.3)
    for _ in range(150):
        optimizer.zero_grad()
        found.loss(logits, ab).sum().backward()
        optimizer.step()
    assert (found.colours(logits, 0.3) - ab).abs().max() < 4
    assert found.loss(logits, ab + 1000).isfinite().all(), "colours beyond the table are those of its edge"


def test_colours_are_the_mean_of_the_sharpened_distribution() -> None:
    found = some_bins()
    logits = torch.randn(1, len(found.share_Q), 2, 2, generator=rng()) * 2
    for temperature in (1.0, 0.4):
        for i, j in ((0, 0), (1, 0)):
            weight = [exp(x / temperature) for x in logits[0, :, i, j].tolist()]
            mean = sum(w * c for w, c in zip(weight, found.centre_Q2, strict=True)) / sum(weight)
            np.testing.assert_allclose(
                found.colours(logits, temperature)[0, :, i, j].numpy(), mean, rtol=1e-4, atol=1e-4
            )
    likeliest = found.centre_Q2[logits.argmax(1).numpy()].transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found.colours(logits, 1e-3).numpy(), likeliest, atol=1e-3)


def test_how_unsure_is_the_deviation() -> None:
    found = Bins(np.array([[0.0, 0.0], [48.0, 0.0]]), np.array([0.5, 0.5]))
    logits = torch.zeros(1, 2, 1, 1)
    assert found.spread(logits).item() == pytest.approx(24)
    logits[:, 0] = 50
    assert found.spread(logits).item() == pytest.approx(0, abs=1e-3)


def test_examples() -> None:
    assert doctest.testmod(bins) == (0, 2)
