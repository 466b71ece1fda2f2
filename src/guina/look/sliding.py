"""Convolution in numbers: a filter lies on a window of the input; what lies on each other is multiplied, then summed.

Four grids side by side: the input with the window, the filter, their products, the output with the place that the sum
goes to; below, the sum written out. The page is a whole explanation as it stands; the script only moves the window.
"""

import json
from dataclasses import dataclass

import numpy as np

from guina.look.markup import Child, Markup, counted, join, tag
from guina.panels import Sliding

CELL = 38  # pixels of a cell in its view box
EXACT = 1e-6  # float32 writes 0.3 as 0.30000001
MOST_DECIMALS = 2


@dataclass(frozen=True)
class Walk:
    """All that is shown of one panel: the input with its border of zeros, and how many decimals its numbers have."""

    padded_HW: np.ndarray
    kernel_KK: np.ndarray
    output_hw: np.ndarray
    stride: int
    padding: int
    decimals: tuple[int, int, int]  # of the input, the filter, and of products and sums
    exact: bool  # whether the decimals show the numbers as they are, so that the sum can be checked by hand

    def window(self, i: int, j: int) -> np.ndarray:
        """What lies under the filter when it makes output i, j."""
        top, left, side = i * self.stride, j * self.stride, len(self.kernel_KK)
        return self.padded_HW[top : top + side, left : left + side]


def walk(panel: Sliding) -> Walk:
    """The panel, ready to be drawn.

    Example:
        >>> w = walk(Sliding("", "", np.eye(2), np.array([[0.5]]), np.eye(2) / 2, stride=1, padding=0))
        >>> w.decimals, w.exact
        ((0, 1, 1), True)
    """
    padded_HW = np.pad(np.asarray(panel.input_HW, np.float64), panel.padding)
    kernel_KK, output_hw = np.asarray(panel.kernel_KK, np.float64), np.asarray(panel.output_hw, np.float64)
    of_input, of_kernel = decimals(padded_HW), decimals(kernel_KK)
    exact = max(of_input, of_kernel) <= MOST_DECIMALS
    of_input, of_kernel = min(of_input, MOST_DECIMALS), min(of_kernel, MOST_DECIMALS)
    shown = (of_input, of_kernel, of_input + of_kernel if exact else MOST_DECIMALS)
    return Walk(padded_HW, kernel_KK, output_hw, panel.stride, panel.padding, shown, exact)


def decimals(values: np.ndarray) -> int:
    """How many decimals write the values as they are; `MOST_DECIMALS` + 1 if more than we show.

    Example:
        >>> decimals(np.array([1.0, -0.25])), decimals(np.array([1 / 3]))
        (2, 3)
    """
    for places in range(MOST_DECIMALS + 1):
        if np.abs(values - np.round(values, places)).max(initial=0) < EXACT:
            return places
    return MOST_DECIMALS + 1


def fixed(value: float, places: int) -> str:
    """A number with so many decimals and a true minus sign, as pictures.js writes it too."""
    written = f"{value:.{places}f}"
    return written.replace("-", "−") if float(written) else f"{0:.{places}f}"


def draw_sliding(panel: Sliding) -> Markup:
    """The grids, the sum and the buttons. It begins where the output is furthest from zero."""
    w = walk(panel)
    h, wide = w.output_hw.shape
    i, j = (int(at) for at in np.unravel_index(np.abs(w.output_hw).argmax(), w.output_hw.shape))
    K, window_KK = len(w.kernel_KK), w.window(i, j)
    border = f", with a border of {counted('zero', panel.padding)}" if panel.padding else ""
    height, width = panel.input_HW.shape
    grids = [
        draw_grid("input", w.padded_HW, w.decimals[0], (i * w.stride, j * w.stride, K), w.padding),
        draw_grid("filter", w.kernel_KK, w.decimals[1], None),
        draw_grid("products", window_KK * w.kernel_KK, w.decimals[2], None),
        draw_grid("output", w.output_hw, w.decimals[2], (i, j, 1)),
    ]
    captions = [f"input, {height}×{width}{border}", f"filter, {K}×{K}", "products", f"output, {h}×{wide}"]
    signs = ["×", "=", "Σ", None]
    figures: list[Child] = []
    for grid, caption, sign in zip(grids, captions, signs, strict=True):
        figures.append(tag("figure", {}, grid, tag("figcaption", {}, caption)))
        figures.append(tag("span", {"class": "sign", "aria-hidden": "true"}, sign) if sign else None)
    return tag(
        "div",
        {"class": "sliding", "data-sliding": data(w), "data-row": i, "data-column": j},
        tag("div", {"class": "grids"}, *figures),
        tag("p", {"class": "sum", "aria-live": "polite"}, *draw_sum(w, i, j)),
        draw_steps(w, i, j),
    )


