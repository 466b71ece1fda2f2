"""The score beside what it has to beat: big numbers, and all of them on one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from guina.look.markup import Child, Markup, join, number, tag
from guina.look.scale import Scale, tick_labels, ticks

WIDTH, INSET = 880, 8


@dataclass(frozen=True)
class Mark:
    """One score: the run's own, or a baseline's.

    Args:
        name: whose it is.
        value: the number, which decides where it stands on the line.
        shown: the number as it is printed; "" leaves that to us.
    """

    name: str
    value: float
    shown: str = ""


@dataclass(frozen=True)
class Headline:
    """How good a run is.

    Args:
        metric: what is measured, as people say it.
        says: on what, and which way is better.
        run: its score.
        baselines: what it has to beat, the simplest first.
        best: where the line ends that all scores stand on, 1 for a share; None: at the largest score.
    """

    metric: str
    says: str
    run: Mark
    baselines: Sequence[Mark] = ()
    best: float | None = None


def draw_headline(headline: Headline) -> Markup:
    """The numbers, the run's largest, and the line below them."""
    marks = [headline.run, *headline.baselines]
    blocks = []
    for n, mark in enumerate(marks):
        name: list[Child] = [draw_dot(n), headline.metric if n == 0 else mark.name]
        block = "score run" if n == 0 else "score"
        value = tag("div", {"class": "value"}, mark.shown or number(mark.value))
        blocks.append(tag("div", {"class": block}, value, tag("div", {"class": "name"}, *name)))
    return tag(
        "div",
        {"class": "headline"},
        tag("div", {"class": "scores"}, *blocks),
        draw_line(marks, headline.best),
        tag("p", {"class": "note"}, headline.says),
    )


def draw_line(marks: Sequence[Mark], best: float | None) -> Markup:
    """All scores on a line from 0, wide and narrow; the run's own is drawn last, on top."""
    high = best or max((abs(mark.value) for mark in marks), default=1.0) * 1.05 or 1.0
    low = min(0.0, *(mark.value for mark in marks), 0.0)
    label = "; ".join(f"{mark.name} {mark.shown or number(mark.value)}" for mark in marks)
    drawn = (draw_strip(marks, Scale(low, high, INSET, width - INSET), best == 1, width) for width in (WIDTH, 350))
    wide, narrow = (
        tag("svg", {"viewBox": f"0 0 {w} 44", "role": "img", "aria-label": label}, svg)
        for w, svg in zip((WIDTH, 350), drawn, strict=True)
    )
    return tag("div", {"class": "strip"}, tag("div", {"class": "wide"}, wide), tag("div", {"class": "narrow"}, narrow))


def draw_strip(marks: Sequence[Mark], scale: Scale, share: bool, width: int) -> Markup:
    """The line with its ticks, and a dot for each score."""
    drawn: list[Child] = [tag("line", {"class": "axis", "x1": scale.start, "x2": scale.end, "y1": 14, "y2": 14})]
    values = ticks(scale, 5 if width > 500 else 4)
    labels = [f"{value:.0%}" for value in values] if share else tick_labels(values)
    for value, label in zip(values, labels, strict=True):
        x = scale(value)
        side = "start" if x < 20 else "end" if x > width - 20 else "middle"
        drawn.append(tag("line", {"class": "axis", "x1": x, "x2": x, "y1": 14, "y2": 22}))
        edge = {"start": 0, "middle": x, "end": width}[side]
        drawn.append(tag("text", {"x": edge, "y": 38, "class": side}, label))
    places = [{"cx": scale(mark.value), "cy": 14, "r": 6 if n else 9} for n, mark in enumerate(marks)]
    dots = [tag("circle", {"class": mark_class(n), **place}) for n, place in enumerate(places)]
    return join([*drawn, *reversed(dots)])


def draw_dot(n: int) -> Markup:
    """The n-th score's dot, as a key."""
    circle = tag("circle", {"class": mark_class(n), "cx": 6, "cy": 6, "r": 5 if n else 6})
    return tag("svg", {"viewBox": "0 0 12 12", "width": 12, "height": 12, "aria-hidden": "true"}, circle)


def mark_class(n: int) -> str:
    return f"mark mark{min(n, 3)}"
