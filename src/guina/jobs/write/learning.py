"""write: a language model of a text, which continues any prompt.

Hashed n-grams and a recurrent network (nets/language.py) learn to tell the next unit from all before it, by truncated
backpropagation through time: the text is read at many places at once, a window at a time, and what the network
remembers at the end of a window is carried into the next one.

Axes: B lanes, T time, V units of the vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F

from guina.data.arrays import Arrays
from guina.data.order import Draw, Lanes, Order
from guina.data.records import TRAIN, Records
from guina.data.stream import Stream, encode_stream, read_stream, training_pieces
from guina.data.vocabulary import make_vocabulary
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.errors import GuinaError
from guina.jobs.write.answering import WriteAnswering, WriteFitted, language
from guina.jobs.write.check import write_overview
from guina.jobs.write.scores import PROMPT, WriteJudge
from guina.jobs.write.settings import SIZES, WriteSettings
from guina.nets.language import Language

MANY = 8192  # different characters from which bytes are the units, unless something else is said
ENOUGH = {"small": 1e6, "medium": 4e6, "large": 9e6, "huge": 6e7}  # units that a size must get to see to be chosen


class Write(Job):
    """A text to a model that continues it."""

    name = "write"
    Settings = WriteSettings
    Answering = WriteAnswering
    Judge = WriteJudge
    sizes = tuple(SIZES)
    mixed_precision = True
    settings: WriteSettings
    fitted: WriteFitted

    # --- from files to a stream ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        return read_stream(source, splits, self.settings.validation, self.settings.encoding)

    def overview(self, records: Records) -> Overview:
        job = self.fitted_to(self.fit(records.only(TRAIN)))
        plan = f"a training would read it at {job.lanes} places, {self.settings.window} units a step"
        return write_overview(records, job.fitted.vocabulary, [plan])

    def fit(self, records: Records) -> WriteFitted:
        kind, window = self.settings.unit, self.settings.window
        vocabulary = make_vocabulary("char" if kind == "auto" else kind, training_pieces(records))
        if kind == "auto" and vocabulary.size > MANY:
            vocabulary = make_vocabulary("byte", ())
        units = len(encode_stream(records, vocabulary))
        if units < window + 2:
            raise GuinaError(
                f"{units} units are too short a text",
                f"at least a window of {window} units and what comes after",
                "give more text, or a smaller --window",
            )
        return WriteFitted(vocabulary, units)

    def arrays(self, records: Records) -> Arrays:
        stream = encode_stream(records, self.fitted.vocabulary)
        judged = len(records) > 0 and records.columns["split"][0] != TRAIN
        if judged and len(stream) < 2:
            raise GuinaError(
                f"{len(stream)} units are too few to judge by",
                "two at least: what is judged is how well the one before tells the next",
                "give a longer text",
            )
        return stream.first(self.settings.judge) if judged and self.settings.judge else stream

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        """Passages of the text, as prompts."""
        units_U = arrays.all("unit")
        for start in range(0, min(len(units_U), 8 * PROMPT), PROMPT):
            yield self.fitted.vocabulary.decode(units_U[start : start + PROMPT].tolist())

    # --- learning ---

    @property
    def passes(self) -> float:
        """How often the text will be seen; once, where no plan is known."""
        return 1.0 if self.epochs is None else self.epochs

    @property
    def dropout(self) -> float:
        """What is left out: the more, the oftener the text is seen."""
        if self.settings.dropout >= 0:
            return self.settings.dropout
        return 0.0 if self.passes < 12 else 0.1 if self.passes < 25 else 0.2

    @property
    def lanes(self) -> int:
        """Places that the text is read at: few enough that each has several windows to read."""
        return self.settings.lanes or max(1, min(32, self.fitted.units // (8 * (self.settings.window + 1))))

    def build(self) -> Nets:
        shape = WriteAnswering.shape(self.settings, self.fitted)
        return {"net": Language(replace(shape, dropout=self.dropout, gram_drop=min(0.6, 0.1 * self.passes)))}

    def suits(self, size: str, epochs: float) -> bool:
        return epochs * self.fitted.units >= ENOUGH.get(size, 0)

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
