"""transcribe's small rooms: room for a text, windows over a long recording, the language model on its way to disk."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.blocks.mel import LogMel
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.vocabulary import make_vocabulary
from guina.errors import GuinaError
from guina.jobs.transcribe.fitted import TranscribeFitted, spaced
from guina.jobs.transcribe.language import from_tensors, learn_language, to_tensors
from guina.jobs.transcribe.spoken import Transcribed, joined, word_places
from guina.jobs.transcribe.targets import (
    LONGEST,
    TOO_LONG,
    WHY,
    least_moments,
    moments_of,
    short_enough,
    stride_for,
    with_room,
)
from guina.jobs.transcribe.windows import MARGIN, MIDDLE, middles, stretches, within_pause

BLANK = 3

# --- room for a text ---


@pytest.mark.parametrize("units", [[], [1], [1, 1], [1, 2, 1], [2, 2, 2, 1]])
def test_the_least_moments_are_those_from_which_ctc_has_a_loss(units: list[int]):
    for T in range(1, 9):
        log_T1V = torch.full((T, 1, 4), 0.25).log()
        nats = F.ctc_loss(log_T1V, torch.tensor([units]), [T], [len(units)], blank=BLANK, reduction="sum")
        assert bool(torch.isfinite(nats)) == (least_moments(units) <= T)


def test_moments_of_seconds():
    assert moments_of(np.array([0.0, 0.005, 0.04, 0.0401, 1.0]), 4, 16_000).tolist() == [1, 1, 1, 2, 25]


@pytest.mark.parametrize("rate", [8000, 11_025, 12_155, 16_000, 22_050])
@pytest.mark.parametrize("stride", [2, 4])
def test_moments_of_seconds_are_as_many_as_the_bands_have(rate: int, stride: int):
    """At some rates the frames are not quite 10 ms apart: then a minute has a moment more or less."""
    samples_N = np.array([1, rate // 7, rate, 60 * rate + 1, 100 * rate])
    frames_N = LogMel(rate).frames_of(torch.from_numpy(samples_N)).numpy()
    assert moments_of(samples_N / rate, stride, rate).tolist() == (-(-frames_N // stride)).tolist()


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050])
def test_a_moment_lasts_as_long_as_the_samples_that_it_hears(rate: int):
    vocabulary = make_vocabulary("char", ["ab"], 300)
    kept = TranscribeFitted(vocabulary, rate, 4, 1, 1.0, learn_language([], vocabulary))
    samples = 1000 * rate
    moments = int(LogMel(rate).frames_of(torch.tensor(samples))) / 4
    assert moments * kept.step == pytest.approx(samples / rate, abs=kept.step)


def test_moments_are_finer_where_texts_are_tight_or_recordings_are_words():
    assert stride_for([np.arange(50)] * 3, np.array([2.0, 2.0, 2.0]), 16_000) == 4
    assert stride_for([np.arange(51)] * 3, np.array([2.0, 2.0, 2.0]), 16_000) == 2
    assert stride_for([np.arange(3)] * 3, np.array([0.4, 0.4, 2.0]), 16_000) == 2


def records(texts: list[str], seconds: list[float], split: str = TRAIN) -> Records:
    columns = {"text": texts, "seconds": np.array(seconds)}
    names = [f"{n}.wav" for n in range(len(texts))]
    report = Report(found=len(texts), used=len(texts))
    split_N = np.full(len(texts), SPLITS.index(split))
    return Records(names, split_N, columns, SimpleNamespace(rate=16_000), "", report)


def test_a_text_that_is_too_long_for_its_recording_is_named_and_left_out():
    kept = with_room(records(["abc"] * 20 + ["abcdefghijk"], [0.1] * 21), 0.01, "mend it")
    assert len(kept) == 20
    assert kept.report.used == 20
    assert kept.report.as_json()["skipped"] == {WHY: {"count": 1, "for example": ["20.wav"]}}
    same = records(["abc"], [0.1])
    assert with_room(same, 0.01, "mend it") is same


def test_too_many_of_them_stop_it():
    with pytest.raises(GuinaError, match="4 of 9 recordings cannot be used: 4 × too short for its text"):
        with_room(records(["abcdefghijk"] * 4 + ["a"] * 5, [0.1] * 9), 0.01, "mend it")


def test_a_recording_that_is_too_long_to_learn_from_is_named_and_left_out():
    kept = short_enough(records(["abc"] * 9, [1.0] * 7 + [LONGEST, LONGEST + 0.1]), 0.01)
    assert kept.names == [f"{n}.wav" for n in range(8)]
    assert kept.report.used == 8
    assert kept.report.as_json()["skipped"] == {TOO_LONG: {"count": 1, "for example": ["8.wav"]}}
    assert "cut it at pauses" in TOO_LONG
    to_judge = records(["abc"], [LONGEST + 0.1], VAL)
    assert short_enough(to_judge, 0.01) is to_judge


@pytest.mark.parametrize(("long", "others"), [(4, 5), (2, 0)])
def test_too_many_long_ones_stop_it(long: int, others: int):
    some = records(["abc"] * (long + others), [500.0] * long + [1.0] * others)
    with pytest.raises(GuinaError, match=f"{long} of {long + others} training recordings are longer than 120 s") as bad:
        short_enough(some, 0.01)
    assert "cut them at pauses" in str(bad.value)
    if others:
        assert len(short_enough(some, 0.5)) == others


# --- windows ---


def fitted(rate: int = 1000, stride: int = 4) -> Any:
    return SimpleNamespace(rate=rate, stride=stride, blank=0, step=0.01 * stride)


@pytest.mark.parametrize("pieces", [1000, 7777, 60_000])
@pytest.mark.parametrize("seconds", [20.0, 27.0, 48.01, 100.0, 100.02])
def test_the_middles_of_windows_are_the_recording_in_its_order(pieces: int, seconds: float):
    """Heard is the time of each moment itself: nothing is left out or comes twice, and each has its margins."""
    rate, moment = 1000, 40
    wave_S = np.arange(round(seconds * rate)) // moment
    lengths: list[int] = []

    def hear(waves: Any) -> list[np.ndarray]:
        (window_S,) = waves
        lengths.append(len(window_S))
        return [window_S[::moment, None].astype(np.float64)]

    cut = [wave_S[at : at + pieces].astype(np.int16) for at in range(0, len(wave_S), pieces)]
    found = np.concatenate(list(middles(cut, hear, fitted())))
    assert found[:, 0].tolist() == list(range(-(-len(wave_S) // moment)))
    assert max(lengths) <= (MIDDLE + 2 * MARGIN) * rate + pieces * 0


def test_stretches_end_in_pauses_and_are_the_whole_together():
    rng = np.random.default_rng(0)
    said_T = np.concatenate(
        [np.concatenate([np.ones(rng.integers(3, 300)), np.zeros(rng.integers(1, 30))]) for _ in range(60)]
    )
    log_TV = np.stack([1 - said_T, said_T], 1)
    found = list(stretches(np.array_split(log_TV, 17), 0, 0.04))
    np.testing.assert_array_equal(np.concatenate(found), log_TV)
    assert len(found) > 3
    for one in found[:-1]:
        assert 250 <= len(one) <= 1500 + 30
        assert one[-1].argmax() == 0, "it ends in a pause"


def test_where_nobody_pauses_a_stretch_ends_after_a_minute():
    log_TV = np.tile([0.0, 1.0], (4000, 1))
    assert [len(one) for one in stretches([log_TV], 0, 0.04)] == [1500, 1500, 1000]


def test_the_first_pause_after_a_time():
    still = np.array([int(c) for c in "1111000011110000111"], bool)
    assert within_pause(still, 0, 4) == 2
    assert within_pause(still, 3, 4) == 10
    assert within_pause(still, 11, 4) is None
    assert within_pause(still, 11, 3) == 17


# --- language ---


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("char", ["one two", "two one", "one", "two"] * 4),
        ("char", ["昨天我买了书", "今天他来了"]),
        ("word", ["one two", "two"] * 3),
        ("char", [""]),
    ],
)
def test_a_language_model_is_the_same_after_it_was_stored(kind: str, texts: list[str]):
    vocabulary = make_vocabulary(kind, texts, 300)
    units = vocabulary.encode_all([spaced(text, vocabulary) for text in texts])
    model = learn_language(units, vocabulary)
    again = from_tensors(to_tensors(model))
    prefixes = [(), *(tuple(one[:n].tolist()) for one in units for n in range(len(one) + 1))]
    torch.testing.assert_close(again(prefixes), model(prefixes), rtol=0, atol=0)
    assert model(prefixes).shape == (len(prefixes), vocabulary.size + 1)
    torch.testing.assert_close(model(prefixes).exp().sum(1), torch.ones(len(prefixes), dtype=torch.float64))
    assert type(again) is type(model)


def test_words_are_where_spaces_are_and_every_character_of_scripts_without_them():
    assert word_places(list("ab c")) == [(0, 2), (2, 3), (3, 4)]
    assert word_places([" to", "day", " is"]) == [(0, 2), (2, 3)]
    assert word_places(list("买书")) == [(0, 1), (1, 2)]
    assert word_places([]) == []


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["one two", "", "three"], "one two three"),
        (["你好。", "世界"], "你好。世界"),
        (["喂", "hello"], "喂 hello"),
        ([], ""),
    ],
)
def test_parts_of_a_recording_are_joined_as_the_script_joins_words(parts: list[str], whole: str) -> None:
    assert joined([Transcribed(text, ()) for text in parts]).text == whole
