"""A job's judge: how good its networks are, beside the simplest thing that works, and what they look like inside."""

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.panels import Panel

Scores = dict[str, float]
Snap = dict[str, np.ndarray | str]


def digest_of(nets: Nets) -> bytes:
    """A hash of all weights: by it a judge knows whose answers it remembers."""
    digest = hashlib.blake2b()
    for net in nets.values():
        for tensor in net.state_dict().values():
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.digest()


def a_line_each(texts: Sequence[str]) -> str:
    """Texts as a snap keeps them.

    Example:
        >>> a_line_each(["one", "two"]).split()
        ['one', 'two']
    """
    return "\n".join(" ".join(text.split("\n")) for text in texts)


class Judge(ABC):
    """Scores and shows the networks of one job, as it was fitted.

    Args:
        job: whose networks are judged.

    Class attributes:
        metrics: what is known of the scores; the first is the headline.
        noun: what one example is called, in the singular.
        validation_limit: the most validation examples that are scored at a validation during training.
        final_limit: the most validation examples that are answered after the last step.
        probed: validation examples by which it is reckoned before a training how long a score takes.
        trained_share: seconds that a trained network takes for an answer, as a share of those of one that has learned
            nothing, which is what is timed.
        final_passes: how often all validation examples are answered after the last step: to conclude, and to score.
        proven: validation examples whose answers the saved model must repeat to the bit.
        fixed_cost: whether a score takes as long for few examples as for all of them.
        leaps: whether scores may stay where they are for long before they improve: then no training ends early.
    """

    metrics: ClassVar[tuple[Metric, ...]]
    noun: str = "example"
    validation_limit: ClassVar[int] = 5000
    final_limit: ClassVar[float] = float("inf")
    probed: ClassVar[int] = 256
    trained_share: ClassVar[float] = 1.0
    final_passes: ClassVar[float] = 2.0
    proven: ClassVar[int] = 256
    fixed_cost: ClassVar[bool] = False
    leaps: ClassVar[bool] = False

    def __init__(self, job: Any) -> None:
        self.job = job

    def of(self, job: Any) -> Self:
        """The same judge for the same job, which knows more."""
        other = copy.copy(self)
        other.job = job
        return other

    def saved(self) -> Saved:
        """What it scores by that is not fitted: it is stored apart from what answers."""
        return Saved()

    @abstractmethod
    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """The metrics, the headline among them, on at most `limit` examples; with a limit a quick look will do."""

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """Scores that take too long for the end of a training; `guina score` and `guina look` have them too."""
        return {}

    @abstractmethod
    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The same metrics for the simplest things that work, by name, the simplest first; dear ones when thorough."""

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        """What must be said wherever these scores stand: how they were computed, why they are to be doubted.

        It is asked after `score`, and after `slow_scores` where there are such: whatever they found may be remembered.
        """
        return []

    def baseline_notes(self, train: Arrays) -> str:
        """What the dear baselines were given of the training examples, where it is not all; "" otherwise."""
        return ""

    def better(self, a: Scores, b: Scores) -> bool:
        """Whether a is better than b: what "best weights" means. By the headline, unless a job says otherwise."""
        headline = self.metrics[0]
        ours, theirs = a[headline.name], b[headline.name]
        return ours < theirs if headline.better == "less" else ours > theirs

    def alarm(self, scores: Scores, done: float) -> str:
        """What is going wrong, and what to do, where scores at this share of a training show it; "": nothing is."""
        return ""

    def conclude(self, nets: Nets, val: Arrays) -> Any:
        """What was fitted, with what is set after training from the validation split: a temperature, a threshold."""
        return self.job.fitted

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What the network does now with the same few examples: arrays (npy) and texts, by name."""
        return {}

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterable[Panel]:
        """What to show of the inside and of the failures on `arrays`, one after the other as they are made."""
        return []
