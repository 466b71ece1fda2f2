"""How good translations are: BLEU and chrF of what a search finds, beside the source as it is and a table of words.

Pairs that have the same source are judged as one: it is translated once, and all its translations are its references.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from guina.answering.base import Nets
from guina.bleu import bleu, cautions, chrf, tokenizer_of
from guina.data.arrays import Arrays
from guina.engine.judge import Judge, Scores, Snap, a_line_each, digest_of
from guina.engine.metric import Metric
from guina.jobs.translate.answering import TranslateAnswering, Translated, TranslateFitted
from guina.jobs.translate.baseline import WordTable, learn_words
from guina.jobs.translate.panels import translate_panels
from guina.jobs.translate.settings import TranslateOptions
from guina.panels import Panel

FINAL = 500  # sources that are translated at the end of a training
MOST = 5000  # sources that `guina score` translates
GIVEN = 200_000  # training pairs from which those are taken that the word table learns from
WATCHED = 8  # sources that are translated at moments of the training
PENALTIES = (1.0, 0.5, 1.5, 2.0)  # length penalties that are tried, the usual one first
TRIED = 200  # sources that they are tried on
GREEDY, BEAM = 1, TranslateOptions().beam


@dataclass(frozen=True, eq=False)
class References:
    """What is judged by.

    Args:
        of: each different source, in the order of the pairs, and its different translations.
        tokenizer: what BLEU takes for words.
    """

    of: Mapping[str, Sequence[str]]
    tokenizer: str

    def sources(self, most: int) -> list[str]:
        """At most so many sources, always the same ones: spread evenly over all."""
        every = list(self.of)
        return [every[int(n)] for n in np.linspace(0, len(every) - 1, min(most, len(every))).round()]

    def scores(self, sources: Sequence[str], translations: Sequence[str]) -> Scores:
        """What one translation of each source is worth."""
        known = [self.of[source] for source in sources]
        words = bleu(translations, known, self.tokenizer)
        exact = sum(text in right for text, right in zip(translations, known, strict=True))
        return {
            "bleu": words.score,
            "chrf": chrf(translations, known).score,
            "exact": exact / len(sources),
            "length_ratio": words.length_ratio,
        }


@dataclass
class Memory:
    """What was found out last: it is asked for by scores, notes and panels alike.

    Args:
        references: of the pairs last judged.
        weights: a hash of the networks that made the translations, and the length penalty that they were found by.
        translations: by width of the search and source.
        table: learned from the pairs beside it.
    """

    references: tuple[Arrays, References] | None = None
    weights: bytes = b""
    translations: dict[tuple[int, str], Translated] = field(default_factory=dict)
    table: tuple[Arrays, WordTable] | None = None


class TranslateJudge(Judge):
    """Scores and shows a translator.

    While it trains, a part of the sources is translated by greedy search, and "bleu" is that one's: it is compared with
    others of its kind alone. At the end "bleu" is beam search's, as `guina predict` translates.
    """

    noun = "pair"
    validation_limit = 500
    final_limit = FINAL
    final_passes = 3.0
    probed = 32
    trained_share = 1 / 3  # measured: a network that has learned nothing writes on and on
    metrics = (
        Metric(
            "bleu", "more", says="words in a row that references have too, 0 to 100; by greedy search while it trains"
        ),
        Metric("chrf", "more", says="the same of characters in a row, 0 to 100"),
        Metric("bleu_greedy", "more", says="bleu without a search: always the likeliest next unit"),
        Metric("chrf_greedy", "more", says="chrf without a search"),
        Metric("exact", "more", "share", "translations that are a reference to the letter"),
        Metric("length_ratio", says="words of the translations, as a ratio to their references': 1 is right"),
        Metric("sources", says="different source texts that were translated to find this out"),
    )

    def __init__(self, job: object) -> None:
        super().__init__(job)
        self._memory = Memory()

    @property
    def fitted(self) -> TranslateFitted:
        return self.job.fitted

    def references(self, arrays: Arrays) -> References:
        """What these pairs are judged by, remembered."""
        last = self._memory.references
        if last is None or last[0] is not arrays:
            of: dict[str, dict[str, None]] = {}
            for source, target in zip(*(side_texts(arrays, side) for side in ("source", "target")), strict=True):
                of.setdefault(source, {})[target] = None
            targets = [target for known in of.values() for target in known]
            found = References(
                {source: list(known) for source, known in of.items()}, tokenizer_of(self.fitted.target, targets)
            )
            self._memory.references = last = arrays, found
        return last[1]

    def translations(self, nets: Nets, sources: Sequence[str], width: int = BEAM) -> list[Translated]:
        """The translations of some texts, remembered until other networks are asked."""
        memory, weights = self._memory, digest_of(nets) + str(self.fitted.length_penalty).encode()
        if memory.weights != weights:
            memory.weights, memory.translations = weights, {}
        new = [source for source in dict.fromkeys(sources) if (width, source) not in memory.translations]
        if new:
            found = self.answering(nets).translated(new, width)
            memory.translations.update({(width, one): made for one, made in zip(new, found, strict=True)})
        return [memory.translations[width, source] for source in sources]

    def answering(self, nets: Nets) -> TranslateAnswering:
        return self.job.answering(nets)

    def score(self, nets: Nets, arrays: Arrays, limit: int | None = None) -> Scores:
        """With a limit a quick look: greedy search. Without one at most `FINAL` sources."""
        if limit is None:
            return self.searched(nets, arrays, FINAL)
        references = self.references(arrays)
        sources = references.sources(limit)
        return references.scores(sources, [made.text for made in self.answering(nets).translated(sources, GREEDY)])

    def slow_scores(self, nets: Nets, arrays: Arrays) -> Scores:
        """The same of all sources, at most `MOST`, where `score` had not all."""
        return self.searched(nets, arrays, MOST) if len(self.references(arrays).of) > FINAL else {}

    def searched(self, nets: Nets, arrays: Arrays, most: int) -> Scores:
        """The scores of beam search and of greedy search."""
        references = self.references(arrays)
        sources = references.sources(most)
        by_beam, by_greedy = (
            references.scores(sources, [made.text for made in self.translations(nets, sources, width)])
            for width in (BEAM, GREEDY)
        )
        greedy = {f"{name}_greedy": by_greedy[name] for name in ("bleu", "chrf")}
        counted = {"exact": by_beam["exact"], "length_ratio": by_beam["length_ratio"], "sources": float(len(sources))}
        return {"bleu": by_beam["bleu"], "chrf": by_beam["chrf"], **greedy, **counted}

    def better(self, a: Scores, b: Scores) -> bool:
        """By bleu; where that is the same, as where no translation has four words, by chrf."""
        return (a["bleu"], a["chrf"]) > (b["bleu"], b["chrf"])

    def baselines(self, train: Arrays, arrays: Arrays, *, thorough: bool) -> Mapping[str, Scores]:
        """The sources as they are; when thorough, word by word too."""
        references = self.references(arrays)
        sources = references.sources(MOST if thorough else FINAL)
        found = {"copy": references.scores(sources, sources)}
        if thorough:
            table = self.word_table(train)
            found["word table"] = references.scores(sources, [table.translate(source) for source in sources])
        return found

    def word_table(self, train: Arrays) -> WordTable:
        """Learned from the training pairs, remembered."""
        last = self._memory.table
        if last is None or last[0] is not train:
            some = train.first(GIVEN)
            last = train, learn_words(side_texts(some, "source"), side_texts(some, "target"))
            self._memory.table = last
        return last[1]

    def baseline_notes(self, train: Arrays) -> str:
        pairs = self.word_table(train).pairs
        return f"the word table learned from {pairs:,} of {len(train):,} pairs" if pairs < len(train) else ""

    def notes(self, nets: Nets, arrays: Arrays) -> list[str]:
        """The signatures of the scores, and why they are to be doubted."""
        references, known = self.references(arrays), self._memory.translations
        sources = [source for source in references.of if (BEAM, source) in known] or references.sources(FINAL)
        texts = [made.text for made in self.translations(nets, sources)]
        right = [references.of[source] for source in sources]
        words, letters = bleu(texts, right, references.tokenizer), chrf(texts, right)
        said = [f"bleu is sacreBLEU's {words.signature}, chrf its {letters.signature}", *cautions(words)]
        if len(sources) < len(references.of):
            said.append(f"judged on {len(sources):,} of {len(references.of):,} different sources, spread over all")
        return said

    def conclude(self, nets: Nets, val: Arrays) -> TranslateFitted:
        """With the length penalty by which beam search translates some validation sources best."""
        references = self.references(val)
        sources = references.sources(TRIED)
        best: tuple[Scores, TranslateFitted] | None = None
        for penalty in PENALTIES:
            fitted = replace(self.fitted, length_penalty=penalty)
            half = self.job.fitted_to(fitted).answering(nets)
            scores = references.scores(sources, [made.text for made in half.translated(sources, BEAM)])
            if best is None or self.better(scores, best[0]):
                best = scores, fitted
        assert best is not None, "some are tried"
        return best[1]

    def panels(self, nets: Nets, train: Arrays, arrays: Arrays, snaps: Sequence[tuple[int, Snap]]) -> Iterator[Panel]:
        translate = partial(self.translations, nets)
        yield from translate_panels(self.answering(nets), self.references(arrays).of, translate, train, snaps)

    def snap(self, nets: Nets, val: Arrays) -> Snap:
        """Sources, a reference and the translation of each, a line each: always the same few."""
        references = self.references(val)
        sources = references.sources(WATCHED)
        made = [one.text for one in self.answering(nets).translated(sources, GREEDY)]
        right = [references.of[source][0] for source in sources]
        return {"sources": a_line_each(sources), "references": a_line_each(right), "translations": a_line_each(made)}


def side_texts(arrays: Arrays, side: str) -> list[str]:
    """The texts of all pairs' "source" or "target"."""
    return arrays.texts(f"{side}_text", np.arange(len(arrays)))
