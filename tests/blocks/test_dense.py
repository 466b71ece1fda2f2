"""The fully connected layer against its sums."""

import numpy as np
import pytest
import torch

from guina.blocks.dense import Dense


@pytest.mark.parametrize("bias", [True, False])
def test_dense_is_its_equation(bias: bool):
    layer = Dense(4, 3, bias).double()
    x = np.random.default_rng(0).normal(size=(2, 4))
    weight = layer.weight.detach().numpy()
    expected = [[sum(weight[o, i] * row[i] for i in range(4)) for o in range(3)] for row in x]
    if layer.bias is not None:
        expected = expected + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-12)


def test_dense_starts_within_its_bound():
    layer = Dense(100, 400)
    assert 0.099 < layer.weight.abs().max() <= 0.1
    assert layer.weight.std().item() == pytest.approx(0.1 / 3**0.5, rel=0.02)
