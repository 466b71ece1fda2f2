"""Pooling against plain loops."""

import numpy as np
import pytest
import torch
from torch import nn

from guina.blocks.conv import Window, output_size
from guina.blocks.pooling import GLOBAL_POOLINGS, POOLINGS, AveragePool, MaxPool, make_pooling

REDUCE = {"max": np.max, "average": np.mean}


@pytest.mark.parametrize(("name", "kind"), [("max", MaxPool), ("average", AveragePool)])
@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("shape", [(6, 6), (7, 5)])
def test_pooling_is_its_equation(name: str, kind: type[MaxPool], kernel: int, shape: tuple[int, int]):
    x = np.random.default_rng(0).normal(size=(2, 3, *shape))
    h, w = (output_size(side, Window(kernel, kernel)) for side in shape)
    expected = np.empty((2, 3, h, w))
    for i in range(h):
        for j in range(w):
            patch = x[:, :, i * kernel : (i + 1) * kernel, j * kernel : (j + 1) * kernel]
            expected[:, :, i, j] = REDUCE[name](patch, axis=(2, 3))
    np.testing.assert_allclose(kind(kernel)(torch.from_numpy(x)).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("name", GLOBAL_POOLINGS)
def test_global_pooling_is_its_equation(name: str):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    pooled = GLOBAL_POOLINGS[name]()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(pooled, REDUCE[name](x, axis=(2, 3)), atol=1e-12)


def test_by_name_a_block_shrinks_by_its_kernel_or_not_at_all():
    x = torch.randn(1, 1, 8, 8)
    made = {name: make_pooling(name) for name in POOLINGS}
    assert {name: stride for name, (stride, _) in made.items()} == {"max": 1, "average": 1, "stride": 2, "none": 1}
    assert torch.equal(made["max"][1](x), nn.MaxPool2d(2)(x))
    assert torch.equal(made["average"][1](x), nn.AvgPool2d(2)(x))
    assert torch.equal(made["stride"][1](x), x)
    assert torch.equal(made["none"][1](x), x)
