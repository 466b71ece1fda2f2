"""Recordings: a player, and along one time axis what was found in them, the waveform and the spectrogram.

The page is whole without a script, which adds a line that moves as the recording plays, and begins it where one clicks.
"""

import io
import wave
from base64 import b64encode
from itertools import pairwise

import numpy as np

from guina.look.markup import Child, Markup, join, number, tag, visible
from guina.look.spectrogram import FLOOR, band_edges, mel, spectrogram
from guina.look.table import scrolling
from guina.look.timeline import AXIS, at, draw_axis, ink_uri
from guina.panels import Segment, Sound, Sounds

LONGEST = 30.0  # seconds of a recording in the page
LABELS, WAVEFORM, GAP, SPECTRUM = 26, 56, 8, 144  # pixels of height, as sounds.css has them
RULER = 56  # pixels of width beside them
COLUMNS = 480  # of the waveform, each its lowest and highest value
HALF = 100  # the waveform's units up and down
LETTER = 8  # pixels
WIDEST = 6000  # pixels, for labels that stand close
OCTAVES = (125, 250, 500, 1000, 2000, 4000, 8000, 16000)  # Hz that may be marked
APART = 18  # pixels between marks


def draw_sounds(panel: Sounds) -> Markup:
    """Each recording under its name, and how to read its spectrogram."""
    if not panel.sounds:
        return tag("p", {"class": "note"}, "There are no recordings.")
    key = (
        f"Below the waveform, its spectrogram: the more ink, the louder, down to {number(-FLOOR)} dB below the loudest."
    )
    return tag("div", {"class": "sounds"}, tag("p", {"class": "note"}, key), *map(draw_sound, panel.sounds))


def draw_sound(sound: Sound) -> Markup:
    """The player, and the drawings under it."""
    assert sound.rate >= 1000, sound.rate
    samples_N = np.clip(np.nan_to_num(np.asarray(sound.samples_N, np.float64), posinf=0, neginf=0), -1, 1)
    whole, samples_N = len(samples_N) / sound.rate, samples_N[: int(LONGEST * sound.rate)]
    seconds = len(samples_N) / sound.rate
    note = [sound.note] if sound.note else []
    if whole > seconds:
        note.append(f"the first {number(seconds)} s of {number(whole, 3)} s")
    label = sound.name or "recording"
    audio = {"controls": True, "preload": "metadata", "src": wav_uri(samples_N, sound.rate), "aria-label": label}
    caption = [tag("b", {"dir": "auto"}, sound.name), tag("small", {"dir": "auto"}, "; ".join(note)) if note else None]
    shown = [segment for segment in sound.segments if segment.start < seconds]
    empty = tag("p", {"class": "note"}, "It is empty.")
    return tag(
        "figure",
        {"class": "sound", "data-seconds": f"{seconds:.6g}"},
        tag("figcaption", {}, *caption),
        tag("audio", audio),
        draw_timeline(label, samples_N, sound.rate, shown) if len(samples_N) else empty,
    )


