"""The log-mel bands against a Fourier transform in plain loops and a bank of filters written by its formula.

Axes: B recordings, S samples, T frames, M bands.
"""

import cmath
import doctest
import math

import numpy as np
import pytest
import torch

from guina.blocks import mel as module
from guina.blocks import sound_changes
from guina.blocks.mel import BEND, FLOOR, HEARD, LOWEST, STILL, USUAL, LogMel, logarithms, warped
from guina.blocks.sound_changes import NONE, Changes, Drawn, masked

RATE, BANDS = 1000, 6  # 10 samples a hop, 24 a window, 32 of the transform
ALL = Changes()


def mel(f: float) -> float:
    return 2595 * math.log10(1 + f / 700)


def hertz(m: float) -> float:
    return 700 * (10 ** (m / 2595) - 1)


def bend(f: float, a: float, highest: float) -> float:
    """Jaitly & Hinton 2013, equation (1)."""
    middle = BEND * highest
    if f <= middle * min(a, 1) / a:
        return f * a
    to = middle * min(a, 1)
    return highest - (highest - to) / (highest - to / a) * (highest - f)


def plain(
    wave: np.ndarray,
    rate: int,
    bands: int,
    speed: float = 1.0,
    warp: float = 1.0,
    lead: int = 0,
    usual: list[list[float]] | None = None,
) -> list[list[float]]:
    """T×M, frame by frame and bin by bin; the loudest band is the last."""
    hop, width = round(rate / 100), 2 * round(rate * 0.025 / 2)
    size = 2 ** math.ceil(math.log2(width))
    x = wave.astype(np.float64) - wave.mean() if len(wave) else wave.astype(np.float64)
    x = x / math.sqrt((x**2).mean()) if len(x) and (x**2).mean() > 0 else x
    ends = [
        bend(hertz(mel(LOWEST) + (mel(rate / 2) - mel(LOWEST)) * e / (bands + 1)), warp / speed, rate / 2)
        for e in range(bands + 2)
    ]
    powers = []
    for t in range(max(1, math.ceil((len(x) + lead) / (hop * speed)))):
        start = math.floor((t + 0.5) * hop * speed - lead - width / 2)
        seen = [float(x[start + n]) if 0 <= start + n < len(x) else 0.0 for n in range(width)]
        seen = [(0.5 - 0.5 * math.cos(2 * math.pi * n / width)) * value for n, value in enumerate(seen)]
        row = [0.0] * bands
        for k in range(size // 2 + 1):
            power = abs(sum(value * cmath.exp(-2j * math.pi * k * n / size) for n, value in enumerate(seen))) ** 2
            f = k * rate / size
            for m in range(bands):
                low, high = min(ends[m], ends[m + 1] - rate / size), max(ends[m + 2], ends[m + 1] + rate / size)
                rising, falling = (f - low) / (ends[m + 1] - low), (high - f) / (high - ends[m + 1])
                row[m] += max(0.0, min(rising, falling)) * power
        powers.append([*row, max(row)])
    loud = [sum(row[:-1]) / bands for row in powers]
    heard = [t for t in range(len(loud)) if loud[t] >= HEARD * sum(loud) / len(loud)]
    level = sum(loud[t] for t in heard) / len(heard)
    logs = np.array([[math.log((p / level if level > 0 else 0.0) + FLOOR) for p in row] for row in powers])
    for m in range(bands + 1):
        mu = sum(logs[t, m] for t in heard) / len(heard)
        if usual is None:
            variance = sum((logs[t, m] - mu) ** 2 for t in heard) / len(heard)
            logs[:, m] = (logs[:, m] - mu) / math.sqrt(variance + STILL)
        else:
            mu = (len(heard) * mu + USUAL * usual[0][m]) / (len(heard) + USUAL)
            logs[:, m] = (logs[:, m] - mu) / usual[1][m]
    logs[:, -1] += 1
    return logs.tolist()


def noises(*lengths: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Recordings of 16 bits, with something else beyond their ends."""
    wave_BS = np.random.default_rng(seed).normal(300, 2000, (len(lengths), max(lengths))).astype(np.int16)
    return torch.from_numpy(wave_BS), torch.tensor(lengths)


def one(b: int, wave_BS: torch.Tensor, length_B: torch.Tensor) -> np.ndarray:
    return wave_BS[b, : length_B[b]].numpy()


def sine(frequency: float, rate: int = 16000, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * torch.pi * frequency * torch.arange(int(seconds * rate)) / rate)[None]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 6)
    assert doctest.testmod(sound_changes) == (0, 1)


def test_bands_are_their_definition() -> None:
    wave_BS, length_B = noises(97, 41, 10, 3)
    mel_BTM, frames_B = LogMel(RATE, BANDS)(wave_BS, length_B)
    assert frames_B.tolist() == [10, 5, 1, 1]
    for b in range(4):
        expected = plain(one(b, wave_BS, length_B), RATE, BANDS)
        np.testing.assert_allclose(mel_BTM[b, : frames_B[b]], expected, rtol=2e-3, atol=2e-3)
        assert not mel_BTM[b, frames_B[b] :].any()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050])
def test_at_the_rates_of_speech(rate: int) -> None:
    wave_BS, length_B = noises(rate // 40 + 3, seed=rate)
    mel_BTM, _ = LogMel(rate, 8)(wave_BS, length_B)
    np.testing.assert_allclose(mel_BTM[0], plain(wave_BS[0].numpy(), rate, 8), rtol=2e-3, atol=2e-3)


def test_faster_warped_and_later_recordings_are_their_definition() -> None:
    wave_BS, length_B = noises(97, 60, 33)
    speed, warp, lead = [1.15, 0.85, 1.0], [0.9, 1.13, 1.0], [0, 4, 17]
    drawn = Drawn(
        torch.tensor(speed, dtype=torch.float64),
        torch.tensor(warp, dtype=torch.float64),
        torch.tensor(lead, dtype=torch.float64),
        torch.full((3,), torch.inf, dtype=torch.float64),
    )
    mel_BTM, frames_B = LogMel(RATE, BANDS).features(wave_BS, length_B, drawn)
    for b in range(3):
        expected = plain(one(b, wave_BS, length_B), RATE, BANDS, speed[b], warp[b], lead[b])
        assert int(frames_B[b]) == len(expected)
        np.testing.assert_allclose(mel_BTM[b, : len(expected)], expected, rtol=2e-3, atol=2e-3)


def test_a_recording_does_not_depend_on_its_neighbours_nor_on_its_loudness() -> None:
    layer = LogMel(8000)
    wave_BS, length_B = noises(4000, 2500)
    both_BTM, frames_B = layer(wave_BS, length_B)
    alone_BTM, _ = layer(wave_BS[1:, :2500], length_B[1:])
    torch.testing.assert_close(both_BTM[1:, : frames_B[1]], alone_BTM, rtol=2e-3, atol=2e-3)
    soft_BTM, _ = layer(wave_BS.float() / 32768 / 100, length_B)
    torch.testing.assert_close(soft_BTM, both_BTM, rtol=5e-3, atol=5e-3)


def test_beside_what_is_usual_they_are_their_definition() -> None:
    usual_2M = torch.stack([torch.linspace(-2, 1, BANDS + 1), torch.linspace(0.5, 2, BANDS + 1)])
    wave_BS, length_B = noises(97, 41)
    wave_BS[0, 30:70] = 300  # a pause, of the recording's mean
    mel_BTM, frames_B = LogMel(RATE, BANDS, usual_2M)(wave_BS, length_B)
    for b in range(2):
        expected = plain(one(b, wave_BS, length_B), RATE, BANDS, usual=usual_2M.tolist())
        np.testing.assert_allclose(mel_BTM[b, : frames_B[b]], expected, rtol=2e-3, atol=2e-3)


def test_what_is_usual_is_the_mean_of_what_is_heard_in_all_batches() -> None:
    layer, batches = LogMel(8000), [noises(8000, 5000), noises(3000, seed=1)]
    mean_M, deviation_M = layer.usual(batches)
    heard_NM = torch.cat(
        [log[heard[:, :, 0]] for log, heard in (logarithms(*layer.powers(*batch)) for batch in batches)]
    )
    torch.testing.assert_close(mean_M, heard_NM.mean(0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(deviation_M, (heard_NM.var(0, correction=0) + STILL).sqrt(), rtol=1e-4, atol=1e-4)


def test_silence_around_a_recording_changes_nothing_in_it() -> None:
    wave_BS, _ = noises(8000)
    wave_BS = (wave_BS.float() - wave_BS.float().mean()).round().to(torch.int16)
    longer_BS = torch.nn.functional.pad(wave_BS, (8000, 24_000))
    layer = LogMel(16000, usual_2M=torch.stack([torch.zeros(65), torch.ones(65)]))
    mel_BTM, _ = layer(wave_BS, torch.tensor([8000]))
    more_BTM, _ = layer(longer_BS, torch.tensor([40_000]))
    torch.testing.assert_close(more_BTM[0, 51:99], mel_BTM[0, 1:49], rtol=0, atol=0.15)
    assert more_BTM[0, :49].mean() < mel_BTM.mean() - 5


def test_each_band_has_mean_0_and_variance_1_over_its_own_frames() -> None:
    mel_BTM, frames_B = LogMel(16000)(*noises(16000, 9000))
    for b in range(2):
        own_TM = mel_BTM[b, : frames_B[b], :-1]  # the loudest band moves so little that what is added counts
        assert own_TM.mean(0).abs().max() < 1e-4
        assert (own_TM.std(0, correction=0) - 1).abs().max() < 0.1  # a little less, for what is added to the variance


def test_silence_and_nothing_are_finite() -> None:
    mel_BTM, frames_B = LogMel(16000)(torch.zeros(2, 1600, dtype=torch.int16), torch.tensor([1600, 0]))
    assert frames_B.tolist() == [10, 1]
    assert mel_BTM[:, :, :-1].abs().max() < 1e-3
    assert mel_BTM[0, :, -1].tolist() == [1.0] * 10, "as loud as usual, which is not what lies beyond the end"
    mel_BTM, frames_B = LogMel(16000)(torch.zeros(1, 0), torch.tensor([0]))
    assert (mel_BTM.shape, frames_B.tolist()) == ((1, 1, 65), [1])
    loud_BTM, _ = LogMel(16000)(torch.full((1, 1600), -32768, dtype=torch.int16), torch.tensor([1600]))
    assert loud_BTM.isfinite().all()


def test_every_band_sees_a_bin_whatever_the_warp() -> None:
    for rate in (4000, 8000, 16000, 44100):
        layer = LogMel(rate)
        weight_BKM = layer.weights(warped(layer.edge_E, torch.tensor([0.74, 1.0, 1.36]), rate / 2))
        assert weight_BKM.sum(1).min() > 0.2
        torch.testing.assert_close(weight_BKM[1], layer.weight_KM, rtol=1e-3, atol=1e-3)


def test_a_warp_rises_and_keeps_the_ends() -> None:
    hertz_E = torch.linspace(0, 8000, 200)
    warped_BE = warped(hertz_E, torch.tensor([0.74, 1.36]), 8000.0)
    assert (warped_BE.diff(dim=1) > 0).all()
    torch.testing.assert_close(warped_BE[:, [0, -1]], torch.tensor([[0.0, 8000.0]] * 2))
    for b, a in enumerate((0.74, 1.36)):
        np.testing.assert_allclose(warped_BE[b], [bend(f, a, 8000) for f in hertz_E.tolist()], rtol=1e-4, atol=1e-2)


def test_a_faster_recording_is_shorter_and_higher_as_if_it_was_played_faster() -> None:
    """The loudest band of a tone at a speed is that of the tone as it would be heard."""
    layer, length_B = LogMel(16000), torch.tensor([16000])

    def loudest(frequency: float, speed: float, warp: float) -> tuple[int, int]:
        edge_BE = warped(layer.edge_E, torch.tensor([warp / speed]), 8000.0)
        power_K = torch.fft.rfft(sine(frequency)[0, 2000:2400] * layer.window_W, layer.size).abs() ** 2
        drawn = Drawn(*(torch.tensor([x], dtype=torch.float64) for x in (speed, warp, 0.0, torch.inf)))
        frames = layer.features(sine(frequency), length_B, drawn)[1]
        return int((power_K @ layer.weights(edge_BE)[0]).argmax()), int(frames)

    as_is, frames = loudest(1000 * 1.15, 1.0, 1.0)
    faster, fewer = loudest(1000, 1.15, 1.0)
    assert abs(faster - as_is) <= 1
    assert (frames, fewer) == (100, math.ceil(100 / 1.15))
    assert loudest(1000, 0.85, 1.0)[0] < loudest(1000, 1.0, 1.0)[0] < faster


def test_changes_come_from_the_generator_alone() -> None:
    layer, (wave_BS, length_B) = LogMel(8000), noises(8000, 5000)

    def changed(seed: int) -> torch.Tensor:
        return layer(wave_BS, length_B, ALL, torch.Generator().manual_seed(seed))[0]

    assert torch.equal(changed(1), changed(1))
    one_BTM, other_BTM = changed(1), changed(2)
    assert one_BTM.shape != other_BTM.shape or not torch.equal(one_BTM, other_BTM)
    torch.testing.assert_close(layer(wave_BS, length_B, NONE)[0], layer(wave_BS, length_B)[0])


def test_what_is_drawn_is_within_its_bounds() -> None:
    layer, length_B = LogMel(16000), torch.full((2000,), 16000)
    drawn = layer.draw(ALL, length_B, torch.Generator().manual_seed(0))
    for values_B in (drawn.speed_B, drawn.warp_B):
        assert 0.85 <= float(values_B.min()) < 0.86
        assert 1.14 < float(values_B.max()) <= 1.15
    assert float(drawn.lead_B.min()) == 0
    assert 780 < float(drawn.lead_B.max()) < 800
    decibels_B = 10 * drawn.ratio_B.log10()
    assert 15 <= float(decibels_B.min()) < float(decibels_B.max()) <= 55
    as_they_are = float((drawn.speed_B == 1).double().mean()), float((drawn.warp_B == 1).double().mean())
    assert as_they_are == pytest.approx((1 - ALL.often, 1 - ALL.often), abs=0.05)
    half = layer.draw(ALL.times(0.5), length_B, torch.Generator().manual_seed(0))
    assert float((half.speed_B != 1).double().mean()) == pytest.approx(ALL.often / 2, abs=0.05)
    assert float(10 * half.ratio_B.log10().min()) >= 35


def test_no_recording_gets_shorter_than_it_may() -> None:
    layer, length_B, least_B = LogMel(16000), torch.full((102,), 8000), torch.arange(102) % 51
    drawn = layer.draw(ALL, length_B, torch.Generator().manual_seed(0), least_B)
    _, frames_B = layer.features(torch.zeros(102, 8000), length_B, drawn, torch.Generator())
    assert (frames_B >= least_B).all()


def test_noise_has_the_power_that_was_drawn() -> None:
    layer, ratio_B = LogMel(16000), torch.tensor([10.0, 1000.0, torch.inf], dtype=torch.float64)
    noise_BTW = layer.noise(300, ratio_B, torch.Generator().manual_seed(0))
    power_B = (noise_BTW**2).mean((1, 2))
    torch.testing.assert_close(power_B, torch.tensor([0.1, 0.001, 0.0]), rtol=0.05, atol=0)
    torch.testing.assert_close(noise_BTW[0, 1:, : -layer.hop], noise_BTW[0, :-1, layer.hop :])  # windows of one noise
    assert not torch.equal(noise_BTW[0] * 10, noise_BTW[1])


def test_masks_lie_within_a_recording_and_are_no_larger_than_they_may() -> None:
    frames_B = torch.tensor([200, 60] * 50)
    changes = Changes(bands=12, band_masks=1, frames=30, frame_masks=1, share=0.15)
    mel_BTM = masked(torch.ones(100, 200, 64), frames_B, changes, torch.Generator().manual_seed(0))
    hidden_BT, hidden_BM = (mel_BTM == 0).all(2), (mel_BTM == 0).all(1)
    assert int(hidden_BM.sum(1).max()) == 12
    assert int(hidden_BM.sum(1).min()) == 0
    assert 20 <= int(hidden_BT[::2].sum(1).max()) <= 30
    assert 6 <= int(hidden_BT[1::2].sum(1).max()) <= 9  # 15 % of 60
    assert not hidden_BT[1::2, 60:].any()
    for hidden_BN in (hidden_BT, hidden_BM):  # one stretch each: it begins once at most
        assert int((hidden_BN.int().diff(dim=1) == 1).sum(1).max()) <= 1
    assert torch.equal(mel_BTM == 0, hidden_BT[:, :, None] | hidden_BM[:, None, :])
