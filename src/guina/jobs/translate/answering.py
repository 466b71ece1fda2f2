"""translate's answering half: texts in, their translations out, with what each word was made from.

Axes: B texts, N hypotheses, S source units, T target units, K units that may be said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import exp
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Fitted, Nets, Saved
from guina.beam import Hypothesis, Search, Step, beam, greedy
from guina.data.prompts import as_read
from guina.data.ragged import Ragged
from guina.data.vocabulary import Vocabulary, restore
from guina.jobs.translate.origins import Origins, origins
from guina.jobs.translate.settings import SIZES, TranslateOptions, TranslateSettings, check_options
from guina.jobs.translate.wording import END
from guina.nets.translator import Shape, State, Translator

TOGETHER = 64  # texts that are translated at once, of like length
ASIDE = 1024  # texts that are read before they are sorted by length
START = -1  # what a search begins with in place of something said
SPARE = 8  # units that a translation may have beside those that the length of its source allows
LONGEST = 1000  # units of a text; what is longer is cut, and said


@dataclass(frozen=True)
class TranslateFitted(Fitted):
    """What was learned from the training pairs before the training.

    Args:
        vocabulary: the units of both sides.
        source, target: what the two sides are called; "" where nothing says it.
        spoken: the units that training targets have, their end among them, in increasing order: what is ever said.
        known: the characters that occur in training sources.
        pairs: how many there are.
        units: how many the training targets have.
        growth: units of a translation for one of its source, at most.
        length_penalty: of beam search, see `Search`; chosen on the validation split after the training.
    """

    vocabulary: Vocabulary
    source: str
    target: str
    spoken: tuple[int, ...]
    known: str
    pairs: int
    units: int
    growth: float
    length_penalty: float = 1.0

    def saved(self) -> Saved:
        return Saved({**vars(self), "vocabulary": self.vocabulary.facts(), "spoken": list(self.spoken)})

    @classmethod
    def restored(cls, saved: Saved) -> "TranslateFitted":
        spoken = tuple(saved.facts["spoken"])
        return cls(**{**saved.facts, "vocabulary": restore(saved.facts["vocabulary"]), "spoken": spoken})

    @property
    def end(self) -> int:
        """The unit that ends a text; the one after it begins a translation."""
        return self.vocabulary.size

    @property
    def start(self) -> int:
        return self.vocabulary.size + 1

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The units of some texts, each with its end."""
        coded = self.vocabulary.encode_all([spaced(text) for text in texts])
        return [np.append(units, self.end) for units in coded]

    def decode(self, units: Iterable[int]) -> str:
        """The text of some units, without an end."""
        return self.vocabulary.decode(units).strip()

    def unknown(self, text: str) -> list[str]:
        """The characters of a text that no training source has, each once."""
        return [c for c in dict.fromkeys(text.strip()) if c not in self.known]


def spaced(text: str) -> str:
    """A text as it is cut into units: with a space before it, so that its first word is the word that others are.

    Example:
        >>> spaced("zwei Hunde ")
        ' zwei Hunde'
    """
    return f" {text.strip()}"


@dataclass(frozen=True, eq=False)
class Translated:
    """A translation and where it is from.

    Args:
        text: the translation.
        log_probability: of its units and its end, in nats.
        source: the source's units as people read them, its end last.
        target: the translation's units, its end last where it was reached.
        attention_RC: R target units × C source units: where the writer looked; rows add up to 1.
        others: the best translations that were found, this one first: text, log probability. They come as the search
            ranks them, by log probability for their length; so a longer one may stand before a likelier shorter one.
        read, said: the units of the source, with its end, and of the translation, without.
    """

    text: str
    log_probability: float
    source: tuple[str, ...]
    target: tuple[str, ...]
    attention_RC: np.ndarray
    others: tuple[tuple[str, float], ...]
    read: Sequence[int] = ()
    said: Sequence[int] = ()


