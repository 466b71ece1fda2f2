"""What transcribe learns from the training recordings beside the network: units, bands, and what is likely to be said.

Axes: M bands, V units and the blank.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from guina.answering.base import Fitted, Saved
from guina.blocks.mel import BANDS, LogMel, hop_of
from guina.data.vocabulary import Vocabulary, restore
from guina.jobs.transcribe.language import Model, from_tensors, to_tensors


@dataclass(frozen=True)
class TranscribeFitted(Fitted):
    """What was learned from the training recordings before the training, and after it how to search.

    Args:
        vocabulary: the units; the number after the last one is the blank.
        rate: samples a second.
        stride: frames that the network joins to a moment.
        recordings, seconds: how many training recordings there are, and how long one usually is.
        language: what is likely to be said.
        weight: of the language model in the search; 0: the sound alone decides.
        bonus: nats for each unit, as a language model makes long texts improbable.
        prior_V: how common each unit is among the network's outputs; empty until it was measured.
        usual_2M: the usual mean and deviation of each band; None until they were measured.
    """

    vocabulary: Vocabulary
    rate: int
    stride: int
    recordings: int
    seconds: float
    language: Model
    weight: float = 0.5
    bonus: float = 0.5
    prior_V: tuple[float, ...] = ()
    usual_2M: Tensor | None = None

    def saved(self) -> Saved:
        assert self.usual_2M is not None, "it was measured"
        others = ("vocabulary", "language", "usual_2M")
        facts = {name: value for name, value in vars(self).items() if name not in others}
        facts |= {"vocabulary": self.vocabulary.facts(), "prior_V": list(self.prior_V)}
        return Saved(facts, {**to_tensors(self.language), "usual": self.usual_2M})

    @classmethod
    def restored(cls, saved: Saved) -> "TranscribeFitted":
        tensors = dict(saved.tensors)
        usual_2M = tensors.pop("usual")
        facts = {**saved.facts, "vocabulary": restore(saved.facts["vocabulary"])}
        facts |= {"prior_V": tuple(facts["prior_V"]), "language": from_tensors(tensors), "usual_2M": usual_2M}
        return cls(**facts)

    def ears(self) -> LogMel:
        """Recordings to bands."""
        return LogMel(self.rate, BANDS, self.usual_2M)

    @property
    def blank(self) -> int:
        return self.vocabulary.size

    @property
    def step(self) -> float:
        """Seconds from one moment of the network to the next."""
        return hop_of(self.rate) * self.stride / self.rate

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The units of some texts."""
        return self.vocabulary.encode_all([spaced(text, self.vocabulary) for text in texts])

    def decode(self, units: Iterable[int]) -> str:
        """The text of some units."""
        return self.vocabulary.decode(units).strip()


def spaced(text: str, vocabulary: Vocabulary) -> str:
    """A text as it is cut into units: where these are words or pieces, with a space before it, as all words have one.

    Example:
        >>> from guina.data.vocabulary import Chars, Words
        >>> spaced("one two ", Chars(list("onetw "))), spaced("one", Words([" one"], [])), spaced(" ", Words([], []))
        ('one two', ' one', '')
    """
    text = text.strip()
    return f" {text}" if text and vocabulary.kind != "char" else text
