"""What numbers say: which differences are larger than the scatter over seeds, and the words for it.

A difference counts where it is larger than √(σ²₁ + σ²₂), σ being the standard deviation over the seeds: what is smaller
could as well be chance, and is called a tie.
"""

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Any

import numpy as np

from guina.errors import GuinaError, did_you_mean
from guina.lab.experiment import Row


def compare(a: np.ndarray, b: np.ndarray) -> int:
    """1 where the first values are larger, −1 where they are smaller, 0 where they differ less than they scatter.

    Example:
        >>> compare(np.array([0.9, 0.92]), np.array([0.5, 0.6])), compare(np.array([0.5, 0.7]), np.array([0.55, 0.7]))
        (1, 0)
    """
    scatter = hypot(*(float(values.std(ddof=1)) if len(values) > 1 else 0.0 for values in (a, b)))
    difference = float(a.mean() - b.mean())
    return 0 if abs(difference) <= scatter else (1 if difference > 0 else -1)


def compared(values: Mapping[str, np.ndarray], base: str) -> dict[int, list[str]]:
    """Who is larger (1), smaller (−1) or the same (0) as one of them.

    Example:
        >>> compared({"relu": np.array([0.9]), "tanh": np.array([0.9]), "sigmoid": np.array([0.1])}, "relu")
        {1: [], 0: ['tanh'], -1: ['sigmoid']}
    """
    signs = {name: compare(some, values[base]) for name, some in values.items() if name != base}
    return {sign: [name for name, its in signs.items() if its == sign] for sign in (1, 0, -1)}


def in_words(signs: Mapping[int, Sequence[str]], words: Mapping[int, str], tell: Mapping[str, str]) -> str:
    """What `compared` found, with a word for each sign, in the order of the words.

    Args:
        tell: what stands in brackets after each name.

    Example:
        >>> in_words({1: [], 0: ["tanh"], -1: ["sigmoid"]}, {-1: "worse", 0: "as good"}, {"tanh": "90%", "sigmoid": "8%"})
        'sigmoid (8%) worse, tanh (90%) as good'
    """
    parts = [(listed([f"{name} ({tell[name]})" for name in signs[sign]]), word) for sign, word in words.items()]
    return ", ".join(f"{names} {word}" for names, word in parts if names)


def groups(rows: Sequence[Row], key: str, usual: str) -> dict[str, dict[str, Row]]:
    """The rows that differ in one key alone: what else was swapped, in words → the key's value → the row.

    Args:
        usual: the value of the key where it was not swapped.

    Example:
        >>> found = groups([Row({"input": "raw", "ranges": "equal"}, []), Row({"ranges": "equal"}, [])], "input", "pca")
        >>> {name: sorted(by) for name, by in found.items()}
        {'ranges equal': ['pca', 'raw']}
    """
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        others = {name: value for name, value in row.swap.items() if name != key}
        found.setdefault(Row(others, ()).name if others else "", {})[row.swap.get(key, usual)] = row
    return found


def best_and_worst(rows: Sequence[Row], metric: str) -> str:
    """What there is to say where nothing was swapped that the textbook speaks of."""
    ordered = sorted(rows, key=lambda row: -row.mean(metric))
    best, worst = ordered[0], ordered[-1]
    if len(ordered) == 1:
        return f"{best.name}: {metric} {best.mean(metric):.1%}{caveat(rows)}"
    apart = compare(best.values(metric), worst.values(metric))
    how = "" if apart else ", which differ less than they scatter"
    told = f"{best.name} ({best.mean(metric):.1%}), worst with {worst.name} ({worst.mean(metric):.1%})"
    return f"{metric} is best with {told}{how}{caveat(rows)}"


def caveat(rows: Sequence[Row]) -> str:
    """What the end of a sentence owes the reader where there is no scatter to judge by."""
    return "" if all(len(row.trials) > 1 for row in rows) else " (one seed: what differs little may be chance)"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def sentence(text: str) -> str:
    """With a capital and a full stop.

    Example:
        >>> sentence("it is so")
        'It is so.'
    """
    return text[:1].upper() + text[1:] + "."


def mean_curve(row: Row, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the seeds of a curve that each trial shows, 2×P: x and y."""
    x_P, y_P = np.mean([trial.shows[name] for trial in row.trials], axis=0)
    return x_P, y_P


def mean_curves(rows: Sequence[Row], name: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The same for all rows, by name."""
    return {row.name: mean_curve(row, name) for row in rows}


def check_choice(what: str, name: str, choices: Any) -> None:
    """Raise GuinaError when there is no such choice."""
    if name not in choices:
        raise GuinaError(f'there is no {what} "{name}"', f"one of {', '.join(choices)}", did_you_mean(name, choices))


def check_least(what: str, value: float, least: float) -> None:
    """Raise GuinaError when a number is too small."""
    if not value >= least:
        raise GuinaError(f"{what} {value:g}", f"at least {least:g}")
