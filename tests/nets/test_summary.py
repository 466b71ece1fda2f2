"""The summary against torch's own flop counter, counted parameters, and where gradients reach."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from guina.nets.convnet import ConvNet, architecture
from guina.nets.summary import render, summary

SHAPES = [(28, 28, 1), (9, 14, 2), (64, 48, 3)]


def network(shape: tuple[int, int, int], size: str = "tiny", activation: str = "silu") -> ConvNet:
    return ConvNet(architecture(size, shape, 10, activation))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("activation", ["silu", "maxout"])
def test_operations_are_those_that_torch_counts(shape: tuple[int, int, int], activation: str):
    height, width, channels = shape
    net = network(shape, activation=activation)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(2, channels, height, width))
    assert 2 * sum(row.flops for row in summary(net, (channels, height, width))) == counter.get_total_flops()


def test_plain_torch_layers_are_counted_too():
    net = nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 25, 3))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(1, 4, 7, 7))
    assert sum(row.flops for row in summary(net, (4, 7, 7))) == counter.get_total_flops()


def test_parameters_are_all_there_and_frozen_ones_apart():
    net = network((28, 28, 1), "small")
    rows = summary(net, (1, 28, 28))
    assert sum(row.learned for row in rows) == sum(p.numel() for p in net.parameters())
    assert [(row.name, row.frozen) for row in rows if row.frozen] == [("first", net.filters().numel())]
    net.head.weight.requires_grad_(False)
    assert summary(net, (1, 28, 28))[-1].frozen == net.head.weight.numel()


def test_layers_come_in_order_with_their_outputs():
    net = network((28, 28, 1))
    rows = {row.name: row for row in summary(net, (1, 28, 28))}
    assert list(rows)[:6] == ["first", "act", "body.conv1", "body.pool1", "body.norm1", "body.act1"]
    assert list(rows)[-2:] == ["pool", "head"]
    assert rows["first"].output == (16, 14, 14)
    assert rows["body.pool1"].output == (16, 7, 7)
    assert rows["head"].output == (10,)


def test_receptive_fields_are_where_the_gradient_is():
    """A centre place of each layer: all is positive, so that no path is cut; norms would see everything."""
    net = ConvNet(architecture("tiny", (64, 64, 1), 2, activation="relu", pooling="average", norm="none")).double()
    for weight in [*net.parameters(), net.filters()]:
        torch.nn.init.uniform_(weight, 0.01, 0.02)
    x = torch.rand(1, 1, 64, 64, dtype=torch.float64, requires_grad=True)
    fields = {row.name: row.field for row in summary(net, (1, 64, 64))}
    y = net.act(net.first(x))
    for name, layer in net.body.named_children():
        y = layer(y)
        place = y.shape[2] // 2
        (gradient,) = torch.autograd.grad(y[0, :, place, place].sum(), x, retain_graph=True)
        seen = gradient[0, 0].abs().sum(0).nonzero().flatten()
        field = fields[f"body.{name}"]
        assert field is not None
        start = field.start + place * field.jump
        assert seen.tolist() == list(range(max(0, start), min(64, start + field.size)))
    assert fields["pool"] is None
    assert fields["head"] is None


def test_the_network_stays_as_it_is():
    net = network((8, 8, 1))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    summary(net, (1, 8, 8))
    assert net.training
    assert all(module.training for module in net.modules())
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())


def test_hooks_are_gone_after_an_error():
    net = network((8, 8, 1))
    with pytest.raises(RuntimeError):
        summary(net, (3, 8, 8))
    assert not any(module._forward_hooks for module in net.modules())
    assert net.training


def test_the_table_is_aligned_and_adds_up():
    rows = summary(network((28, 28, 1)), (1, 28, 28))
    lines = render(rows).splitlines()
    assert len(lines) == len(rows) + 3
    right = lines[0].index("flops") + len("flops")
    assert all(line[right - 1].isdigit() and line[right : right + 2] in ("", "  ") for line in lines[1:-1])
    assert f"{sum(row.flops for row in rows):,}" in lines[-2]
    assert "Whitening 3×3 stride 2 border 1" in lines[1]
    assert "3×3 every 2" in lines[1]
    assert max(map(len, lines)) <= 120
