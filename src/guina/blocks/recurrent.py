"""Recurrent networks: the same step for every element of a sequence, with a memory of what came before.

Each kind is a cell whose `step` reads like its equations, and a `Recurrent` layer that runs the same weights over time
in the framework's fused kernel. The layer can also `trace` a passage: every gate and state at every moment, by the
equations, without costing the training anything.

- Elman (1990), Finding structure in time: a plain network whose hidden state is fed back.
- LSTM: Hochreiter & Schmidhuber (1997); the forget gate is Gers, Schmidhuber & Cummins (2000).
- GRU: Cho et al. (2014), https://arxiv.org/abs/1406.1078, with the reset gate after the product (as cuDNN has it).
- minGRU: Feng et al. (2024), https://arxiv.org/abs/2410.01201: gates that see the input alone, so that all products
  are done at once and only a sum is left to do in time.

Axes: B batch, T time, I inputs, H hidden units. Letters as in the papers: x input, h hidden state, c cell, i f g o.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

State = dict[str, Tensor]  # "h", and "c" for an LSTM: B×H each


class Cell(nn.Module, ABC):
    """Weights of a recurrent cell: W on the input, U on the hidden state, a bias for each, gates stacked.

    Args:
        inputs, hidden: I and H.

    Shapes: W is gates·H × I, U is gates·H × H, b and d are gates·H: torch.nn's weight_ih, weight_hh, bias_ih, bias_hh.
    """

    gates: int
    states: tuple[str, ...] = ("h",)

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.inputs, self.hidden = inputs, hidden
        self.W = nn.Parameter(torch.empty(self.gates * hidden, inputs))
        self.U = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.b = nn.Parameter(torch.zeros(self.gates * hidden))
        self.d = nn.Parameter(torch.zeros(self.gates * hidden))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Inputs by Glorot's rule; orthogonal recurrences, so that a state neither fades nor explodes at once."""
        with torch.no_grad():
            for W, U in zip(self.W.split(self.hidden), self.U.split(self.hidden), strict=True):
                nn.init.xavier_uniform_(W)
                nn.init.orthogonal_(U)

    @abstractmethod
    def step(self, x: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        """One moment: the new state, and the gates by their letters. x is B×I, everything else B×H."""

    @abstractmethod
    def run(self, x_BTI: Tensor, state: State, U: Any) -> tuple[Tensor, State]:
        """All moments in the framework's kernel: the hidden states B×T×H, and the last state."""

    def start(self, x_BTI: Tensor) -> State:
        """The state before the first moment: zeros."""
        return {name: x_BTI.new_zeros(x_BTI.size(0), self.hidden) for name in self.states}


def kernel() -> tuple[bool, int, float, bool, bool, bool]:
    """How torch's kernels for whole passages are asked: with biases, one layer, no dropout, whether a gradient will be
    wanted (cuDNN keeps what it needs for one only then), one direction, the batch first.
    """
    return True, 1, 0.0, torch.is_grad_enabled(), False, True


class Elman(Cell):
    """The plain recurrent cell: h = tanh(W x + b + U h + d).

    Example:
        >>> state, _ = Elman(3, 8).step(torch.randn(2, 3), {"h": torch.zeros(2, 8)})
        >>> state["h"].shape
        torch.Size([2, 8])
    """

    gates = 1

    def step(self, x: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        h = torch.tanh(x @ self.W.T + self.b + state["h"] @ self.U.T + self.d)
        return {"h": h}, {}

    def run(self, x_BTI: Tensor, state: State, U: Tensor) -> tuple[Tensor, State]:
        y, h = torch.rnn_tanh(x_BTI, state["h"][None], [self.W, U, self.b, self.d], *kernel())
        return y, {"h": h[0]}


class LSTM(Cell):
    """Long short-term memory.

    i = σ(Wᵢx + Uᵢh), f = σ(W_f x + U_f h), g = tanh(W_g x + U_g h), o = σ(Wₒx + Uₒh) (biases left out);
    c = f ⊙ c + i ⊙ g; h = o ⊙ tanh(c).

    The forget gate's bias starts at 1 (Gers et al. 2000; Jozefowicz et al. 2015), so that a new network remembers.

    Example:
        >>> cell = LSTM(3, 8)
        >>> state, gates = cell.step(torch.randn(2, 3), {"h": torch.zeros(2, 8), "c": torch.zeros(2, 8)})
        >>> sorted(state), sorted(gates)
        (['c', 'h'], ['f', 'g', 'i', 'o'])
    """

    gates = 4
    states = ("h", "c")

    def reset_parameters(self) -> None:
        super().reset_parameters()
        with torch.no_grad():
            self.b[self.hidden : 2 * self.hidden] = 1.0

    def step(self, x: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        i, f, g, o = (x @ self.W.T + self.b + state["h"] @ self.U.T + self.d).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * state["c"] + i * g
        h = o * c.tanh()
        return {"h": h, "c": c}, {"i": i, "f": f, "g": g, "o": o}

    def run(self, x_BTI: Tensor, state: State, U: Tensor) -> tuple[Tensor, State]:
        start, weights = (state["h"][None], state["c"][None]), [self.W, U, self.b, self.d]
        y, h, c = torch.lstm(x_BTI, start, weights, *kernel())
        return y, {"h": h[0], "c": c[0]}


class GRU(Cell):
    """Gated recurrent unit.

    r = σ(W_r x + U_r h), z = σ(W_z x + U_z h), n = tanh(W_n x + b_n + r ⊙ (U_n h + d_n)); h = (1 − z) ⊙ n + z ⊙ h.

    Example:
        >>> state, gates = GRU(3, 8).step(torch.randn(2, 3), {"h": torch.zeros(2, 8)})
        >>> sorted(gates)
        ['n', 'r', 'z']
    """

    gates = 3

    def step(self, x: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        h = state["h"]
        x_r, x_z, x_n = (x @ self.W.T + self.b).chunk(3, dim=-1)
        h_r, h_z, h_n = (h @ self.U.T + self.d).chunk(3, dim=-1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        n = torch.tanh(x_n + r * h_n)
        return {"h": (1 - z) * n + z * h}, {"r": r, "z": z, "n": n}

    def run(self, x_BTI: Tensor, state: State, U: Tensor) -> tuple[Tensor, State]:
        y, h = torch.gru(x_BTI, state["h"][None], [self.W, U, self.b, self.d], *kernel())
        return y, {"h": h[0]}


class MinGRU(Cell):
    """A gated average whose gates do not see the state: z = σ(W_z x + b_z), n = W_n x + b_n; h = (1 − z) ⊙ h + z ⊙ n.

    It has no U and no d. The update's bias starts between −1 and −5, so that units remember from 4 to 150 steps.

    Example:
        >>> state, gates = MinGRU(3, 8).step(torch.randn(2, 3), {"h": torch.zeros(2, 8)})
        >>> sorted(gates)
        ['n', 'z']
    """

    gates = 2

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden)
        del self.U, self.d
        self.register_parameter("U", None)
        self.register_parameter("d", None)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        with torch.no_grad():
            self.b[: self.hidden] = torch.linspace(-1, -5, self.hidden)

    def step(self, x: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        z, n = (x @ self.W.T + self.b).chunk(2, dim=-1)
        z = z.sigmoid()
        return {"h": torch.lerp(state["h"], n, z)}, {"z": z, "n": n}

    def run(self, x_BTI: Tensor, state: State, U: Tensor | None) -> tuple[Tensor, State]:
        z, n = F.linear(x_BTI, self.W, self.b).chunk(2, dim=-1)
        z, n = z.to(state["h"]).sigmoid(), n.to(state["h"])  # sums over time are not for bfloat16
        y = Scan.apply(1 - z, z * n, state["h"])
        assert isinstance(y, Tensor)
        return y, {"h": y[:, -1]}


class Scan(torch.autograd.Function):
    """h_t = a_t ⊙ h_{t−1} + b_t for all t, B×T×H. A loop over time of one fused operation each way: on a CPU that costs
    a hundredth of the products around it, and rounds as the equation says, which a parallel scan does not.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, start: Tensor) -> Tensor:
        a, b = a.transpose(0, 1).contiguous(), b.transpose(0, 1).contiguous()
        y = torch.empty_like(b)
        h = start
        for t in range(len(b)):
            h = torch.addcmul(b[t], a[t], h, out=y[t])
        ctx.save_for_backward(a, y, start)
        return y.transpose(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, y, start = ctx.saved_tensors
        db = grads[0].transpose(0, 1).contiguous()
        for t in range(len(db) - 2, -1, -1):
            db[t].addcmul_(a[t + 1], db[t + 1])
        da = torch.empty_like(db)
        torch.mul(db[1:], y[:-1], out=da[1:])
        torch.mul(db[0], start, out=da[0])
        return da.transpose(0, 1), db.transpose(0, 1), a[0] * db[0]


CELLS: Mapping[str, type[Cell]] = {"elman": Elman, "lstm": LSTM, "gru": GRU, "mingru": MinGRU}


class Recurrent(nn.Module):
    """A cell over time.

    Args:
        cell: with the weights.
        weight_drop: the probability with which an entry of U is left out for a whole passage while training (Merity et
            al. 2018, https://arxiv.org/abs/1708.02182).

    Example:
        >>> layer = Recurrent(LSTM(3, 8))
        >>> y_BTH, state = layer(torch.randn(2, 5, 3))
        >>> y_BTH.shape, sorted(layer.trace(torch.randn(2, 5, 3)))
        (torch.Size([2, 5, 8]), ['c', 'f', 'g', 'h', 'i', 'o'])
    """

    def __init__(self, cell: Cell, weight_drop: float = 0.0) -> None:
        super().__init__()
        self.cell, self.weight_drop = cell, weight_drop

    def forward(self, x_BTI: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Hidden states B×T×H and the last state; `state` is what an earlier passage ended with."""
        U = self.cell.U if self.cell.U is None else F.dropout(self.cell.U, self.weight_drop, self.training)
        return self.cell.run(x_BTI, state or self.cell.start(x_BTI), U)

    def trace(self, x_BTI: Tensor, state: State | None = None) -> dict[str, Tensor]:
        """Every state and gate at every moment, by their letters, B×T×H each; by the equations, so slower."""
        state = state or self.cell.start(x_BTI)
        moments = []
        for x in x_BTI.unbind(1):
            state, gates = self.cell.step(x, state)
            moments.append(state | gates)
        return {name: torch.stack([moment[name] for moment in moments], 1) for name in moments[0]}


def same_mask(x_BTH: Tensor, p: float, training: bool) -> Tensor:
    """Variational dropout (Gal & Ghahramani 2016, https://arxiv.org/abs/1512.05287): one mask for a whole passage.

    Example:
        >>> y = same_mask(torch.ones(1, 6, 4), 0.5, training=True)
        >>> bool((y == y[:, :1]).all())
        True
    """
    if not training or p == 0.0:
        return x_BTH
    return x_BTH * F.dropout(x_BTH.new_ones(len(x_BTH), 1, x_BTH.size(2)), p)
