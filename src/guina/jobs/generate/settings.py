"""The settings of the job generate, and how it can be asked."""

from dataclasses import dataclass
from typing import Literal

from guina.adversarial import GAMES
from guina.engine.metric import Metric
from guina.errors import GuinaError, did_you_mean

Choice = Literal["auto", "on", "off"]

METRICS = (
    Metric("fd", "less", says="Fréchet distance of house features"),
    Metric("kid", "less", says="kernel distance of house features"),
    Metric("density", "more", says="how many real pictures a made one lies near, about 1 for real ones"),
    Metric("coverage", "more", "share", "real pictures that a made one lies near"),
    Metric("diversity", says="how far made pictures are apart, as a ratio to real ones: 1 is right"),
    Metric("novelty", says="how far they are from training pictures, as a ratio to unseen ones: 1 is right"),
)


@dataclass(frozen=True)
class GenerateSettings:
    """How to learn to make pictures."""

    size: Literal["auto", "tiny", "small", "medium", "large"] = "auto"
    """of both networks; auto takes the largest that the time is enough for"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: what most have, up to 96 where they differ"""
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
    flip: Choice = "auto"
    """mirror pictures left to right; auto does if a mirrored picture still looks like its class"""
    batch: int = 64
    """pictures a step"""
    validation: float = 0.1
    """share of the training pictures to judge by, where there is no validation split"""
    max_bad: float = 0.01
    """share of files that may be unusable; more stop the training (three may always)"""
    path_column: str = ""
    """of a table: the column of paths; of an npz file: the array of pictures; obvious ones are found"""
    label_column: str = ""
    """of a table: the column of labels; of an npz file: their array"""


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
class GenerateAsk:
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
    grid: bool = False
    """one picture of all, instead of a file each"""
    out: str = ""
    """the folder for the files; with --json nothing: the answers hold the pictures, as PNG in base64"""


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


def check_ask(ask: GenerateAsk, classes: list[str]) -> None:
    """Raise GuinaError where pictures cannot be asked for so."""
    if ask.n < 1:
        raise GuinaError(f"--n {ask.n}", "at least one picture", "name seeds, or say --n 16")
    if not 0 <= ask.truncation <= 2:
        raise GuinaError(
            f"--truncation {ask.truncation:g}", "a number from 0 to 2", "leave it out, or say --truncation 0.7"
        )
    if ask.walk < 0:
        raise GuinaError(f"--walk {ask.walk}", "a number of pictures, 0 or more", "leave it out, or say --walk 8")
    if ask.of and not classes:
        raise GuinaError(
            f"--of {ask.of}: this generator knows no classes",
            "a run on class folders",
            "leave --of out, or train with some",
        )
    if ask.of and ask.of not in classes:
        raise GuinaError(
            f"there is no class {ask.of}", f"one of {', '.join(classes[:12])}", did_you_mean(ask.of, classes)
        )
