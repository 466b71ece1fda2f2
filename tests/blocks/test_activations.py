"""Activations against their equations in numpy, and their choice by name."""

from math import erf

import numpy as np
import pytest
import torch

from guina.blocks.activations import ACTIVATIONS, LeakyRelu, Maxout, activation_names, channels_in
from guina.errors import GuinaError

EQUATIONS = {
    "softplus": lambda x: np.log1p(np.exp(x)),
    "relu": lambda x: np.maximum(0, x),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.1 * x),
    "maxout": lambda x: np.maximum(x[:, :2], x[:, 2:]),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5, 6)])
def test_activation_is_its_equation(name: str, shape: tuple[int, ...]):
    x = np.random.default_rng(0).normal(size=shape) * 3
    y = ACTIVATIONS[name]()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(y, EQUATIONS[name](x), atol=1e-12)
    assert y.shape[1] == shape[1] // channels_in(name, 1)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_is_that_of_finite_differences(name: str):
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ACTIVATIONS[name](), (x,))


def test_leaky_slope():
    assert LeakyRelu(0.2)(torch.tensor([-1.0, 1.0])).tolist() == pytest.approx([-0.2, 1.0])


def test_maxout_keeps_channels_last():
    x = torch.randn(2, 8, 4, 4).to(memory_format=torch.channels_last)
    assert Maxout()(x).is_contiguous(memory_format=torch.channels_last)


def test_one_name_is_for_all_layers():
    assert activation_names("tanh", 3) == ["tanh"] * 3
    assert activation_names("relu, tanh", 2) == ["relu", "tanh"]


def test_an_unknown_name_says_what_is_near():
    with pytest.raises(GuinaError, match="did you mean sigmoid") as caught:
        activation_names("sigmoyd", 3)
    assert caught.value.what == 'there is no activation "sigmoyd"'
    assert "leaky_relu" in caught.value.expected


def test_a_list_must_match_the_layers():
    with pytest.raises(GuinaError, match="names the activation of 2 layers, and this network has 3") as caught:
        activation_names("relu,tanh", 3)
    assert caught.value.expected == "one name for all layers, or 3 names with commas"
