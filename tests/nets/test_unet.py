"""The U-Net against plain loops: what each pixel is made of, at any size; and its gradients by finite differences."""

import doctest

import numpy as np
import pytest
import torch

from guina.blocks.conv import slide
from guina.nets import unet
from guina.nets.unet import COARSEST, PACK, SIZES, Shape, UNet


def lively(shape: Shape, seed: int = 0) -> UNet:
    """A network as after some learning: no statistic and no bias is where it began."""
    torch.manual_seed(seed)
    net = UNet(shape).double().eval()
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if name.endswith("variance"):
                value.uniform_(0.5, 2.0)
            elif name.endswith(("mean", "bias", "scale")):
                value.add_(0.3 * torch.randn_like(value))
    return net


# --- the same by loops ---


def conv(x_IHW: np.ndarray, layer: torch.nn.Module, stride: int, padding: int) -> np.ndarray:
    weight, bias = layer.weight.detach().numpy(), layer.bias
    found = [sum(slide(x, w, stride, padding) for x, w in zip(x_IHW, of, strict=True)) for of in weight]
    return np.stack(found) + (0 if bias is None else bias.detach().numpy()[:, None, None])


def layer(x_IHW: np.ndarray, block: unet.Layer, stride: int = 1) -> np.ndarray:
    y_OHW, norm = conv(x_IHW, block.conv, stride, 1), block.norm
    mean, variance, scale, bias = (
        one.detach().numpy()[:, None, None] for one in (norm.mean, norm.variance, norm.scale, norm.bias)
    )
    return np.maximum((y_OHW - mean) / np.sqrt(variance + norm.eps) * scale + bias, 0)


def enlarged(x_IHW: np.ndarray, block: torch.nn.Module) -> np.ndarray:
    weight = block.weight.detach().numpy()
    C, H, W = x_IHW.shape
    y_OHW = np.zeros((weight.shape[1], 2 * H + 2, 2 * W + 2))
    for c in range(C):
        for i in range(H):
            for j in range(W):
                y_OHW[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += weight[c] * x_IHW[c, i, j]
    return y_OHW[:, 1:-1, 1:-1] + block.bias.detach().numpy()[:, None, None]


def packed(x_IHW: np.ndarray) -> np.ndarray:
    """Two by two pixels of a channel as four channels, row by row."""
    return np.stack([x[u::PACK, v::PACK] for x in x_IHW for u in range(PACK) for v in range(PACK)])


def unpacked(x_IHW: np.ndarray) -> np.ndarray:
    """The way back."""
    y_OHW = np.zeros((len(x_IHW) // PACK**2, PACK * x_IHW.shape[1], PACK * x_IHW.shape[2]))
    for n, x in enumerate(x_IHW):
        o, (u, v) = n // PACK**2, divmod(n % PACK**2, PACK)
        y_OHW[o, u::PACK, v::PACK] = x
    return y_OHW


def by_loops(net: UNet, x_IHW: np.ndarray) -> np.ndarray:
    """As the docstring of nets/unet.py says it."""
    height, width = x_IHW.shape[1:]
    stride, block = net.shape.stride, PACK * 2 ** (len(net.shape.widths) - 1)
    while x_IHW.shape[1] % block:
        x_IHW = np.concatenate([x_IHW, x_IHW[:, -1:]], 1)
    while x_IHW.shape[2] % block:
        x_IHW = np.concatenate([x_IHW, x_IHW[:, :, -1:]], 2)
    on_the_way = [layer(packed(x_IHW), net.first)]
    for first, second in net.down:
        on_the_way.append(layer(layer(on_the_way[-1], first, 2), second))
    x = on_the_way[-1]
    for n, (enlarge, join) in enumerate(zip(net.enlarge, net.join, strict=True), 2):
        x = layer(np.concatenate([enlarged(x, enlarge), on_the_way[-n]]), join)
    y = conv(x, net.head, 1, 0)
    y = unpacked(y) if stride == 1 else y
    return y[:, : int(np.ceil(height / stride)), : int(np.ceil(width / stride))]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("side", "size"), [(8, (5, 7)), (16, (9, 6)), (16, (1, 1)), (8, (8, 8))])
def test_each_pixel_is_that_of_the_loops(stride: int, side: int, size: tuple[int, int]) -> None:
    net = lively(Shape(2, 3, side, "tiny", stride))
    x = torch.randn(1, 2, *size, dtype=torch.float64)
    np.testing.assert_allclose(net(x)[0].detach().numpy(), by_loops(net, x[0].numpy()), atol=1e-10)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3), (16, 16), (17, 31), (33, 2001), (184, 274)])
