"""The settings of the job caption, how it can be asked, and what its sizes are."""

from dataclasses import dataclass
from typing import Literal

from guina.errors import GuinaError
from guina.jobs.pictures.settings import Choice

SEARCHES = ("auto", "greedy", "beam", "risk")


@dataclass(frozen=True)
class CaptionSettings:
    """How to learn to caption."""

    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of the networks; auto takes the largest that the time is enough for"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: what most have, up to 96 where they differ"""
    flip: Choice = "auto"
    """mirror pictures left to right; auto does, unless some captions in a hundred speak of left and right"""
    dropout: float = -1.0
    """share of what passes between the writer's layers that is left out while learning; below 0: by how often all is
    seen"""
    validation: float = 0.1
    """share of the training pictures to judge by, where there is no validation split"""
    max_bad: float = 0.01
    """share of pictures and captions that may be unusable; more stop the training (three may always)"""
    path_column: str = ""
    """of a table: the column of paths; an obvious one is found"""
    caption_column: str = ""
    """of a table: the column of captions; an obvious one is found"""
    encoding: str = "utf-8"
    """of tables and texts"""


@dataclass(frozen=True)
class CaptionOptions:
    """How to caption."""

    search: Literal["auto", "greedy", "beam", "risk"] = "auto"
    """greedy: always the likeliest word, which is fastest; beam: the likeliest caption; risk: of many likely captions
    the one that most agree with; auto: what did best on the validation pictures"""
    best: int = 1
    """captions of each picture, the best first"""


def check_settings(settings: CaptionSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    if not settings.dropout < 1:
        raise GuinaError(
            f"--dropout {settings.dropout:g}", "a share below 1: with 1 nothing passes", "leave it out, or say 0.3"
        )


def check_options(options: CaptionOptions) -> None:
    """Raise GuinaError where pictures cannot be captioned so."""
    if not 1 <= options.best <= 20:
        raise GuinaError(f"--best {options.best}", "1 to 20", "leave it out, or say --best 5")
    if options.search not in SEARCHES:
        raise GuinaError(f"--search {options.search}", f"one of {', '.join(SEARCHES)}", "leave it out")


@dataclass(frozen=True)
class NetworkSize:
    """One size of the networks.

    Args:
        eyes: of the convolutional network, see `guina.nets.convnet.SIZES`.
        width: of the writer, see `guina.nets.captioner.Shape`.
    """

    eyes: str
    width: int


SIZES = {
    "tiny": NetworkSize("tiny", 128),
    "small": NetworkSize("small", 192),
    "medium": NetworkSize("medium", 256),
    "large": NetworkSize("large", 384),
}
