"""Can its confidence be believed? Accuracy by confidence, with the uncertainty of each point, over how many there are.

A point stands for the answers of one bin. Its whisker is the 95 % interval of Wilson (1927), which is honest for few
examples and near 0 and 1: where it misses the diagonal, the confidence is off by more than chance.
"""

import math

import numpy as np

from guina.look.markup import Child, Markup, counted, join, number, percent, tag
from guina.look.scale import Scale
from guina.look.table import draw_table
from guina.panels import Reliability, Table

WIDTH, PLOT, COUNTS = 380, 300, 70  # view box, the side of the square, the height of the histogram below it
LEFT, TOP = 52, 28


def draw_reliability(panel: Reliability) -> Markup:
    """The diagram, what it amounts to, and its numbers as a table."""
    total = int(panel.count_B.sum())
    if not total:
        return tag("p", {"class": "note"}, "There are no answers to judge.")
    weight_B = panel.count_B / total
    confidence, accuracy = (float(np.nansum(weight_B * mean_B)) for mean_B in (panel.confidence_B, panel.accuracy_B))
    facts = [
        (percent(panel.ece), "expected calibration error: how far confidence and accuracy are apart, on average"),
        (percent(confidence), "mean confidence"),
        (percent(accuracy), "accuracy"),
    ]
    listed = tag("dl", {"class": "aside"}, *(tag("div", {}, tag("dt", {}, v), tag("dd", {}, k)) for v, k in facts))
    return tag(
        "figure",
        {"class": "reliability"},
        tag("div", {"class": "plot"}, draw_diagram(panel)),
        tag(
            "div",
            {},
            listed,
            tag("p", {"class": "note"}, verdict(confidence, accuracy, total)),
            tag("details", {}, tag("summary", {}, "The numbers"), draw_table(numbers(panel))),
        ),
    )


def verdict(confidence: float, accuracy: float, total: int) -> str:
    """Whether it is too sure of itself, as far as so many answers can tell."""
    low, high = wilson(accuracy, total)
    if low <= confidence <= high:
        return f"Over all {counted('answer', total)}, confidence and accuracy agree to within chance."
    return (
        f"Over all {counted('answer', total)}, it is {'more' if confidence > high else 'less'} sure than it should be."
    )


def wilson(share: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share that was seen in so many examples (Wilson 1927).

    Example:
        >>> [round(end, 3) for end in wilson(0.9, 10)]
        [0.596, 0.982]
    """
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def draw_diagram(panel: Reliability) -> Markup:
    """The SVG: axes, diagonal, a point and a whisker for each bin, counts below."""
    x_scale, y_scale = Scale(0, 1, LEFT, LEFT + PLOT), Scale(0, 1, TOP + PLOT, TOP)
    drawn: list[Child] = [draw_axes(x_scale, y_scale)]
    most = panel.count_B.max()
    base = TOP + PLOT + COUNTS + 66
    for b, (confidence, accuracy, count) in enumerate(
        zip(panel.confidence_B, panel.accuracy_B, panel.count_B, strict=True)
    ):
        if not count:
            continue
        x, (low, high) = x_scale(confidence), wilson(accuracy, count)
        drawn.append(tag("line", {"class": "whisker", "x1": x, "x2": x, "y1": y_scale(low), "y2": y_scale(high)}))
        drawn.append(tag("circle", {"class": "point", "cx": x, "cy": y_scale(accuracy), "r": 4.5}))
        width, height = PLOT / len(panel.count_B), max(1.0, COUNTS * count / most)
        bar = {"x": LEFT + b * width + 1, "width": width - 2, "y": base - height, "height": height}
        drawn.append(tag("rect", {"class": "count", **bar}))
    drawn.append(tag("line", {"class": "axis", "x1": LEFT, "x2": LEFT + PLOT, "y1": base, "y2": base}))
    drawn.append(tag("text", {"class": "end", "x": LEFT - 8, "y": base - COUNTS + 8}, number(most)))
    drawn.append(tag("text", {"class": "label", "x": 0, "y": base - COUNTS - 10}, "answers"))
    return tag(
        "svg",
        {"viewBox": f"0 0 {WIDTH} {base + 4}", "role": "img", "aria-label": f"{panel.title} {panel.says}"},
        *drawn,
    )


def draw_axes(x_scale: Scale, y_scale: Scale) -> Markup:
    """Shares from 0 to 100 % both ways, and the diagonal where confidence is what it says."""
    drawn: list[Child] = [
        tag("text", {"class": "label", "x": 0, "y": 14}, "accuracy"),
        tag("text", {"class": "label end", "x": LEFT + PLOT, "y": TOP + PLOT + 36}, "confidence"),
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = x_scale(share), y_scale(share)
        drawn.append(tag("line", {"class": "grid", "x1": LEFT, "x2": LEFT + PLOT, "y1": y, "y2": y}))
        drawn.append(tag("text", {"class": "end", "x": LEFT - 8, "y": y + 4}, f"{share:.0%}"))
        drawn.append(tag("text", {"class": "middle", "x": x, "y": TOP + PLOT + 18}, f"{share:.0%}"))
    ends = {"x1": x_scale(0), "y1": y_scale(0), "x2": x_scale(1), "y2": y_scale(1)}
    return join([*drawn, tag("line", {"class": "diagonal", **ends})])


def numbers(panel: Reliability) -> Table:
    """Each bin that has examples."""
    edges = np.linspace(0, 1, len(panel.count_B) + 1)
    rows = [
        [
            f"{edges[b]:.0%} to {edges[b + 1]:.0%}",
            int(count),
            percent(panel.confidence_B[b]),
            percent(panel.accuracy_B[b]),
        ]
        for b, count in enumerate(panel.count_B)
        if count
    ]
    return Table("Bins of confidence", "", ["confidence", "answers", "mean confidence", "accuracy"], rows)
