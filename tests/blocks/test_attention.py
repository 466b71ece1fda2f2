"""Attention against a plain loop over heads and places, and against torch's under copied weights."""

import math

import pytest
import torch
from torch import nn

from guina.blocks.attention import Attention

LENGTHS = torch.tensor([6, 1, 4])


def asked(asking: int = 8, width: int = 8, heads: int = 2) -> tuple[Attention, torch.Tensor, torch.Tensor]:
    """Attention, what asks (3 examples, 5 places), what is asked (6 places)."""
    torch.manual_seed(0)
    attention = Attention(asking, width, heads).double()
    return attention, torch.randn(3, 5, asking).double(), torch.randn(3, 6, width).double()


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_it_is_a_loop_over_heads_and_places(heads: int) -> None:
    attention, x_BRQ, y_BSC = asked(asking=6, heads=heads)
    attention.requires_grad_(requires_grad=False)
    context_BRC, weight_BRS = attention(x_BRQ, attention.keys(y_BSC, LENGTHS))
    width = 8 // heads
    for b, length in enumerate(LENGTHS.tolist()):
        for r in range(5):
            q, total = attention.q.weight @ x_BRQ[b, r], torch.zeros(6).double()
            for n in range(heads):
                part = slice(n * width, (n + 1) * width)
                fits = [float(q[part] @ (attention.k.weight @ y_BSC[b, s])[part]) for s in range(length)]
                shares = [math.exp(fit / math.sqrt(width)) for fit in fits]
                expected = torch.zeros(width).double()
                for s, share in enumerate(shares):
                    total[s] += share / sum(shares) / heads
                    expected += share / sum(shares) * (attention.v.weight @ y_BSC[b, s])[part]
                torch.testing.assert_close(context_BRC[b, r, part], expected)
            torch.testing.assert_close(weight_BRS[b, r], total)


def test_it_is_the_librarys_under_copied_weights() -> None:
    """Theirs has a linear map more at its end, which is made the identity."""
    attention, x_BRC, y_BSC = asked(heads=4)
    theirs = nn.MultiheadAttention(8, 4, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([attention.q.weight, attention.k.weight, attention.v.weight]))
        theirs.out_proj.weight.copy_(torch.eye(8))
    nowhere_BS = torch.arange(6) >= LENGTHS[:, None]
    context_BRC, weight_BRS = theirs(x_BRC, y_BSC, y_BSC, key_padding_mask=nowhere_BS)
    found = attention(x_BRC, attention.keys(y_BSC, LENGTHS))
    torch.testing.assert_close(found, (context_BRC, weight_BRS))


def test_padding_has_no_weight_at_all_and_changes_nothing() -> None:
    attention, x_BRQ, y_BSC = asked()
    context_BRC, weight_BRS = attention(x_BRQ, attention.keys(y_BSC, LENGTHS))
    beyond_BS = torch.arange(6) >= LENGTHS[:, None]
    assert weight_BRS.transpose(1, 2)[beyond_BS].eq(0).all()
    torch.testing.assert_close(weight_BRS.sum(-1), torch.ones(3, 5).double())
    y_BSC[beyond_BS] = 1e6
    other_BRC, _ = attention(x_BRQ, attention.keys(y_BSC, LENGTHS))
    assert other_BRC.equal(context_BRC)


def test_what_fits_by_far_the_best_is_all_there_is_without_an_overflow() -> None:
    attention, x_BRQ, y_BSC = asked(heads=1)
    context_BRC, weight_BRS = attention(1e4 * x_BRQ, attention.keys(1e4 * y_BSC, LENGTHS))
    assert context_BRC.isfinite().all()
    torch.testing.assert_close(weight_BRS.amax(-1), torch.ones(3, 5).double())


def test_gradients_equal_finite_differences() -> None:
    attention, x_BRQ, y_BSC = asked(asking=3, width=4)

    def both(x_BRQ: torch.Tensor, y_BSC: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return attention(x_BRQ, attention.keys(y_BSC, LENGTHS[1:]))

    given = (x_BRQ[1:, :2].clone().requires_grad_(), y_BSC[1:, :4].clone().requires_grad_())
    assert torch.autograd.gradcheck(both, (*given, *attention.parameters()))
