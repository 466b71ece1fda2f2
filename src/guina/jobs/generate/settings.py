"""The settings of the job generate, and how it can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from guina.adversarial import GAMES
from guina.errors import GuinaError, did_you_mean
from guina.jobs.pictures.settings import Choice, PictureSettings


@dataclass(frozen=True)
class GenerateSettings(PictureSettings):
    """How to learn to make pictures."""

    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of both networks; auto takes the largest that the time is enough for"""
    conditional: Choice = "auto"
    """learn each class, so that one can be asked for; auto does where there are classes"""
    loss: str = "relativistic"
    """relativistic, non-saturating, least-squares, hinge, wasserstein"""
    penalty: float = 0.1
    """share of the critic's loss at which the penalty on its slope holds itself"""
    every: int = 4
    """steps from one penalty to the next"""
    rate: float = 0.02
    """the highest learning rate, of Muon: how far a layer turns in a step"""
    critic_rate: float = 0.0
    """the critic's; 0: the same"""
    augment: Choice = "auto"
    """show the critic changed pictures (DiffAug), so that it learns none by heart; auto: where few are seen often"""
    batch: int = 64
    """pictures a step"""


@dataclass(frozen=True)
class Recipe:
    """What is part of the recipe rather than a setting; the lab swaps it.

    Args:
        critic_activation, generator_activation: see blocks/activations.py.
        critic_optimizer, generator_optimizer: "adamw", "muon", "sgd".
        critic_steps: for each of the generator's.
    """

    critic_activation: str = "leaky_relu"
    generator_activation: str = "leaky_relu"
    critic_optimizer: Literal["adamw", "muon", "sgd"] = "muon"
    generator_optimizer: Literal["adamw", "muon", "sgd"] = "muon"
    critic_steps: int = 1


@dataclass(frozen=True)
class GenerateOptions:
    """Which pictures to make; inputs are seeds."""

    n: int = 16
    """how many, where no seeds are named"""
    seed: int = 0
    """the first of them; the others follow"""
    of: str = ""
    """a class; nothing: each seed draws one"""
    truncation: float = 1.0
    """below 1: nearer to the average picture, safer and more alike"""
    walk: int = 0
    """pictures between one seed and the next: a strip, and an animation"""


def check_settings(settings: GenerateSettings) -> None:
    """Raise GuinaError where a setting has no such value."""
    if settings.loss not in GAMES:
        raise GuinaError(
            f"there is no loss {settings.loss}", f"one of {', '.join(GAMES)}", did_you_mean(settings.loss, GAMES)
        )
    for name, least in (("penalty", 0.0), ("rate", 0.0), ("critic_rate", 0.0), ("every", 1), ("batch", 2)):
        if not getattr(settings, name) >= least:
            raise GuinaError(
                f"--{name.replace('_', '-')} {getattr(settings, name)}",
                f"at least {least:g}",
                "leave it out, or give a larger one",
            )


def check_options(options: GenerateOptions, classes: Sequence[str]) -> None:
    """Raise GuinaError where pictures cannot be asked for so."""
    if options.n < 1:
        raise GuinaError(f"--n {options.n}", "at least one picture", "name seeds, or say --n 16")
    if not 0 <= options.truncation <= 2:
        raise GuinaError(
            f"--truncation {options.truncation:g}", "a number from 0 to 2", "leave it out, or say --truncation 0.7"
        )
    if options.walk < 0:
        raise GuinaError(f"--walk {options.walk}", "a number of pictures, 0 or more", "leave it out, or say --walk 8")
    if options.of and not classes:
        raise GuinaError(
            f"--of {options.of}: this generator knows no classes",
            "a run on class folders",
            "leave --of out, or train with some",
        )
    if options.of and options.of not in classes:
        raise GuinaError(
            f"there is no class {options.of}", f"one of {', '.join(classes[:12])}", did_you_mean(options.of, classes)
        )
