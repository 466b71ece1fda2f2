"""Heat maps: values from −1 to 1 as a small PNG that lets the paper through where they are near zero.

Blue and orange are told apart in all common kinds of colour blindness. As strength is opacity, the same picture is
right on white and on black paper; as it has few levels, it is small, and smooth scaling hides them.
"""

import io
from base64 import b64encode

import numpy as np
from PIL import Image

LOW, HIGH = (226, 106, 16), (30, 116, 208)  # the colours of −1 and 1
STRONGEST = 172  # of 255: their opacity, so that what is drawn on them stands out
LEVELS = 40  # to each side of zero
LARGEST = 72  # values a side; more are reduced, since a scene is a few hundred pixels wide


def heat_uri(values_HW: np.ndarray) -> str:
    """Values as a data: URI of a PNG with one pixel each; what is no number is 0, what lies beyond −1 … 1 is an end.

    Example:
        >>> heat_uri(np.zeros((2, 2)))[:32]
        'data:image/png;base64,iVBORw0KGg'
    """
    values_HW = np.clip(np.nan_to_num(np.asarray(values_HW, np.float64), posinf=1, neginf=-1), -1, 1)
    smaller = Image.fromarray(values_HW.astype(np.float32))
    height, width = values_HW.shape
    size = (min(width, LARGEST), min(height, LARGEST))
    if smaller.size != size:
        smaller = smaller.resize(size, Image.Resampling.BOX)
    levels_HW = np.rint(np.asarray(smaller) * LEVELS).astype(np.int64) + LEVELS
    image = Image.fromarray(levels_HW.astype(np.uint8), "P")
    strengths = range(-LEVELS, LEVELS + 1)
    image.putpalette([part for level in strengths for part in (LOW if level < 0 else HIGH)])
    opacity = bytes(round(STRONGEST * abs(level) / LEVELS) for level in strengths)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, transparency=opacity)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode("ascii")
