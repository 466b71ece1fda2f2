"""What learns to make pictures of pictures: reading, sizes, phases and features, the same for colours and for holes.

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from guina.answering.base import Saved
from guina.data.arrays import Arrays
from guina.data.gallery import range_of_numbers, shape_of
from guina.data.records import Records
from guina.engine.job import Job
from guina.engine.turns import Batch, Nets, Phase
from guina.errors import GuinaError
from guina.jobs.pictures import gallery
from guina.jobs.pictures.contest import Contest, Made
from guina.jobs.pictures.house import learn_house
from guina.jobs.pictures.remade import RemakeJudge
from guina.nets.patch_critic import PatchCritic
from guina.nets.unet import SIZES

BATCH = 64
SIDES = (16, 128)
SHORT = 96  # pixels of the short side of what is brought to fewer pixels
MATCHING = 0.5  # weight of the distance of the critic's features, beside the pixel loss
OFTEN = {"small": 0.5, "medium": 4.0, "large": 16.0}  # hundred thousands of pictures, of 32×32, to be chosen


class RemakeJob(Job):
    """Pictures to a U-Net that makes them from what is left of them, against a critic of patches or without one.

    Class attributes:
        Judge: a `RemakeJudge`.
        learns: what is learned from the pictures, for messages.
        adversarial_weight: of the game with the critic, beside the pixel loss.
        player: the network that plays against the critic; see `Contest`.
    """

    Judge: type[RemakeJudge]  # pyright: ignore[reportIncompatibleVariableOverride]
    sizes = tuple(SIZES)
    mixed_precision = True
    learns: str
    adversarial_weight = 0.1
    player = "generator"

    # --- from files to arrays ---

    def read(self, source: str, splits: Sequence[str]) -> Records:
        known = self.fitted and self.fitted.range
        records = self.usable(gallery.read(source, splits, self.settings, known, labelled=False))
        records.report.problems += gallery.too_few(records)
        return records

    def usable(self, records: Records) -> Records:
        """The pictures that something can be learned from."""
        return records

    def facts(self, records: Records) -> dict[str, Any]:
        """What every `PictureFitted` of such a job holds.

        Raises:
            GuinaError: the pictures are too small or too large.
        """
        stored = height, width, channels = shape_of(records, self.settings.pixels)
        if not self.settings.pixels:
            height, width = within(height, width)
        if not SIDES[0] <= min(height, width) <= max(height, width) <= SIDES[1]:
            raise GuinaError(
                f"{self.learns} cannot be learned from pictures of {stored[0]}×{stored[1]} pixels",
                f"{SIDES[0]} to {SIDES[1]} pixels a side",
                "say --pixels 64 to have them brought to 64×64",
            )
        named = sorted({str(label) for label in records.columns["label"]} - {""})
        return {
            "shape": (height, width, 1 if channels < 3 else 3),
            "labels": tuple(named) if len(named) > 1 else (),
            "examples": len(records),
            "fingerprint": records.fingerprint,
            "flip": self.settings.flip != "off",
            "range": range_of_numbers(records),
        }

    def arrays(self, records: Records) -> Arrays:
        return gallery.arrays(records, self.fitted.shape, self.fitted.labels, missing=0)

    # --- learning ---

    @property
    def against(self) -> bool:
        """Whether a critic is learned against."""
        return self.settings.adversarial == "on"

    def critic(self, channels: int, side: int) -> Nets:
        """The critic, where there is one, of pictures with so many channels, what is given among them."""
        size = "small" if self.settings.size == "auto" else self.settings.size
        return {"critic": PatchCritic(channels, side, size)} if self.against else {}

    def suits(self, size: str, epochs: float) -> bool:
        pixels = np.prod(self.fitted.shape[:2]) / 32**2
        return epochs * self.fitted.examples * pixels >= OFTEN.get(size, 0.0) * 1e5

    def make(self, nets: Nets, batch: Batch) -> Made:
        """What the generator makes of a batch, and its pixel loss; see `Contest`."""
        raise NotImplementedError

    def alone(self, nets: Nets, batch: Batch) -> Tensor:
        """The pixel loss of a batch before there is a critic."""
        return self.make(nets, batch).pixels

    def phases(self) -> list[Phase]:
        contest = Contest(self.make, self.alone, self.player, self.adversarial_weight, MATCHING)
        return contest.phases(min(BATCH, self.fitted.examples), self.against)

    # --- what it hands over to ---

    def judge(self, arrays: Arrays) -> RemakeJudge:
        """House features of the training pictures."""
        fitted = self.fitted
        return self.Judge(self, learn_house(arrays, fitted.shape, len(fitted.labels), fitted.fingerprint))

    def judge_restored(self, saved: Saved) -> RemakeJudge:
        return self.Judge.restored(self, saved)


def within(height: int, width: int) -> tuple[int, int]:
    """The size that pictures too large to be learned from are brought to, as long for their width as they were.

    Example:
        >>> within(178, 218), within(256, 256), within(256, 100), within(128, 64)
        ((96, 118), (96, 96), (128, 50), (128, 64))
    """
    if max(height, width) <= SIDES[1]:
        return height, width
    scale = min(SHORT / min(height, width), SIDES[1] / max(height, width))
    return round(height * scale), round(width * scale)
