"""What a batch of transcribe has besides recordings as they are: pairs, and noise that says nothing."""

import numpy as np
import pytest
import torch

from guina.jobs.transcribe import mixing
from guina.jobs.transcribe.mixing import Example, joined, mixed, noise_like

RATE = 1000
SPACE = np.array([9], np.int32)


def example(seconds: float, *units: int) -> Example:
    wave_S = (1000 * np.sin(np.arange(round(seconds * RATE)) * 0.3)).astype(np.int16)
    return Example(wave_S, np.array(units, np.int32))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("first", "second", "units"),
    [((1, 2), (3,), [1, 2, 9, 3]), ((), (3,), [3]), ((1,), (), [1]), ((), (), [])],
)
def test_two_recordings_have_a_pause_between_them_and_their_texts_a_space(
    first: tuple, second: tuple, units: list[int]
):
    one, two = example(0.5, *first), example(0.25, *second)
    both = joined([one, two], RATE, SPACE, rng())
    assert both.units.tolist() == units
    assert both.units.dtype == np.int32
    pause = len(both.wave_S) - 750
    assert 100 <= pause <= 1000
    np.testing.assert_array_equal(both.wave_S, np.concatenate([one.wave_S, np.zeros(pause, np.int16), two.wave_S]))


@pytest.mark.parametrize("white", [True, False])
def test_noise_is_as_long_and_as_loud_and_of_the_same_colour_unless_white(white: bool):
    wave_S = example(4.0).wave_S
    noise_S = noise_like(wave_S, rng(), white)
    assert noise_S.dtype == wave_S.dtype
    assert noise_S.astype(float).std() == pytest.approx(wave_S.astype(float).std(), rel=0.02)
    spectrum, other = (np.abs(np.fft.rfft(some.astype(float))) for some in (wave_S, noise_S))
    assert bool(np.corrcoef(spectrum, other)[0, 1] > 0.95) == (not white)
    assert not np.array_equal(noise_S, noise_like(wave_S, rng(1), white))
    assert noise_like(wave_S[:0], rng(), white).shape == (0,)


def test_batches_are_as_they_are_or_in_pairs_and_some_have_a_noise_more():
    some = [example(0.2, 1), example(0.3, 2), example(0.4, 3)]
    sizes = []
    for seed in range(400):
        found = mixed(some, RATE, SPACE, 1.0, rng(seed))
        spoken = [one for one in found if len(one.units)]
        assert [unit for one in spoken for unit in one.units.tolist() if unit != 9] == [1, 2, 3]
        sizes.append((len(spoken), len(found) - len(spoken)))
    assert {spoken for spoken, _ in sizes} == {2, 3}
    assert np.mean([spoken == 2 for spoken, _ in sizes]) == pytest.approx(mixing.JOINED, abs=0.07)
    assert all(len(mixed(some, RATE, SPACE, 0.0, rng(seed))) == 3 for seed in range(50)), "not yet"
    assert np.mean([noise for _, noise in sizes]) == pytest.approx(mixing.NOISY, abs=0.07)
