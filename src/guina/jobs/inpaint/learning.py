"""inpaint: a folder of pictures to a network that fills holes in pictures like them.

Holes are drawn anew for each look at a picture (jobs/inpaint/masks.py), small ones first. A U-Net (nets/unet.py) is
given the harmonic fill and learns from pixels what that lacks: the mean of what may be there, which is blurred. Then it
rests, and a second one is given its fill and learns to make that look real, against a critic
(jobs/pictures/contest.py): first coarse, then fine (Yu et al. 2018, https://arxiv.org/abs/1801.07892).

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.data.records import VAL, Records
from guina.engine.job import Overview
from guina.engine.turns import Batch, Nets
from guina.jobs.inpaint.answering import InpaintAnswering
from guina.jobs.inpaint.fitted import InpaintFitted
from guina.jobs.inpaint.masks import KINDS, draw_masks
from guina.jobs.inpaint.scores import InpaintJudge
from guina.jobs.inpaint.settings import InpaintSettings, check_settings
from guina.jobs.pictures.check import brought_to, picture_overview, to_learn_from
from guina.jobs.pictures.contest import Made
from guina.jobs.pictures.remaking import RemakeJob
from guina.runtime import evaluating

GROWN, FIRST = 0.3, 0.4  # share of the training until holes are as large as ever, and their size at first
BETA = 0.25  # difference, of −1 … 1, up to which an error counts by its square
PIXELS = 4.0  # weight of the pixel loss


class Inpaint(RemakeJob):
    """Pictures to a network that fills their holes."""

    name = "inpaint"
    Settings = InpaintSettings
    Answering: type[InpaintAnswering] = InpaintAnswering  # pyright: ignore[reportIncompatibleVariableOverride]
    Judge: type[InpaintJudge] = InpaintJudge  # pyright: ignore[reportIncompatibleVariableOverride]
    learns = "holes"
    player = "refiner"
    adversarial_weight = 1.6  # with half of it the house-FD of the fills is half as high again, for .3 dB (docs/log.md)
    settings: InpaintSettings
    fitted: InpaintFitted

    def __init__(self, settings: InpaintSettings, fitted: Any = None, epochs: float | None = None) -> None:
        super().__init__(settings, fitted, epochs)
        check_settings(settings)

    # --- from files to arrays ---

    def overview(self, records: Records) -> Overview:
        shape = self.fit(to_learn_from(records)).shape
        kinds = ", ".join(self.kinds)
        plan = [brought_to(shape), f"learn to fill holes ({kinds}), and judge by {records.count(VAL):,} pictures"]
        return picture_overview(records, shape, plan)

    def fit(self, records: Records) -> InpaintFitted:
        return InpaintFitted(**self.facts(records))

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
        height, width, channels = self.fitted.shape
        nets = self.Answering.build(self.settings, self.fitted)
        if self.against:
            head: Any = nets["refiner"].head
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        return {**nets, **self.critic(channels + 1, min(height, width))}

    def batch(self, arrays: Arrays, draw: Draw, rng: torch.Generator) -> Batch:
        x_BHWC = torch.from_numpy(arrays.take("pixels", draw.index_B))
        if self.fitted.flip:
            x_BHWC = augment.alternating_flip(x_BHWC, draw.index_B, draw.epoch_B)
        x_BCHW = (x_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        first = int(torch.randint(len(self.kinds), (), generator=rng))  # a small shard has other kinds each time
        kinds = [self.kinds[(first + n) % len(self.kinds)] for n in range(len(x_BCHW))]
        size = FIRST + (1 - FIRST) * min(1.0, draw.done / GROWN)
        hole_BHW = torch.from_numpy(draw_masks(kinds, x_BCHW.size(2), x_BCHW.size(3), rng, size))
        return {"x": x_BCHW, "hole": hole_BHW, "given": hole_BHW[:, None].float() * 2 - 1}

    def alone(self, nets: Nets, batch: Batch) -> Tensor:
        """How far the generator's fills are from the true ones."""
        return self.lost(self.half(nets).means(batch["x"], batch["hole"]), batch)

    def make(self, nets: Nets, batch: Batch) -> Made:
        """What the refiner makes of the generator's fills of a batch, and how far that is from the true pictures.

        All that it adds is seen by the critic; that only the fine part of it is answered is an affair of answering.
        """
        half = self.half(nets)
        with evaluating(nets["generator"]):
            mean_BCHW = half.means(batch["x"], batch["hole"])
        mean_BCHW = mean_BCHW.clone()  # what comes out of inference mode cannot be learned from
        made_BCHW = mean_BCHW + half.adds("refiner", mean_BCHW, batch["hole"])
        return Made(lambda: made_BCHW, self.lost(made_BCHW, batch))

    def half(self, nets: Nets) -> InpaintAnswering:
        return self.Answering(self.settings, self.fitted, nets)

    def lost(self, made_BCHW: Tensor, batch: Batch) -> Tensor:
        """How far filled pictures are from the true ones: the mean over each hole, summed over the batch."""
        apart_BCHW = F.smooth_l1_loss(made_BCHW, batch["x"], reduction="none", beta=BETA)
        pixels_B = batch["hole"].flatten(1).sum(1) * made_BCHW.size(1)
        return PIXELS * (apart_BCHW.flatten(1).sum(1) / pixels_B).sum()
