"""inpaint: a folder of pictures to a network that fills holes in pictures like them.

Holes are drawn anew for each look at a picture (jobs/inpaint/masks.py), small ones first. A U-Net (nets/unet.py) is
given the harmonic fill and learns what that lacks, from pixels and then against a critic (jobs/pictures/contest.py).

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from guina.answering.base import Saved
from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.gallery import range_of_numbers, shape_of
from guina.data.order import Draw
from guina.data.records import VAL, Records
from guina.engine.job import Job, Overview
from guina.engine.turns import Batch, Nets, Phase
from guina.errors import GuinaError
from guina.jobs.inpaint.answering import InpaintAnswering
from guina.jobs.inpaint.fitted import InpaintFitted
from guina.jobs.inpaint.masks import KINDS, draw_masks
from guina.jobs.inpaint.scores import InpaintJudge
from guina.jobs.inpaint.settings import InpaintSettings, check_settings
from guina.jobs.pictures import gallery
from guina.jobs.pictures.check import brought_to, picture_overview, to_learn_from
from guina.jobs.pictures.contest import Contest, Made
from guina.jobs.pictures.house import learn_house
from guina.nets.patch_critic import PatchCritic
from guina.nets.unet import SIZES

BATCH = 64
SIDES = (16, 128)
GROWN, FIRST = 0.3, 0.4  # share of the training until holes are as large as ever, and their size at first
BETA = 0.25  # difference, of −1 … 1, up to which an error counts by its square
PIXELS = 4.0  # weight of the pixel loss
ADVERSARIAL, MATCHING = 0.1, 0.5  # weights beside it
OFTEN = {"small": 0.5, "medium": 4.0, "large": 16.0}  # hundred thousands of pictures, of 32×32, to be chosen


class Inpaint(Job):
    """Pictures to a network that fills their holes."""

    name = "inpaint"
    Settings = InpaintSettings
    Answering: type[InpaintAnswering] = InpaintAnswering  # pyright: ignore[reportIncompatibleVariableOverride]
    Judge: type[InpaintJudge] = InpaintJudge  # pyright: ignore[reportIncompatibleVariableOverride]
    sizes = tuple(SIZES)
    mixed_precision = True
    settings: InpaintSettings
    fitted: InpaintFitted

    def __init__(self, settings: InpaintSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        records = gallery.read(source, splits, self.settings, self.fitted and self.fitted.range, labelled=False)
        records.report.problems += gallery.too_few(records)
        return records

    def overview(self, records: Records) -> Overview:
        shape = self.fit(to_learn_from(records)).shape
        kinds = ", ".join(self.kinds)
        plan = [brought_to(shape), f"learn to fill holes ({kinds}), and judge by {records.count(VAL):,} pictures"]
        return picture_overview(records, shape, plan)

    def fit(self, records: Records) -> InpaintFitted:
        height, width, channels = shape_of(records, self.settings.pixels)
        if not SIDES[0] <= min(height, width) <= max(height, width) <= SIDES[1]:
            raise GuinaError(
                f"holes cannot be learned from pictures of {height}×{width} pixels",
                f"{SIDES[0]} to {SIDES[1]} pixels a side",
                "say --pixels 64 to have them brought to 64×64",
            )
        named = sorted({str(label) for label in records.columns["label"]} - {""})
        labels = tuple(named) if len(named) > 1 else ()
        shape = (height, width, 1 if channels < 3 else 3)
        return InpaintFitted(shape, labels, len(records), records.fingerprint, range=range_of_numbers(records))

    def arrays(self, records: Records) -> Arrays:
        return gallery.arrays(records, self.fitted.shape, self.fitted.labels, missing=0)

    def measure(self, arrays: Arrays) -> InpaintFitted:
        return replace(self.fitted, flip=self.settings.flip != "off")

    def inputs(self, arrays: Arrays) -> Iterator[Any]:
        """Pictures with a hole in the middle, which is transparent."""
        for pixels_HWC in arrays.all("pixels"):
            alpha_HW1 = np.full((*pixels_HWC.shape[:2], 1), 255, np.uint8)
            height, width = pixels_HWC.shape[:2]
            alpha_HW1[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = 0
            yield np.concatenate([pixels_HWC, alpha_HW1], 2)

    # --- learning ---

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of holes that are learned."""
        return (*KINDS, "centre") if self.settings.holes == "mixed" else (self.settings.holes,)

    def build(self) -> Nets:
        nets = self.Answering.build(self.settings, self.fitted)
        shape = self.Answering.shape(self.settings, self.fitted)
        if self.settings.adversarial == "off":
            return nets
        critic = PatchCritic(shape.inputs, shape.side, shape.size)
        critic.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {**nets, "critic": critic}

    def suits(self, size: str, epochs: float) -> bool:
        pixels = np.prod(self.fitted.shape[:2]) / 32**2
        return epochs * self.fitted.examples * pixels >= OFTEN.get(size, 0.0) * 1e5

    def phases(self) -> list[Phase]:
        contest = Contest(self.make, ADVERSARIAL, MATCHING)
        return contest.phases(min(BATCH, self.fitted.examples), self.settings.adversarial == "on")

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        if self.fitted.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        x_BCHW = (x_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        kinds = [self.kinds[n % len(self.kinds)] for n in range(len(x_BCHW))]
        size = FIRST + (1 - FIRST) * min(1.0, draw.done / GROWN)
        hole_BHW = torch.from_numpy(draw_masks(kinds, x_BCHW.size(2), x_BCHW.size(3), rng, size))
        return {"x": x_BCHW, "hole": hole_BHW, "given": hole_BHW[:, None].float() * 2 - 1}

    def make(self, nets: Nets, batch: Batch) -> Made:
        """Filled pictures of a batch, and how far they are from the true ones, in the mean over each hole."""
        x_BCHW, hole_BHW = batch["x"], batch["hole"]
        half = self.Answering(self.settings, self.fitted, {"generator": nets["generator"]})
        made_BCHW = half.fills(x_BCHW, hole_BHW)
        apart_BCHW = F.smooth_l1_loss(made_BCHW.float(), x_BCHW.float(), reduction="none", beta=BETA)
        pixels_B = hole_BHW.flatten(1).sum(1) * x_BCHW.size(1)
        return Made(lambda: made_BCHW, PIXELS * (apart_BCHW.flatten(1).sum(1) / pixels_B).sum())

    # --- what it hands over to ---

    def judge(self, arrays: Arrays) -> InpaintJudge:
        """House features of the training pictures."""
        fitted = self.fitted
        return self.Judge(self, learn_house(arrays, fitted.shape, len(fitted.labels), fitted.fingerprint))

    def judge_restored(self, saved: Saved) -> InpaintJudge:
        return self.Judge.restored(self, saved)
