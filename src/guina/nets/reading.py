"""What a text costs a language model: with its memory carried on, and from fresh windows.

Axes: L lanes, T time, U units of the text, V units of the vocabulary.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.nets.language import Language, Memory

LANES = 32  # places at which a long text is read at once
WARM = 512  # units that a lane reads before its own, so that its memory is filled
WINDOW = 256  # units a forward pass


def carried_nats(net: Language, units_U: np.ndarray, lanes: int = LANES, warm: int = WARM) -> Tensor:
    """−log p of every unit but the first, with all units before it remembered: U − 1 numbers.

    A long text is read at several places at once; each begins `warm` units early, which fills its memory.
    """
    last = len(units_U) - 1
    lanes = max(1, min(lanes, last // (2 * warm)))
    cuts = np.linspace(0, last, lanes + 1).round().astype(np.int64)
    starts, steps = np.maximum(cuts[:-1] - warm, 0), int(np.diff(cuts).max()) + warm
    place_LT = np.minimum(starts[:, None] + np.arange(steps + 1), last)
    device = net.embed.weight.device
    units_LT = torch.from_numpy(units_U[place_LT]).to(device)
    nats, memory = [], None
    for at in range(0, steps, WINDOW):
        piece = units_LT[:, at : at + WINDOW + 1]
        loss_LT, memory = lane_nats(net, piece, memory)
        nats.append(loss_LT)
    nats_LT = torch.cat(nats, 1).cpu()
    mine = [nats_LT[k, cuts[k] - starts[k] : cuts[k + 1] - starts[k]] for k in range(lanes)]
    return torch.cat(mine)


def fresh_nats(net: Language, units_U: np.ndarray, window: int = WINDOW, chunk: int = 64) -> Tensor:
    """−log p of units in windows that begin with an empty memory; what is left over at the end is not read.

    A text that is shorter than one window is a window of its own.
    """
    n = (len(units_U) - 1) // window
    units = torch.from_numpy(units_U[: n * window + 1] if n else units_U).to(net.embed.weight.device)
    windows = units.unfold(0, window + 1, window) if n else units[None]
    return torch.cat([lane_nats(net, few, None)[0].flatten().cpu() for few in windows.split(chunk)])


def lane_nats(net: Language, units_LT: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
    """−log p of each unit but the first of each lane, L×(T−1), and the memory after the one before the last."""
    logits_LTV, after = net(units_LT[:, :-1], memory)
    flat = F.cross_entropy(logits_LTV.float().flatten(0, 1), units_LT[:, 1:].flatten(), reduction="none")
    return flat.view(len(units_LT), -1), after
