"""House features of pictures, the same for all jobs that make some: learned from their data, kept, and compared by.

Axes: N pictures, H W pixels, C channels, F features.
"""

from torch import Tensor

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.engine.features import Features, learn_features
from guina.nets.convnet import ConvNet, architecture

PREFIX = "features/"


def feature_net(shape: tuple[int, int, int], classes: int, x_NCHW: Tensor | None = None) -> ConvNet:
    """The network whose last hidden layer is the features.

    Args:
        x_NCHW: pictures that its first layer is whitened for; None: its weights will be loaded.
    """
    net = ConvNet(architecture("small", shape, classes))
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
    net = feature_net(shape, classes if saved.facts["learned_by"] == "classes" else 4)
    net.load_state_dict({k[len(PREFIX) :]: v for k, v in saved.tensors.items() if k.startswith(PREFIX)})
    return Features(net.eval(), saved.facts["learned_by"])
