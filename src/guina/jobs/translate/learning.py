"""translate: an attention network that reads a text in one language and writes it in another (nets/translator.py).

It learns from pairs of texts to tell each unit of the translation from the source and the units before it, in batches
of pairs of like length, whose targets are a little smoothed.

Axes: B pairs, S source units, T target units, N units to be told in a batch, K units that may be said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from guina.data.arrays import Arrays
from guina.data.order import Buckets, Draw, Order
from guina.data.pairs import read_pairs
from guina.data.ragged import Ragged, Texts
from guina.data.records import TRAIN, Records
from guina.data.vocabulary import make_vocabulary
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Terms, Turn
from guina.jobs.translate.answering import LONGEST, TranslateAnswering, TranslateFitted, spaced, translator
from guina.jobs.translate.check import translate_overview
from guina.jobs.translate.lexicon import lexical_embeddings
from guina.jobs.translate.scores import TranslateJudge
from guina.jobs.translate.settings import SIZES, TranslateSettings, check_settings
from guina.losses import cross_entropy_sum
from guina.nets.translator import Translator

LETTERS = 300_000  # characters of all training pairs together up to which characters are the units
WORDS_A_PIECE = 87  # words of the training texts for each piece that BPE makes
FEWEST, MOST = 320, 16_000  # pieces: the bytes are 256 of them
LONGER = 0.999  # share of the training pairs that must be as short as any translation may become
SMALLEST, BATCH = 16, 40  # pairs of mean length a step
PAIRS_A_PLACE = 250  # training pairs for each place of a batch: few pairs are learned in many small steps
SMOOTHING = 0.1
GAIN = 2.0  # of what is looked at, in the first outputs
ENOUGH = {"small": 1e5, "medium": 2.5e6, "large": 2e7}  # target units that a size must get to see to be chosen


class Translate(Job):
    """Pairs of texts to a translator."""

    name = "translate"
    Settings = TranslateSettings
    Answering = TranslateAnswering
    Judge = TranslateJudge
    sizes = tuple(SIZES)
    mixed_precision = True
    settings: TranslateSettings
    fitted: TranslateFitted

    def __init__(self, settings: TranslateSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        s = self.settings
        return read_pairs(source, splits, (s.source, s.target), s.validation, s.encoding)

    def overview(self, records: Records) -> Overview:
        fitted = self.fit(records.only(TRAIN))
        kind, batch = fitted.vocabulary.kind, batch_for(fitted.pairs)
        plan = f"a training would cut texts into {kind} units and read {batch} pairs a step"
        return translate_overview(records, fitted.vocabulary, [plan])

    def fit(self, records: Records) -> TranslateFitted:
        sources, targets = records.columns["source"], records.columns["target"]
        texts = [*map(spaced, sources), *map(spaced, targets)]
        kind = self.settings.unit
        if kind == "auto":
            kind = "char" if sum(map(len, texts)) <= LETTERS else "bpe"
        vocabulary = make_vocabulary(kind, texts, self.settings.pieces or pieces_for(texts))
        fitted = TranslateFitted(
            vocabulary, records.source.source, records.source.target, (), known(sources), len(records), 0, 1.0
        )
        source_units, target_units = fitted.encode(sources), fitted.encode(targets)
        growth_N = np.array([len(t) / len(s) for s, t in zip(source_units, target_units, strict=True)])
        said_U = np.concatenate(target_units)
        spoken, growth = tuple(np.unique(said_U).tolist()), float(np.quantile(growth_N, LONGER))
        return replace(fitted, spoken=spoken, units=len(said_U), growth=growth)

    def arrays(self, records: Records) -> Arrays:
        sides = {side: records.columns[side] for side in ("source", "target")}
        units = {
            side: Ragged.of([row[:LONGEST] for row in self.fitted.encode(texts)], np.int32)
            for side, texts in sides.items()
        }
        kept = {f"{side}_text": Texts.of(texts) for side, texts in sides.items()}
        return Arrays({**units, **kept}, np.arange(len(records)), records.names)

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.texts("source_text", np.arange(len(arrays)))

    # --- learning ---

    @property
    def passes(self) -> float:
        """How often the pairs will be seen; once, where no plan is known."""
        return 1.0 if self.epochs is None else self.epochs

    @property
    def dropout(self) -> float:
        """What is left out: nothing while pairs are seen a few times only, the more the oftener; a tiny network learns
        nothing by heart for longer.
        """
        if self.settings.dropout >= 0:
            return self.settings.dropout
        few = 10 if self.settings.size == "tiny" else 4
        return 0.0 if self.passes < few else 0.2 if self.passes < 2.5 * few else 0.3

    def build(self) -> Nets:
        shape = TranslateAnswering.shape(self.settings, self.fitted)
        return {"net": Translator(replace(shape, dropout=self.dropout), self.fitted.spoken)}

    def begin(self, nets: Nets, arrays: Arrays) -> None:
        width = translator(nets).shape.width
        known_VE = lexical_embeddings(arrays, self.fitted.vocabulary.size, width)
        translator(nets).look_up(torch.from_numpy(known_VE), GAIN)

    def suits(self, size: str, epochs: float) -> bool:
        return epochs * self.fitted.units >= ENOUGH.get(size, 0)

    def phases(self) -> list[Phase]:
        learner = Learner("adamw", 8e-3, betas=(0.9, 0.99))
        turn = Turn("translate", ("net",), self.loss, count=lambda batch: int(batch["target_length"].sum()))
        return [
            Phase(
                "learn", (turn,), {"net": learner}, batch=batch_for(self.fitted.pairs), warmup=0.03, hold=0.03, clip=1.0
            )
        ]

    def order(self, arrays: Arrays, phase: Phase) -> Order:
        """By length; a batch costs what `phase.batch` pairs of mean length do."""
        longer_N = np.maximum(arrays.lengths("source"), arrays.lengths("target"))
        return Buckets(longer_N, cost=max(int(longer_N.max()), round(phase.batch * float(longer_N.mean()))))

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        batch = {}
        for side in ("source", "target"):
            units_BT, length_B = arrays.padded(side, draw.index_B, self.fitted.end)
            batch |= {side: torch.from_numpy(units_BT).long(), f"{side}_length": torch.from_numpy(length_B)}
        return batch

    def loss(self, nets: Nets, batch: Batch, carry: Carry, step: int, rng: torch.Generator) -> tuple[Terms, Carry]:
        net, target_BT = translator(nets), batch["target"]
        start_B1 = torch.full_like(target_BT[:, :1], self.fitted.start)
        state = net.read(batch["source"], batch["source_length"])
        logits_BTK, _, _ = net.write(torch.cat([start_B1, target_BT[:, :-1]], 1), state)
        place_T = torch.arange(target_BT.size(1), device=target_BT.device)
        there_BT = place_T < batch["target_length"][:, None]
        logits_NK = logits_BTK[there_BT].to(net.embed.weight.dtype)  # out of bfloat16, where that is the precision
        said_N = torch.searchsorted(net.spoken_K, target_BT[there_BT])
        return {"nats": cross_entropy_sum(logits_NK, said_N, SMOOTHING)}, None


def known(texts: Sequence[str]) -> str:
    """The characters of some texts, each once.

    Example:
        >>> known(["abba", "cab"])
        'abc'
    """
    return "".join(sorted(set().union(*texts)))


def batch_for(pairs: int) -> int:
    """How many pairs to learn from at a step.

    Example:
        >>> batch_for(500), batch_for(6000), batch_for(29_000)
        (16, 24, 40)
    """
    return int(np.clip(pairs // PAIRS_A_PLACE, SMALLEST, BATCH))


def pieces_for(texts: Sequence[str]) -> int:
    """How many pieces of words to make of some texts.

    Example:
        >>> pieces_for(["ein Wort"] * 43_500)
        1000
    """
    words = sum(len(text.split()) for text in texts)
    return int(np.clip(words // WORDS_A_PIECE, FEWEST, MOST))
