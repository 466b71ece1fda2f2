"""What `guina check translate` says: how many pairs, how long, what is unknown, some to read, and whether that is much.

Where a language writes no spaces (Chinese, Japanese, Thai …) its characters are counted in place of words.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from guina.data.records import SPLITS, TRAIN, Records
from guina.data.vocabulary import Vocabulary
from guina.data.words import UNSPACED
from guina.engine.job import Overview
from guina.panels import Curves, Panel, Table

READ = 10  # pairs to read
UNEQUAL = 5  # pairs whose lengths differ most
COMMONEST = 20  # words shown of each side
TRIED = 1000  # texts by which it is known whether words have spaces between them
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
CLOSE = re.compile(f"[{UNSPACED}]")
CHARACTER = re.compile(r"[^\W_]")

# --- how much is enough ---

# what so many training pairs at least are enough for
LEVELS = (
    (0, "very little: it learns these pairs by heart and hardly more; some thousand are a beginning"),
    (
        2_000,
        "little: enough for what is put together of the same parts again and again, such as numbers or set phrases",
    ),
    (10_000, "enough for short sentences of one narrow kind"),
    (25_000, "enough for short everyday sentences of one kind"),
    (150_000, "much: enough for everyday sentences of several kinds, if it gets hours rather than minutes"),
    (2_000_000, "more than it can read in a day on two cores: a part of it will do as well"),
)
# training pairs → BLEU of guina on short descriptions of pictures (multi30k), as measured; the fewest pairs first
CURVE: tuple[tuple[int, float], ...] = ()
TERMS, LONG = 2, 30  # words a text up to which pairs are terms, and from which sentences are long


def enough(pairs: int, words: int, curve: Sequence[tuple[int, float]] = CURVE) -> str:
    """Whether so many training pairs are much or little for this job, in a sentence.

    Args:
        words: of the training sources together.
        curve: pairs → the BLEU that guina reached with so many.

    Example:
        >>> enough(29_000, 348_000, ((1_000, 5.0), (29_000, 34.2)))
        '29,000 pairs: enough for short everyday sentences of one kind; with 29,000 of such, guina reached BLEU 34'
        >>> enough(800, 800)[:24], enough(5_000, 6_000)[-51:]
        ('800 pairs: very little: ', 'these, and of others what is made of the same parts')
    """
    counted = f"{pairs:,} pair{'' if pairs == 1 else 's'}"
    length = words / max(1, pairs)
    says = next(says for least, says in reversed(LEVELS) if pairs >= least)
    if length <= TERMS and pairs >= LEVELS[1][0]:
        return (
            f"{counted} of terms rather than sentences: it learns these, and of others what is made of the same parts"
        )
    if length >= LONG:
        says += f"; with {length:.0f} words a text they are long, and long ones take more"
    reached = [(n, bleu) for n, bleu in curve if n <= pairs]
    if reached and length > TERMS:
        says += f"; with {reached[-1][0]:,} of such, guina reached BLEU {reached[-1][1]:.0f}"
    return f"{counted}: {says}"


# --- the overview ---


class Side(NamedTuple):
    """One side of the pairs, its words counted.

    Args:
        name: "de", or "source" where nothing names it.
        noun: what is counted: "words" or "characters".
        length_N: of each text.
        times: how often each word comes in each split.
    """

    name: str
    noun: str
    length_N: np.ndarray
    times: dict[str, Counter[str]]


def translate_overview(records: Records, vocabulary: Vocabulary, plan: Sequence[str]) -> Overview:
    """The overview.

    Args:
        vocabulary: of both sides, made from the training pairs.
        plan: lines on what a training would do.
    """
    sides = {which: count_side(records, which) for which in ("source", "target")}
    source, target = sides.values()
    pairs = {split: records.count(split) for split in SPLITS if records.count(split)}
    unknown = {
        split: {which: unknown_words(side, split) for which, side in sides.items()} for split in pairs if split != TRAIN
    }
    much = enough(records.count(TRAIN), source.times[TRAIN].total())
    counted = ", ".join(f"{split} {n:,} pair{'' if n == 1 else 's'}" for split, n in pairs.items())
    lines = [
        f"{counted}, {source.name} to {target.name}",
        *map(length_line, sides.values()),
        *(unknown_line(split, sides[which], found) for split, of in unknown.items() for which, found in of.items()),
        f"units: {vocabulary.kind}, {vocabulary.size:,} of them",
        much,
        *plan,
    ]
    facts = {
        "pairs": pairs,
        **{which: side_facts(side) for which, side in sides.items()},
        "unknown": {split: {which: found._asdict() for which, found in of.items()} for split, of in unknown.items()},
        "unit": vocabulary.kind,
        "vocabulary": vocabulary.size,
        "enough": much,
        "plan": list(plan),
    }
    panels: list[Panel] = [
        to_read(records, source, target),
        lengths(source, target),
        commonest(source, target),
        unequal(records, source, target),
    ]
    return Overview(facts, lines, panels)


def count_side(records: Records, which: str) -> Side:
    """One side of all pairs, counted."""
    texts: list[str] = records.columns[which]
    some = "".join(texts[:TRIED])
    close = 2 * len(CLOSE.findall(some)) > len(CHARACTER.findall(some))
    find = (CHARACTER if close else WORD).findall
    times: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    length_N = np.zeros(len(texts), np.int64)
    for n, (text, split) in enumerate(zip(texts, records.split_N.tolist(), strict=True)):
        words = find(text)
        length_N[n] = len(words)
        times[SPLITS[split]].update(words)
    name = getattr(records.source, which) or which
    return Side(name, "characters" if close else "words", length_N, times)


class Unknown(NamedTuple):
    """Words of a split that no training pair has: how many different ones, of how many, and how often they come."""

    different: int
    different_of: int
    times: int
    times_of: int


def unknown_words(side: Side, split: str) -> Unknown:
    """The words of a split that the training split lacks."""
    known, there = side.times[TRAIN], side.times[split]
    times_M = [times for word, times in there.items() if word not in known]
    return Unknown(len(times_M), len(there), sum(times_M), there.total())


# --- as lines ---


def length_line(side: Side) -> str:
    """How many words there are, and how long the texts are."""
    training = side.times[TRAIN]
    return (
        f"{side.name}: {training.total():,} {side.noun} to learn from, {len(training):,} different ones; a text has "
        f"{np.median(side.length_N):.0f} in the middle, {side.length_N.max(initial=0):,} at most"
    )


def unknown_line(split: str, side: Side, found: Unknown) -> str:
    """How many words of a split are unknown."""
    share = found.times / max(1, found.times_of)
    return (
        f"{split}, {side.name}: {share:.1%} of the {side.noun} are in no training pair "
        f"({found.different:,} of {found.different_of:,} different ones)"
    )


def side_facts(side: Side) -> dict[str, Any]:
    """What is counted on one side, as JSON prints it."""
    return {
        "name": side.name,
        "counted": side.noun,
        "to learn from": side.times[TRAIN].total(),
        "different": len(side.times[TRAIN]),
        "median": float(np.median(side.length_N)),
        "longest": int(side.length_N.max(initial=0)),
    }


# --- as panels ---


def to_read(records: Records, source: Side, target: Side) -> Table:
    """Some training pairs, taken at equal distances."""
    train_M = np.flatnonzero(records.split_N == SPLITS.index(TRAIN))
    chosen = train_M[np.unique(np.linspace(0, len(train_M) - 1, READ).round().astype(np.int64))]
    says = "Training pairs at equal distances from the first to the last: do the sides say the same?"
    return pair_table("Pairs to read", says, records, chosen, (source.name, target.name))


def unequal(records: Records, source: Side, target: Side) -> Table:
    """The pairs whose sides differ most in length."""
    log_N = np.log((source.length_N + 5) / (target.length_N + 5))  # short texts differ by chance
    ratio_N = np.abs(log_N - np.median(log_N))  # one language takes more words than the other
    chosen = np.argsort(-ratio_N, kind="stable")[:UNEQUAL]
    says = "The pairs whose sides differ most in length: where one does not translate the other, look around it."
    return pair_table("Unequal pairs", says, records, chosen, (source.name, target.name))


def pair_table(title: str, says: str, records: Records, chosen: np.ndarray, names: tuple[str, str]) -> Table:
    """Some pairs as a table."""
    sources, targets = records.columns["source"], records.columns["target"]
    rows = [[records.names[n], sources[n], targets[n]] for n in chosen.tolist()]
    return Table(title, says, ["pair", *names], rows)


def lengths(source: Side, target: Side) -> Curves:
    """How many texts of each side have how many words."""
    longest = int(max(np.quantile(side.length_N, 0.995) for side in (source, target))) + 1
    x = np.arange(longest + 1)
    lines = {
        f"{name}, {side.noun}": (x, np.bincount(np.minimum(side.length_N, longest), minlength=longest + 1)[: len(x)])
        for name, side in (("source " + source.name, source), ("target " + target.name, target))
    }
    says = f"How many texts have how many words or characters; those of {longest} and more are put together."
    return Curves("Lengths", says, lines, "length of a text", "texts")


def commonest(source: Side, target: Side) -> Table:
    """The commonest words of both sides, side by side."""
    columns = [side.times[TRAIN].most_common(COMMONEST) for side in (source, target)]
    pairs = enumerate(zip_longest(*columns, fillvalue=("", "")), 1)
    rows: list[list[str | float]] = [[k, *one, *other] for k, (one, other) in pairs]
    says = f"The {COMMONEST} commonest {source.noun} of the source and {target.noun} of the target, to learn from."
    return Table("Commonest", says, ["", source.name, "times", target.name, "times"], rows)
