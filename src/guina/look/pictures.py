"""Pictures on the page: PNGs inside the HTML, and the grid that shows them with their captions."""

import io
from base64 import b64encode

import numpy as np
from PIL import Image

from guina.look.markup import Child, Markup, join, tag
from guina.panels import Pictures

LARGEST = 320  # pixels of a side; larger ones are shown reduced, as a page of photos should stay a page
SQUARES = 96  # up to this side, pixels stay square when enlarged


def data_uri(picture: np.ndarray, largest: int = LARGEST) -> str:
    """A uint8 picture, H×W or H×W×3, as a data: URI that holds a PNG with the same pixels.

    Args:
        largest: a picture with a longer side is reduced to it.

    Example:
        >>> data_uri(np.zeros((2, 2), np.uint8))[:32]
        'data:image/png;base64,iVBORw0KGg'
    """
    assert picture.dtype == np.uint8, picture.dtype
    image = Image.fromarray(np.ascontiguousarray(picture))
    if max(image.size) > largest:
        image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode("ascii")


def draw_picture(picture: np.ndarray, alt: str, *, smooth: bool = False, largest: int = LARGEST) -> Markup:
    """One picture as an <img>, its pixels kept square where it is small."""
    height, width = picture.shape[:2]
    shape = {"width": width, "height": height, "class": None if smooth or max(height, width) > SQUARES else "squares"}
    return tag("img", {"src": data_uri(picture, largest), "alt": alt, **shape})


def draw_captioned(picture: np.ndarray, caption: str, *, smooth: bool = False, largest: int = LARGEST) -> Markup:
    """A picture over its caption: the first line is what it says, the others are notes."""
    says, _, notes = caption.partition("\n")
    written: list[Child] = [tag("span", {}, says)]
    if notes:
        written.append(tag("small", {"title": notes}, notes.rpartition("/")[2]))  # of a path, its last name
    image = draw_picture(picture, says, smooth=smooth, largest=largest)
    return tag("figure", {}, image, tag("figcaption", {}, *written))


def draw_pictures(panel: Pictures) -> Markup:
    """The grid. Pictures without captions stand close together, as filters do."""
    assert len(panel.pictures) == len(panel.captions), (len(panel.pictures), len(panel.captions))
    if not any(panel.captions):
        images = (
            draw_picture(picture, f"{n} of {len(panel.pictures)}", smooth=panel.smooth)
            for n, picture in enumerate(panel.pictures, 1)
        )
        return tag("div", {"class": "tiles", "role": "group", "aria-label": panel.title}, *images)
    pairs = zip(panel.pictures, panel.captions, strict=True)
    figures = (draw_captioned(picture, caption, smooth=panel.smooth) for picture, caption in pairs)
    return tag("ul", {"class": "pictures"}, join(tag("li", {}, figure) for figure in figures))
