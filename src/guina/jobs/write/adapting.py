"""What is judged by learning further: dynamic evaluation.

Axes: L lanes, T time, U units of the text.
"""

import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from guina.engine.loop import learn
from guina.engine.turns import Learner
from guina.nets.language import Language
from guina.nets.reading import lane_nats


def dynamic_nats(net: Language, units_U: np.ndarray, rate: float = 0.02, window: int = 32) -> Tensor:
    """−log p of units by a copy that learns from each window after it was judged on it (dynamic evaluation: Krause et
    al. 2018, https://arxiv.org/abs/1709.07432), by plain gradient steps: U − 1 numbers.

    Args:
        rate: of the gradient, whose norm is clipped to 1.
        window: units that are judged, and then learned from, at once.
    """
    found: list[Tensor] = []
    with torch.inference_mode(False), torch.enable_grad():
        learner = copy.deepcopy(net).eval().requires_grad_(True)
        units = torch.from_numpy(units_U.astype(np.int64)).to(net.embed.weight.device)

        def losses() -> Iterator[Tensor]:
            memory = net.start(1)
            for at in range(0, len(units) - 1, window):
                loss_LT, memory = lane_nats(learner, units[None, at : at + window + 1], memory)
                memory = {name: value.detach() for name, value in memory.items()}
                found.append(loss_LT[0].detach())
                yield loss_LT.mean()

        plain = Learner("sgd", rate, momentum=0.0)
        for _ in learn(dict(learner.named_parameters()), plain, losses(), clip=1.0):
            pass
    return torch.cat(found).cpu()
