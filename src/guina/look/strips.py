"""Rows of small pictures under names: a contact sheet, what excites a filter, one picture treated in several ways."""

from guina.look.markup import Child, Markup, tag
from guina.look.pictures import draw_picture
from guina.panels import Strips

SMALL, LARGE = 160, 240  # pixels of a side; larger ones are shown reduced


def draw_strips(panel: Strips) -> Markup:
    """A list; each item is a name, a note, and its pictures in a row that wraps."""
    items: list[Child] = []
    largest = LARGE if panel.large else SMALL
    for strip in panel.strips:
        head = tag("p", {}, tag("b", {}, strip.name), tag("small", {}, strip.note) if strip.note else None)
        alts = strip.captions or [f"{strip.name}, {n}" for n in range(1, len(strip.pictures) + 1)]
        images = [
            tag(
                "figure",
                {},
                draw_picture(picture, alt, smooth=panel.smooth, largest=largest),
                tag("figcaption", {}, alt) if strip.captions else None,
            )
            for picture, alt in zip(strip.pictures, alts, strict=True)
        ]
        items.append(tag("li", {}, head, tag("div", {"class": "strip-row"}, *images)))
    return tag("ul", {"class": "strips large" if panel.large else "strips"}, *items)
