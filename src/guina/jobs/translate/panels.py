"""What `guina look` shows of a translator: what each word came from, what else it considered, where it goes wrong."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from guina.data.arrays import Arrays
from guina.data.words import words
from guina.engine.judge import Snap
from guina.jobs.translate.inside import (
    OFTEN,
    Judged,
    counts_of,
    is_word,
    judged,
    length_ratio,
    merged,
    missed,
    rarest,
    repeats,
    spread,
)
from guina.panels import Alignments, Candidate, Candidates, NBest, Panel, Table

if TYPE_CHECKING:
    from guina.jobs.translate.answering import TranslateAnswering, Translated

JUDGED = 500  # sources whose translations are looked through
COUNTED = 200_000  # training pairs whose words are counted
ALIGNED, LONGEST = 8, 30  # sentences whose attention is drawn, and the most words of one
LISTED, BEST, WIDTH = 6, 5, 5  # sentences whose n-best are listed, how many of each, and the beam's width
WORST, MISSED = 10, 20  # sentences and words that are listed
STEPS, FOLLOWED = 6, 4  # snapshots that are shown, and sentences of each
BY_LENGTH = {  # words
    "1–5": range(6),
    "6–10": range(6, 11),
    "11–15": range(11, 16),
    "16–20": range(16, 21),
    "21–30": range(21, 31),
    "31–50": range(31, 51),
    "more than 50": range(51, sys.maxsize),
}
BY_RARITY = {  # how often a word stands in the training sources
    "never": range(1),
    "once": range(1, 2),
    "2–4 times": range(2, 5),
    "5–19 times": range(5, 20),
    "20–99 times": range(20, 100),
    "100 times or more": range(100, sys.maxsize),
}
ENOUGH = 10  # sentences, from which a mean is named
RIGHT = (0.7, 1.4)  # ratios of lengths between which one says nothing

References = Mapping[str, Sequence[str]]
Group = tuple[str, list[Judged]]  # results under a name


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
        train: what it learned from, with the column "source_text".
    """
    sources = list(references)
    yield alignments(half, sources)
    yield n_best(half, spread(sources, LISTED), references)
    some = spread(sources, JUDGED)
    results = judged(some, references, [one.text for one in translate(some)])
    yield worst(results)
    yield from over_training(snaps)
    yield ways_to_fail(results)
    yield by_length(results)
    yield by_rarity(results, counts_of(train.first(COUNTED).texts("source_text", np.arange(min(COUNTED, len(train))))))
    yield from missing_words(results)


def alignments(half: "TranslateAnswering", sources: Sequence[str]) -> Alignments:
    """The attention of some sentences of different lengths, the short ones first."""
    short = [source for source in sources if len(words(source)) <= LONGEST] or sources
    chosen = spread(sorted(short, key=lambda source: len(words(source))), ALIGNED)
    drawn = [merged(source, one) for source, one in zip(chosen, half.translated(chosen, WIDTH), strict=True)]
    says = (
        "Each word of the translation, and how much of its attention went to each word of the source. A straight line "
        "from corner to corner is the same order; a step aside is where the order changes. ∎ is the end of the text."
    )
    return Alignments("What each word came from", says, drawn)


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


