"""How far back a recurrent network's gradient reaches: what it can learn from, and what it cannot (Bengio et al. 1994).

Axes: B passages, T time, E what enters the first recurrent layer, V units of the vocabulary.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from guina.nets.language import Language


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
