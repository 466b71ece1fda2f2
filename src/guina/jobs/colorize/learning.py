"""colorize: a folder of colour pictures to a network that gives grey ones their colours.

A U-Net (nets/unet.py) sees brightness, and colours that somebody knows, and says for each second pixel how likely each
class of colour is (jobs/colorize/bins.py). It learns that from the pictures alone, and then against a critic too
(jobs/pictures/contest.py). Without a critic it learns the colours themselves by their absolute error, which ends in the
middle between all that may be right.

Axes: B pictures, H W pixels, h w pixels at half that scale, P colours.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.lab import to_lab
from guina.data.order import Draw
from guina.data.records import Records
from guina.engine.job import Overview
from guina.engine.turns import Batch, Nets
from guina.jobs.colorize.ageing import aged
from guina.jobs.colorize.answering import ColorizeAnswering
from guina.jobs.colorize.bins import find_bins
from guina.jobs.colorize.check import colorize_overview
from guina.jobs.colorize.colourless import coloured_only
from guina.jobs.colorize.fitted import ColorizeFitted
from guina.jobs.colorize.hints import SCALE, draw_hints
from guina.jobs.colorize.scores import ColorizeJudge
from guina.jobs.colorize.settings import ColorizeSettings, check_settings
from guina.jobs.pictures.check import to_learn_from
from guina.jobs.pictures.contest import Made
from guina.jobs.pictures.remaking import RemakeJob

SEEN = 5000  # training pictures that classes of colour are taken from
TOGETHER = 256  # of them that are worked on at a time
LOUD = 40.0  # of a and b: one unit of what the critic sees


class Colorize(RemakeJob):
    """Colour pictures to a network that colours."""

    name = "colorize"
    Settings = ColorizeSettings
    Answering: type[ColorizeAnswering] = ColorizeAnswering  # pyright: ignore[reportIncompatibleVariableOverride]
    Judge: type[ColorizeJudge] = ColorizeJudge  # pyright: ignore[reportIncompatibleVariableOverride]
    learns = "colours"
    settings: ColorizeSettings
    fitted: ColorizeFitted

    def __init__(self, settings: ColorizeSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def usable(self, records: Records) -> Records:
        """Pictures with colours of their own."""
        return coloured_only(records)

    def overview(self, records: Records) -> Overview:
        learned = to_learn_from(records)
        job = self.fitted_to(self.fit(learned))
        return colorize_overview(records, job.fitted_to(job.measure(job.arrays(learned))).fitted)

    def fit(self, records: Records) -> ColorizeFitted:
        fitted = ColorizeFitted(**self.facts(records))
        return replace(fitted, shape=(*fitted.shape[:2], 3))

    def measure(self, arrays: Arrays) -> ColorizeFitted:
        """What was fitted, with the classes of colour of the training pictures."""
        ab_P2 = np.concatenate([halved_ab(part) for part in arrays.first(SEEN).parts("pixels", TOGETHER)])
        bins = find_bins(ab_P2)
        return replace(
            self.fitted,
            centres=tuple(bins.centre_Q2.ravel().tolist()),
            shares=tuple(bins.share_Q.tolist()),
            mean=tuple(ab_P2.mean(0, dtype=np.float64).tolist()),
        )

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        yield from arrays.all("pixels")

    # --- learning ---

    def build(self) -> Nets:
        nets = self.Answering.build(self.settings, self.fitted)
        if self.against:
            head: Any = nets["generator"].head
            with torch.no_grad():
                head.bias.copy_(torch.tensor(self.fitted.shares).clamp_min(1e-6).log())
        return {**nets, **self.critic(channels=3, side=min(self.fitted.shape[:2]) // 2)}

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        if self.fitted.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        lab_B3HW = torch.from_numpy(to_lab(x_BHWC.numpy())).permute(0, 3, 1, 2)
        L_BHW, ab_B2HW = lab_B3HW[:, 0], lab_B3HW[:, 1:]
        ab_B2hw = F.avg_pool2d(ab_B2HW, 2, ceil_mode=True)
        return {
            "L": aged(L_BHW, self.settings.old, rng),
            "hints": draw_hints(ab_B2HW / SCALE, rng),
            "ab": ab_B2hw,
            "x": (ab_B2hw / LOUD).contiguous(memory_format=torch.channels_last),
            "given": F.avg_pool2d(L_BHW[:, None], 2, ceil_mode=True) / 50 - 1,
        }

    def make(self, nets: Nets, batch: Batch) -> Made:
        """Colours of a batch, and how far they are from the true ones."""
        half = self.Answering(self.settings, self.fitted, {"generator": nets["generator"]})
        said_BOhw = half.says(batch["L"], batch["hints"])
        if not self.against:
            apart = (said_BOhw * SCALE - batch["ab"]).abs()
            return Made(lambda: said_BOhw, apart.flatten(1).mean(1).sum() / LOUD)
        bins, temperature = self.fitted.bins, self.fitted.temperature
        return Made(lambda: bins.colours(said_BOhw, temperature) / LOUD, bins.loss(said_BOhw, batch["ab"]).sum())


def halved_ab(pixels_NHW3: np.ndarray) -> np.ndarray:
    """a and b of pictures at half their scale, P×2, float32."""
    ab_NHW2 = np.ascontiguousarray(to_lab(pixels_NHW3)[..., 1:])
    ab_N2HW = torch.from_numpy(ab_NHW2).permute(0, 3, 1, 2)
    return F.avg_pool2d(ab_N2HW, 2, ceil_mode=True).permute(0, 2, 3, 1).reshape(-1, 2).numpy()
