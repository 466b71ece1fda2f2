"""How loud each band of frequencies is over time: what a network of speech is given of a recording.

A Fourier transform under Hann windows of 25 ms, one each 10 ms; its power, summed in triangular bands that lie evenly
on the mel scale (2595 log₁₀(1 + f / 700), Davis & Mermelstein 1980), as ears hear it; the logarithm of its ratio to the
recording's level; and then each band less its mean, divided by its standard deviation. So neither loudness is left, nor
the microphone's colour where a recording is long enough to know it. Level and mean are those of the frames in which
there is something to hear: how long it is silent before and after changes nothing. A last column is the power of the
loudest band at each moment, whichever that is: so a tone is the same at any pitch.

In training each recording may be changed (sound_changes.py); nothing of that needs more than some percent of the time
that the bands need.

Axes: B recordings, S samples, P samples with silence around them, T frames, W samples of a window, K bins of the
transform, M bands and then the loudest of them, E = ends of bands.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from guina.blocks.sound_changes import NONE, RANGE, Changes, Drawn, masked

WINDOW, HOP = 0.025, 0.01  # seconds
BANDS = 64
LOWEST = 20.0  # Hz, where the first band begins
FLOOR = 1e-5  # of a recording's level, which is added to each band: −50 dB, so that silence has a logarithm
HEARD = 0.1  # of the mean power: frames that have as much are heard, −10 dB
USUAL = 50  # frames by which the usual mean of a band counts beside that of a recording's own: half a second
STILL = 0.01  # variance that is added to a band's: one that never changes stays near 0
BEND = 0.6  # of the highest frequency: below it a warp multiplies, above it leads back
TINY = 1e-20


def mels(hertz: Tensor) -> Tensor:
    """Frequencies on the mel scale.

    Example:
        >>> mels(torch.tensor(1000.0)).round().item()
        1000.0
    """
    return 2595 * torch.log10(1 + hertz / 700)


def hertz(mels: Tensor) -> Tensor:
    """Back from the mel scale.

    Example:
        >>> round(hertz(mels(torch.tensor(440.0, dtype=torch.float64))).item(), 6)
        440.0
    """
    return 700 * (10 ** (mels / 2595) - 1)


def warped(hertz_E: Tensor, warp_B: Tensor, highest: float) -> Tensor:
    """Frequencies B×E after a warp: multiplied, and from a bend on led in a straight line to the highest, which stays.

    Jaitly & Hinton 2013, equation (1), with the bend at `BEND` of the highest: 4800 Hz where that is 8000.

    Example:
        >>> warped(torch.tensor([1000.0, 8000.0]), torch.tensor([1.0, 1.5]), 8000.0).tolist()
        [[1000.0, 8000.0], [1500.0, 8000.0]]
    """
    warp_B1 = warp_B[:, None]
    to_B1 = BEND * highest * warp_B1.clamp(max=1)
    from_B1 = to_B1 / warp_B1
    above_BE = highest - (highest - to_B1) / (highest - from_B1) * (highest - hertz_E)
    return torch.where(hertz_E <= from_B1, hertz_E * warp_B1, above_BE)


def hop_of(rate: int) -> int:
    """Samples from one frame to the next, which are whole ones: at some rates not quite `HOP`.

    Example:
        >>> hop_of(16_000), hop_of(11_025)
        (160, 110)
    """
    return round(HOP * rate)


class LogMel(nn.Module):
    """Recordings to their bands; it has nothing to learn.

    Frame t stands for the time from t to t + 1 hops, and sees a window around its middle. A recording has as many
    frames as it has hops, a begun one counts, and one at least; what is seen beyond its ends is silence.

    Args:
        rate: samples in a second.
        bands: how many; M is one more.
        usual_2M: the usual mean of each band and its usual deviation; without it each recording's own are taken alone.

    Shapes: B×S (and lengths B) → B×T×M (and frames B).

    Example:
        >>> mel_BTM, frames_B = LogMel(16000)(torch.ones(2, 16000, dtype=torch.int16), torch.tensor([16000, 8000]))
        >>> mel_BTM.shape, frames_B.tolist()
        (torch.Size([2, 100, 65]), [100, 50])
    """

    window_W: Tensor
    edge_E: Tensor
    weight_KM: Tensor
    usual_2M: Tensor | None

    def __init__(self, rate: int, bands: int = BANDS, usual_2M: Tensor | None = None) -> None:
        super().__init__()
        assert rate >= 1000, rate
        self.rate, self.bands = rate, bands
        self.hop, self.width = hop_of(rate), 2 * round(WINDOW * rate / 2)
        self.size = 1 << (self.width - 1).bit_length()
        low, high = mels(torch.tensor([LOWEST, rate / 2], dtype=torch.float64)).tolist()
        edge_E = hertz(torch.linspace(low, high, bands + 2, dtype=torch.float64))
        self.register_buffer("usual_2M", usual_2M, persistent=False)
        self.register_buffer("window_W", torch.hann_window(self.width), persistent=False)
        self.register_buffer("edge_E", edge_E.float(), persistent=False)
        self.register_buffer("weight_KM", self.weights(edge_E[None])[0].float(), persistent=False)

    def weights(self, edge_BE: Tensor) -> Tensor:
        """B×K×M: how much each bin counts in each band: 1 at its middle, nothing from the middles of its neighbours on.

        A band that is narrower than a bin is as wide as two bins, or it might see none.
        """
        spacing = self.rate / self.size
        hertz_K1 = torch.arange(self.size // 2 + 1, device=edge_BE.device, dtype=edge_BE.dtype)[:, None] * spacing
        peak_B1M = edge_BE[:, None, 1:-1]
        low_B1M = torch.minimum(edge_BE[:, None, :-2], peak_B1M - spacing)
        high_B1M = torch.maximum(edge_BE[:, None, 2:], peak_B1M + spacing)
        rising, falling = (hertz_K1 - low_B1M) / (peak_B1M - low_B1M), (high_B1M - hertz_K1) / (high_B1M - peak_B1M)
        return torch.minimum(rising, falling).clamp(min=0)

    def frames_of(self, length_B: Tensor) -> Tensor:
        """How many frames recordings of so many samples have, as they are: int64."""
        return (length_B + self.hop - 1).div(self.hop, rounding_mode="floor").clamp(min=1)

    def forward(
        self,
        wave_BS: Tensor,
        length_B: Tensor,
        changes: Changes = NONE,
        rng: torch.Generator | None = None,
        least_B: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The bands, 0 beyond a recording's frames, and how many frames each has, int64.

        Args:
            wave_BS: int16, or floating-point numbers of any scale.
            length_B: how many samples of each count.
            changes: of the recordings, drawn from the generator.
            rng: on the CPU; needed where there are changes.
            least_B: frames that each keeps however fast it gets, as CTC needs some for each token; at most what it has.
        """
        if changes == NONE:
            return self.features(wave_BS, length_B)
        assert rng is not None, "changes are drawn from a generator"
        mel_BTM, frames_B = self.features(wave_BS, length_B, self.draw(changes, length_B, rng, least_B), rng)
        return masked(mel_BTM, frames_B, changes, rng), frames_B

    def draw(self, changes: Changes, length_B: Tensor, rng: torch.Generator, least_B: Tensor | None = None) -> Drawn:
        """Changes of as many recordings; arguments are those of `forward`."""
        even_6B = torch.rand(6, len(length_B), generator=rng, dtype=torch.float64).to(length_B.device)
        changed_2B = (even_6B[4:] < changes.often) * (2 * even_6B[:2] - 1)
        speed_B, warp_B = 1 + changes.speed * changed_2B[0], 1 + changes.warp * changed_2B[1]
        lead_B = (even_6B[2] * changes.shift * self.rate).floor()
        if least_B is not None:
            speed_B = torch.minimum(speed_B, (length_B + lead_B) / (self.hop * least_B.to(length_B).clamp(min=1)))
        decibels_B = changes.noise + RANGE * even_6B[3]
        return Drawn(speed_B, warp_B, lead_B, 10 ** (decibels_B / 10))

    def features(
        self, wave_BS: Tensor, length_B: Tensor, drawn: Drawn | None = None, rng: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """As `forward`, of recordings changed as it was drawn for them; the noise is drawn from the generator."""
        power_BTM, frames_B = self.powers(wave_BS, length_B, drawn, rng)
        return normalised(power_BTM, frames_B, self.usual_2M), frames_B

    def powers(
        self, wave_BS: Tensor, length_B: Tensor, drawn: Drawn | None = None, rng: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """The power in each band, B×T×M, and how many frames each recording has."""
        length_B = length_B.to(wave_BS.device)
        own_BS = torch.arange(wave_BS.shape[1], device=wave_BS.device) < length_B[:, None]
        wave_BS = wave_BS.float() * own_BS
        count_B1 = length_B.clamp(min=1)[:, None]
        wave_BS = (wave_BS - wave_BS.sum(1, keepdim=True) / count_B1) * own_BS
        power_B1 = (wave_BS**2).sum(1, keepdim=True) / count_B1
        wave_BS = wave_BS * power_B1.clamp(min=TINY).rsqrt()  # of mean power 1, or silent

        if drawn is None:
            frames_B, weight_BKM = self.frames_of(length_B), self.weight_KM
            windows_BTW = self.windows(wave_BS, frames_B, torch.ones_like(length_B), torch.zeros_like(length_B))
        else:
            speed_B, lead_B = drawn.speed_B.to(wave_BS.device), drawn.lead_B.to(wave_BS.device)
            frames_B = ((length_B + lead_B) / (self.hop * speed_B)).ceil().long().clamp(min=1)
            # what is heard at a frequency at the new speed is in the recording at one that is lower by as much
            warp_B = (drawn.warp_B.to(wave_BS.device) / speed_B).float()
            weight_BKM = self.weights(warped(self.edge_E, warp_B, self.rate / 2))
            windows_BTW = self.windows(wave_BS, frames_B, speed_B, lead_B)
            if bool((drawn.ratio_B < torch.inf).any()):
                assert rng is not None, "noise is drawn from a generator"
                windows_BTW = windows_BTW + self.noise(windows_BTW.shape[1], drawn.ratio_B, rng)
        power_BTK = torch.fft.rfft(windows_BTW * self.window_W, self.size).abs() ** 2
        with torch.autocast(wave_BS.device.type, enabled=False):  # sums of powers want all their digits
            power_BTM = power_BTK @ weight_BKM
        return torch.cat([power_BTM, power_BTM.amax(2, keepdim=True)], 2), frames_B

    def usual(self, batches: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
        """The mean and the deviation of each band in some recordings, where there is something to hear: 2×M."""
        count, sum_M, square_M = 0, *torch.zeros(2, self.bands + 1, dtype=torch.float64)
        for wave_BS, length_B in batches:
            log_BTM, heard_BT1 = logarithms(*self.powers(wave_BS, length_B))
            heard_NM = log_BTM[heard_BT1[:, :, 0]].double()
            count, sum_M, square_M = count + len(heard_NM), sum_M + heard_NM.sum(0), square_M + (heard_NM**2).sum(0)
        mean_M = sum_M / max(1, count)
        return torch.stack([mean_M, (square_M / max(1, count) - mean_M**2 + STILL).sqrt()]).float()

    def windows(self, wave_BS: Tensor, frames_B: Tensor, speed_B: Tensor, lead_B: Tensor) -> Tensor:
        """B×T×W: what each frame sees; T is the most frames. The middle of frame t is (t + ½) hops of the new speed."""
        T = int(frames_B.max())
        middle_BT = (torch.arange(T, device=wave_BS.device, dtype=torch.float64) + 0.5) * self.hop * speed_B[:, None]
        start_BT = (middle_BT - lead_B[:, None] - self.width / 2).floor().long()
        before, after = max(0, -int(start_BT.min())), self.width
        padded_BP = nn.functional.pad(wave_BS, (before, after))
        B, P = padded_BP.shape
        start_BT = (start_BT + before).clamp(max=P - self.width)  # from the recording's end on all is silence
        start_BT = start_BT + torch.arange(B, device=wave_BS.device)[:, None] * P
        pieces = padded_BP.view(-1).as_strided((B * P - self.width + 1, self.width), (1, 1))
        return pieces.index_select(0, start_BT.flatten()).view(B, T, self.width)

    def noise(self, T: int, ratio_B: Tensor, rng: torch.Generator) -> Tensor:
        """B×T×W: white noise of mean power 1 / ratio. One long noise is drawn, of which each hears another piece."""
        B, hops = len(ratio_B), torch.randint(0, 100, (len(ratio_B),), generator=rng)
        noise_P = torch.randn((T + 100) * self.hop + self.width, generator=rng).to(self.window_W)
        pieces = noise_P.unfold(0, self.width, self.hop)
        place_BT = hops[:, None] + torch.arange(T)
        loud_B11 = ratio_B.to(noise_P).rsqrt()[:, None, None]
        return pieces.index_select(0, place_BT.flatten().to(noise_P.device)).view(B, T, self.width) * loud_B11


def normalised(power_BTM: Tensor, frames_B: Tensor, usual_2M: Tensor | None = None) -> Tensor:
    """The logarithm of each band's power, of about mean 0 and deviation 1 where there is something to hear; 0 beyond a
    recording's frames.
    """
    log_BTM, heard_BT1 = logarithms(power_BTM, frames_B)
    own_BT1 = (torch.arange(log_BTM.size(1), device=log_BTM.device) < frames_B[:, None])[:, :, None]
    count_B11 = heard_BT1.sum(1, keepdim=True)
    mean_B1M = (log_BTM * heard_BT1).sum(1, keepdim=True) / count_B11
    if usual_2M is None:
        variance_B1M = ((log_BTM - mean_B1M) ** 2 * heard_BT1).sum(1, keepdim=True) / count_B11
        deviation = (variance_B1M + STILL).sqrt()
    else:
        mean_B1M = (count_B11 * mean_B1M + USUAL * usual_2M[0]) / (count_B11 + USUAL)
        deviation = usual_2M[1]
    mel_BTM = (log_BTM - mean_B1M) / deviation
    mel_BTM[:, :, -1] += 1
    return mel_BTM * own_BT1


def logarithms(power_BTM: Tensor, frames_B: Tensor) -> tuple[Tensor, Tensor]:
    """The logarithm of each band's power, as a ratio to the recording's level; and in which frames there is something
    to hear, B×T×1.
    """
    own_BT = torch.arange(power_BTM.size(1), device=power_BTM.device) < frames_B[:, None]
    power_BT = power_BTM[:, :, :-1].mean(2) * own_BT
    heard_BT = own_BT & (power_BT >= HEARD * power_BT.sum(1, keepdim=True) / frames_B[:, None])
    level_B = (power_BT * heard_BT).sum(1) / heard_BT.sum(1).clamp(min=1)
    log_BTM = (power_BTM / level_B.clamp(min=TINY)[:, None, None] + FLOOR).log()
    return log_BTM, heard_BT[:, :, None]
