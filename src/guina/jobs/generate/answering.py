"""Seeds in, pictures out: what the job generate is asked with and answers with."""

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from guina.data.picture_files import save_animation, save_picture, sheet
from guina.engine.job import Answer
from guina.engine.turns import Nets
from guina.errors import GuinaError
from guina.jobs.generate.settings import GenerateAsk, check_ask
from guina.nets.generator import Generator
from guina.nets.sampling import between, make, noise_of

if TYPE_CHECKING:
    from guina.jobs.generate.learning import Generate

CHUNK = 64  # pictures that are made at a time


def answers_to(job: "Generate", nets: Nets, inputs: Iterable[Any], ask: GenerateAsk) -> Iterator[Answer]:
    """One picture a seed; or, with a walk, those on the way from each seed to the next."""
    check_ask(ask, job.classes)
    seeds = iter([read_seed(x) for x in inputs] or range(ask.seed, ask.seed + ask.n))
    if ask.walk:
        yield from walks(job, nets, list(seeds), ask)
        return
    while chunk := list(islice(seeds, CHUNK)):
        classes = classes_of(job, chunk, ask)
        pixels = make_with(nets, noise_of(chunk) * ask.truncation, classes)
        for n, seed in enumerate(chunk):
            facts = {"input": seed} | ({"class": job.classes[int(classes[n])]} if classes is not None else {})
            yield facts | as_file(pixels[n], Path(ask.out) / f"{seed}.png" if ask.out and not ask.grid else None)


def classes_of(job: "Generate", seeds: Sequence[int], ask: GenerateAsk) -> Tensor | None:
    """The class of each seed: the one that is asked for, or the one that the seed draws."""
    return torch.full((len(seeds),), job.classes.index(ask.of)) if ask.of else job.drawn_classes(seeds)


def walks(job: "Generate", nets: Nets, seeds: list[int], ask: GenerateAsk) -> Iterator[Answer]:
    """A strip, and an animation, from each seed to the next."""
    if len(seeds) < 2:
        raise GuinaError("a walk from one seed", "two seeds at least", "name another, or a larger --n")
    z_NZ = noise_of(seeds) * ask.truncation
    for a, b, z_a, z_b in zip(seeds, seeds[1:], z_NZ, z_NZ[1:], strict=False):
        path_NZ = between(z_a, z_b, ask.walk + 2)
        classes = classes_of(job, [a], ask)
        pixels = make_with(nets, path_NZ, None if classes is None else classes.expand(len(path_NZ)))
        answer: Answer = {"input": f"{a}-{b}"}
        if classes is not None:
            answer["class"] = job.classes[int(classes[0])]
        out = Path(ask.out) if ask.out else None
        answer |= as_file(sheet(pixels, len(pixels)), out and out / f"{a}-{b}.png")
        if out is not None:
            answer["animation"] = str(save_animation(pixels, out / f"{a}-{b}.gif"))
        yield answer


def told(job: "Generate", nets: Nets, inputs: Iterable[Any], ask: GenerateAsk) -> Iterator[str]:
    """Files, and where they are."""
    folder = Path(ask.out or "samples")
    answers = list(answers_to(job, nets, inputs, replace(ask, out=str(folder))))
    if ask.grid and not ask.walk:
        first, last = answers[0]["input"], answers[-1]["input"]
        pixels = np.stack([from_png(answer["png"]) for answer in answers])
        path = save_picture(sheet(pixels, int(np.ceil(len(pixels) ** 0.5))), folder / f"{first}-{last}.png")
        yield f"{path}: seeds {first} to {last}, row by row\n"
        return
    for answer in answers:
        files = [answer["file"], *([answer["animation"]] if "animation" in answer else [])]
        yield f"{answer['input']}: {' and '.join(files)}{'  ' + answer['class'] if 'class' in answer else ''}\n"


def make_with(nets: Nets, z_NZ: Tensor, classes: Tensor | None) -> np.ndarray:
    """The pictures of some noise, uint8 N×H×W×C."""
    generator = nets["generator"]
    assert isinstance(generator, Generator), "the job built it"
    return make(generator, z_NZ, classes)


def read_seed(thing: Any) -> int:
    """A seed from the command line or from Python.

    Raises:
        GuinaError: it is no whole number.
    """
    try:
        return int(thing)
    except (TypeError, ValueError):
        raise GuinaError(f"{thing!r} is no seed", "whole numbers, each a picture", "such as 0 1 2, or --n 16") from None


def as_file(pixels_HWC: np.ndarray, path: Path | None) -> Answer:
    """A picture's hash, and its file, or without one the PNG itself in base64."""
    facts = {"sha256": hashlib.sha256(pixels_HWC.tobytes()).hexdigest()}
    if path is not None:
        return facts | {"file": str(save_picture(pixels_HWC, path))}
    file = io.BytesIO()
    save_picture(pixels_HWC, file)
    return facts | {"png": base64.b64encode(file.getvalue()).decode()}


def from_png(text: str) -> np.ndarray:
    """The picture that `as_file` gave as text, H×W×C."""
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
    return picture[:, :, None] if picture.ndim == 2 else picture
