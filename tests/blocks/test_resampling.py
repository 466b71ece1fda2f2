"""Enlarging, and what the critic is shown, against plain loops."""

import numpy as np
import pytest
import torch

from guina.blocks import diffaug
from guina.blocks.minibatch import MinibatchDiscrimination
from guina.blocks.resampling import Enlarge


def test_enlarge_paints_patches_that_add_up() -> None:
    torch.manual_seed(0)
    layer = Enlarge(3, 2).double()
    x = torch.randn(1, 3, 4, 5, dtype=torch.float64)
    expected = np.zeros((2, 8, 10))
    weight = layer.weight.detach().numpy()
    for c in range(3):
        for i in range(4):
            for j in range(5):
                for u in range(4):
                    for v in range(4):
                        y, z = 2 * i + u - 1, 2 * j + v - 1
                        if 0 <= y < 8 and 0 <= z < 10:
                            expected[:, y, z] += weight[c, :, u, v] * x[0, c, i, j].item()
    assert np.allclose(layer(x)[0].detach().numpy(), expected)


def test_enlarge_keeps_the_variance_through_a_relu() -> None:
    torch.manual_seed(0)
    x = torch.relu(torch.randn(8, 64, 16, 16))
    y = torch.relu(Enlarge(64, 64)(x)).detach()
    assert 0.7 < float((y**2).mean() / (x**2).mean()) < 1.4


def test_minibatch_discrimination_compares_every_pair() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(4).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    m = (x @ layer.kernels).detach().view(5, layer.features, layer.dimension)
    for b in range(5):
        for k in range(layer.features):
            others = [float(torch.exp(-(m[b, k] - m[c, k]).abs().sum())) for c in range(5) if c != b]
            assert layer(x)[b, 4 + k].item() == pytest.approx(np.mean(others))


@pytest.mark.parametrize("channels", [1, 3])
def test_changed_pictures_pass_gradients_and_come_from_the_generator_alone(channels: int) -> None:
    x = torch.randn(6, channels, 12, 10, dtype=torch.float64, requires_grad=True)
    one, two = (diffaug.diff_augment(x, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, diffaug.diff_augment(x, torch.Generator().manual_seed(4)))
    assert torch.autograd.gradcheck(
        lambda x: diffaug.diff_augment(x, torch.Generator().manual_seed(3)), (x[:2, :, :4, :4],)
    )


def test_a_move_is_a_move() -> None:
    x = torch.arange(1.0, 65).view(1, 1, 8, 8)
    seen = set()
    for seed in range(40):
        y = diffaug.move(x, torch.Generator().manual_seed(seed))[0, 0]
        (by,) = [
            (d, r)
            for d in (-1, 0, 1)
            for r in (-1, 0, 1)
            if all(
                y[i, j] == (x[0, 0, i + d, j + r] if 0 <= i + d < 8 and 0 <= j + r < 8 else 0)
                for i in range(8)
                for j in range(8)
            )
        ]
        seen.add(by)
    assert len(seen) == 9


def test_a_cut_leaves_a_square_out() -> None:
    for seed in range(10):
        y = diffaug.cut(torch.ones(1, 1, 16, 16), torch.Generator().manual_seed(seed))[0, 0]
        rows, columns = (y == 0).any(1).nonzero().flatten(), (y == 0).any(0).nonzero().flatten()
        assert (y[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 0).all()
        assert max(len(rows), len(columns)) <= 8


def test_grey_pictures_stay_grey_and_saturation_keeps_greyness() -> None:
    x = torch.rand(4, 1, 6, 6).expand(4, 3, 6, 6)
    y = diffaug.colour(x, torch.Generator().manual_seed(0))
    assert torch.allclose(y[:, 0], y[:, 1], atol=1e-6)
