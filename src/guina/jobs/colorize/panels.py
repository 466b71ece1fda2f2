"""What there is to see of a colouriser: pictures under a slider, how unsure it is, what a hint changes, the training.

Axes: N pictures, H W pixels, h w pixels at half that scale.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from guina.data.lab import to_bytes, to_lab
from guina.engine.judge import Snap
from guina.jobs.colorize.answering import ColorizeAnswering
from guina.jobs.colorize.hints import Hint, hint_planes
from guina.jobs.pictures.moments import over_training
from guina.panels import Comparison, Panel, PicturePair, Pictures, Strip, Strips

UNSURE, HINTED = 12, 4
WIDE = 40.0  # of a and b: the deviation that is drawn white
RED, BLUE = (200, 40, 40), (40, 80, 200)


class Coloured(NamedTuple):
    """A picture as it was, and with the network's colours; uint8, H×W×3."""

    name: str
    true: np.ndarray
    made: np.ndarray


def colorize_panels(
    half: ColorizeAnswering, shown: Sequence[Coloured], snaps: Sequence[tuple[int, Snap]]
) -> Iterator[Panel]:
    """All panels, the most telling first."""
    yield under_a_slider(shown)
    yield by_error(shown)
    if half.settings.adversarial == "on":
        yield how_unsure(half, shown[:UNSURE])
    yield what_a_hint_changes(half, shown[:HINTED])
    yield from over_training(snaps, "grey and brown first, then colours")


def grey(pixels_HWC: np.ndarray) -> np.ndarray:
    """A picture without its colours, as bright."""
    return to_bytes(to_lab(pixels_HWC) * np.array([1, 0, 0], np.float32))


def under_a_slider(shown: Sequence[Coloured]) -> Comparison:
    pairs = [PicturePair(one.name, grey(one.true), one.made, one.true) for one in shown]
    says = "Pictures that it never learned from, none picked out: grey, as it was given them; in its colours; in truth."
    return Comparison("What it colours", says, pairs, "grey", "coloured", "the photo")


def by_error(shown: Sequence[Coloured]) -> Strips:
    """The nearest to the truth and the farthest from it, each beside the truth."""
    error_N = np.array([((one.true.astype(float) - one.made) ** 2).mean() for one in shown])
    order_N = np.argsort(error_N)
    strips = []
    for name, chosen in (("nearest", order_N[: len(order_N) // 3]), ("farthest", order_N[::-1][: len(order_N) // 3])):
        strips.append(Strip(name, "its colours", [shown[n].made for n in chosen]))
        strips.append(Strip("", "the photos", [shown[n].true for n in chosen]))
    says = "Where it is right and where it is not: a shirt may have any colour, grass may not."
    return Strips("Best and worst", says, strips)


def how_unsure(half: ColorizeAnswering, shown: Sequence[Coloured]) -> Pictures:
    """How far apart the colours are that it holds for possible, at each place."""
    pictures, captions = [], []
    for one in shown:
        L_1HW = torch.from_numpy(np.ascontiguousarray(to_lab(one.true)[None, ..., 0]))
        with torch.no_grad():
            said = half.says(L_1HW, torch.zeros(1, 3, *L_1HW.shape[1:]))
            wide_hw = half.fitted.bins.spread(said)[0].cpu().numpy()
        pictures.append((np.clip(wide_hw / WIDE, 0, 1) * 255).round().astype(np.uint8))
        captions.append(f"± {wide_hw.mean():.0f}\n{one.name}")
    says = "White is where many colours are possible, black where one is sure; the number is the mean, in units of Lab."
    return Pictures("Where it is unsure", says, pictures, captions)


def what_a_hint_changes(half: ColorizeAnswering, shown: Sequence[Coloured]) -> Strips:
    """The same pictures, without a hint, with a red one and with a blue one in the middle."""
    strips = []
    for one in shown:
        L_1HW = torch.from_numpy(np.ascontiguousarray(to_lab(one.true)[None, ..., 0]))
        height, width = L_1HW.shape[1:]
        made = [one.made]
        for rgb in (RED, BLUE):
            planes = hint_planes([Hint(width // 2, height // 2, rgb)], (height, width), height, width)
            with torch.no_grad():
                ab_2HW = half.ab(L_1HW, planes)[0].numpy()
            made.append(to_bytes(np.concatenate([L_1HW[0].numpy()[..., None], ab_2HW.transpose(1, 2, 0)], 2)))
        strips.append(Strip(one.name, "", [grey(one.true), *made], ("grey", "no hint", "red", "blue")))
    says = (
        "A point in the middle is told to be red, or blue: how far that colour spreads is what it takes for one thing."
    )
    return Strips("What a hint changes", says, strips)
