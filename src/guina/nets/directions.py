"""Directions that matter: ways to move noise that change pictures most, found without a label.

SeFa (Shen & Zhou 2020, https://arxiv.org/abs/2007.06600): what the first layer enlarges most, in closed form. GANSpace
(Härkönen et al. 2020, https://arxiv.org/abs/2004.02546): the principal components of its answers.

Axes: N examples, Z noise, F features of the first layer, D directions.
"""

import torch
from torch import Tensor

from guina.nets.generator import NOISE, Generator


def sefa(generator: Generator, most: int) -> Tensor:
    """Unit directions of the noise that the first layer enlarges most, D×Z: eigenvectors of WᵀW, the largest first."""
    weight_FZ = generator.first.weight.detach()[:, :NOISE].cpu().double()
    values_Z, vectors_ZZ = torch.linalg.eigh(weight_FZ.T @ weight_FZ)
    return oriented(vectors_ZZ[:, values_Z.argsort(descending=True)[:most]].T).float()


def principal(early_NF: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Unit principal directions of the first layer's answers, D×F, and the standard deviation along each, D."""
    centred_NF = (early_NF - early_NF.mean(0)).double()
    _, sizes, rows_DF = torch.linalg.svd(centred_NF, full_matrices=False)
    return oriented(rows_DF[:most]).float(), (sizes[:most] / max(1, len(early_NF) - 1) ** 0.5).float()


def oriented(rows_DZ: Tensor) -> Tensor:
    """Each direction with the sign that makes its largest part positive: the same on every machine."""
    largest_D1 = rows_DZ.gather(1, rows_DZ.abs().argmax(1, keepdim=True))
    return rows_DZ * largest_D1.sign()
