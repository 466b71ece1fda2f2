"""Words with their times as subtitles: SubRip (.srt) and WebVTT (https://www.w3.org/TR/webvtt1/).

A caption is what can be read at a glance: two lines of 42 characters at most, 7 seconds at most. A new one begins where
those are full, after a pause, and after the end of a sentence. Captions are made as the words come, none held but the
last two, so that a recording of hours needs no more memory than one of seconds.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from guina.answering.answer import Attachment

WIDEST = 42  # characters of a line
LONGEST, SHORTEST = 7.0, 1.0  # seconds; a shorter caption stays, if no other one follows
PAUSE = 0.8  # seconds between two words, from which the second begins a caption
SENTENCE = 20  # letters without a space, from which they are several words of a script that writes none
ENDS = ".!?…。！？｡।؟"  # of sentences
QUOTES = "\"'”’»)]」』"  # that may stand behind them

Kind = Literal["srt", "vtt"]


class Spoken(Protocol):
    """A word, and when it was said, in seconds from the recording's beginning."""

    @property
    def text(self) -> str: ...

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True)
class Piece:
    """A word, or a part of one that is too long for a line."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Caption:
    """What is shown together.

    Args:
        start, end: seconds.
        lines: one or two.
    """

    start: float
    end: float
    lines: tuple[str, ...]


def subtitles(words: Iterable[Spoken], kind: Kind) -> Iterator[str]:
    """The text of a file of subtitles, piece by piece as the words come.

    Args:
        words: in the order of time.
        kind: "srt" or "vtt".

    Example:
        >>> print("".join(subtitles([Piece("Hello", 0.5, 0.9), Piece("there.", 1.0, 1.6)], "srt")), end="")
        1
        00:00:00,500 --> 00:00:01,600
        Hello there.
        <BLANKLINE>
    """
    if kind == "vtt":
        yield "WEBVTT\n\n"
    point = "," if kind == "srt" else "."
    for number, caption in enumerate(captions(words), 1):
        head = f"{number}\n{clock(caption.start, point)} --> {clock(caption.end, point)}\n"
        lines = "\n".join(caption.lines)
        yield f"{head}{escaped(lines) if kind == 'vtt' else lines}\n\n"


def subtitle_file(name: str, words: Iterable[Spoken], kind: Kind) -> Attachment:
    """The words of a recording as a file of subtitles that is called as the recording is.

    Example:
        >>> subtitle_file("talks/1.wav", [], "vtt").name
        '1'
    """
    text = "".join(subtitles(words, kind))
    return Attachment(kind, Path(name).stem, np.frombuffer(text.encode("utf-8"), np.uint8))


def captions(words: Iterable[Spoken]) -> Iterator[Caption]:
    """Words as captions, none of which begins before the one before it ends."""
    held: Caption | None = None
    for pieces in grouped(pieces_of(words)):
        lines = lines_of([piece.text for piece in pieces])
        assert lines is not None, "a group fits"
        start = max(pieces[0].start, held.end if held else 0.0)
        end = max(start, min(pieces[-1].end, start + LONGEST))
        if held:
            yield replace(held, end=max(held.end, min(start, held.start + SHORTEST)))
        held = Caption(start, end, lines)
    if held:
        yield replace(held, end=max(held.end, held.start + SHORTEST))


def pieces_of(words: Iterable[Spoken]) -> Iterator[Piece]:
    """The words, those cut that are too long for a line, or for a caption where they are sentences without spaces."""
    for word in words:
        text, seconds = " ".join(word.text.split()), max(0.0, word.end - word.start)
        if not text:
            continue
        parts = max(math.ceil(len(text) / WIDEST), math.ceil(seconds / LONGEST) if len(text) > SENTENCE else 1)
        parts = min(parts, len(text))
        ends = [len(text) * n // parts for n in range(parts + 1)]
        times = [word.start + seconds * end / len(text) for end in ends]
        for n in range(parts):
            yield Piece(text[ends[n] : ends[n + 1]], times[n], times[n + 1])


def grouped(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces of each caption."""
    group: list[Piece] = []
    for piece in pieces:
        if group and begins(group, piece):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def begins(group: Sequence[Piece], piece: Piece) -> bool:
    """Whether a piece begins a caption of its own after those of a group."""
    return (
        piece.start - group[-1].end >= PAUSE
        or piece.end - group[0].start > LONGEST
        or group[-1].text.rstrip(QUOTES).endswith(tuple(ENDS))
        or lines_of([*(one.text for one in group), piece.text]) is None
    )


def lines_of(texts: Sequence[str]) -> tuple[str, ...] | None:
    """Words in one line, or in two of lengths as equal as can be; None where they do not fit.

    Example:
        >>> lines_of(["a"] * 3), lines_of(["twelve chars"] * 4), lines_of(["twelve chars"] * 7)
        (('a a a',), ('twelve chars twelve chars', 'twelve chars twelve chars'), None)
    """
    whole = " ".join(texts)
    if len(whole) <= WIDEST:
        return (whole,)
    cuts = [(" ".join(texts[:n]), " ".join(texts[n:])) for n in range(1, len(texts))]
    fitting = [cut for cut in cuts if max(map(len, cut)) <= WIDEST]
    return min(fitting, key=lambda cut: abs(len(cut[0]) - len(cut[1])), default=None)


def clock(seconds: float, point: str) -> str:
    """A time as hours, minutes, seconds and thousandths.

    Example:
        >>> clock(3725.0416, ","), clock(0.9996, ".")
        ('01:02:05,042', '00:00:01.000')
    """
    thousandths = round(1000 * seconds)
    whole, thousandths = divmod(thousandths, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{thousandths:03d}"


def escaped(text: str) -> str:
    """A text as WebVTT wants it, which has tags.

    Example:
        >>> escaped("Q&A --> <i>")
        'Q&amp;A --&gt; &lt;i&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
