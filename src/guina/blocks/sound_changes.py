"""How recordings are changed in training, from their samples to their bands: what another speaker or room would change.

Faster or slower speech is no other recording: its frames lie closer or wider, and its bands lower or higher, as the
recording's pitch moves. Masks are laid over the bands themselves.

Axes: B recordings, T frames, M bands, N places that may be blanked.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

RANGE = 40.0  # decibels


@dataclass(frozen=True)
class Changes:
    """How much recordings are changed in training. Each is drawn anew, from an even distribution around no change.

    Args:
        speed: the share by which it may be faster or slower, pitch and all (Ko et al. 2015,
            https://www.danielpovey.com/files/2015_interspeech_augmentation.pdf, by resampling).
        warp: the share by which its frequencies may be stretched at the same speed, as by a shorter or a longer throat
            (Jaitly & Hinton 2013, Vocal tract length perturbation, ICML workshop).
        often: the share of recordings whose speed is changed at all, and of those whose frequencies are: where what is
            said differs in pitch, as tones do, most have it as it is.
        shift: seconds of silence, at most, that come before it.
        noise: decibels of its mean power over that of white noise, where the noise is loudest; the quietest is `RANGE`
            decibels below, which is none. inf: no noise.
        bands, band_masks: the most bands next to each other that are blanked, and how often.
        frames, frame_masks: the most frames next to each other that are blanked, and how often (SpecAugment, Park et
            al. 2019, https://arxiv.org/abs/1904.08779, without its time warp).
        share: the most of a recording's frames that one mask may take.
    """

    speed: float = 0.15
    warp: float = 0.15
    often: float = 0.6
    shift: float = 0.05
    noise: float = 15.0
    bands: int = 12
    band_masks: int = 1
    frames: int = 30
    frame_masks: int = 1
    share: float = 0.15

    def times(self, share: float) -> "Changes":
        """A share of these changes, from 0, none, to 1, all.

        Example:
            >>> Changes().times(0.5).bands, Changes().times(0) == NONE
            (6, True)
        """
        if share == 0:
            return NONE
        return replace(
            self,
            often=self.often * share,
            shift=self.shift * share,
            noise=self.noise + RANGE * (1 - share),
            bands=round(self.bands * share),
            frames=round(self.frames * share),
        )


NONE = Changes(0.0, 0.0, 0.0, 0.0, float("inf"), 0, 0, 0, 0, 0.0)


@dataclass(frozen=True)
class Drawn:
    """What was drawn for the recordings of a batch.

    Args:
        speed_B: how much faster each is: 1 as it is.
        warp_B: by what its bands' frequencies are multiplied, as heard at its new speed: 1 as they are.
        lead_B: samples of silence before it.
        ratio_B: its mean power, as a multiple of the noise's; inf: no noise.
    """

    speed_B: Tensor
    warp_B: Tensor
    lead_B: Tensor
    ratio_B: Tensor


def masked(mel_BTM: Tensor, frames_B: Tensor, changes: Changes, rng: torch.Generator) -> Tensor:
    """SpecAugment: some bands, and some stretches of frames, of each recording become 0, which is their mean.

    Args:
        frames_B: a mask lies within a recording's own frames.
        rng: on the CPU.
    """
    B, T, M = mel_BTM.shape
    device = mel_BTM.device
    band_M, frame_T = torch.arange(M, device=device), torch.arange(T, device=device)
    most_B = (changes.share * frames_B).long().clamp(max=changes.frames)
    for _ in range(changes.band_masks):
        most = torch.full((B,), min(changes.bands, M), device=device)
        hidden_BM = stretch(band_M, most, torch.full((B,), M, device=device), rng)
        mel_BTM = mel_BTM.masked_fill(hidden_BM[:, None, :], 0.0)
    for _ in range(changes.frame_masks):
        mel_BTM = mel_BTM.masked_fill(stretch(frame_T, most_B, frames_B, rng)[:, :, None], 0.0)
    return mel_BTM


def stretch(place_N: Tensor, most_B: Tensor, within_B: Tensor, rng: torch.Generator) -> Tensor:
    """B×N: which places a stretch of 0 … `most_B` of them takes, that lies anywhere below `within_B`."""
    even_2B = torch.rand(2, len(most_B), generator=rng, dtype=torch.float64).to(place_N.device)
    width_B = (even_2B[0] * (most_B + 1)).floor()
    start_B1 = (even_2B[1] * (within_B - width_B + 1)).floor()[:, None]
    return (place_N >= start_B1) & (place_N < start_B1 + width_B[:, None])
