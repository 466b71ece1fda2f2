"""How wrong transcripts are: word and character error rates, and what was taken for what, as `jiwer` counts them.

A transcript is brought to its reference by the fewest insertions, deletions and substitutions of words (Levenshtein
1966). The word error rate (WER) is their number over that of the references' words, over all recordings at once: long
ones count more. The character error rate (CER) is the same of characters, a space between words among them. Both may
exceed 1. Texts are compared to the letter, case and punctuation as they are; white space only parts words. Where a
script has no spaces between words (Chinese, Japanese, Thai …) each of its characters is a word, as is usual: a sentence
that is one word would be wrong as a whole for one character.

Where a recording has no words (silence), whatever was heard in it counts as inserted. Where no recording has any, there
is nothing to divide by: then the rates are the number of inserted words and characters, as if one had been expected.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import ModuleType

from guina.data.words import CLOSE
from guina.errors import GuinaError
from guina.metrics import nothing_to_score

NOTHING = ""  # what stands for a word or character that is not there
FEW = 1000  # words, below which a rate is said to be uncertain


@dataclass(frozen=True)
class Errors:
    """How many words, or characters, are right and wrong.

    Args:
        hits: right.
        substitutions: others than in the reference.
        deletions: missing.
        insertions: too many.
    """

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def wrong(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def expected(self) -> int:
        """Words, or characters, of the references."""
        return self.hits + self.substitutions + self.deletions

    @property
    def rate(self) -> float:
        """What is wrong over what was expected, and over 1 where that is nothing.

        Example:
            >>> Errors(hits=6, substitutions=1, deletions=1).rate, Errors(insertions=3).rate, Errors().rate
            (0.25, 3.0, 0.0)
        """
        return self.wrong / max(1, self.expected)

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


Pair = tuple[str, str]  # of the reference and of the transcript; `NOTHING` on one side: missing, or too much


@dataclass(frozen=True)
class Aligned:
    """One transcript beside its reference.

    Args:
        pairs: word by word, or character by character, in order.
    """

    pairs: tuple[Pair, ...]

    @property
    def errors(self) -> Errors:
        kinds = Counter(kind_of(pair) for pair in self.pairs)
        return Errors(kinds["hit"], kinds["substitution"], kinds["deletion"], kinds["insertion"])


def kind_of(pair: Pair) -> str:
    """What became of a word.

    Example:
        >>> [kind_of(pair) for pair in (("a", "a"), ("a", "b"), ("a", ""), ("", "b"))]
        ['hit', 'substitution', 'deletion', 'insertion']
    """
    a, b = pair
    if a == b:
        return "hit"
    return "insertion" if not a else "deletion" if not b else "substitution"


def align_words(texts: Sequence[str], references: Sequence[str]) -> list[Aligned]:
    """Each transcript beside its reference, word by word; for words see `words_of`.

    Args:
        texts: the transcripts, of which any may be empty.
        references: what was said.

    Raises:
        GuinaError: there are none, or a library is missing.

    Example:
        >>> align_words(["the cat sat"], ["a cat"])[0].pairs
        (('a', 'the'), ('cat', 'cat'), ('', 'sat'))
    """
    return align([words_of(text) for text in texts], [words_of(text) for text in references], " ")


def words_of(text: str) -> list[str]:
    """What white space parts; of scripts without spaces between words each character.

    Example:
        >>> words_of("it's  7 o'clock."), words_of("我们 go 了。")
        (["it's", '7', "o'clock."], ['我', '们', 'go', '了', '。'])
    """
    return CLOSE.sub(r" \g<0> ", text).split()


def align_characters(texts: Sequence[str], references: Sequence[str]) -> list[Aligned]:
    """The same character by character, a space between words among them.

    Example:
        >>> align_characters(["ab"], ["cab "])[0].pairs
        (('c', ''), ('a', 'a'), ('b', 'b'))
    """
    return align([list(" ".join(text.split())) for text in texts], [list(" ".join(r.split())) for r in references], "")


def align(texts: Sequence[list[str]], references: Sequence[list[str]], glue: str) -> list[Aligned]:
    """Each transcript beside its reference. What is glued is parted by jiwer into the same pieces again."""
    assert len(texts) == len(references), (len(texts), len(references))
    if not texts:
        raise nothing_to_score()
    # jiwer knows no empty references
    asked = [n for n, (text, known) in enumerate(zip(texts, references, strict=True)) if text and known]
    found = {n: zip_longest(known, [], fillvalue=NOTHING) for n, known in enumerate(references) if not texts[n]}
    found |= {n: zip_longest([], text, fillvalue=NOTHING) for n, text in enumerate(texts) if not references[n]}
    aligned = {n: Aligned(tuple(pairs)) for n, pairs in found.items()}
    if asked:
        jiwer = library()
        process = jiwer.process_words if glue else jiwer.process_characters
        result = process([glue.join(references[n]) for n in asked], [glue.join(texts[n]) for n in asked])
        for n, chunks in zip(asked, result.alignments, strict=True):
            aligned[n] = Aligned(tuple(pairs_of(chunks, references[n], texts[n])))
    return [aligned[n] for n in range(len(texts))]


def pairs_of(chunks: Sequence, reference: Sequence[str], text: Sequence[str]) -> Iterator[Pair]:
    """jiwer's chunks of an alignment, each of one kind, as pairs."""
    for chunk in chunks:
        wanted = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        heard = text[chunk.hyp_start_idx : chunk.hyp_end_idx]
        yield from zip_longest(wanted, heard, fillvalue=NOTHING)


