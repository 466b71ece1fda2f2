"""inpaint's answering half: pictures with holes in, the same pictures without them out.

The network is given the harmonic fill of a hole and says what that lacks. A hole of a large picture is cut out with its
surroundings and brought to the scale that was learned at; what the network adds there is enlarged, and meets the known
pixels at the hole's edge without a seam.

Axes: B pictures, H W pixels, C channels.
"""

from collections.abc import Iterable, Iterator
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
from guina.jobs.inpaint.crops import Crop, crops_about
from guina.jobs.inpaint.fitted import InpaintFitted
from guina.jobs.inpaint.harmonic import quick_fill
from guina.jobs.inpaint.holes import Box, Hole, hole_of, mask_for, parse_boxes
from guina.jobs.inpaint.settings import InpaintOptions, InpaintSettings
from guina.jobs.pictures.handing import handed_over
from guina.nets.unet import Shape, UNet


class InpaintAnswering(Answering):
    """Pictures with holes to whole pictures. Inputs are paths, bytes, open pictures and arrays."""

    Fitted = InpaintFitted
    Options = InpaintOptions
    players = ("generator",)
    reads_files = True
    settings: InpaintSettings
    fitted: InpaintFitted

    @classmethod
    def shape(cls, settings: InpaintSettings, fitted: InpaintFitted) -> Shape:
        """The network's shape: a filled picture and its hole in, what the fill lacks out."""
        size = "small" if settings.size == "auto" else settings.size
        channels = fitted.shape[2]
        return Shape(channels + 1, channels, min(fitted.shape[:2]), size)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        return {"generator": UNet(cls.shape(settings, fitted))}

    def fills(self, x_BCHW: Tensor, hole_BHW: Tensor) -> Tensor:
        """Pictures whose holes are filled, −1 … 1; what is known stays.

        Args:
            x_BCHW: −1 … 1; what the holes hold is not looked at.
        """
        net = self.nets["generator"]
        hole_B1HW = hole_BHW[:, None].to(x_BCHW)
        smooth_BCHW = quick_fill((x_BCHW + 1) / 2, hole_BHW) * 2 - 1
        given = torch.cat([smooth_BCHW, hole_B1HW * 2 - 1], 1).to(next(net.parameters()))
        lacking_BCHW = net(given.contiguous(memory_format=torch.channels_last)).to(x_BCHW)
        return torch.where(hole_B1HW > 0, smooth_BCHW + lacking_BCHW, x_BCHW)

    def whole(self, pixels_HWC: np.ndarray, hole_HW: np.ndarray) -> np.ndarray:
        """A picture of any size without its holes, uint8; what is known comes out as it is."""
        made_HWC = pixels_HWC.copy()
        if not hole_HW.any():
            return made_HWC
        for crop in crops_about(hole_HW, min(self.fitted.shape[:2])):
            part_HWC, part_HW = made_HWC[crop.rows, crop.columns], hole_HW[crop.rows, crop.columns]
            mine_HW = part_HW & crop.mine_HW
            made_HWC[crop.rows, crop.columns][mine_HW] = self.filled_crop(part_HWC, part_HW, crop)[mine_HW]
        return made_HWC

    def filled_crop(self, pixels_HWC: np.ndarray, hole_HW: np.ndarray, crop: Crop) -> np.ndarray:
        """A part of a picture with its hole filled, uint8; channel by channel where that needs less memory."""
        channels = self.fitted.shape[2]
        x_1CHW = torch.from_numpy(as_channels(pixels_HWC, channels)).permute(2, 0, 1)[None].float() / 127.5 - 1
        hole_1HW = torch.from_numpy(hole_HW)[None]
        smooth_1CHW = torch.cat([quick_fill((one + 1) / 2, hole_1HW) * 2 - 1 for one in x_1CHW.split(1, 1)], 1)
        del x_1CHW
        size = crop.size
        if size == hole_HW.shape:
            made_1CHW = self.fills(smooth_1CHW, hole_1HW).clamp(-1, 1)
        else:
            small_1CHW = F.interpolate(smooth_1CHW, size, mode="area")
            holes_1HW = F.interpolate(hole_1HW[:, None].float(), size, mode="area")[:, 0] > 0.5
            added_1CHW = self.fills(small_1CHW, holes_1HW) - small_1CHW
            for smooth, added in zip(smooth_1CHW.split(1, 1), added_1CHW.split(1, 1), strict=True):
                large = F.interpolate(added, hole_HW.shape, mode="bicubic", align_corners=False)
                smooth.add_(seamless(large, hole_1HW))
            made_1CHW = smooth_1CHW.clamp_(-1, 1)
        made_HWC = ((made_1CHW[0].permute(1, 2, 0) + 1) * 127.5).round().to(torch.uint8).numpy()
        return as_channels(made_HWC, pixels_HWC.shape[2])

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One answer an input: a file like the original's, its hole filled; or what is wrong with it."""
        yield from apart(self.all_answers(inputs, options, parse_boxes(options.box)))

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
            except GuinaError as wrong:
                if not Path(options.mask or "-").is_dir():
                    raise
                yield Answer(name, error=f"{wrong.what}; {wrong.mend}")  # of the others each has a mask of its own
                continue
            made_HWC = self.whole(original.pixels_HWC, hole.where_HW)
            yield handed_over(name, made_HWC, shown(original, hole), [*original.said, *hole.said], lossless=True)

    @staticmethod
    def hole(thing: Any, original: Original, options: InpaintOptions, boxes: tuple[Box, ...]) -> Hole:
        """Where the hole of one input is."""
        mask = Path(options.mask) if options.mask else None
        if mask is not None and isinstance(thing, (str, Path)):
            mask = mask_for(Path(thing), mask)
        size = (original.pixels_HWC.shape[0], original.pixels_HWC.shape[1])
        return hole_of(size, mask, boxes, options.hole_color, original.pixels_HWC, original.alpha_HW)


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


def as_channels(pixels_HWC: np.ndarray, channels: int) -> np.ndarray:
    """Grey or colour; colour becomes grey by its mean, which only a network of grey pictures asks for."""
    if pixels_HWC.shape[2] == channels:
        return np.ascontiguousarray(pixels_HWC)
    if channels == 1:
        return pixels_HWC.mean(2, keepdims=True).round().astype(np.uint8)
    return pixels_HWC.repeat(channels, 2) if pixels_HWC.shape[2] == 1 else pixels_HWC[:, :, :channels]
