"""House features: what samples are compared by, learned from the user's own pictures, since guina downloads nothing.

One small network learns in some hundred steps, fewer where there are few pictures, to tell the classes, or, where there
are none, by how many quarters a picture was turned (Gidaris et al. 2018, https://arxiv.org/abs/1803.07728). Distances
between its features are not those of Inception's: they compare runs on the same data, never with published numbers. Its
weights go into the cache under all that they depend on, so that all runs on the same data, in the same shape, are
measured with the same rule.

Axes: N B pictures, H W pixels, C channels, F features.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.bundle import load_tensors, save_tensors
from guina.data.arrays import Arrays
from guina.data.cache import cached
from guina.data.order import Shuffled
from guina.engine.loop import learn
from guina.engine.turns import Learner
from guina.runtime import derive, evaluating

FORMAT = "features-2"  # change it when what is learned changes
STEPS, BATCH = 400, 128
FEWEST, PASSES = 100, 75  # steps at least, and how often few pictures are gone through at most
MOST = 20_000  # pictures that are learned from
CHUNK = 256


class FeatureNet(Protocol):
    """What a job hands over: a classifier whose last hidden layer is the features."""

    def features(self, x_BCHW: Tensor) -> Tensor: ...

    def __call__(self, x_BCHW: Tensor) -> Tensor: ...


class Features:
    """Pictures to features.

    Args:
        net: learned.
        learned_by: "classes" or "turns".
    """

    def __init__(self, net: nn.Module, learned_by: str) -> None:
        self.net, self.learned_by = net, learned_by

    def __call__(self, pixels_NHWC: np.ndarray) -> np.ndarray:
        """uint8 N×H×W×C → N×F, float32."""
        net: Any = self.net
        with evaluating(net):
            starts = range(0, len(pixels_NHWC), CHUNK)
            return np.concatenate([net.features(prepared(pixels_NHWC[i : i + CHUNK])).numpy() for i in starts])

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.net.state_dict())


def prepared(pixels_NHWC: np.ndarray) -> Tensor:
    """Bytes as the network takes them: about −2 … 2, channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(pixels_NHWC)).permute(0, 3, 1, 2).float() / 63.75 - 2


def learn_features(
    arrays: Arrays, build: Callable[[int, Tensor], nn.Module], classes: int, fingerprint: str
) -> Features:
    """The features of some data, from the cache if they were learned before.

    Args:
        arrays: with the column "pixels", and "target" where there are classes.
        build: a network for so many classes, begun on some prepared pictures; the same one each time it is asked.
        classes: 0: turns are learned.
        fingerprint: of the data.
    """
    how = "classes" if classes > 1 else "turns"
    some_NHWC = arrays.first(2000).all("pixels")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(0, "features"))
        net = build(classes if classes > 1 else 4, prepared(some_NHWC))
        key = key_of(net, arrays, some_NHWC, f"{how}-{fingerprint}")

        def fill(folder: Path) -> dict[str, Any]:
            train(net, arrays.first(MOST), classes > 1)
            (folder / "net.safetensors").write_bytes(save_tensors(dict(net.state_dict())))
            return {}

        folder, _ = cached(key, fill)
    net.load_state_dict(load_tensors((folder / "net.safetensors").read_bytes(), "features"))
    return Features(net.eval(), how)


def key_of(net: nn.Module, arrays: Arrays, some_NHWC: np.ndarray, data: str) -> str:
    """All that the learned weights depend on: the network as it begins, the pictures in their shape and order, the
    targets, how long is learned, and by which torch.
    """
    shape = (len(arrays), *some_NHWC.shape[1:], str(some_NHWC.dtype))
    facts = (FORMAT, torch.__version__, steps_for(len(arrays)), BATCH, MOST, data, shape, repr(net))
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=16)
    digest.update(some_NHWC.tobytes())
    digest.update(arrays.all("target").tobytes() if "target" in arrays.columns else b"")
    digest.update(save_tensors(dict(net.state_dict())))
    return digest.hexdigest()


def steps_for(pictures: int) -> int:
    """How long is learned.

    Example:
        >>> [steps_for(n) for n in (60, 300, 50_000)]
        [100, 175, 400]
    """
    return min(STEPS, max(FEWEST, PASSES * pictures // BATCH))


def train(net: nn.Module, arrays: Arrays, labelled: bool) -> None:
    """So many steps as there are pictures for, the rate falling to zero; always the same for the same pictures."""
    order, steps = Shuffled(len(arrays), min(BATCH, len(arrays))), steps_for(len(arrays))

    def losses() -> Iterator[Tensor]:
        for step in range(steps):
            index_B = order.at(0, step).index_B
            pixels_BHWC = arrays.take("pixels", index_B)
            if labelled:
                x_BCHW, target_B = prepared(pixels_BHWC), torch.from_numpy(arrays.take("target", index_B))
            else:
                x_BCHW, target_B = turned(prepared(pixels_BHWC))
            yield F.cross_entropy(net(x_BCHW), target_B, label_smoothing=0.1)

    weights = {name: weight for name, weight in net.named_parameters() if weight.requires_grad}
    learner = Learner("muon", 0.06, rate_rest=0.008, momentum=0.6, rest=("head",), sphere=True, iterations=3)
    net.train()
    for _ in learn(weights, learner, losses(), lambda step: 1 - step / steps):
        pass


def turned(x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures turned by 0 to 3 quarters, one after the other, and by how many; the middle square of an oblong one."""
    side = min(x_BCHW.shape[2:])
    top, left = (x_BCHW.size(2) - side) // 2, (x_BCHW.size(3) - side) // 2
    square = x_BCHW[:, :, top : top + side, left : left + side]
    quarters_B = torch.arange(len(square)) % 4
    parts = [torch.rot90(square[quarters_B == n], n, (2, 3)) for n in range(4)]
    return torch.cat(parts), torch.arange(4).repeat_interleave(torch.tensor([len(part) for part in parts]))