def data(w: Walk) -> str:
    """What the script needs to move the window, as JSON."""
    return json.dumps(
        {
            "input": w.padded_HW.tolist(),
            "kernel": w.kernel_KK.tolist(),
            "output": w.output_hw.tolist(),
            "stride": w.stride,
            "decimals": w.decimals,
            "equals": "=" if w.exact else "≈",
        }
    )


def draw_sum(w: Walk, i: int, j: int) -> list[Child]:
    """The sum of products, written out: what is multiplied, and what comes out."""
    terms = " + ".join(
        f"{factor(x, w.decimals[0])}·{factor(k, w.decimals[1])}"
        for x, k in zip(w.window(i, j).flat, w.kernel_KK.flat, strict=True)
    )
    value = tag("b", {}, fixed(w.output_hw[i, j], w.decimals[2]))
    return [tag("span", {}, terms), f" {'=' if w.exact else '≈'} ", value]


def factor(value: float, places: int) -> str:
    """A number in a product; in parentheses where it is negative."""
    written = fixed(value, places)
    return f"({written})" if written.startswith("−") else written


def draw_steps(w: Walk, i: int, j: int) -> Markup:
    """The buttons; hidden until the script can serve them."""
    h, wide = w.output_hw.shape
    buttons = (
        tag("button", {"type": "button", "data-step": step, "aria-label": label}, sign)
        for step, sign, label in ((-1, "←", "one place back"), (1, "→", "one place on"))
    )
    place = tag("output", {}, f"row {i + 1} of {h}, column {j + 1} of {wide}")
    keys = tag("span", {"class": "note"}, "Arrow keys move it too, in all four directions.")
    return tag("div", {"class": "steps", "hidden": True}, *buttons, place, keys)


def draw_grid(
    name: str, values: np.ndarray, places: int, window: tuple[int, int, int] | None, padding: int = 0
) -> Markup:
    """A grid of numbers, tinted by sign and size, with a frame around a window (row, column, side)."""
    height, width = values.shape
    most = np.abs(values).max(initial=0) or 1.0
    drawn: list[Child] = []
    for (r, c), value in np.ndenumerate(values):
        outside = min(r, c, height - 1 - r, width - 1 - c) < padding
        tint = {"class": "minus" if value < 0 else "plus", "fill-opacity": 0.55 * abs(value) / most}
        square = {"x": c * CELL, "y": r * CELL, "width": CELL, "height": CELL}
        drawn.append(tag("rect", square | tint))
        at = {"x": (c + 0.5) * CELL, "y": (r + 0.5) * CELL + 4, "class": "border" if outside else None}
        drawn.append(tag("text", at, fixed(value, places)))
    drawn += [line for n in range(height + 1) for line in hairline(0, n, width, n)]
    drawn += [line for n in range(width + 1) for line in hairline(n, 0, n, height)]
    if window:
        row, column, side = window
        corner = {"x": column * CELL, "y": row * CELL, "width": side * CELL, "height": side * CELL}
        drawn.append(tag("rect", {"class": "window", **corner}))
    label = f"{name}, {height} by {width}: " + "; ".join(" ".join(fixed(v, places) for v in row) for row in values)
    size = {"viewBox": f"-2 -2 {width * CELL + 4} {height * CELL + 4}", "width": width * CELL + 4}
    return tag("svg", {"class": f"cells-{name}", "role": "img", "aria-label": label, **size}, join(drawn))


def hairline(x1: int, y1: int, x2: int, y2: int) -> list[Markup]:
    return [tag("line", {"class": "grid", "x1": x1 * CELL, "y1": y1 * CELL, "x2": x2 * CELL, "y2": y2 * CELL})]
