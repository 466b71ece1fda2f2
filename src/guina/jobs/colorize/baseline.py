"""What a colouriser is compared with, besides grey and the mean colour.

Axes: N pictures, M training pictures, H W pixels, D pixels of a small picture.
"""

import numpy as np
import torch
import torch.nn.functional as F

from guina.data.arrays import Arrays
from guina.data.lab import colorfulness, to_bytes, to_lab
from guina.fidelity import nearest
from guina.jobs.colorize.answering import ColorizeAnswering

KNOWN = 5000  # training pictures among which one is looked for
TOGETHER = 256  # of them that are worked on at a time
SIDE = 8  # of the small pictures by which they are compared
LARGEST = 6.0  # what colours are multiplied by, at most


def by_brightness(train: Arrays, L_NHW: np.ndarray) -> np.ndarray:
    """a and b of the training picture that is as bright at the same places, N×H×W×2."""
    known = train.first(KNOWN)
    small_MD = np.concatenate([small(to_lab(part)[..., 0]) for part in known.parts("pixels", TOGETHER)])
    place_N = nearest(small(L_NHW), small_MD)[1][:, 0]
    ab_NHW2 = np.empty((*L_NHW.shape, 2), np.float32)
    for start in range(0, len(place_N), TOGETHER):
        some = slice(start, start + TOGETHER)
        ab_NHW2[some] = to_lab(known.take("pixels", place_N[some]))[..., 1:]
    return ab_NHW2


def small(L_NHW: np.ndarray) -> np.ndarray:
    """Brightness of SIDE×SIDE parts, N×D."""
    x_N1HW = torch.from_numpy(np.ascontiguousarray(L_NHW))[:, None]
    return F.adaptive_avg_pool2d(x_N1HW, min(SIDE, *L_NHW.shape[1:])).flatten(1).numpy()


def multiplied(half: ColorizeAnswering, pixels_NHWC: np.ndarray, chunk: int) -> np.ndarray:
    """The network's mean colours times the number that makes them as colourful as the true ones, uint8."""
    lab_NHW3 = to_lab(pixels_NHWC)
    L_NHW = np.ascontiguousarray(lab_NHW3[..., 0])
    whole = type(half)(half.settings, half.fitted.at(1.0), half.nets)
    parts = []
    for start in range(0, len(L_NHW), chunk):
        with torch.no_grad():
            parts.append(whole.ab(torch.from_numpy(L_NHW[start : start + chunk])).permute(0, 2, 3, 1).numpy())
    ab_NHW2 = np.concatenate(parts)
    wanted = np.mean([colorfulness(one) for one in pixels_NHWC])
    low, high, made_NHWC = 0.0, LARGEST, pixels_NHWC
    for _ in range(8):
        middle = (low + high) / 2
        made_NHWC = to_bytes(np.concatenate([L_NHW[..., None], middle * ab_NHW2], -1))
        enough = np.mean([colorfulness(one) for one in made_NHWC]) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return made_NHWC
