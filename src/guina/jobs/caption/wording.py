"""Captions as rows of words and back: which words are known, how they are written, which of them a picture calls for.

Words are compared without their case, so that "Two" and "two" are one; each is written as it mostly is where no caption
begins. A caption begins with a capital and ends with a full stop if most training captions do.

Axes: V words that are known, W of them that name something, T words of a caption.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from guina.data.words import joined, words

FEW, OFTEN = 1000, 5  # pictures below which each word that comes twice is known; how often one must come above it
MOST = 10_000  # words that are known
NAMED = 600  # words that name something, at most
EVERYWHERE = 0.5  # share of the pictures from which on a word names nothing
LONGER = 0.999  # share of the captions that must be as short as any may become
STOPS = ".。!！"
SIDES = {
    *("left", "right", "links", "rechts", "gauche", "droite", "izquierda", "derecha"),
    *("sinistra", "destra", "esquerda", "direita", "左", "右"),
}
UNKNOWN, END, START = 0, 1, 2
SPECIAL = 3


@dataclass(frozen=True)
class Wording:
    """The words of the training captions.

    Args:
        written: the words with number `SPECIAL` on, as they are written.
        named: the numbers of those by which a picture is known, the most frequent first.
        capital: whether captions begin with a capital letter.
        stop: what they end with; "": nothing.
        longest: words that a caption may have: as many as all but a thousandth of the training captions.
        sides: share of the captions that speak of left or right.
    """

    written: tuple[str, ...]
    named: tuple[int, ...]
    capital: bool
    stop: str
    longest: int
    sides: float = 0.0

    @property
    def size(self) -> int:
        """V, with what is unknown, the end and the start."""
        return SPECIAL + len(self.written)

    @cached_property
    def number(self) -> dict[str, int]:
        return {word.lower(): SPECIAL + n for n, word in enumerate(self.written)}

    def encode(self, caption: str) -> np.ndarray:
        """The words of a caption and its end, int32; those that are not known are `UNKNOWN`.

        Example:
            >>> learn_wording([["A dog runs.", "A dog sits."], ["A cat sits."]]).encode("The dog sits.").tolist()
            [0, 4, 5, 1]
        """
        known = [self.number.get(word.lower(), UNKNOWN) for word in spoken(caption, self.stop)[: self.longest]]
        return np.array([*known, END], np.int32)

    def decode(self, numbers: Iterable[int]) -> str:
        """The caption of some words without an end.

        Example:
            >>> learn_wording([["A dog runs.", "A dog sits."], ["A cat sits."]]).decode([3, 4, 5])
            'A dog sits.'
        """
        said = joined(self.shown(number) for number in numbers if number >= SPECIAL)
        said = said[:1].upper() + said[1:] if self.capital else said
        return said + self.stop if said else said

    def shown(self, number: int) -> str:
        """A word as it is written."""
        return {UNKNOWN: "?", END: "∎", START: "▸"}.get(number) or self.written[number - SPECIAL]

    def facts(self) -> dict[str, Any]:
        """What `Wording(**facts)` reads back, as JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def restored(cls, facts: dict[str, Any]) -> "Wording":
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
        }
        return cls(**read)


def spoken(caption: str, stop: str = "") -> list[str]:
    """The words of a caption, without what it ends with.

    Example:
        >>> spoken("A dog, running .", "."), spoken("two cats", ".")
        (['A', 'dog', ',', 'running'], ['two', 'cats'])
    """
    said = words(caption)
    return said[:-1] if stop and said and said[-1] in STOPS else said


def learn_wording(captions: Sequence[Sequence[str]]) -> Wording:
    """The wording of training captions, several a picture.

    Example:
        >>> found = learn_wording([["A dog runs."], ["A dog sits."], ["A cat sits."]] * 2)
        >>> found.written, [found.shown(n) for n in found.named], found.capital, found.stop
        (('a', 'dog', 'sits', 'runs', 'cat'), ['runs', 'cat'], True, '.')
    """
    flat = [caption for some in captions for caption in some if caption]
    ends = Counter(caption.rstrip()[-1:] for caption in flat)
    stop = next((mark for mark, n in ends.most_common(1) if mark in STOPS and 2 * n > len(flat)), "")
    capital = 2 * sum(caption[:1].isupper() for caption in flat) > len(flat)
    said = [spoken(caption, stop) for caption in flat]
    count = Counter(word.lower() for one in said for word in one)
    least = OFTEN if len(captions) >= FEW else 2
    known = [word for word, n in count.most_common(MOST) if n >= least] or list(count)
    inside = Counter(word for one in said for word in one[1:])
    forms: dict[str, Counter[str]] = {}
    for word, n in inside.items():
        forms.setdefault(word.lower(), Counter())[word] = n
    written = tuple(forms[word].most_common(1)[0][0] if word in forms else word for word in known)
    longest = int(np.ceil(np.quantile([len(one) for one in said], LONGER))) if said else 0
    sides = sum(any(word.lower() in SIDES for word in one) for one in said) / max(1, len(said))
    unnamed = Wording(written, (), capital, stop, longest, sides)
    return replace(unnamed, named=tuple(names_of(captions, unnamed)))


def names_of(captions: Sequence[Sequence[str]], wording: Wording) -> list[int]:
    """The words that tell pictures apart: neither in most of them, nor in one alone; the most frequent first."""
    pictures = Counter(n for some in captions for n in {int(n) for one in some for n in wording.encode(one)})
    most = EVERYWHERE * len(captions)
    found = [n for n, k in pictures.most_common() if n >= SPECIAL and 2 <= k <= most and is_name(wording.shown(n))]
    return found[:NAMED]


def is_name(word: str) -> bool:
    """Whether a word may name something: a single letter does not, a single sign of Chinese does.

    Example:
        >>> is_name("dog"), is_name("a"), is_name("狗"), is_name(",")
        (True, False, True, False)
    """
    return word[0].isalpha() and (len(word) > 1 or not word.isascii())


def share_of_captions(said: Sequence[np.ndarray], named: np.ndarray) -> np.ndarray:
    """The share of a picture's captions that say each word, W.

    Args:
        said: the words of each caption.
        named: the place among the W words of each of the V; W: it has none.

    Example:
        >>> share_of_captions([np.array([3, 4]), np.array([3, 1])], np.array([2, 2, 2, 0, 1])).tolist()
        [1.0, 0.5]
    """
    count_W = np.zeros(int(named.max(initial=0)) + 1, np.float32)
    for words_T in said:
        count_W[np.unique(named[words_T])] += 1
    return count_W[:-1] / max(1, len(said))


def sides_said(wording: Wording) -> list[str]:
    """The words for left and right that captions say: then a mirrored picture has others.

    Example:
        >>> sides_said(learn_wording([["a cat left of a dog"], ["a dog left of a cat"]]))
        ['left']
    """
    return [word for word in wording.written if word.lower() in SIDES]
