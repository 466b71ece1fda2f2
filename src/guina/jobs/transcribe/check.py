"""What `guina check transcribe` says: how many hours, how recorded, how loud, some to hear, and which words are said.

Where a language writes no spaces (Chinese, Japanese, Thai …) its characters are counted in place of words.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from guina.data.records import SPLITS, TRAIN, Records
from guina.data.waves import Waves
from guina.data.words import CLOSE
from guina.engine.job import Overview
from guina.panels import Curves, Panel, Sound, Sounds, Table

HEARD = 10  # recordings to hear
LONGEST = 8.0  # seconds of each
COMMONEST = 40  # words shown
TRIED = 1000  # texts by which it is known whether words have spaces between them
SILENT = 1e-3  # the largest sample below which nothing is to be heard: −60 dB
CLIPPED = 1e-3  # share of samples that stand flat at the top from which a recording is clipped
CHARACTER = re.compile(r"[^\W_]")

# what so many hours of training recordings at least are enough for
LEVELS = (
    (0.0, "very little: a dozen words said in the same way again and again"),
    (0.15, "little: enough for single words, such as commands or digits, of the voices that it hears"),
    (0.5, "enough for a hundred words or so that are said about one thing"),
    (5.0, "enough for short sentences of a small language, such as orders or readings of measurements"),
    (50.0, "much: read sentences of all kinds, if it gets hours rather than minutes"),
)


def enough(hours: float, words: int, different: int) -> str:
    """Whether so much speech is much or little for this job, in a sentence.

    Args:
        words, different: how many words are said in it, and how many different ones.

    Example:
        >>> enough(0.7, 2790, 99)
        '0.70 h: enough for a hundred words or so that are said about one thing; a word is said 28 times in the mean'
    """
    says = next(says for least, says in reversed(LEVELS) if hours >= least)
    often = f"; a word is said {words / different:.0f} times in the mean" if different else ""
    return f"{hours:.2f} h: {says}{often}"


# --- the overview ---


class Words(NamedTuple):
    """The words of all texts, counted.

    Args:
        noun: what is counted: "words" or "characters".
        times: how often each comes in each split.
        empty: texts without any, in each split.
    """

    noun: str
    times: dict[str, Counter[str]]
    empty: dict[str, int]


class Levels(NamedTuple):
    """How loud recordings are: dB of full scale of the mean power, and how many are silent or clipped."""

    quietest: float
    middle: float
    loudest: float
    silent: int
    clipped: int


def transcribe_overview(records: Records, plan: Sequence[str]) -> Overview:
    """The overview.

    Args:
        records: of `guina.data.clips.read_clips`.
        plan: lines on what a training would do.
    """
    waves: Waves = records.source
    seconds_N = np.asarray(records.columns["seconds"], np.float64)
    counts = {split: records.count(split) for split in SPLITS if records.count(split)}
    hours = {split: float(seconds_N[records.split_N == SPLITS.index(split)].sum()) / 3600 for split in counts}
    shortest, middle, longest = np.quantile(seconds_N, [0, 0.5, 1]).tolist()
    words, levels = count_words(records), levels_of(records)
    rates = Counter(waves.own_rate_N[records.rows].tolist())
    channels = Counter(waves.channels_N[records.rows].tolist())
    speakers = {split: len(set(of_split(records, "speaker", split)) - {""}) for split in counts}
    much = enough(hours.get(TRAIN, 0.0), words.times[TRAIN].total(), len(words.times[TRAIN]))
    lines = [
        ", ".join(
            f"{split} {n:,} recording{'' if n == 1 else 's'} ({hours[split]:.2f} h)" for split, n in counts.items()
        ),
        f"a recording lasts {middle:.1f} s in the middle, {shortest:.1f} to {longest:.1f} s",
        f"recorded at {listed(rates, 'Hz')}; {channel_line(channels)}; all are heard at {waves.rate:,} Hz",
        level_line(levels),
        *([speaker_line(speakers)] if any(speakers.values()) else []),
        word_line(words),
        *(unknown_line(words, split) for split in counts if split != TRAIN and words.times[TRAIN]),
        much,
        *plan,
    ]
    facts = {
        "recordings": counts,
        "hours": {split: round(value, 4) for split, value in hours.items()},
        "seconds": {
            "shortest": shortest,
            "median": middle,
            "longest": longest,
        },
        "rates": {str(rate): n for rate, n in rates.most_common()},
        "rate": waves.rate,
        "channels": {str(c): n for c, n in sorted(channels.items())},
        "loudness": levels._asdict(),
        "speakers": speakers,
        "counted": words.noun,
        "words": {split: words.times[split].total() for split in counts},
        "different": {split: len(words.times[split]) for split in counts},
        "unknown": {split: unknown(words, split) for split in counts if split != TRAIN},
        "empty": {split: words.empty[split] for split in counts},
        "enough": much,
        "plan": list(plan),
    }
    panels: list[Panel] = [to_hear(records), lengths(seconds_N), loudness(records), commonest(words)]
    return Overview(facts, lines, panels)


def of_split(records: Records, column: str, split: str) -> list[str]:
    """The values of a column in one split."""
    k = SPLITS.index(split)
    return [value for value, n in zip(records.columns[column], records.split_N.tolist(), strict=True) if n == k]


def count_words(records: Records) -> Words:
    """The words of all texts, counted."""
    texts: list[str] = records.columns["text"]
    some = "".join(texts[:TRIED])
    close = 2 * len(CLOSE.findall(some)) > len(CHARACTER.findall(some)) > 0
    times: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    empty: dict[str, int] = dict.fromkeys(SPLITS, 0)
    for text, k in zip(texts, records.split_N.tolist(), strict=True):
        times[SPLITS[k]].update(CHARACTER.findall(text) if close else text.split())
        empty[SPLITS[k]] += not text
    return Words("characters" if close else "words", times, empty)


def levels_of(records: Records) -> Levels:
    """How loud the recordings are."""
    waves: Waves = records.source
    loud_N, peak_N = waves.loudness_N[records.rows], waves.peak_N[records.rows]
    low, middle, high = np.quantile(loud_N, [0, 0.5, 1]).round(1).tolist()
    clipped_N = waves.clipped_N[records.rows]
    return Levels(low, middle, high, int((peak_N < SILENT).sum()), int((clipped_N >= CLIPPED).sum()))


def unknown(words: Words, split: str) -> dict[str, int]:
    """The words of a split that no training text has: how many different ones, and how often they come."""
    times = [n for word, n in words.times[split].items() if word not in words.times[TRAIN]]
    return {"different": len(times), "times": sum(times)}


# --- as lines ---


def listed(counts: Counter[int], unit: str) -> str:
    """Numbers by how often they come.

    Example:
        >>> listed(Counter({16000: 3, 8000: 1}), "Hz")
        '16,000 Hz (3), 8,000 Hz (1)'
    """
    more = ", …" if len(counts) > 4 else ""
    return ", ".join(f"{value:,} {unit} ({n:,})" for value, n in counts.most_common(4)) + more


def channel_line(channels: Counter[int]) -> str:
    """How many channels there are, and what is done with them.

    Example:
        >>> channel_line(Counter({1: 5})), channel_line(Counter({2: 3, 1: 5}))
        ('one channel', '5 of one channel, 3 of 2, which are made one')
    """
    if set(channels) == {1}:
        return "one channel"
    several = ", ".join(f"{n:,} of {c}" for c, n in sorted(channels.items()) if c != 1)
    return (f"{channels[1]:,} of one channel, " if channels[1] else "") + f"{several}, which are made one"


def level_line(levels: Levels) -> str:
    """How loud the recordings are."""
    return (
        f"loudness {levels.middle:.0f} dB in the middle, {levels.quietest:.0f} to {levels.loudest:.0f} dB of full scale"
        f"; {levels.silent:,} silent, {levels.clipped:,} clipped"
    )


def speaker_line(speakers: dict[str, int]) -> str:
    """How many speakers there are."""
    return "speakers: " + ", ".join(f"{split} {n:,}" for split, n in speakers.items())


def word_line(words: Words) -> str:
    """How many words are said."""
    training, empty = words.times[TRAIN], sum(words.empty.values())
    silence = f"; {empty:,} text{'s are' if empty > 1 else ' is'} empty, as of silence" if empty else ""
    return f"{training.total():,} {words.noun} to learn from, {len(training):,} different ones{silence}"


def unknown_line(words: Words, split: str) -> str:
    """How many words of a split are unknown."""
    found, total = unknown(words, split), words.times[split].total()
    share = found["times"] / max(1, total)
    return (
        f"{split}: {share:.1%} of the {words.noun} are in no training text ({found['different']:,} of "
        f"{len(words.times[split]):,} different ones)"
    )


# --- as panels ---


def to_hear(records: Records) -> Sounds:
    """Some recordings, taken at equal distances, with their texts."""
    of = SPLITS.index(TRAIN) if records.count(TRAIN) else int(records.split_N[0])
    there_M = np.flatnonzero(records.split_N == of)
    chosen = there_M[np.unique(np.linspace(0, len(there_M) - 1, HEARD).round().astype(np.int64))]
    waves: Waves = records.source
    longest = round(LONGEST * waves.rate)
    sounds = []
    for n, wave in zip(chosen.tolist(), waves.wave.values(records.rows[chosen]), strict=True):
        text = records.columns["text"][n] or "(empty)"
        note = f"{text} (the first {LONGEST:.0f} s)" if len(wave) > longest else text
        sounds.append(Sound(records.names[int(n)], note, wave[:longest] / np.float32(32767), waves.rate))
    says = "Recordings at equal distances from the first to the last, as a network hears them: is that what is said?"
    return Sounds("To hear", says, sounds)


def lengths(seconds_N: np.ndarray) -> Curves:
    """How many recordings are how long."""
    longest = float(np.quantile(seconds_N, 0.995)) + 1e-9
    edges = np.linspace(0, longest, 41)
    counts, _ = np.histogram(np.minimum(seconds_N, longest), edges)
    says = f"How many recordings are how long; those of {longest:.1f} s and more are put together."
    return Curves("Lengths", says, {"recordings": (edges[:-1], counts)}, "seconds", "recordings")


def loudness(records: Records) -> Curves:
    """How many recordings are how loud."""
    waves: Waves = records.source
    edges = np.arange(-90, 1, 3)
    counts, _ = np.histogram(np.clip(waves.loudness_N[records.rows], -90, 0), edges)
    says = (
        "How many recordings are how loud: the mean power in dB of full scale; those of −90 and less are put together."
    )
    return Curves("Loudness", says, {"recordings": (edges[:-1], counts)}, "dB", "recordings")


def commonest(words: Words) -> Table:
    """The commonest words, and what share of the speech they are."""
    training = words.times[TRAIN] or sum(words.times.values(), Counter())
    total = max(1, training.total())
    rows: list[list[str | float]] = [
        [k, word, n, f"{n / total:.1%}"] for k, (word, n) in enumerate(training.most_common(COMMONEST), 1)
    ]
    says = f"The {min(COMMONEST, len(training))} commonest of {len(training):,} different {words.noun} to learn from."
    return Table("Commonest", says, ["", words.noun, "times", "share"], rows)
