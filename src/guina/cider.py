"""How near captions are to what several people said of the same picture: CIDEr-D.

A text is a vector of its n-grams of words, each weighted by how often it occurs in the text and how rare it is among
pictures (tf × idf); near texts have a small angle between them (Vedantam et al. 2015, https://arxiv.org/abs/1411.5726).
This is the variant D, to the digit as `coco-caption` computes it, which is what papers report:

    CIDEr-D(c, {s_1 … s_m}) = 10/m · Σ_j exp(−(l(c) − l(s_j))² / 2σ²) · 1/4 · Σ_n min(g_n(c), g_n(s_j)) · g_n(s_j)
                                                                                  ─────────────────────────────
                                                                                     ‖g_n(c)‖ · ‖g_n(s_j)‖

with n = 1 … 4 and σ = 6. In that code, and here, the length l is the number of *bigrams* (the paper says words: the
difference is the same but for texts without a word), and an n-gram that no picture has counts as if one had it. Words
are not stemmed. The idf comes from the references that are judged, unless others are given: so a score belongs to its
split and to the number of its pictures, and a picture alone scores 0. Texts of three words have no 4-grams and reach
7.5 at most, not 10.

Axes: N pictures, or texts; P pairs of a text and a reference; C candidates, R references; F features, each an n-gram's
k-th occurrence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Any
from unicodedata import category

import numpy as np

from guina.data import words as in_any_script
from guina.metrics import nothing_to_score

ORDER = 4  # words of the longest n-grams
SIGMA = 6.0  # words by which a text may well be longer or shorter
SCALE = 10.0
NO_WORD = ("P", "C", "Sk")  # Unicode's categories of signs that make no word: punctuation, what is not seen, ` and ´
FEW = 100  # pictures, below which a score is mostly chance


@dataclass(frozen=True)
class Documents:
    """In how many pictures' references n-grams occur: what their idf is made of.

    Args:
        pictures: how many there are.
        counts: by n-gram, its words joined by spaces; those of one picture weigh as those of none, and are left out.
    """

    pictures: int
    counts: Mapping[str, int]

    @classmethod
    def of(cls, references: Sequence[Sequence[str]]) -> "Documents":
        """Those of pictures, of each all that people said.

        Raises:
            GuinaError: there are no pictures.
        """
        if not references:
            raise nothing_to_score()
        counts: Counter[str] = Counter()
        for known in references:
            counts.update({gram for text in known for found in grams(words(text)) for gram in found})
        return cls(len(references), {gram: n for gram, n in counts.items() if n > 1})

    def idf(self, gram: str) -> float:
        """How rare an n-gram is: log(pictures / those that have it), from 0, for what all have.

        Example:
            >>> found = Documents.of([["a cat"], ["a dog", "the dog"], ["a dog"], ["a bird"]])
            >>> [round(found.idf(gram), 3) for gram in ("a", "dog", "a dog", "cat", "the dog", "unicorn")]
            [0.0, 0.693, 0.693, 1.386, 1.386, 1.386]
        """
        return log(self.pictures) - log(self.counts.get(gram, 1))


@dataclass(frozen=True, eq=False)
class Cider:
    """CIDEr-D of captions.

    Args:
        score: 0 … 10: the mean over pictures.
        each_N: of each picture.
        pictures: how many the idf comes from.
        long_references: of how many pictures a reference has four words.
    """

    score: float
    each_N: np.ndarray
    pictures: int
    long_references: int


def words(text: str) -> list[str]:
    """The words of a caption as they are compared: in small letters, without punctuation.

    Han characters, and those of other scripts without spaces, are a word each.

    Example:
        >>> words("A man's T-shirt, size 3.5 …"), words("两只狗。")
        (['a', "man's", 't-shirt', 'size', '3.5'], ['两', '只', '狗'])
    """
    found = (word.strip("-_") for word in in_any_script.words(text.lower().replace("’", "'")))
    return [word for word in found if word and not category(word[0]).startswith(NO_WORD)]


def grams(said: Sequence[str]) -> list[Counter[str]]:
    """How often each n-gram of words occurs, for n = 1 … 4.

    Example:
        >>> [dict(counts) for counts in grams(["so", "so"])]
        [{'so': 2}, {'so so': 1}, {}, {}]
    """
    return [Counter(" ".join(said[k : k + n]) for k in range(len(said) - n + 1)) for n in range(1, ORDER + 1)]


def cider_d(texts: Sequence[str], references: Sequence[Sequence[str]], documents: Documents | None = None) -> Cider:
    """CIDEr-D of captions.

    Args:
        texts: one a picture.
        references: for each picture what people said, one at least; not all need have as many.
        documents: where idf comes from, if not from these references; the score is then not what papers report.

    Raises:
        GuinaError: there are no texts.

    Example:
        >>> found = cider_d(["a red cat sits there", "a dog"], [["a red cat sits there"], ["the dog runs", "a cow"]])
        >>> found.each_N.round(3).tolist(), round(found.score, 3)
        ([10.0, 0.712], 5.356)
    """
    assert len(texts) == len(references), (len(texts), len(references))
    assert all(references), "each picture has a reference"
    if not texts:
        raise nothing_to_score()
    among = documents or Documents.of(references)
    picture_P = np.repeat(np.arange(len(texts)), [len(known) for known in references])
    every = vectors([*texts, *(text for known in references for text in known)], among)
    said, right = every[picture_P], every[len(texts) :]
    near_P = np.asarray(said.once_NF.multiply(right.times_NF).sum(1)).ravel() * penalty(said.length_N, right.length_N)
    each_N = SCALE / ORDER * np.bincount(picture_P, near_P, len(texts)) / np.bincount(picture_P)
    enough = len(np.unique(picture_P[right.length_N >= ORDER - 1]))
    return Cider(float(each_N.mean()), each_N, among.pictures, enough)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Texts as rows; some of them by `[rows]`.

    Clipped counts become a plain product when each occurrence is a feature of its own: with t times an n-gram in a
    text and r times in a reference, min(t, r) · r = Σ_k [k ≤ t] · [k ≤ r] · r.

    Args:
        once_NF: sparse; idf / ‖g_n‖ of the n-gram.
        times_NF: the same times how often the text has the n-gram.
        length_N: in bigrams.
        same_N: one number for texts of the same words.
    """

    once_NF: Any
    times_NF: Any
    length_N: np.ndarray
    same_N: np.ndarray

    def __getitem__(self, rows: slice | np.ndarray) -> "Vectors":
        return Vectors(self.once_NF[rows], self.times_NF[rows], self.length_N[rows], self.same_N[rows])


