"""One scene of a frame: a small plot with a heat map, lines, points and arrows, or a picture in the same place.

All scenes of a panel have plots of one size, so that they line up, and those in the same place of every frame have one
scale, so that only the data moves. Their letters keep their size by way of moments.css, which knows how wide scenes
are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from guina.look.charts import STYLES, clean, thin
from guina.look.heat import heat_uri
from guina.look.markup import Child, Markup, coordinate, join, tag
from guina.look.pictures import SQUARES, data_uri
from guina.look.scale import Scale, tick_labels, ticks
from guina.panels import Scene

WIDTH = 240  # of a view box; what is drawn in it is measured in these units
LETTER = 8  # how wide a letter is where a scene is narrow and its letters large
ROOM = 12  # beside a plot, for half of the last tick's label
FLAT, TALL = 0.4, 1.6  # height by width of the plots in which x and y may have one unit
CHART = 0.66  # height by width of plots that need not
FEW = 3  # ticks, about
MOST_POINTS = 160  # of a line
FAR = 9999.0  # from the plot: what lies beyond need not be told apart
# how each kind of point is drawn: where its pen begins, and how it goes on
SHAPES = (
    (0, 0, "h0"),
    (0, -2.6, "l2.3 4h-4.6z"),
    (-1.8, -1.8, "h3.6v3.6h-3.6z"),
    (-2.2, -2.2, "l4.4 4.4m0-4.4l-4.4 4.4"),
    (0, -2.7, "l2.7 2.7-2.7 2.7-2.7-2.7z"),
    (0, 2.6, "l2.3-4h-4.6z"),
)


class Shelf:
    """Paths under the ids by which scenes use them: what is the same in all frames is written once."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.paths: dict[str, dict[str, str]] = {}

    def use(self, path: str, look: str | None = None, *, steady: bool = False) -> Markup:
        """The path, drawn here in the look of a class; steady: as wide a stroke in small scenes as in large ones."""
        own = {"class": "steady"} if steady else {}  # since this, unlike all else, is not passed on by <use>
        kept = self.paths.setdefault(path, {"id": f"{self.place}-{len(self.paths)}", "d": path, **own})
        return tag("use", {"href": f"#{kept['id']}", "class": look})

    def draw(self) -> Markup:
        """The paths themselves; unseen."""
        paths = (tag("path", path) for path in self.paths.values())
        return tag("svg", {"class": "shelf", "width": 0, "height": 0, "aria-hidden": "true"}, tag("defs", {}, *paths))


@dataclass(frozen=True)
class Viewport:
    """Where the scenes of one place stand.

    Args:
        left, top: the corner of the plot in the view box.
        height: of the view box.
        x, y: from data to the plot, whose corner is 0, 0.
    """

    left: float
    top: float
    height: float
    x: Scale
    y: Scale

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """N×2 places in the plot."""
        both = zip((self.x, self.y), (x, y), strict=True)
        places = [s.start + (values - s.low) / (s.high - s.low) * (s.end - s.start) for s, values in both]
        return np.clip(np.stack(places, axis=1), -FAR, FAR)


