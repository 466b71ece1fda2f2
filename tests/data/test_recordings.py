"""Recordings of every kind to samples: against what was written, analytic sines and scipy; and files that lie."""

import doctest
import io
import os
import sys
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from guina.data import sound_files, sound_kinds, sound_mix, sounds, wav_header
from guina.data.sounds import BadSound, as_int16, decode, describe, pieces
from guina.errors import GuinaError
from some_sounds import coded, put, tone, wav


@pytest.mark.parametrize("module", [sounds, sound_files, sound_kinds, sound_mix, wav_header])
def test_examples(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


# --- formats ---

EXACT = {"PCM_U8": 1 / 100, "PCM_16": 1e-4, "PCM_24": 1e-6, "PCM_32": 1e-6, "FLOAT": 1e-6, "DOUBLE": 1e-6}


@pytest.mark.parametrize("subtype", [*EXACT, "ULAW", "ALAW"])
def test_wav_of_any_depth(subtype):
    sound = decode(coded(tone(), subtype=subtype), 16000)
    assert sound.samples_N.dtype == np.float32
    assert np.abs(sound.samples_N - tone()).max() < EXACT.get(subtype, 0.03)
    assert (sound.kind, sound.own_rate, sound.channels, sound.seconds, sound.whole) == ("WAV", 16000, 1, 1.0, True)
    assert len(sound.notes) == (subtype != "PCM_16")  # 24 bits to 16 bits


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
def test_flac(subtype):
    sound = decode(coded(tone(), kind="FLAC", subtype=subtype), 16000)
    assert np.abs(sound.samples_N - tone()).max() < EXACT.get(subtype, 0.01)
    assert sound.kind == "FLAC"


@pytest.mark.parametrize(("kind", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)])
def test_lossy_formats(kind, subtype):
    sound = decode(coded(tone(2.0, 16000, 500), kind=kind, subtype=subtype), 16000)
    assert (sound.kind, sound.whole) == (kind, True)
    assert abs(len(sound.samples_N) - 32000) < 3200
    middle_T = sound.samples_N[8000:24000]
    power_F = np.abs(np.fft.rfft(middle_T)) ** 2
    assert power_F.argmax() == 500
    assert power_F[490:511].sum() > 0.98 * power_F.sum()
    assert np.sqrt((middle_T**2).mean()) == pytest.approx(0.5 / 2**0.5, rel=0.1)


def test_the_content_decides_and_a_wrong_name_is_said(tmp_path):
    path = put(tmp_path / "a.wav", tone(), kind="FLAC")
    assert decode(path, 16000).notes == ("FLAC in a file called .wav",)
    raw = put(tmp_path / "a.raw", tone())  # soundfile asks for a rate where a file is called so
    assert decode(raw, 16000).notes == ()
    assert decode(str(put(tmp_path / "a", tone())), 16000).seconds == 1.0


def test_a_path_and_its_bytes_are_one(tmp_path):
    path = put(tmp_path / "a.flac", tone(), 22050, "FLAC")
    heard: list[str] = []
    assert (decode(path, 16000, heard.append).samples_N == decode(path.read_bytes(), 16000).samples_N).all()
    assert heard == ["22050 Hz to 16000 Hz"]


def test_what_a_header_says(tmp_path):
    found = describe(put(tmp_path / "a.wav", np.stack([tone(0.5)] * 2, 1)))
    assert (found.kind, found.rate, found.channels, found.seconds) == ("WAV", 16000, 2, 0.5)


def test_samples_are_kept_as_whole_numbers():
    assert as_int16(np.array([-2.0, 2.0, 1 / 32767])).tolist() == [-32767, 32767, 1]


# --- rates ---


