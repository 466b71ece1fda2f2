"""The objective, against the papers' formulas written out and against finite differences."""

import math

import pytest
import torch

from guina.adversarial import GAMES, flat_slope, unit_slope

REAL, FAKE = 0.7, -0.4


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


BY_HAND = {
    "non-saturating": (-math.log(sigmoid(REAL)) - math.log(1 - sigmoid(FAKE)), -math.log(sigmoid(FAKE))),
    "least-squares": ((REAL - 1) ** 2 + FAKE**2, (FAKE - 1) ** 2),
    "hinge": (max(0, 1 - REAL) + max(0, 1 + FAKE), -FAKE),
    "wasserstein": (FAKE - REAL, -FAKE),
    "relativistic": (-math.log(sigmoid(REAL - FAKE)), -math.log(sigmoid(FAKE - REAL))),
}


@pytest.mark.parametrize("name", GAMES)
def test_losses_are_those_of_the_papers(name: str) -> None:
    real, fake = torch.tensor([REAL], dtype=torch.float64), torch.tensor([FAKE], dtype=torch.float64)
    critic, generator = BY_HAND[name]
    assert GAMES[name].critic(real, fake).item() == pytest.approx(critic)
    assert GAMES[name].generator(real, fake).item() == pytest.approx(generator)


@pytest.mark.parametrize("name", GAMES)
def test_the_critic_wants_reals_up_and_the_generator_fakes_up(name: str) -> None:
    real, fake = (torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in (0.2, 0.1))
    by_real, by_fake = torch.autograd.grad(GAMES[name].critic(real, fake).sum(), (real, fake))
    (up,) = torch.autograd.grad(GAMES[name].generator(real, fake).sum(), (fake,))
    assert by_real < 0
    assert by_fake > 0
    assert up < 0


def one_each(x: torch.Tensor) -> torch.Tensor:
    return x[:, 0] ** 3 + x[:, 0] * x[:, 1] + torch.sin(x[:, 1])


def squared(x: float, y: float) -> float:
    return (3 * x**2 + y) ** 2 + (x + math.cos(y)) ** 2


def test_flat_slope_is_half_the_squared_gradient_of_each_example() -> None:
    points = torch.tensor([[0.3, -1.0], [1.5, 0.4]], dtype=torch.float64)
    expected = [squared(x, y) / 2 for x, y in points.tolist()]
    assert flat_slope(one_each, points).tolist() == pytest.approx(expected)


def test_unit_slope_is_asked_between_real_and_made() -> None:
    real, fake = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([[3.0, 0.0]], dtype=torch.float64)
    share = torch.tensor([0.25], dtype=torch.float64)
    expected = (math.sqrt(squared(2.5, 0.5)) - 1) ** 2
    assert unit_slope(one_each, real, fake, share).item() == pytest.approx(expected)


def test_the_penalties_gradient_reaches_the_weights_as_finite_differences_say() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
    x = torch.randn(4, 2, dtype=torch.float64)

    def penalty() -> torch.Tensor:
        return flat_slope(lambda x: net(x).squeeze(1), x).sum()

    weight = net[0].weight
    (gradient,) = torch.autograd.grad(penalty(), (weight,))
    for i, j in ((0, 0), (3, 1)):
        weight.data[i, j] += 1e-6
        up = penalty().item()
        weight.data[i, j] -= 2e-6
        down = penalty().item()
        weight.data[i, j] += 1e-6
        assert gradient[i, j].item() == pytest.approx((up - down) / 2e-6, rel=1e-5)