class TranslateAnswering(Answering):
    """Texts to their translations."""

    Fitted = TranslateFitted
    Options = TranslateOptions
    reads_lines = True
    settings: TranslateSettings
    fitted: TranslateFitted

    @classmethod
    def shape(cls, settings: TranslateSettings, fitted: TranslateFitted) -> Shape:
        """The network's shape; what is left out while it learns is the learning half's to say."""
        scale = SIZES["small" if settings.size == "auto" else settings.size]
        return Shape(fitted.vocabulary.size + 2, scale.width, scale.layers, scale.heads)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        return {"net": Translator(cls.shape(settings, fitted), fitted.spoken)}

    @property
    def net(self) -> Translator:
        return translator(self.nets)

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """Some texts at a time, in their order: the first alone, then more and more."""
        check_options(options)
        texts, some = (as_read(str(text)) for text in inputs), 1
        while now := list(islice(texts, some)):
            for text, made in zip(now, self.translated(now, options.beam, options.best), strict=True):
                answer = self.answer(text, made, options)
                if unknown := answer.facts.get("unknown"):
                    yield Part(f"note: it has never seen {' '.join(map(repr, unknown))}\n", note=True)
                if "read" in answer.facts:
                    yield Part(f"note: only its first {LONGEST} units are read\n", note=True)
                yield answer
            some = min(2 * some, ASIDE)

    def answer(self, text: str, made: Translated, options: TranslateOptions) -> Answer:
        unknown = self.fitted.unknown(text)
        facts: dict[str, Any] = {"unknown": unknown} if unknown else {}
        if made.source[-1:] != (END,):
            facts["read"] = len(made.source)
        if options.alignment:
            facts["alignment"] = self.origins(text, made).facts()
        likeliest = sorted(made.others[: options.best], key=lambda other: -other[1])
        best = {"best": {other: exp(log) for other, log in likeliest}} if options.best > 1 else {}
        return Answer(text, made.text, alternatives=best, facts=facts)

    def translated(self, texts: Sequence[str], width: int = 1, best: int = 1) -> list[Translated]:
        """Their translations, in the order of the texts.

        Args:
            width: of the beam; 1: greedy search.
            best: how many translations of each to keep in `others`.
        """
        units = [row[:LONGEST] for row in self.fitted.encode(texts)]
        order = sorted(range(len(texts)), key=lambda n: len(units[n]))
        found: dict[int, Translated] = {}
        for at in range(0, len(order), TOGETHER):
            now = order[at : at + TOGETHER]
            found.update(zip(now, self.searched([units[n] for n in now], width, best), strict=True))
        return [found[n] for n in range(len(texts))]

    def origins(self, text: str, made: Translated) -> Origins:
        """What each word of a translation came from."""
        return origins(self, text, made)

    def searched(self, sources: Sequence[np.ndarray], width: int, best: int) -> list[Translated]:
        """The translations of some sources of like length, searched at once."""
        net, fitted = self.net, self.fitted
        device = net.embed.weight.device
        units_BS, length_B = side_by_side(sources, fitted.end, device)
        state = net.read(units_BS, length_B)
        most_B = (fitted.growth * length_B).long() + SPARE
        search = Search(
            end=len(fitted.spoken) - 1,  # the end has the highest number of all that is said
            most=int(most_B.max()),
            width=max(width, best),
            best=max(width, best) if best > 1 else 1,
            length_penalty=fitted.length_penalty,
        )
        start_B = torch.full((len(sources),), START, device=device)
        if width == 1 and best == 1:
            answers = [[one] for one in greedy(limited(self.step), (state, most_B), start_B, search)]
        else:
            answers = beam(limited(self.step), (state, most_B), start_B, search)
        answers = [[replace(one, tokens=self.units(one.tokens)) for one in found] for found in answers]
        weights = self.looked([found[0] for found in answers], state)
        return [
            self.told(source, found, weight_TS[:, : len(source)])
            for source, found, weight_TS in zip(sources, answers, weights, strict=True)
        ]

    def step(self, said_N: Tensor, state: State) -> tuple[Tensor, State]:
        """The network's step, for a search that numbers units by what may be said."""
        unit_N = self.net.spoken_K[said_N.clamp_min(0)].where(said_N != START, self.fitted.start)
        return self.net.step(unit_N, state)

    def units(self, said: Sequence[int]) -> tuple[int, ...]:
        """The units that the search's numbers stand for."""
        return tuple(self.fitted.spoken[number] for number in said)

    def looked(self, answers: Sequence[Hypothesis], state: State) -> list[np.ndarray]:
        """Where the writer looked while it wrote each of some answers, T×S each."""
        rows = [np.array([self.fitted.start, *answer.tokens]) for answer in answers]
        units_BT, _ = side_by_side(rows, self.fitted.end, self.net.embed.weight.device)
        _, weight_BTS, _ = self.net.write(units_BT, state)
        ends = [len(row) - (not answer.ended) for row, answer in zip(rows, answers, strict=True)]
        return [w[:end] for w, end in zip(weight_BTS.detach().float().cpu().numpy(), ends, strict=True)]

    def told(self, source: np.ndarray, found: Sequence[Hypothesis], weight_TS: np.ndarray) -> Translated:
        """What was found, in words; two ways to write one text are one translation, as likely as the likelier."""
        texts: dict[str, float] = {}
        for one in found:
            texts.setdefault(self.fitted.decode(one.tokens), one.log_probability)
        shown = self.fitted.vocabulary.shown
        source_units = (*(shown(int(u)) for u in source if u < self.fitted.end), END)[: len(source)]
        target_units = (*map(shown, found[0].tokens), *([END] if found[0].ended else []))
        return Translated(
            next(iter(texts)),
            found[0].log_probability,
            source_units,
            target_units,
            weight_TS,
            tuple(texts.items()),
            read=source.tolist(),
            said=found[0].tokens,
        )


def limited(step: Step) -> Step:
    """A step after which nothing follows a hypothesis that has as many units as its own source allows: those of a text
    are as many beside longer ones as alone.

    Its state is that of the step, and how many units each hypothesis may still have.
    """

    def limited_step(unit_N: Tensor, state: tuple[State, Tensor]) -> tuple[Tensor, tuple[State, Tensor]]:
        inner, left_N = state
        log_NV, inner = step(unit_N, inner)
        log_NV.index_fill_(0, (left_N <= 0).nonzero()[:, 0], -torch.inf)  # a mask of rows would go through all of it
        return log_NV, (inner, left_N - 1)

    return limited_step


def side_by_side(rows: Sequence[np.ndarray], fill: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Rows of units as one tensor, the shorter ones filled up at their end, and their lengths."""
    values_BT, length_B = Ragged.of(rows).padded(np.arange(len(rows)), fill)
    return torch.from_numpy(values_BT).to(device), torch.from_numpy(length_B).to(device)


def translator(nets: Nets) -> Translator:
    net = nets["net"]
    assert isinstance(net, Translator), "the job built it"
    return net
