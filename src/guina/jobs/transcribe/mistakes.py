"""How transcripts go wrong: what was taken for what, and how often, by kind and by speaker."""

from collections import Counter
from collections.abc import Iterator, Sequence

from guina.panels import Confusion, Table
from guina.word_errors import NOTHING, Aligned, Errors, Pair, by_speaker, confusions, expected_counts, kind_of, total

FEW_WORDS = 60  # different ones, up to which a table of all with all can be read
LISTED = 40  # pairs of words that are listed where there are more
BLANK = "∅"  # what stands for a word that is not there


def word_confusions(words: Sequence[Aligned]) -> Iterator[Confusion | Table]:
    """Which words were taken for which: all of them where they are few, the most frequent pairs otherwise."""
    counts, expected = confusions(words), expected_counts(words)
    if not counts:
        return
    says = commonest(counts, expected)
    known = {word for pair in all_pairs(words) for word in pair}
    if len(known) <= FEW_WORDS:
        says += f"{BLANK} as a row are words that nobody said, {BLANK} as a column words that were not heard."
        yield matrix("Words taken for others", says, words)
        return
    rows: list[list[str | float]] = [
        [wanted or BLANK, got or BLANK, times, f"{times / expected[wanted]:.0%}" if wanted else "–"]
        for (wanted, got), times in counts.most_common(LISTED)
    ]
    says += f"{BLANK} is no word: it was not said, or not heard."
    yield Table("Words taken for others", says, ["said", "heard", "times", "share of the said"], rows)


def letter_confusions(letters: Sequence[Aligned]) -> Iterator[Confusion]:
    """Which characters were taken for which."""
    counts, expected = confusions(letters), expected_counts(letters)
    if not counts:
        return
    says = f"{commonest(counts, expected)}What sounds alike is taken for each other; {BLANK} is no character."
    yield matrix("Characters taken for others", says, letters)


def matrix(title: str, says: str, aligned: Sequence[Aligned]) -> Confusion:
    """All words, or characters, by what they were taken for; what is said most often comes first, nothing last."""
    pairs, expected = all_pairs(aligned), expected_counts(aligned)
    known = {part for pair in pairs for part in pair if part != NOTHING}
    order = [*sorted(known, key=lambda part: (-expected[part], part)), NOTHING]
    place = {part: n for n, part in enumerate(order)}
    counts = {(place[wanted], place[got]): times for (wanted, got), times in pairs.items()}
    return Confusion(title, says, [part.replace(" ", "␣") or BLANK for part in order], counts, {})


def all_pairs(aligned: Sequence[Aligned]) -> Counter[Pair]:
    """How often each pair of a reference's word and a heard one stands beside each other, right or wrong."""
    return Counter(pair for one in aligned for pair in one.pairs)


def kinds_of_errors(words: Sequence[Aligned], letters: Sequence[Aligned]) -> Table:
    """How many words and characters are other ones, missing, or too many."""
    both = [total(words), total(letters)]
    rows: list[list[str | float]] = [
        [what, *(f"{count(errors) / max(1, errors.expected):.1%}" for errors in both)]
        for what, count in {
            "another one": lambda errors: errors.substitutions,
            "missing": lambda errors: errors.deletions,
            "too many": lambda errors: errors.insertions,
            "all together: the error rate": lambda errors: errors.wrong,
        }.items()
    ]
    whole = sum(not one.errors.wrong for one in words)
    empty = sum(all(kind_of(pair) == "deletion" for pair in one.pairs) and bool(one.pairs) for one in words)
    says = f"{whole:,} of {len(words):,} recordings are right to the last word, and in {empty:,} nothing was heard. "
    says += "Many that are missing: it hears too little, or a word of the language is new to it. Many too many: noises."
    return Table("How it fails", says, ["a word or character is", "words", "characters"], rows)


def speakers_apart(words: Sequence[Aligned], speakers: Sequence[str]) -> Iterator[Table]:
    """The errors of each speaker, the worst first, where there are several."""
    found, clips = by_speaker(words, speakers), Counter(speakers)
    if len(found) < 2:
        return
    order = sorted(found, key=lambda name: (-found[name].rate, name))
    rows = [row_of(name, clips[name], found[name]) for name in order]
    first, last = order[0], order[-1]
    says = (
        f"Of what {first or 'somebody unnamed'} said {found[first].rate:.1%} of the words are wrong, of what "
        f"{last or 'somebody unnamed'} said {found[last].rate:.1%}."
    )
    header = ["speaker", "recordings", "words", "wrong", "others", "missing", "too many"]
    yield Table("By speaker", says, header, rows)


def row_of(name: str, clips: int, errors: Errors) -> list[str | float]:
    """A row of the table by speaker."""
    counts = (errors.substitutions, errors.deletions, errors.insertions)
    return [name or "–", clips, errors.expected, f"{errors.rate:.1%}", *counts]


def commonest(counts: Counter[Pair], expected: Counter[str]) -> str:
    """The most frequent mistake as a sentence, with a space after it.

    Example:
        >>> commonest(Counter({("a", "b"): 2, ("", "a"): 1}), Counter(a=5))
        'Most often “a” was taken for “b”: 2 of 5 times. '
    """
    (wanted, got), times = counts.most_common(1)[0]
    if not wanted:
        return f"Most often {named(got)} was heard where nothing was said: {times:,} times. "
    became = f"was taken for {named(got)}" if got else "was not heard"
    return f"Most often {named(wanted)} {became}: {times:,} of {expected[wanted]:,} times. "


def named(part: str) -> str:
    """A word or character as a sentence says it.

    Example:
        >>> named("a"), named(" ")
        ('“a”', '“␣”')
    """
    return f"“{part.replace(' ', '␣')}”"
