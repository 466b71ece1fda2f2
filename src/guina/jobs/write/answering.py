"""write's answering half: a prompt in, the text after it out, as it is written.

Axes: B lanes, T time, U units of a text, V units of the vocabulary.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Fitted, Nets, Saved
from guina.data.prompts import as_read
from guina.data.vocabulary import Vocabulary, restore
from guina.jobs.write.settings import SIZES, WriteOptions, WriteSettings
from guina.nets.language import Language, Shape
from guina.nets.reading import carried_nats
from guina.nets.writing import Manner, read, write

LISTED = 10  # next units that are listed
ROOM = 4  # units that a character may be made of


@dataclass(frozen=True)
class WriteFitted(Fitted):
    """What was learned from the training text before the training.

    Args:
        vocabulary: its units.
        units: how many the training text has.
    """

    vocabulary: Vocabulary
    units: int

    def saved(self) -> Saved:
        return Saved({"vocabulary": self.vocabulary.facts(), "units": self.units})

    @classmethod
    def restored(cls, saved: Saved) -> "WriteFitted":
        return cls(restore(saved.facts["vocabulary"]), int(saved.facts["units"]))

    def per_character(self, nats_U: Any, units_U: np.ndarray) -> float:
        """The mean over characters of what the units but the first cost."""
        return float(nats_U.sum(dtype=nats_U.double().dtype if torch.is_tensor(nats_U) else None)) / max(
            1, int(self.vocabulary.characters_V[units_U[1 : len(nats_U) + 1]].sum())
        )


class WriteAnswering(Answering):
    """Prompts to the texts after them."""

    Fitted = WriteFitted
    Options = WriteOptions
    reads_lines = True
    settings: WriteSettings
    fitted: WriteFitted

    @classmethod
    def shape(cls, settings: WriteSettings, fitted: WriteFitted) -> Shape:
        """The network's shape; what is left out while it learns is the learning half's to say."""
        scale = SIZES["small" if settings.size == "auto" else settings.size]
        return Shape(
            fitted.vocabulary.size,
            scale.embedding,
            scale.hidden,
            scale.layers,
            settings.cell,
            grams=(2, 3, 4) if settings.grams else (),
            rows=scale.rows,
            weight_drop=settings.weight_drop,
            tied=fitted.vocabulary.size > 1024,
        )

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        return {"net": Language(cls.shape(settings, fitted))}

    @property
    def net(self) -> Language:
        return language(self.nets)

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """Each prompt and the text after it as it is written; then how well it knew the prompt."""
        for prompt in map(str, inputs):
            yield from self.continued(as_read(prompt), options)

    def continued(self, prompt: str, options: WriteOptions) -> Iterator[Answer | Part]:
        """One prompt's text, or the probabilities of what comes next."""
        units, facts = self.units_of(prompt), dict[str, Any]()
        if unknown := self.fitted.vocabulary.unknown(prompt):
            facts["unknown"] = unknown
            yield Part(f"note: it has never seen {' '.join(map(repr, unknown))}\n", note=True)
        if options.next:
            yield Answer(prompt, alternatives={"next": self.next_units(units)}, facts=facts)
            return
        yield Part(prompt)
        written = []
        for piece in self.pieces(prompt, options):
            written.append(piece)
            yield Part(piece)
        if len(units) > 1:
            units_U = np.array(units)
            facts["prompt_nats_per_char"] = self.fitted.per_character(carried_nats(self.net, units_U), units_U)
        yield Answer(prompt, "".join(written), facts=facts)

    def units_of(self, prompt: str) -> list[int]:
        """A prompt in units; an empty one begins a line."""
        return self.fitted.vocabulary.encode(prompt or "\n").tolist()

    def next_units(self, units: list[int]) -> dict[str, float]:
        """The likeliest units after some others, with their probabilities."""
        probability_V = read(self.net, units)[0].float().softmax(0)
        likeliest = probability_V.topk(min(LISTED, len(probability_V)))
        shown = map(self.fitted.vocabulary.shown, likeliest.indices.tolist())
        return dict(zip(shown, likeliest.values.tolist(), strict=True))

    def pieces(self, prompt: str, options: WriteOptions) -> Iterator[str]:
        """The text after a prompt as it comes, in pieces that are whole characters."""
        o, never = options, self.fitted.vocabulary.never
        manner = Manner(o.temperature, o.top_k, o.top_p, o.min_p, o.repetition, never)
        drawn = write(self.net, self.units_of(prompt), manner, torch.Generator().manual_seed(o.seed))
        yield from cut(self.texts(drawn, o.length), o.length, o.stop)

    def texts(self, units: Iterator[int], most: int) -> Iterator[str]:
        """Units as text; those that are parts of a character are held back until it is whole."""
        held: list[int] = []
        for unit in islice(units, ROOM * most):
            held.append(unit)
            text = self.fitted.vocabulary.decode(held)
            if not text.endswith("\ufffd") or len(held) >= ROOM or self.fitted.vocabulary.kind in ("char", "word"):
                yield text
                held = []


def language(nets: Nets) -> Language:
    net = nets["net"]
    assert isinstance(net, Language), "the job built it"
    return net


def cut(pieces: Iterable[str], length: int, stop: str) -> Iterator[str]:
    """The pieces until so many characters, or until a stop string, which may stretch over several of them.

    Example:
        >>> "".join(cut(["ab", "cd", "ef"], 5, "")), "".join(cut(["ab", "cd", "ef"], 9, "de"))
        ('abcde', 'abc')
    """
    held, given = "", 0
    for piece in pieces:
        held += piece
        if stop and stop in held:
            yield held[: held.index(stop)][: length - given]
            return
        safe = held[: len(held) - len(stop) + 1] if stop else held
        safe = safe[: length - given]
        if safe:
            yield safe
        given, held = given + len(safe), held[len(safe) :]
        if given >= length:
            return
    yield held[: length - given]
