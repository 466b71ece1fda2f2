"""What is taken for what: a table of counts whose cells open onto their pictures.

Every cell with examples is a link to them, so the table works with keys, by touch, read aloud, and without a script;
the script only spares the jump. A cell's colour is the stronger the larger its share of its row; the diagonal, which is
right, has a colour of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guina.look.markup import Child, Markup, counted, join, percent, tag
from guina.look.pictures import draw_captioned
from guina.look.table import scrolling
from guina.panels import Confusion

MOST_CLASSES = 24  # in the table; of more, those with the most mistakes
MOST_IN_A_TABLE = 60  # of more classes a table would be nearly empty: a list of mistakes says more
NARROW = 12  # classes whose table leaves room for pictures beside it
MOST_PAIRS = 6  # in the list of what is confused most often
MOST_LISTED, MOST_PER_PAIR = 48, 4  # pairs in the list that stands for a table, and their pictures
MOST_PICTURES = 400  # in the page
PIXELS = 128  # the longest side of a picture in a cell
SHADES = 9  # charts.css knows shade0 … shade9


@dataclass(frozen=True)
class ConfusionCell:
    """The examples of class i that were answered with class j: how many, of how many in the row."""

    i: int
    j: int
    count: int
    total: int

    @property
    def share(self) -> float:
        return self.count / self.total

    @property
    def right(self) -> bool:
        return self.i == self.j


def draw_confusion(panel: Confusion, place: str) -> Markup:
    """The table, the pictures of its cells, and the most frequent mistakes.

    Args:
        place: the panel's id on the page, which begins the ids of its cells.
    """
    cells = find_cells(panel.counts)
    if not cells:
        return tag("p", {"class": "note"}, "There are no answers to count.")
    wrong = sorted((c for c in cells if not c.right), key=lambda c: -c.count)
    K = len(panel.classes)
    if K > MOST_IN_A_TABLE and wrong:
        return draw_list(panel, wrong, place)
    shown = classes_to_show(panel.counts, K)
    visible = [cell for cell in cells if cell.i in shown and cell.j in shown]
    pairs = wrong[:MOST_PAIRS]
    opened = [*pairs, *(cell for cell in visible if cell not in pairs)]
    return tag(
        "div",
        {"class": "confusion" if len(shown) <= NARROW else "confusion broad"},
        tag("div", {}, draw_matrix(panel, shown, place), draw_key(K, shown)),
        tag("div", {"class": "beside"}, draw_cells(panel, opened, place), draw_pairs(panel, pairs, place)),
    )


def draw_list(panel: Confusion, wrong: list[ConfusionCell], place: str) -> Markup:
    """The most frequent mistakes of many classes, each with its pictures."""
    shown = wrong[:MOST_LISTED]
    told = f"{counted('answer', sum(panel.counts.values()))} of {len(panel.classes):,} classes: "
    told += f"{counted('pair', len(wrong))} of classes are taken for each other. "
    told += "These are the most frequent." if len(shown) < len(wrong) else "Here is each."
    items = [
        tag(
            "li",
            {"id": cell_id(place, cell)},
            tag("p", {}, join([panel.classes[cell.i], tag("i", {}, " taken for "), panel.classes[cell.j]])),
            tag("p", {"class": "note"}, amount(cell)),
            draw_examples(panel.examples.get((cell.i, cell.j), [])[:MOST_PER_PAIR]),
        )
        for cell in shown
    ]
    return join([tag("p", {"class": "note"}, told), tag("ol", {"class": "mistaken"}, *items)])


def find_cells(counts: Mapping[tuple[int, int], int]) -> list[ConfusionCell]:
    """All cells that are not empty, row by row."""
    total: Counter[int] = Counter()
    for (i, _), n in counts.items():
        total[i] += n
    return [ConfusionCell(i, j, n, total[i]) for (i, j), n in sorted(counts.items()) if n]


def classes_to_show(counts: Mapping[tuple[int, int], int], K: int, most: int = MOST_CLASSES) -> list[int]:
    """The classes of the table, in their order: all, or those with the most mistakes, made in them or for them."""
    mistakes: Counter[int] = Counter()
    for (i, j), n in counts.items():
        if i != j:
            mistakes[i] += n
            mistakes[j] += n
    return sorted(sorted(range(K), key=lambda k: -mistakes[k])[:most])


def cell_id(place: str, cell: ConfusionCell) -> str:
    return f"{place}-{cell.i}-{cell.j}"


def describe(panel: Confusion, cell: ConfusionCell) -> str:
    """A cell as a sentence."""
    i, j = panel.classes[cell.i], panel.classes[cell.j]
    return f"{i}, recognised" if cell.right else f"{i}, taken for {j}"


def amount(cell: ConfusionCell) -> str:
    """How many, of how many, and what share that is."""
    return f"{cell.count:,} of {cell.total:,} ({percent(cell.share)})"


def shade(cell: ConfusionCell) -> str:
    """The CSS class of a cell's colour. Mistakes are rare and must be seen: theirs is full at two fifths of the row."""
    depth = cell.share if cell.right else min(1.0, cell.share / 0.4) ** 0.5
    return f"{'right' if cell.right else 'wrong'} shade{round(SHADES * depth)}"


