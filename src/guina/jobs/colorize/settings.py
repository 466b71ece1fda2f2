"""The settings of the job colorize, and how it can be asked."""

from dataclasses import dataclass
from typing import Literal

from tyro.conf import UseAppendAction

from guina.errors import GuinaError, did_you_mean
from guina.jobs.pictures.settings import PictureSettings
from guina.nets.unet import SIZES


@dataclass(frozen=True)
class ColorizeSettings(PictureSettings):
    """How to learn to colour."""

    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    adversarial: Literal["on", "off"] = "on"
    """colours as classes, and a critic of whether they look real; off: the mean colour, from pixels alone"""
    old: float = 0.25
    """share of the pictures that are made to look old while learning: faded, blurred, grainy, scratched, JPEG"""


@dataclass(frozen=True)
class ColorizeOptions:
    """How to colour."""

    hint: UseAppendAction[tuple[str, ...]] = ()
    """colours you know: x,y,#rrggbb of the picture as it is seen; several: again, or with ; between them"""
    saturation: float = 1.0
    """what all colours are multiplied by; 0 is grey"""


def check_settings(settings: ColorizeSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    for name, known in (("size", ("auto", *SIZES)), ("adversarial", ("on", "off"))):
        if (value := getattr(settings, name)) not in known:
            raise GuinaError(f"there is no {name} {value}", f"one of {', '.join(known)}", did_you_mean(value, known))
    if not 0 <= settings.old <= 1:
        raise GuinaError(f"--old {settings.old:g}", "a share from 0 to 1", "leave it out, or say 0.25")


def check_options(options: ColorizeOptions) -> None:
    """Raise GuinaError where pictures cannot be coloured so."""
    if not 0 <= options.saturation <= 5:
        raise GuinaError(f"--saturation {options.saturation:g}", "0 to 5", "leave it out: 1 is as it was learned")
