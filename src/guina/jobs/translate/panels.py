"""What `guina look` shows of a translator: what each word came from, what else it considered, where it goes wrong."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from guina.data.arrays import Arrays
from guina.data.words import words
from guina.engine.judge import Snap
from guina.jobs.translate.baseline import learn_words
from guina.jobs.translate.inside import merged
from guina.jobs.translate.mistakes import (
    Judged,
    References,
    by_length,
    by_rarity,
    chrf_of,
    counts_of,
    is_word,
    judged,
    missing_words,
    ways_to_fail,
)
from guina.panels import Alignment, Alignments, Candidate, Candidates, Curves, NBest, Panel, spread

if TYPE_CHECKING:
    from guina.jobs.translate.answering import TranslateAnswering, Translated

JUDGED = 500  # sources whose translations are looked through
COUNTED = 200_000  # training pairs whose words are counted
ALIGNED, LONGEST = 8, 30  # sentences whose words' origins are drawn, and the most words of one
LOOKED = 3  # sentences whose attention is drawn
LISTED, BEST, WIDTH = 6, 5, 5  # sentences whose n-best are listed, how many of each, and the beam's width
WORST = 10  # sentences that are listed
STEPS, FOLLOWED = 6, 4  # snapshots that are shown, and sentences of each
PARTS = (32, 16, 8, 4, 2, 1)  # of the training pairs, that a word table learns from
LEAST, WEIGHED = 50, 200  # pairs of the smallest part; sources that the tables translate
STRANGE = 0.3  # share of words that were never seen, above which a table of words says nothing


def translate_panels(
    half: "TranslateAnswering",
    references: References,
    translate: "Callable[[Sequence[str]], Sequence[Translated]]",
    train: Arrays,
    snaps: Sequence[tuple[int, Snap]],
) -> Iterator[Panel]:
    """All panels, the most telling first.

    Args:
        references: the sources that are looked at, each with the translations that are known to be right.
        translate: translates as `guina predict` does; its results may be remembered.
        train: what it learned from, with the columns "source_text" and "target_text".
    """
    sources = list(references)
    yield alignments(half, sources)
    yield n_best(half, spread(sources, LISTED), references)
    some = spread(sources, JUDGED)
    results = judged(some, references, [one.text for one in translate(some)])
    yield worst(results)
    yield from over_training(snaps)
    yield ways_to_fail(results)
    yield from by_length(results)
    learned = [train.texts(side, np.arange(min(COUNTED, len(train)))) for side in ("source_text", "target_text")]
    yield by_rarity(results, counts_of(learned[0]))
    yield from missing_words(results)
    yield from worth(results, references, learned[0], learned[1])
    yield looked(half, sources)


def alignments(half: "TranslateAnswering", sources: Sequence[str]) -> Alignments:
    """What the words of some sentences came from, the short ones first."""
    short = [source for source in sources if len(words(source)) <= LONGEST] or sources
    chosen = spread(sorted(short, key=lambda source: len(words(source))), ALIGNED)
    drawn = []
    for source, one in zip(chosen, half.translated(chosen, WIDTH), strict=True):
        found = half.origins(source, one)
        drawn.append(Alignment(source, one.text, found.rows, found.columns, found.weights_KG))
    says = (
        "Each word of the translation, and the share of its probability that is lost when a word of the source is "
        "blank. A straight line from corner to corner is the same order; a step aside is where the order changes; an "
        "empty row is a word that follows from those before it."
    )
    return Alignments("What each word came from", says, drawn)


def looked(half: "TranslateAnswering", sources: Sequence[str]) -> Alignments:
    """The attention of a few of the same sentences."""
    short = [source for source in sources if len(words(source)) <= LONGEST] or sources
    chosen = spread(sorted(short, key=lambda source: len(words(source))), LOOKED)
    drawn = [merged(source, one) for source, one in zip(chosen, half.translated(chosen, WIDTH), strict=True)]
    says = (
        "Each word of the translation, and how its attention is shared among the words of the source. The reader goes "
        "over the sentence both ways, so any place of it may hold what stands elsewhere; often that is the end, ∎. "
        "What a word came from is told above, not here."
    )
    return Alignments("Where it looked", says, drawn)


def n_best(half: "TranslateAnswering", sources: Sequence[str], references: References) -> NBest:
    """The likeliest translations of some sentences."""
    examples = []
    for source, one in zip(sources, half.translated(sources, WIDTH, BEST), strict=True):
        p_of: dict[str, float] = {}
        for text, log_p in one.others:  # the same text may be several rows of units
            p_of[text] = p_of.get(text, 0.0) + float(np.exp(log_p))
        answers = [Candidate(text, p, text == one.text) for text, p in sorted(p_of.items(), key=lambda pair: -pair[1])]
        examples.append(Candidates("", source, references[source], answers))
    says = (
        f"The {BEST} likeliest that a beam of {WIDTH} finds. The probability is that of a whole translation, to the "
        "letter: a sentence that can be said in many ways has a low one, whichever is given."
    )
    return NBest("What else it considered", says, examples)


def worst(results: Sequence[Judged]) -> NBest:
    """The translations that are furthest from their references."""
    chosen = sorted(results, key=lambda one: one.chrf)[:WORST]
    examples = [Candidates("", one.source, one.references, [Candidate(one.text, one.chrf, True)]) for one in chosen]
    mean = np.mean([one.chrf for one in results])
    says = (
        f"By chrF, the characters in a row that a translation shares with the reference: {mean:.1f} on average, "
        f"{chosen[-1].chrf:.1f} or less here. Some of these are right in other words."
    )
    return NBest("Worst translations", says, examples, score="chrF", share=False)


def over_training(snaps: Sequence[tuple[int, Snap]]) -> Iterator[NBest]:
    """The same sentences at some steps of the training."""
    found = [(step, {name: str(text).split("\n") for name, text in snap.items()}) for step, snap in snaps]
    found = [(step, texts) for step, texts in found if {"sources", "references", "translations"} <= set(texts)]
    if not found:
        return
    shown = spread(found, STEPS)
    last = shown[-1][1]
    of = {source: [reference] for source, reference in zip(last["sources"], last["references"], strict=True)}
    series: dict[str, list[Candidate]] = {}
    for step, texts in shown:
        for one in judged(texts["sources"], of, texts["translations"]):
            candidate = Candidate(one.text, one.chrf, step == shown[-1][0], f"step {step:,}")
            series.setdefault(one.source, []).append(candidate)
    examples = [Candidates("", source, of[source], series[source]) for source in spread(list(series), FOLLOWED)]
    first, now = (np.mean([known[n].score for known in series.values()]) for n in (0, -1))
    says = (
        f"The chrF of {len(series)} sentences went from {first:.0f} to {now:.0f}. What it made of some of them at some "
        "steps of the training, the last step at the end."
    )
    yield NBest("How it learned", says, examples, score="chrF", share=False)


def worth(
    results: Sequence[Judged], references: References, sources: Sequence[str], targets: Sequence[str]
) -> Iterator[Curves]:
    """What the pairs are worth: how well a table of words translates that learned from a part of them, or from all.

    Networks that learn for seconds would not tell: in that time none sees a quarter of some ten thousand pairs once, so
    that those of a quarter and of all are alike. A table has learned all there is for it.
    """
    order_N = np.random.default_rng(0).permutation(len(sources))
    chosen = spread(results, WEIGHED)
    asked = [one.source for one in chosen]
    there = [word.casefold() for source in asked for word in words(source) if is_word(word)]
    pairs, chrf, unseen = list[int](), list[float](), list[float]()
    for part in PARTS:
        some: list[int] = order_N[: len(sources) // part].tolist()
        if len(some) < LEAST:
            continue
        table = learn_words([sources[n] for n in some], [targets[n] for n in some])
        if pairs and table.pairs < 1.5 * pairs[-1]:  # it has as much as it takes
            break
        known = counts_of(sources[n] for n in some)
        pairs.append(table.pairs)
        chrf.append(chrf_of(judged(asked, references, [table.translate(source) for source in asked])))
        unseen.append(float(np.mean([word not in known for word in there])) if there else 1.0)
    if len(pairs) < 2 or unseen[-1] > STRANGE:
        return
    says = (
        f"The last doubling of the pairs gave {chrf[-1] - chrf[-2]:+.1f} chrF to a word table (IBM model 1), which "
        f"learns in seconds what words mean and nothing else; the one before {chrf[-2] - chrf[-3]:+.1f}. "
        if len(pairs) > 2
        else f"The last doubling of the pairs gave {chrf[-1] - chrf[-2]:+.1f} chrF to a word table (IBM model 1). "
    ).replace("-", "−")
    says += (
        f"Of the words here {unseen[0]:.1%} are not among the sources of {pairs[0]:,} pairs, {unseen[-1]:.1%} not "
        f"among those of {pairs[-1]:,}. A word that is in no pair no network can learn: while this curve rises, more "
        "pairs help."
    )
    lines = {
        "this run": (np.array([len(sources)]), np.array([chrf_of(chosen)])),
        "word table": (np.array(pairs), np.array(chrf)),
    }
    yield Curves("What more pairs are worth", says, lines, "training pairs", "mean chrF of a sentence")
