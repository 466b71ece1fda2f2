"""Looking inside a convolutional network: what each layer makes of a picture, where the answer came from, what excites
a filter, and how easily an answer is changed.

Axes: N B pictures, C channels, H W pixels of the input, h w places of a layer, F filters, K classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from guina.blocks.conv import ReceptiveField, Window
from guina.nets.convnet import ConvNet, at_once


@dataclass(frozen=True)
class Stage:
    """A layer's answers to some pictures, after its activation.

    Args:
        name: "first", "conv1", …
        field: what a place sees of the picture.
        maps_NFhw: what each filter found where.
    """

    name: str
    field: ReceptiveField
    maps_NFhw: Tensor


def stages(net: ConvNet, x_NCHW: Tensor) -> list[Stage]:
    """Every layer's maps, from the first to the last convolution."""
    field = ReceptiveField().through(net.first.window)
    x = net.act(net.first(x_NCHW))
    found = [Stage("first", field, x)]
    name = ""
    for key, layer in net.body.named_children():
        x = layer(x)
        window = getattr(layer, "window", None)
        if isinstance(window, Window):
            field = field.through(window)
        if key.startswith("conv"):
            name = key
        if key.startswith("act"):
            found.append(Stage(name, field, x))
    return found


def grad_cam(net: ConvNet, x_NCHW: Tensor, target_N: Tensor) -> Tensor:
    """Where the evidence for a class lies: N×H×W in 0 … 1 (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391).

    relu(Σ_f α_f A_f) with α_f the mean gradient of the class's logit over the last layer's map A_f.

    Args:
        target_N: the class that is asked about.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x = x_NCHW.clone()
        maps_NFhw = net.body(net.act(net.first(x))).detach().requires_grad_(True)
        logits_NK = net.head(net.pool(maps_NFhw))
        chosen = logits_NK.gather(1, target_N.to(logits_NK.device, copy=True)[:, None]).sum()
        (gradient_NFhw,) = torch.autograd.grad(chosen, maps_NFhw)
    weight_NF11 = gradient_NFhw.mean((2, 3), keepdim=True)
    heat_N1hw = (weight_NF11 * maps_NFhw.detach()).sum(1, keepdim=True).relu()
    heat_NHW = F.interpolate(heat_N1hw, x_NCHW.shape[2:], mode="bilinear", align_corners=False)[:, 0]
    return heat_NHW / heat_NHW.amax((1, 2), keepdim=True).clamp_min(1e-9)


@dataclass(frozen=True)
class Patch:
    """A window of a picture: picture number, first row and column (below 0: the border), side."""

    picture: int
    top: int
    left: int
    side: int


def exciting(net: ConvNet, x_NCHW: Tensor, most: int = 8, chunk: int = 64) -> dict[str, list[list[Patch]]]:
    """For every layer and filter, the patches that excite it most, one a picture, strongest first."""
    best: dict[str, tuple[ReceptiveField, list[Tensor], list[Tensor]]] = {}
    for few in x_NCHW.split(chunk):
        for stage in stages(net, few):
            value_NF, place_NF = stage.maps_NFhw.flatten(2).max(2)
            _, values, places = best.setdefault(stage.name, (stage.field, [], []))
            values.append(value_NF)
            width = stage.maps_NFhw.size(3)
            places.append(torch.stack([place_NF // width, place_NF % width], 2))
    found: dict[str, list[list[Patch]]] = {}
    for name, (field, values, places) in best.items():
        value_NF, place_NF2 = torch.cat(values), torch.cat(places)
        order_NF = value_NF.topk(min(most, len(value_NF)), dim=0).indices
        found[name] = [
            [patch(field, int(n), *place_NF2[n, f].tolist()) for n in order_NF[:, f]] for f in range(value_NF.size(1))
        ]
    return found


def patch(field: ReceptiveField, picture: int, row: int, column: int) -> Patch:
    """What a place of a layer sees."""
    return Patch(picture, field.start + row * field.jump, field.start + column * field.jump, field.size)


def shifted(x_NCHW: Tensor, down: int, right: int) -> Tensor:
    """Pictures moved; what comes in is the edge again.

    Example:
        >>> shifted(torch.arange(3.0).view(1, 1, 1, 3), 0, 1).flatten().tolist()
        [0.0, 0.0, 1.0]
    """
    height, width = x_NCHW.shape[2:]
    rows = (torch.arange(height, device=x_NCHW.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=x_NCHW.device) - right).clamp(0, width - 1)
    return x_NCHW[:, :, rows][:, :, :, columns]


def rescaled(x_NCHW: Tensor, factor: float) -> Tensor:
    """Pictures enlarged or reduced about their middle, at the same size; what comes in is the edge again."""
    theta = torch.tensor([[1 / factor, 0, 0], [0, 1 / factor, 0]], dtype=x_NCHW.dtype, device=x_NCHW.device)
    grid = F.affine_grid(theta.expand(len(x_NCHW), 2, 3), list(x_NCHW.shape), align_corners=False)
    return F.grid_sample(x_NCHW, grid, padding_mode="border", align_corners=False)


def moved(x_NCHW: Tensor, by: int) -> Tensor:
    """Pictures moved by so many pixels: the first down, the second up, then right, left, down …"""
    out = torch.empty_like(x_NCHW)
    for n, (down, right) in enumerate(((by, 0), (-by, 0), (0, by), (0, -by))):
        out[n::4] = shifted(x_NCHW[n::4], down, right)
    return out


def answers(net: Callable[[Tensor], Tensor], x_NCHW: Tensor) -> Tensor:
    """The likeliest class of each picture."""
    return torch.cat([net(few).argmax(1) for few in x_NCHW.split(at_once(*x_NCHW.shape[2:]))])


def changed(
    net: Callable[[Tensor], Tensor], x_NCHW: Tensor, changes: Sequence[Callable[[Tensor], Tensor]]
) -> list[float]:
    """The share of pictures whose answer is another one after each of some changes."""
    before_N = answers(net, x_NCHW)
    return [float((answers(net, change(x_NCHW)) != before_N).float().mean()) for change in changes]


def with_pooling(net: ConvNet, name: str, x_NCHW: Tensor) -> ConvNet:
    """A copy whose poolings are all of another kind, its normalisations measured anew on some pictures; the weights
    stay as they were learned.

    Args:
        name: "max", "average" or "stride".
    """
    poolings = tuple("none" if kind == "none" else name for kind in net.architecture.poolings)
    other = ConvNet(replace(net.architecture, poolings=poolings))
    other.load_state_dict(net.state_dict())
    other.to(next(net.parameters()))
    other.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
    other.train()
    with torch.no_grad():
        for few in x_NCHW.split(256):  # statistics are taken from a batch
            other(few)
    return other.eval()
