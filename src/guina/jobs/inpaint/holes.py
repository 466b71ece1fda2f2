"""Which pixels of a user's picture are its hole: by a mask, boxes, a colour, or what is transparent.

White is the hole, as in LaMa's masks and those of most editors. What was taken for it is said, and how much of the
picture it is, so that a mask the other way round is seen.

Axes: H W pixels, C channels.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor, ImageFilter

from guina.data.images import Note
from guina.data.pictures import SUFFIXES
from guina.errors import GuinaError
from guina.jobs.inpaint.mask_files import read_mask

OPAQUE = 128  # of 255, from which a pixel is seen
NEAR = 24  # levels by which red, green and blue may differ from the hole's colour
DEEP = 4  # folders below one another that a folder of masks may have like the pictures
BLED = 3  # pixels by which a colour runs into its surroundings in a JPEG, which has one colour for two by two pixels
A_HOLE = "--mask FILE (white is the hole), --box X,Y,WIDTH,HEIGHT, --hole-color '#rrggbb', or transparent pixels"
SOME_PIXELS = "some pixels of the picture that are not the hole: it is filled by what is around it"
TURN_ROUND = " (white is the hole: turn the mask round with an image editor if that is the wrong way)"

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Hole:
    """The hole of a picture, and what there is to say of it.

    Args:
        where_HW: of bool, true where the hole is.
    """

    where_HW: np.ndarray
    said: tuple[str, ...]


def hole_of(
    size: tuple[int, int],
    mask: Path | str | bytes | np.ndarray | None,
    boxes: Sequence[Box],
    colour: str,
    pixels_HWC: np.ndarray,
    alpha_HW: np.ndarray | None = None,
    tolerance: int = NEAR,
) -> Hole:
    """Where a picture's hole is: all that a mask, boxes and a colour name together; without them, what is transparent.

    Args:
        size: the picture's height and width, as it is seen (turned as EXIF says).
        mask: a file or its bytes, or an array; one of another size but the same shape is scaled.
        boxes: left, top, width and height of each; what lies outside of the picture is cut.
        colour: what the hole was painted with, see `parse_colour`; "": none.
        pixels_HWC: the picture, uint8.
        alpha_HW: how opaque it is, from 0 to 255; None: it is everywhere.
        tolerance: levels by which a pixel may differ from the colour.

    Raises:
        GuinaError: there is nothing that says where the hole is, it cannot be used, or nothing is left besides it.

    Example:
        >>> hole = hole_of((4, 6), None, [(1, 1, 2, 3)], "", np.zeros((4, 6, 3), np.uint8))
        >>> int(hole.where_HW.sum()), hole.said
        (6, ('fills 25% of the picture',))
    """
    where_HW = np.zeros(size, bool)
    said: list[str] = []
    if mask is not None:
        where_HW = read_mask(mask, size, said.append)
    for box in boxes:
        where_HW = where_HW | inside(box, size, said.append)
    if colour:
        where_HW = where_HW | painted(pixels_HWC, colour, tolerance, said.append)
    if mask is None and not boxes and not colour:
        if alpha_HW is None or int(alpha_HW.min()) >= OPAQUE:
            raise GuinaError("nothing says which part of the picture is to be filled", A_HOLE, "name one of them")
        where_HW = alpha_HW < OPAQUE
        said.append("what is transparent is the hole")
    share = float(where_HW.mean())
    if share == 1:
        raise GuinaError("the hole is the whole picture: nothing is left to go by", SOME_PIXELS, "make it smaller")
    if share == 0:
        said.append("there is no hole")
    else:
        said.append(f"fills {percent(share)} of the picture{TURN_ROUND if mask is not None and share > 0.5 else ''}")
    return Hole(where_HW, tuple(said))


def inside(box: Box, size: tuple[int, int], note: Note) -> np.ndarray:
    """H×W of bool: what of a box lies in the picture."""
    (left, top, width, height), (H, W) = box, size
    right, bottom = left + width, top + height
    name = ",".join(map(str, box))
    if right <= 0 or bottom <= 0 or left >= W or top >= H or min(width, height) < 1:
        raise GuinaError(f"box {name}: nothing of it is in the picture", f"a box within {W}×{H} pixels", "move it")
    if left < 0 or top < 0 or right > W or bottom > H:
        note(f"box {name} is cut at the edge of the picture")
    where_HW = np.zeros(size, bool)
    where_HW[max(0, top) : bottom, max(0, left) : right] = True
    return where_HW


def painted(pixels_HWC: np.ndarray, colour: str, tolerance: int, note: Note) -> np.ndarray:
    """H×W of bool: the pixels of a colour; where they are not quite that, as after JPEG, their surroundings too."""
    seen_HWC = pixels_HWC[:, :, : 3 if pixels_HWC.shape[2] >= 3 else 1].astype(np.int16)
    off_HW = np.abs(seen_HWC - np.array(parse_colour(colour), np.int16)).max(2)
    where_HW = off_HW <= tolerance
    if not where_HW.any():
        note(f"no pixel is {colour}")
    elif off_HW[where_HW].any():
        note(f"some pixels are only nearly {colour}: what is within {BLED} pixels of them is filled too")
        grown = Image.fromarray(where_HW.view(np.uint8)).filter(ImageFilter.MaxFilter(2 * BLED + 1))
        where_HW = np.asarray(grown).view(bool)
    return where_HW


def percent(share: float) -> str:
    """A share in words, never 0% or 100% of what is neither.

    Example:
        >>> percent(0.1234), percent(0.0034), percent(0.00001), percent(0.9999)
        ('12%', '0.3%', 'less than 0.1%', 'over 99%')
    """
    if share < 0.001:
        return "less than 0.1%"
    if share > 0.99:
        return "over 99%"
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"


def parse_boxes(text: str) -> tuple[Box, ...]:
    """Boxes as they are typed: left, top, width and height, in pixels.

    Raises:
        GuinaError: a box is not four whole numbers, or has no pixel.

    Example:
        >>> parse_boxes("10,20,30,40; 5,5,8,8")
        ((10, 20, 30, 40), (5, 5, 8, 8))
    """
    boxes = []
    for part in filter(None, map(str.strip, text.split(";"))):
        numbers = part.split(",")
        if len(numbers) != 4 or not all(re.fullmatch(r"\s*-?[0-9]{1,9}\s*", number) for number in numbers):
            raise GuinaError(f"--box {part}", "X,Y,WIDTH,HEIGHT in whole pixels, such as 10,20,30,40", "write it so")
        left, top, width, height = map(int, numbers)
        if min(width, height) < 1:
            raise GuinaError(f"--box {part}: {width}×{height} pixels", "a width and a height of 1 or more", "widen it")
        boxes.append((left, top, width, height))
    return tuple(boxes)


def parse_colour(text: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour as it is typed, with or without the # that shells take for a comment.

    Raises:
        GuinaError: it is no colour.

    Example:
        >>> parse_colour("#ff00ff"), parse_colour("FF00FF"), parse_colour("magenta")
        ((255, 0, 255), (255, 0, 255), (255, 0, 255))
    """
    bare = text.strip()
    try:
        return ImageColor.getrgb(f"#{bare}" if re.fullmatch("[0-9a-fA-F]{6}", bare) else bare)[:3]
    except ValueError:
        raise GuinaError(f"--hole-color {text}", "a colour such as '#ff00ff'", "write it so, in quotes") from None


