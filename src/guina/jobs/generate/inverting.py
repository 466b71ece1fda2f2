"""Pictures to the noise that a generator would make them of, and how well that works for pictures it never saw.

The encoder, and how well unseen pictures come back, are worked out once for each generator and kept in the cache.

Axes: N pictures, K classes, T classes tried, Z noise, H W pixels, C channels, F features.
"""

import copy
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina.bundle import load_tensors, save_tensors
from guina.data.cache import cached
from guina.engine.features import Features
from guina.engine.judge import digest_of
from guina.engine.loop import learn
from guina.engine.turns import Learner
from guina.nets.generator import NOISE, Generator, PictureShape
from guina.nets.inversion import FEATURES, PRIOR, Encoder, Mismatch
from guina.nets.sampling import make, many_noises
from guina.runtime import derive

FORMAT = "inversion-1"  # change it when what is learned, or how it is inverted, changes
LESSONS, BATCH = 800, 64  # steps of the encoder, fewer for large pictures; pictures a step
FEWEST = 200  # steps of it at least
TRIED, SHORT = 3, 40  # classes that are tried where none is named, the likeliest ones, and steps of each
RATE = 0.05  # of the noise, in standard deviations a step, at first
TOGETHER = 64  # pictures that are inverted at once
MEASURED = 256  # made pictures that differences are measured by
HELD_OUT = 64  # unseen pictures that are inverted to know what is usual
USUAL = 95  # percent of them come back at least so well


@dataclass(frozen=True)
class Inverted:
    """What pictures would be made of.

    Args:
        z_NZ: their noise.
        class_N: the class that each was made as; None where the generator knows none.
        made_NHWC: what comes back, uint8.
        error_N: its mean squared error, in shades of 255.
    """

    z_NZ: Tensor
    class_N: Tensor | None
    made_NHWC: np.ndarray
    error_N: np.ndarray


