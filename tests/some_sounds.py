"""Recordings for tests: tones, how they are written to files, and WAV headers that say whatever is wanted."""

import io
import struct
from pathlib import Path

import numpy as np
import soundfile


def tone(seconds: float = 1.0, rate: int = 16000, hertz: float = 440.0, loud: float = 0.5) -> np.ndarray:
    """A sine, float64."""
    return loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def speech(text: str, rate: int = 16000) -> np.ndarray:
    """A text as tones, one a letter, 60 ms each."""
    tones = [tone(0.06, rate, 300 + 45 * (ord(c) % 64), 0.3) for c in text]
    pause = np.zeros(rate // 20)
    return np.concatenate([pause, *tones, pause])


def coded(samples: np.ndarray, rate: int = 16000, kind: str = "WAV", subtype: str | None = None) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def put(path: Path, samples: np.ndarray, rate: int = 16000, kind: str = "WAV", subtype: str | None = None) -> Path:
    """A file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(coded(samples, rate, kind, subtype))
    return path


def wav(samples: np.ndarray, says: int | None = None, riff: int | None = None, behind: bytes = b"") -> bytes:
    """A WAV file of 16 bits, 16 kHz, by hand.

    Args:
        says: the length in its data chunk; None: the right one.
        riff: that of the whole file; None: the right one.
        behind: chunks that follow.
    """
    data = np.rint(samples * 32767).astype("<i2").tobytes()
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16)
    body = b"WAVE" + chunk + struct.pack("<4sI", b"data", len(data) if says is None else says) + data + behind
    return struct.pack("<4sI", b"RIFF", len(body) if riff is None else riff) + body
