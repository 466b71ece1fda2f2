"""What a network is made of, as a table: each layer's output, parameters, operations and receptive field."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from guina.blocks.conv import Conv, ReceptiveField, Window
from guina.blocks.dense import Dense
from guina.blocks.whitening import Whitening
from guina.runtime import evaluating

NOTE = "FLOPs of one example, forward; a multiplication and its addition are 2. Training takes about 3 times as many."


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Args:
        name: as in the network's state.
        kind: the layer's class, with its window where it has one.
        output: the shape of its output for one example, without the batch axis.
        learned: numbers that training changes.
        frozen: weights that it does not (tables of them; running averages are no weights).
        flops: floating-point operations for one example, forward: 2 for each product and its sum, in convolutions and
            matrix products. Element by element work is not counted: it costs memory traffic, not arithmetic.
        field: what an output sees of the input; None: all of it.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    learned: int
    frozen: int
    flops: int
    field: ReceptiveField | None


def summary(net: nn.Module, shape: Sequence[int]) -> list[LayerRow]:
    """The layers of a network in the order in which one example passes them; the network stays as it is.

    Receptive fields are followed along a chain of layers: beside a shortcut they are those of the longer way.

    Args:
        shape: of one input, without the batch axis: C, H, W.

    Example:
        >>> from guina.blocks.conv import Conv
        >>> net = nn.Sequential(Conv(1, 8, Window(3)), nn.Flatten(), nn.Linear(8 * 36, 10))
        >>> [(row.output, row.flops) for row in summary(net, (1, 8, 8))]
        [((8, 6, 6), 5184), ((288,), 0), ((10,), 5760)]
    """
    rows: list[LayerRow] = []
    field: ReceptiveField | None = ReceptiveField()

    def note(name: str, layer: nn.Module, output: Tensor) -> None:
        nonlocal field
        window = getattr(layer, "window", None)
        if output.ndim == 2:
            field = None  # no places are left: everything is seen
        elif field is not None and isinstance(window, Window):
            field = field.through(window)
        rows.append(row(name, layer, tuple(output.shape[1:]), field))

    hooks = [
        layer.register_forward_hook(lambda layer, _, output, name=name: note(name, layer, output))
        for name, layer in net.named_modules()
        if not list(layer.children())
    ]
    like = next(net.parameters())
    try:
        with evaluating(net):
            net(torch.zeros(1, *shape, device=like.device, dtype=like.dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def row(name: str, layer: nn.Module, output: tuple[int, ...], field: ReceptiveField | None) -> LayerRow:
    """One layer's row."""
    parameters = list(layer.parameters())
    frozen = [p for p in parameters if not p.requires_grad] + [b for b in layer.buffers() if b.ndim >= 2]
    window = getattr(layer, "window", None)
    return LayerRow(
        name,
        type(layer).__name__ + (describe(window) if isinstance(window, Window) else ""),
        output,
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(w.numel() for w in frozen),
        flops(layer, output),
        field,
    )


def flops(layer: nn.Module, output: tuple[int, ...]) -> int:
    """Operations of a convolution or a product, where an output takes every weight of its filter once; else 0."""
    if isinstance(layer, Whitening):
        return 2 * prod(output) * layer.filters[0].numel()
    if isinstance(layer, Conv | Dense | nn.Conv1d | nn.Conv2d | nn.Linear):
        return 2 * prod(output) * layer.weight[0].numel()
    return 0


def describe(window: Window) -> str:
    """A window as people write it.

    Example:
        >>> describe(Window(3, stride=2, padding=1))
        ' 3×3 stride 2 border 1'
    """
    stride = f" stride {window.stride}" if window.stride > 1 else ""
    border = f" border {window.padding}" if window.padding else ""
    return f" {window.kernel}×{window.kernel}{stride}{border}"


def render(rows: Sequence[LayerRow]) -> str:
    """The rows as aligned lines of text, with totals.

    Example:
        >>> print(render(summary(nn.Sequential(nn.Linear(4, 3)), (4,))))
        layer  kind    output  learned  frozen  flops  sees
        0      Linear  3            15       0     24  all
        total                       15       0     24
        FLOPs of one example, forward; a multiplication and its addition are 2. Training takes about 3 times as many.
    """
    header = ["layer", "kind", "output", "learned", "frozen", "flops", "sees"]
    cells = [header]
    for r in rows:
        sees = "all" if r.field is None else f"{r.field.size}×{r.field.size} every {r.field.jump}"
        cells.append([r.name, r.kind, "×".join(map(str, r.output)), *totals([r]), sees])
    cells.append(["total", "", "", *totals(rows), ""])
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    numbers = range(3, 6)
    lines = [
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return "\n".join([*lines, NOTE])


def totals(rows: Sequence[LayerRow]) -> list[str]:
    """Learned numbers, frozen ones, and operations of some layers, added up and written out.

    Example:
        >>> totals(summary(nn.Linear(100, 20), (100,)))
        ['2,020', '0', '4,000']
    """
    sums = [sum(r.learned for r in rows), sum(r.frozen for r in rows), sum(r.flops for r in rows)]
    return [f"{number:,}" for number in sums]
