"""inpaint's answering half: pictures with holes in, the same pictures without them out.

The generator is given the harmonic fill of a hole and adds what that lacks in the mean. The refiner is given that and
adds what would look real; only its fine detail is taken, so that the fill stays near to the mean (`fine`). Holes of a
large picture are cut out with their surroundings (crops.py); thick ones are brought to the scale that was learned at:
what is added there is enlarged, and meets the known pixels at the hole's edge without a seam.

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.answering.inputs import apart, named
from guina.data.originals import Original, open_original
from guina.data.values import BadPicture
from guina.errors import GuinaError
from guina.jobs.inpaint.crops import crops_about
from guina.jobs.inpaint.fitted import InpaintFitted
from guina.jobs.inpaint.harmonic import quick_fill
from guina.jobs.inpaint.holes import Box, Hole, hole_of, mask_for, parse_boxes
from guina.jobs.inpaint.settings import InpaintOptions, InpaintSettings, check_options
from guina.jobs.pictures.handing import handed_over
from guina.jobs.pictures.settings import together
from guina.nets.unet import Shape, UNet

DETAIL = 0.85  # share of the refiner's fine detail that is added: all of it costs .13 dB for a tenth of the house-FD
WINDOWS = 32  # steps of the local mean's window in a picture's side
TOGETHER = 64  # small parts of a picture that are filled at once


class InpaintAnswering(Answering):
    """Pictures with holes to whole pictures. Inputs are paths, bytes, open pictures and arrays."""

    Fitted = InpaintFitted
    Options = InpaintOptions
    players = ("generator", "refiner")
    reads_files = True
    settings: InpaintSettings
    fitted: InpaintFitted

    @classmethod
    def shape(cls, settings: InpaintSettings, fitted: InpaintFitted) -> Shape:
        """The shape of both networks: a filled picture and its hole in, what the fill lacks out."""
        size = "small" if settings.size == "auto" else settings.size
        channels = fitted.shape[2]
        return Shape(channels + 1, channels, min(fitted.shape[:2]), size)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        names = cls.players if settings.adversarial == "on" else cls.players[:1]
        return {name: UNet(cls.shape(settings, fitted)) for name in names}

    def fills(self, x_BCHW: Tensor, hole_BHW: Tensor, detail: float = 1.0) -> Tensor:
        """Pictures whose holes are filled, −1 … 1; what is known stays.

        Args:
            x_BCHW: −1 … 1; what the holes hold is not looked at.
            detail: how much is added to the mean of what may be there.
        """
        mean_BCHW = self.means(x_BCHW, hole_BHW)
        if self.settings.adversarial == "off" or detail == 0:
            return mean_BCHW
        detail_BCHW = fine(self.adds("refiner", mean_BCHW, hole_BHW), min(self.fitted.shape[:2]))
        return torch.where(hole_BHW[:, None], mean_BCHW + DETAIL * detail * detail_BCHW, x_BCHW)

    def means(self, x_BCHW: Tensor, hole_BHW: Tensor) -> Tensor:
        """Pictures whose holes hold the mean of what may be there."""
        smooth_BCHW = quick_fill((x_BCHW + 1) / 2, hole_BHW) * 2 - 1
        return torch.where(hole_BHW[:, None], smooth_BCHW + self.adds("generator", smooth_BCHW, hole_BHW), x_BCHW)

    def adds(self, name: str, filled_BCHW: Tensor, hole_BHW: Tensor) -> Tensor:
        """What a network adds to filled holes; 0 outside of them."""
        net, hole_B1HW = self.nets[name], hole_BHW[:, None].to(filled_BCHW)
        given = torch.cat([filled_BCHW, hole_B1HW * 2 - 1], 1).to(next(net.parameters()))
        return net(given.contiguous(memory_format=torch.channels_last)).to(filled_BCHW) * hole_B1HW

    def whole(self, pixels_HWC: np.ndarray, hole_HW: np.ndarray, detail: float = 1.0) -> np.ndarray:
        """A picture of any size without its holes, uint8; what is known comes out as it is."""
        made_HWC, left_HW = pixels_HWC.copy(), hole_HW.copy()
        if not hole_HW.any():
            return made_HWC
        for crops in crops_about(hole_HW, min(self.fitted.shape[:2])):
            for some in (crops[at : at + TOGETHER] for at in range(0, len(crops), TOGETHER)):
                parts_BHWC = np.stack([made_HWC[crop.rows, crop.columns] for crop in some])
                holes_BHW = np.stack([left_HW[crop.rows, crop.columns] for crop in some])
                filled_BHWC = self.filled(parts_BHWC, holes_BHW, some[0].size, detail)
                for crop, filled_HWC in zip(some, filled_BHWC, strict=True):
                    made_HWC[crop.rows, crop.columns][crop.mine_HW] = filled_HWC[crop.mine_HW]
                    left_HW[crop.rows, crop.columns][crop.mine_HW] = False
        return made_HWC

    def filled(self, pixels_BHWC: np.ndarray, hole_BHW: np.ndarray, size: tuple[int, int], detail: float) -> np.ndarray:
        """Parts of a picture with their holes filled, uint8, which the network sees brought to a size."""
        x_BCHW, holes, back = as_learned(pixels_BHWC, torch.from_numpy(hole_BHW), self.fitted.shape[2])
        # channel by channel: a large part needs less memory so
        smooth_BCHW = torch.cat([quick_fill((one + 1) / 2, holes) * 2 - 1 for one in x_BCHW.split(1, 1)], 1)
        del x_BCHW
        if size == holes.shape[1:]:
            made_BCHW = self.fills(smooth_BCHW, holes, detail).clamp(-1, 1)
        else:
            small_BCHW = F.interpolate(smooth_BCHW, size, mode="area")
            small_hole = F.interpolate(holes[:, None].float(), size, mode="area")[:, 0] > 0.5
            added_BCHW = self.fills(small_BCHW, small_hole, detail) - small_BCHW
            for smooth, added in zip(smooth_BCHW.split(1, 1), added_BCHW.split(1, 1), strict=True):
                large = F.interpolate(added, holes.shape[1:], mode="bicubic", align_corners=False)
                smooth.add_(seamless(large, holes))
            made_BCHW = smooth_BCHW.clamp_(-1, 1)
        made_BCHW = ((made_BCHW + 1) * 127.5).round().to(torch.uint8)
        return back(made_BCHW).permute(0, 2, 3, 1).numpy()

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One answer an input: a file like the original's, its hole filled; or what is wrong with it."""
        check_options(options)
        yield from apart(self.all_answers(inputs, options, parse_boxes(together(options.box))))

    def all_answers(self, inputs: Iterable[Any], options: InpaintOptions, boxes: tuple[Box, ...]) -> Iterator[Answer]:
        """The same, before files of pictures that are called alike are named apart."""
        for name, thing in named(inputs, "picture"):
            try:
                original = open_original(thing)
            except BadPicture as bad:
                yield Answer(name, error=str(bad))
                continue
            try:
                hole = self.hole(thing, original, options, boxes)
            except GuinaError as wrong:  # of other pictures it may be right
                yield Answer(name, error=wrong.line)
                continue
            made_HWC = self.whole(original.pixels_HWC, hole.where_HW, options.detail)
            yield handed_over(name, made_HWC, shown(original, hole), [*original.said, *hole.said], lossless=True)

    @staticmethod
    def hole(thing: Any, original: Original, options: InpaintOptions, boxes: tuple[Box, ...]) -> Hole:
        """Where the hole of one input is."""
        mask = Path(options.mask) if options.mask else None
        if mask is not None and isinstance(thing, (str, Path)):
            mask = mask_for(Path(thing), mask)
        size = (original.pixels_HWC.shape[0], original.pixels_HWC.shape[1])
        return hole_of(size, mask, boxes, options.hole_color, original.pixels_HWC, original.alpha_HW)


