"""Tables: words left, numbers right and under each other, a thin bar under every share."""

import re
from collections.abc import Sequence

from guina.look.markup import Markup, join, number, tag
from guina.panels import Table

NUMBER = re.compile(r"[<>≈~]? ?[+−-]?[\d.,   ]*\d(e[−-]?\d+)?( ?%| ?[a-zµ/]{1,3})?|[-–]|nan ?%?")
SHARE = re.compile(r"([\d.]+) ?%")
BARRED = re.compile(r"([\d.,]+) ?%?")
SHOWN = 24  # rows; the others open on demand


def draw_table(panel: Table) -> Markup:
    """The table; the rows beyond `SHOWN` are one click, or one key, away."""
    rows = [[written(cell) for cell in row] for row in panel.rows]
    if len(rows) <= SHOWN + 4:
        return draw_rows(panel, panel.title, rows, rows)
    rest = draw_rows(panel, f"{panel.title}, continued", rows[SHOWN:], rows)
    more = tag("details", {}, tag("summary", {}, f"{len(rows) - SHOWN} more rows"), rest)
    return join([draw_rows(panel, panel.title, rows[:SHOWN], rows), more])


def written(cell: str | float) -> str:
    """A cell as text; what is not a number is a dash, however it was formatted."""
    text = cell if isinstance(cell, str) else number(cell)
    return "–" if text in ("nan", "nan%", "nan %") else text


def draw_rows(panel: Table, label: str, rows: Sequence[Sequence[str]], all_rows: Sequence[Sequence[str]]) -> Markup:
    """A table of these rows; whether a column holds numbers, or shares, is judged by all rows."""
    header = panel.header
    numeric = [is_numeric(column, NUMBER) for column in zip(*all_rows, strict=True)] or [False] * len(header)
    shares = [is_numeric(column, SHARE, most=0.45) for column in zip(*all_rows, strict=True)] or numeric
    full = [panel.bars.get(n, 100.0 if share else 0.0) for n, share in enumerate(shares)]
    head = (
        tag("th", {"scope": "col", "class": "number" if right and n else None}, name)
        for n, (name, right) in enumerate(zip(header, numeric, strict=True))
    )
    body = (
        tag("tr", {}, *(draw_cell(*cell) for cell in zip(row, numeric, full, range(len(row)), strict=True)))
        for row in rows
    )
    table = tag("table", {"class": "rows"}, tag("thead", {}, tag("tr", {}, *head)), tag("tbody", {}, *body))
    return scrolling(label, table)


def is_numeric(column: Sequence[str], pattern: re.Pattern[str], most: float = 0.0) -> bool:
    """Whether all cells of a column look like it, dashes and empty ones apart, of which there are not too many."""
    cells = [cell for cell in column if cell not in ("", "–")]
    return len(cells) > most * len(column) and all(pattern.fullmatch(cell) for cell in cells)


def draw_cell(text: str, right: bool, full: float, column: int) -> Markup:
    """One cell; the first of a row is its heading.

    Args:
        full: the number whose bar is full; 0: there are no bars.
    """
    if column == 0:
        return tag("th", {"scope": "row"}, text)
    bar = None
    if full and (found := BARRED.fullmatch(text)):
        bar = draw_bar(100 * float(found[1].replace(",", "")) / full)
    return tag("td", {"class": "number" if right else None}, text, bar)


def draw_bar(per_cent: float) -> Markup:
    """A thin line, so much of it filled."""
    return tag(
        "svg",
        {"class": "bar", "viewBox": "0 0 100 1", "preserveAspectRatio": "none", "aria-hidden": "true"},
        tag("rect", {"width": 100, "height": 1, "class": "track"}),
        tag("rect", {"width": max(0.0, min(100.0, per_cent)), "height": 1}),
    )


def scrolling(label: str, content: Markup) -> Markup:
    """Content that scrolls by itself where the page is too narrow for it, by keys too."""
    return tag("div", {"class": "scroll", "role": "region", "aria-label": label, "tabindex": 0}, content)
