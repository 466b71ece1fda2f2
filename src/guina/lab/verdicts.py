"""Rules of textbooks beside numbers: who does better than whom, in groups that differ in one thing alone.

What counts as a difference is `telling.clearly`'s to say; what is smaller is a tie.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from guina.errors import GuinaError, did_you_mean
from guina.lab.experiment import Row
from guina.lab.telling import clearly


def sign(a: Row, b: Row, metric: str) -> int:
    """1 where the first clearly has more, −1 where it has less, 0 where seeds differ as much."""
    return int(np.sign(a.mean(metric) - b.mean(metric))) if clearly(a, b, metric) else 0


def beside(by: Mapping[str, Row], base: str, metric: str) -> dict[int, list[str]]:
    """Who has clearly more (1), less (−1) or no other (0) than one of them.

    Example:
        >>> from guina.lab.experiment import Trial
        >>> shares = {"x": 1.0, "y": 1.0, "z": 0.5}
        >>> beside({name: Row({}, [Trial({"a": a})] * 2) for name, a in shares.items()}, "x", "a")
        {1: [], 0: ['y'], -1: ['z']}
    """
    signs = {name: sign(row, by[base], metric) for name, row in by.items() if name != base}
    return {kind: [name for name, its in signs.items() if its == kind] for kind in (1, 0, -1)}


def in_words(signs: Mapping[int, Sequence[str]], words: Mapping[int, str], tell: Mapping[str, str]) -> str:
    """What `beside` found, with a word for each sign, in the order of the words.

    Args:
        tell: what stands in brackets after each name.

    Example:
        >>> in_words({1: [], 0: ["tanh"], -1: ["sigmoid"]}, {-1: "worse", 0: "as good"}, {"tanh": "9", "sigmoid": "1"})
        'sigmoid (1) worse, tanh (9) as good'
    """
    parts = [(listed([f"{name} ({tell[name]})" for name in signs[kind]]), word) for kind, word in words.items()]
    return ", ".join(f"{names} {word}" for names, word in parts if names)


def rules_in_words(rules: Mapping[str, bool]) -> str:
    """Which of a textbook's rules hold.

    Example:
        >>> rules_in_words({"tanh worse": False, "sigmoid worse": True})
        'of the textbook, this holds: sigmoid worse; and this does not: tanh worse'
    """
    kept, broken = ([rule for rule, holds in rules.items() if holds is wanted] for wanted in (True, False))
    if not kept or not broken:
        return f"of the textbook, {'nothing' if broken else 'all'} holds: {listed(kept or broken)}"
    return f"of the textbook, this holds: {listed(kept)}; and this does not: {listed(broken)}"


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


def with_each(told: Mapping[str, str]) -> str:
    """One clause a group, after what else was swapped.

    Example:
        >>> with_each({"norm none": "it fails", "norm batch": "it works"})
        'with norm none it fails; with norm batch it works'
    """
    return "; ".join(f"with {name} {clause}" if name else clause for name, clause in told.items())


def spread_known(rows: Sequence[Row]) -> bool:
    """Whether there are seeds enough to tell a difference from chance."""
    return min(len(row.trials) for row in rows) > 1


def sentence(text: str) -> str:
    """With a capital and a full stop.

    Example:
        >>> sentence("it is so")
        'It is so.'
    """
    return text[:1].upper() + text[1:] + "."


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def mean_curve(row: Row, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the seeds of a curve that each trial shows, 2×P: x and y."""
    x_P, y_P = np.mean([trial.shows[name] for trial in row.trials], axis=0)
    return x_P, y_P


def check_choice(what: str, name: str, choices: Collection[str]) -> None:
    """Raise GuinaError when there is no such choice."""
    if name not in choices:
        raise GuinaError(f'there is no {what} "{name}"', f"one of {', '.join(choices)}", did_you_mean(name, choices))


def check_least(what: str, value: float, least: float) -> None:
    """Raise GuinaError when a number is too small."""
    if not value >= least:
        raise GuinaError(f"{what} {value:g}", f"at least {least:g}", f"give another {what}")
