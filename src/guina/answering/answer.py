"""An answer as a value; what becomes of it (a line, a file, JSON) is decided in `render.py`, once for all jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True, eq=False)
class Attachment:
    """What an answer hands over besides words.

    Args:
        kind: "picture" (uint8 H×W×C), "animation" (uint8 N×H×W×C), "sound" (float32 samples, −1 … 1), or the bytes
            of a file (uint8): "srt" and "vtt", subtitles, and "file", a picture as its owner keeps it.
        name: of its file, without a suffix.
        rate: of a sound, samples a second.
        suffix: of a "file", such as "jpg".
    """

    kind: Literal["picture", "animation", "sound", "srt", "vtt", "file"]
    name: str
    data: np.ndarray
    rate: int = 0
    suffix: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Attachment) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return self.kind, self.name, self.rate, self.suffix, self.data.shape, self.data.dtype.str, self.data.tobytes()


@dataclass(frozen=True)
class Part:
    """A piece of an answer that is still being made, for whoever watches: a text as it is written.

    Args:
        note: it is said beside the answer and is no part of it.
    """

    text: str
    note: bool = False


@dataclass(frozen=True)
class Answer:
    """What a job answers to one input.

    Args:
        input: what was asked, by name: a path, a prompt, a seed.
        output: the main part, as JSON has it; None where the answer is attached, or lists alternatives alone.
        confidence: the probability that the output is right, where the job says one.
        alternatives: lists of candidates with their probabilities, likeliest first, each list by a name: {"top": ...}.
        attachments: pictures and sounds.
        facts: what else there is to say, as JSON has it.
        error: what is wrong with the input; then nothing else is said.

    Example:
        >>> Answer("a.jpg", "cat", 0.9)["confidence"]
        0.9
    """

    input: Any
    output: Any = None
    confidence: float | None = None
    alternatives: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    def words(self) -> dict[str, Any]:
        """All but the attachments, as JSON has it."""
        if self.error:
            return {"input": self.input, "error": self.error}
        found: dict[str, Any] = {"input": self.input}
        if self.output is not None:
            found["answer"] = self.output
        if self.confidence is not None:
            found["confidence"] = self.confidence
        return found | dict(self.alternatives) | dict(self.facts)

    def __getitem__(self, key: str) -> Any:
        """A part by its name in JSON; KeyError where there is none."""
        return self.words()[key]
