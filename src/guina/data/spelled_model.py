"""What follows what in texts written letter by letter, by someone who knows their words.

A search through the outputs of a network that writes letters asks for the next letter. Counts of words say which words
may follow the words before; the letters said since the last space say which of them are still possible; and the next
letter is as likely as those of them that go on with it,

    p(c | v, s) = Σ p(w | v) over the words w that begin with s c  /  Σ p(w | v) over those that begin with s,

with v the words before, s the letters since. After a letter that may be a word's last comes, with the probability that
it is, a space or the text's end. Names and words that nobody had said in training must stay possible: this is mixed
with counts of letters, which alone decide where no known word begins so.

Axes: N prefixes, V units with the blank, D different beginnings of words, E of them by word, a word's own one included.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from guina.data.ngram_model import NgramModel, context, count_ngrams

END = 0  # of a text, among the words
ROOM, FEWEST = 1 << 26, 32  # bytes of the probabilities that are remembered, and contexts, however much that is

Letters = tuple[int, ...]


class SpelledModel:
    """Letters by words.

    Args:
        letters: counts of letters, whose blank stands for a text's end here too.
        words: counts of words: `END`, then those that are spelled, and a last one that stands for unknown ones.
        spelling: the letters of each word, none of which is empty.
        space: the unit that parts words.
        share: of the words in the mixture, from 0 to below 1.

    Example:
        >>> model = spell([[1, 2, 3, 1], [1, 2]], V=4, blank=0, space=3)
        >>> model([(1,)]).exp().numpy().round(2).tolist()
        [[0.07, 0.01, 0.9, 0.02]]
    """

    def __init__(
        self, letters: NgramModel, words: NgramModel, spelling: Sequence[Letters], space: int, share: float
    ) -> None:
        assert 0 <= share < 1, share
        assert all(spelling), "a word has letters"
        assert len(spelling) + 2 == words.V, "a number for the end, and one for unknown words"
        self.letters, self.words, self.spelling, self.space, self.share = letters, words, spelling, space, share
        self.word_of = {spelled: word for word, spelled in enumerate(spelling, END + 1)}
        self.begun: dict[Letters, int] = {}  # each beginning of a word has a number, that of all words 0
        pairs = [(spelled[:n], word) for spelled, word in self.word_of.items() for n in range(len(spelled) + 1)]
        self.begun_E = np.array([self.begun.setdefault(part, len(self.begun)) for part, _ in pairs], np.int64)
        self.word_E = np.array([word for _, word in pairs], np.int64)
        self.after: dict[Letters, dict[int, int]] = {part: {} for part in self.begun}  # letter → the longer beginning
        for part, number in self.begun.items():
            if part:
                self.after[part[:-1]][part[-1]] = number
        self.known: dict[Letters, np.ndarray] = {}
        self.kept = max(FEWEST, ROOM // (8 * max(1, len(self.begun))))  # of these at most

    def __call__(self, prefixes: Sequence[Sequence[int]]) -> Tensor:
        """log p of each letter after each prefix, N×V, float64; where the blank is, of the text's end."""
        return torch.from_numpy(np.log(self.following(prefixes)))

    def following(self, prefixes: Sequence[Sequence[int]]) -> np.ndarray:
        """The probability of each letter after each prefix, N×V; where the blank is, of the text's end."""
        p_NV = self.letters.following(prefixes)
        for n, prefix in enumerate(prefixes):
            row_V = self.by_words(tuple(prefix))
            if row_V is not None:
                p_NV[n] = self.share * row_V + (1 - self.share) * p_NV[n]
        return p_NV

    def by_words(self, prefix: Letters) -> np.ndarray | None:
        """The same of one prefix by words alone; None where no known word begins as it ends."""
        *before, begun = parted(prefix, self.space, self.words.order)  # no word before these is asked for
        if begun not in self.begun:
            return None
        words = tuple(self.word_of.get(word, self.words.V - 1) for word in before)
        row_V, p_D = np.zeros(self.letters.V), self.beginnings(words)
        for letter, longer in self.after[begun].items():
            row_V[letter] = p_D[longer]
        if not begun:  # where a text begins it may end; after a space comes a word
            row_V[self.letters.blank] = 0.0 if before else 1 - p_D[0]
            return row_V / row_V.sum()
        word = self.word_of.get(begun)
        if word is not None:  # what is left of a beginning's probability is that of its being the whole word
            whole = p_D[self.begun[begun]] - row_V.sum()
            ends = 1 - self.beginnings((*words, word))[0]
            row_V[self.letters.blank], row_V[self.space] = whole * ends, whole * (1 - ends)
        return np.maximum(row_V, 0) / p_D[self.begun[begun]]

    def beginnings(self, words: Letters) -> np.ndarray:
        """D: the probability of each beginning of the word after some; first that of any word, instead of the end."""
        key = context(words, min(self.words.order - 1, len(words) + 1), END)
        p_D = self.known.get(key)  # other threads may forget it meanwhile
        if p_D is None:
            p_W = self.words.following([words])[0, :-1]  # unknown words are the letters' affair
            p_W = p_W / p_W.sum()
            if len(self.known) >= self.kept:
                self.known.clear()
            p_D = self.known[key] = np.bincount(self.begun_E, p_W[self.word_E], max(1, len(self.begun)))
        return p_D


def parted(letters: Letters, space: int, most: int | None = None) -> list[Letters]:
    """The words that letters make, the last of which may be only begun, or empty.

    Args:
        most: words before the last one, the nearest; None: all. Letters before these are not looked at.

    Example:
        >>> parted((1, 2, 0, 3), 0), parted((1, 0), 0), parted((), 0), parted((1, 0, 2, 0, 3), 0, 1)
        ([(1, 2), (3,)], [(1,), ()], [()], [(2,), (3,)])
    """
    found: list[Letters] = []
    end = len(letters)
    for n in range(len(letters) - 1, -1, -1):
        if letters[n] == space:
            found.append(letters[n + 1 : end])
            end = n
            if len(found) - 1 == most:
                return found[::-1]
    return [*found, letters[:end]][::-1]


def spell(
    texts: Sequence[Sequence[int]], V: int, blank: int, space: int, order: int = 3, letters: int = 6, share: float = 0.8
) -> SpelledModel:
    """The model of some texts.

    Args:
        texts: letters below V, none of them the blank.
        V: units, with the blank.
        space: the letter that parts words.
        order: words of the longest n-grams.
        letters: of the longest n-grams of letters.
        share: of the words in the mixture.
    """
    said = [[word for word in parted(tuple(text), space) if word] for text in texts]
    spelling = sorted({word for text in said for word in text})
    number_of = {word: n for n, word in enumerate(spelling, END + 1)}
    numbered = [[number_of[word] for word in text] for text in said]
    by_word = count_ngrams(numbered, len(spelling) + 2, END, order)
    return SpelledModel(count_ngrams(texts, V, blank, letters), by_word, spelling, space, share)
