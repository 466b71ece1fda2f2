"""Pieces of text whose units are shaded, and say what there is to say of them where one is chosen.

A shade is a class, because the page's policy lets no element carry a style of its own. What a unit has to say is its
title, so that the page works without a script, which shows it below the text and moves with the arrow keys.
"""

from guina.look.markup import Child, Markup, tag
from guina.panels import Passage, Passages

LEVELS = 8  # shades to each side
VISIBLE = {"\n": "↵\n", "\t": "⇥\t"}


def draw_passages(panel: Passages) -> Markup:
    """Each passage under its name, and what the shades mean."""
    key: list[Child] = []
    if panel.low:
        key += [tag("span", {"class": f"swatch-text d{LEVELS}"}, panel.low), " "]
    if panel.high:
        key += [tag("span", {"class": f"swatch-text u{LEVELS}"}, panel.high)]
    if any(passage.tips for passage in panel.passages):
        key += [" Choose a place, with the pointer or with Tab and the arrow keys, to see more."]
    return tag(
        "div",
        {"class": "passages"},
        tag("p", {"class": "note"}, *key) if key else None,
        *(draw_passage(passage) for passage in panel.passages),
    )


def draw_passage(passage: Passage) -> Markup:
    """The text, unit by unit."""
    units: list[Child] = []
    for n, unit in enumerate(passage.units):
        shade = shade_class(passage.shade_T[n]) if passage.shade_T else ""
        text = VISIBLE.get(unit, unit) if passage.shade_T else unit
        tip = passage.tips[n] if passage.tips else None
        units.append(tag("i", {"class": shade or None, "title": tip}, text) if shade or tip else text)
    return tag(
        "figure",
        {},
        tag("figcaption", {}, tag("b", {}, passage.name), tag("small", {}, passage.note) if passage.note else None),
        tag("pre", {"tabindex": 0 if passage.tips else None}, *units),
        tag("output", {}) if passage.tips else None,
    )


def shade_class(value: float) -> str:
    """The class of a shade: "u1" … "u8" above zero, "d1" … "d8" below, "" for what is nearly zero.

    Example:
        >>> shade_class(1.0), shade_class(-0.5), shade_class(0.01)
        ('u8', 'd4', '')
    """
    level = min(LEVELS, round(abs(value) * LEVELS))
    return f"{'u' if value > 0 else 'd'}{level}" if level else ""
