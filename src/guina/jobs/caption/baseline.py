"""What a captioner has to beat: one sentence for all pictures, and what was said of pictures that look alike.

A sentence that says what is said most often comes near the BLEU of a small network, and what people said of the most
similar pictures is hard to beat (Devlin et al. 2015, Exploring nearest neighbor approaches for image captioning,
https://arxiv.org/abs/1505.04467).

Axes: N judged pictures, M training pictures, F features, C captions.
"""

from collections.abc import Sequence

import numpy as np

from guina.bleu import bleu
from guina.cider import Documents, Vectors, agreement, consensus, vectors, words

HEARD = 1000  # training captions among which the most usual is looked for
TRIED = 30  # of these, that are tried
ON = 300  # training pictures on which they are
NEAREST = 60  # pictures whose captions may be said of another
SAID = 20_000  # training pictures that the nearest ones are looked for among


def plain(text: str) -> str:
    """A caption as it is compared: small letters, without punctuation.

    Example:
        >>> plain("A man's dog, running.")
        "a man's dog running"
    """
    return " ".join(words(text))


def usual_caption(references: Sequence[Sequence[str]], documents: Documents) -> str:
    """Of some captions the one that is best said of every picture: of those that most others agree with, the one of
    the highest BLEU.

    Args:
        references: the captions of each training picture.

    Example:
        >>> some = [["a dog runs on grass"], ["a dog runs"], ["a dog runs on sand"], ["a red car"]]
        >>> usual_caption(some, Documents.of(some))
        'a dog runs'
    """
    flat = [text for known in references for text in known]
    some = [flat[int(n)] for n in np.linspace(0, len(flat) - 1, min(HEARD, len(flat)))]
    usual = np.argsort(-consensus(some, some, documents), kind="stable")[:TRIED]
    at = np.linspace(0, len(references) - 1, min(ON, len(references)))
    right = [[plain(text) for text in references[int(n)]] for n in at]
    tried = dict.fromkeys(some[int(n)] for n in usual)
    return max(tried, key=lambda text: bleu([plain(text)] * len(right), right, "none").score)


def nearest(feature_NF: np.ndarray, known_MF: np.ndarray, k: int = NEAREST) -> np.ndarray:
    """The k most similar of the known pictures, by the cosine of their features, N×k, in no order."""
    unit_NF, unit_MF = (
        (f - known_MF.mean(0)) / np.maximum(np.linalg.norm(f - known_MF.mean(0), axis=1, keepdims=True), 1e-9)
        for f in (feature_NF, known_MF)
    )
    k = min(k, len(known_MF))
    return np.argpartition(-(unit_NF @ unit_MF.T), k - 1, axis=1)[:, :k]


def of_the_nearest(near_NK: np.ndarray, references: Sequence[Sequence[str]], documents: Documents) -> list[str]:
    """Of the captions of each picture's nearest ones the one that the others most agree with.

    Args:
        references: the captions of each known picture.

    Example:
        >>> known = [["a dog runs"], ["a dog runs fast"], ["the dog runs"], ["a car"]]
        >>> of_the_nearest(np.array([[0, 1, 2]]), known, Documents.of(known))
        ['a dog runs']
    """
    flat = [text for known in references for text in known]
    end_M1 = np.cumsum([0, *map(len, references)]).tolist()
    every: Vectors = vectors(flat, documents)
    found = []
    for near_K in near_NK:
        rows = np.concatenate([np.arange(end_M1[m], end_M1[m + 1]) for m in sorted(near_K.tolist())])
        found.append(flat[int(rows[np.argmax(agreement(every[rows], every[rows]))])])
    return found
