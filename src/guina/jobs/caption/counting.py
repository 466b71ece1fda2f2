"""The captions of a source, counted: how many a picture has, their words, what repeats itself.

Words are counted in small letters, as the network knows them; punctuation marks are no words. Where a language writes
no spaces (Chinese, Japanese, Thai …) each of its characters is a word.

Axes: N captions.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from guina.data.records import SPLITS, Records
from guina.jobs.caption.wording import Wording, spoken
from guina.jobs.pictures.check import first_split

SHORT = 3  # words below which a caption is very short


class Said(NamedTuple):
    """The captions of a source, their words counted.

    Args:
        each: of each split, how many captions each picture has.
        length_N: words of each caption, those of all splits one after the other.
        times: of each split, how often each word comes.
        under: of each caption of the split that is learned from, as its words, under how many pictures it stands; and
            how it is first written.
        short: captions of fewer than `SHORT` words, and the first of them.
    """

    each: dict[str, np.ndarray]
    length_N: np.ndarray
    times: dict[str, Counter[str]]
    under: dict[str, tuple[int, str]]
    short: tuple[int, str]


def spoken_words(caption: str, stop: str) -> list[str]:
    """The words of a caption in small letters, without punctuation.

    Example:
        >>> spoken_words("A dog, running.", "."), spoken_words("两只狗。", "。")
        (['a', 'dog', 'running'], ['两', '只', '狗'])
    """
    return [word.lower() for word in spoken(caption, stop) if any(c.isalnum() for c in word)]


def count(records: Records, wording: Wording) -> Said:
    """The captions of all pictures, counted."""
    learned = SPLITS.index(first_split(records))
    times: dict[str, Counter[str]] = {}
    each: dict[str, list[int]] = {}
    under: dict[str, tuple[int, str]] = {}
    length, short, brief = [], 0, ""
    for captions, k in zip(records.columns["captions"], records.split_N.tolist(), strict=True):
        found = [spoken_words(caption, wording.stop) for caption in captions]
        each.setdefault(SPLITS[k], []).append(len(captions))
        times.setdefault(SPLITS[k], Counter()).update(word for words in found for word in words)
        length += map(len, found)
        few = [caption for caption, words in zip(captions, found, strict=True) if len(words) < SHORT]
        short, brief = short + len(few), brief or "".join(few[:1])
        if k == learned:
            for same, caption in {" ".join(words): one for words, one in zip(found, captions, strict=True)}.items():
                n, first = under.get(same, (0, caption))
                under[same] = n + 1, first
    in_order = {split: np.array(each[split]) for split in SPLITS if split in each}
    return Said(in_order, np.array(length, np.int64), times, under, (short, brief))


def known_share(times: Mapping[str, int], wording: Wording) -> float:
    """Of the words that are said, the share that is known."""
    return sum(n for word, n in times.items() if word in wording.number) / max(1, sum(times.values()))
