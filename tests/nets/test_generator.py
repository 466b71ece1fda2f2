"""Generator, critic, sampling and directions: shapes, seeds, and what holds the penalty, said in other ways."""

import math

import numpy as np
import pytest
import torch

from guina.errors import GuinaError
from guina.nets.critic import Critic
from guina.nets.directions import principal, sefa
from guina.nets.generator import NOISE, Generator, PictureShape
from guina.nets.multilayer import bend_within, multilayer, widths_of
from guina.nets.sampling import between, make, noise_of

SHAPES = [(8, 8, 1), (28, 28, 1), (33, 20, 3), (96, 128, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
def test_pictures_of_any_side_are_made_and_judged(shape, classes) -> None:
    torch.manual_seed(0)
    picture = PictureShape(*shape, classes=classes, size="tiny")
    generator, critic = Generator(picture), Critic(picture)
    classes_2 = torch.tensor([0, classes - 1]) if classes else None
    x = generator(torch.randn(2, NOISE), classes_2)
    assert x.shape == (2, shape[2], shape[0], shape[1])
    assert x.abs().max() <= 1
    answer = critic(x, classes_2)
    assert answer.shape == (2,)
    answer.sum().backward()
    assert all(w.grad is not None for net in (generator, critic) for w in net.parameters())


def test_a_class_counts_through_its_product_with_the_features() -> None:
    torch.manual_seed(0)
    critic = Critic(PictureShape(16, 16, 1, classes=4, size="tiny"))
    x = torch.randn(1, 1, 16, 16)
    features = critic.features(x)[0]
    for k in range(4):
        expected = critic.answer(features) + (critic.label.weight[k] * features).mean()
        assert critic(x, torch.tensor([k])).item() == pytest.approx(expected.item(), abs=1e-5)


def test_a_seed_gives_one_picture_whatever_it_is_made_with() -> None:
    torch.manual_seed(0)
    generator = Generator(PictureShape(28, 28, 1, size="tiny")).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        many = make(generator, noise_of(range(100)))
        assert np.array_equal(many[70:71], make(generator, noise_of([70])))
        assert np.array_equal(many[[3, 99]], make(generator, noise_of([3, 99])))
    assert len(np.unique(many.reshape(100, -1), axis=0)) == 100


def test_a_walk_is_on_the_great_circle() -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    for n, z in enumerate(between(a, b, 7)):
        angle = n / 6 * math.pi / 2
        assert z.tolist() == pytest.approx([2 * math.cos(angle), 2 * math.sin(angle)], abs=1e-6)
    same = between(a, a, 3)
    assert torch.equal(same, torch.stack([a, a, a]))


def test_sefa_finds_what_the_first_layer_enlarges_most() -> None:
    torch.manual_seed(0)
    generator = Generator(PictureShape(8, 8, 1, size="tiny"))
    found = sefa(generator, 5)
    sizes = (generator.first.weight @ found.T).norm(dim=0).detach()
    expected = torch.linalg.svdvals(generator.first.weight.detach())[:5]
    assert sizes.tolist() == pytest.approx(expected.tolist(), rel=1e-4)
    tried = torch.nn.functional.normalize(torch.randn(2000, NOISE), dim=1)
    assert (generator.first.weight @ tried.T).norm(dim=0).max() < sizes[0]


def test_principal_directions_are_those_of_another_library() -> None:
    from sklearn.decomposition import PCA

    x = torch.randn(300, 10, generator=torch.Generator().manual_seed(0)) * torch.arange(1.0, 11)
    rows, sizes = principal(x, 3)
    pca = PCA(3).fit(x.numpy())
    assert sizes.numpy() == pytest.approx(np.sqrt(pca.explained_variance_), rel=1e-4)
    assert np.abs((rows.numpy() * pca.components_).sum(1)) == pytest.approx(np.ones(3), rel=1e-4)


def test_the_penaltys_weight_rises_above_its_share_and_falls_below_it() -> None:
    critic = Critic(PictureShape(8, 8, 1, size="tiny"))
    critic.loss_mean.fill_(0.5)
    before = critic.log_gamma.item()
    gamma = critic.hold(torch.tensor(1.0), share=0.1)  # γ · 1 is ten times .1 · .5 and more
    assert gamma.item() == pytest.approx(math.exp(before))
    assert critic.log_gamma.item() > before
    above = critic.log_gamma.item()
    critic.hold(torch.tensor(1e-4), share=0.1)
    assert critic.log_gamma.item() < above


def test_the_weight_settles_where_the_share_is_what_was_asked_for() -> None:
    """A critic w·x on data at distance d with a slope penalty, whose best answer is known."""
    critic = Critic(PictureShape(8, 8, 1, size="tiny"))
    d, w = 3.0, 0.1
    share = loss = 0.0
    for _ in range(4000):
        gamma = math.exp(critic.log_gamma.item())
        for _ in range(5):  # gradient steps on softplus(−w d) + γ w²
            w -= 0.02 * (-d / (1 + math.exp(w * d)) + 2 * gamma * w) / (1 + gamma)
        loss = math.log1p(math.exp(-w * d))
        critic.saw_loss(torch.tensor(loss))
        share = gamma * w**2 / loss
        critic.hold(torch.tensor(w**2), share=0.1)
    assert share == pytest.approx(0.1, rel=0.1)


def test_layers_of_ones_own_choice() -> None:
    torch.manual_seed(0)
    net = multilayer(3, [5, 4], 2, "relu-tanh")
    x = torch.randn(6, 3)
    first, second, answer = net.layer1[0], net.layer2[0], net.answer
    hidden = torch.tanh(torch.relu(x @ first.weight.T + first.bias) @ second.weight.T + second.bias)
    assert torch.allclose(net(x), hidden @ answer.weight.T + answer.bias, atol=1e-6)


@pytest.mark.parametrize("kind", ["dense", "batch_norm", "spectral_norm", "residual", "minibatch", "dense-minibatch"])
@pytest.mark.parametrize("activation", ["relu", "maxout", "softplus"])
def test_every_kind_of_layer_learns(kind: str, activation: str) -> None:
    torch.manual_seed(0)
    net = multilayer(2, [8, 8], 1, activation, kind)
    x = torch.randn(64, 2)
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    losses = []
    for _ in range(60):
        loss = ((net(x)[:, 0] - x[:, 0] * x[:, 1]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_a_spectral_norm_is_one() -> None:
    torch.manual_seed(0)
    net = multilayer(4, [16], 1, "relu", "spectral_norm")
    for _ in range(50):
        net(torch.randn(8, 4))
    assert torch.linalg.svdvals(net.layer1[0].weight)[0].item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("text", ["", "8-x", "0", "8--8", "9999"])
def test_widths_that_are_none(text: str) -> None:
    with pytest.raises(GuinaError, match="layers"):
        widths_of(text)


def test_a_kind_that_there_is_not() -> None:
    with pytest.raises(GuinaError, match="kind of layer"):
        multilayer(2, [8], 1, "relu", "dens")


@pytest.mark.parametrize("kind", ["dense", "residual", "spectral_norm", "batch_norm", "minibatch"])
@pytest.mark.parametrize("activation", ["relu", "maxout"])
def test_units_bend_all_over_the_range_that_is_named(kind: str, activation: str) -> None:
    torch.manual_seed(0)
    net = multilayer(1, [256], 1, activation, kind)
    bend_within(net, torch.tensor([3.0]), torch.tensor([5.0]))
    dense = next(module for module in net.modules() if hasattr(module, "bias") and module.weight.ndim == 2)
    bends = torch.sort(-dense.bias / dense.weight[:, 0]).values.detach().numpy()
    assert bends[0] == pytest.approx(2.8, abs=0.1)
    assert bends[-1] == pytest.approx(5.2, abs=0.1)
    expected = np.linspace(2.8, 5.2, len(bends))
    assert np.abs(bends - expected).max() < 0.25  # evenly
