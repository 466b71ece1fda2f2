"""What `guina check write` says: how much text there is, its units, and what a training would do."""

from collections.abc import Sequence
from itertools import islice

import numpy as np

from guina.data.records import SPLITS, TRAIN, Records
from guina.data.stream import encode_stream
from guina.data.vocabulary import Vocabulary
from guina.engine.job import Overview
from guina.panels import Passage, Passages, Table

BEGINNING = 400  # characters shown of each split
COMMONEST, RAREST = 20, 10  # units shown
COUNTED = 20_000_000  # training units that are counted


def write_overview(records: Records, vocabulary: Vocabulary, plan: Sequence[str]) -> Overview:
    """The overview.

    Args:
        plan: lines on what a training would do.
    """
    characters = {split: end - start for split, (start, end) in records.source.span.items()}
    counts_V = np.bincount(
        encode_stream(records.only(TRAIN), vocabulary).first(COUNTED).all("unit"), minlength=vocabulary.size
    )
    lines = [
        ", ".join(f"{split} {n:,} characters" for split, n in characters.items()),
        f"units: {vocabulary.kind}, {vocabulary.size:,} of them, {int((counts_V == 1).sum()):,} of which come once",
        *plan,
    ]
    facts = {"characters": characters, "unit": vocabulary.kind, "vocabulary": vocabulary.size, "plan": list(plan)}
    return Overview(facts, lines, [beginnings(records), units(vocabulary, counts_V)])


def beginnings(records: Records) -> Passages:
    """How the text of each split begins."""
    passages = [
        Passage(split, name, ["".join(islice("".join(islice(records.source.pieces(split), 1)), BEGINNING))])
        for split, name in zip((s for s in SPLITS if records.count(s)), records.names, strict=True)
    ]
    return Passages("How it begins", "The first characters of each split, as they are learned.", passages)


def units(vocabulary: Vocabulary, counts_V: np.ndarray) -> Table:
    """The commonest and the rarest units of the training text."""
    order = np.argsort(-counts_V, kind="stable")
    order = order[counts_V[order] > 0]
    chosen = [*order[:COMMONEST], *order[max(COMMONEST, len(order) - RAREST) :]]
    total = counts_V.sum()
    rows: list[list[str | float]] = [
        [vocabulary.shown(int(u)), int(counts_V[u]), f"{counts_V[u] / total:.2%}"] for u in chosen
    ]
    says = f"The {COMMONEST} commonest and the {RAREST} rarest; look for what should not be there."
    return Table("Units", says, ["unit", "times", "share"], rows)