@pytest.mark.parametrize("own", [8000, 11025, 22050, 44100, 48000])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_resampled_from_its_own_rate(own, rate):
    sound = decode(coded(tone(2.0, own), own, subtype="FLOAT"), rate)
    assert abs(len(sound.samples_N) - 2 * rate) <= 1
    inner = slice(rate // 10, 2 * rate - rate // 10)
    assert np.abs(sound.samples_N[: 2 * rate - 1] - tone(2.0, rate)[: 2 * rate - 1])[inner].max() < 1e-3
    assert sound.seconds == 2.0


def test_noise_is_resampled_as_scipy_does_below_half_the_rate():
    rng = np.random.default_rng(0)
    slow = np.cumsum(rng.normal(0, 0.01, 48000))
    slow = 0.5 * (slow - slow.mean()) / np.abs(slow - slow.mean()).max()  # little above 8 kHz
    mine = decode(coded(slow, 48000, subtype="FLOAT"), 16000).samples_N
    other = resample_poly(slow, 1, 3)
    inner = slice(500, 15500)
    assert np.abs(mine[:16000][inner] - other[:16000][inner]).max() < 5e-3


def test_a_tone_above_half_the_rate_is_gone():
    sound = decode(coded(tone(1.0, 48000, 12000), 48000), 16000)
    assert np.abs(sound.samples_N[1600:-1600]).max() < 1e-3


@pytest.mark.parametrize("own", [16000, 44100])
def test_blocks_do_not_matter(own, monkeypatch):
    rng = np.random.default_rng(1)
    file = coded(rng.uniform(-0.5, 0.5, (own, 2)), own)
    whole = decode(file, 16000)
    monkeypatch.setattr(sound_files, "BLOCK", 1001)
    parts = decode(file, 16000)
    assert np.abs(whole.samples_N - parts.samples_N).max() < 1e-5
    assert parts.loudness == pytest.approx(whole.loudness)


# --- a long one in pieces ---


@pytest.mark.parametrize("own", [16000, 22050])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 7.5])
def test_pieces_are_the_whole(own, seconds):
    file = coded(tone(5.3, own), own)
    found = list(pieces(file, 16000, seconds))
    assert {len(piece) for piece in found[:-1]} <= {round(seconds * 16000)}
    assert 0 < len(found[-1]) <= round(seconds * 16000)
    assert (np.concatenate(found) == decode(file, 16000).samples_N).all()


def test_a_long_recording_takes_little_memory(tmp_path):
    path = put(tmp_path / "long.wav", np.stack([tone(600.0)] * 2, 1))  # 38 MB, also as floats of one channel
    tracemalloc.start()
    try:
        seconds = sum(len(piece) for piece in pieces(path, 16000, 20.0)) / 16000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seconds == 600
    assert peak < 20e6


# --- channels ---


def noisy(wave: np.ndarray, seed: int = 0) -> np.ndarray:
    return wave + np.random.default_rng(seed).normal(0, 0.001, wave.shape)


@pytest.mark.parametrize(
    ("factors", "how"),
    [
        ((1, 1), "their mean"),
        ((1, 0), "their mean"),
        ((1, -1), "their difference"),
        ((1, -0.8), "their difference"),
        ((1, 1, 1), "their mean"),
        ((1, 0, 0, 0), "their mean"),
        ((1, -1, 0), "the loudest"),
    ],
)
def test_channels_that_cancel_each_other_out_are_no_silence(factors, how):
    wave = tone(loud=0.6)
    sound = decode(coded(noisy(np.stack([factor * wave for factor in factors], 1))), 16000)
    assert sound.channels == len(factors)
    assert how in sound.notes[0]
    assert sound.notes[0].startswith(f"{len(factors)} channels to one")
    assert np.abs(np.corrcoef(sound.samples_N, wave)[0, 1]) > 0.99
    assert np.abs(sound.samples_N).max() > 0.1


def test_two_silent_channels_are_silence():
    sound = decode(coded(np.zeros((800, 2))), 16000)
    assert (sound.peak, sound.loudness) == (0.0, -120.0)


# --- numbers ---


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_that_are_no_numbers(bad, channels):
    wave = np.stack([tone()] * channels, 1)
    wave[700, channels - 1] = bad
    with pytest.raises(BadSound, match="no numbers"):
        decode(coded(wave, subtype="FLOAT"), 16000)


def test_floats_as_large_as_whole_numbers_are_brought_back():
    sound = decode(coded(20000 * tone(), subtype="DOUBLE"), 16000)
    assert "numbers beyond ±1 divided by the largest" in sound.notes
    assert np.abs(sound.samples_N - 2 * tone()).max() < 1e-2  # the tone is 0.5 at most
    assert sound.peak == pytest.approx(1.0)