def fine(x_BCHW: Tensor, side: int) -> Tensor:
    """What pictures have beside their coarse structure: themselves less their local mean, taken twice.

    Coarse errors cost the most decibels, fine detail looks most real: so much can be had of it for little.

    Args:
        side: of the pictures that were learned from; the mean is of 3×3 pixels where these have 32.
    """
    around = max(1, round(side / WINDOWS))
    coarse = x_BCHW
    for _ in range(2):
        coarse = F.avg_pool2d(coarse, 2 * around + 1, 1, around)
    return x_BCHW - coarse


def seamless(added_1CHW: Tensor, hole_1HW: Tensor) -> Tensor:
    """What is added to a hole, less what would be added just outside of it: at the edge nothing is.

    Pérez, Gangnet & Blake 2003, Poisson image editing, https://doi.org/10.1145/882262.882269, equation 5: the
    difference at the edge goes on harmonically inside.
    """
    edge_1CHW = quick_fill(added_1CHW / 4 + 0.5, hole_1HW)
    return torch.where(hole_1HW[:, None], added_1CHW - (edge_1CHW - 0.5) * 4, torch.zeros(()))


def shown(original: Original, hole: Hole) -> Original:
    """The original, opaque where it was filled."""
    if original.alpha_HW is None:
        return original
    return replace(original, alpha_HW=np.where(hole.where_HW, np.uint8(255), original.alpha_HW))


def as_learned(
    pixels_BHWC: np.ndarray, hole_BHW: Tensor, channels: int
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Pictures as a network of so many channels is given them, −1 … 1, their holes, and the way back.

    A network of grey pictures fills the red, the green and the blue of coloured ones, each as a picture of its own; one
    of coloured pictures is given grey ones as three times the same.
    """
    x_BCHW = torch.from_numpy(np.ascontiguousarray(pixels_BHWC)).permute(0, 3, 1, 2).float() / 127.5 - 1
    B, C = x_BCHW.shape[:2]
    if channels == C:
        return x_BCHW, hole_BHW, lambda made: made
    if channels == 1:
        alone_BCHW = x_BCHW.flatten(0, 1)[:, None]
        return alone_BCHW, hole_BHW.repeat_interleave(C, 0), lambda made: made.view(B, C, *made.shape[2:])
    return (
        x_BCHW.expand(-1, channels, -1, -1),
        hole_BHW,
        lambda made: made.float().mean(1, keepdim=True).round().to(made),
    )
