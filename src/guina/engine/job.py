"""A job's learning half: how files become examples, which networks there are, and who learns what in which turn.

The engine is everything else: a job never sees the loop, so the budget, accumulation, clipping, the not-a-number guard,
checkpoints, several processes and the progress line are the same for all jobs. What answers stands alone
(`answering/base.py`), and what scores and shows is the `Judge` (judge.py); a job names both.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch

from guina.answering import base
from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.data.order import Draw, Order, Shuffled
from guina.data.records import Records
from guina.engine import judge as judges
from guina.engine.judge import Scores
from guina.engine.metric import Metric
from guina.engine.turns import Batch, Nets, Phase, Remedy
from guina.panels import Panel


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
    """One task. A job never changes: fitted to data, or planned for a time, it is another job (`fitted_to`, `planned`).

    The methods stand in the order in which they are called.

    Args:
        settings: a `Settings`.
        fitted: what was learned from the training split before any training; None: nothing yet.
        epochs: how many passes over the data are planned; None: no plan is known yet.

    Class attributes:
        name: as the command line says it.
        Settings: a flat frozen dataclass with at most a dozen fields, each with a sentence.
        Answering: the half that answers.
        Judge: what scores and shows.
        sizes: from small to large, what `size="auto"` chooses from; empty where there is no such dial.
        mixed_precision: whether it learns as well with products in bfloat16, where the device has units for them.
    """

    name: ClassVar[str]
    Settings: ClassVar[type]
    Answering: ClassVar[type[base.Answering]]
    Judge: ClassVar[type[judges.Judge]]
    sizes: ClassVar[tuple[str, ...]] = ()
    mixed_precision: ClassVar[bool] = False

    def __init__(self, settings: Any, fitted: Any = None, epochs: float | None = None) -> None:
        self.settings, self.fitted, self.epochs = settings, fitted, epochs

    def fitted_to(self, fitted: Any) -> Self:
        """The same job, knowing what was fitted."""
        return type(self)(self.settings, fitted, self.epochs)

    def planned(self, epochs: float) -> Self:
        """The same job, knowing how often it will see the data."""
        return type(self)(self.settings, self.fitted, epochs)

    # --- from files to arrays ---

    @abstractmethod
    def read(self, source: str, splits: Sequence[str]) -> Records:
        """Files to records of these splits. A bad file is named and counted, never silent; then the split."""

    def overview(self, records: Records) -> Overview:
        """What there is, before anything is learned: for `guina check`."""
        return Overview()

    @abstractmethod
    def fit(self, records: Records) -> Any:
        """Classes, vocabulary, shapes: from the training split alone. An `Answering.Fitted`."""

    @abstractmethod
    def arrays(self, records: Records) -> Arrays:
        """Decode records once, into a memory-mapped cache."""

    def measure(self, arrays: Arrays) -> Any:
        """What was fitted, together with means and other statistics of the training arrays."""
        return self.fitted

    @abstractmethod
    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        """Stored examples as raw inputs, for comparing what is served with what was trained."""

    # --- learning ---

    def build(self) -> Nets:
        """New networks, initialised from torch's seeded generator: those that answer, and what else there is."""
        return self.Answering.build(self.settings, self.fitted)

    def begin(self, nets: Nets, arrays: Arrays) -> None:  # noqa: B027  most jobs begin as they were built
        """Set weights that are computed from the training data rather than drawn."""

    def suits(self, size: str, epochs: float) -> bool:
        """Whether a size would see the data often enough; `auto` takes the largest that does."""
        return True

    @abstractmethod
    def phases(self) -> list[Phase]:
        """The stretches of the training, their turns and rates."""

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        """In which order a phase sees the examples: shuffled, unless a job says otherwise."""
        return Shuffled(len(arrays), phase.batch)

    @abstractmethod
    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        """Gather, augment and pad a batch as whole tensors, on the CPU."""

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

    # --- what it hands over to ---

    def judge(self, arrays: Arrays) -> judges.Judge:
        """What scores; it may learn from the training arrays what to score by."""
        return self.Judge(self)

    def judge_restored(self, saved: Saved) -> judges.Judge:
        """The same, from what `Judge.saved` gave."""
        return self.Judge(self)

    def answering(self, nets: Nets) -> base.Answering:
        """What answers, with these networks."""
        players = self.Answering.players
        return self.Answering(self.settings, self.fitted, {name: net for name, net in nets.items() if name in players})

    def summary(self, nets: Nets) -> str:
        """The networks as a table: layers, shapes, weights, and what else there is to say."""
        rows = [f"{name}: {sum(w.numel() for w in net.parameters()):,} weights\n{net}" for name, net in nets.items()]
        return "\n".join(rows)


def headline(job: type[Job] | Job) -> Metric:
    """The metric that a job is known by: the first of its judge's."""
    return job.Judge.metrics[0]


def fit(job: Job, records: Records) -> tuple[Job, Arrays]:
    """A job fitted to training records, and these as arrays."""
    job = job.fitted_to(job.fit(records))
    arrays = job.arrays(records)
    return job.fitted_to(job.measure(arrays)), arrays
