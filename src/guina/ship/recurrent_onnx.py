"""Recurrent layers as ONNX's own operators, which run at any length.

Left to itself torch.onnx unrolls an LSTM or a GRU over the length of its example, so that the file answers for that
length alone. These translations put ONNX's `LSTM` and `GRU` in their place; the gates of these are ordered i o f c and
z r h, where torch has i f g o and r z n.

    torch.onnx.export(net, (x_BTI,), dynamo=True, dynamic_shapes=..., custom_translation_table=translations())
"""

from collections.abc import Callable
from typing import Any

import torch


def translations() -> dict[Callable[..., Any], Callable[..., Any]]:
    """What `torch.onnx.export` takes as its `custom_translation_table`, for one-layer, one-way, batch-first layers."""
    return {torch.ops.aten.lstm.input: lstm, torch.ops.aten.gru.input: gru}


def lstm(
    input: Any,
    hx: Any,
    params: Any,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> Any:
    """aten::lstm.input → LSTM."""
    check(has_biases, num_layers, bidirectional, batch_first)
    W, U, b, d = params
    weights = [reordered(w, (0, 3, 1, 2), rank) for w, rank in ((W, 2), (U, 2), (b, 1), (d, 1))]
    op = operators()
    bias = op.Concat(weights[2], weights[3], axis=1)
    y, h, c = op.LSTM(time_first(input), *weights[:2], bias, None, *hx, hidden_size=U.shape[1])
    return batch_first_again(y), h, c


def gru(
    input: Any,
    hx: Any,
    params: Any,
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> Any:
    """aten::gru.input → GRU, with the reset gate after the product."""
    check(has_biases, num_layers, bidirectional, batch_first)
    W, U, b, d = params
    weights = [reordered(w, (1, 0, 2), rank) for w, rank in ((W, 2), (U, 2), (b, 1), (d, 1))]
    op = operators()
    bias = op.Concat(weights[2], weights[3], axis=1)
    y, h = op.GRU(time_first(input), *weights[:2], bias, None, hx, hidden_size=U.shape[1], linear_before_reset=1)
    return batch_first_again(y), h


def operators() -> Any:
    """ONNX's operators as functions; their stubs know less than they do."""
    from onnxscript import opset18

    return opset18


def check(has_biases: bool, num_layers: int, bidirectional: bool, batch_first: bool) -> None:
    assert has_biases, "guina's cells have biases"
    assert num_layers == 1, "guina's layers are one cell over time"
    assert not bidirectional, "guina runs a second cell over the reversed sequence"
    assert batch_first, "guina's sequences are B×T×I"


def reordered(weight: Any, order: tuple[int, ...], rank: int) -> Any:
    """Gates in another order, with ONNX's axis of directions in front: gates·H×… → 1×gates·H×…."""
    op = operators()
    hidden, rest = weight.shape[0] // len(order), [-1] if rank == 2 else []
    stacked = op.Reshape(weight, op.Constant(value_ints=[len(order), hidden, *rest]))
    gates = [op.Gather(stacked, op.Constant(value_ints=[k]), axis=0) for k in order]
    return op.Reshape(op.Concat(*gates, axis=0), op.Constant(value_ints=[1, len(order) * hidden, *rest]))


def time_first(x_BTI: Any) -> Any:
    op = operators()
    return op.Transpose(x_BTI, perm=[1, 0, 2])


def batch_first_again(y_T1BH: Any) -> Any:
    """T×1×B×H, which ONNX gives, as B×T×H."""
    op = operators()
    return op.Transpose(op.Squeeze(y_T1BH, op.Constant(value_ints=[1])), perm=[1, 0, 2])
