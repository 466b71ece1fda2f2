"""A sound file, opened with care and decoded block by block: nothing of it is believed before it is looked at.

Only regular files are opened, only four formats reach the decoders (sound_kinds.py), headers that lie about the length
are mended (wav_header.py), and what a header claims is held against a limit before anything is decoded.

Axes: T frames of a block, C channels.
"""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.sound_kinds import HEAD, BadSound, misnamed, sound_kind
from guina.data.sound_mix import Levels
from guina.data.wav_header import Mended, wrong_length
from guina.errors import GuinaError

MOST_CHANNELS = 64
RATES = (1_000, 768_000)  # samples a second that a recording may have
UNKNOWN = 1 << 60  # frames: what libsndfile says where a header says nothing is more
BLOCK = 1 << 18  # values decoded at a time
DEEPER = {  # how samples may be stored besides 16 bits and compressed
    "PCM_S8": "8 bits",
    "PCM_U8": "8 bits",
    "PCM_24": "24 bits",
    "PCM_32": "32 bits",
    "FLOAT": "floats of 32 bits",
    "DOUBLE": "floats of 64 bits",
    "ULAW": "µ-law",
    "ALAW": "A-law",
}


@contextmanager
def opened(thing: str | Path | bytes, most: int) -> Iterator["Reader"]:
    """A file that is open while the block runs; only regular files are.

    Args:
        most: values, frames × channels, that may be in it.
    """
    if isinstance(thing, bytes):
        with Reader(io.BytesIO(thing), len(thing), "", most) as reader:
            yield reader
        return
    path = Path(thing)
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            raise BadSound("a folder, not a recording")
        if not stat.S_ISREG(found.st_mode):
            raise BadSound("no regular file")
        file = open(path, "rb")  # noqa: SIM115  closed below
    except (FileNotFoundError, ValueError):  # ValueError: a name that no file can have
        raise BadSound("not there") from None
    except PermissionError:
        raise BadSound("permission denied") from None
    except OSError as error:
        raise BadSound(f"cannot be read ({error.strerror})") from None
    with file, Reader(file, found.st_size, path.suffix, most) as reader:
        yield reader


class Reader:
    """Decodes one file, block by block; a second pass opens it anew.

    Attributes:
        rate, channels, kind: as the file says.
        promised: frames that its header says; None: it says nothing.
        frames: that the last pass has read.
        cut: whether the file is shorter than its header promised.
        whole: whether that was all.
        levels: of the samples of the last `stream`.
        notes: how it is converted.
    """

    def __init__(self, file: Any, size: int, suffix: str, most: int) -> None:
        self.most = most
        self.notes: list[str] = []
        self.frames, self.levels = 0, Levels()
        if size == 0:
            raise BadSound("zero bytes")
        self.kind, instead = sound_kind(file.read(HEAD))
        if instead:
            raise BadSound(instead)
        mending = wrong_length(file, size) if self.kind == "WAV" else None
        self.cut = mending is not None and not mending.whole
        self.whole = not self.cut
        self.file = Mended(file, mending)  # also where nothing is: it has no name, from which a library would guess
        self.notes += [text for text in (misnamed(self.kind, suffix), mending.why if mending else "") if text]
        self.sound: Any = None
        self.open()
        self.rate, self.channels = self.sound.samplerate, self.sound.channels
        self.floats = self.sound.subtype in ("FLOAT", "DOUBLE")
        self.promised: int | None = self.sound.frames if 0 <= self.sound.frames < UNKNOWN else None
        if depth := DEEPER.get(self.sound.subtype):
            self.notes.append(f"{depth} to 16 bits")
        try:
            self.check()
        except BadSound:
            self.close()
            raise

    def open(self) -> None:
        """Open the file, or open it anew at its beginning."""
        self.close()
        self.file.seek(0)
        soundfile = library("soundfile")
        try:
            self.sound = soundfile.SoundFile(self.file)
        except soundfile.LibsndfileError:
            raise BadSound(f"damaged, or cut off in its header ({self.kind})") from None

    def check(self) -> None:
        """Raise BadSound where a header says what no recording has."""
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise BadSound(f"{self.channels} channels; at most {MOST_CHANNELS} are read")
        if not RATES[0] <= self.rate <= RATES[1]:
            raise BadSound(f"a sample rate of {self.rate} Hz")
        if self.promised == 0:
            raise BadSound("no sound in it, only a header")
        if self.promised is not None and self.promised * self.channels > self.most:
            raise BadSound(too_long(self.promised / self.rate))

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self.sound is not None:
            self.sound.close()
            self.sound = None

    def blocks(self) -> Iterator[np.ndarray]:
        """The frames as they are in the file, T×C float32; a decoder that fails ends them."""
        if self.frames:
            self.open()
        self.frames, self.whole = 0, not self.cut
        error = library("soundfile").LibsndfileError
        length = max(1, BLOCK // self.channels)
        if self.promised is not None:
            length = min(length, self.promised + 1)
        ended = False
        while not ended:
            block_TC = np.full((length, self.channels), np.nan, np.float32)
            failed = False
            try:
                count = len(self.sound.read(out=block_TC))
            except error:  # what it wrote before it failed is there; the rest is as it was: no numbers
                failed = True
                count = filled(block_TC)
            ended = failed or count < length
            self.frames += count
            if self.frames * self.channels > self.most:
                raise BadSound(too_long(self.frames / self.rate))
            if failed and self.promised is not None and self.frames < self.promised:
                self.whole = False
            if count:
                yield block_TC[:count]
        if self.promised is not None and self.frames < self.promised and self.kind in ("FLAC", "OGG"):
            self.whole = False  # their headers are written when the recording is done, so they know
        if not self.frames:
            raise BadSound("nothing in it can be decoded: damaged, or cut off")


def filled(block_TC: np.ndarray) -> int:
    """How many frames a decoder has written into a block that was full of NaN.

    Example:
        >>> filled(np.array([[1.0, 2.0], [3.0, np.nan], [np.nan, np.nan]]))
        1
    """
    empty_T = np.isnan(block_TC).any(1)
    return int(empty_T.argmax()) if empty_T.any() else len(block_TC)


def too_long(seconds: float) -> str:
    return f"too long to read at once: {seconds / 3600:.1f} hours of it"


def library(name: str) -> Any:
    """A library that only recordings need.

    Raises:
        GuinaError: it is not installed.
    """
    try:
        if name == "soxr":
            import soxr

            return soxr
        import soundfile
    except (ImportError, OSError):  # OSError: soundfile does not find libsndfile
        raise GuinaError(
            f"recordings need the library {name}", "it installed", "install it: pip install 'guina[sound]'"
        ) from None
    return soundfile
