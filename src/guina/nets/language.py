"""A language model that remembers: hashed n-grams in front, recurrent layers, a softmax behind.

What stands right before is cheap to look up, so a table is asked for it (hashed n-gram embeddings, after Mikolov et
al. 2011, "Empirical evaluation and combination of advanced language modeling techniques"), and the recurrent layers are
left with what only memory can tell.

Axes: B lanes, T time, E embedding, H hidden units, V units of the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.recurrent import CELLS, Recurrent, same_mask
from guina.errors import GuinaError, did_you_mean

Memory = dict[str, Tensor]  # what is carried: "0.h", "0.c" of each layer, and "past", the last units
PRIME = 0x9E3779B1


@dataclass(frozen=True)
class Shape:
    """Everything that decides the network's shape.

    Args:
        vocabulary: V.
        embedding, hidden, layers: E, H, and how many recurrent layers.
        cell: "elman", "lstm", "gru", "mingru".
        grams: lengths of the n-grams that are looked up, longest first; () for none.
        rows: of each n-gram table.
        dropout: of what enters and leaves each recurrent layer, one mask a passage.
        gram_drop: of what each table of n-grams answers, a whole row at a time: tables learn by heart.
        weight_drop: of the recurrent weights.
        tied: whether the output's weights are the embedding's.
    """

    vocabulary: int
    embedding: int = 256
    hidden: int = 512
    layers: int = 1
    cell: str = "lstm"
    grams: tuple[int, ...] = (2, 3, 4)
    rows: int = 16384
    dropout: float = 0.0
    gram_drop: float = 0.0
    weight_drop: float = 0.0
    tied: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "grams", tuple(self.grams))  # JSON has lists
        if self.cell not in CELLS:
            raise GuinaError(f"there is no cell {self.cell}", ", ".join(CELLS), did_you_mean(self.cell, CELLS))


class Language(nn.Module):
    """Units to the logits of the next one, with a memory to be carried on.

    Example:
        >>> net = Language(Shape(vocabulary=40, embedding=16, hidden=32))
        >>> logits_BTV, memory = net(torch.randint(40, (2, 10)))
        >>> logits_BTV.shape, net(torch.randint(40, (2, 1)), memory)[0].shape
        (torch.Size([2, 10, 40]), torch.Size([2, 1, 40]))
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        E, H, V = shape.embedding, shape.hidden, shape.vocabulary
        self.embed = nn.Embedding(V, E)
        nn.init.normal_(self.embed.weight, std=E**-0.5)
        self.grams = nn.ModuleList(nn.Embedding(shape.rows, E) for _ in shape.grams)
        for table in self.grams:
            nn.init.zeros_(table.weight)  # pyright: ignore[reportArgumentType]
        self.layers = nn.ModuleList(
            Recurrent(CELLS[shape.cell](E if n == 0 else H, H), shape.weight_drop) for n in range(shape.layers)
        )
        self.bridge = nn.Linear(H, E, bias=False) if shape.tied and E != H else None
        self.head = nn.Linear(E if shape.tied else H, V)
        nn.init.zeros_(self.head.bias)
        if shape.tied:
            self.head.weight = self.embed.weight

    @property
    def reach(self) -> int:
        """How many units before the first one matter to the n-grams."""
        return max((n - 1 for n in self.shape.grams), default=0)

    def start(self, lanes: int) -> Memory:
        """The memory before the first unit: zeros, and no past."""
        like = self.embed.weight
        memory: Memory = {"past": torch.zeros(lanes, self.reach, dtype=torch.int64, device=like.device)}
        for n, layer in enumerate(self.layers):
            assert isinstance(layer, Recurrent)
            zeros = layer.cell.start(like.new_zeros(lanes, 1, 1))
            memory |= {f"{n}.{name}": value for name, value in zeros.items()}
        return memory

    def enter(self, units_BT: Tensor, past_BR: Tensor) -> Tensor:
        """What the first recurrent layer is given, B×T×E."""
        T = units_BT.size(1)
        whole = torch.cat([past_BR, units_BT], 1)
        x = self.embed(units_BT)
        for n, table in zip(self.shape.grams, self.grams, strict=True):
            looked_up = table(hashed(whole, n, self.shape.rows)[:, -T:])
            kept_BT1 = F.dropout(looked_up.new_ones(*units_BT.shape, 1), self.shape.gram_drop, self.training)
            x = x + looked_up * kept_BT1
        return same_mask(x, self.shape.dropout, self.training)

    def remember(self, x_BTE: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The recurrent layers: hidden states B×T×H and what is carried on."""
        carried: Memory = {}
        y = x_BTE
        for n, layer in enumerate(self.layers):
            prefix = f"{n}."
            state = {name.removeprefix(prefix): value for name, value in memory.items() if name.startswith(prefix)}
            out, state = layer(y, state)
            y = out if n == 0 else y + out
            y = same_mask(y, self.shape.dropout, self.training)
            carried |= {f"{n}.{name}": value for name, value in state.items()}
        return y, carried

    def forward(self, units_BT: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        memory = memory or self.start(len(units_BT))
        y, carried = self.remember(self.enter(units_BT, memory["past"]), memory)
        y = y if self.bridge is None else self.bridge(y)
        carried["past"] = torch.cat([memory["past"], units_BT], 1)[:, units_BT.size(1) :]
        return self.head(y), carried

    def step(self, recent: Sequence[int], memory: Memory) -> tuple[Tensor, Memory]:
        """One unit, the last of some recent ones, by the cells' equations: V logits and the new memory. It gives what
        `forward` gives, at a fraction of the cost that a kernel for whole passages has with one unit.

        Args:
            recent: at least `reach` + 1 units, 0 where the text had not begun.
            memory: after the units before; its "past" is not looked at.
        """
        x = self.embed.weight[recent[-1]]
        for n, table in zip(self.shape.grams, self.grams, strict=True):
            assert isinstance(table, nn.Embedding)
            x = x + table.weight[hashed_row(recent[-n:], self.shape.rows)]
        carried: Memory = {}
        y = x[None]
        for n, layer in enumerate(self.layers):
            assert isinstance(layer, Recurrent)
            state = {name: memory[f"{n}.{name}"] for name in layer.cell.states}
            state, _ = layer.cell.step(y, state)
            y = state["h"] if n == 0 else y + state["h"]
            carried |= {f"{n}.{name}": value for name, value in state.items()}
        y = y if self.bridge is None else self.bridge(y)
        return self.head(y)[0], carried

    def trace(self, units_BT: Tensor) -> list[dict[str, Tensor]]:
        """Every gate and state of every layer over a passage, by the equations: B×T×H each."""
        memory = self.start(len(units_BT))
        y = self.enter(units_BT, memory["past"])
        traces = []
        for n, layer in enumerate(self.layers):
            assert isinstance(layer, Recurrent)
            found = layer.trace(y)
            y = found["h"] if n == 0 else y + found["h"]
            traces.append({name: value for name, value in found.items()})
        return traces


def hashed(units_BT: Tensor, n: int, rows: int) -> Tensor:
    """A row for the n-gram that ends at each place: a multiplicative hash of its units (0 before the first).

    Example:
        >>> rows = hashed(torch.tensor([[5, 7, 5, 7]]), 2, 1000)[0].tolist()
        >>> rows[1] == rows[3] != rows[2]
        True
    """
    key = units_BT
    for k in range(1, n):
        before = F.pad(units_BT, (k, 0))[:, : units_BT.size(1)]
        key = (key * PRIME + before + k) & 0xFFFFFFFF
    key = (key * PRIME) & 0xFFFFFFFF
    return (key >> 7) % rows


def hashed_row(units: Sequence[int], rows: int) -> int:
    """The same for one n-gram.

    Example:
        >>> hashed_row([7, 5], 1000) == int(hashed(torch.tensor([[7, 5]]), 2, 1000)[0, 1])
        True
    """
    key = units[-1]
    for k in range(1, len(units)):
        key = (key * PRIME + units[-1 - k] + k) & 0xFFFFFFFF
    return (((key * PRIME) & 0xFFFFFFFF) >> 7) % rows