def ways_to_fail(results: Sequence[Judged]) -> Table:
    """How often something that is known of translators happens, and how often in the references."""
    texts, right = Counter(one.text for one in results), Counter(one.references[0] for one in results)
    counts = {
        "a word or two twice in a row": [
            sum(repeats(one.text) for one in results),
            sum(repeats(one.references[0]) for one in results),
        ],
        f"shorter than {RIGHT[0]:g} of the reference": [sum(length_ratio(one) < RIGHT[0] for one in results), None],
        f"longer than {RIGHT[1]:g} times the reference": [sum(length_ratio(one) > RIGHT[1] for one in results), None],
        "the same for different sources": [sum(n for n in known.values() if n > 1) for known in (texts, right)],
        "nothing": [
            sum(not one.text.strip() for one in results),
            sum(not one.references[0].strip() for one in results),
        ],
        "the source as it is": [
            sum(one.text == one.source for one in results),
            sum(one.source in one.references for one in results),
        ],
        "a reference to the letter": [sum(one.text in one.references for one in results), None],
    }
    rows = [
        [what, *("–" if count is None else f"{count / len(results):.1%}" for count in found)]
        for what, found in counts.items()
    ]
    lengths = sum(len(words(one.text)) for one in results) / sum(len(words(one.references[0])) for one in results)
    says = (
        f"Of {len(results):,} translations {counts['a word or two twice in a row'][0]:,} repeat themselves. They have "
        f"{lengths:.2f} words for one of the references: much below 1 is what is left out."
    )
    return Table("How translations fail", says, ["the translation is, or has", "translations", "references"], rows)


def by_length(results: Sequence[Judged]) -> Table:
    """How good they are by the length of the source."""
    grouped = in_bins([len(words(one.source)) for one in results], results, BY_LENGTH)
    rows: list[list[str | float]] = [
        [label, len(some), f"{chrf_of(some):.1f}", f"{np.mean([length_ratio(one) for one in some]):.2f}"]
        for label, some in grouped
    ]
    (short, brief), (long, lengthy) = ends(grouped)
    says = f"chrF is {chrf_of(brief):.0f} for sources of {short} words"
    says += f" and {chrf_of(lengthy):.0f} for those of {long}." if long != short else "."
    says += " Words and punctuation marks are counted; a length of 1 is the reference's."
    header = ["words of the source", "sentences", "chrF", "length"]
    return Table("By length", says, header, rows, {2: 100.0})


def by_rarity(results: Sequence[Judged], count_of: Mapping[str, int]) -> Table:
    """How good they are by how often the rarest word of the source stands in the sources that were learned from."""
    grouped = in_bins([rarest(one.source, count_of) for one in results], results, BY_RARITY)
    rows: list[list[str | float]] = [[label, len(some), f"{chrf_of(some):.1f}"] for label, some in grouped]
    (seldom, hard), (often, easy) = ends(grouped)
    says = f"chrF is {chrf_of(hard):.0f} where the rarest word of the source stands {seldom} in the training sources"
    says += f", and {chrf_of(easy):.0f} where it stands there {often}." if often != seldom else "."
    there = [count_of.get(word.casefold(), 0) for one in results for word in words(one.source) if is_word(word)]
    says += f" Of all words here {np.mean(np.array(there) == 0):.1%} were never seen." if there else ""
    header = ["it stands in training", "sentences", "chrF"]
    return Table("By the rarest word", says, header, rows, {2: 100.0})


def in_bins(values: Sequence[int], results: Sequence[Judged], bins: Mapping[str, range]) -> list[Group]:
    """Results by a number that each has, under the name of the range that it is in; empty ones are left out."""
    found = [
        (name, [one for n, one in zip(values, results, strict=True) if n in within]) for name, within in bins.items()
    ]
    return [(name, some) for name, some in found if some]


def ends(grouped: Sequence[Group]) -> tuple[Group, Group]:
    """The first and the last group of which something can be said."""
    known = [group for group in grouped if len(group[1]) >= ENOUGH] or grouped
    return known[0], known[-1]


def chrf_of(results: Sequence[Judged]) -> float:
    return float(np.mean([one.chrf for one in results]))


def missing_words(results: Sequence[Judged]) -> Iterator[Table]:
    """Words of the references that translations lack most often."""
    rows: list[list[str | float]] = [
        [word, there, lacking, f"{lacking / there:.0%}"] for word, there, lacking in missed(results)[:MISSED] if lacking
    ]
    if rows:
        says = (
            f"“{rows[0][0]}” stands {rows[0][1]} times in the references and is missing {rows[0][2]} times. Words that "
            f"stand there {OFTEN} times or more; a missing one may have been said in another word."
        )
        yield Table("Words that it misses", says, ["word", "in references", "missing", "share"], rows)
