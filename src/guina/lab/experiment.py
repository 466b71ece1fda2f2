"""An experiment: one claim about a kind of network, a few things that can be swapped, and what is measured.

The runner (runner.py) runs each setting with several seeds in processes of their own; an experiment says what one such
trial is, and afterwards what the numbers of all of them support.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from guina.panels import Panel


@dataclass(frozen=True)
class Trial:
    """What one setting gave with one seed: plain data, since it comes from another process.

    Args:
        metrics: numbers by name; NaN where there is none (a quality that was never reached).
        shows: arrays by name, from which `Experiment.panels` draws.
    """

    metrics: dict[str, float]
    shows: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One setting's trials.

    Args:
        swap: what was swapped, by key, as the user wrote it; empty: nothing.
        trials: one a seed.
    """

    swap: Mapping[str, str]
    trials: Sequence[Trial]

    @property
    def name(self) -> str:
        """What was swapped, in a few words.

        Example:
            >>> Row({"loss": "hinge", "d.activation": "tanh"}, []).name
            'loss hinge, d.activation tanh'
        """
        return ", ".join(f"{key} {value}" for key, value in self.swap.items()) or "as it is"

    def values(self, metric: str) -> np.ndarray:
        return np.array([trial.metrics[metric] for trial in self.trials])

    def mean(self, metric: str) -> float:
        """The mean over the seeds that have a number; NaN where none has."""
        values = self.values(metric)
        return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")

    def deviation(self, metric: str) -> float:
        """The sample standard deviation over the seeds that have a number; 0 for one of them."""
        values = self.values(metric)
        values = values[np.isfinite(values)]
        return float(values.std(ddof=1)) if len(values) > 1 else 0.0


class Experiment(ABC):
    """One claim, tested.

    Class attributes:
        name: as the command line says it.
        claim: what the textbook says, in a sentence.
        Settings: a flat frozen dataclass of what can be swapped, each field a str, int, float or bool with a sentence
            below it. A field `d_activation` is swapped as `d.activation`; a field `data` is what `--data` sets.
        default: what is swapped when the user names nothing; {} runs one setting.
        metrics: the columns of the table, in order: name → what it is, in a few words.
        steps: training steps of a trial when nothing is said.
    """

    name: ClassVar[str]
    claim: ClassVar[str]
    Settings: ClassVar[type]
    default: ClassVar[Mapping[str, str]] = {}
    metrics: ClassVar[Mapping[str, str]]
    steps: ClassVar[int]

    def check(self, settings: Any) -> None:  # noqa: B027  some have nothing that could be wrong before they run
        """Raise GuinaError where a setting has no such value, before anything is run."""

    @abstractmethod
    def run(self, settings: Any, seed: int, steps: int) -> Trial:
        """One trial, on as many threads as the process has; the same seed gives the same numbers.

        Raises:
            GuinaError: a setting has no such value.
        """

    @abstractmethod
    def says(self, rows: Sequence[Row]) -> str:
        """One sentence: what these numbers support, whether or not the textbook agrees."""

    @abstractmethod
    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        """The pictures."""
