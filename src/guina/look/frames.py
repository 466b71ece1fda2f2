"""Moments to scrub through: a row of scenes each, of which the page shows one.

All frames are in the page, all but the last hidden; the script shows another by the slider, by the arrow keys, or one
after the other. A look goes with a name, so that what is called the same looks the same in every scene.
"""

from collections.abc import Sequence

import numpy as np

from guina.look.charts import STYLES
from guina.look.heat import LEVELS, heat_uri
from guina.look.markup import Child, Markup, tag
from guina.look.scenes import SHAPES, Shelf, draw_scene, draw_shapes, viewports
from guina.panels import Frame, Frames, Scene

COLUMNS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 3}  # scenes beside each other on a wide page; of more, four
TRIANGLE, BARS = "M4 2l10 6-10 6z", "M3 2h3.5v12H3zM9.5 2H13v12H9.5z"


def draw_frames(panel: Frames, place: str) -> Markup:
    """What is what, the slider, and every frame; all but the last are hidden."""
    if not panel.frames:
        return tag("p", {"class": "note"}, "Nothing was recorded.")
    count = max(len(frame.scenes) for frame in panel.frames)
    places = [[frame.scenes[n] for frame in panel.frames if n < len(frame.scenes)] for n in range(count)]
    set_up = viewports(places, panel.x_label)
    names = number_names([scene for frame in panel.frames for scene in frame.scenes])
    look = f"scenes n{COLUMNS.get(count, 4)}" + (" few" if count < 3 and is_chart(panel.frames[-1]) else "")
    shelf = Shelf(f"{place}-path")
    moments: list[Child] = []
    for left, frame in zip(reversed(range(len(panel.frames))), panel.frames, strict=True):
        pairs = zip(frame.scenes, set_up, strict=False)  # a frame may end early
        scenes = (
            draw_scene(scene, viewport, names, shelf, (panel.x_label, panel.y_label)) for scene, viewport in pairs
        )
        label = tag("p", {}, frame.label) if frame.label else None
        moments.append(tag("div", {"class": "moment", "hidden": left > 0}, label, tag("div", {"class": look}, *scenes)))
    return tag(
        "div",
        {"class": "frames"},
        draw_names(panel, names),
        draw_player(panel.frames) if len(panel.frames) > 1 else None,
        *moments,
        shelf.draw(),
    )


def is_chart(frame: Frame) -> bool:
    """Whether its scenes are lines without a field: wide rather than high."""
    return all(scene.lines and scene.field_HW is None for scene in frame.scenes)


def number_names(scenes: Sequence[Scene]) -> dict[str, int]:
    """The number of each name's look, points and lines together, in the order in which they come."""
    names = (name for scene in scenes for name in (*scene.points, *scene.lines))
    return {name: n for n, name in enumerate(dict.fromkeys(names))}


def draw_names(panel: Frames, names: dict[str, int]) -> Markup | None:
    """The look of every name, and what the ends of the heat map mean."""
    scenes = [scene for frame in panel.frames for scene in frame.scenes]
    with_points = {name for scene in scenes for name in scene.points}
    with_line = {name for scene in scenes for name in scene.lines}
    items: list[Child] = []
    for name, n in names.items():
        keys = [draw_point_key(n)] if name in with_points else []
        keys += [draw_line_key(n)] if name in with_line else []
        items.append(tag("li", {}, *keys, tag("span", {}, name)))
    if (panel.low or panel.high) and any(scene.field_HW is not None for scene in scenes):
        items.append(tag("li", {"class": "heat"}, panel.low, draw_heat_key(), panel.high))
    return tag("ul", {"class": "legend"}, *items) if items else None


def draw_point_key(n: int) -> Markup:
    path = tag("path", {"class": f"points points{n % len(SHAPES)}", "d": draw_shapes(n, np.zeros((1, 2)))})
    return tag("svg", {"viewBox": "-4.5 -4.5 9 9", "width": 14, "height": 14, "aria-hidden": "true"}, path)


def draw_line_key(n: int) -> Markup:
    stroke = tag("polyline", {"class": f"line line{n % STYLES}", "points": "0,5 28,5"})
    return tag("svg", {"viewBox": "0 0 28 10", "width": 28, "height": 10, "aria-hidden": "true"}, stroke)


def draw_heat_key() -> Markup:
    """The colours from −1 to 1."""
    values_HW = np.linspace(-1, 1, 2 * LEVELS + 1)[None]
    box = {"width": 84, "height": 10}
    drawn = tag("image", {**box, "preserveAspectRatio": "none", "href": heat_uri(values_HW)})
    return tag(
        "svg", {**box, "viewBox": "0 0 84 10", "aria-hidden": "true"}, drawn, tag("rect", {"class": "edge", **box})
    )


def draw_player(frames: Sequence[Frame]) -> Markup:
    """The button that plays, the slider and the moment's name; hidden until the script can serve them."""
    last = len(frames) - 1
    slider = {"type": "range", "min": 0, "max": last, "value": last, "step": 1, "aria-label": "moment"}
    icon = {"viewBox": "0 0 16 16", "width": 16, "height": 16, "aria-hidden": "true"}
    signs = (tag("path", {"class": look, "d": path}) for look, path in (("go", TRIANGLE), ("halt", BARS)))
    return tag(
        "div",
        {"class": "steps player", "hidden": True},
        tag("button", {"type": "button", "aria-label": "play"}, tag("svg", icon, *signs)),
        tag("input", slider),
        tag("output", {"aria-live": "off"}),  # the slider says it already
    )
