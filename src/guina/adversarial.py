"""The adversarial game: what a critic D and a generator G minimise, and what keeps the critic's slope in bounds.

D gives a number for each example x, real or made (G(z)). Losses are sums over the batch of what stands here.

Axes: B examples.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Answers = Callable[[Tensor], Tensor]  # a critic: examples to one number each


class Game(NamedTuple):
    """Both players' losses, each of D(x) and D(G(z)): B and B → B."""

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]


GAMES = {
    # σ(D) is the probability of being real; G's log(1 − σ) saturates and is turned (Goodfellow et al. 2014, 1406.2661)
    "non-saturating": Game(lambda real, fake: softplus(-real) + softplus(fake), lambda real, fake: softplus(-fake)),
    # Mao et al. 2016, arXiv 1611.04076
    "least-squares": Game(lambda real, fake: (real - 1) ** 2 + fake**2, lambda real, fake: (fake - 1) ** 2),
    # Lim & Ye 2017, arXiv 1705.02894
    "hinge": Game(lambda real, fake: relu(1 - real) + relu(1 + fake), lambda real, fake: -fake),
    # D is a distance's slope (Arjovsky et al. 2017, arXiv 1701.07875); with `unit_slope`, WGAN-GP
    "wasserstein": Game(lambda real, fake: fake - real, lambda real, fake: -fake),
    # a made example is judged against a real one (Jolicoeur-Martineau 2018, arXiv 1807.00734); with `flat_slope` on
    # both it converges (Huang et al. 2024, R3GAN, arXiv 2501.05441)
    "relativistic": Game(lambda real, fake: softplus(fake - real), lambda real, fake: softplus(real - fake)),
}


def flat_slope(critic: Answers, x_B: Tensor) -> Tensor:
    """½‖∇D(x)‖²: R1 on real examples, R2 on made ones (Mescheder et al. 2018, arXiv 1801.04406). B× … → B."""
    return squared_slope(critic, x_B) / 2


def unit_slope(critic: Answers, real_B: Tensor, fake_B: Tensor, share_B: Tensor) -> Tensor:
    """(‖∇D‖ − 1)² between real and made examples (Gulrajani et al. 2017, arXiv 1704.00028). B× … → B.

    Args:
        share_B: of the real example in each mixture, from 0 to 1.
    """
    share = share_B.view(-1, *[1] * (real_B.ndim - 1))
    return (squared_slope(critic, share * real_B + (1 - share) * fake_B).clamp_min(1e-12).sqrt() - 1) ** 2


def squared_slope(critic: Answers, x_B: Tensor) -> Tensor:
    """‖∇D(x)‖² of each example, itself differentiable."""
    x_B = x_B.detach().requires_grad_()
    (slope_B,) = torch.autograd.grad(critic(x_B).sum(), x_B, create_graph=True)
    return slope_B.flatten(1).square().sum(1)
