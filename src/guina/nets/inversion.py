"""From a picture back to the noise that makes it: an encoder's guess, and what says how good a guess is.

The encoder learns from what the generator makes, whose noise is known; then the noise itself is moved down `Mismatch`
(Zhu et al. 2016, https://arxiv.org/abs/1609.03552). That measures pixels, features that see more than pixels, and how
likely the noise is: noise that is not likely makes pictures that cannot be edited, however near they come (Zhu et al.
2020, https://arxiv.org/abs/2004.00049).

Axes: N pictures, Z noise, H W pixels, C channels, F features.
"""

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn

from guina.blocks.conv import Conv, Window
from guina.blocks.dense import Dense
from guina.nets.generator import NOISE, SLOPE, PictureShape, make_activation

WIDTHS = (32, 64, 128)  # of the encoder's convolutions; further ones are as wide as the last
GATHERED = 256
FEATURES = 0.3  # what features count, beside pixels
PRIOR = 0.02  # what the noise counts: typical noise costs as much as two percent of the pictures' variance


class Encoder(nn.Module):
    """Pictures, and their classes where there are classes, to a guess at their noise.

    Args:
        shape: that of the generator.

    Shapes: x_NCHW (−1 … 1), class_N (or None) → N×Z.

    Example:
        >>> Encoder(PictureShape(28, 28, 1, classes=3))(torch.zeros(2, 1, 28, 28), torch.tensor([0, 2])).shape
        torch.Size([2, 64])
    """

    def __init__(self, shape: PictureShape) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels, height, width = shape.channels, shape.height, shape.width
        for n in range(1, shape.levels + 1):
            after = WIDTHS[min(n, len(WIDTHS)) - 1]
            layers[f"conv{n}"] = Conv(channels, after, Window(4, stride=2, padding=1))
            nn.init.kaiming_normal_(layers[f"conv{n}"].weight, SLOPE)  # pyright: ignore[reportArgumentType]
            layers[f"act{n}"] = make_activation("leaky_relu")
            channels, height, width = after, height // 2, width // 2
        self.body = nn.Sequential(layers)
        self.gather = Dense(channels * height * width, GATHERED)
        self.label = nn.Embedding(shape.classes, GATHERED) if shape.classes else None
        self.act = make_activation("leaky_relu")
        self.mix = Dense(GATHERED, GATHERED)
        self.guess = Dense(GATHERED, NOISE)

    def forward(self, x_NCHW: Tensor, class_N: Tensor | None = None) -> Tensor:
        seen_NF = self.gather(self.body(x_NCHW).flatten(1))
        if self.label is not None:
            assert class_N is not None, "this encoder is told the class"
            seen_NF = seen_NF + self.label(class_N)
        return self.guess(self.act(self.mix(self.act(seen_NF))))


class Mismatch:
    """How far made pictures are from those that are wanted, and how unlikely their noise is: one number a picture.

    pixels + `FEATURES` · features + `PRIOR` · ‖z‖² / Z, the first two as shares of what pictures differ by anyway: two
    pictures that have nothing to do with each other are about 2 apart in each.

    Args:
        features: pictures (−1 … 1) to N×F.
        some_NCHW: pictures by whose variance both are measured.

    Example:
        >>> x = torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
        >>> mismatch = Mismatch(lambda x: x.flatten(1), x)
        >>> apart = mismatch(x[:9], x[9:18], mismatch.features(x[9:18]), torch.zeros(9, 64))
        >>> 2.2 < float(apart.mean()) < 3.0, float(mismatch(x[:9], x[:9], x[:9].flatten(1), torch.zeros(9, 64)).max())
        (True, 0.0)
    """

    def __init__(self, features: Callable[[Tensor], Tensor], some_NCHW: Tensor) -> None:
        self.features = features
        with torch.no_grad():
            self.pixel_variance = some_NCHW.var(0).mean().clamp_min(1e-6)
            self.feature_variance = features(some_NCHW).var(0).sum().clamp_min(1e-6)

    def __call__(self, made_NCHW: Tensor, x_NCHW: Tensor, x_NF: Tensor, z_NZ: Tensor) -> Tensor:
        """N numbers.

        Args:
            made_NCHW: the pictures of the noise z_NZ.
            x_NCHW, x_NF: those that are wanted, and their features.
        """
        pixels_N = (made_NCHW - x_NCHW).square().flatten(1).mean(1) / self.pixel_variance
        features_N = (self.features(made_NCHW) - x_NF).square().sum(1) / self.feature_variance
        return pixels_N + FEATURES * features_N + PRIOR * z_NZ.square().mean(1)