def mask_for(picture: Path, masks: Path) -> Path:
    """The mask of a picture: in a folder of masks the one of the picture's name, with any extension, in folders called
    as the picture's are or in none; a file is of all.

    Raises:
        GuinaError: there is none, or more than one.
    """
    if not masks.is_dir():
        return masks
    endings = [picture.suffix, *(suffix for known in SUFFIXES.values() for suffix in known)]
    names = dict.fromkeys(picture.stem + way(ending) for ending in endings for way in (str, str.lower, str.upper))
    found: dict[tuple[int, int], Path] = {}
    for depth in range(min(DEEP, len(picture.parent.parts)), -1, -1):  # first where masks have the pictures' folders
        folder = masks.joinpath(*picture.parent.parts[len(picture.parent.parts) - depth :]) if depth else masks
        found = {  # by file: where names of either case are the same, it is found by both
            (path.stat().st_dev, path.stat().st_ino): path
            for path in (folder / name for name in names)
            if path.is_file() and not (picture.exists() and path.samefile(picture))
        }
        if found:
            break
    several = sorted(path.name for path in found.values())
    if not found:
        raise GuinaError(f"no mask of {picture.name} in {masks}", f"a file such as {picture.stem}.png", "add it")
    if len(found) > 1:
        raise GuinaError(f"{' and '.join(several)} in {masks}", f"one mask of {picture.name}", "take the others away")
    return next(iter(found.values()))
