"""What is known of a score: which way is better, how it is printed, what it measures."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One of a job's scores, for whoever prints it.

    Args:
        name: its key among the scores.
        better: which way is better; "": neither, or nobody said.
        unit: a "share" is printed in percent, a "number" as it is.
        says: what it measures, in a few words.
    """

    name: str
    better: Literal["more", "less", ""] = ""
    unit: Literal["share", "number"] = "number"
    says: str = ""


def metric_of(metrics: Iterable[Metric], name: str) -> Metric:
    """What is known of a score; of one that is not among them, its name.

    Args:
        name: a score's key.

    Example:
        >>> known = (Metric("accuracy", "more", "share"),)
        >>> metric_of(known, "accuracy").better, metric_of(known, "nats").better
        ('more', '')
    """
    return next((metric for metric in metrics if metric.name == name), Metric(name))
