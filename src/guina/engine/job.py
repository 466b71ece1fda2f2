"""A job: everything that is particular to one task. The engine is everything that is not.

A job says how files become examples, which networks there are, who learns what in which turn, and how an answer is
made and scored. It never sees the loop, so the budget, accumulation, clipping, the not-a-number guard, checkpoints,
several processes and the progress line are the same for every job.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from guina.console import one_line
from guina.data.order import Draw, Order
from guina.data.records import Arrays, Records
from guina.engine.answers import unless_none_was_read
from guina.engine.metric import Metric
from guina.engine.turns import Batch, Nets, Phase, Remedy
from guina.panels import Panel

Answer = dict[str, Any]  # as JSON prints it
Scores = dict[str, float]
Snap = dict[str, np.ndarray | str]


@dataclass(frozen=True)
class Fitted:
    """What a job learned from the training split before any training: JSON and tensors."""

    facts: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class NothingToAsk:
    """How to answer, for jobs that answer in one way."""


@dataclass(frozen=True)
class Overview:
    """What `guina check` says of a source besides what was found, used and skipped.

    Args:
        facts: as JSON prints them.
        lines: the same, for people.
        panels: a contact sheet.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()
    panels: Sequence[Panel] = ()


class Job(ABC):
    """One task. The methods stand in the order in which they are called.

    Class attributes:
        name: as the command line says it.
        Settings: a flat frozen dataclass with at most a dozen fields, each with a sentence.
        metric: the key of the headline score.
        metrics: what is known of the scores, the headline among them.
        thing: what one example is called, in the singular.
        sizes: from small to large, what `size="auto"` chooses from; empty where there is no such dial.
        mixed_precision: whether it learns as well with products in bfloat16, where the device has units for them.
        looks: the most validation examples that a look during training takes.
        answers: how often all validation examples are answered after the last step: to conclude, and to score.
        reminder: what must be said wherever the headline stands; "" for nothing.
        wants_inputs: whether there is nothing to answer where `guina predict` is given no inputs.
        fixed_answers: whether a score takes as long for few examples as for all of them.
        Ask: a flat frozen dataclass of how to answer, which `guina predict` turns into flags.
    """

    name: ClassVar[str]
    Settings: ClassVar[type]
    metric: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]] = ()
    thing: str = "example"
    sizes: ClassVar[tuple[str, ...]] = ()
    mixed_precision: ClassVar[bool] = False
    looks: ClassVar[int] = 5000
    answers: ClassVar[float] = 2.0
    fixed_answers: ClassVar[bool] = False
    reminder: ClassVar[str] = ""
    wants_inputs: ClassVar[bool] = True
    Ask: ClassVar[type] = NothingToAsk

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    # --- from files to arrays ---

    @abstractmethod
    def read(self, source: str, splits: Sequence[str]) -> Records:
        """Files to records of these splits. A bad file is named and counted, never silent; then the split."""

    def overview(self, records: Records) -> Overview:
        """What there is, before anything is learned: for `guina check`."""
        return Overview()

    @abstractmethod
    def fit(self, records: Records) -> None:
        """Learn classes, vocabulary, shapes: from the training split alone."""

    @abstractmethod
    def arrays(self, records: Records) -> Arrays:
        """Decode records once, into a memory-mapped cache."""

    def measure(self, arrays: Arrays) -> None:  # noqa: B027  most jobs measure nothing
        """Learn means and other statistics from the training arrays."""

    @abstractmethod
    def fitted(self) -> Fitted:
        """What `fit` and `measure` learned, to be saved."""

    @abstractmethod
    def restore(self, fitted: Fitted) -> None:
        """Take back what `fitted` gave."""

    # --- learning ---

    @abstractmethod
    def build(self) -> Nets:
        """New networks, from settings and what was fitted; initialised from torch's seeded generator."""

    def begin(self, nets: Nets, arrays: Arrays) -> None:  # noqa: B027  most jobs begin as they were built
        """Set weights that are computed from the training data rather than drawn."""

    def worth(self, size: str, epochs: float) -> bool:
        """Whether a size would see the data often enough; `auto` takes the largest that is worth it."""
        return True

    def expect(self, epochs: float) -> None:  # noqa: B027  most jobs do the same however long it takes
        """Be told, before training, how many passes over the data were planned."""

    @abstractmethod
    def phases(self) -> list[Phase]:
        """The stretches of the training, their turns and rates."""

    @abstractmethod
    def order(self, arrays: Arrays, phase: Phase) -> Order:
        """In which order a phase sees the examples."""

    @abstractmethod
    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        """Gather, augment and pad a batch as whole tensors, on the CPU."""

    # --- judging and answering ---

    @abstractmethod
    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """The metrics on at most `limit` examples; the headline is under `metric`."""

    @abstractmethod
    def baseline(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Scores:
        """The same metrics for the simplest thing that works; the dearer baselines only when thorough."""

    def of_baseline(self, train: Arrays) -> str:
        """What the thorough baselines were given of the training examples, where it is not all; "" otherwise."""
        return ""

    @abstractmethod
    def better(self, a: Scores, b: Scores) -> bool:
        """Whether a is better than b: what "best weights" means, which may differ from the headline."""

    def remedy(
        self, scores: Scores | None, best: Scores | None, terms: Mapping[str, float], tried: int
    ) -> Remedy | None:
        """Be shown each validation; what to do if an adversarial game collapsed, None while all is well.

        Args:
            scores: of this validation; None: a loss or gradient was no number, on data that are.
            best: those of the best one so far.
            terms: the mean of each loss term and gradient norm since the last validation, as metrics.jsonl has them.
            tried: how many remedies were tried before.
        """
        return None

    def conclude(self, nets: Nets, val: Arrays) -> None:  # noqa: B027  most jobs have nothing left to set
        """Set what is learned after training, from the validation split (a temperature, a threshold)."""

    def more(self, nets: Nets, arrays: Arrays) -> Scores:
        """Scores that take too long for the end of a training; `guina score` and `guina look` have them too."""
        return {}

    @abstractmethod
    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        """Raw inputs to answers, streaming, by the one path that serves too.

        Args:
            ask: the job's `Ask`; None: as usual.
        """

    def say(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[str]:
        """The same for people, piece by piece: a line an answer, or a text as it is written.

        Raises:
            GuinaError: none of the inputs could be read; at the end, after what is wrong with each.
        """
        for answer in unless_none_was_read(self.predict(nets, inputs, ask)):
            told = answer.get("error") or "{answer}  {confidence:.1%}".format(**answer)
            yield f"{one_line(str(answer['input']))}: {one_line(told)}\n"

    @abstractmethod
    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        """Stored examples as raw inputs, for comparing what is served with what was trained."""

    def summary(self, nets: Nets) -> str:
        """The networks as a table: layers, shapes, weights, and what else there is to say."""
        rows = [f"{name}: {sum(w.numel() for w in net.parameters()):,} weights\n{net}" for name, net in nets.items()]
        return "\n".join(rows)

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What the network does now with the same few examples: arrays (npy) and texts, by name."""
        return {}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterable[Panel]:
        """What to show of the inside and of the failures on `arrays`, one after the other as they are made."""
        return []
