"""Directions that matter: ways to move noise that change pictures most, found without a label; or from examples.

SeFa (Shen & Zhou 2020, https://arxiv.org/abs/2007.06600): what the first layer enlarges most, in closed form. GANSpace
(Härkönen et al. 2020, https://arxiv.org/abs/2004.02546): the principal components of its answers. InterFaceGAN (Shen et
al. 2020, https://arxiv.org/abs/1907.10786): what tells the noise of pictures with something from that of others.

Axes: N M examples, Z noise, F features of the first layer, D directions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from guina.nets.generator import NOISE, Generator
from guina.nets.sampling import early

NEWTON = 30  # steps at most; a handful are enough


@dataclass(frozen=True)
class Direction:
    """A way to move pictures.

    Args:
        name: such as "sefa 2".
        step: one standard deviation along it: of the noise, Z, or of the first layer's answers, F.
        of_answers: whether it is the latter.
    """

    name: str
    step: Tensor
    of_answers: bool = False

    def moved(self, generator: Generator, z_NZ: Tensor, class_N: Tensor | None, by_N: Tensor) -> Tensor:
        """What the first layer makes of noise that was moved so many standard deviations, N×F."""
        shift = by_N[:, None].to(z_NZ) * self.step.to(z_NZ)
        if not self.of_answers:
            return early(generator, z_NZ + shift, class_N)
        early_NF = early(generator, z_NZ, class_N)
        return early_NF + shift.to(early_NF)


def by_weights(generator: Generator, most: int) -> list[Direction]:
    """Directions of the noise: SeFa's."""
    return [Direction(f"sefa {d}", step_Z) for d, step_Z in enumerate(sefa(generator, most), 1)]


def by_answers(generator: Generator, z_NZ: Tensor, class_N: Tensor | None, most: int) -> list[Direction]:
    """Directions of the first layer's answers to some noise: GANSpace's."""
    rows_DF, sizes_D = principal(early(generator, z_NZ, class_N).detach().cpu(), most)
    steps = enumerate(rows_DF * sizes_D[:, None], 1)
    return [Direction(f"pca {d}", step_F, of_answers=True) for d, step_F in steps]


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


def telling(with_NZ: Tensor, without_MZ: Tensor, ridge: float = 1.0) -> tuple[Tensor, float]:
    """What tells two kinds of examples apart: the unit direction towards the first, Z, and the boundary along it.

    Logistic regression with a penalty of ridge/2 · ‖w‖², by Newton's method.

    Example:
        >>> a, b = torch.tensor([[2.0, 0.1], [3.0, -0.1]]), torch.tensor([[-1.0, 0.1], [-2.0, -0.1]])
        >>> direction_Z, boundary = telling(a, b)
        >>> [round(abs(float(v)), 2) for v in direction_Z], round(boundary, 1)
        ([1.0, 0.0], 0.5)
    """
    z_NZ = torch.cat([with_NZ, without_MZ]).detach().cpu().double()
    x_NY = torch.cat([z_NZ, torch.ones(len(z_NZ), 1, dtype=torch.float64)], 1)
    y_N = torch.zeros(len(z_NZ), dtype=torch.float64)
    y_N[: len(with_NZ)] = 1
    penalty_Y = torch.full((x_NY.size(1),), ridge, dtype=torch.float64)
    penalty_Y[-1] = 1e-9  # the boundary may lie anywhere
    w_Y = torch.zeros_like(penalty_Y)
    for _ in range(NEWTON):
        p_N = torch.sigmoid(x_NY @ w_Y)
        slope_Y = x_NY.T @ (p_N - y_N) + penalty_Y * w_Y
        bend_YY = (x_NY * (p_N * (1 - p_N))[:, None]).T @ x_NY + torch.diag(penalty_Y)
        step_Y = torch.linalg.solve(bend_YY, slope_Y)
        w_Y = w_Y - step_Y
        if float(step_Y.abs().max()) < 1e-9:
            break
    size = w_Y[:-1].norm().clamp_min(1e-12)
    return (w_Y[:-1] / size).float(), float(-w_Y[-1] / size)
