"""The critic: how real a picture is, as one number. It also keeps the weight of the penalty on its slope.

That weight cannot be chosen once: what suits it spans a factor of fifty over resolutions. So it holds itself where the
penalty is a stated share of the critic's loss. A larger weight makes a flatter critic, whose penalty is then smaller:
the share falls as the weight rises, and the weight follows the share.

Axes: B examples, C channels, H W pixels, F features, K classes.
"""

from collections import OrderedDict
from math import log

import torch
from torch import Tensor, nn

from guina.blocks.activations import channels_in
from guina.blocks.conv import Conv, Window
from guina.blocks.dense import Dense
from guina.nets.generator import SLOPE, PictureShape, make_activation

FEATURES = 128
GAMMA = 1.0  # where the weight begins
RANGE = (1e-2, 1e3)  # and where it stays
PACE = 0.1  # how fast it moves, at most, in nats a penalty


class Holding(nn.Module):
    """A critic that keeps the weight of the penalty on its own slope.

    Attributes:
        log_gamma: of the penalty's weight.
        loss_mean: a running mean of the loss, which the penalty is compared with.
    """

    log_gamma: Tensor
    loss_mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_gamma", torch.tensor(log(GAMMA)))
        self.register_buffer("loss_mean", torch.tensor(1.0))

    @torch.no_grad()
    def saw_loss(self, loss: Tensor) -> None:
        """Keep the mean loss."""
        self.loss_mean.lerp_(loss.to(self.loss_mean), 0.05)

    @torch.no_grad()
    def hold(self, slope: Tensor, share: float) -> Tensor:
        """The penalty's weight now; then it moves so that weight · slope comes nearer to a share of the loss.

        Args:
            slope: the mean penalty without its weight.
        """
        gamma = self.log_gamma.exp()
        ratio = gamma * slope / (share * self.loss_mean).clamp_min(1e-12)
        self.log_gamma.add_(ratio.clamp(0.1, 10).log() * (PACE / log(10)))
        self.log_gamma.clamp_(log(RANGE[0]), log(RANGE[1]))
        return gamma


class Critic(Holding):
    """Pictures, and their classes where there are classes, to numbers: larger is more real.

    A class counts through the product of its embedding with the features (Miyato & Koyama 2018, projection,
    https://arxiv.org/abs/1802.05637).

    Args:
        shape: of the pictures.
        activation: after every layer but the last.

    Shapes: x_BCHW, class_B (or None) → B.

    Example:
        >>> Critic(PictureShape(28, 28, 1))(torch.zeros(3, 1, 28, 28)).shape
        torch.Size([3])
    """

    def __init__(self, shape: PictureShape, activation: str = "leaky_relu") -> None:
        super().__init__()
        self.shape = shape
        widths = shape.widths[::-1]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels, height, width = shape.channels, shape.height, shape.width
        for n, after in enumerate(widths[1:] + [widths[-1]] * (min(height, width) >= 16), 1):
            layers[f"conv{n}"] = Conv(channels, channels_in(activation, after), Window(4, stride=2, padding=1))
            nn.init.kaiming_normal_(layers[f"conv{n}"].weight, SLOPE)  # pyright: ignore[reportArgumentType]
            layers[f"act{n}"] = make_activation(activation)
            channels, height, width = after, height // 2, width // 2
        self.body = nn.Sequential(layers)
        self.gather = Dense(channels * height * width, channels_in(activation, FEATURES))
        self.act = make_activation(activation)
        self.answer = Dense(FEATURES, 1)
        self.label = nn.Embedding(shape.classes, FEATURES) if shape.classes else None

    def features(self, x_BCHW: Tensor) -> Tensor:
        return self.act(self.gather(self.body(x_BCHW).flatten(1)))

    def forward(self, x_BCHW: Tensor, class_B: Tensor | None = None) -> Tensor:
        features_BF = self.features(x_BCHW)
        answer_B = self.answer(features_BF).squeeze(1)
        if self.label is not None:
            assert class_B is not None, "this critic judges pictures of a class"
            answer_B = answer_B + (self.label(class_B) * features_BF).mean(1)
        return answer_B