def wav_uri(samples_N: np.ndarray, rate: int) -> str:
    """Samples from −1 to 1 as a data: URI of a WAV file of 16 bits, mono.

    Example:
        >>> wav_uri(np.zeros(2), 8000)[:28]
        'data:audio/wav;base64,UklGRi'
    """
    steps_N = np.clip(np.rint(samples_N * 32768), -32768, 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(steps_N.tobytes())
    return "data:audio/wav;base64," + b64encode(file.getvalue()).decode("ascii")


def draw_timeline(name: str, samples_N: np.ndarray, rate: int, segments: list[Segment]) -> Markup:
    """Labels, waveform, spectrogram and seconds, one below the other; on the left what heights mean."""
    seconds, top = len(samples_N) / rate, LABELS if segments else 0
    height = top + WAVEFORM + GAP + SPECTRUM + AXIS
    decibels_FT = spectrogram(samples_N, rate)
    F, T = decibels_FT.shape
    picture = {"src": ink_uri(1 - decibels_FT[::-1] / FLOOR), "width": T, "height": F}
    cursor = tag("line", {"class": "cursor", "x1": 0, "x2": 0, "y1": top, "y2": height - AXIS})
    over = [
        *(draw_segment(s, seconds, height - AXIS) for s in fitting(segments, seconds)),
        draw_axis(height - AXIS, seconds, "s"),
    ]
    size = {"width": room(segments, seconds), "height": height}
    tracks = tag(
        "div",
        {"class": "tracks labelled" if segments else "tracks"},
        draw_waveform(samples_N),
        tag("img", {"class": "spectrum ink", "alt": describe(decibels_FT, rate, seconds), **picture}),
        tag("svg", {"class": "over", "role": "img", "aria-label": spoken(segments, seconds), **size}, *over, cursor),
    )
    ruler = {"class": "ruler", "width": RULER, "height": height, "aria-hidden": "true"}
    peak = float(np.abs(samples_N).max(initial=0))
    return tag("div", {"class": "timeline"}, tag("svg", ruler, draw_ruler(rate, peak, top)), scrolling(name, tracks))


def describe(decibels_FT: np.ndarray, rate: int, seconds: float) -> str:
    """The spectrogram in words."""
    loudest = band_edges(rate)[1:-1][np.unravel_index(decibels_FT.argmax(), decibels_FT.shape)[0]]
    if decibels_FT.max() <= FLOOR:
        return f"spectrogram of {number(seconds, 3)} s of silence"
    reach = f"{number(seconds, 3)} s up to {number(rate / 2)} Hz"
    return f"spectrogram of {reach}, loudest near {number(float(loudest), 2)} Hz"


def spoken(segments: list[Segment], seconds: float) -> str:
    """The labels in their order, for who cannot see where they stand."""
    return f"{number(seconds, 3)} s" + (": " + " ".join(visible(s.label) for s in segments) if segments else "")


def draw_waveform(samples_N: np.ndarray) -> Markup:
    """The lowest and the highest value of each stretch, as tall as the recording's own peak."""
    stretches = np.array_split(samples_N, min(COLUMNS, len(samples_N)))
    peak = np.abs(samples_N).max(initial=0) or 1.0
    highest, lowest = (
        [round(-HALF * float(pick(stretch)) / peak) for stretch in stretches] for pick in (np.max, np.min)
    )
    upper = " ".join(f"{x} {y}" for x, y in enumerate(highest))
    lower = " ".join(f"{x} {y}" for x, y in reversed(list(enumerate(lowest))))
    view = f"0 {-HALF} {max(1, len(stretches) - 1)} {2 * HALF}"
    path = tag("path", {"d": f"M{upper} {lower}z"})
    return tag(
        "svg", {"class": "waveform", "viewBox": view, "preserveAspectRatio": "none", "aria-hidden": "true"}, path
    )


def draw_ruler(rate: int, peak: float, top: int) -> Markup:
    """The recording's peak beside the waveform, frequencies beside the spectrogram."""
    drawn: list[Child] = [
        tag("text", {"class": "end", "x": RULER - 8, "y": top + WAVEFORM / 2 + 4}, f"±{number(peak, 2)}")
    ]
    bottom = top + WAVEFORM + GAP + SPECTRUM
    last = bottom + APART / 2
    for frequency in OCTAVES:
        y = bottom - SPECTRUM * float(mel(frequency) / mel(rate / 2))
        if frequency > rate / 2 or last - y < APART:
            continue
        last = y
        text = f"{frequency // 1000} kHz" if frequency >= 1000 else f"{frequency} Hz"
        drawn.append(tag("line", {"class": "axis", "x1": RULER - 4, "x2": RULER, "y1": y, "y2": y}))
        drawn.append(tag("text", {"class": "end", "x": RULER - 8, "y": y + 4}, text))
    return join(drawn)


def width_of(segment: Segment) -> float:
    """The pixels that its label takes."""
    return LETTER * len(visible(segment.label)) + 4


def gaps(segments: list[Segment]) -> list[tuple[float, float]]:
    """Between the middles of each label and the next: seconds, and the pixels that it takes."""
    middles = [(s.start + s.end) / 2 for s in segments]
    taken = [(width_of(a) + width_of(b)) / 2 for a, b in pairwise(segments)]
    return [(b - a, pixels) for (a, b), pixels in zip(pairwise(middles), taken, strict=True)]


def room(segments: list[Segment], seconds: float) -> int:
    """How many pixels wide the drawing must be for all labels to be legible; `WIDEST` at most.

    Example:
        >>> room([Segment(0, 1, "a"), Segment(1, 2, "b")], 2.0)
        24
    """
    needed = (seconds * pixels / gap if gap > 0 else WIDEST for gap, pixels in gaps(segments))
    return round(min(WIDEST, max(needed, default=0)))


def fitting(segments: list[Segment], seconds: float) -> list[tuple[Segment, bool]]:
    """Each segment, and whether its label is written: not where it would lie on the one before."""
    density, end = room(segments, seconds) / seconds, -float("inf")
    found: list[tuple[Segment, bool]] = []
    for segment in segments:
        middle, half = (segment.start + segment.end) / 2 * density, width_of(segment) / 2
        fits = middle - half >= end - 1
        found.append((segment, fits))
        end = middle + half if fits else end
    return found


def draw_segment(found: tuple[Segment, bool], seconds: float, bottom: float) -> Markup:
    """A label over its stretch, which has hairlines at its ends; its times are its title."""
    segment, written = found
    start, end = (min(1.0, max(0.0, t / seconds)) for t in (segment.start, segment.end))
    title = f"{number(segment.start, 3)}–{number(segment.end, 3)} s: {visible(segment.label)}"
    stretch = {"x": at(start), "width": at(max(0.0, end - start))}
    drawn: list[Child] = [
        tag("title", {}, title),
        tag("rect", {"class": "chip", "y": 0, "height": LABELS - 6, "rx": 3, **stretch}),
    ]
    drawn.append(tag("rect", {"class": "stretch", "y": LABELS - 6, "height": bottom - LABELS + 6, **stretch}))
    lines = (tag("line", {"x1": at(x), "x2": at(x), "y1": 0, "y2": bottom}) for x in (start, end))
    text = (
        tag("text", {"class": "label middle", "x": at((start + end) / 2), "y": 14.5}, visible(segment.label))
        if written
        else None
    )
    return tag("g", {"class": "segment"}, *drawn, *lines, text)
