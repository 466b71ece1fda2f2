"""Spectrograms: how loud each frequency is over time.

A short-time Fourier transform under Hann windows of 25 ms, whose power is summed in triangular bands that lie evenly on
the mel scale (2595 log₁₀(1 + f / 700), as in HTK), which gives low frequencies the room that ears give them; then in
decibels below the loudest.

Axes: N samples, T moments, W samples of a window, K bins of the transform, F bands.
"""

import numpy as np

WINDOW = 0.025  # seconds
HOP = 0.005  # seconds from one moment to the next, unless that makes too many
BANDS = 96
MOST_MOMENTS = 1000
FLOOR = -70.0  # decibels: what is softer is shown as silence


def mel(hertz: np.ndarray | float) -> np.ndarray:
    """Frequencies on the mel scale.

    Example:
        >>> mel(1000.0).round()
        np.float64(1000.0)
    """
    return 2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700)


def hertz(mels: np.ndarray | float) -> np.ndarray:
    """Back from the mel scale.

    Example:
        >>> hertz(mel(440.0)).round(6)
        np.float64(440.0)
    """
    return 700 * (10 ** (np.asarray(mels, np.float64) / 2595) - 1)


def band_edges(rate: int) -> np.ndarray:
    """F + 2 frequencies in Hz: band f rises from the f-th to the next, where it peaks, and falls to the one after."""
    return hertz(np.linspace(0, mel(rate / 2), BANDS + 2))


def band_weights(rate: int, size: int) -> np.ndarray:
    """F×K: how much each bin of a transform of so many samples counts in each band; 1 at a band's peak."""
    bins_K = np.arange(size // 2 + 1) * rate / size
    edges = band_edges(rate)
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.clip(np.minimum((bins_K - low) / (peak - low), (high - bins_K) / (high - peak)), 0, None)


def spectrogram(samples_N: np.ndarray, rate: int) -> np.ndarray:
    """F×T: decibels below the loudest, from `FLOOR` to 0; row 0 is the lowest band.

    The columns fill the recording evenly.

    Args:
        samples_N: finite; of silence, or of no samples, everything is at `FLOOR`.
        rate: samples in a second.

    Example:
        >>> one_second = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
        >>> decibels_FT = spectrogram(one_second, 8000)
        >>> decibels_FT.shape, int(band_edges(8000)[1:-1][decibels_FT[:, 100].argmax()].round(-2))
        ((96, 200), 1000)
    """
    N = len(samples_N)
    T = int(np.clip(round(N / (HOP * rate)), 1, MOST_MOMENTS))
    W = max(int(WINDOW * rate), N // T)
    size = 1 << (max(W, rate // 12) - 1).bit_length()  # fine enough for the narrowest band
    padded = np.pad(np.asarray(samples_N, np.float64), W)
    starts_T = ((np.arange(T) + 0.5) * N / T).astype(np.int64) + W - W // 2
    windows_TW = np.lib.stride_tricks.sliding_window_view(padded, W)[starts_T] * np.hanning(W)
    power_TK = np.abs(np.fft.rfft(windows_TW, size)) ** 2
    power_FT = band_weights(rate, size) @ power_TK.T
    loudest = power_FT.max(initial=0)
    if not loudest:
        return np.full(power_FT.shape, FLOOR)
    return np.maximum(10 * np.log10(np.maximum(power_FT / loudest, 1e-30)), FLOOR)
