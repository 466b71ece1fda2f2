"""Continuing a text unit by unit, with the memory carried, so that the thousandth unit costs what the first did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from guina.decode import choose, discourage
from guina.nets.language import Language, Memory

RECENT = 64  # units that a repetition penalty looks back on
PIECE = 1024  # units of a prompt read at once


@dataclass(frozen=True)
class Manner:
    """How units are drawn.

    Args:
        temperature: below 1 safer, above 1 bolder; 0: always the likeliest.
        top_k, top_p, min_p: see `guina.decode.narrow`.
        repetition: what units of the last `RECENT` are discouraged by; 1: not at all.
        never: units that are not drawn, such as the one for what is not known.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition: float = 1.0
    never: tuple[int, ...] = ()


def read(net: Language, units: Sequence[int], memory: Memory | None = None) -> tuple[Tensor, Memory]:
    """The logits of what comes after some units, V numbers, and the memory of them."""
    logits_V = None
    for at in range(0, len(units), PIECE):
        piece = torch.tensor([units[at : at + PIECE]], device=net.embed.weight.device)
        logits_1TV, memory = net(piece, memory)
        logits_V = logits_1TV[0, -1]
    assert logits_V is not None, "there is at least one unit"
    assert memory is not None, "something was read"
    return logits_V, memory


def write(net: Language, prompt: Sequence[int], manner: Manner, rng: torch.Generator) -> Iterator[int]:
    """The units after a prompt, drawn one after the other without end."""
    logits_V, memory = read(net, prompt)
    recent = [0] * net.reach + list(prompt[-RECENT:])
    while True:
        logits_V = logits_V.index_fill(
            0, torch.tensor(manner.never, dtype=torch.int64, device=logits_V.device), -torch.inf
        )
        logits_V = discourage(logits_V, recent[-RECENT:], manner.repetition)
        unit = choose(logits_V, manner.temperature, manner.top_k, manner.top_p, manner.min_p, rng)
        yield unit
        recent = [*recent[-RECENT - net.reach :], unit]
        logits_V, memory = net.step(recent, memory)
