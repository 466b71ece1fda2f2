"""Looking inside: maps, Grad-CAM, exciting patches and changed answers against plain loops and finite differences."""

import numpy as np
import pytest
import torch

from guina.nets.convnet import ConvNet, architecture
from guina.nets.insight import changed, exciting, grad_cam, moved, rescaled, shifted, stages, with_pooling


@pytest.fixture
def net() -> ConvNet:
    torch.manual_seed(0)
    net = ConvNet(architecture("tiny", (16, 16, 1), 3, "silu", "max")).double()
    with torch.no_grad():
        for _ in range(3):  # running statistics of something
            net.train()(torch.randn(32, 1, 16, 16, dtype=torch.double))
        net.head.weight.normal_()  # a fresh head answers alike
    return net.eval()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(12, 1, 16, 16, dtype=torch.double, generator=torch.Generator().manual_seed(1))


def test_the_last_stage_is_what_the_head_gets(net, x):
    found = stages(net, x)
    assert [stage.name for stage in found][:2] == ["first", "conv1"]
    torch.testing.assert_close(net.head(net.pool(found[-1].maps_NFhw)), net(x))


def test_a_place_sees_its_field_and_nothing_else(net, x):
    """The gradient of one place of one map to the picture lies within the field that is drawn around it."""
    for stage in stages(net, x)[:3]:
        field = stage.field
        row, column = (n // 2 for n in stage.maps_NFhw.shape[2:])
        moved = x.clone().requires_grad_()
        maps = next(s for s in stages(net, moved) if s.name == stage.name).maps_NFhw
        (gradient,) = torch.autograd.grad(maps[:, :, row, column].sum(), moved)
        rows, columns = np.nonzero(gradient.abs().sum((0, 1)).numpy() > 1e-12)
        for seen, place in ((rows, row), (columns, column)):
            start = field.start + place * field.jump
            assert start <= seen.min()
            assert seen.max() < start + field.size


def test_grad_cam_is_its_equation(net, x):
    """With α by finite differences of the class's logit."""
    maps = stages(net, x)[-1].maps_NFhw
    target = torch.arange(len(x)) % 3
    heat = grad_cam(net, x, target)
    assert heat.shape == (12, 16, 16)
    for n in (0, 5):
        alpha = []
        for f in range(maps.size(1)):
            total = 0.0
            for place in np.ndindex(*maps.shape[2:]):
                sides = []
                for step in (1e-5, -1e-5):
                    moved = maps[n : n + 1].clone()
                    moved[0, f][place] += step
                    sides.append(net.head(net.pool(moved))[0, target[n]].item())
                total += (sides[0] - sides[1]) / 2e-5
            alpha.append(total / maps[0, 0].numel())
        expected = sum(a * maps[n, f] for f, a in enumerate(alpha)).clamp_min(0)
        wide = torch.nn.functional.interpolate(expected[None, None], (16, 16), mode="bilinear")[0, 0]
        torch.testing.assert_close(heat[n], (wide / wide.max().clamp_min(1e-9)).double(), rtol=1e-4, atol=1e-5)


def test_exciting_patches_are_where_the_largest_values_are(net, x):
    found = exciting(net, x, most=4, chunk=5)
    for stage in stages(net, x):
        maps = stage.maps_NFhw.detach().numpy()
        for f in (0, maps.shape[1] - 1):
            order = sorted(range(len(x)), key=lambda n: -maps[n, f].max())[:4]
            assert [patch.picture for patch in found[stage.name][f]] == order
            for patch in found[stage.name][f]:
                row, column = np.unravel_index(maps[patch.picture, f].argmax(), maps.shape[2:])
                assert patch.top == stage.field.start + row * stage.field.jump
                assert patch.left == stage.field.start + column * stage.field.jump


@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, 0), (-1, 3), (0, -4)])
def test_shifted_is_a_plain_loop(x, down, right):
    moved = shifted(x, down, right)
    for i, j in np.ndindex(16, 16):
        assert moved[3, 0, i, j] == x[3, 0, min(15, max(0, i - down)), min(15, max(0, j - right))]


def test_rescaled_about_the_middle():
    ramp = torch.linspace(-1, 1, 9).expand(1, 1, 9, 9)
    torch.testing.assert_close(rescaled(ramp, 1.0), ramp)
    torch.testing.assert_close(rescaled(ramp, 2.0), ramp / 2)  # a ramp enlarged is a gentler ramp
    torch.testing.assert_close(rescaled(ramp, 0.5), (ramp * 2).clamp(-1, 1))


def test_changed_counts_answers(x):
    def sign(some: torch.Tensor) -> torch.Tensor:
        total = some.sum((1, 2, 3))
        return torch.stack([total, -total], 1)

    flips = torch.tensor([1.0, -1.0] * 6)[:, None, None, None]
    assert changed(sign, x, [lambda some: some * flips, lambda some: some]) == [0.5, 0.0]


def test_pictures_are_moved_in_turns(x):
    expected = [shifted(x[n : n + 1], *[(2, 0), (-2, 0), (0, 2), (0, -2)][n % 4]) for n in range(len(x))]
    assert torch.equal(moved(x, 2), torch.cat(expected))


def test_another_pooling_keeps_what_was_learned(net, x):
    other = with_pooling(net.float(), "average", x.float())
    assert set(other.architecture.poolings) <= {"average", "none"}
    for (name, a), (_, b) in zip(net.named_parameters(), other.named_parameters(), strict=True):
        assert torch.equal(a, b), name
    assert not torch.allclose(net(x.float()), other(x.float()))
