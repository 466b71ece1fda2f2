"""Recurrent cells against torch.nn under copied weights, and the fast layers against the equations."""

import pytest
import torch
from torch import nn

from guina.blocks.recurrent import CELLS, Recurrent, same_mask

THEIRS = {"elman": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def passage(kind: str) -> tuple[Recurrent, torch.Tensor]:
    torch.manual_seed(0)
    return Recurrent(CELLS[kind](5, 7)).double(), torch.randn(3, 11, 5, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("kind", THEIRS)
def test_a_layer_equals_torch_under_copied_weights(kind):
    layer, x = passage(kind)
    theirs = THEIRS[kind](5, 7, batch_first=True).double()
    for name, weight in zip(("W", "U", "b", "d"), theirs.parameters(), strict=True):
        weight.data.copy_(getattr(layer.cell, name))
    y, _ = theirs(x)
    torch.testing.assert_close(layer(x)[0], y, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_the_fast_layer_equals_the_equations_in_output_state_and_gradient(kind):
    layer, x = passage(kind)
    weights = [x, *layer.parameters()]
    fast, last = layer(x)
    traced = layer.trace(x)
    torch.testing.assert_close(fast, traced["h"], rtol=0, atol=1e-6)
    for name, value in last.items():
        torch.testing.assert_close(value, traced[name][:, -1], rtol=0, atol=1e-6)
    ours = torch.autograd.grad(fast.square().sum(), weights)
    slow = torch.autograd.grad(traced["h"].square().sum(), weights)
    torch.testing.assert_close(ours, slow, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", CELLS)
def test_a_carried_state_equals_one_long_passage(kind):
    layer, x = passage(kind)
    whole, _ = layer(x)
    first, state = layer(x[:, :4])
    rest, _ = layer(x[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, rest], 1), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_gradients_equal_finite_differences(kind):
    layer, x = passage(kind)
    torch.autograd.gradcheck(lambda x: layer.trace(x)["h"], x[:1, :3].detach().requires_grad_())


def test_a_new_lstm_remembers():
    cell = CELLS["lstm"](5, 7)
    assert cell.b[7:14].eq(1).all()
    assert cell.b[:7].eq(0).all()


def test_weight_drop_leaves_out_recurrences_only_while_training():
    layer, x = passage("lstm")
    plain, _ = layer(x)
    layer.weight_drop = 0.5
    dropped, _ = layer(x)
    torch.testing.assert_close(dropped[:, 0], plain[:, 0])  # from a state of zeros nothing recurs
    assert not torch.allclose(dropped[:, 1:], plain[:, 1:])
    layer.eval()
    torch.testing.assert_close(layer(x)[0], plain)


def test_variational_dropout_is_one_mask_over_time_and_keeps_the_mean():
    torch.manual_seed(0)
    y = same_mask(torch.ones(64, 9, 128), 0.3, training=True)
    assert (y == y[:, :1]).all()
    assert abs(y.mean() - 1) < 0.02
    assert same_mask(y, 0.3, training=False) is y
