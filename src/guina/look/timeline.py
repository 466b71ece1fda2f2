"""Drawings along an axis that is as long as the page is wide: places are shares of it, so that letters keep their size.

Where the letters need more room than the page has, the drawing is wider and scrolls in its own box.
"""

import io
from base64 import b64encode

import numpy as np
from PIL import Image

from guina.look.markup import Child, Markup, coordinate, join, tag
from guina.look.scale import tick_labels, tick_step

TICKS = 6  # about
AXIS = 24  # pixels of height
SHADES = 48
# colour and opacity from nothing to all; where the paper is dark, sounds.css trades dark for light and keeps the hue
INK = ((0.0, (70, 140, 220, 0)), (0.4, (40, 118, 198, 60)), (0.7, (10, 95, 174, 200)), (1.0, (8, 20, 56, 255)))


def at(share: float) -> str:
    """A place on the axis, 0 … 1, as SVG wants it.

    Example:
        >>> at(0.125)
        '12.5%'
    """
    return f"{coordinate(100 * share)}%"


def draw_axis(y: float, length: float, unit: str) -> Markup:
    """The axis at height y: ticks from 0 to its length, each with its unit ("" for none).

    Example:
        >>> draw_axis(10, 2.0, "s").count("<text")
        5
    """
    step = tick_step(0, length, TICKS) if length > 0 else 1.0
    values = [n * step for n in range(int(length / step + 1e-9) + 1)]
    drawn: list[Child] = [tag("line", {"class": "axis", "x1": 0, "x2": "100%", "y1": y, "y2": y})]
    for n, (value, label) in enumerate(zip(values, tick_labels(values), strict=True)):
        share = value / length if length > 0 else 0.0
        side = "start" if share < 0.02 else "end" if share > 0.96 else "middle"
        drawn.append(tag("line", {"class": "axis", "x1": at(share), "x2": at(share), "y1": y, "y2": y + 4}))
        look = f"{side} odd" if n % 2 else side  # where the page is narrow, every other label makes room
        drawn.append(tag("text", {"class": look, "x": at(share), "y": y + 18}, f"{label} {unit}".rstrip()))
    return join(drawn)


def ink_uri(strength_HW: np.ndarray) -> str:
    """Strengths from 0 to 1 as a data: URI of a PNG with one pixel each: the stronger, the more ink.

    Example:
        >>> ink_uri(np.zeros((2, 2)))[:32]
        'data:image/png;base64,iVBORw0KGg'
    """
    strength_HW = np.clip(np.nan_to_num(np.asarray(strength_HW, np.float64)), 0, 1)
    image = Image.fromarray(np.rint(strength_HW * (SHADES - 1)).astype(np.uint8), "P")
    places, colours = [place for place, _ in INK], np.array([colour for _, colour in INK], np.float64)
    shades = np.linspace(0, 1, SHADES)
    palette = np.stack([np.rint(np.interp(shades, places, channel)) for channel in colours.T], axis=1).astype(np.uint8)
    image.putpalette(palette[:, :3].tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return "data:image/png;base64," + b64encode(file.getvalue()).decode("ascii")
