"""How far back a recurrent network's gradient reaches: what it can learn from, and what it cannot (Bengio et al. 1994).

Axes: B passages, T time, E what enters the first recurrent layer, V units of the vocabulary.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from guina.nets.adam import Adam
from guina.nets.language import Language, Shape


def gradient_reach(net: Language, units_BT: Tensor) -> Tensor:
    """‖∂ loss at the last place / ∂ what entered k places before‖ for k = 0, 1, …: T − 1 means over the passages.

    Args:
        units_BT: the last of each passage is the target.
    """
    with torch.inference_mode(False), torch.enable_grad():
        memory = net.start(len(units_BT))
        entered_BTE = net.enter(units_BT[:, :-1].clone(), memory["past"]).detach().requires_grad_(True)
        y_BTH, _ = net.remember(entered_BTE, memory)
        last = y_BTH[:, -1] if net.bridge is None else net.bridge(y_BTH[:, -1])
        loss = F.cross_entropy(net.head(last), units_BT[:, -1].clone(), reduction="sum")
        (gradient_BTE,) = torch.autograd.grad(loss, entered_BTE)
    return gradient_BTE.norm(dim=2).mean(0).flip(0)


def learn_quickly(shape: Shape, cell: str, windows: list[Tensor], rate: float = 4e-3) -> Language:
    """A small network of another cell, learned for a few seconds: the same for each cell, so that they compare.

    Args:
        windows: B×(T+1) units a step; each begins with an empty memory.
    """
    with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng([]):
        torch.manual_seed(0)
        net = Language(replace(shape, cell=cell, embedding=64, hidden=128, layers=1, grams=(), dropout=0.0))
        adam = Adam([*net.parameters()], rate)
        for n, window_BT in enumerate(windows):
            adam.rate = rate * (1 - n / len(windows))
            window_BT = window_BT.clone()  # those made in inference mode cannot be learned from
            logits_BTV, _ = net(window_BT[:, :-1])
            adam.step(F.cross_entropy(logits_BTV.flatten(0, 1), window_BT[:, 1:].flatten()), clip=1.0)
    return net.eval()