def vectors(texts: Sequence[str], documents: Documents) -> Vectors:
    """Texts made ready to be compared with each other, once for however many comparisons.

    Example:
        >>> every = vectors(["a dog runs", "A dog runs.", "a dog"], Documents.of([["a dog"], ["a cat"]]))
        >>> every[1:].length_N.tolist(), every.same_N.tolist()
        ([2.0, 1.0], [0, 0, 1])
    """
    from scipy.sparse import csr_array  # a dependency of scikit-learn's, slow to import

    features: dict[tuple[str, int], int] = {}
    distinct: dict[tuple[str, ...], int] = {}
    values, times, columns, ends, length, same = [], [], [], [0], [], []
    for said in map(words, texts):
        for found in grams(said):
            idf = {gram: documents.idf(gram) for gram in found}
            norm = sqrt(sum((n * idf[gram]) ** 2 for gram, n in found.items())) or 1.0  # 0: all are in every picture
            for gram, n in found.items():
                for k in range(n):
                    values.append(idf[gram] / norm)
                    times.append(n)
                    columns.append(features.setdefault((gram, k), len(features)))
        ends.append(len(values))
        length.append(max(0, len(said) - 1))
        same.append(distinct.setdefault(tuple(said), len(distinct)))
    once_NF = csr_array((np.array(values, float), columns, ends), (len(texts), len(features)))
    times_NF = csr_array((once_NF.data * np.array(times, float), once_NF.indices, once_NF.indptr), once_NF.shape)
    return Vectors(once_NF, times_NF, np.array(length, float), np.array(same, int))