def draw_matrix(panel: Confusion, shown: list[int], place: str) -> Markup:
    """The table: a row for each true class, a column for each answer."""
    cells = {(cell.i, cell.j): cell for cell in find_cells(panel.counts)}
    head = [tag("td", {}, tag("span", {}, "true ↓"), tag("span", {}, "answer →"))]
    head += [tag("th", {"scope": "col"}, tag("span", {"title": panel.classes[j]}, panel.classes[j])) for j in shown]
    rows = [tag("tr", {}, *head)]
    for i in shown:
        row = [tag("th", {"scope": "row"}, tag("span", {"title": panel.classes[i]}, panel.classes[i]))]
        row += [draw_cell(panel, cells.get((i, j)), place) for j in shown]
        rows.append(tag("tr", {}, *row))
    many = " many" if len(shown) > 12 else ""
    upright = " upright" if max(len(panel.classes[j]) for j in shown) <= 2 else ""
    table = tag("table", {"class": f"matrix{many}{upright}"}, tag("thead", {}, rows[0]), tag("tbody", {}, *rows[1:]))
    return scrolling(panel.title, table)


def draw_cell(panel: Confusion, cell: ConfusionCell | None, place: str) -> Markup:
    """One count, which is a link to its pictures; a dot where nothing was counted."""
    if cell is None:
        return tag("td", {"class": "none"}, "·")
    label = f"{describe(panel, cell)}: {amount(cell)}"
    link = {"href": f"#{cell_id(place, cell)}", "aria-label": label, "title": label, "data-row": cell.i}
    return tag("td", {"class": shade(cell)}, tag("a", link | {"data-column": cell.j}, f"{cell.count:,}"))


def draw_key(K: int, shown: list[int]) -> Markup:
    """How to read the colours, and what was left out."""
    key: list[Child] = [
        tag("span", {"class": "swatch right shade7"}),
        "right ",
        tag("span", {"class": "swatch wrong shade5"}),
        "wrong; the stronger, the larger the share of its row. ",
        tag("span", {"class": "screen"}, "Tab, arrow keys or a tap choose a cell and show its pictures."),
    ]
    if len(shown) < K:
        key.append(f" Of {K} classes these are the {len(shown)} with the most mistakes.")
    return tag("p", {"class": "note"}, *key)


def draw_cells(panel: Confusion, cells: list[ConfusionCell], place: str) -> Markup:
    """The pictures of every cell, one cell seen at a time: at first the most frequent mistake."""
    left = MOST_PICTURES
    drawn: list[Child] = []
    for n, cell in enumerate(cells):
        examples = panel.examples.get((cell.i, cell.j), [])[:left]
        left -= len(examples)
        drawn.append(
            tag(
                "div",
                {"class": "cell first" if n == 0 else "cell", "id": cell_id(place, cell)},
                tag("h3", {}, describe(panel, cell)),
                tag("p", {"class": "note"}, amount(cell) + ("" if examples else "; no pictures kept")),
                draw_examples(examples),
            )
        )
    return tag("div", {"class": "cells", "aria-live": "polite"}, *drawn)


def draw_examples(examples: Sequence[tuple[np.ndarray, str]]) -> Markup | None:
    """The pictures of a cell with their names, where there are any."""
    figures = [draw_captioned(picture, f"\n{name}", largest=PIXELS) for picture, name in examples]
    return tag("ul", {"class": "pictures"}, *(tag("li", {}, figure) for figure in figures)) if figures else None


def draw_pairs(panel: Confusion, pairs: list[ConfusionCell], place: str) -> Markup:
    """The most frequent mistakes as a list of links."""
    if not pairs:
        return tag("p", {"class": "note"}, f"All of {counted('answer', sum(panel.counts.values()))} are right.")
    items = []
    for cell in pairs:
        link = {"href": f"#{cell_id(place, cell)}", "data-row": cell.i, "data-column": cell.j}
        names = join([panel.classes[cell.i], tag("i", {}, " taken for "), panel.classes[cell.j]])
        items.append(tag("li", {}, tag("a", link, tag("span", {}, names), tag("b", {}, f"{cell.count:,}"))))
    return join([tag("h3", {}, "Most frequent mistakes"), tag("ol", {"class": "pairs"}, *items)])
