"""House features of pictures, the same for all jobs that make some: learned from their data, kept, and compared by.

Axes: N pictures, H W pixels, C channels, F features.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.engine.features import Features, learn_features
from guina.nets.convnet import ConvNet, architecture

PREFIX = "features/"
SIDE = 32  # pixels of the shorter side that features are of, about: with 96 they would take nine times as long to learn


class Reduced(nn.Module):
    """A network of features that is shown pictures whose pixels are the means of squares.

    Args:
        factor: pixels a side of a square.
        shape: of the pictures, H, W, C.

    Shapes: B×C×H×W → B×K, and B×F.
    """

    def __init__(self, factor: int, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        height, width, channels = shape
        self.factor = factor
        self.net = ConvNet(architecture("small", (height // factor, width // factor, channels), classes))

    def whiten(self, x_NCHW: Tensor) -> None:
        self.net.whiten(self.reduced(x_NCHW))

    def reduced(self, x_BCHW: Tensor) -> Tensor:
        return F.avg_pool2d(x_BCHW, self.factor)

    def features(self, x_BCHW: Tensor) -> Tensor:
        return self.net.features(self.reduced(x_BCHW))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return self.net(self.reduced(x_BCHW))


def feature_net(
    shape: tuple[int, int, int], classes: int, x_NCHW: Tensor | None = None, whole: bool = False
) -> ConvNet | Reduced:
    """The network whose last hidden layer is the features.

    Args:
        x_NCHW: pictures that its first layer is whitened for; None: its weights will be loaded.
        whole: whether it is shown large pictures as they are, as before it was shown them reduced.
    """
    factor = 1 if whole else max(1, min(shape[:2]) // SIDE)
    net = Reduced(factor, shape, classes) if factor > 1 else ConvNet(architecture("small", shape, classes))
    if x_NCHW is not None:
        net.whiten(x_NCHW)
    return net


def learn_house(arrays: Arrays, shape: tuple[int, int, int], classes: int, fingerprint: str) -> Features:
    """The features of some pictures, from the cache if they were learned before; see `learn_features`."""
    return learn_features(arrays, lambda k, x: feature_net(shape, k, x), classes, fingerprint)


def save_house(features: Features) -> Saved:
    """As they are stored."""
    return Saved({"learned_by": features.learned_by}, {f"{PREFIX}{k}": v for k, v in features.tensors().items()})


def restore_house(saved: Saved, shape: tuple[int, int, int], classes: int) -> Features:
    """As they were before they were stored.

    Args:
        classes: of the pictures; features that were learned without know turns.
    """
    whole = not any(name.startswith(f"{PREFIX}net.") for name in saved.tensors)
    net = feature_net(shape, classes if saved.facts["learned_by"] == "classes" else 4, whole=whole)
    net.load_state_dict({k[len(PREFIX) :]: v for k, v in saved.tensors.items() if k.startswith(PREFIX)})
    return Features(net.eval(), saved.facts["learned_by"])
