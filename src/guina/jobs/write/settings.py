"""The settings of the job write, how it can be asked, and what its sizes are."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WriteSettings:
    """How to learn a text."""

    size: Literal["auto", "tiny", "small", "medium", "large", "huge"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    unit: Literal["auto", "char", "byte", "bpe", "word"] = "auto"
    """what the text is cut into; auto: characters, or bytes where there are very many different ones"""
    cell: Literal["lstm", "gru", "elman", "mingru"] = "lstm"
    """what remembers"""
    grams: bool = True
    """look up the last 2, 3 and 4 units in tables of their own"""
    window: int = 128
    """units that gradients go back"""
    lanes: int = 0
    """places that the text is read at at once; 0: as many as suit it"""
    dropout: float = -1.0
    """share of what enters and leaves the recurrent layers that is left out; below 0: by how often the text is seen"""
    weight_drop: float = 0.0
    """share of the recurrent weights that is left out"""
    validation: float = 0.1
    """share of the text, at its end, to judge by, where there is no validation file"""
    judge: int = 500_000
    """units of the validation or test text that are judged at most"""
    encoding: str = "utf-8"
    """of the files"""


@dataclass(frozen=True)
class WriteOptions:
    """How to continue a prompt."""

    length: int = 500
    """characters to write"""
    temperature: float = 0.8
    """below 1 safer, above 1 bolder, 0 always the likeliest"""
    top_k: int = 0
    """draw from so many of the likeliest units; 0: from all"""
    top_p: float = 1.0
    """draw from the likeliest units that have this probability together"""
    min_p: float = 0.0
    """draw from the units with at least this share of the likeliest one's probability"""
    repetition: float = 1.0
    """above 1: discourage what stands in the last 64 units"""
    stop: str = ""
    """end where this comes, without it"""
    seed: int = 0
    """another one gives another text"""
    next: bool = False
    """print the probabilities of the next unit instead"""


@dataclass(frozen=True)
class NetworkSize:
    """One size of the network."""

    embedding: int
    hidden: int
    layers: int
    rows: int


SIZES = {
    "tiny": NetworkSize(64, 128, 1, 4096),
    "small": NetworkSize(128, 256, 1, 16384),
    "medium": NetworkSize(192, 384, 1, 16384),
    "large": NetworkSize(256, 512, 1, 32768),
    "huge": NetworkSize(320, 768, 1, 65536),
}
