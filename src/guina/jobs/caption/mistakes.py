"""How captions go wrong, counted: words that are never said, or too often, and naming words that are not seen.

Axes: N pictures, W words that name something.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import TYPE_CHECKING

import numpy as np

from guina.cider import words
from guina.data.arrays import Arrays
from guina.jobs.caption.wording import Wording, share_of_captions
from guina.panels import Table

if TYPE_CHECKING:
    from guina.jobs.caption.answering import Captioned

LISTED = 20  # words of each list
PICTURES = 2  # of whose captions a word is said at least, to be listed
TOO_OFTEN = 1.5  # times as often as people, from which a word is said too often
COUNTED = 20_000  # training pictures whose words are counted
SEEN = 30  # naming words that are judged


# --- words that are said ---


def counts_of(train: Arrays) -> Counter[str]:
    """In how many training captions each word stands, in small letters; of at most `COUNTED` pictures."""
    some = np.arange(min(COUNTED, len(train)))
    return Counter(word for known in train.several("caption", some) for text in known for word in set(words(text)))


def shares(captions: Sequence[Sequence[str]]) -> dict[str, float]:
    """Of how many of a picture's captions each word is part, the mean over pictures.

    Example:
        >>> shares([["a dog", "the dog"], ["a cat", "a cat"]])["a"], shares([["a dog", "the dog"]])["the"]
        (0.75, 0.5)
    """
    share: Counter[str] = Counter()
    for known in captions:
        for text in known:
            for word in set(words(text)):
                share[word] += 1 / len(known) / len(captions)  # pyright: ignore[reportArgumentType]  a Counter adds
    return {word: float(value) for word, value in share.items()}


def never_said(
    texts: Sequence[str], references: Sequence[Sequence[str]], learned: Mapping[str, int]
) -> Iterator[Table]:
    """Words that people say of these pictures and the network of none, the commonest first.

    Args:
        learned: in how many training captions each word stands.
    """
    ours, theirs = shares([[text] for text in texts]), shares(references)
    of = Counter(word for known in references for word in {word for text in known for word in words(text)})
    common = [word for word in theirs if of[word] >= PICTURES]
    missing = sorted((word for word in common if word not in ours), key=lambda word: (-theirs[word], word))
    if not missing:
        return
    rows: list[list[str | float]] = [
        [word, of[word], f"{theirs[word]:.1%}", learned.get(word, 0)] for word in missing[:LISTED]
    ]
    said = sum(theirs[word] for word in missing) / max(1e-12, sum(theirs.values()))
    says = (
        f"Of {len(common):,} words that people say of {PICTURES} or more of these {len(texts):,} pictures, it says "
        f"{len(missing):,} of none: {said:.0%} of all that they say. It says {len(ours):,} different words in all, "
        f"they {len(theirs):,}. These are the commonest, with the share of people's captions that have them, and in "
        "how many training captions they are: what it heard often enough and does not say, it does not dare to."
    )
    header = ["word", "pictures", "of people's captions", "training captions"]
    yield Table("Words that it never dares to say", says, header, rows, {2: 100 * theirs[missing[0]]})


def said_too_often(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Iterator[Table]:
    """Words that the network says much oftener than people."""
    ours, theirs = shares([[text] for text in texts]), shares(references)
    least = PICTURES / len(texts)
    often = [word for word in ours if ours[word] >= least and ours[word] >= TOO_OFTEN * theirs.get(word, 0.0)]
    often.sort(key=lambda word: (theirs.get(word, 0.0) - ours[word], word))
    if not often:
        return
    rows: list[list[str | float]] = [
        [word, f"{ours[word]:.1%}", f"{theirs.get(word, 0.0):.1%}"] for word in often[:LISTED]
    ]
    says = (
        f"Words that are in {TOO_OFTEN:g} times as many of its captions as of people's, or more: what it says when it "
        "is in doubt, since it is seldom wrong."
    )
    full, header = 100 * max(ours[word] for word in often[:LISTED]), ["word", "of its captions", "of people's"]
    yield Table("Words that it says too often", says, header, rows, {1: full, 2: full})


# --- words that are seen ---


def called(references: Sequence[Sequence[str]], wording: Wording, place_V: np.ndarray) -> np.ndarray:
    """Which naming words some caption of each picture says, N×W booleans.

    Args:
        place_V: see `CaptionFitted.place_V`.
    """
    return np.stack([share_of_captions([wording.encode(one) for one in known], place_V) > 0 for known in references])


def average_precision(p_N: np.ndarray, right_N: np.ndarray) -> float:
    """How high those that are right stand among all, ordered by their probability: the mean precision at each of them.

    Equal probabilities stand as they come. NaN where none is right.

    Example:
        >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])).__round__(3)
        0.833
    """
    hit_N = np.asarray(right_N, bool)[np.argsort(-p_N, kind="stable")]
    precision_N = np.cumsum(hit_N) / np.arange(1, len(hit_N) + 1)
    return float(precision_N[hit_N].mean()) if hit_N.any() else float("nan")


def words_it_sees(p_NW: np.ndarray, called_NW: np.ndarray, wording: Wording) -> Iterator[Table]:
    """Average precision of the commonest naming words, the best first."""
    often_W = called_NW.sum(0)
    chosen = [w for w in np.argsort(-often_W, kind="stable")[:SEEN].tolist() if PICTURES <= often_W[w] < len(p_NW)]
    if not chosen:
        return
    found = {w: average_precision(p_NW[:, w], called_NW[:, w]) for w in chosen}
    rows: list[list[str | float]] = []
    for w in sorted(chosen, key=lambda w: -found[w]):
        top_K = np.argsort(-p_NW[:, w], kind="stable")[: often_W[w]]
        share = f"{called_NW[top_K, w].mean():.0%}"
        word = wording.shown(wording.named[w])
        rows.append([word, int(often_W[w]), f"{found[w]:.0%}", f"{often_W[w] / len(p_NW):.0%}", share])
    mean, chance = np.mean(list(found.values())), np.mean(often_W[chosen] / len(p_NW))
    says = (
        f"How well the first network tells the pictures that a word is said of from the others, for the {len(chosen)} "
        f"commonest naming words here: average precision is {mean:.0%} in the mean, and {chance:.0%} by chance. Found: "
        "of as many pictures as the word is said of, those it finds likeliest, how many are such. People do not say "
        "all they see, so that some of what seems wrong is not."
    )
    header = ["word", "pictures", "average precision", "by chance", "found"]
    yield Table("Words that it sees", says, header, rows)


# --- captions ---


def surprise(one: "Captioned") -> float:
    """How improbable a caption is: nats a word.

    Several ways to the same text are one.
    """
    return -log(max(one.others[0][1], 1e-300)) / max(1, len(one.words))
