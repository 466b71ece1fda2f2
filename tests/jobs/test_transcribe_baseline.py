"""The simplest recognisers: dynamic time warping against a table filled cell by cell."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data.arrays import Arrays
from guina.data.ragged import Ragged, Texts
from guina.jobs.transcribe import baseline as module
from guina.jobs.transcribe.baseline import affordable, bands_of, distances, moments, most_frequent, nearest

RATE = 8000


def plain(x_TM: np.ndarray, y_UM: np.ndarray) -> float:
    """Sakoe & Chiba's recursion, cell by cell."""
    T, U = len(x_TM), len(y_UM)
    table = np.full((T, U), np.inf)
    for t in range(T):
        for u in range(U):
            cost = float(np.sqrt(((x_TM[t].astype(np.float64) - y_UM[u]) ** 2).sum()))
            ways = [2 * cost] if t == u == 0 else []
            if t > 0:
                ways.append(table[t - 1, u] + cost)
            if u > 0:
                ways.append(table[t, u - 1] + cost)
            if t > 0 and u > 0:
                ways.append(table[t - 1, u - 1] + 2 * cost)
            table[t, u] = min(ways)
    return table[-1, -1] / (T + U)


def chirp(low: float, high: float, seconds: float) -> np.ndarray:
    """A tone that rises or falls, int16."""
    hertz_N = np.linspace(low, high, int(seconds * RATE))
    return (8000 * np.sin(2 * np.pi * np.cumsum(hertz_N) / RATE)).astype(np.int16)


def arrays_of(waves: list[np.ndarray], texts: list[str]) -> Arrays:
    columns = {"wave": Ragged.of(waves, np.int16), "text": Texts.of(texts)}
    return Arrays(columns, np.arange(len(waves)), [str(n) for n in range(len(waves))])


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 3)


@given(st.integers(0, 1000), st.integers(1, 7), st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(deadline=None, max_examples=100)
def test_distances_are_their_definition(seed: int, T: int, lengths: list[int]) -> None:
    rng = np.random.default_rng(seed)
    asked_TM = rng.normal(size=(T, 3)).astype(np.float32)
    known = [rng.normal(size=(U, 3)).astype(np.float32) for U in lengths]
    expected = [plain(asked_TM, one) for one in known]
    np.testing.assert_allclose(distances(asked_TM, known), expected, rtol=1e-3, atol=1e-3)


def test_few_tables_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    asked_TM, known = (
        rng.normal(size=(6, 4)).astype(np.float32),
        [rng.normal(size=(1 + n % 5, 4)).astype(np.float32) for n in range(20)],
    )
    together = distances(asked_TM, known)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    np.testing.assert_allclose(distances(asked_TM, known), together, rtol=1e-5, atol=1e-5)


def test_a_recording_said_slower_is_no_other_one() -> None:
    x_TM = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    slow_UM, other_UM = np.repeat(x_TM, 2, 0), x_TM[::-1]
    slow, other = distances(x_TM, [slow_UM, other_UM])
    assert slow < 0.01 < other


def test_moments_are_the_means_of_two_frames() -> None:
    arrays = arrays_of([chirp(300, 3000, 0.25), chirp(900, 500, 0.031), np.zeros(0, np.int16)], ["a", "b", "c"])
    bands = list(bands_of(arrays, RATE))
    assert [len(mel_TM) for mel_TM in bands] == moments(arrays, RATE).tolist() == [13, 2, 1]
    mel_FM = module.LogMel(RATE, module.BANDS)(*map(torch.from_numpy, arrays.padded("wave", np.array([0]))))[0][0]
    for t in range(13):
        np.testing.assert_allclose(bands[0][t], mel_FM[2 * t : 2 * t + 2].mean(0), rtol=1e-3, atol=1e-3)


def test_no_more_bands_are_computed_at_once_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = [400, 90_000, *[800] * 70, 30_000, 30_000, 100]
    arrays = arrays_of([np.arange(length).astype(np.int16) for length in lengths], [""] * len(lengths))
    expected = list(bands_of(arrays, RATE))
    monkeypatch.setattr(module, "PADDED", 64_000)
    groups = [now.tolist() for now in module.at_once(np.array(lengths))]
    assert [n for now in groups for n in now] == list(range(len(lengths)))
    for now in groups:
        assert len(now) == 1 or len(now) * max(lengths[n] for n in now) <= 64_000
    assert [1] in groups
    for one_TM, other_TM in zip(bands_of(arrays, RATE), expected, strict=True):
        np.testing.assert_allclose(one_TM, other_TM, rtol=1e-3, atol=1e-3)


def test_the_nearest_recording_says_what_it_was() -> None:
    train = arrays_of([chirp(300, 3000, 0.5), chirp(3000, 300, 0.5), chirp(800, 800, 0.4)], ["up", "down", "flat"])
    asked = arrays_of([chirp(2800, 350, 0.35), chirp(320, 3200, 0.6)], ["", ""])
    found = nearest(train, asked, RATE)
    assert found is not None
    assert (found.texts, found.known) == (["down", "up"], 3)


def test_many_are_compared_with_a_part_and_too_long_ones_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    waves = [chirp(300 + 20 * n, 3000, 0.2) for n in range(40)]
    train, asked = arrays_of(waves, [str(n) for n in range(40)]), arrays_of(waves[:2], ["", ""])
    monkeypatch.setattr(module, "COMPARISONS", 60)
    found = nearest(train, asked, RATE)
    assert found is not None
    assert found.known == 30
    monkeypatch.setattr(module, "CELLS", 100)
    assert nearest(train, asked, RATE) is None


def test_what_can_be_afforded() -> None:
    assert affordable(np.array([], np.int64), np.array([5])) == 0
    assert affordable(np.array([5, 5]), np.array([], np.int64)) == 2
    assert affordable(np.full(1000, 3000), np.full(100, 3000)) == 1  # a minute each: 900 million cells for one


def test_the_most_frequent_transcript() -> None:
    assert most_frequent(["two", "one two", "one two", "", "a"]) == "one two"
    assert most_frequent([""]) == ""