def nearness(candidates: Vectors, references: Vectors) -> np.ndarray:
    """CIDEr-D of each candidate beside each reference alone: an array C×R. Both are rows of the same `Vectors`.

    Example:
        >>> known = Documents.of([["a dog runs"], ["a cat sits"], ["a cow"]])
        >>> every = vectors(["a dog runs", "a dog", "a cow"], known)
        >>> nearness(every[:2], every).round(1).tolist()
        [[7.5, 3.5, 0.0], [3.5, 5.0, 0.0]]
    """
    near_CR = (candidates.once_NF @ references.times_NF.T).toarray()
    return SCALE / ORDER * near_CR * penalty(candidates.length_N[:, None], references.length_N)


def agreement(candidates: Vectors, references: Vectors) -> np.ndarray:
    """What `consensus` says, of rows of the same `Vectors`: for many small groups of the same texts."""
    near_CR = nearness(candidates, references)
    place = {int(same): r for r, same in enumerate(references.same_N)}
    own_C = np.array([place.get(int(same), -1) for same in candidates.same_N], int)
    there_C = np.flatnonzero(own_C >= 0)
    sum_C, count_C = near_CR.sum(1), np.full(len(near_CR), float(near_CR.shape[1]))
    sum_C[there_C] -= near_CR[there_C, own_C[there_C]]
    count_C[there_C] -= 1
    return np.divide(sum_C, count_C, out=np.zeros_like(sum_C), where=count_C > 0)


def consensus(candidates: Sequence[str], references: Sequence[str], documents: Documents) -> np.ndarray:
    """How much each candidate says what the others say: its mean CIDEr-D beside all references.

    A candidate that is itself among the references is not held against itself (once; if two say the same, one of them
    is another's). The best of the captions of similar pictures is the consensus caption of Devlin et al. 2015
    (https://arxiv.org/abs/1505.04467); the best of a search's own answers is that of the least expected loss.

    Returns:
        An array of length C; 0 where there is no other.

    Example:
        >>> known = Documents.of([["a dog runs"], ["a cat sits"], ["a cow"]])
        >>> some = ["a dog runs", "a dog", "a cat sits"]
        >>> consensus(some, some, known).round(2).tolist()
        [1.74, 1.74, 0.0]
    """
    every = vectors([*candidates, *references], documents)
    return agreement(every[: len(candidates)], every[len(candidates) :])


def penalty(length: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is left of the nearness of texts of unlike length."""
    return np.exp(-((length - other) ** 2) / (2 * SIGMA**2))


def cautions(found: Cider) -> list[str]:
    """What must be said beside a CIDEr-D of too few pictures or too short captions; nothing where all is well.

    Example:
        >>> cautions(cider_d(["a cat"], [["a cat"]]))[0]
        'there is one picture: cider_d is 0 by definition, as no word is rarer than another'
    """
    N = len(found.each_N)
    if found.pictures == 1:
        return ["there is one picture: cider_d is 0 by definition, as no word is rarer than another"]
    said = []
    if N < FEW:
        chance = f"{found.each_N.std(ddof=1) / sqrt(N):.2f}" if N > 1 else "several points"
        scale = "; among more pictures words weigh otherwise" if found.pictures < FEW else ""
        plural = "pictures are" if N > 1 else "picture is"
        said.append(
            f"{N} {plural} few to judge by: on other ones cider_d may as well be {chance} higher or lower{scale}"
        )
    if found.long_references < N / 2:
        said.append(
            f"only {found.long_references:,} of {N:,} pictures have references of four words or more: elsewhere cider_d"
            " cannot reach 10"
        )
    return said
