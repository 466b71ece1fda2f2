"""The family: every shape it promises, its rebuilding from JSON, and its layers against torch's."""

import json
from dataclasses import asdict, replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.blocks.activations import ACTIVATIONS
from guina.errors import GuinaError
from guina.nets.convnet import LEARNED, Architecture, ConvNet, architecture

SHAPES = [(8, 8, 1), (9, 8, 4), (13, 17, 2), (28, 28, 1), (32, 32, 3), (33, 47, 3), (64, 40, 3), (101, 99, 1)]


def by_torch(net: ConvNet, x: Tensor) -> Tensor:
    """A default "tiny" network in evaluation, written out in torch's own functions."""
    s = net.state_dict()
    x = F.silu(F.conv2d(x, s["first.filters"], s["first.bias"], stride=2, padding=1))
    for n in range(1, 7):
        x = F.conv2d(x, s[f"body.conv{n}.weight"], padding=1)
        if n in (1, 3):
            x = F.max_pool2d(x, 2)
        mean, var, bias = s[f"body.norm{n}.mean"], s[f"body.norm{n}.variance"], s[f"body.norm{n}.bias"]
        x = F.silu(F.batch_norm(x, mean, var, None, bias))
    return x.flatten(2).max(2).values @ s["head.weight"].T


def test_forward_is_what_the_architecture_says():
    torch.manual_seed(0)
    net = ConvNet(architecture("tiny", (28, 28, 1), 10))
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    x = torch.randn(20, 1, 28, 28)
    net.whiten(x)
    net(x)  # the running averages move
    net.eval()
    torch.testing.assert_close(net(x), by_torch(net, x), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(net.features(x) @ net.head.weight.T, net(x))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", ["tiny", "huge"])
def test_every_promised_shape_learns(shape: tuple[int, int, int], size: str):
    """No picture shrinks to nothing, and every weight gets a gradient."""
    height, width, channels = shape
    net = ConvNet(architecture(size, shape, 3))
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    x = torch.randn(4, channels, height, width)
    net.whiten(x)
    places = net.body(net.act(net.first(x))).shape[2:]
    assert min(places) >= 3
    assert max(places) <= LEARNED / 4 + 1
    net(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("shape", [(256, 256, 3), (256, 8, 1)], ids=str)
def test_large_pictures_are_made_small_first(shape: tuple[int, int, int]):
    a = architecture("small", shape, 10)
    assert (a.stride, a.patch) == ((8, 15) if shape[1] == 256 else (1, 3))
    assert ConvNet(a).eval()(torch.zeros(1, shape[2], *shape[:2])).shape == (1, 10)


def test_it_is_rebuilt_from_json_and_its_weights():
    a = architecture("tiny", (16, 20, 3), 5, activation="relu,tanh,silu,gelu,sigmoid,maxout,leaky_relu", norm="none")
    net = ConvNet(a)
    net.whiten(torch.randn(30, 3, 16, 20))
    facts = json.loads(json.dumps(asdict(a)))
    again = ConvNet(Architecture(**facts))
    assert again.architecture == a
    again.load_state_dict(net.state_dict())
    x = torch.randn(3, 3, 16, 20)
    assert torch.equal(net.eval()(x), again.eval()(x))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("pooling", ["max", "average", "stride", "none", "max,stride,average"])
def test_activations_and_poolings_by_name_start_as_the_identity(activation: str, pooling: str):
    """Without norms, pooling picks or mixes, and convolutions pass on: channel 0 of every layer is a known function."""
    a = architecture("tiny", (28, 28, 1), 2, activation, pooling, norm="none")
    net = ConvNet(a).eval()
    for n in range(1, 7):
        bias = net.body.get_submodule(f"conv{n}").bias
        assert isinstance(bias, Tensor)
        torch.nn.init.zeros_(bias)
    x = torch.randn(2, 1, 28, 28)
    if activation == "maxout":
        return  # its second half is drawn at random: the shapes and gradients are tested above
    act = ACTIVATIONS[activation]()
    y = act(net.first(x)[:, :1])
    for n in range(6):
        name = a.poolings[n // 2] if n % 2 == 0 else "none"
        if name == "max":
            y = F.max_pool2d(y, 2)
        elif name == "average":
            y = F.avg_pool2d(y, 2)
        elif name == "stride":
            y = y[:, :, ::2, ::2]
        y = act(y)
    torch.testing.assert_close(net.features(x)[:, 0], y.amax((1, 2, 3)))


def test_maxout_layers_are_given_their_pieces():
    a = architecture("tiny", (28, 28, 1), 10, activation="maxout")
    net = ConvNet(a)
    x = torch.randn(3, 1, 28, 28)
    first = net.first(x)
    assert torch.equal(net.act(first), torch.maximum(first[:, :8], first[:, 8:]))
    shapes = [net.state_dict()[f"body.conv{n}.weight"].shape[:2] for n in (1, 2, 3)]
    assert shapes == [(32, 8), (32, 16), (64, 16)]
    net(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_dropout_and_scale():
    torch.manual_seed(0)
    a = architecture("tiny", (8, 8, 1), 2, dropout=0.5)
    net, scaled = ConvNet(a), ConvNet(replace(a, scale=0.25))
    scaled.load_state_dict(net.state_dict())
    x = torch.randn(4, 1, 8, 8)
    torch.testing.assert_close(scaled.eval()(x), 0.25 * net.eval()(x))
    assert torch.equal(net(x), net(x))
    net.train()
    assert not torch.equal(net(x), net(x))


def test_it_learns_to_tell_stripes():
    """Horizontal from vertical stripes at any phase, within thirty steps."""
    torch.manual_seed(0)
    target = torch.arange(64) % 2
    wave = torch.sin(torch.arange(12)[None] * 1.5 + torch.rand(64, 1) * 6.3)[:, None, :].expand(64, 12, 12)
    x = torch.where(target[:, None, None] == 1, wave, wave.mT)[:, None] + 0.3 * torch.randn(64, 1, 12, 12)
    net = ConvNet(architecture("tiny", (12, 12, 1), 2))
    net.whiten(x)
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        F.cross_entropy(net(x[:48]), target[:48]).backward()
        optimizer.step()
    assert (net.eval()(x[48:]).argmax(1) == target[48:]).float().mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("smal", (28, 28, 1), 10), "did you mean small"),
        (("small", (7, 28, 1), 10), "pictures of 7×28 pixels do not fit"),
        (("small", (28, 257, 1), 10), "pictures of 28×257 pixels do not fit"),
        (("small", (28, 28, 5), 10), "pictures with 5 channels do not fit"),
        (("small", (28, 28, 1), 10, "rely"), "did you mean relu"),
        (("small", (28, 28, 1), 10, "relu,tanh"), "names the activation of 2 layers, and this network has 7"),
        (("small", (28, 28, 1), 10, "relu", "maxx"), 'there is no pooling "maxx"'),
        (("small", (28, 28, 1), 10, "relu", "max,max"), "names the pooling of 2 layers, and this network has 3"),
        (("small", (28, 28, 1), 10, "relu", "max", "layer"), 'there is no norm "layer"'),
    ],
)
def test_what_does_not_fit_says_so(arguments: tuple, says: str):
    with pytest.raises(GuinaError, match=says):
        architecture(*arguments)
