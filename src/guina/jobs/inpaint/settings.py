"""The settings of the job inpaint, and how it can be asked."""

from dataclasses import dataclass
from typing import Literal

from tyro.conf import UseAppendAction

from guina.errors import GuinaError, did_you_mean
from guina.jobs.pictures.settings import PictureSettings
from guina.nets.unet import SIZES

MOST = 3.0  # times as much detail as was learned
HOLES = ("mixed", "thin", "medium", "thick", "centre")


@dataclass(frozen=True)
class InpaintSettings(PictureSettings):
    """How to learn to fill holes."""

    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of the network; auto takes the largest that the time is enough for"""
    holes: Literal["mixed", "thin", "medium", "thick", "centre"] = "mixed"
    """what is learned: strokes and boxes of three sizes, a square in the middle, or all of these"""
    adversarial: Literal["on", "off"] = "on"
    """a critic of whether the fill looks real; off: pixels alone, which are nearer to the truth and blurred"""


@dataclass(frozen=True)
class InpaintOptions:
    """Which part of a picture to fill; without any of these what is transparent is the hole."""

    mask: str = ""
    """a picture of the same size, white where the hole is; or a folder with one for each picture"""
    box: UseAppendAction[tuple[str, ...]] = ()
    """x,y,width,height in pixels; several: again, or with ; between them"""
    hole_color: str = ""
    """what the hole was painted with, such as '#ff00ff'"""
    detail: float = 1.0
    """how much detail that looks real is added to the mean of what may be there; 0 is nearest to it, and blurred, as is
    all that was learned with --adversarial off"""


def check_settings(settings: InpaintSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    allowed = (("size", ("auto", *SIZES)), ("holes", HOLES), ("adversarial", ("on", "off")))
    for name, known in allowed:
        if (value := getattr(settings, name)) not in known:
            raise GuinaError(f"there is no {name} {value}", f"one of {', '.join(known)}", did_you_mean(value, known))


def check_options(options: InpaintOptions) -> None:
    """Raise GuinaError where holes cannot be filled so."""
    if not 0 <= options.detail <= MOST:
        raise GuinaError(f"--detail {options.detail:g}", f"0 to {MOST:g}", "leave it out: 1 is as it was learned")