def span(ranges: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The lowest and the highest of some ranges, never the same; what is not finite is left out.

    Example:
        >>> span([(0, 2), (-1, float("nan"))]), span([(3, 3)]), span([])
        ((-1.0, 2.0), (2.5, 3.5), (0.0, 1.0))
    """
    ends = [float(end) for both in ranges for end in both if math.isfinite(end)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def shape(scenes: Sequence[Scene]) -> float | None:
    """Height by width that the scenes of one place ask for; None: they fill what there is."""
    for scene in scenes:
        if scene.picture is not None:
            height, width = scene.picture.shape[:2]
            return height / width
        if scene.lines and scene.field_HW is None:
            return None
    (left, right), (low, high) = span(s.x_range for s in scenes), span(s.y_range for s in scenes)
    ratio = (high - low) / (right - left)
    return ratio if FLAT <= ratio <= TALL else None


def viewports(places: Sequence[Sequence[Scene]], x_label: str) -> list[Viewport]:
    """A viewport for each place, given that place's scenes of all frames."""
    plotted = [scenes for scenes in places if any(scene.picture is None for scene in scenes)]
    labels = [label for s in plotted for label in tick_labels(ticks(Scale(*span(x.y_range for x in s), 0, 1), FEW))]
    left = LETTER * (1 + max(map(len, labels))) if labels else 0
    top, bottom = (5, 34 if x_label else 20) if plotted else (0, 0)
    wide = WIDTH - left - (ROOM if plotted else 0)
    asked = [shape(scenes) for scenes in places]
    high = wide * max((ratio for ratio in asked if ratio), default=CHART)
    found: list[Viewport] = []
    for scenes, ratio in zip(places, asked, strict=True):
        width = min(wide, high / ratio) if ratio else wide
        height = width * ratio if ratio else high
        x = Scale(*span(scene.x_range for scene in scenes), 0, width)
        y = Scale(*span(scene.y_range for scene in scenes), height, 0)
        found.append(Viewport(left, top + high - height, top + high + bottom, x, y))
    return found


def draw_scene(
    scene: Scene, viewport: Viewport, names: dict[str, int], shelf: Shelf, labels: tuple[str, str]
) -> Markup:
    """The scene under its caption.

    Args:
        names: the number of each name's look.
        labels: what x and y measure.
    """
    width, height = viewport.x.end, viewport.y.start
    box = {"x": viewport.left, "y": viewport.top, "width": width, "height": height}
    if scene.picture is not None:
        drawn = [draw_picture(scene.picture, box)]
    else:
        layers = (
            draw_grid(viewport),
            draw_field(scene, viewport),
            draw_lines(scene, viewport, names, shelf),
            draw_points(scene, viewport, names, shelf),
            draw_arrows(scene, viewport, shelf),
        )
        drawn = [
            tag("svg", {**box, "aria-hidden": "true"}, *layers),
            tag("rect", {"class": "edge", **box}),
            draw_ticks(viewport, labels[0]),
        ]
    at = {"viewBox": f"0 0 {WIDTH} {coordinate(viewport.height)}", "role": "img", "aria-label": describe(scene)}
    y_label = "" if scene.picture is not None else labels[1]
    words = [tag("span", {}, scene.caption) if scene.caption else None, tag("small", {}, y_label) if y_label else None]
    caption = tag("figcaption", {"class": f"m{round(viewport.left / LETTER)}"}, *words) if any(words) else None
    return tag("figure", {}, caption, tag("svg", at, *drawn))


def describe(scene: Scene) -> str:
    """The scene in a few words."""
    return ": ".join(filter(None, [scene.caption, ", ".join([*scene.points, *scene.lines])])) or "a scene"


def draw_picture(picture: np.ndarray, box: dict[str, float]) -> Markup:
    """A picture in the place of a plot, its pixels kept square where it is small."""
    look = "squares" if max(picture.shape[:2]) <= SQUARES else None
    return tag("image", {**box, "href": data_uri(picture), "class": look})


def draw_field(scene: Scene, viewport: Viewport) -> Markup | None:
    """The heat map: each value in the middle of its pixel, the outermost ones on the ends of the ranges."""
    if scene.field_HW is None or not scene.field_HW.size:
        return None
    rows, columns = scene.field_HW.shape
    (left, right), (low, high) = span([scene.x_range]), span([scene.y_range])
    (x1, y1), (x2, y2) = viewport.at(np.array([left, right]), np.array([high, low]))
    dx, dy = (x2 - x1) / max(1, columns - 1) / 2, (y2 - y1) / max(1, rows - 1) / 2
    box = {"x": x1 - dx, "y": y1 - dy, "width": x2 - x1 + 2 * dx, "height": y2 - y1 + 2 * dy}
    return tag("image", {**box, "preserveAspectRatio": "none", "href": heat_uri(scene.field_HW)})


def draw_grid(viewport: Viewport) -> Markup:
    """Hairlines at the ticks."""
    down = "".join(
        f"M{coordinate(viewport.x(value))} 0v{coordinate(viewport.y.start)}" for value in ticks(viewport.x, FEW)
    )
    across = "".join(
        f"M0 {coordinate(viewport.y(value))}h{coordinate(viewport.x.end)}" for value in ticks(viewport.y, FEW)
    )
    return tag("path", {"class": "grid", "d": down + across})


def draw_ticks(viewport: Viewport, x_label: str) -> Markup:
    """The values of the hairlines, and what x measures."""
    x_ticks, y_ticks = ticks(viewport.x, FEW), ticks(viewport.y, FEW)
    left, bottom = viewport.left, viewport.top + viewport.y.start
    below = [
        tag("text", {"x": left + viewport.x(value), "y": bottom + 5, "dy": ".8em"}, label)
        for value, label in zip(x_ticks, tick_labels(x_ticks), strict=True)
    ]
    beside = [
        tag("text", {"x": left - 5, "y": viewport.top + viewport.y(value), "dy": ".35em"}, label)
        for value, label in zip(y_ticks, tick_labels(y_ticks), strict=True)
    ]
    at = {"x": left + viewport.x.end, "y": bottom + 5, "dy": "2em", "class": "label end"}
    named = tag("text", at, x_label) if x_label else None
    return join([tag("g", {"class": "middle"}, *below), tag("g", {"class": "end"}, *beside), named])


def draw_lines(scene: Scene, viewport: Viewport, names: dict[str, int], shelf: Shelf) -> Markup:
    """The lines, the first one on top."""
    drawn: list[Child] = []
    for name, (x, y) in scene.lines.items():
        x, y = clean(x, y, log_y=False)
        if len(x) < 2:
            continue
        inner_x, inner_y = thin(x[1:-1], y[1:-1], MOST_POINTS)
        places = viewport.at(np.array([x[0], *inner_x, x[-1]]), np.array([y[0], *inner_y, y[-1]]))
        drawn.append(
            shelf.use("M" + " ".join(map(written_at, places)), f"line line{names[name] % STYLES}", steady=True)
        )
    return join(reversed(drawn))


def draw_points(scene: Scene, viewport: Viewport, names: dict[str, int], shelf: Shelf) -> Markup:
    """The points in the plot, each name's in one path, with a rim of paper that sets them off."""
    drawn: list[Child] = []
    for name, points_N2 in scene.points.items():
        places = viewport.at(*finite(points_N2, 2).T)
        seen = ((places >= 0) & (places <= (viewport.x.end, viewport.y.start))).all(axis=1)
        path = draw_shapes(names[name], places[seen])
        if path:
            look = f"points points{names[name] % len(SHAPES)}"
            drawn.append(tag("g", {"class": look}, shelf.use(path, "rim"), shelf.use(path)))
    return join(drawn)


def draw_shapes(n: int, places: np.ndarray) -> str:
    """The n-th name's points as a path."""
    dx, dy, pen = SHAPES[n % len(SHAPES)]
    return "".join(f"M{written_at(at)}{pen}" for at in places + np.array([dx, dy]))


def draw_arrows(scene: Scene, viewport: Viewport, shelf: Shelf) -> Markup | None:
    """The arrows that are long enough to be seen, all in one path."""
    if scene.arrows_N4 is None:
        return None
    x, y, dx, dy = finite(scene.arrows_N4, 4).T
    tails, tips = viewport.at(x, y), viewport.at(x + dx, y + dy)
    written = ""
    for tail, tip in zip(tails, tips, strict=True):
        length = math.dist(tail, tip)
        if length < 1:
            continue
        barb = (tail - tip) * min(5, 0.45 * length) / length  # of the head: back along the arrow, and to each side
        side = 0.55 * np.array([-barb[1], barb[0]])
        shaft, left, back, right = map(written_at, (tip - tail, barb + side, -barb - side, barb - side))
        written += f"M{written_at(tail)}l{shaft}m{left}l{back} {right}"
    return tag("g", {"class": "arrows"}, shelf.use(written, "rim"), shelf.use(written)) if written else None


def finite(rows: np.ndarray, columns: int) -> np.ndarray:
    """The rows all of whose values are finite."""
    rows = np.asarray(rows, np.float64).reshape(-1, columns)
    return rows[np.isfinite(rows).all(axis=1)]


def written_at(at: np.ndarray) -> str:
    """A place in a path, to a tenth of a unit, which is less than a tenth of a pixel, and as short as can be.

    Example:
        >>> written_at(np.array([12.04, -0.01])), written_at(np.array([0.52, -0.5]))
        ('12 0', '.5-.5')
    """
    x, y = (coordinate(round(float(value), 1)).replace("0.", ".", 1 if abs(value) < 1 else 0) for value in at)
    return x + y if y.startswith("-") else f"{x} {y}"
