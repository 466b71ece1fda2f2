"""Line charts, as SVG written by hand: every axis with its label, every line with its name where it ends.

A chart is drawn twice, for wide pages and for phones, and the page shows the one that fits: letters keep their size.
Lines differ by colour and by dash, so they can be told apart in print and by eyes that see fewer colours.
"""

from dataclasses import dataclass

import numpy as np

from guina.look.markup import Child, Markup, join, number, tag
from guina.look.scale import Scale, scale, spread, tick_labels, ticks
from guina.look.table import draw_table
from guina.panels import Curves, Table

MOST_POINTS = 600  # of a line; what lies between is drawn as its lowest and its highest value
LETTER = 7.2  # pixels, how wide a letter of 12 px is at most, on average
STYLES = 6  # line styles that charts.css knows


@dataclass(frozen=True)
class PlotArea:
    """Where a chart's axes lie, in pixels of its view box."""

    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float


def draw_curves(panel: Curves) -> Markup:
    """The chart, wide and narrow, and its most telling numbers as a table."""
    lines = {name: clean(x, y, panel.log_y) for name, (x, y) in panel.lines.items()}
    lines = {name: xy for name, xy in lines.items() if len(xy[0])}
    if not lines:
        return tag("p", {"class": "note"}, "Nothing was recorded.")
    wide, narrow = (draw_chart(panel, lines, width) for width in (880, 350))
    return tag(
        "figure",
        {"class": "chart"},
        tag("div", {"class": "wide"}, wide),
        tag("div", {"class": "narrow"}, draw_legend(lines), narrow),
        tag("details", {}, tag("summary", {}, "The numbers"), draw_table(numbers(panel, lines))),
    )


