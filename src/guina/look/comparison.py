"""Pictures before and after: beside each other, or, where there is a script, one over the other under a slider.

The slider is an <input type=range> as large as the picture, so that it answers to the pointer, to touch and to the
arrow keys; what is seen of it is a line with a handle.
"""

import numpy as np

from guina.look.markup import Child, Markup, tag
from guina.look.pictures import draw_picture
from guina.panels import Comparison, PicturePair

HANDLE = "M-4-4l-4 4 4 4M4-4l4 4-4 4"


def draw_comparison(panel: Comparison) -> Markup:
    """A list of pairs, each with its caption, and how to use the slider."""
    if not panel.pairs:
        return tag("p", {"class": "note"}, "There are no pictures.")
    hint = tag("p", {"class": "note hint", "hidden": True}, "Drag across a picture, or use Tab and the arrow keys.")
    look = "pairs-of-pictures" + (" with-truth" if any(pair.truth is not None for pair in panel.pairs) else "")
    items = (tag("li", {}, draw_pair(panel, pair, n)) for n, pair in enumerate(panel.pairs, 1))
    return tag("div", {"class": "comparison"}, hint, tag("ul", {"class": look}, *items))


def draw_pair(panel: Comparison, pair: PicturePair, n: int) -> Markup:
    """Before and after in one box, the truth in another, and what they show."""
    shape = pair.before.shape[:2]
    assert pair.after.shape[:2] == shape, (pair.after.shape, shape)
    assert pair.truth is None or pair.truth.shape[:2] == shape, (pair.truth.shape, shape)
    says, _, notes = pair.caption.partition("\n")
    name = says or f"pair {n}"
    slider = {"type": "range", "min": 0, "max": 100, "value": 50, "step": 1, "hidden": True}
    label = f"{name}: how much is seen of {panel.before}, the rest is {panel.after}"
    handle = tag(
        "svg",
        {"class": "handle", "viewBox": "-16 -16 32 32", "width": 32, "height": 32, "aria-hidden": "true"},
        tag("circle", {"r": 15}),
        tag("path", {"d": HANDLE}),
    )
    both = tag(
        "div",
        {"class": "both"},
        draw_side("side first", pair.before, panel.before, name, smooth=panel.smooth),
        draw_side("side second", pair.after, panel.after, name, smooth=panel.smooth),
        tag("input", {**slider, "aria-label": label}),
        tag("div", {"class": "divider", "aria-hidden": "true"}, handle),
    )
    truth = pair.truth
    beside = None if truth is None else draw_side("side truth", truth, panel.truth, name, smooth=panel.smooth)
    written: list[Child] = [tag("span", {"dir": "auto"}, says) if says else None]
    if notes:
        written.append(tag("small", {"title": notes}, notes.rpartition("/")[2]))  # of a path, its last name
    caption = tag("figcaption", {}, *written) if pair.caption else None
    return tag("figure", {"class": "compared"}, tag("div", {"class": "row"}, both, beside), caption)


def draw_side(look: str, picture: np.ndarray, label: str, name: str, *, smooth: bool) -> Markup:
    """A picture over its label."""
    image = draw_picture(picture, f"{name}, {label}", smooth=smooth)
    return tag("div", {"class": look}, image, tag("small", {"dir": "auto"}, label))
