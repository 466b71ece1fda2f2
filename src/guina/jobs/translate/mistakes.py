"""How translations go wrong: beside their references one by one, and counted."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guina.bleu import library
from guina.data.words import words
from guina.panels import Table

OFTEN, MISSED = 5, 20  # times that a word stands in the references, below which it is not listed; words that are
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

References = Mapping[str, Sequence[str]]  # each source with the translations that are known to be right


@dataclass(frozen=True)
class Judged:
    """A translation beside its references.

    Args:
        chrf: 0 … 100; of several references that of the nearest.
    """

    source: str
    references: Sequence[str]
    text: str
    chrf: float


def judged(sources: Sequence[str], references: References, texts: Sequence[str]) -> list[Judged]:
    """How near the translations of some sources are to their references, one by one."""
    metric = library().CHRF()
    return [
        Judged(source, references[source], text, float(metric.sentence_score(text, list(references[source])).score))
        for source, text in zip(sources, texts, strict=True)
    ]


Group = tuple[str, list[Judged]]  # results under a name


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


def by_length(results: Sequence[Judged]) -> Iterator[Table]:
    """How good they are by the length of the source, where there are several lengths."""
    grouped = in_bins([len(words(one.source)) for one in results], results, BY_LENGTH)
    if len(grouped) < 2:
        return
    rows: list[list[str | float]] = [
        [label, len(some), f"{chrf_of(some):.1f}", f"{np.mean([length_ratio(one) for one in some]):.2f}"]
        for label, some in grouped
    ]
    (short, brief), (long, lengthy) = ends(grouped)
    says = f"chrF is {chrf_of(brief):.0f} for sources of {short} words"
    says += f" and {chrf_of(lengthy):.0f} for those of {long}." if long != short else "."
    says += " Words and punctuation marks are counted; a length of 1 is the reference's."
    header = ["words of the source", "sentences", "chrF", "length"]
    yield Table("By length", says, header, rows, {2: 100.0})


def by_rarity(results: Sequence[Judged], count_of: Mapping[str, int]) -> Table:
    """How good they are by how often the rarest word of the source stands in the sources that were learned from."""
    grouped = in_bins([rarest(one.source, count_of) for one in results], results, BY_RARITY)
    rows: list[list[str | float]] = [[label, len(some), f"{chrf_of(some):.1f}"] for label, some in grouped]
    (seldom, hard), (often, easy) = ends(grouped)
    was = {"never": "was never seen in training"}
    says = f"chrF is {chrf_of(hard):.0f} where the source's rarest word {was.get(seldom, f'was seen {seldom}')}"
    says += f", and {chrf_of(easy):.0f} where it was seen {often}." if often != seldom else "."
    there = [count_of.get(word.casefold(), 0) for one in results for word in words(one.source) if is_word(word)]
    says += f" Of all words here {np.mean(np.array(there) == 0):.1%} were never seen." if there else ""
    header = ["seen in training", "sentences", "chrF"]
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


def counts_of(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in some texts, in small letters."""
    return Counter(word.casefold() for text in texts for word in words(text))


def rarest(text: str, count_of: Mapping[str, int]) -> int:
    """How often the rarest word of a text was counted; of a text without words 0.

    Example:
        >>> rarest("A dog.", {"a": 9, "dog": 2, ".": 1})
        2
    """
    return min((count_of.get(word.casefold(), 0) for word in words(text) if is_word(word)), default=0)


def is_word(text: str) -> bool:
    """Whether it is more than punctuation."""
    return any(c.isalnum() for c in text)


def repeats(text: str) -> bool:
    """Whether a word, or two words, stand twice in a row.

    Example:
        >>> repeats("I I I am"), repeats("in the in the house"), repeats("the cat and the dog"), repeats("no, no")
        (True, True, False, False)
    """
    w = [word.casefold() for word in words(text)]
    once = any(a == b and is_word(a) for a, b in pairwise(w))
    return once or any(w[n : n + 2] == w[n + 2 : n + 4] and is_word("".join(w[n : n + 2])) for n in range(len(w) - 3))


def missed(results: Sequence[Judged]) -> list[tuple[str, int, int]]:
    """(word, times in the references, times missing of the translations), for words that stand in `OFTEN` of them; what
    is missing most often by its share first.

    Of several references the first counts. A word is missing as often as the translation has fewer of it.
    """
    there: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    for one in results:
        wanted, found = counts_of(one.references[:1]), counts_of([one.text])
        there.update(wanted)
        lacking.update(wanted - found)
    told = [(word, count, lacking[word]) for word, count in there.items() if count >= OFTEN and is_word(word)]
    return sorted(told, key=lambda row: (-row[2] / row[1], -row[1], row[0]))


def length_ratio(one: Judged) -> float:
    """Words of a translation by those of its reference."""
    return len(words(one.text)) / max(1, len(words(one.references[0])))
