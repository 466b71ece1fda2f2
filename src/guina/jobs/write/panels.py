"""What `guina look` shows of a language model: what it writes, what surprised it, what its memory holds."""

from collections.abc import Sequence

import numpy as np
import torch

from guina.data.arrays import Arrays
from guina.data.stream import Stream
from guina.data.vocabulary import Vocabulary
from guina.engine.judge import Snap
from guina.jobs.write.inside import inside_panels
from guina.nets.language import Language
from guina.nets.reading import WARM
from guina.panels import Panel, Passage, Passages, Table

SHOWN = 500  # units of the passage that is shown
MOST = 6.0  # nats of surprise that get the strongest shade
STEPS = 6  # snapshots that are shown


def write_panels(
    vocabulary: Vocabulary, net: Language, train: Stream, judged: Arrays, snaps: Sequence[tuple[int, Snap]]
) -> list[Panel]:
    """All panels, the most telling first."""
    units_U = judged.first(20_000).all("unit")
    log_UV = log_probabilities(net, units_U[: WARM + SHOWN])
    return [
        *samples(snaps),
        surprise(vocabulary, units_U[: WARM + SHOWN], log_UV),
        hardest(vocabulary, units_U[: WARM + SHOWN], log_UV),
        *inside_panels(vocabulary, net, train, units_U),
    ]


def log_probabilities(net: Language, units_U: np.ndarray) -> np.ndarray:
    """log p of every unit of the vocabulary after each unit but the last, (U − 1)×V."""
    logits_1UV, _ = net(torch.from_numpy(units_U[None, :-1]).to(net.embed.weight.device))
    return logits_1UV[0].float().log_softmax(-1).cpu().numpy()


def samples(snaps: Sequence[tuple[int, Snap]]) -> list[Panel]:
    """What it wrote after the same prompt, at some moments of its training."""
    found = [(step, snap["sample"]) for step, snap in snaps if "sample" in snap]
    if not found:
        return []
    at = sorted({int(i) for i in np.linspace(0, len(found) - 1, STEPS)}, reverse=True)
    passages = [
        Passage(f"step {step:,}" if i < len(found) - 1 else f"step {step:,}, the last", "", [str(text)])
        for i, (step, text) in ((i, found[i]) for i in at)
    ]
    says = "The same prompt, the same seed, at some steps of the training, the last first."
    return [Passages("What it writes", says, passages)]


def surprise(vocabulary: Vocabulary, units_U: np.ndarray, log_UV: np.ndarray) -> Passages:
    """A passage it had not learned from, each unit shaded by what it cost, with what was expected."""
    start = max(1, len(units_U) - SHOWN)
    units, shade, tips = [], [], []
    for n in range(start, len(units_U)):
        log_V, unit = log_UV[n - 1], int(units_U[n])
        cost = -float(log_V[unit])
        units.append(vocabulary.decode([unit]))
        shade.append(min(1.0, cost / MOST))
        best = np.argsort(-log_V, kind="stable")[:5]
        expected = ", ".join(f"{vocabulary.shown(int(u))} {np.exp(log_V[u]):.0%}" for u in best)
        tips.append(f"{vocabulary.shown(unit)}: {cost:.2f} nats, {np.exp(-cost):.1%}; expected {expected}")
    mean = -float(np.mean([log_UV[n - 1, units_U[n]] for n in range(start, len(units_U))]))
    says = (
        f"{mean:.2f} nats a unit on this passage, which it had not learned from. Words are dearest where they begin; "
        "a name, a number or a mistake in spelling stands out."
    )
    note = f"from unit {start:,} of the judged text"
    return Passages(
        "What surprised it", says, [Passage("The text", note, units, shade, tips)], high="costs 6 nats or more"
    )


def hardest(vocabulary: Vocabulary, units_U: np.ndarray, log_UV: np.ndarray) -> Table:
    """What costs most: kinds of units, by their share of all that is paid."""
    nats_U = -log_UV[np.arange(len(units_U) - 1), units_U[1:]]
    before = [vocabulary.decode([int(u)])[-1:] for u in units_U[:-1]]
    now = [vocabulary.decode([int(u)])[:1] for u in units_U[1:]]
    kinds = [kind_of(a, b) for a, b in zip(before, now, strict=True)]
    rows: list[list[str | float]] = []
    for kind in sorted(set(kinds)):
        mine = nats_U[[k == kind for k in kinds]]
        rows.append([kind, len(mine), f"{mine.mean():.2f}", f"{mine.sum() / nats_U.sum():.1%}"])
    rows.sort(key=lambda row: -float(str(row[3]).rstrip("%")))
    says = f"{str(rows[0][0]).capitalize()} cost {rows[0][3]} of all nats."
    return Table("Where the cost lies", says, ["what", "how many", "nats each", "share of all"], rows)


def kind_of(before: str, now: str) -> str:
    """What a character is, seen with the one before it.

    Example:
        >>> kind_of(" ", "w"), kind_of("w", "o"), kind_of("o", " ")
        ('first letters of words', 'other letters', 'spaces and line ends')
    """
    if now.isalpha():
        return "other letters" if before.isalpha() else "first letters of words"
    if now.isspace():
        return "spaces and line ends"
    return "digits" if now.isdigit() else "marks"
