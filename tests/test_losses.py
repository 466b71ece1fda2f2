"""Cross-entropy against the formula, written out, and torch's mean."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.losses import cross_entropy_sum


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_its_formula(smoothing: float):
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(7, 4)) * 3, rng.integers(0, 4, 7)
    total = 0.0
    for row, label in zip(logits, target, strict=True):
        log_p = row - np.log(np.exp(row).sum())
        q = np.full(4, smoothing / 4)
        q[label] += 1 - smoothing
        total -= (q * log_p).sum()
    ours = cross_entropy_sum(torch.from_numpy(logits), torch.from_numpy(target), smoothing)
    assert ours.item() == pytest.approx(total, rel=1e-12)
    mean = F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(target), label_smoothing=smoothing)
    assert ours.item() == pytest.approx(7 * mean.item(), rel=1e-12)


def test_pieces_add_up_to_the_whole():
    logits = torch.randn(9, 5, dtype=torch.float64, requires_grad=True)
    target = torch.arange(9) % 5
    (whole,) = torch.autograd.grad(cross_entropy_sum(logits, target, 0.2), logits)
    pieces = cross_entropy_sum(logits[:2], target[:2], 0.2) + cross_entropy_sum(logits[2:], target[2:], 0.2)
    torch.testing.assert_close(torch.autograd.grad(pieces, logits)[0], whole)


def test_gradient_is_that_of_finite_differences():
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: cross_entropy_sum(x, torch.tensor([0, 3, 1]), 0.1), (logits,))
