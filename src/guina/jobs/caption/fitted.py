"""What caption learns from the training pictures before any training, and which search it answers by after it."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from guina.answering.base import Fitted, Saved
from guina.cider import Documents
from guina.data import preprocess as input_layer
from guina.data.values import Range
from guina.jobs.caption.wording import Wording


@dataclass(frozen=True)
class Manner:
    """How captions are searched for.

    Args:
        search: "greedy", "beam" or "risk".
        width: hypotheses that a beam follows.
        length_penalty: see `guina.beam.Search`.
        sharpness: of risk: the power to which a hypothesis' probability counts.
    """

    search: str = "beam"
    width: int = 5
    length_penalty: float = 0.7
    sharpness: float = 0.5


@dataclass(frozen=True)
class CaptionFitted(Fitted):
    """What was learned from the training split.

    Args:
        wording: the words.
        shape: H, W, C that pictures are brought to.
        flip: whether a mirrored picture has the same captions.
        examples: training pictures.
        range: of the numbers of deep files; None: pictures as usual.
        preprocess: the input layer; None until it was measured.
        documents: in how many pictures' captions which words in a row occur, for the search by risk.
        manner: chosen on the validation split after the training.
    """

    wording: Wording
    shape: tuple[int, int, int]
    flip: bool
    examples: int
    range: Range | None = None
    preprocess: input_layer.Preprocess | None = None
    documents: Documents | None = None
    manner: Manner = field(default_factory=Manner)

    def prepare(self, pixels_NHWC: torch.Tensor) -> torch.Tensor:
        """Bytes to what the network takes, N×C×H×W."""
        assert self.preprocess is not None, "it was measured"
        return self.preprocess(pixels_NHWC)

    @cached_property
    def place_V(self) -> np.ndarray:
        """The place of each word among those that name something, int64; as many as there are: it names nothing."""
        named = self.wording.named
        place_V = np.full(self.wording.size, max(1, len(named)), np.int64)  # a network has an output at least
        place_V[list(named)] = np.arange(len(named))
        return place_V

    def searching(self, manner: Manner) -> "CaptionFitted":
        """The same with another search."""
        return replace(self, manner=manner)

    def saved(self) -> Saved:
        assert self.preprocess is not None, "it was measured"
        assert self.documents is not None, "they were counted"
        facts: dict[str, Any] = {
            "wording": self.wording.facts(),
            "shape": list(self.shape),
            "manner": vars(self.manner),
            "preprocess": self.preprocess.mode,
            "pictures": self.documents.pictures,
            "counts": dict(self.documents.counts),
        }
        facts |= {name: getattr(self, name) for name in ("flip", "examples", "range")}
        return Saved(facts, self.preprocess.tensors())

    @classmethod
    def restored(cls, saved: Saved) -> "CaptionFitted":
        facts = saved.facts
        height, width, channels = facts["shape"]
        return cls(
            Wording.restored(facts["wording"]),
            (int(height), int(width), int(channels)),
            facts["flip"],
            facts["examples"],
            Range(*facts["range"]) if facts.get("range") else None,
            input_layer.restore(facts["preprocess"], dict(saved.tensors)),
            Documents(facts["pictures"], facts["counts"]),
            Manner(**facts["manner"]),
        )