class Inverter:
    """Inverts pictures for one generator.

    Args:
        generator: it is copied, and stays as it is.
        features: by which pictures are compared, beside their pixels.
        say: is told what takes its time now.
    """

    def __init__(self, generator: Generator, features: Features, say: Callable[[str], None]) -> None:
        self.generator = frozen(generator)
        weight = self.generator.first.weight
        net: Any = frozen(features.net).to(weight)  # prepared pictures are twice as wide as made ones
        self.like = weight.detach()
        self.key = key_of({"generator": self.generator, "features": net})
        self.encoder = frozen(learned_encoder(self.generator, say))
        with torch.no_grad():
            some_NCHW = self.generator(many_noises(MEASURED, 1).to(weight), some_classes(self.generator, MEASURED))
            self.mismatch = Mismatch(lambda x_NCHW: net.features(2 * x_NCHW), some_NCHW)

    def __call__(self, pixels_NHWC: np.ndarray, class_N: Tensor | None, steps: int) -> Inverted:
        """The noise of some pictures, uint8.

        Args:
            class_N: what they are of; None: the class as which each comes back best, where the generator knows any.
            steps: of Adam, after the encoder's guess.
        """
        found: list[tuple[Tensor, Tensor | None]] = []
        for at in range(0, len(pixels_NHWC), TOGETHER):
            chosen = None if class_N is None else class_N[at : at + TOGETHER]
            found.append(self.some(pixels_NHWC[at : at + TOGETHER], chosen, steps))
        z_NZ = torch.cat([z for z, _ in found])
        known = [k for _, k in found if k is not None]
        classes = torch.cat(known) if known else None
        with torch.no_grad():
            made_NHWC = make(self.generator, z_NZ, classes)
        apart_NHWC = made_NHWC.astype(np.float32) - pixels_NHWC
        return Inverted(z_NZ, classes, made_NHWC, np.square(apart_NHWC).mean((1, 2, 3)))

    def some(self, pixels_NHWC: np.ndarray, class_N: Tensor | None, steps: int) -> tuple[Tensor, Tensor | None]:
        """The noise and the classes of a few pictures."""
        x_NCHW = (torch.from_numpy(pixels_NHWC).permute(0, 3, 1, 2).float() / 127.5 - 1).to(self.like)
        with torch.no_grad():
            wanted = x_NCHW, self.mismatch.features(x_NCHW)
        if self.generator.label is not None and class_N is None:
            z_NZ, class_N = self.by_class(wanted, min(SHORT, steps))
        else:
            class_N = None if class_N is None else class_N.to(self.like.device)
            z_NZ = self.encoder(x_NCHW, class_N)
        return self.moved(z_NZ, class_N, wanted, steps), class_N

    def by_class(self, wanted: tuple[Tensor, Tensor], steps: int) -> tuple[Tensor, Tensor]:
        """The noise of a few pictures, each as the class as which it comes back best after some steps."""
        assert self.generator.label is not None, "it knows classes"
        n, classes = len(wanted[0]), self.generator.label.num_embeddings
        with torch.no_grad():
            each = [self.as_class(k, wanted) for k in range(classes)]
        likely_NT = torch.stack(each, 1).topk(min(TRIED, classes), largest=False).indices
        tried = likely_NT.size(1)
        many = wanted[0].repeat_interleave(tried, 0), wanted[1].repeat_interleave(tried, 0)
        class_M = likely_NT.flatten()
        z_MZ = self.moved(self.encoder(many[0], class_M), class_M, many, steps)
        with torch.no_grad():
            best_N = self.mismatch(self.generator(z_MZ, class_M), *many, z_MZ).view(n, tried).argmin(1)
        at_N = torch.arange(n, device=best_N.device) * tried + best_N
        return z_MZ[at_N], class_M[at_N]

    def as_class(self, k: int, wanted: tuple[Tensor, Tensor]) -> Tensor:
        """The mismatch of the encoder's guesses, if all were of one class, N."""
        class_N = torch.full((len(wanted[0]),), k, device=self.like.device)
        z_NZ = self.encoder(wanted[0], class_N)
        return self.mismatch(self.generator(z_NZ, class_N), *wanted, z_NZ)

    def moved(self, z_NZ: Tensor, class_N: Tensor | None, wanted: tuple[Tensor, Tensor], steps: int) -> Tensor:
        """The noise after so many steps down the mismatch, ever smaller ones."""
        z_NZ = z_NZ.detach().clone().requires_grad_()

        def losses() -> Iterator[Tensor]:
            for _ in range(steps):
                yield self.mismatch(self.generator(z_NZ, class_N), *wanted, z_NZ).sum()

        for _ in learn({"z": z_NZ}, Learner("adamw", RATE, betas=(0.9, 0.999)), losses(), lambda n: 1 - n / steps):
            pass
        return z_NZ.detach()

    def usual(self, held_out: Callable[[], np.ndarray], fingerprint: str, steps: int) -> np.ndarray:
        """The errors of unseen pictures, kept in the cache.

        Args:
            held_out: reads them, uint8 N×H×W×C.
            fingerprint: of the data that they are of.
        """

        def fill(folder: Path) -> dict[str, Any]:
            return {"errors": self(held_out(), None, steps).error_N.astype(float).tolist()}

        facts = repr((self.key, fingerprint, steps, TRIED, SHORT, RATE, HELD_OUT, FEATURES, PRIOR))
        key = hashlib.blake2b(facts.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
        return np.array(cached(key, fill)[1]["errors"])


def frozen(net: Any) -> Any:
    """A copy of a network that answers and never learns."""
    return copy.deepcopy(net).requires_grad_(False).eval()


def some_classes(generator: Generator, n: int) -> Tensor | None:
    """Classes in turns; None where the generator knows none."""
    if generator.label is None:
        return None
    return torch.arange(n, device=generator.first.weight.device) % generator.label.num_embeddings


def key_of(nets: dict[str, Any]) -> str:
    """A hash of networks, and of how an encoder is learned from them."""
    facts = (FORMAT, torch.__version__, LESSONS, FEWEST, BATCH)
    return hashlib.blake2b(repr(facts).encode() + digest_of(nets), digest_size=16).hexdigest()


def lessons(shape: PictureShape) -> int:
    """Steps of the encoder: as many as `LESSONS` for 32×32 pixels, fewer for larger ones, which take longer."""
    return int(np.clip(LESSONS * 1024 / (shape.height * shape.width), FEWEST, LESSONS))


def learned_encoder(generator: Generator, say: Callable[[str], None]) -> Encoder:
    """The encoder of a generator, from the cache if it was learned before."""
    weight = generator.first.weight
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(0, "encoder"))
        encoder = Encoder(generator.shape).to(weight)

        def fill(folder: Path) -> dict[str, Any]:
            say("learning to guess the noise of pictures, once for this generator")
            train(encoder, generator)
            (folder / "encoder.safetensors").write_bytes(save_tensors(dict(encoder.state_dict())))
            return {}

        folder, _ = cached(key_of({"generator": generator}), fill)
    encoder.load_state_dict(load_tensors((folder / "encoder.safetensors").read_bytes(), "encoder"))
    return encoder


def train(encoder: Encoder, generator: Generator) -> None:
    """So many steps on pictures that the generator makes, whose noise is known; always the same ones."""
    rng, steps = torch.Generator().manual_seed(derive(0, "lessons")), lessons(generator.shape)
    like = generator.first.weight

    def losses() -> Iterator[Tensor]:
        for _ in range(steps):
            z_BZ = torch.randn(BATCH, NOISE, generator=rng).to(like)
            classes = generator.shape.classes
            class_B = torch.randint(classes, (BATCH,), generator=rng).to(like.device) if classes else None
            with torch.no_grad():
                x_BCHW = generator(z_BZ, class_B)
            yield (encoder(x_BCHW, class_B) - z_BZ).square().mean()

    weights = dict(encoder.named_parameters())
    for _ in learn(weights, Learner("adamw", 2e-3, betas=(0.9, 0.99)), losses(), lambda n: 1 - n / steps):
        pass
