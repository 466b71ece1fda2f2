"""Recordings: the WAV decoded again, the spectrogram against a plain transform, every label where it was found."""

import io
import re
import wave
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from guina.look.sounds import LONGEST, WIDEST, draw_sounds, fitting, room, wav_uri
from guina.look.spectrogram import BANDS, FLOOR, band_edges, hertz, mel, spectrogram
from guina.look.timeline import draw_axis, ink_uri
from guina.panels import Segment, Sound, Sounds


def decoded(uri: str) -> tuple[int, np.ndarray]:
    """Rate and samples of a WAV in a data: URI, by the standard library."""
    with wave.open(io.BytesIO(b64decode(uri.partition(",")[2]))) as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        return wav.getframerate(), np.frombuffer(wav.readframes(wav.getnframes()), "<i2") / 32768


def drawn(samples_N: np.ndarray, rate: int = 8000, segments: tuple[Segment, ...] = (), name: str = "clip") -> str:
    return draw_sounds(Sounds("t", "s", [Sound(name, "note", samples_N, rate, segments)]))


def audio_of(markup: str) -> str:
    found = re.search(r'<audio [^>]*src="([^"]+)"', markup)
    assert found
    return found[1]


def sine(frequency: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_wav_has_the_same_samples(rate):
    samples_N = np.random.default_rng(0).uniform(-1, 1, 4000)
    samples_N[:3] = -1, 1, 0
    found_rate, found_N = decoded(wav_uri(samples_N, rate))
    assert found_rate == rate
    assert np.abs(found_N - samples_N).max() <= 1 / 32768


def test_what_is_too_loud_is_clipped_and_what_is_no_number_is_silence():
    _, found_N = decoded(audio_of(drawn(np.array([2.0, -3.0, np.nan, np.inf, 0.25] * 100))))
    np.testing.assert_allclose(found_N[:5], [1, -1, 0, 0, 0.25], atol=1 / 32768)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("frequency", [150.0, 440.0, 1000.0, 3400.0])
def test_a_sine_peaks_at_its_frequency_all_the_time(frequency, rate):
    decibels_FT = spectrogram(sine(frequency, rate), rate)
    edges = band_edges(rate)
    f = decibels_FT[:, 5:-5].argmax(axis=0)
    assert (edges[f] <= frequency).all()
    assert (frequency <= edges[f + 2]).all()
    assert decibels_FT.max() == 0
    far = np.abs(mel(edges[1:-1]) - mel(frequency)) > 500
    assert decibels_FT[far, 5:-5].max() < -40


def test_a_tone_that_begins_late_begins_there():
    samples_N = np.concatenate([np.zeros(8000), sine(1000, 8000)])
    loudest_T = spectrogram(samples_N, 8000).max(axis=0)
    silent = loudest_T <= FLOOR
    begins = silent.argmin() * 2.0 / len(loudest_T)
    assert begins == pytest.approx(1.0, abs=0.025)  # half a window and half a hop
    assert silent[: silent.argmin()].all()
    assert not silent[silent.argmin() :].any()


def test_spectrogram_is_the_plain_transform():
    rate, rng = 8000, np.random.default_rng(0)
    samples_N = rng.normal(size=480)
    decibels_FT = spectrogram(samples_N, rate)
    T, W, size = decibels_FT.shape[1], 200, 1024
    edges = band_edges(rate)
    power_FT = np.zeros((BANDS, T))
    for t in range(T):
        first = int((t + 0.5) * 480 / T) - W // 2
        window = [samples_N[n] if 0 <= n < 480 else 0.0 for n in range(first, first + W)]
        window = np.array(window) * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(W) / (W - 1)))
        for k in range(size // 2 + 1):
            power = abs((window * np.exp(-2j * np.pi * k * np.arange(W) / size)).sum()) ** 2
            for f in np.nonzero((edges[:-2] < k * rate / size) & (k * rate / size < edges[2:]))[0]:
                power_FT[f, t] += power * np.interp(k * rate / size, edges[f : f + 3], [0, 1, 0])
    expected = np.maximum(10 * np.log10(power_FT / power_FT.max()), FLOOR)
    np.testing.assert_allclose(decibels_FT, expected, atol=1e-6)


@pytest.mark.parametrize("rate", [1000, 8000, 16000, 22050, 44100, 48000, 96000])
def test_no_band_is_deaf(rate):
    decibels_FT = spectrogram(np.random.default_rng(0).normal(size=rate // 2), rate)
    assert (decibels_FT.max(axis=1) > -40).all()


@given(st.floats(0, 40000))
def test_mel_and_back(frequency):
    assert hertz(mel(frequency)) == pytest.approx(frequency, abs=1e-6)


@pytest.mark.parametrize("length", [0, 1, 3, 199, 40 * 8000])
def test_recordings_of_any_length(length):
    markup = drawn(sine(440, 8000, length / 8000))
    assert "nan" not in markup
    found = len(decoded(audio_of(markup))[1])
    assert found == min(length, LONGEST * 8000)
    assert ("the first 30 s of 40 s" in markup) == (length > LONGEST * 8000)
    assert ("It is empty." in markup) == (length == 0)
    assert "silence" in drawn(np.zeros(100))
    assert "There are no recordings." in draw_sounds(Sounds("t", "s", []))


def test_waveform_is_the_lowest_and_the_highest_of_each_stretch():
    samples_N = np.array([0.1, -0.2, 0.5, 0.0, -0.5, 0.25])
    path = re.search(r'class="waveform" viewBox="0 -100 5 200".*?d="M([^"]+)z"', drawn(samples_N))
    assert path
    pairs = np.array(path[1].split(), int).reshape(-1, 2)  # forth along the highest values, back along the lowest
    expected = [-20, 40, -100, 0, 100, -50]  # upward is negative, the peak is 100
    assert pairs.tolist() == [[x, y] for x, y in enumerate(expected)] + [[x, expected[x]] for x in range(5, -1, -1)]


def test_spectrogram_on_the_page_has_low_frequencies_below_and_silence_without_ink():
    source = re.search(r'<img class="spectrum ink"[^>]* src="([^"]+)"', drawn(sine(440, 8000)))
    assert source
    image = Image.open(io.BytesIO(b64decode(source[1].partition(",")[2]))).convert("RGBA")
    opacity = np.asarray(image)[:, 10:-10, 3].mean(axis=1)  # the ends click
    row = int(BANDS * (1 - mel(440) / mel(4000)))
    assert abs(int(opacity.argmax()) - row) <= 1
    assert opacity[: BANDS // 3].max() == 0


def test_ink_grows_with_strength():
    image = Image.open(io.BytesIO(b64decode(ink_uri(np.linspace(0, 1, 48)[None]).partition(",")[2]))).convert("RGBA")
    red, _, _, opacity = np.asarray(image)[0].T.astype(int)
    assert (np.diff(opacity) >= 0).all()
    assert (opacity[0], opacity[-1]) == (0, 255)
    assert (np.diff(red) <= 0).all()


SEGMENTS = (Segment(0.1, 0.2, "c"), Segment(0.3, 0.5, " "), Segment(0.5, 0.9, "<b>"))


def test_labels_stand_over_their_stretch():
    markup = drawn(sine(440, 8000), segments=SEGMENTS)
    found = re.findall(
        r'<title>([^<]+)</title><rect class="chip" y="0" height="20" rx="3" x="([\d.]+)%" width="([\d.]+)%"/>.*?'
        r'<text class="label middle" x="([\d.]+)%" y="14.5">([^<]+)</text>',
        markup,
    )
    assert found == [
        ("0.1–0.2 s: c", "10", "10", "15", "c"),
        ("0.3–0.5 s: ␣", "30", "20", "40", "␣"),
        ("0.5–0.9 s: &lt;b&gt;", "50", "40", "70", "&lt;b&gt;"),
    ]
    assert 'aria-label="1 s: c ␣ &lt;b&gt;"' in markup
    assert "labelled" not in drawn(sine(440, 8000))


def test_the_drawing_is_as_wide_as_its_closest_labels_need():
    assert room(list(SEGMENTS), 1.0) == 67  # from 0.4 to 0.7 s: half of 8 + 4 and half of 3 * 8 + 4 pixels
    close = [Segment(t, t + 1e-6, "abc") for t in (0.5, 0.5, 0.500001, 0.9)]
    assert room(close, 1.0) == WIDEST
    assert [written for _, written in fitting(close, 1.0)] == [True, False, False, True]
    assert room([], 1.0) == 0


def test_labels_beyond_the_end_are_left_out_and_long_ones_end_with_it():
    markup = drawn(sine(440, 8000), segments=(Segment(0.5, 9.0, "a"), Segment(2.0, 3.0, "b")))
    assert '<rect class="chip" y="0" height="20" rx="3" x="50%" width="50%"/>' in markup
    assert markup.count('class="chip"') == 1


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (2.0, ["0 s", "0.5 s", "1 s", "1.5 s", "2 s"]),
        (0.02, ["0 s", "0.005 s", "0.01 s", "0.015 s", "0.02 s"]),
        (0, ["0 s"]),
    ],
)
def test_seconds_are_marked_where_they_are(length, labels):
    found = re.findall(r'<text class="[^"]+" x="([\d.]+)%" y="28">([^<]+)</text>', draw_axis(10, length, "s"))
    assert [label for _, label in found] == labels
    for share, label in found:
        assert float(share) == pytest.approx(100 * float(label[:-2]) / (length or 1), abs=0.01)


def test_frequencies_are_marked_where_the_picture_has_them():
    markup = drawn(sine(440, 8000))
    marks = re.findall(r'<text class="end" x="48" y="([\d.]+)">(\d+) (k?Hz)</text>', markup)
    assert [number + unit for _, number, unit in marks] == ["125Hz", "500Hz", "1kHz", "2kHz", "4kHz"]
    for y, number, unit in marks:
        frequency = int(number) * (1000 if unit == "kHz" else 1)
        assert float(y) - 4 == pytest.approx(56 + 8 + 144 * (1 - mel(frequency) / mel(4000)), abs=0.01)


def test_evil_names_are_words():
    evil = '"><script>alert(1)</script>'
    markup = drawn(sine(440, 8000), segments=(Segment(0, 1, evil),), name=evil)
    assert "<script" not in markup
    assert markup.count("&lt;script&gt;") >= 4


def test_a_second_weighs_what_the_panel_says():
    one = len(drawn(np.random.default_rng(0).uniform(-1, 1, 5 * 16000), 16000))
    assert one < 3_500_000 / 12
