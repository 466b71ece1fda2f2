"""Convolution against plain loops and torch; receptive fields against where the gradient is not zero."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from guina.blocks.conv import Conv, Window, dirac_, output_size, receptive_field, slide
from guina.errors import GuinaError

windows = st.builds(Window, kernel=st.integers(1, 4), stride=st.integers(1, 3), padding=st.integers(0, 2))


def loops(x_IHW: np.ndarray, conv: Conv) -> np.ndarray:
    """The layer's equation: one `slide` for each filter and channel."""
    weight_OIKK = conv.weight.detach().double().numpy()
    stride, padding = conv.window.stride, conv.window.padding
    y = [sum(slide(x_HW, w_KK, stride, padding) for x_HW, w_KK in zip(x_IHW, w, strict=True)) for w in weight_OIKK]
    bias_O = 0 if conv.bias is None else conv.bias.detach().double().numpy()[:, None, None]
    return np.stack(y) + bias_O


@settings(max_examples=30, deadline=None)
@given(window=windows, height=st.integers(4, 9), width=st.integers(4, 9), bias=st.booleans())
def test_convolution_is_its_equation(window: Window, height: int, width: int, bias: bool):
    conv = Conv(2, 3, window, bias)
    x = torch.randn(1, 2, height, width)
    y = conv(x)[0].detach().numpy()
    assert y.shape[1:] == (output_size(height, window), output_size(width, window))
    np.testing.assert_allclose(y, loops(x[0].double().numpy(), conv), atol=1e-5)


def test_convolution_starts_like_torchs():
    torch.manual_seed(0)
    ours, theirs = Conv(8, 64, Window(3)), nn.Conv2d(8, 64, 3)
    for mine, other in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
        assert mine is not None
        assert other is not None
        assert mine.abs().max() <= 72**-0.5
        assert mine.abs().max().item() == pytest.approx(other.abs().max().item(), rel=0.05)
        assert mine.std().item() == pytest.approx(other.std().item(), rel=0.2)


def test_gradients_are_those_of_finite_differences():
    conv = Conv(2, 3, Window(3, 2, 1)).double()
    x = torch.randn(1, 2, 5, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, w: torch.nn.functional.conv2d(x, w, None, 2, 1), (x, conv.weight))
    assert torch.autograd.gradcheck(conv, (x,))


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (3, 7), (7, 3)])
def test_dirac_passes_channels_on_and_leaves_the_rest(inputs: int, outputs: int):
    conv = Conv(inputs, outputs, Window(3, padding=1), bias=False)
    before = conv.weight.detach().clone()
    dirac_(conv.weight)
    x = torch.randn(2, inputs, 5, 6)
    same = min(inputs, outputs)
    assert torch.equal(conv(x)[:, :same], x[:, :same])
    assert torch.equal(conv.weight[same:], before[same:])
    theirs = nn.init.dirac_(torch.empty(same, inputs, 3, 3))
    assert torch.equal(conv.weight[:same], theirs)


@settings(max_examples=25, deadline=None)
@given(stack=st.lists(windows, min_size=1, max_size=3))
def test_receptive_field_is_where_the_gradient_is(stack: list[Window]):
    """In the middle of a side so long that no field touches its border, weights of one: the support is the field."""
    layers = [nn.Conv1d(1, 1, w.kernel, w.stride, w.padding, bias=False).double() for w in stack]
    for layer in layers:
        nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 400, dtype=torch.float64, requires_grad=True)
    y = nn.Sequential(*layers)(x)
    field = receptive_field(stack)[-1]
    gaps = any(w.stride > w.kernel for w in stack)  # then pixels within the field are skipped
    middle = y.shape[2] // 2
    for place in (middle, middle + 1):
        (gradient,) = torch.autograd.grad(y[0, 0, place], x, retain_graph=True)
        seen = gradient[0, 0].nonzero().flatten()
        start = field.start + place * field.jump
        assert seen[0] == start
        assert seen[-1] == start + field.size - 1
        assert gaps or len(seen) == field.size


def test_receptive_field_at_the_border():
    """Output 0 of a padded stack sees from below zero: only what lies inside has a gradient."""
    stack = [Window(3, 1, 1), Window(2, 2), Window(3, 1, 1)]
    layers = nn.Sequential(*[nn.Conv1d(1, 1, w.kernel, w.stride, w.padding, bias=False) for w in stack])
    x = torch.zeros(1, 1, 32, requires_grad=True)
    layers(x)[0, 0, 0].backward()
    assert x.grad is not None
    field = receptive_field(stack)[-1]
    assert field.start == -3
    assert x.grad[0, 0].nonzero().flatten().tolist() == list(range(field.start + field.size))


def test_a_window_that_does_not_fit_says_so():
    with pytest.raises(GuinaError, match="a window of 5 pixels does not fit a side of 2 with a border of 1"):
        output_size(2, Window(5, 1, 1))


def test_slide_is_not_mirrored():
    """As in scipy.signal.correlate2d, and the kernel seen at a single bright pixel is upside down."""
    picture, kernel = np.zeros((5, 5)), np.arange(9.0).reshape(3, 3)
    picture[2, 2] = 1
    assert np.array_equal(slide(picture, kernel), kernel[::-1, ::-1])
    scipy = pytest.importorskip("scipy.signal")
    noise = np.random.default_rng(0).normal(size=(6, 7))
    np.testing.assert_allclose(slide(noise, kernel, padding=1), scipy.correlate2d(noise, kernel, mode="same"))
