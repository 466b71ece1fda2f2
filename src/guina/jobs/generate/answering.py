"""generate's answering half: seeds in, pictures out.

Axes: N pictures, H W pixels, C channels, Z noise.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from guina.answering.answer import Answer, Attachment, Part
from guina.answering.base import Answering, Fitted, Nets, Saved
from guina.data.picture_files import sheet
from guina.data.values import Range
from guina.errors import GuinaError
from guina.jobs.generate.settings import GenerateOptions, GenerateSettings, Recipe, check_options
from guina.nets.generator import Generator, PictureShape
from guina.nets.sampling import between, make, many_noises, noise_of
from guina.runtime import derive

CHUNK = 64  # pictures that are made at a time


@dataclass(frozen=True)
class GenerateFitted(Fitted):
    """What was learned from the training split before the training.

    Args:
        shape: H, W, C that pictures are brought to.
        labels: the classes that training pictures are of, sorted; empty where there is one or none.
        classes: those that can be asked for: the labels, or none.
        counts: training pictures of each class.
        examples: training pictures.
        fingerprint: of the data.
        flip: whether pictures are mirrored.
        range: of the numbers of an array, or of deep files, that it learned from; None: pictures as usual.
    """

    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    examples: int
    fingerprint: str
    flip: bool = False
    range: Range | None = None

    @classmethod
    def restored(cls, saved: Saved) -> "GenerateFitted":
        found = super().restored(saved)
        return replace(found, range=Range(*found.range) if found.range else None)


class GenerateAnswering(Answering):
    """Seeds to pictures."""

    Fitted = GenerateFitted
    Options = GenerateOptions
    players = ("generator",)
    needs_input = False
    recipe: ClassVar[Recipe] = Recipe()
    settings: GenerateSettings
    fitted: GenerateFitted

    @classmethod
    def picture_shape(cls, settings: GenerateSettings, fitted: GenerateFitted) -> PictureShape:
        """What both networks go by."""
        size = "small" if settings.size == "auto" else settings.size
        return PictureShape(*fitted.shape, len(fitted.classes), size)

    @classmethod
    def build(cls, settings: Any, fitted: Any) -> Nets:
        net = Generator(cls.picture_shape(settings, fitted), cls.recipe.generator_activation)
        net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  torch's stubs lack it
        return {"generator": net}

    @property
    def generator(self) -> Generator:
        net = self.nets["generator"]
        assert isinstance(net, Generator), "the job built it"
        return net

    def make(self, z_NZ: Tensor, class_N: Tensor | None) -> np.ndarray:
        """The pictures of some noise, uint8 N×H×W×C."""
        return make(self.generator, z_NZ, class_N)

    def sample(self, n: int) -> np.ndarray:
        """Pictures to be judged, always of the same noise, uint8 n×H×W×C; classes as frequent as in the training."""
        return self.make(many_noises(n), self.drawn_classes(range(n)))

    def drawn_classes(self, seeds: Iterable[int]) -> Tensor | None:
        """The class that each seed draws, as frequent as in the training; None where the networks know none."""
        if not self.fitted.classes:
            return None
        edges = np.cumsum(self.fitted.counts) / sum(self.fitted.counts)
        drawn = np.array([derive(seed, "class") / 2**63 for seed in seeds])
        return torch.from_numpy(np.minimum(np.searchsorted(edges, drawn, side="right"), len(self.fitted.classes) - 1))

    def stream(self, inputs: Iterable[Any], options: Any) -> Iterator[Answer | Part]:
        """One picture a seed; or, with a walk, those on the way from each seed to the next."""
        check_options(options, self.fitted.classes)
        seeds = iter([read_seed(x) for x in inputs] or range(options.seed, options.seed + options.n))
        if options.walk:
            yield from self.walks(list(seeds), options)
            return
        while chunk := list(islice(seeds, CHUNK)):
            classes = self.classes_of(chunk, options)
            pixels_NHWC = self.make(noise_of(chunk) * options.truncation, classes)
            for n, seed in enumerate(chunk):
                yield self.answer(seed, str(seed), [("picture", pixels_NHWC[n])], classes, n)

    def classes_of(self, seeds: Sequence[int], options: GenerateOptions) -> Tensor | None:
        """The class of each seed: the one that is asked for, or the one that the seed draws."""
        if options.of:
            return torch.full((len(seeds),), self.fitted.classes.index(options.of))
        return self.drawn_classes(seeds)

    def walks(self, seeds: list[int], options: GenerateOptions) -> Iterator[Answer]:
        """A strip, and an animation, from each seed to the next."""
        if len(seeds) < 2:
            raise GuinaError("a walk from one seed", "two seeds at least", "name another, or a larger --n")
        z_NZ = noise_of(seeds) * options.truncation
        for a, b, z_a, z_b in zip(seeds, seeds[1:], z_NZ, z_NZ[1:], strict=False):
            path_NZ = between(z_a, z_b, options.walk + 2)
            class_1 = self.classes_of([a], options)
            pixels_NHWC = self.make(path_NZ, None if class_1 is None else class_1.expand(len(path_NZ)))
            shown = [("picture", sheet(pixels_NHWC, len(pixels_NHWC))), ("animation", pixels_NHWC)]
            yield self.answer(f"{a}-{b}", f"{a}-{b}", shown, class_1, 0)

    def answer(
        self, asked: int | str, name: str, shown: Sequence[tuple[Any, np.ndarray]], class_N: Tensor | None, n: int
    ) -> Answer:
        """Pictures, with the class they are of."""
        facts = {"class": self.fitted.classes[int(class_N[n])]} if class_N is not None else {}
        attachments = tuple(Attachment(kind, name, pixels) for kind, pixels in shown)
        return Answer(asked, attachments=attachments, facts=facts)


def read_seed(thing: Any) -> int:
    """A seed from the command line or from Python.

    Raises:
        GuinaError: it is no whole number.
    """
    try:
        return int(thing)
    except (TypeError, ValueError):
        raise GuinaError(f"{thing!r} is no seed", "whole numbers, each a picture", "such as 0 1 2, or --n 16") from None
