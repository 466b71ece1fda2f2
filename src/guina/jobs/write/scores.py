"""How well a text is known: what a character costs, read in several ways, beside counts of units and of 5-grams.

Axes: U units of a text.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from guina.data.arrays import Arrays
from guina.data.ngrams import ngram_nats, unigram_nats
from guina.data.stream import Stream
from guina.engine.judge import Judge, Scores, Snap
from guina.engine.metric import Metric
from guina.engine.turns import Nets
from guina.jobs.write.adapting import dynamic_nats
from guina.jobs.write.answering import WriteAnswering, WriteFitted, language
from guina.jobs.write.panels import write_panels
from guina.jobs.write.settings import WriteOptions
from guina.nets.reading import carried_nats, fresh_nats
from guina.panels import Panel

ADAPTED = 12_000  # units that dynamic evaluation reads: a step of learning for every few of them
COUNTED = 20_000_000  # training units that the baselines count
NOUNS = {"char": "character", "byte": "byte", "bpe": "token", "word": "word"}  # what a unit is called
SOMETHING = 12  # characters from which a line is a prompt
PROMPT = 64  # characters of the prompts that samples and the proof begin with
WATCHED = WriteOptions(length=200, seed=1)  # what is written at moments of the training


class WriteJudge(Judge):
    """Scores and shows a language model."""

    validation_limit = 200_000
    final_passes = 1.0
    metrics = (
        Metric("nats_per_char", "less", says="the mean surprise at the next character, −log p"),
        Metric("nats_per_char_fresh", "less", says="the same, read in windows that begin with no memory"),
        Metric("bits_per_char", "less", says="nats a character, in bits"),
        Metric("perplexity", "less", says="among how many equally likely units it chooses"),
        Metric(
            "nats_per_char_dynamic",
            "less",
            says=f"the same on at most {ADAPTED:,} units, learning from each window after it was judged",
        ),
        Metric("nats_per_char_not_dynamic", "less", says="those units without learning"),
    )

    @property
    def noun(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  what a unit is, the text decides
        return NOUNS[self.fitted.vocabulary.kind]

    @property
    def fitted(self) -> WriteFitted:
        return self.job.fitted

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: carried state on the first units alone."""
        net, units_U = language(nets), arrays.first(limit).all("unit")
        nats_U = carried_nats(net, units_U)
        per_char = self.fitted.per_character(nats_U, units_U)
        scores = {"nats_per_char": per_char}
        if limit is None:
            scores["nats_per_char_fresh"] = self.fitted.per_character(fresh_nats(net, units_U), units_U)
        return scores | {"bits_per_char": per_char / math.log(2), "perplexity": float(nats_U.mean().exp())}

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """Dynamic evaluation, which learns from what it has read, beside the same units without it."""
        net, units_U = language(nets), arrays.first(ADAPTED).all("unit")
        return {
            "nats_per_char_dynamic": self.fitted.per_character(dynamic_nats(net, units_U), units_U),
            "nats_per_char_not_dynamic": self.fitted.per_character(carried_nats(net, units_U), units_U),
        }

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """Unigrams; when thorough, interpolated 5-grams too."""
        units_U, known_N, size = arrays.all("unit"), train.first(COUNTED).all("unit"), self.fitted.vocabulary.size
        nats_U = unigram_nats(known_N, units_U[1:], size)
        found = {"unigram": {"nats_per_char": self.fitted.per_character(nats_U, units_U)}}
        if thorough:
            nats_U = ngram_nats(known_N, units_U, size)[1:]
            found["5-gram"] = {"nats_per_char": self.fitted.per_character(nats_U, units_U)}
        return found

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """What it writes after the same prompt with the same seed."""
        half: WriteAnswering = self.job.answering(nets)
        prompt = self.prompt(val)
        return {"sample": prompt + "".join(half.pieces(prompt, WATCHED))}

    def prompt(self, val: Arrays) -> str:
        """The first line of the validation text that says something, or the text's beginning."""
        text = self.fitted.vocabulary.decode(val.first(2000).all("unit").tolist()).strip()
        lines = [line for line in text.split("\n") if len(line) >= SOMETHING]
        return (lines or [text])[0][:PROMPT] + "\n"

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        assert isinstance(train, Stream), "this job made them"
        yield from write_panels(self.fitted.vocabulary, language(nets), train, arrays, snaps)
