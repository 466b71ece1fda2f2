"""Samples of a generator: by seed, by class, truncated, and on the way from one to another.

A seed always gives the same picture, whatever it is made with: noise is drawn from the seed alone, and pictures are
made in chunks of one size, so that the same kernels add up in the same order.

Axes: N B pictures, Z noise, H W pixels, C channels.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from guina.nets.generator import NOISE, Generator

CHUNK = 64


def noise_of(seeds: Sequence[int]) -> Tensor:
    """The noise of some seeds, N×Z."""
    rng = torch.Generator()
    return torch.stack([torch.randn(NOISE, generator=rng.manual_seed(seed)) for seed in seeds])


def many_noises(n: int, seed: int = 0) -> Tensor:
    """Noise N×Z, drawn at once: for scores, which need thousands."""
    return torch.randn(n, NOISE, generator=torch.Generator().manual_seed(seed))


def make(generator: Generator, z_NZ: Tensor, class_N: Tensor | None = None) -> np.ndarray:
    """Pictures, uint8 N×H×W×C."""
    return painted(generator, early(generator, z_NZ, class_N))


def early(generator: Generator, z_NZ: Tensor, class_N: Tensor | None = None) -> Tensor:
    """What the first layer makes of noise and classes, N×F."""
    weight = generator.first.weight
    classes = None if class_N is None else class_N.to(weight.device)
    return generator.early(z_NZ.to(weight), classes)


def painted(generator: Generator, early_NF: Tensor) -> np.ndarray:
    """The pictures that follow from the first layer's answers."""
    found = []
    for part_BF in early_NF.split(CHUNK):
        missing = CHUNK - len(part_BF)
        whole_BF = torch.cat([part_BF, part_BF[-1:].expand(missing, -1)]) if missing else part_BF
        x_BHWC = generator.paint_all(whole_BF)[: len(part_BF)].permute(0, 2, 3, 1)
        found.append(((x_BHWC + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy())
    return np.concatenate(found)


def between(a_Z: Tensor, b_Z: Tensor, pictures: int) -> Tensor:
    """Noise on the great circle from a to b, both included, so that it stays as likely as a and b are (Shoemake 1985).

    Example:
        >>> path = between(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 3)
        >>> [round(float(v), 3) for v in path[1]]
        [0.707, 0.707]
    """
    share = torch.linspace(0, 1, pictures)[:, None]
    cosine = torch.dot(a_Z, b_Z) / (a_Z.norm() * b_Z.norm()).clamp_min(1e-12)
    angle = torch.arccos(cosine.clamp(-1, 1))
    if angle < 1e-4 or angle > np.pi - 1e-4:
        return torch.lerp(a_Z, b_Z, share)
    return (torch.sin((1 - share) * angle) * a_Z + torch.sin(share * angle) * b_Z) / torch.sin(angle)
