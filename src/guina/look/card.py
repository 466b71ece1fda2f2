"""A run as a small picture of itself, for notebooks: its score, what it had to beat, and how it got there.

Notebooks have pages of their own, light or dark, so the card takes its colours from where it stands and styles itself
element by element: it needs no style sheet, no script, and changes nothing around it.
"""

from collections.abc import Sequence

import numpy as np

from guina.look.markup import Child, Markup, number, tag
from guina.look.scale import Scale

WIDTH, HEIGHT, INSET = 168, 44, 4
ACCENT = "#3a86cf"  # legible on white and on black
FONT = "font:13px/1.4 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums"


def card(title: str, facts: Sequence[tuple[str, str]], sparkline: Sequence[float] = ()) -> str:
    """A run as a small piece of HTML.

    Args:
        title: what was done with what.
        facts: name and value, the score first: it is shown large.
        sparkline: the validation scores in their order; what is not finite is left out.

    Example:
        >>> html = card("classify digits", [("accuracy", "98.7 %"), ("majority class", "10.1 %")], [0.2, 0.9, 0.987])
        >>> "98.7 %" in html, "<polyline" in html, "<script" in html
        (True, True, False)
    """
    blocks: list[Child] = [draw_fact(name, value, large=n == 0) for n, (name, value) in enumerate(facts)]
    line = draw_sparkline(sparkline)
    box = "display:inline-block;box-sizing:border-box;max-width:100%;padding:12px 16px;border-radius:8px;color:inherit"
    row = "display:flex;flex-wrap:wrap;align-items:flex-end;gap:8px 24px;margin-top:8px"
    return str(
        tag(
            "div",
            {"style": f"{FONT};{box};border:1px solid rgba(128,128,128,.35)"},
            tag("div", {"style": "font-weight:600;overflow-wrap:anywhere"}, title),
            tag("div", {"style": row}, *blocks, line),
        )
    )


def draw_fact(name: str, value: str, *, large: bool) -> Markup:
    """A value over its name."""
    weight = f"font-size:28px;font-weight:600;color:{ACCENT}" if large else "font-size:15px"
    return tag(
        "div",
        {},
        tag("div", {"style": f"{weight};line-height:1.15;white-space:nowrap"}, value),
        tag("div", {"style": "font-size:12px;opacity:.7"}, name),
    )


def draw_sparkline(values: Sequence[float]) -> Markup | None:
    """The values as a line without axes, its end marked; nothing where there are fewer than two."""
    finite = [float(value) for value in values if np.isfinite(value)]
    if len(finite) < 2:
        return None
    low, high = min(finite), max(finite)
    x_scale = Scale(0, len(finite) - 1, INSET, WIDTH - INSET)
    y_scale = Scale(low, high if high > low else low + 1, HEIGHT - INSET, INSET)
    places = [(x_scale(n), y_scale(value)) for n, value in enumerate(finite)]
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    look = {"fill": "none", "stroke": ACCENT, "stroke-width": 1.5, "stroke-linejoin": "round"}
    return tag(
        "svg",
        {
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "width": WIDTH,
            "height": HEIGHT,
            "role": "img",
            "aria-label": f"validation from {number(finite[0])} to {number(finite[-1])}",
        },
        tag("polyline", {"points": points, **look}),
        tag("circle", {"cx": places[-1][0], "cy": places[-1][1], "r": 3, "fill": ACCENT}),
    )
