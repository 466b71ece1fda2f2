"""The picture classifier: frozen whitening, then blocks of two convolutions, a global maximum, and a linear head.

After airbench (Jordan 2024, https://arxiv.org/abs/2404.00498), shrunk for two cores: there a minute buys some ten
trillion operations, so the first layer's stride halves pictures before anything is learned, and
a small network that sees the data often beats a large one that does not. Convolutions start as the identity (`dirac_`),
pooling comes before the normalisation (a quarter of the work), and normalisation learns a bias alone.

Axes: B examples, C channels, H W pixels, F features, K classes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from math import sqrt

import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.activations import ACTIVATIONS, activation_names, channels_in
from guina.blocks.conv import Conv, Window, dirac_, output_size
from guina.blocks.dense import Dense
from guina.blocks.names import one_each
from guina.blocks.norm import BatchNorm
from guina.blocks.pooling import GLOBAL_POOLINGS, POOLINGS, make_pooling
from guina.blocks.whitening import Whitening
from guina.errors import GuinaError, did_you_mean

SIDES = (8, 256)  # pixels a side that the family is made for
CHANNELS = (1, 4)
NORMS = ("batch", "none")
COARSEST = 8  # the largest stride of the first layer
SMALLEST = 3  # pixels a side that pooling leaves
FEW = 12  # pixels a side that no stride can be spared of, and two blocks are enough for
LEARNED = 48  # pixels a side that the learned layers are given at most


@dataclass(frozen=True)
class ConvNetSize:
    """One size of the family: the table to change when a better one is found.

    Args:
        widths: filters of each block's convolutions; pictures of `FEW` pixels a side or fewer have no last block.
        first: filters of the whitening layer, where the patch has so many; twice as many at strides above 2, whose
            patches hold more.
        depth: convolutions a block.
    """

    widths: tuple[int, ...]
    first: int = 24
    depth: int = 2


SIZES = {
    "tiny": ConvNetSize((16, 32, 32)),
    "small": ConvNetSize((32, 64, 64)),
    "medium": ConvNetSize((48, 96, 96)),
    "large": ConvNetSize((64, 128, 128)),
    "huge": ConvNetSize((96, 192, 192)),
}


@dataclass(frozen=True)
class Architecture:
    """Everything that decides the network's shape: plain values that JSON keeps, `Architecture(**facts)` reads back.

    Args:
        shape: H, W, C of the pictures.
        classes: K.
        first, patch, stride, border: filters of the whitening layer, and its window.
        widths: filters of each block's convolutions.
        depth: convolutions a block; the first one may pool.
        activations: of the first layer and of each convolution.
        poolings: of each block, see `make_pooling`.
        norms: of each convolution, "batch" or "none".
        global_pooling: "max" or "average", before the head.
        dropout: probability that a feature is left out while training.
        scale: what the head's answer is multiplied with; small is cautious at first, and learns slower.
    """

    shape: tuple[int, int, int]
    classes: int
    first: int
    patch: int
    stride: int
    border: int
    widths: tuple[int, ...]
    depth: int
    activations: tuple[str, ...]
    poolings: tuple[str, ...]
    norms: tuple[str, ...]
    global_pooling: str = "max"
    dropout: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("shape", "widths", "activations", "poolings", "norms"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has lists


def architecture(
    size: str,
    shape: tuple[int, int, int],
    classes: int,
    activation: str = "silu",
    pooling: str = "max",
    norm: str = "batch",
    dropout: float = 0.0,
) -> Architecture:
    """The family's member for these pictures.

    Args:
        size: "tiny", "small", "medium", "large", "huge".
        shape: H, W, C: 8 to 256 pixels a side, 1 to 4 channels.
        classes: K.
        activation: one name, or one for the first layer and each convolution, with commas.
        pooling: one name, or one for each block; a block whose pictures would get too small does not pool.
        norm: "batch" or "none", or one for each convolution.
        dropout: of features, a probability.

    Raises:
        GuinaError: there is no such size or name, or pictures of this shape are not for this family.

    Example:
        >>> found = architecture("small", (28, 28, 1), 10)
        >>> found.first, found.stride, found.widths, found.poolings
        (16, 2, (32, 64, 64), ('max', 'max', 'none'))
    """
    if size not in SIZES:
        raise GuinaError(f'there is no size "{size}"', f"one of {', '.join(SIZES)}", did_you_mean(size, SIZES))
    check_shape(shape)
    height, width, channels = shape
    table = SIZES[size]
    window = first_window(height, width)
    widths = table.widths if min(height, width) > FEW else table.widths[:-1]
    convolutions = table.depth * len(widths)
    first = min(table.first * (2 if window.stride > 2 else 1), 2 * channels * window.kernel**2)
    sides = [output_size(side, window) for side in (height, width)]
    return Architecture(
        shape=shape,
        classes=classes,
        first=first // 8 * 8,  # kernels like channels in eights
        patch=window.kernel,
        stride=window.stride,
        border=window.padding,
        widths=widths,
        depth=table.depth,
        activations=tuple(activation_names(activation, 1 + convolutions)),
        poolings=tuple(with_room(one_each("pooling", pooling, POOLINGS, len(widths)), min(sides))),
        norms=tuple(one_each("norm", norm, NORMS, convolutions)),
        dropout=dropout,
    )


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raise GuinaError when pictures of this shape (H, W, C) are not for this family."""
    height, width, channels = shape
    if not SIDES[0] <= min(height, width) <= max(height, width) <= SIDES[1]:
        raise GuinaError(
            f"pictures of {height}×{width} pixels do not fit this network",
            f"{SIDES[0]} to {SIDES[1]} pixels a side",
            "say --pixels 64 to have them brought to 64×64",
        )
    if not CHANNELS[0] <= channels <= CHANNELS[1]:
        raise GuinaError(
            f"pictures with {channels} channels do not fit this network",
            f"{CHANNELS[0]} to {CHANNELS[1]} channels",
            "choose which channels matter, and save pictures of those",
        )