def test_loudness_silence_and_clipping():
    sine = decode(coded(tone(loud=0.5)), 16000)
    assert sine.loudness == pytest.approx(10 * np.log10(0.125), abs=0.01)
    assert sine.peak == pytest.approx(0.5, abs=1e-3)
    assert sine.clipped == 0
    full = decode(coded(tone(loud=0.999)), 16000)
    assert full.clipped < 1e-3  # loud, but round at the top
    cut = decode(coded(np.clip(tone(loud=2.0), -1, 1)), 16000)
    assert 0.5 < cut.clipped < 2 / 3  # |sin| > 1/2 for two thirds of the time, without the ends of each stretch


# --- headers that lie ---


@pytest.mark.parametrize("riff", [None, 0, 0xFFFFFFFF])
@pytest.mark.parametrize(
    ("says", "why"),
    [(0, "no length"), (0xFFFFFFFF, "no length"), (0x7FFFFFFF, "no length"), (32_044, "more than there is")],
)
def test_a_wav_is_read_to_its_end_whatever_its_header_says(says, why, riff, tmp_path):
    wave = tone()  # 32,000 bytes
    file = wav(wave, says, riff)
    sound = decode(file, 16000)
    assert np.abs(sound.samples_N - wave).max() < 1e-4
    assert sound.whole
    assert len(sound.notes) == 1
    assert why in sound.notes[0]
    (tmp_path / "a.wav").write_bytes(file)
    assert sum(map(len, pieces(tmp_path / "a.wav", 16000, 0.3))) == 16000


@pytest.mark.parametrize("rate", [16000, 8000])
def test_a_wav_of_which_a_copy_broke_off_is_not_whole(rate, tmp_path):
    file = wav(tone())
    part = file[: len(file) * 3 // 10]
    sound = decode(part, rate)
    assert sound.seconds == pytest.approx(0.3, abs=0.01)
    assert not sound.whole
    assert any(note.startswith("cut off") for note in sound.notes)
    (tmp_path / "a.wav").write_bytes(part)
    notes = []
    list(pieces(tmp_path / "a.wav", rate, 0.1, notes.append))
    assert any(note.startswith("cut off") for note in notes)


def test_an_honest_header_is_believed():
    behind = b"LIST\x10\x00\x00\x00INFOISFT\x04\x00\x00\x00abc\x00"
    sound = decode(wav(tone(), behind=behind), 16000)
    assert (len(sound.samples_N), sound.notes) == (16000, ())
    with pytest.raises(BadSound, match="only a header"):  # nothing in it, and a chunk behind
        decode(wav(np.zeros(0), behind=behind), 16000)


def test_an_odd_byte_at_the_end_is_no_sample():
    assert len(decode(wav(tone(), 0) + b"\x01", 16000).samples_N) == 16000


def test_other_bytes_in_one_place():
    mended = wav_header.Mended(io.BytesIO(bytes(range(20))), wav_header.Mending(5, b"abcd", ""))
    assert mended.read(20) == bytes(range(5)) + b"abcd" + bytes(range(9, 20))
    for start in range(12):
        for count in range(12):
            mended.seek(start)
            assert mended.read(count) == (bytes(range(5)) + b"abcd" + bytes(range(9, 20)))[start : start + count]


# --- what cannot be used ---


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "zero bytes"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "needs FFmpeg"),
        (b"\xff\xf1\x50\x80\x2e\x7f\xfc", "AAC, which needs FFmpeg"),
        (b"\x1a\x45\xdf\xa3\x9f", "WebM or Matroska, which needs FFmpeg"),
        (b"FORM\x00\x00\x00\x00AIFF", "AIFF, which is to be saved as WAV"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"hello, I am text", "no sound that guina reads"),
        (b"RIFF\x00", "cut off in its first bytes"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "a film or a picture"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cut off in its header"),
        (wav(np.zeros(0)), "only a header"),
        (b"fLaC" + bytes(10), "cut off"),
        (b"OggS" + bytes(30), "cut off"),
    ],
)
def test_what_is_no_recording_is_named(data, why):
    for read in (lambda: decode(data, 16000), lambda: list(pieces(data, 16000, 1.0)), lambda: describe(data)):
        with pytest.raises(BadSound, match=why):
            read()


