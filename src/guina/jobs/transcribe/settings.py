"""The settings of the job transcribe, how it can be asked, and what its sizes are."""

from dataclasses import dataclass
from typing import Literal

from guina.errors import GuinaError, did_you_mean

UNITS = ("auto", "char", "word", "bpe")


@dataclass(frozen=True)
class TranscribeSettings:
    """How to learn to transcribe."""

    path: str = ""
    """column with the recordings, in a table; without it the one that is called so, or holds paths"""
    transcript: str = ""
    """column with what is said in them"""
    split_by: str = ""
    """column whose values are kept apart: none is on both sides; without it the speaker, where a column says who"""
    text: str = ""
    """a file with more sentences of the kind, for the language model alone"""
    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    unit: Literal["auto", "char", "word", "bpe"] = "auto"
    """what texts are cut into; auto: characters; word is for a dozen commands of voices that are all known"""
    dropout: float = -1.0
    """share of what passes between the layers that is left out while learning; below 0: by how often all is heard"""
    rate: int = 0
    """samples a second that all recordings are brought to; 0: the usual 16,000, or less where they have less"""
    validation: float = 0.1
    """share of the recordings, or of the speakers, to judge by, where there are no validation recordings"""
    max_bad: float = 0.01
    """share of recordings that may be unusable"""
    encoding: str = "utf-8"
    """of the files"""


@dataclass(frozen=True)
class TranscribeOptions:
    """How to transcribe."""

    beam: int = 16
    """transcripts that are followed at once, with a language model; 0: always the likeliest unit, which is faster"""
    srt: bool = False
    """write subtitles, an .srt file for each recording, into the folder --out"""
    vtt: bool = False
    """the same as .vtt"""


def check_settings(settings: TranscribeSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    for name, known in (("size", ("auto", *SIZES)), ("unit", UNITS)):
        if (value := getattr(settings, name)) not in known:
            raise GuinaError(f"there is no {name} {value}", f"one of {', '.join(known)}", did_you_mean(value, known))
    if not settings.dropout < 1:
        raise GuinaError(
            f"--dropout {settings.dropout:g}", "a share below 1: with 1 nothing passes", "leave it out, or say 0.2"
        )
    if settings.rate and not 2000 <= settings.rate <= 96_000:
        raise GuinaError(
            f"--rate {settings.rate}", "2,000 to 96,000 samples a second", "leave it out: 16,000 are enough for speech"
        )


def check_options(options: TranscribeOptions) -> None:
    """Raise GuinaError where recordings cannot be transcribed so."""
    if options.beam < 0:
        raise GuinaError(f"--beam {options.beam}", "0 or more", "leave it out, or say --beam 0, which is fastest")


@dataclass(frozen=True)
class NetworkSize:
    """One size of the network; see `guina.nets.recogniser.Shape`."""

    width: int
    layers: int
    channels: int = 32


SIZES = {
    "tiny": NetworkSize(128, 1, 16),
    "small": NetworkSize(256, 2),
    "medium": NetworkSize(512, 3),
    "large": NetworkSize(640, 4),
}
