"""write: a language model of a text, which continues any prompt.

Hashed n-grams and a recurrent network (nets/language.py) learn to tell the next unit from all before it, by truncated
backpropagation through time: the text is read at many places at once, a window at a time, and what the network
remembers at the end of a window is carried into the next one.

Axes: B lanes, T time, U units of a text, V units of the vocabulary.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from guina.data.ngrams import ngram_nats, unigram_nats
from guina.data.order import Draw, Lanes, Order
from guina.data.records import TRAIN, Arrays, Records
from guina.data.stream import Stream, encode_stream, read_stream, training_pieces
from guina.data.text import as_read
from guina.data.vocabulary import Vocabulary, make_vocabulary, restore
from guina.engine.job import Answer, Fitted, Job, Overview, Scores, Snap
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.errors import GuinaError
from guina.jobs.write.check import write_overview
from guina.jobs.write.panels import write_panels
from guina.jobs.write.settings import ADAPTED, METRICS, SCALES, WriteAsk, WriteSettings
from guina.nets.language import Language, Shape
from guina.nets.reading import carried_nats, dynamic_nats, fresh_nats
from guina.nets.writing import Manner, read, write
from guina.panels import Panel

MANY = 8192  # different characters from which bytes are the units, unless something else is said
ENOUGH = {"small": 1e6, "medium": 4e6, "large": 9e6, "huge": 6e7}  # units that a size must get to see to be chosen
THINGS = {"char": "character", "byte": "byte", "bpe": "token", "word": "word"}  # what a unit is called
SOMETHING = 12  # characters from which a line is a prompt
PROMPT = 64  # characters of the prompts that samples and the proof begin with


class Write(Job):
    """A text to a model that continues it."""

    name = "write"
    Settings = WriteSettings
    Ask = WriteAsk
    metric = "nats_per_char"
    sizes = tuple(SCALES)
    mixed_precision = True
    looks = 200_000
    answers = 1.0
    metrics = METRICS

    vocabulary: Vocabulary

    def __init__(self, settings: WriteSettings) -> None:
        super().__init__(settings)
        self.passes = 1.0

    # --- from files to a stream ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        return read_stream(source, splits, self.settings.validation, self.settings.encoding)

    def overview(self, records: Records) -> Overview:
        self.fit(records.only(TRAIN))
        plan = f"a training would read it at {self.lanes} places, {self.settings.window} units a step"
        return write_overview(records, self.vocabulary, [plan])

    def fit(self, records: Records) -> None:
        kind = self.settings.unit
        self.vocabulary = make_vocabulary("char" if kind == "auto" else kind, training_pieces(records))
        if kind == "auto" and self.vocabulary.size > MANY:
            self.vocabulary = make_vocabulary("byte", ())
        self.thing = THINGS[self.vocabulary.kind]
        self.units = len(encode_stream(records, self.vocabulary))
        if self.units < self.settings.window + 2:
            raise GuinaError(
                f"{self.units} units are too short a text",
                f"at least a window of {self.settings.window} units and what comes after",
                "give more text, or a smaller --window",
            )

    def arrays(self, records: Records) -> Arrays:
        stream = encode_stream(records, self.vocabulary)
        judged = len(records) > 0 and records.columns["split"][0] != TRAIN
        if judged and len(stream) < 2:
            raise GuinaError(
                f"{len(stream)} units are too few to judge by",
                "two at least: what is judged is how well the one before tells the next",
                "give a longer text",
            )
        return stream.first(self.settings.judge) if judged and self.settings.judge else stream

    def fitted(self) -> Fitted:
        return Fitted({"vocabulary": self.vocabulary.facts(), "units": self.units})

    def restore(self, fitted: Fitted) -> None:
        self.vocabulary, self.units = restore(fitted.facts["vocabulary"]), int(fitted.facts["units"])
        self.thing = THINGS[self.vocabulary.kind]

    # --- learning ---

    def shape(self) -> Shape:
        """The network's shape, from the settings and what was fitted."""
        settings = self.settings
        scale = SCALES["small" if settings.size == "auto" else settings.size]
        return Shape(
            self.vocabulary.size,
            scale.embedding,
            scale.hidden,
            scale.layers,
            settings.cell,
            grams=(2, 3, 4) if settings.grams else (),
            rows=scale.rows,
            dropout=self.dropout,
            gram_drop=min(0.6, 0.1 * self.passes),
            weight_drop=settings.weight_drop,
            tied=self.vocabulary.size > 1024,
        )

    @property
    def dropout(self) -> float:
        """What is left out: the more, the oftener the text is seen."""
        if self.settings.dropout >= 0:
            return self.settings.dropout
        return 0.0 if self.passes < 12 else 0.1 if self.passes < 25 else 0.2

    @property
    def lanes(self) -> int:
        """Places that the text is read at: few enough that each has several windows to read."""
        return self.settings.lanes or max(1, min(32, self.units // (8 * (self.settings.window + 1))))

    def build(self) -> Nets:
        return {"net": Language(self.shape())}

    def worth(self, size: str, epochs: float) -> bool:
        return epochs * self.units >= ENOUGH.get(size, 0)

    def expect(self, epochs: float) -> None:
        self.passes = epochs

    def phases(self) -> list[Phase]:
        learner = Learner(
            "muon", 0.03, rate_rest=4e-3, betas=(0.9, 0.99), rest=("embed", "grams", "head"), iterations=3
        )
        turn = Turn("next", ("net",), self.loss, count=lambda batch: batch["units"].numel() - len(batch["units"]))
        return [Phase("learn", (turn,), {"net": learner}, batch=self.lanes, warmup=0.02, hold=0.02, clip=1.0)]

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        return Lanes(len(arrays), phase.batch, self.settings.window)

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        assert isinstance(arrays, Stream), "this job made them"
        return {"units": torch.from_numpy(arrays.windows(draw.index_B, self.settings.window + 1))}

    def loss(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        units_BT = batch["units"]
        net = language(nets)
        logits_BTV, memory = net(units_BT[:, :-1], carry)
        logits_BTV = logits_BTV.to(net.embed.weight.dtype)  # out of bfloat16, where that is the precision
        return {"nats": F.cross_entropy(logits_BTV.flatten(0, 1), units_BT[:, 1:].flatten(), reduction="sum")}, memory

    # --- judging and answering ---

    def per_character(self, nats_U: Any, units_U: np.ndarray) -> float:
        """The mean over characters of what the units but the first cost."""
        return float(nats_U.sum(dtype=nats_U.double().dtype if torch.is_tensor(nats_U) else None)) / max(
            1, int(self.vocabulary.characters_V[units_U[1 : len(nats_U) + 1]].sum())
        )

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: carried state on the first units alone."""
        net, units_U = language(nets), arrays.first(limit).all("unit")
        nats_U = carried_nats(net, units_U)
        per_char = self.per_character(nats_U, units_U)
        scores = {"nats_per_char": per_char}
        if limit is None:
            fresh_U = fresh_nats(net, units_U)
            scores["nats_per_char_fresh"] = self.per_character(fresh_U, units_U)
        return scores | {"bits_per_char": per_char / math.log(2), "perplexity": float(nats_U.mean().exp())}

    def more(self, nets: Nets, arrays: Arrays) -> Scores:
        """Dynamic evaluation, which learns from what it has read, beside the same units without it."""
        net, units_U = language(nets), arrays.first(ADAPTED).all("unit")
        return {
            "nats_per_char_dynamic": self.per_character(dynamic_nats(net, units_U), units_U),
            "nats_per_char_not_dynamic": self.per_character(carried_nats(net, units_U), units_U),
        }

    def baseline(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Scores:
        """Unigrams; when thorough, interpolated 5-grams too."""
        units_U, known_N, size = arrays.all("unit"), train.first(20_000_000).all("unit"), self.vocabulary.size
        scores = {"nats_per_char": self.per_character(unigram_nats(known_N, units_U[1:], size), units_U)}
        if thorough:
            scores["5-gram/nats_per_char"] = self.per_character(ngram_nats(known_N, units_U, size)[1:], units_U)
        return scores

    def better(self, a: Scores, b: Scores) -> bool:
        return a["nats_per_char"] < b["nats_per_char"]

    def predict(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[Answer]:
        """One answer a prompt: the text after it, how well it knew the prompt, and what in it has no unit."""
        for prompt in inputs:
            yield self.answer(language(nets), as_read(str(prompt)), ask or WriteAsk())

    def answer(self, net: Language, prompt: str, ask: WriteAsk) -> Answer:
        units = self.units_of(prompt)
        answer: Answer = {"input": prompt}
        if unknown := self.vocabulary.unknown(prompt):
            answer["unknown"] = unknown
        if ask.next:
            return answer | {"next": self.next_units(net, units)}
        answer["answer"] = "".join(self.pieces(net, prompt, ask))
        if len(units) > 1:
            answer["prompt_nats_per_char"] = self.per_character(carried_nats(net, np.array(units)), np.array(units))
        return answer

    def units_of(self, prompt: str) -> list[int]:
        """A prompt in units; an empty one begins a line."""
        return self.vocabulary.encode(prompt or "\n").tolist()

    def next_units(self, net: Language, units: list[int], most: int = 10) -> dict[str, float]:
        probability_V = read(net, units)[0].float().softmax(0)
        likeliest = probability_V.topk(min(most, len(probability_V)))
        return {
            self.vocabulary.shown(int(u)): float(p) for u, p in zip(likeliest.indices, likeliest.values, strict=True)
        }

    def pieces(self, net: Language, prompt: str, ask: WriteAsk) -> Iterator[str]:
        """The text after a prompt as it comes, in pieces that are whole characters."""
        manner = Manner(ask.temperature, ask.top_k, ask.top_p, ask.min_p, ask.repetition, self.vocabulary.never)
        drawn = write(net, self.units_of(prompt), manner, torch.Generator().manual_seed(ask.seed))
        yield from cut(self.texts(drawn, ask.length), ask.length, ask.stop)

    def texts(self, units: Iterator[int], most: int) -> Iterator[str]:
        """Units as text; those that are parts of a character are held back until it is whole."""
        held: list[int] = []
        for unit in islice(units, 4 * most):
            held.append(unit)
            text = self.vocabulary.decode(held)
            if not text.endswith("\ufffd") or len(held) >= 4 or self.vocabulary.kind in ("char", "word"):
                yield text
                held = []

    def say(self, nets: Nets, inputs: Iterable[Any], ask: Any = None) -> Iterator[str]:
        """Each prompt, and the text after it as it is written."""
        ask = ask or WriteAsk()
        for n, prompt in enumerate(as_read(str(prompt)) for prompt in inputs):
            yield "\n\n" if n else ""
            if unknown := self.vocabulary.unknown(prompt):
                yield f"note: it has never seen {' '.join(map(repr, unknown))}\n"
            if ask.next:
                nearest = self.next_units(language(nets), self.units_of(prompt))
                yield "\n".join(f"{unit:>8}  {p:.1%}" for unit, p in nearest.items())
            else:
                yield prompt
                yield from self.pieces(language(nets), prompt, ask)
        yield "\n"

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        """Passages of the text, as prompts."""
        units_U = arrays.all("unit")
        for start in range(0, min(len(units_U), 8 * PROMPT), PROMPT):
            yield self.vocabulary.decode(units_U[start : start + PROMPT].tolist())

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What it writes after the same prompt with the same seed."""
        prompt = self.prompt(val)
        return {"sample": prompt + "".join(self.pieces(language(nets), prompt, WriteAsk(length=200, seed=1)))}

    def prompt(self, val: Arrays) -> str:
        """The first line of the validation text that says something, or the text's beginning."""
        text = self.vocabulary.decode(val.first(2000).all("unit").tolist()).strip()
        lines = [line for line in text.split("\n") if len(line) >= SOMETHING]
        return (lines or [text])[0][:PROMPT] + "\n"

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> list[Panel]:
        assert isinstance(train, Stream), "this job made them"
        return write_panels(self.vocabulary, language(nets), train, arrays, snaps)


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
