"""Recurrent layers in an ONNX file give the numbers of torch at other lengths than they were exported with."""

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from guina.blocks.recurrent import CELLS, Recurrent
from guina.ship.recurrent_onnx import translations

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


class Outputs(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.layer = Recurrent(CELLS[kind](5, 7))

    def forward(self, x_BTI: Tensor) -> Tensor:
        return self.layer(x_BTI)[0]


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_an_exported_layer_runs_at_any_length(kind):
    torch.manual_seed(0)
    net = Outputs(kind).eval()
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(std=0.5)
    axes = ({0: torch.export.Dim("batch"), 1: torch.export.Dim("time")},)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        program = torch.onnx.export(
            net, (torch.randn(2, 6, 5),), dynamo=True, dynamic_shapes=axes, custom_translation_table=translations()
        )
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    session.set_providers(["CPUExecutionProvider"])
    for batch, length in ((2, 6), (1, 1), (3, 40)):
        x = torch.randn(batch, length, 5)
        (y,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        np.testing.assert_allclose(y, net(x).detach().numpy(), atol=1e-5)
