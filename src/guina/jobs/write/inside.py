"""What the memory of a language model holds: cells that can be read, their gates, and how far the gradient reaches.

Cells are ranked by how well their state follows something that a reader can see in the text (after Karpathy, Johnson &
Li 2015, https://arxiv.org/abs/1506.02078).

Axes: B windows, T units of a passage or window, H cells, F features, V units of the vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.data.stream import Stream
from guina.data.vocabulary import Vocabulary
from guina.engine.loop import learn
from guina.engine.turns import Learner
from guina.nets.language import Language, Shape
from guina.nets.reach import gradient_reach
from guina.panels import Curves, Panel, Passage, Passages

READ = 6000  # units that cells are ranked on
SHOWN = 300  # units of a cell's passage
CELLS = 4  # cells shown
GATES = 100  # units over which gates are drawn
QUICK, LANES, WINDOW = 60, 16, 96  # steps, lanes and window of the small networks whose reach is compared
GATE_NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "o": "output gate o",
    "z": "update gate z",
    "r": "reset gate r",
}


def inside_panels(vocabulary: Vocabulary, net: Language, train: Stream, units_U: np.ndarray) -> list[Panel]:
    """The panels on memory.

    Args:
        units_U: a text that was not learned from.
    """
    units_T = units_U[:READ]
    trace = {
        name: value[0].float().cpu().numpy()
        for name, value in net.trace(torch.from_numpy(units_T[None]).to(net.embed.weight.device))[-1].items()
    }
    texts = [vocabulary.decode([int(u)]) for u in units_T]
    state_TH = np.tanh(trace["c"]) if "c" in trace else trace["h"]
    chosen = readable(state_TH, features(texts))
    panels: list[Panel] = []
    if chosen:
        panels += [cells(texts, state_TH, chosen), gates(texts, trace, chosen[0][1], chosen[0][0])]
    return [*panels, *reach(net, train, units_U)]


def features(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """What a reader can follow in a text, a number for each unit, after it was read."""
    found: dict[str, list[float]] = {
        name: []
        for name in (
            "inside quotation marks",
            "inside brackets",
            "position in the line",
            "indentation of the line",
            "in capitals",
            "position in the word",
            "units since the last empty line",
        )
    }
    quoted, depth, column, indent, word, since = False, 0, 0, 0, 0, 0
    leading, capitals = True, 0.0
    for text in texts:
        for c in text:
            if c == '"':
                quoted = not quoted
            depth = max(0, depth + (c in "([{") - (c in ")]}"))
            if c == "\n":
                since = 0 if column == 0 else since
                column, indent, leading, quoted = 0, 0, True, quoted and since > 0
            else:
                column += 1
                leading = leading and c in " \t"
                indent = column if leading else indent
            word = word + 1 if c.isalnum() else 0
            capitals = 1.0 if c.isupper() else 0.0 if c.isalpha() else capitals * 0.5
        since += 1
        values = (quoted, min(depth, 3), min(column, 80), indent, capitals, min(word, 10), min(since, 200))
        for name, value in zip(found, values, strict=True):
            found[name].append(float(value))
    return {name: np.array(values) for name, values in found.items()}


def readable(state_TH: np.ndarray, feature_of: dict[str, np.ndarray]) -> list[tuple[str, int, float]]:
    """(feature, cell, correlation) of the cells that follow something best, each cell and feature once.

    Example:
        >>> state_TH = np.stack([np.arange(10.0), np.arange(10) % 2], 1)
        >>> readable(state_TH, {"parity": np.arange(10) % 2.0})
        [('parity', 1, 1.0)]
    """
    z_TH = (state_TH - state_TH.mean(0)) / (state_TH.std(0) + 1e-9)
    found = []
    for name, value_T in feature_of.items():
        if value_T.std() < 1e-6:
            continue
        along_H = z_TH.T @ ((value_T - value_T.mean()) / value_T.std()) / len(value_T)
        best = int(np.abs(along_H).argmax())
        found.append((name, best, round(float(along_H[best]), 3)))
    found.sort(key=lambda one: -abs(one[2]))
    taken: set[int] = set()
    return [one for one in found if not (one[1] in taken or taken.add(one[1]))][:CELLS]


def cells(texts: Sequence[str], state_TH: np.ndarray, chosen: Sequence[tuple[str, int, float]]) -> Passages:
    """A passage shaded by the state of each chosen cell, where what it follows changes most."""
    passages = []
    for name, cell, r in chosen:
        value_T = features(texts)[name]
        start = liveliest(value_T, SHOWN)
        at = slice(start, start + SHOWN)
        middle, spread = np.median(state_TH[:, cell]), np.abs(state_TH[:, cell]).max()
        shade = ((state_TH[at, cell] - middle) / (spread + 1e-9)).clip(-1, 1)
        tips = [f"{t!r}: {s:+.2f}" for t, s in zip(texts[at], state_TH[at, cell], strict=True)]
        passages.append(Passage(name.capitalize(), f"cell {cell}, r = {signed(r)}", texts[at], shade.tolist(), tips))
    name, cell, r = chosen[0]
    says = (
        f"Cell {cell} of {state_TH.shape[1]} follows “{name}” (correlation {signed(r)} over {len(texts):,} units). "
        "Nobody told it to; it is worth keeping in mind to guess what comes next."
    )
    return Passages("Cells that can be read", says, passages, low="below its median", high="above")


def signed(value: float) -> str:
    """A correlation with its sign.

    Example:
        >>> signed(-0.871), signed(0.5)
        ('−0.87', '+0.50')
    """
    return f"{value:+.2f}".replace("-", "−")


def liveliest(value_T: np.ndarray, length: int) -> int:
    """Where the window begins in which a feature varies most."""
    if len(value_T) <= length:
        return 0
    starts = range(0, len(value_T) - length, length // 4)
    return max(starts, key=lambda s: float(value_T[s : s + length].std()))


def gates(texts: Sequence[str], trace: dict[str, np.ndarray], cell: int, name: str) -> Curves:
    """The gates and the state of one cell over a passage."""
    start = liveliest(features(texts)[name], SHOWN)
    at = slice(start, start + GATES)
    x = np.arange(len(texts[at]))
    lines = {GATE_NAMES[gate]: (x, trace[gate][at, cell]) for gate in GATE_NAMES if gate in trace}
    lines["state"] = (x, np.tanh(trace["c"][at, cell]) if "c" in trace else trace["h"][at, cell])
    shown = "".join(texts[at]).replace("\n", "↵")
    says = f"Cell {cell}, which follows “{name}”, while it reads: {shown}"
    return Curves("Its gates, unit by unit", says, lines, "unit of the passage", "gate or state")


def reach(net: Language, train: Stream, units_U: np.ndarray) -> list[Panel]:
    """The gradient's reach of this network, and of small ones of three kinds that learned alike."""
    if len(units_U) < 2 * LANES + WINDOW or len(train) < LANES * (WINDOW + 1):
        return []
    rng = np.random.default_rng(0)
    starts = rng.integers(0, len(train) - WINDOW, (QUICK, LANES))
    windows = [torch.from_numpy(train.windows(start_B, WINDOW + 1)) for start_B in starts]
    places = np.linspace(0, len(units_U) - WINDOW - 1, LANES).astype(np.int64)
    judged_BT = torch.from_numpy(np.stack([units_U[p : p + WINDOW + 1] for p in places]))
    kinds = {"plain RNN": "elman", "LSTM": "lstm", "GRU": "gru"}
    found = {name: gradient_reach(learn_quickly(net.shape, cell, windows), judged_BT) for name, cell in kinds.items()}
    found["this network"] = gradient_reach(net, judged_BT.to(net.embed.weight.device)).cpu()
    lines = {}
    for name, reach_T in found.items():
        relative_T = (reach_T / reach_T[0].clamp_min(1e-30)).numpy()
        lines[name] = (np.arange(len(relative_T)), relative_T.clip(1e-8))
    far = {name: int((y > 0.01).nonzero()[0].max()) for name, (_, y) in lines.items()}
    told = ", ".join(f"{name} {n}" for name, n in far.items())
    says = (
        f"Units back at which a hundredth of the gradient is left: {told}. Three small networks of 128 cells learned "
        f"{QUICK} steps alike; what a network gets no gradient from, it cannot learn to remember."
    )
    return [Curves("How far back the gradient reaches", says, lines, "units back", "gradient, relative", log_y=True)]


def learn_quickly(shape: Shape, cell: str, windows: Sequence[Tensor], rate: float = 4e-3) -> Language:
    """A small network of another cell, learned for a few seconds: the same for each cell, so that they compare.

    Args:
        windows: B×(T+1) units a step; each begins with an empty memory.
        rate: of Adam, falling to zero.
    """
    with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng([]):
        torch.manual_seed(0)
        net = Language(replace(shape, cell=cell, embedding=64, hidden=128, layers=1, grams=(), dropout=0.0))

        def losses() -> Iterator[Tensor]:
            for window_BT in windows:
                units_BT = window_BT.clone()  # those made in inference mode cannot be learned from
                logits_BTV, _ = net(units_BT[:, :-1])
                yield F.cross_entropy(logits_BTV.flatten(0, 1), units_BT[:, 1:].flatten())

        adam = Learner("adamw", rate, betas=(0.9, 0.999))
        weights = dict(net.named_parameters())
        for _ in learn(weights, adam, losses(), lambda step: 1 - step / len(windows), clip=1.0):
            pass
    return net.eval()
