"""What can be asked of an edit, what it leaves of a picture, and what is said of it.

Axes: N pictures, H W pixels, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import PurePath
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F

from guina.errors import GuinaError, did_you_mean
from guina.nets.generator import NOISE

LOW, HIGH = 6.0, 60.0  # shades of 255: an edit that changes less touches nothing, one that changes more hides the rest
SIDE = 28  # pixels of a side for one of which what is touched is widened
BEST = 99.0  # dB, for what comes back as it was


@dataclass(frozen=True)
class EditOptions:
    """What pictures are moved to; without pictures, which directions are shown."""

    to: str = ""
    """a class: the same noise as another class"""
    along: int = 0
    """a direction by its number, as guina edit RUN shows them; 0: none"""
    by: float = 3.0
    """how far along a direction, in standard deviations; below 0: the other way"""
    directions: Literal["sefa", "pca"] = "sefa"
    """what the first layer enlarges most, or the principal components of its answers"""
    examples: tuple[str, str] = ("", "")
    """two folders, pictures with something and pictures without it: the direction from the latter to the former"""
    of: str = ""
    """the class that the pictures are of; nothing: it is found"""
    steps: int = 300
    """of inverting a picture; more come nearer to it"""
    seed: int = 0
    """without pictures: of the one that is shown along the directions"""


def check_edit(options: EditOptions, classes: Sequence[str], pictures: int) -> None:
    """Raise GuinaError where so many pictures cannot be edited so."""
    for flag, name in (("--to", options.to), ("--of", options.of)):
        if name and not classes:
            raise GuinaError(
                f"{flag} {name}: this generator knows no classes",
                "a run on class folders",
                f"leave {flag} out, or train with some",
            )
        if name and name not in classes:
            raise GuinaError(
                f"there is no class {name}", f"one of {', '.join(classes[:12])}", did_you_mean(name, classes)
            )
    if not 0 <= options.along <= NOISE:
        raise GuinaError(f"--along {options.along}", f"a number from 1 to {NOISE}", "guina edit RUN shows the first")
    if options.along and any(options.examples):
        raise GuinaError("--along and --examples", "one direction", "leave one out")
    if not isfinite(options.by):
        raise GuinaError(f"--by {options.by:g}", "a number of standard deviations", "leave it out, or say --by 3")
    if options.steps < 1:
        raise GuinaError(f"--steps {options.steps}", "at least 1", "leave it out, or say --steps 300")
    if pictures and not (options.to or options.along or any(options.examples)):
        raise GuinaError(
            "nothing to do with the pictures",
            "--to CLASS, --along N, or --examples WITH WITHOUT",
            "guina edit RUN, without a picture, shows the directions",
        )
    if options.to and not pictures:
        raise GuinaError(
            f"no picture to be moved to {options.to}",
            "a file, or a folder of them",
            f"name one; what is made from noise is of a class with guina predict RUN --of {options.to}",
        )


def with_rest(x_NHWC: np.ndarray, made_NHWC: np.ndarray, moved_NHWC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edited pictures: what the edit changes, and beside it what the generator left out of the originals.

    x + (moved − made) where little changes, so that x − made, the rest, stays; moved alone where much does, since the
    rest belongs to what is no longer there; x to the bit where nothing does, which is where the change, and that
    around it, is below `LOW`.

    Args:
        x_NHWC: the originals, uint8.
        made_NHWC, moved_NHWC: what the generator makes of their noise, and of the moved noise, uint8.

    Returns:
        the pictures, uint8 N×H×W×C, and where the edit touches them, N×H×W.

    Example:
        >>> x, made, moved = (np.full((1, 8, 8, 1), v, np.uint8) for v in (90, 100, 100))
        >>> moved[:, 4:] = 255
        >>> edited, touched = with_rest(x, made, moved)
        >>> int(edited[0, 0, 0, 0]), int(edited[0, 7, 0, 0]), float(touched.mean())
        (90, 255, 0.5)
    """
    x, made, moved = (pixels.astype(np.float32) for pixels in (x_NHWC, made_NHWC, moved_NHWC))
    change_NHW = torch.from_numpy(np.abs(moved - made).max(3))
    around = round(min(x.shape[1:3]) / SIDE)
    change_NHW = F.max_pool2d(change_NHW[:, None], 2 * around + 1, 1, around)[:, 0].numpy()
    edit_NHW1 = np.clip((change_NHW - LOW) / LOW, 0, 1)[..., None]
    hidden_NHW1 = np.clip((change_NHW - LOW) / (HIGH - LOW), 0, 1)[..., None]
    edited = x + edit_NHW1 * (moved - made) - hidden_NHW1 * (x - made)
    return np.clip(np.round(edited), 0, 255).astype(np.uint8), change_NHW > LOW


def decibels(error: float) -> float:
    """The signal-to-noise ratio of a mean squared error in shades of 255.

    Example:
        >>> round(decibels(65.025), 6), decibels(0)
        (30.0, 99.0)
    """
    return min(BEST, 10 * float(np.log10(255**2 / max(error, 1e-9))))


def beyond(error: float, worst: float, usual: float) -> str:
    """Why a picture is refused.

    Args:
        worst: the error that so many percent of unseen pictures, `usual`, stay below.
    """
    return (
        f"beyond what this generator can make: it comes back at {decibels(error):.1f} dB, and {usual:g} of 100 unseen"
        f" pictures at {decibels(worst):.1f} dB or better"
    )


def says(facts: dict[str, Any]) -> str:
    """What became of a picture, in a line; see `Editor.moved` for the facts."""
    back, changed, classes = facts["reconstruction"], facts["changed"], facts["classes"]
    usual = (
        f"unseen ones at {back['least']:.1f} or better" if "least" in back else f"none is refused: {back['unjudged']}"
    )
    told = f"; told as {classes['told']}" if "told" in classes else ""
    moved = " → ".join(classes[name] for name in ("of", "to") if name in classes)
    return (
        f"{f'{moved}, ' if moved else ''}reconstructed at {back['psnr']:.1f} dB ({usual}); {changed['pixels']:.0%} of"
        f" the pixels change, by {changed['shades']:.0f} shades, the others stay as they are; features move by"
        f" {changed['features']:.2f} of what two pictures are apart{told}"
    )


def file_names(names: Sequence[str]) -> list[str]:
    """What the files of pictures are called: as their own files, with a number where that is taken.

    Example:
        >>> file_names(["a/cat.jpg", "b/cat.png", "picture 3"])
        ['cat', 'cat-2', 'picture 3']
    """
    found: dict[str, str] = {}  # in some file systems Cat is cat
    for name in names:
        stem = free = PurePath(name).stem
        number = 1
        while free.casefold() in found:
            number += 1
            free = f"{stem}-{number}"
        found[free.casefold()] = free
    return list(found.values())
