"""colorize's answering half: pictures in, pictures of the same size in colour out.

The network sees a picture at the scale that it learned at, and says a and b of CIE Lab for every second pixel; these
are enlarged along the picture's own brightness, which stays what it was.

Axes: B pictures, H W pixels, h w pixels at half that scale.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering, Nets
from guina.answering.inputs import apart, named
from guina.blocks.guided import enlarge_guided
from guina.data.lab import to_bytes, to_lab
from guina.data.originals import open_original
from guina.data.values import BadPicture
from guina.errors import GuinaError
from guina.jobs.colorize.fitted import ColorizeFitted
from guina.jobs.colorize.hints import SCALE, Hint, follow_hints, hint_planes, no_hints, parse_hints
from guina.jobs.colorize.settings import ColorizeOptions, ColorizeSettings, check_options
from guina.jobs.pictures.handing import handed_over
from guina.jobs.pictures.settings import together
from guina.nets.unet import Shape, UNet

FLAT = 10.0  # variance of L below which brightness says nothing of where colours end
STRIP = 256  # rows of a large picture that become colours at a time
CHANGED = 10.0  # of a and b: what hints changed by so much has a third of the contrast that other colours have
GREY = 4.0  # of a and b, below which a picture had no colours


class ColorizeAnswering(Answering):
    """Pictures to coloured pictures. Inputs are paths, bytes, open pictures and arrays."""

    Fitted = ColorizeFitted
    Options = ColorizeOptions
    players = ("generator",)
    reads_files = True
    settings: ColorizeSettings
    fitted: ColorizeFitted

    @classmethod
    def shape(cls, settings: ColorizeSettings, fitted: ColorizeFitted) -> Shape:
        """The network's shape: brightness and hints in, classes of colour out, or a and b alone."""
        size = "small" if settings.size == "auto" else settings.size
        outputs = len(fitted.shares) if settings.adversarial == "on" else 2
        return Shape(4, outputs, min(fitted.shape[:2]), size, stride=2)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        return {"generator": UNet(cls.shape(settings, fitted))}

    def says(self, L_BHW: Tensor, hints_B3HW: Tensor) -> Tensor:
        """What the network says of each second pixel: logits of the classes, or a and b."""
        net = self.nets["generator"]
        x_B4HW = torch.cat([L_BHW[:, None] / 50 - 1, hints_B3HW.to(L_BHW)], 1)
        return net(x_B4HW.to(next(net.parameters())).contiguous(memory_format=torch.channels_last)).float()

    def colours(self, L_BHW: Tensor, hints_B3HW: Tensor) -> Tensor:
        """a and b of each second pixel, B×2×h×w, with the contrast that was chosen, and as hinted at."""
        said_B2hw = self.mean_colours(self.says(L_BHW, hints_B3HW))
        free_B2hw, own_B1hw, hinted = said_B2hw, torch.ones(()), bool(hints_B3HW[:, 2].any())
        if hinted:  # what was taken from hints is as loud as it was asked for
            free_B2hw = self.mean_colours(self.says(L_BHW, no_hints(*L_BHW.shape)))
            own_B1hw = (-(said_B2hw - free_B2hw).norm(dim=1, keepdim=True) / CHANGED).exp()
        apart_B2hw = free_B2hw - free_B2hw.mean((2, 3), keepdim=True)
        made_B2hw = said_B2hw + (self.fitted.contrast - 1) * own_B1hw * apart_B2hw
        return follow_hints(made_B2hw, L_BHW, hints_B3HW) if hinted else made_B2hw

    def mean_colours(self, said_BOhw: Tensor) -> Tensor:
        """a and b of what the network says, B×2×h×w."""
        if self.settings.adversarial == "off":
            return said_BOhw * SCALE
        return self.fitted.bins.colours(said_BOhw, self.fitted.temperature)

    def ab(self, L_BHW: Tensor, hints_B3HW: Tensor | None = None) -> Tensor:
        """a and b of pictures at the scale that was learned at, B×2×H×W."""
        hints_B3HW = no_hints(*L_BHW.shape) if hints_B3HW is None else hints_B3HW
        return enlarge_guided(self.colours(L_BHW, hints_B3HW).cpu(), L_BHW.cpu()[:, None], FLAT)

    def painted(self, L_HW: np.ndarray, hints: list[Hint], saturation: float) -> np.ndarray:
        """A picture of any size in colour, uint8 H×W×3, as bright as it was."""
        size = L_HW.shape
        scale = min(1.0, min(self.fitted.shape[:2]) / min(size))
        height, width = (max(1, round(side * scale)) for side in size)
        whole_11HW = torch.from_numpy(L_HW)[None, None]
        small_1HW = whole_11HW[:, 0] if scale == 1 else F.interpolate(whole_11HW, (height, width), mode="area")[:, 0]
        planes = hint_planes(hints, (size[0], size[1]), height, width)
        small_12hw = self.colours(small_1HW, planes).cpu() * saturation
        ab_2HW = enlarge_guided(small_12hw, whole_11HW, FLAT)[0].numpy()
        made = np.empty((*size, 3), np.uint8)
        for top in range(0, size[0], STRIP):
            rows = slice(top, top + STRIP)
            made[rows] = to_bytes(np.concatenate([L_HW[rows, :, None], ab_2HW[:, rows].transpose(1, 2, 0)], 2))
        return made

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One answer an input: a file like the original's, in colour; or what is wrong with it."""
        check_options(options)
        yield from apart(self.all_answers(inputs, parse_hints(together(options.hint)), options.saturation))

    def all_answers(self, inputs: Iterable[Any], hints: list[Hint], saturation: float) -> Iterator[Answer]:
        """The same, before files of pictures that are called alike are named apart."""
        for name, thing in named(inputs, "picture"):
            try:
                original = open_original(thing)
            except BadPicture as bad:
                yield Answer(name, error=str(bad))
                continue
            L_HW, coloured = lightness_of(original.pixels_HWC)
            try:
                made = self.painted(L_HW, hints, saturation)
            except GuinaError as wrong:  # of other pictures it may be right
                yield Answer(name, error=wrong.line)
                continue
            said = [*original.said, *(["its own colours were replaced"] if coloured else [])]
            yield handed_over(name, made, original, said)


def lightness_of(pixels_HWC: np.ndarray) -> tuple[np.ndarray, bool]:
    """L of a picture, float32, and whether it has colours."""
    L_HW, coloured = np.empty(pixels_HWC.shape[:2], np.float32), False
    for top in range(0, len(L_HW), STRIP):
        rows_HWC = pixels_HWC[top : top + STRIP]
        lab_HW3 = to_lab(rows_HWC if rows_HWC.shape[2] == 3 else rows_HWC.repeat(3, 2))
        L_HW[top : top + STRIP] = lab_HW3[..., 0]
        coloured |= bool(np.abs(lab_HW3[..., 1:]).max(initial=0) > GREY)
    return L_HW, coloured