def test_what_is_no_file(tmp_path):
    with pytest.raises(BadSound, match="not there"):
        decode(tmp_path / "a.wav", 16000)
    with pytest.raises(BadSound, match="not there"):
        decode("a\0.wav", 16000)
    with pytest.raises(BadSound, match="a folder"):
        decode(tmp_path, 16000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(BadSound, match="no regular file"):
        decode(tmp_path / "a.wav", 16000)


def test_a_flac_that_breaks_off_gives_what_there_is_and_says_so():
    wave = noisy(tone(4.0))
    file = coded(wave, kind="FLAC")
    sound = decode(file[: len(file) // 2], 16000)
    assert not sound.whole
    assert "cut off or damaged" in sound.notes[-1]
    there = len(sound.samples_N)
    assert 16000 < there < 48000
    assert np.abs(sound.samples_N - wave[:there]).max() < 1e-3
    assert sound.seconds == pytest.approx(there / 16000)


def test_a_flac_that_breaks_off_with_two_channels_is_read_twice():
    wave = noisy(np.stack([tone(4.0), -tone(4.0)], 1))
    file = coded(wave, kind="FLAC")
    sound = decode(file[: len(file) // 2], 8000)
    assert not sound.whole
    assert "their difference" in " ".join(sound.notes)
    assert np.abs(sound.samples_N).max() > 0.3


def test_bytes_that_are_damaged_never_end_in_another_error():
    rng = np.random.default_rng(3)
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        good = coded(tone(0.5), kind=kind)
        for _ in range(20):
            bad = bytearray(good)
            for at in rng.integers(0, len(bad), 8):
                bad[at] = rng.integers(256)
            try:
                sound = decode(bytes(bad), 16000)
            except BadSound:
                continue
            assert np.isfinite(sound.samples_N).all()
            assert np.abs(sound.samples_N).max() <= 1


# --- limits ---


def test_too_long_is_known_before_anything_is_decoded(monkeypatch):
    file = coded(np.stack([tone(2.0)] * 2, 1))
    monkeypatch.setattr(sounds, "MOST_VALUES", 64_000)
    assert decode(file, 16000).seconds == 2.0
    monkeypatch.setattr(sounds, "MOST_VALUES", 63_999)
    monkeypatch.setattr(sound_files.Reader, "blocks", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(BadSound, match="too long to read at once"):
        decode(file, 16000)


def test_a_header_that_claims_days_takes_no_memory():
    file = bytearray(coded(tone(), kind="FLAC"))
    file[21] |= 0x0F  # the 36 bits of the number of samples (RFC 9639, 8.2)
    file[22:26] = b"\xff\xff\xff\xf0"
    with pytest.raises(BadSound, match="too long to read at once"):
        decode(bytes(file), 16000)


@pytest.mark.parametrize(("rate", "channels", "why"), [(8, 1, "a sample rate of 8 Hz"), (16000, 65, "65 channels")])
def test_what_no_recording_has(rate, channels, why):
    with pytest.raises(BadSound, match=why):
        decode(coded(np.zeros((100, channels)), rate), 16000)


def test_a_single_sample_is_a_recording_and_may_be_too_short_for_a_lower_rate():
    assert len(decode(coded(np.array([0.5])), 16000).samples_N) == 1
    with suppress(BadSound):
        assert len(decode(coded(np.array([0.5]), 48000), 16000).samples_N) >= 1


def test_a_library_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(GuinaError, match="recordings need the library soundfile") as error:
        decode(wav(tone(0.1)), 16000)
    assert "guina[sound]" in error.value.mend


def test_soundfile_is_as_it_is_relied_on():
    assert {"WAV", "FLAC", "OGG", "MP3"} <= set(soundfile.available_formats())


def test_a_constant_that_both_channels_have_hides_nothing():
    wave = tone(loud=0.3)
    sound = decode(coded(noisy(np.stack([0.2 + wave, 0.2 - wave], 1))), 16000)
    assert "their difference" in sound.notes[0]
    assert np.abs(np.corrcoef(sound.samples_N, wave)[0, 1]) > 0.99