def total(aligned: Sequence[Aligned]) -> Errors:
    """The errors of all."""
    return sum((one.errors for one in aligned), Errors())


def by_speaker(aligned: Sequence[Aligned], speakers: Sequence[str]) -> dict[str, Errors]:
    """The errors of each speaker's transcripts, the speakers in the order of their names; "" where nobody is named.

    Example:
        >>> found = by_speaker(align_words(["a b", "a c", "b"], ["a b", "a b", "b"]), ["ann", "bob", "ann"])
        >>> [(name, errors.rate) for name, errors in found.items()]
        [('ann', 0.0), ('bob', 0.5)]
    """
    found: dict[str, Errors] = {}
    for one, speaker in zip(aligned, speakers, strict=True):
        found[speaker] = found.get(speaker, Errors()) + one.errors
    return dict(sorted(found.items()))


def confusions(aligned: Sequence[Aligned]) -> Counter[Pair]:
    """How often each word, or character, was taken for which; what is right is not among them.

    Example:
        >>> confusions(align_words(["a x", "a x", "a b y"], ["a b"] * 3))
        Counter({('b', 'x'): 2, ('', 'y'): 1})
    """
    return Counter(pair for one in aligned for pair in one.pairs if pair[0] != pair[1])


def expected_counts(aligned: Sequence[Aligned]) -> Counter[str]:
    """How often each word, or character, stands in the references."""
    return Counter(pair[0] for one in aligned for pair in one.pairs if pair[0])


def rates(texts: Sequence[str], references: Sequence[str]) -> Mapping[str, float]:
    """WER and CER, and of what kind the wrong words are, each over the references' words.

    Raises:
        GuinaError: there are none, or a library is missing.

    Example:
        >>> dict(rates(["the cat sat"], ["a cat"]))
        {'wer': 1.0, 'cer': 1.4, 'substitutions': 0.5, 'deletions': 0.0, 'insertions': 0.5, 'exact': 0.0}
    """
    aligned = align_words(texts, references)
    words, letters = total(aligned), total(align_characters(texts, references))
    expected = max(1, words.expected)
    return {
        "wer": words.rate,
        "cer": letters.rate,
        "substitutions": words.substitutions / expected,
        "deletions": words.deletions / expected,
        "insertions": words.insertions / expected,
        "exact": sum(not one.errors.wrong for one in aligned) / len(aligned),
    }


def deviation(aligned: Sequence[Aligned]) -> float:
    """By how much the error rate of as many other recordings of the kind would differ: one standard deviation.

    That of a ratio of two sums over recordings (Cochran 1977, Sampling techniques, on ratios): the words of one
    recording are right and wrong together, so that counting words alone would promise too much. 0 where one recording,
    or no word, is all there is.

    Example:
        >>> round(deviation(align_words(["a b", "a c"], ["a b", "a b"])), 2)
        0.25
    """
    errors = [one.errors for one in aligned]
    N, words, rate = len(errors), sum(one.expected for one in errors), total(aligned).rate
    if N < 2 or not words:
        return 0.0
    squares = sum((one.wrong - rate * one.expected) ** 2 for one in errors)
    return (N / (N - 1) * squares) ** 0.5 / words


def characters_as_words(aligned: Sequence[Aligned]) -> list[str]:
    """What must be said beside a word error rate where characters count as words; nothing where none does.

    Example:
        >>> characters_as_words(align_words(["我"], ["我们"])), characters_as_words(align_words(["we"], ["we"]))
        (['2 of 2 words of wer are single characters, of a script without spaces between words'], [])
    """
    counts = expected_counts(aligned)
    close = sum(times for word, times in counts.items() if CLOSE.match(word))
    if not close:
        return []
    return [
        f"{close:,} of {counts.total():,} words of wer are single characters, of a script without spaces between words"
    ]


def cautions(aligned: Sequence[Aligned]) -> list[str]:
    """What must be said beside a word error rate of few words; nothing where all is well.

    Example:
        >>> cautions(align_words(["oh"], [""]))
        ['nobody says a word in these recordings: wer is how many words were invented']
    """
    words = total(aligned).expected
    if not words:
        return ["nobody says a word in these recordings: wer is how many words were invented"]
    if words >= FEW:
        return []
    few = "1 word is" if words == 1 else f"{words:,} words are"
    if not total(aligned).wrong:  # where 3 of so many are wrong on average, none is wrong once in twenty times
        return [f"{few} few to judge by: of other recordings wer may be up to {min(1.0, 3 / words):.1%}"]
    points = 100 * deviation(aligned)
    return [f"{few} few to judge by: of other recordings wer may as well be {points:.1f} points higher or lower"]


def library() -> ModuleType:
    """jiwer, which reckons in rapidfuzz.

    Raises:
        GuinaError: it is not installed.
    """
    try:
        import jiwer
    except ImportError:
        raise GuinaError(
            "word error rates need the library jiwer", "an installed jiwer", 'pip install "guina[sound]"'
        ) from None
    return jiwer
