"""The settings that all jobs on pictures have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Choice = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class PictureSettings:
    """How pictures are read."""

    size: str = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: what most have, up to 96 where they differ"""
    flip: Choice = "auto"
    """mirror pictures left to right; auto: colorize and inpaint do, others if a mirrored one looks like its class"""
    validation: float = 0.1
    """share of the training pictures to judge by, where there is no validation split"""
    max_bad: float = 0.01
    """share of files that may be unusable; more stop the training (three may always)"""
    path_column: str = ""
    """of a table: the column of paths; of an npz file: the array of pictures; obvious ones are found"""
    label_column: str = ""
    """of a table: the column of labels; of an npz file: their array"""


def together(said: str | Sequence[str]) -> str:
    """What was said once, or several times, in one text with ; between.

    Example:
        >>> together(("1,2,3,4", "5,6,7,8")), together("1,2,3,4; 5,6,7,8")
        ('1,2,3,4;5,6,7,8', '1,2,3,4; 5,6,7,8')
    """
    return said if isinstance(said, str) else ";".join(said)