def first_window(height: int, width: int) -> Window:
    """The first layer's window: a stride of 2, a quarter of the work for all that follows; more for large pictures,
    none for those of `FEW` pixels. Patches overlap, and the border makes the output ⌈side / stride⌉ pixels.

    Example:
        >>> [first_window(side, side).stride for side in (8, 28, 96, 128, 256)]
        [1, 2, 2, 4, 8]
        >>> first_window(28, 28), first_window(128, 128)
        (Window(kernel=3, stride=2, padding=1), Window(kernel=7, stride=4, padding=3))
    """
    stride = 1 if min(height, width) <= FEW else 2
    while sqrt(height * width) / stride > LEARNED and stride < COARSEST and min(height, width) / stride >= 2 * FEW:
        stride *= 2
    kernel = max(3, 2 * stride - 1)
    return Window(kernel, stride, kernel // 2)


def with_room(poolings: list[str], side: int) -> list[str]:
    """The poolings, "none" where a picture of `side` pixels has become too small to be halved.

    Example:
        >>> with_room(["max", "max", "max"], 14)
        ['max', 'max', 'none']
    """
    roomy = []
    for name in poolings:
        roomy.append(name if side // 2 >= SMALLEST else "none")
        side = side if roomy[-1] == "none" else side // 2
    return roomy


def at_once(height: int, width: int) -> int:
    """How many pictures of a size are best answered at once: what is made of more does not stay in a CPU's cache.

    Example:
        >>> at_once(28, 28), at_once(64, 64)
        (256, 64)
    """
    return max(16, min(256, (1 << 18) // (height * width)))


class ConvNet(nn.Module):
    """A convolutional classifier of normalised pictures.

    Args:
        a: its shape.

    Shapes: x_BCHW (float, each channel centred and scaled; channels_last is faster) → logits_BK.

    Example:
        >>> import torch
        >>> net = ConvNet(architecture("tiny", (28, 28, 1), 10))
        >>> net.whiten(torch.randn(100, 1, 28, 28))
        >>> net(torch.randn(5, 1, 28, 28)).shape, net.features(torch.randn(5, 1, 28, 28)).shape
        (torch.Size([5, 10]), torch.Size([5, 48]))
    """

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.architecture = a
        self.first = Whitening(a.shape[2], a.first, Window(a.patch, a.stride, a.border))
        self.act = ACTIVATIONS[a.activations[0]]()
        self.body = stack(a, a.first // channels_in(a.activations[0], 1))
        self.pool = GLOBAL_POOLINGS[a.global_pooling]()
        self.head = Dense(a.widths[-1], a.classes, bias=False)

    def whiten(self, pictures_NCHW: Tensor) -> None:
        """Compute the first layer from a sample of training pictures, normalised as those to come.

        Raises:
            GuinaError: the pictures are all of one colour.
        """
        self.first.fit(pictures_NCHW)

    def filters(self) -> Tensor:
        """The first layer's filters, F×C×K×K: the second half is the first with its signs turned."""
        return self.first.filters

    def maps(self, x_BCHW: Tensor) -> Tensor:
        """What the last convolution sees where: B×F×H×W, of fewer pixels."""
        return self.body(self.act(self.first(x_BCHW)))

    def features(self, x_BCHW: Tensor) -> Tensor:
        """What the head decides from: B×F, one number for each filter of the last convolution."""
        return self.pool(self.maps(x_BCHW))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        features_BF = F.dropout(self.features(x_BCHW), self.architecture.dropout, self.training)
        return self.head(features_BF) * self.architecture.scale


def stack(a: Architecture, channels: int) -> nn.Sequential:
    """The learned convolutions: conv, pool (a block's first), norm and activation, again and again.

    Args:
        channels: what the first one is given.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for n, (norm, activation) in enumerate(zip(a.norms, a.activations[1:], strict=True)):
        block, place = divmod(n, a.depth)
        stride, pool = make_pooling(a.poolings[block] if place == 0 else "none")
        filters = channels_in(activation, a.widths[block])
        conv = Conv(channels, filters, Window(3, stride, padding=1), bias=norm == "none")
        dirac_(conv.weight)
        layers[f"conv{n + 1}"] = conv
        if not isinstance(pool, nn.Identity):
            layers[f"pool{n + 1}"] = pool
        if norm == "batch":
            layers[f"norm{n + 1}"] = BatchNorm(filters, scale=False)
        layers[f"act{n + 1}"] = ACTIVATIONS[activation]()
        channels = a.widths[block]
    return nn.Sequential(layers)
