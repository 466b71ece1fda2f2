"""Inside a recogniser: its path through a recording, and what it is given of one.

Axes: S samples, T frames, M bands, K bins of the transform.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch

from guina.blocks.mel import BANDS, LogMel
from guina.blocks.sound_changes import Changes, Drawn, masked
from guina.panels import Curves, Pictures, Segment, spread

BLANK = "∅"
SCALE = 2.5  # standard deviations from grey to black, and to white


@dataclass(frozen=True)
class Paths:
    """How the network's paths are to be read.

    Args:
        units: what each number stands for, the blank's among them.
        blank: its number.
        step: seconds from one of the network's frames to the next.
    """

    units: Sequence[str]
    blank: int
    step: float


def segments_of(path_T: np.ndarray, paths: Paths) -> list[Segment]:
    """A path's stretches of the same unit, the blank's among them.

    Example:
        >>> segments_of(np.array([0, 2, 2, 0]), Paths(["", "a", "b"], 0, 0.04))[1]
        Segment(start=0.04, end=0.12, label='b')
    """
    found, t = [], 0
    for unit, run in groupby(path_T.tolist()):
        end = t + len(list(run))
        label = BLANK if unit == paths.blank else paths.units[int(unit)]
        found.append(Segment(round(t * paths.step, 6), round(end * paths.step, 6), label))
        t = end
    return found


def what_it_is_given(wave_S: np.ndarray, rate: int, name: str) -> Pictures:
    """The bands of a recording as they are, and as training changes them."""
    layer, length_1 = LogMel(rate), torch.tensor([len(wave_S)])
    wave_1S, none = torch.from_numpy(np.array(wave_S))[None], float("inf")
    ways = {
        "as it is": (1.0, 1.0, none),
        "15 % faster, and higher": (1.15, 1.0, none),
        "15 % slower, and lower": (0.85, 1.0, none),
        "a longer throat: 15 % lower": (1.0, 1.15, none),
        "in noise, 15 dB softer": (1.0, 1.0, 10**1.5),
    }
    pictures = {}
    for caption, (speed, warp, ratio) in ways.items():
        one = (torch.tensor([value], dtype=torch.float64) for value in (speed, warp, 0.0, ratio))
        mel_1TM, frames_1 = layer.features(wave_1S, length_1, Drawn(*one), torch.Generator().manual_seed(0))
        pictures[caption] = picture_of(mel_1TM[0, :, :-1].numpy())
        if caption == "as it is":
            hidden_1TM = masked(mel_1TM, frames_1, Changes(), torch.Generator().manual_seed(1))
            pictures["some of it blanked"] = picture_of(hidden_1TM[0, :, :-1].numpy())
    says = (
        f"{BANDS} bands, the low ones below, a column each 10 ms; each band less its mean, so that grey is as loud as "
        f"usual and white is louder. The recording is {name}. In training no two looks at it are the same."
    )
    return Pictures("What it is given", says, list(pictures.values()), list(pictures))


def picture_of(mel_TM: np.ndarray) -> np.ndarray:
    """Bands over time as a picture, M×T, the low bands below: grey is 0, white is loud.

    Example:
        >>> picture_of(np.array([[0.0, 9.0], [-9.0, 0.0]])).tolist()
        [[255, 128], [128, 0]]
    """
    return np.rint(127.5 + 127.5 * np.clip(mel_TM.T[::-1] / SCALE, -1, 1)).astype(np.uint8)


def what_bands_see(rate: int) -> Curves:
    """How much of each frequency some bands see."""
    layer = LogMel(rate)
    hertz_K = np.arange(layer.size // 2 + 1) * rate / layer.size
    weight_KM = layer.weight_KM.numpy()
    lines = {f"band {m + 1}": (hertz_K, weight_KM[:, m]) for m in spread(range(layer.bands), 6)}
    middle_M = layer.edge_E.numpy()[1:-1]
    half = int(np.searchsorted(middle_M, 1000))
    says = (
        f"Each band sees a stretch of frequencies, narrow ones where ears tell tones apart: {half} of {layer.bands} "
        f"are below 1000 Hz. Nothing above {rate / 2:,.0f} Hz is in a recording of {rate:,} samples a second."
    )
    return Curves("What the bands see", says, lines, "Hz", "weight")
