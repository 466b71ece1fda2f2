"""What `guina look` shows of a recogniser: what it heard when, where it fails, how it learned, what it is given."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from guina.engine.judge import Snap
from guina.jobs.transcribe.inside import BLANK, Paths, segments_of, what_bands_see, what_it_is_given
from guina.jobs.transcribe.mistakes import kinds_of_errors, letter_confusions, speakers_apart, word_confusions
from guina.panels import Candidate, Candidates, NBest, Panel, Segment, Sound, Sounds, spread
from guina.word_errors import Aligned, align_characters, align_words

if TYPE_CHECKING:
    from guina.jobs.transcribe.spoken import Transcribed

DRAWN, WORST = 6, 10  # recordings whose path is drawn, and those that went worst
SECONDS = 45.0  # of sound in one panel: a second weighs some 43 kB
STEPS, FOLLOWED = 6, 6  # snapshots that are shown, and recordings of each
EXAMPLE = 4.0  # seconds of the recording whose bands are shown


@dataclass(frozen=True, eq=False)
class Heard:
    """A recording, what was said in it, and what was heard.

    Args:
        name: of its file.
        reference: what was said.
        seconds: its length.
        answer: what was heard.
        speaker: "" where nobody is named.
    """

    name: str
    reference: str
    seconds: float
    answer: "Transcribed"
    speaker: str = ""


Wave = Callable[[int], np.ndarray]  # the samples of the n-th recording, int16


def transcribe_panels(
    heard: Sequence[Heard], wave: Wave, rate: int, paths: Paths, snaps: Sequence[tuple[int, Snap]]
) -> Iterator[Panel]:
    """All panels, the most telling first.

    Args:
        heard: the recordings that are looked at, one at least.
        wave: their samples.
        rate: samples in a second.
        snaps: of a step, with "names", "references" and "transcripts", a line a recording.
    """
    texts, references = [one.answer.text for one in heard], [one.reference for one in heard]
    words, letters = align_words(texts, references), align_characters(texts, references)
    yield path_over_sound(heard, wave, rate, paths)
    yield from worst(heard, words, wave, rate)
    yield from word_confusions(words)
    yield from letter_confusions(letters)
    yield kinds_of_errors(words, letters)
    yield from speakers_apart(words, [one.speaker for one in heard])
    yield from over_training(snaps)
    longest = max(range(len(heard)), key=lambda n: min(heard[n].seconds, EXAMPLE))
    yield what_it_is_given(wave(longest)[: int(EXAMPLE * rate)], rate, heard[longest].name)
    yield what_bands_see(rate)


def path_over_sound(heard: Sequence[Heard], wave: Wave, rate: int, paths: Paths) -> Sounds:
    """Some recordings of different lengths, the short ones first, with the path over their spectrograms."""
    order = sorted(range(len(heard)), key=lambda n: heard[n].seconds)
    chosen = within_time(spread(order, DRAWN), heard)
    sounds, blanks, frames = [], 0, 0
    for n in chosen:
        path_T = np.asarray(heard[n].answer.path_T)
        blanks, frames = blanks + int((path_T == paths.blank).sum()), frames + len(path_T)
        segments = segments_of(path_T, paths)
        sounds.append(Sound(heard[n].name, told(heard[n]), samples(wave(n)), rate, segments))
    says = (
        f"The likeliest path: at each {1000 * paths.step:.0f} ms it says a unit or the blank, {BLANK}, which is "
        f"{blanks / max(1, frames):.0%} of it here. A unit is often said for a moment only, "
        "somewhere in its sound: what is between two blanks is heard, not where a sound begins and ends."
    )
    return Sounds("What it heard when", says, sounds)


def worst(heard: Sequence[Heard], words: Sequence[Aligned], wave: Wave, rate: int) -> Iterator[Sounds]:
    """The recordings with the most wrong words for their length, where any are wrong, and the words where they were."""
    errors = [one.errors for one in words]
    wrong = [n for n in range(len(heard)) if errors[n].wrong]
    if not wrong:
        return
    order = sorted(wrong, key=lambda n: (-errors[n].rate, -errors[n].wrong, heard[n].name))
    sounds = []
    for n in within_time(order[:WORST], heard):
        segments = [Segment(word.start, word.end, word.text) for word in heard[n].answer.words]
        note = f"{told(heard[n])}; {errors[n].wrong} wrong of {errors[n].expected}"
        sounds.append(Sound(heard[n].name, note, samples(wave(n)), rate, segments))
    says = (
        f"{len(wrong):,} of {len(heard):,} recordings have a wrong word; these have the most for their length. Over "
        "each, the words where they were heard. A transcript that is wrong itself, a word cut off, a noise: it is "
        "heard at once."
    )
    yield Sounds("Worst recordings", says, sounds)


def over_training(snaps: Sequence[tuple[int, Snap]]) -> Iterator[NBest]:
    """The same recordings at some steps of the training."""
    found = [(step, {name: str(text).split("\n") for name, text in snap.items()}) for step, snap in snaps]
    found = [(step, lines) for step, lines in found if {"names", "references", "transcripts"} <= set(lines)]
    if not found:
        return
    series: dict[str, list[Candidate]] = {}
    reference_of: Mapping[str, str] = {}
    shown = spread(found, STEPS)
    for step, lines in shown:
        reference_of = dict(zip(lines["names"], lines["references"], strict=True))
        aligned = align_characters(lines["transcripts"], lines["references"])
        for name, text, one in zip(lines["names"], lines["transcripts"], aligned, strict=True):
            right = max(0.0, 1 - one.errors.rate)
            candidate = Candidate(text or BLANK, right, step == shown[-1][0], f"step {step:,}")
            series.setdefault(name, []).append(candidate)
    examples = [
        Candidates("", name, [reference_of[name]], series[name])
        for name in spread(list(series), FOLLOWED)
        if name in reference_of
    ]
    first, now = (np.mean([known[n].score for known in series.values()]) for n in (0, -1))
    says = (
        f"Of the characters of {len(series)} recordings {first:.0%} were right at first, {now:.0%} at last. In the "
        f"beginning a network of this kind hears nothing but blanks ({BLANK}), then the commonest letters."
    )
    yield NBest("How it learned", says, examples, score="share of characters right")


def told(one: Heard) -> str:
    """What was said and what was heard, in a line."""
    if one.answer.text == one.reference:
        return f"“{one.reference}”, as it was said" if one.reference else "nothing, as it was said"
    return f"said “{one.reference}”, heard “{one.answer.text}”"


def samples(wave_S: np.ndarray) -> np.ndarray:
    """Samples of 16 bits from −1 to 1."""
    return np.asarray(wave_S, np.float64) / 32768


def within_time(order: Sequence[int], heard: Sequence[Heard]) -> list[int]:
    """Those of some recordings, in their order, that together take no more than `SECONDS`; one at least."""
    chosen, seconds = [], 0.0
    for n in order:
        if not chosen or seconds + heard[n].seconds <= SECONDS:
            chosen.append(n)
            seconds += heard[n].seconds
    return chosen
