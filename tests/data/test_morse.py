"""The sample morse: units counted by hand, read back by a decoder of its own, noise measured, drawn alike each time."""

import doctest
import math
import wave
from itertools import pairwise

import numpy as np
import pytest

from guina.data import morse
from guina.data.clips import read_clips
from guina.data.morse import CODE, RATE, Dice, Keying, keyed, morse_texts, runs_of, some_keying, write_morse


def test_examples():
    failed, tried = doctest.testmod(morse)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(("text", "units"), [("paris", 43), ("paris paris", 93), ("e", 1), ("0", 19), ("sos", 27)])
def test_words_have_their_units(text, units):
    """PARIS has 50 with the pause behind it, which is what a word is when speed is measured."""
    runs = runs_of(text)
    assert sum(n for _, n in runs) == units
    assert [on for on, _ in runs] == [k % 2 == 0 for k in range(len(runs))]


@pytest.mark.parametrize(
    ("letter", "signs"), [("a", ".-"), ("q", "--.-"), ("y", "-.--"), ("7", "--..."), ("9", "----."), ("?", "..--..")]
)
def test_signs(letter, signs):
    assert CODE[letter] == signs


def test_every_sign_is_another():
    assert len(set(CODE.values())) == len(CODE) == 39


def heard(samples_N: np.ndarray, keying: Keying) -> str:
    """A decoder that knows speed and pitch: how strong the tone is, where it is more than half as strong, how long."""
    t_N = np.arange(len(samples_N)) / RATE
    carried_N = samples_N * np.exp(-2j * np.pi * keying.pitch * t_N)
    window = np.ones(RATE // 100) * 100 / RATE
    strong_N = np.abs(np.convolve(carried_N, window, "same"))
    on_N = strong_N > np.quantile(strong_N, 0.9) / 2
    edges = np.flatnonzero(np.diff(on_N.astype(int))) + 1
    unit = 1.2 / keying.speed * RATE
    letters = {signs: letter for letter, signs in CODE.items()}
    text, signs = "", ""
    for start, end in pairwise(edges.tolist()):
        length = (end - start) / unit
        if on_N[start]:
            signs += "-" if length > 2 else "."
        elif length > 2:
            text += letters[signs] + (" " if length > 5 else "")
            signs = ""
    return text + letters[signs]


@pytest.mark.parametrize("n", range(20))
def test_it_can_be_read_back(n):
    text = morse_texts()["train"][n]
    keying = Keying(speed=14 + n, pitch=400 + 25 * n, snr=40, drift=0.05, jitter=0.05)
    samples_N = keyed(text, keying, Dice(f"test {n}"))
    assert np.abs(samples_N).max() <= 1
    assert heard(samples_N, keying) == text


@pytest.mark.parametrize("snr", [-3.0, 0.0, 20.0])
def test_the_noise_is_as_strong_as_is_said(snr):
    text = "the quick brown fox"
    tone_N = 2 * keyed(text, Keying(snr=math.inf), Dice("same"))
    noisy_N = keyed(text, Keying(snr=snr), Dice("same"))
    scale = noisy_N @ tone_N / (tone_N @ tone_N)
    rest_N = noisy_N / scale - tone_N
    assert 10 * np.log10(0.5 / (rest_N @ rest_N / len(rest_N))) == pytest.approx(snr, abs=0.4)


def test_fading_makes_it_weaker_at_times():
    tone_N = np.abs(keyed("0" * 20, Keying(snr=math.inf, fading=0.8), Dice("fading")))
    loud_S = [part.max() for part in np.array_split(tone_N[RATE:-RATE], 100)]  # a quarter of a second each
    assert max(loud_S) > 2 * min(loud_S)


def test_dice():
    numbers = Dice("a").uniform(20_000)
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert numbers.mean() == pytest.approx(0.5, abs=0.01)
    normal = Dice("b").normal(20_001)
    assert (len(normal), normal.mean(), normal.std()) == (
        20_001,
        pytest.approx(0, abs=0.03),
        pytest.approx(1, abs=0.02),
    )
    assert (Dice("a").uniform(5) == numbers[:5]).all()
    assert (Dice("c").uniform(5) != numbers[:5]).any()


def test_what_is_judged_is_not_learned_from():
    texts = morse_texts()
    assert not set(texts["train"]) & set(texts["test"])
    assert texts == morse_texts()
    learned = set("".join(texts["train"]))
    assert set("".join(texts["test"])) <= learned <= {*CODE, " "}
    assert {*"abcdefghijklmnopqrstuvwxyz0123456789"} <= learned


def test_keyings_are_within_what_is_said():
    some = [some_keying(Dice(str(n))) for n in range(300)]
    assert -3 <= min(k.snr for k in some) < 0 < 18 < max(k.snr for k in some) <= 20
    assert 16 <= min(k.speed for k in some) < 17 < 30 < max(k.speed for k in some) <= 32
    assert 400 <= min(k.pitch for k in some) < max(k.pitch for k in some) <= 900


def test_it_is_written_alike_each_time_and_read_as_recordings(tmp_path, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(morse, "LEARNED", 3)
    monkeypatch.setattr(morse, "JUDGED", 2)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_morse(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "test-000.wav",
        "test-001.wav",
        "test.tsv",
        "train-000.wav",
        "train-001.wav",
        "train-002.wav",
        "train.tsv",
    ]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with wave.open(str(tmp_path / "a" / names[0])) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
    records = read_clips(str(tmp_path / "a"), ("test",))
    assert records.columns["text"] == morse_texts()["test"]


def test_the_sample_is_read_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(morse, "LEARNED", 300)  # drawing and reading all of them takes 15 s
    records = read_clips("morse", ("train", "val", "test"))
    assert (records.report.found, records.report.used, records.report.problems) == (400, 400, [])
    assert records.count("test") == 100
    assert 15 <= records.count("val") <= 50
    assert records.source.rate == 8000
    assert records.columns["seconds"].min() > 0.5
    assert records.columns["text"][:300] == morse_texts()["train"]
