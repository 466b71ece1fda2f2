"""What numbers support, in a sentence: differences larger than what seeds differ by, and those that are not."""

from collections.abc import Sequence

import numpy as np

from guina.lab.experiment import Row


def spread_of(row: Row, metric: str, form: str = ".3g") -> str:
    """Mean ± standard deviation.

    Example:
        >>> from guina.lab.experiment import Trial
        >>> spread_of(Row({}, [Trial({"a": 1.0}), Trial({"a": 3.0})]), "a")
        '2 ± 1.41'
    """
    return f"{row.mean(metric):{form}} ± {row.deviation(metric):{form}}"


def clearly(a: Row, b: Row, metric: str) -> bool:
    """Whether two settings differ by more than their seeds do: by more than twice the standard error of the difference.

    With one seed there is nothing to compare a difference with, so no difference is clear.
    """
    n = min(len(a.trials), len(b.trials))
    apart = abs(a.mean(metric) - b.mean(metric))
    if n < 2 or not np.isfinite(apart):
        return False
    return apart > 2 * ((a.deviation(metric) ** 2 + b.deviation(metric) ** 2) / n) ** 0.5 and apart > 0


def compared(rows: Sequence[Row], metric: str, what: str, *, more: bool, form: str = ".3g") -> str:
    """Which setting is best, which is worst, and whether that is more than chance.

    Args:
        more: whether more of it is better.
    """
    known = [row for row in rows if np.isfinite(row.mean(metric))]
    if not known:
        return f"No setting gave {what}."
    order = sorted(known, key=lambda row: row.mean(metric), reverse=more)
    best, worst = order[0], order[-1]
    told = f"{what[:1].upper() + what[1:]}: {best.name} {spread_of(best, metric, form)}"
    if best is worst:
        return told + "."
    told += f", {worst.name} {spread_of(worst, metric, form)}"
    if clearly(best, worst, metric):
        ties = [row for row in order[1:] if not clearly(best, row, metric)]
        also = f" (no clear difference to {', '.join(row.name for row in ties)})" if ties else ""
        return f"{told}: a difference beyond what seeds make{also}."
    few = " (one seed says nothing of the spread)" if min(len(row.trials) for row in rows) < 2 else ""
    return f"{told}: no difference beyond what seeds make{few}."
