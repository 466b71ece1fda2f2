"""A picture through the layers: each layer's strongest maps, and what one place of one map sees of the picture.

Every map is an SVG with a frame around a place; the picture has a frame around what that place sees. As it stands the
page shows each map's strongest place; the script moves the frames.
"""

from guina.look.markup import Child, Markup, tag
from guina.look.pictures import data_uri
from guina.panels import Layers, Seen


def draw_layers(panel: Layers) -> Markup:
    """One block a picture, all but the first folded."""
    blocks: list[Child] = []
    for n, seen in enumerate(panel.pictures):
        body = draw_seen(seen)
        blocks.append(
            tag("details", {"class": "through", "open": n == 0}, tag("summary", {}, seen.name), body)
            if len(panel.pictures) > 1
            else body
        )
    keys = "Choose a place of a map, with the pointer or with Tab and the arrow keys, to see what it sees."
    return tag("div", {"class": "layers"}, tag("p", {"class": "note"}, keys), *blocks)


def draw_seen(seen: Seen) -> Markup:
    """The picture with its frame, then a row of maps a layer."""
    height, width = seen.picture.shape[:2]
    partial = [layer for layer in seen.layers if layer.size < min(height, width)] or seen.layers
    deep = partial[-1]  # the deepest that does not see everything
    row, column = deep.strongest(0)
    x, y, side = deep.start + column * deep.jump, deep.start + row * deep.jump, deep.size
    left, top = max(0, x), max(0, y)  # the rest of what it sees is padding
    box = {"x": left, "y": top, "width": min(width, x + side) - left, "height": min(height, y + side) - top}
    picture = tag(
        "svg",
        {"class": "seen", "viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": seen.name},
        tag("image", {"href": data_uri(seen.picture, 512), "width": width, "height": height}),
        tag("rect", {"class": "field", **box}),
    )
    rows: list[Child] = []
    for layer in seen.layers:
        h, w = layer.maps[0].shape
        maps: list[Child] = []
        for k, values in enumerate(layer.maps):
            r, c = layer.strongest(k)
            label = f"{layer.name}, filter {layer.filters[k]}, {h} by {w}; strongest at row {r + 1}, column {c + 1}"
            place = {"class": "place", "x": c, "y": r, "width": 1, "height": 1}
            maps.append(
                tag(
                    "svg",
                    {
                        "class": "map",
                        "viewBox": f"0 0 {w} {h}",
                        "role": "img",
                        "tabindex": 0,
                        "aria-label": label,
                        "data-field": f"{layer.start} {layer.jump} {layer.size}",
                    },
                    tag("image", {"href": data_uri(values), "width": w, "height": h}),
                    tag("rect", place),
                )
            )
        sees = f"{h}×{w}, each place sees {layer.size}×{layer.size} pixels"
        head = tag("p", {}, tag("b", {}, layer.name), tag("small", {}, sees))
        rows.append(tag("li", {}, head, tag("div", {"class": "maps"}, *maps)))
    return tag("div", {"class": "journey"}, tag("div", {"class": "beholder"}, picture), tag("ul", {}, *rows))
