"""Reading both ways against torch's own on packed sequences, under copied weights."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from guina.blocks.bidirectional import Bidirectional, turned
from guina.blocks.recurrent import CELLS, GRU, LSTM

LENGTHS = torch.tensor([4, 7, 1, 7, 2])


def passage(kind: str = "lstm") -> tuple[Bidirectional, torch.Tensor]:
    torch.manual_seed(0)
    layer = Bidirectional(CELLS[kind](3, 6), CELLS[kind](3, 6)).double()
    for name, weight in layer.named_parameters():
        if name.endswith(("b", "d")):
            nn.init.normal_(weight)
    return layer, torch.randn(5, 7, 3, dtype=torch.float64, requires_grad=True)


def within(x_BTH: torch.Tensor) -> torch.Tensor:
    """The places that there are, in a row."""
    return x_BTH[torch.arange(x_BTH.size(1)) < LENGTHS[:, None]]


@pytest.mark.parametrize(("kind", "library"), [("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_it_is_the_librarys_on_packed_sequences_gradients_included(
    kind: str, library: type[nn.LSTM] | type[nn.GRU]
) -> None:
    layer, x_BTI = passage(kind)
    theirs = library(3, 6, batch_first=True, bidirectional=True).double()
    ours = [getattr(way.cell, name) for way in (layer.onward, layer.backward) for name in ("W", "U", "b", "d")]
    for weight, own in zip(theirs.parameters(), ours, strict=True):
        weight.data.copy_(own)
    packed, _ = theirs(pack_padded_sequence(x_BTI, LENGTHS, batch_first=True, enforce_sorted=False))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    found = layer(x_BTI, LENGTHS)
    assert found.shape == (5, 7, 12)
    torch.testing.assert_close(within(found), within(expected), rtol=0, atol=1e-12)
    wanted = torch.autograd.grad(within(expected).square().sum(), [x_BTI, *theirs.parameters()])
    gradients = torch.autograd.grad(within(found).square().sum(), [x_BTI, *ours])
    torch.testing.assert_close(gradients, wanted, rtol=0, atol=1e-10)


def test_padding_is_never_read() -> None:
    layer, x_BTI = passage()
    beyond_BT = torch.arange(7) >= LENGTHS[:, None]
    other_BTI = x_BTI.detach().masked_fill(beyond_BT[:, :, None], 1e3)
    assert within(layer(other_BTI, LENGTHS)).equal(within(layer(x_BTI, LENGTHS)))
    longer_BTI = torch.cat([other_BTI, torch.full((5, 4, 3), -9.0).double()], 1)
    torch.testing.assert_close(within(layer(longer_BTI, LENGTHS)[:, :7]), within(layer(x_BTI, LENGTHS)))


def test_turning_twice_is_nothing_and_once_is_a_loop() -> None:
    x_BTI = torch.randn(5, 7, 2)
    backwards = turned(x_BTI, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        assert backwards[b].tolist() == x_BTI[b, :length].tolist()[::-1] + x_BTI[b, length:].tolist()
    assert turned(backwards, LENGTHS).equal(x_BTI)


def test_its_two_ways_need_not_be_of_one_kind() -> None:
    layer = Bidirectional(LSTM(3, 4), GRU(3, 2))
    assert layer(torch.randn(5, 7, 3), LENGTHS).shape == (5, 7, 6)