def test_pictures_of_any_size_come_out_as_large(stride: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    net = UNet(Shape(3, 2, 16, "tiny", stride)).eval().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        y = net(torch.randn(2, 3, *size))
    assert y.shape == (2, 2, -(-size[0] // stride), -(-size[1] // stride))
    assert y.isfinite().all()
    assert y.float().std() > 0 or size == (1, 1)


def test_what_is_far_away_and_beyond_the_edge_has_no_say() -> None:
    """A picture that is cut where the network would end the padding anyway gives the same as the whole one's start."""
    net = lively(Shape(1, 1, 16, "tiny"))
    x = torch.randn(1, 1, 64, 8, dtype=torch.float64)
    changed = x.clone()
    changed[:, :, 60:] += 5
    with torch.no_grad():
        assert torch.equal(net(x)[:, :, :16], net(changed)[:, :, :16])
        assert not torch.equal(net(x)[:, :, 48:], net(changed)[:, :, 48:])


@pytest.mark.parametrize("size", SIZES)
def test_the_deepest_level_is_as_small_as_may_be(size: str) -> None:
    for side in (4, 8, 15, 16, 31, 32, 63, 64, 96, 128):
        widths = Shape(1, 1, side, size).widths
        levels = len(widths) - 1
        assert widths == SIZES[size][: levels + 1]
        assert levels == 1 or side / PACK / 2**levels >= COARSEST
        assert levels == len(SIZES[size]) - 1 or side / PACK / 2 ** (levels + 1) < COARSEST


def test_sizes_grow() -> None:
    weights = [sum(w.numel() for w in UNet(Shape(4, 2, 32, size, 2)).parameters()) for size in SIZES]
    assert weights == sorted(set(weights))


def test_gradients_are_those_of_finite_differences() -> None:
    net = lively(Shape(2, 1, 8, "tiny")).train()
    x = torch.randn(2, 2, 6, 5, dtype=torch.float64)
    aim = torch.randn(2, 1, 6, 5, dtype=torch.float64)

    def loss() -> torch.Tensor:
        return ((net(x) - aim) ** 2).sum()

    loss().backward()
    chosen = ("first.conv.weight", "down.0.1.conv.weight", "enlarge.0.weight", "join.0.norm.bias", "head.weight")
    for name, weight in net.named_parameters():
        if name not in chosen:
            continue
        for place in torch.randint(weight.numel(), (3,)).tolist():
            where, step = np.unravel_index(place, weight.shape), 1e-6
            ends = []
            for side in (1, -1):
                weight.detach()[where] += side * step
                ends.append(loss().item())
                weight.detach()[where] -= side * step
            slope = (ends[0] - ends[1]) / (2 * step)
            assert weight.grad.flatten()[place].item() == pytest.approx(slope, rel=1e-4, abs=1e-6), name


def test_it_learns_to_copy_what_only_the_finest_level_knows() -> None:
    """Noise of single pixels survives no level below: it comes over by the finest connection."""
    torch.manual_seed(0)
    net = UNet(Shape(1, 1, 16, "tiny")).train()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(60):
        x = torch.randn(16, 1, 16, 16)
        loss = ((net(x) - x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.2


def test_examples() -> None:
    assert doctest.testmod(unet) == (0, 2)
