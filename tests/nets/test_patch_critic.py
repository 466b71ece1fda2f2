"""The critic of patches against plain loops, what a patch sees, and its slope by finite differences."""

import doctest

import numpy as np
import pytest
import torch

from guina.adversarial import flat_slope
from guina.blocks.conv import slide
from guina.nets import patch_critic
from guina.nets.critic import GAMMA
from guina.nets.generator import SLOPE
from guina.nets.patch_critic import LEAST, WIDTHS, PatchCritic


def lively(channels: int, side: int, size: str = "tiny") -> PatchCritic:
    torch.manual_seed(0)
    return PatchCritic(channels, side, size).double()


def conv(x_IHW: np.ndarray, layer: torch.nn.Module, stride: int) -> np.ndarray:
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    found = [sum(slide(x, w, stride, 1) for x, w in zip(x_IHW, of, strict=True)) for of in weight]
    return np.stack(found) + bias[:, None, None]


def by_loops(critic: PatchCritic, x_IHW: np.ndarray) -> list[np.ndarray]:
    """The features of each layer, and the answers."""
    found = []
    for layer in critic.layers:
        x_IHW = conv(x_IHW, layer, 2)
        x_IHW = np.where(x_IHW > 0, x_IHW, SLOPE * x_IHW)
        found.append(x_IHW)
    return [*found, conv(x_IHW, critic.answer, 1)]


@pytest.mark.parametrize(("side", "size"), [(8, (8, 8)), (16, (16, 16)), (16, (17, 23)), (32, (33, 32))])
def test_features_and_answers_are_those_of_the_loops(side: int, size: tuple[int, int]) -> None:
    critic = lively(3, side)
    x, given = torch.randn(2, 2, *size, dtype=torch.float64), torch.randn(2, 1, *size, dtype=torch.float64)
    features, answers = critic.features(x, given), critic(x, given)
    for b in range(2):
        *expected, said = by_loops(critic, torch.cat([x, given], 1)[b].numpy())
        assert len(expected) == len(features)
        for ours, theirs in zip(features, expected, strict=True):
            np.testing.assert_allclose(ours[b].detach().numpy(), theirs, atol=1e-10)
        np.testing.assert_allclose(answers[b].detach().numpy(), said.ravel(), atol=1e-10)
    torch.testing.assert_close(critic.answer(features[-1]).flatten(1), answers)


@pytest.mark.parametrize("size", WIDTHS)
def test_some_patches_a_side_are_left(size: str) -> None:
    for side in (8, 9, 15, 16, 24, 32, 48, 64, 128):
        critic = PatchCritic(4, side, size)
        patches = critic(torch.zeros(1, 3, side, side), torch.zeros(1, 1, side, side)).shape[1]
        assert patches >= LEAST**2 or len(critic.layers) == 1
        assert [len(layer.weight) for layer in critic.layers] == list(WIDTHS[size][: len(critic.layers)])


def test_a_patch_sees_its_surroundings_and_no_more() -> None:
    critic = lively(2, 64)
    x, given = torch.randn(1, 1, 64, 64, dtype=torch.float64), torch.randn(1, 1, 64, 64, dtype=torch.float64)
    before = critic(x, given).view(8, 8)
    x[:, :, :8, :8] += 1
    changed = critic(x, given).view(8, 8) != before
    assert changed[0, 0]
    assert not changed[4:].any()
    assert not changed[:, 4:].any()


def test_what_is_given_counts() -> None:
    critic = lively(4, 16)
    x = torch.randn(3, 3, 16, 16, dtype=torch.float64)
    one, two = (critic(x, torch.full((3, 1, 16, 16), value, dtype=torch.float64)) for value in (0.0, 1.0))
    assert (one != two).all()


def test_slopes_and_gradients_are_those_of_finite_differences() -> None:
    """Of the answers by a pixel; and of the penalty on that slope by a weight, which is a slope of a slope."""
    critic = lively(2, 8)
    x, given = torch.randn(1, 1, 8, 8, dtype=torch.float64), torch.randn(1, 1, 8, 8, dtype=torch.float64)

    def answer(x_B: torch.Tensor) -> torch.Tensor:
        return critic(x_B, given).mean(1)

    def difference(function, values: torch.Tensor, place: int, step: float = 1e-6) -> float:
        where, ends = np.unravel_index(place, values.shape), []
        for side in (1, -1):
            values.detach()[where] += side * step
            ends.append(function().item())
            values.detach()[where] -= side * step
        return (ends[0] - ends[1]) / (2 * step)

    slope = [difference(lambda: answer(x).sum(), x, place) for place in range(64)]
    penalty = flat_slope(answer, x)
    assert penalty.item() == pytest.approx(0.5 * np.square(slope).sum(), rel=1e-5)
    penalty.sum().backward()
    for weight in (critic.layers[0].weight, critic.answer.weight):
        for place in (0, 7, weight.numel() - 1):
            expected = difference(lambda: flat_slope(answer, x).sum(), weight, place)
            assert weight.grad.flatten()[place].item() == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_it_holds_the_penalty_at_a_share_of_its_loss() -> None:
    critic = PatchCritic(2, 16, "tiny")
    assert {name for name, _ in critic.named_buffers()} == {"log_gamma", "loss_mean"}
    assert critic.log_gamma.exp().item() == pytest.approx(GAMMA)
    for _ in range(200):
        critic.saw_loss(torch.tensor(0.5))
    weight = GAMMA
    for _ in range(400):  # a slope as one that a weight holds back is: the smaller the larger that is
        slope = 0.4 / weight**2
        weight = critic.hold(torch.tensor(slope), 0.1).item()
    assert weight * slope == pytest.approx(0.1 * 0.5, rel=0.05)


def test_examples() -> None:
    assert doctest.testmod(patch_critic) == (0, 1)
