"""An experiment's rows as a table, for a terminal and for the page."""

from collections.abc import Sequence
from math import isnan

from guina.lab.experiment import Experiment, Row
from guina.panels import Table

TIED = "\N{NO-BREAK SPACE}"  # a column of a page is narrow


def table_of(experiment: Experiment, rows: Sequence[Row]) -> Table:
    """Mean ± standard deviation of each metric and setting."""
    keys = list(rows[0].swap)
    header = [*(keys or ["setting"]), *experiment.metrics.values()]
    body: list[list[str | float]] = [
        [*(row.swap.values() if keys else ["as it is"]), *(written(row, name) for name in experiment.metrics)]
        for row in rows
    ]
    seeds = len(rows[0].trials)
    says = f"The mean over {seeds} seed{'s' if seeds > 1 else ''}, ± their standard deviation."
    return Table("The numbers", says, header, body)


def written(row: Row, metric: str) -> str:
    r"""A metric's mean ± standard deviation, and how many seeds had a number where not all did.

    Example:
        >>> from guina.lab.experiment import Trial
        >>> written(Row({}, [Trial({"a": 1.0}), Trial({"a": 2.0}), Trial({"a": float("nan")})]), "a")
        '1.5 ±\xa00.71 (2\xa0of\xa03)'
    """
    values = row.values(metric)
    known = int((~(values != values)).sum())
    if isnan(row.mean(metric)):
        return "–"
    told = brief(row.mean(metric))
    if known > 1 and row.deviation(metric) > 0:
        told += f" ±{TIED}{row.deviation(metric):.2g}"
    return told if known == len(values) else f"{told} ({known}{TIED}of{TIED}{len(values)})"


def brief(value: float) -> str:
    """A number in four digits at most.

    Example:
        >>> brief(25.0), brief(0.98765), brief(12345.6), brief(0.000123)
        ('25', '0.9877', '12346', '0.000123')
    """
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def as_text(table: Table) -> str:
    """The table for a terminal: as it is where it is narrow, one block a setting where it would not fit."""
    lines = [list(map(str, line)) for line in [table.header, *table.rows]]
    widths = [max(len(line[n]) for line in lines) for n in range(len(table.header))]
    if sum(widths) + 2 * len(widths) <= 110:
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
        )
    names = [name.rjust(max(map(len, table.header))) for name in table.header]
    return "\n\n".join(
        "\n".join(f"{name}  {cell}" for name, cell in zip(names, line, strict=True)) for line in lines[1:]
    )
