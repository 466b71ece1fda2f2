"""What each output token drew on: a table of weights between tokens, or a picture of them along a recording's frames.

A weight is a class, because the page's policy lets no element carry a style of its own. In numbers it is a cell's
title; the script shows it below the table and moves with the arrow keys.
"""

import unicodedata

import numpy as np

from guina.look.markup import Child, Markup, join, number, tag, visible
from guina.look.table import scrolling
from guina.look.timeline import AXIS, draw_axis, ink_uri
from guina.panels import Alignment, Alignments

LEVELS = 10  # texts.css knows w1 … w10
CURVE = 0.7  # the power of a weight that its level goes by: small ones are seen
LEAST = 0.005  # that is not printed as 0.00
SPACIOUS = 20  # tokens a side that leave room for large cells
MOST_COLUMNS = 80  # that are labelled one by one
ROW, LETTER = 20, 8  # pixels of a row and of a letter, where the columns are frames
LONGEST = 16  # letters of a label there
KEY = (0.1, 0.25, 0.5, 0.75, 1.0)


def draw_alignments(panel: Alignments) -> Markup:
    """What the shades mean, then each example under its name."""
    if not panel.alignments:
        return tag("p", {"class": "note"}, "There are no examples.")
    told: list[Child] = ["Each row is a token of the output."]
    if any(by_token(alignment) for alignment in panel.alignments):
        key = [join([tag("span", {"class": f"swatch {weight_class(weight)}"}), number(weight)]) for weight in KEY]
        told = [tag("span", {"class": "key"}, "weight", *key), " ", *told, " Choose a place to read its weight."]
    figures = map(draw_alignment, panel.alignments)
    return tag("div", {"class": "alignments"}, tag("p", {"class": "note"}, *told), *figures)


def by_token(alignment: Alignment) -> bool:
    """Whether the columns are few enough to be labelled one by one."""
    return 0 < len(alignment.columns) <= MOST_COLUMNS


def draw_alignment(alignment: Alignment) -> Markup:
    """One example."""
    weights_RC = np.clip(np.nan_to_num(np.asarray(alignment.weights_RC, np.float64)), 0, 1)
    R, C = weights_RC.shape
    assert len(alignment.rows) == R, (len(alignment.rows), R)
    assert len(alignment.columns) in (0, C), (len(alignment.columns), C)
    note = tag("small", {"dir": "auto"}, alignment.note) if alignment.note else None
    caption = tag("figcaption", {}, tag("b", {"dir": "auto"}, alignment.name), note)
    if not weights_RC.size:
        return tag("figure", {"class": "alignment"}, caption, tag("p", {"class": "note"}, "It is empty."))
    if by_token(alignment):
        return tag("figure", {"class": "alignment"}, caption, draw_matrix(alignment, weights_RC), tag("output", {}))
    return tag("figure", {"class": "alignment by-frame"}, caption, draw_frames_of(alignment, weights_RC))


def weight_class(weight: float) -> str | None:
    """The class of a weight: "w1" … "w10"; None for what is nearly zero.

    Example:
        >>> weight_class(1.0), weight_class(0.1), weight_class(0.001)
        ('w10', 'w2', None)
    """
    level = round(LEVELS * min(1.0, weight) ** CURVE)
    return f"w{level}" if level else None


def direction(label: str) -> str | None:
    """The class of a column's label: Chinese and its like stand upright, letter below letter, and so does what is one
    letter alone; the rest is turned.

    Example:
        >>> direction("朋友"), direction("c"), direction("cat")
        ('stacked', 'stacked', None)
    """
    upright = len(label) == 1 or (label and all(unicodedata.east_asian_width(letter) in "WF" for letter in label))
    return "stacked" if upright else None


def draw_matrix(alignment: Alignment, weights_RC: np.ndarray) -> Markup:
    """The table: a row for each token of the output, a column for each of the input."""
    rows, columns = ([visible(token) for token in tokens] for tokens in (alignment.rows, alignment.columns))
    corner = tag("td", {}, tag("span", {}, "output ↓"), tag("span", {}, "input →"))
    head = [
        tag("th", {"scope": "col"}, tag("span", {"class": direction(column), "dir": "auto"}, column))
        for column in columns
    ]
    body: list[Child] = []
    for row, weights_C in zip(rows, weights_RC, strict=True):
        cells = (draw_weight(row, column, float(w)) for column, w in zip(columns, weights_C, strict=True))
        body.append(tag("tr", {}, tag("th", {"scope": "row"}, tag("span", {"dir": "auto"}, row)), *cells))
    look = "weights" if max(len(rows), len(columns)) <= SPACIOUS else "weights many"
    table = tag("table", {"class": look}, tag("thead", {}, tag("tr", {}, corner, *head)), tag("tbody", {}, *body))
    return scrolling(alignment.name, table)


def draw_weight(row: str, column: str, weight: float) -> Markup:
    """One cell; its title says how much it is of what, the number first, where right-to-left words leave it alone."""
    title = f"{weight:.2f} of “{row}” is from “{column}”" if weight >= LEAST else None
    return tag("td", {"class": weight_class(weight), "title": title})


def draw_frames_of(alignment: Alignment, weights_RC: np.ndarray) -> Markup:
    """The weights as a picture with a row for each token, over the seconds of the recording, or numbered columns.

    They are spread over many frames, so the strongest has all the ink, and its weight is said.
    """
    (R, C), strongest = weights_RC.shape, weights_RC.max()
    labels = [visible(token) for token in alignment.rows]
    labels = [label if len(label) <= LONGEST else label[: LONGEST - 1] + "…" for label in labels]
    width, height = LETTER * max(map(len, labels)) + 12, R * ROW
    beside = (
        tag("text", {"class": "end label", "x": width - 8, "y": r * ROW + 14}, label) for r, label in enumerate(labels)
    )
    length, unit = (alignment.step * C, " s") if alignment.step else (C, "")
    over: list[Child] = []
    for r, (label, weights_C) in enumerate(zip(labels, weights_RC, strict=True)):
        most = int(weights_C.argmax())
        if alignment.columns:
            title = f"{weights_C[most]:.2f} of “{label}” is from “{visible(alignment.columns[most])}”, the most of it"
        else:
            title = f"{weights_C[most]:.2f} at {number((most + 0.5) * length / C, 3)}{unit} is the most of “{label}”"
        row = tag("rect", {"class": "stretch", "x": 0, "y": r * ROW, "width": "100%", "height": ROW})
        over.append(tag("g", {"class": "segment"}, tag("title", {}, title), row))
        over.append(tag("line", {"class": "grid", "x1": 0, "x2": "100%", "y1": r * ROW, "y2": r * ROW}))
    strengths = (weights_RC / (strongest or 1.0)) ** CURVE
    picture = {"class": "strengths ink squares", "src": ink_uri(strengths), "width": C, "height": R}
    words = f"{R} tokens by {C} columns; the strongest weight is {strongest:.2f}"
    over.append(draw_axis(height, length, unit.strip()))
    drawing = tag("svg", {"class": "over", "height": height + AXIS, "role": "img", "aria-label": words}, *over)
    tracks = tag("div", {"class": "tracks"}, tag("img", {**picture, "alt": alignment.name}), drawing)
    ruler = tag("svg", {"class": "ruler", "width": width, "height": height + AXIS, "aria-hidden": "true"}, *beside)
    timeline = tag("div", {"class": "timeline"}, ruler, scrolling(alignment.name, tracks))
    return join([timeline, tag("p", {"class": "note"}, f"The strongest weight here is {strongest:.2f}.")])
