"""Batch normalisation: the fast kernel against the equations, and both against numpy."""

import numpy as np
import pytest
import torch
from torch import nn

from guina.blocks.norm import BatchNorm, batch_norm


def test_equations_against_numpy():
    x = np.random.default_rng(0).normal(3, 2, size=(4, 3, 5, 6))
    scale, bias = np.array([1.0, 2.0, 0.5]), np.array([0.0, -1.0, 1.0])
    rows = x.transpose(0, 2, 3, 1).reshape(-1, 3)
    expected = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-3) * scale + bias
    y, mean, var = batch_norm(torch.from_numpy(x), torch.from_numpy(scale), torch.from_numpy(bias), 1e-3)
    np.testing.assert_allclose(y.numpy().transpose(0, 2, 3, 1).reshape(-1, 3), expected, atol=1e-12)
    np.testing.assert_allclose(mean.numpy(), rows.mean(0))
    np.testing.assert_allclose(var.numpy(), rows.var(0))


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_kernel_gives_the_equations_values_and_gradients(scale: bool, bias: bool):
    torch.manual_seed(0)
    norm = BatchNorm(3, scale, bias)
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.uniform_(0.5, 1.5)
    x_BCHW = torch.randn(6, 3, 4, 5) * 2 + 1
    fast, slow = x_BCHW.clone().requires_grad_(), x_BCHW.clone().requires_grad_()
    weight = torch.randn_like(x_BCHW)
    y = norm(fast)
    expected, mean, var = batch_norm(slow, norm.scale, norm.bias, norm.eps)
    torch.testing.assert_close(y, expected, atol=1e-5, rtol=1e-5)
    (y * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(fast.grad, slow.grad, atol=1e-5, rtol=1e-5)
    n = 6 * 4 * 5
    torch.testing.assert_close(norm.mean, 0.1 * mean.detach())
    torch.testing.assert_close(norm.variance, 0.9 + 0.1 * var.detach() * n / (n - 1))


def test_evaluation_uses_the_running_averages():
    norm, theirs = BatchNorm(3, keep=0.6, eps=1e-4), nn.BatchNorm2d(3, momentum=0.4, eps=1e-4)
    for _ in range(5):
        x = torch.randn(8, 3, 4, 4) * 3 + 2
        torch.testing.assert_close(norm(x), theirs(x))
    norm.eval()
    theirs.eval()
    x = torch.randn(1, 3, 4, 4)
    torch.testing.assert_close(norm(x), theirs(x))


def test_what_is_frozen_is_neither_learned_nor_saved():
    norm = BatchNorm(3, scale=False)
    assert [name for name, _ in norm.named_parameters()] == ["bias"]
    assert sorted(norm.state_dict()) == ["bias", "mean", "variance"]


def test_a_channel_that_never_varies_stays_finite():
    norm = BatchNorm(2)
    x = torch.zeros(4, 2, 3, 3, requires_grad=True)
    norm(x).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
