"""From any recording to the samples that a network hears: the one path of training and answering.

`decode` reads a whole recording, `pieces` a long one as it comes, in bounded memory; both go through the same steps, in
blocks: decode (sound_files.py), several channels to one (sound_mix.py), resample from its own rate (soxr). Samples are
float32 from −1 to 1.

Axes: N samples, T frames of a block, C channels.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guina.data.sound_files import Reader, library, opened
from guina.data.sound_kinds import BadSound
from guina.data.sound_mix import NOT_NUMBERS, Levels, Mix, choose_mix

__all__ = ["BadSound", "Sound", "as_int16", "decode", "describe", "ignore", "pieces"]

MOST_VALUES = 1 << 29  # frames × channels that are decoded into memory: three hours of stereo at 24 kHz
MOST_STREAMED = 1 << 34  # and piece by piece: a day and a half of stereo at 44.1 kHz
FULL_SCALE = 32767.0
TOO_SHORT = "too short: not one sample is left of it"

Note = Callable[[str], None]


def ignore(_: str) -> None:
    """Take no note of how a recording was converted."""


@dataclass(frozen=True)
class Sound:
    """A recording as a network hears it.

    Args:
        samples_N: float32, −1 to 1, one channel.
        rate: of `samples_N`, in a second.
        seconds: how long it lasts.
        own_rate, channels: as they were in the file.
        kind: WAV, FLAC, OGG or MP3.
        whole: False where the file breaks off: its decoder failed before the end, or found less than was promised.
        loudness: the mean power in dB below a square wave at full scale; −120 for silence.
        peak: the largest sample, from 0 to 1.
        clipped: the share of samples that stand flat at the top.
        notes: how it was converted.
    """

    samples_N: np.ndarray
    rate: int
    seconds: float
    own_rate: int
    channels: int
    kind: str
    whole: bool
    loudness: float
    peak: float
    clipped: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """What a file's header says.

    Args:
        seconds: NaN where it says nothing.
    """

    kind: str
    rate: int
    channels: int
    seconds: float


def decode(thing: str | Path | bytes, rate: int, note: Note = ignore) -> Sound:
    """A whole recording, one channel at the asked rate.

    Args:
        thing: a path, or the bytes of a file.
        rate: samples a second to give.
        note: told how the recording was converted.

    Raises:
        BadSound: it cannot be used, and why.

    Example:
        >>> import io, soundfile
        >>> file = io.BytesIO()
        >>> soundfile.write(file, np.zeros((8000, 2)), 8000, format="WAV")
        >>> sound = decode(file.getvalue(), 16000)
        >>> sound.seconds, sound.channels, sound.notes
        (1.0, 2, ('2 channels to one: their mean', '8000 Hz to 16000 Hz'))
    """
    with opened(thing, MOST_VALUES) as reader:
        parts = list(stream(reader, rate))
        samples_N = np.concatenate(parts)
        if not len(samples_N):
            raise BadSound(TOO_SHORT)
        for text in reader.notes:
            note(text)
        levels = reader.levels
        return Sound(
            samples_N,
            rate,
            reader.frames / reader.rate,
            reader.rate,
            reader.channels,
            reader.kind,
            reader.whole,
            levels.loudness,
            levels.peak,
            levels.clipped,
            tuple(reader.notes),
        )


def pieces(thing: str | Path | bytes, rate: int, seconds: float, note: Note = ignore) -> Iterator[np.ndarray]:
    """A recording of any length in pieces, each of so many seconds but the last; no more is held than one of them.

    Args:
        note: told at the end how the recording was converted, and where it broke off.

    Raises:
        BadSound: it cannot be used, and why; also after some pieces.
    """
    length = max(1, round(seconds * rate))
    held: list[np.ndarray] = []
    count = 0
    with opened(thing, MOST_STREAMED) as reader:
        for part in stream(reader, rate):
            held.append(part)
            count += len(part)
            if count >= length:
                joint = np.concatenate(held)
                whole = len(joint) - len(joint) % length
                yield from (joint[start : start + length] for start in range(0, whole, length))
                held, count = [joint[whole:]], len(joint) - whole
        if count:
            yield np.concatenate(held)
        for text in reader.notes:
            note(text)


def describe(thing: str | Path | bytes) -> Described:
    """What the header of a recording says; nothing is decoded.

    Raises:
        BadSound: it is none that can be read.
    """
    with opened(thing, MOST_STREAMED) as reader:
        seconds = reader.promised / reader.rate if reader.promised is not None else float("nan")
        return Described(reader.kind, reader.rate, reader.channels, seconds)


def as_int16(samples: np.ndarray) -> np.ndarray:
    """Samples as they are kept: whole numbers of 16 bits.

    Example:
        >>> as_int16(np.array([-1.0, 0.0, 0.5, 1.0], np.float32)).tolist()
        [-32767, 0, 16384, 32767]
    """
    return np.rint(np.clip(samples, -1, 1) * FULL_SCALE).astype(np.int16)


# --- from a file's frames to samples ---


def stream(reader: Reader, rate: int) -> Iterator[np.ndarray]:
    """The samples of a file, one channel at the asked rate, block by block; what is changed goes to its notes."""
    mix = Mix.plain()
    if reader.channels > 1 or reader.floats:
        mix = choose_mix(reader.blocks(), reader.channels)
    reader.notes += mix.notes
    if reader.rate != rate:
        reader.notes.append(f"{reader.rate} Hz to {rate} Hz")
        resampler = library("soxr").ResampleStream(reader.rate, rate, 1, dtype="float32")
    else:
        resampler = None
    reader.levels = Levels()
    for mono_T, last in with_last(mix.apply(block_TC) for block_TC in reader.blocks()):
        if not np.isfinite(mono_T).all():  # of a damaged file: those of floats were looked at before
            raise BadSound(NOT_NUMBERS)
        reader.levels.add(mono_T)
        if resampler is not None:
            mono_T = np.clip(resampler.resample_chunk(mono_T, last=last), -1, 1)
        yield mono_T
    if not reader.whole:
        reader.notes.append("cut off or damaged: what could be decoded is read")


def with_last(blocks: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, bool]]:
    """Each block, and whether it is the last.

    Example:
        >>> [last for _, last in with_last(iter([np.zeros(2), np.zeros(1)]))]
        [False, True]
    """
    blocks = iter(blocks)
    before = next(blocks, None)
    for block in blocks:
        assert before is not None, "something came before"
        yield before, False
        before = block
    if before is not None:
        yield before, True