def clean(x: np.ndarray, y: np.ndarray, log_y: bool) -> tuple[np.ndarray, np.ndarray]:
    """The points that can be drawn, as float64: finite ones, above zero on a logarithmic axis."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    assert x.shape == y.shape, (x.shape, y.shape)
    good = np.isfinite(x) & np.isfinite(y) & ((y > 0) | (not log_y))
    return x[good], y[good]


def thin(x: np.ndarray, y: np.ndarray, most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most so many points, such that no peak is lost: the lowest and the highest of each stretch.

    Example:
        >>> x = np.arange(1000)
        >>> [len(a) for a in thin(x, x % 7, 100)]
        [100, 100]
    """
    if len(x) <= most:
        return x, y
    kept: list[int] = []
    for stretch in np.array_split(np.arange(len(x)), most // 2):
        kept += sorted({int(stretch[y[stretch].argmin()]), int(stretch[y[stretch].argmax()])})
    return x[kept], y[kept]


def draw_chart(panel: Curves, lines: dict[str, tuple[np.ndarray, np.ndarray]], width: int) -> Markup:
    """The SVG of one width. Wide ones carry the lines' names at their ends; narrow ones leave that to a legend."""
    is_wide = width > 500
    all_x, all_y = (np.concatenate([xy[axis] for xy in lines.values()]) for axis in (0, 1))
    height, top, bottom = (340, 30, 46) if is_wide else (260, 30, 44)
    y_scale = scale(all_y, (height - bottom, top), log=panel.log_y)
    y_ticks = ticks(y_scale)
    left = 14 + LETTER * max(map(len, tick_labels(y_ticks)))
    labels = {name: f"{clip(name)}  {number(y[-1], 3)}" for name, (_, y) in lines.items()}
    right = 14 + LETTER * max(map(len, labels.values())) if is_wide else 12
    area = PlotArea(width, height, left, width - right, top, height - bottom)
    x_scale = scale(all_x, (area.left, area.right), tight=True)
    ends = [y_scale(y[-1]) for _, y in lines.values()]
    drawn: list[Child] = [draw_axes(panel, area, x_scale, y_scale)]
    places = spread(ends, 16, area.top, area.bottom)
    for n, (name, (x, y)) in enumerate(lines.items()):
        drawn.append(draw_line(n, thin(x, y), x_scale, y_scale))
        if is_wide:
            at = {"x": area.right + 10, "y": places[n] + 4, "class": f"ink{n % STYLES}"}
            drawn.append(tag("text", at, labels[name]))
    return tag("svg", {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": describe(panel, lines)}, *drawn)


def clip(name: str, most: int = 24) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def describe(panel: Curves, lines: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """The chart in words."""
    ends = (f"{name} from {number(y[0])} to {number(y[-1])}" for name, (_, y) in lines.items())
    return f"{panel.title}: {panel.y_label} by {panel.x_label}. {'; '.join(ends)}."


def draw_axes(panel: Curves, area: PlotArea, x_scale: Scale, y_scale: Scale) -> Markup:
    """Hairlines at the ticks of y, ticks of x, and what both measure."""
    drawn: list[Child] = []
    y_ticks = ticks(y_scale)
    for value, label in zip(y_ticks, tick_labels(y_ticks), strict=True):
        y = y_scale(value)
        drawn.append(tag("line", {"class": "grid", "x1": area.left, "x2": area.right, "y1": y, "y2": y}))
        drawn.append(tag("text", {"x": area.left - 8, "y": y + 4, "class": "end"}, label))
    x_ticks = ticks(x_scale, 8 if area.width > 500 else 4)
    for value, label in zip(x_ticks, tick_labels(x_ticks), strict=True):
        x = x_scale(value)
        drawn.append(tag("line", {"class": "axis", "x1": x, "x2": x, "y1": area.bottom, "y2": area.bottom + 4}))
        drawn.append(tag("text", {"x": x, "y": area.bottom + 18, "class": "middle"}, label))
    drawn.append(
        tag("line", {"class": "axis", "x1": area.left, "x2": area.right, "y1": area.bottom, "y2": area.bottom})
    )
    y_label = panel.y_label + (" (logarithmic)" if panel.log_y else "")
    drawn.append(tag("text", {"x": 0, "y": 14, "class": "label"}, y_label))
    drawn.append(tag("text", {"x": area.right, "y": area.height - 4, "class": "label end"}, panel.x_label))
    return join(drawn)


def draw_line(n: int, points: tuple[np.ndarray, np.ndarray], x_scale: Scale, y_scale: Scale) -> Markup:
    """The n-th line, and a dot where it ends."""
    places = [(x_scale(x), y_scale(y)) for x, y in zip(*points, strict=True)]
    written = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    line = tag("polyline", {"class": f"line line{n % STYLES}", "points": written}) if len(places) > 1 else None
    x, y = places[-1]
    return join([line, tag("circle", {"class": f"dot{n % STYLES}", "cx": x, "cy": y, "r": 3.5})])


def draw_legend(lines: dict[str, tuple[np.ndarray, np.ndarray]]) -> Markup:
    """Each line's look, name and last value."""
    items = []
    for n, (name, (_, y)) in enumerate(lines.items()):
        stroke = tag("polyline", {"class": f"line line{n % STYLES}", "points": "0,5 28,5"})
        key = tag("svg", {"viewBox": "0 0 28 10", "width": 28, "height": 10, "aria-hidden": "true"}, stroke)
        items.append(tag("li", {}, key, tag("span", {}, name), " ", tag("b", {}, number(y[-1], 3))))
    return tag("ul", {"class": "legend"}, *items)


def numbers(panel: Curves, lines: dict[str, tuple[np.ndarray, np.ndarray]]) -> Table:
    """Each line's beginning, extremes and end."""
    rows = []
    for name, (x, y) in lines.items():
        low, high = y.argmin(), y.argmax()
        extremes = (f"{number(y[at])} at {number(x[at])}" for at in (low, high))
        rows.append([name, number(y[0]), *extremes, number(y[-1])])
    return Table(
        f"{panel.title}: the numbers", "", ["", "first", f"lowest, at {panel.x_label}", "highest, at", "last"], rows
    )
