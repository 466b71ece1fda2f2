"""The settings of the job translate, how it can be asked, and what its sizes are."""

from dataclasses import dataclass
from typing import Literal

from guina.errors import GuinaError, did_you_mean

UNITS = ("auto", "char", "word", "bpe")


@dataclass(frozen=True)
class TranslateSettings:
    """How to learn to translate."""

    source: str = ""
    """column, or ending of the files, with the texts to be translated; without it the first of the two"""
    target: str = ""
    """column, or ending of the files, with their translations; without it the other one"""
    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    unit: Literal["auto", "char", "word", "bpe"] = "auto"
    """what texts are cut into; auto: characters for few or short pairs, pieces of words (bpe) otherwise"""
    pieces: int = 0
    """how many different pieces bpe makes; 0: by how much text there is"""
    dropout: float = -1.0
    """share of what passes between the layers that is left out while learning; below 0: by how often a pair is seen"""
    validation: float = 0.1
    """share of the pairs to judge by, where there are no validation pairs"""
    encoding: str = "utf-8"
    """of the files"""


@dataclass(frozen=True)
class TranslateOptions:
    """How to translate."""

    beam: int = 5
    """translations that are followed at once; 1: always the likeliest next unit, which is faster"""
    best: int = 1
    """with --json: translations to give of each text, with their probabilities"""
    alignment: bool = False
    """with --json: how much of each unit came from which unit of the source"""


def check_settings(settings: TranslateSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    for name, known in (("size", ("auto", *SIZES)), ("unit", UNITS)):
        if (value := getattr(settings, name)) not in known:
            raise GuinaError(f"there is no {name} {value}", f"one of {', '.join(known)}", did_you_mean(value, known))
    if settings.pieces < 0:
        raise GuinaError(f"--pieces {settings.pieces}", "0 or more", "leave it out, or say --pieces 4000")
    if not settings.dropout < 1:
        raise GuinaError(
            f"--dropout {settings.dropout:g}", "a share below 1: with 1 nothing passes", "leave it out, or say 0.2"
        )


def check_options(options: TranslateOptions) -> None:
    """Raise GuinaError where translations cannot be asked for so."""
    if options.beam < 1:
        raise GuinaError(f"--beam {options.beam}", "1 or more", "leave it out, or say --beam 1, which is fastest")
    if options.best < 1:
        raise GuinaError(f"--best {options.best}", "1 or more", "leave it out, or say --best 5")


@dataclass(frozen=True)
class NetworkSize:
    """One size of the network; see `guina.nets.translator.Shape`."""

    width: int
    layers: int
    heads: int = 4


SIZES = {
    "tiny": NetworkSize(128, 1),
    "small": NetworkSize(256, 1),
    "medium": NetworkSize(384, 1),
    "large": NetworkSize(512, 2),
}
