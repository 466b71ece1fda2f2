"""Whitening against numpy: whitened patches are uncorrelated and of variance 1."""

import numpy as np
import pytest
import torch

from guina.blocks.conv import Window
from guina.blocks.whitening import Whitening, patch_statistics, patch_whitening
from guina.errors import GuinaError


def smooth_pictures(count: int, channels: int, side: int, border: int = 0, seed: int = 0) -> torch.Tensor:
    """Pictures whose neighbouring pixels and channels resemble each other, as photographs' do."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, channels, side, side))
    noise = noise + np.roll(noise, 1, 2) + np.roll(noise, 1, 3) + 2 * noise.mean(1, keepdims=True)
    if border:
        noise[:, :, :border] = noise[:, :, -border:] = noise[..., :border] = noise[..., -border:] = -0.4
    return torch.from_numpy(noise).float()


def patches(pictures: torch.Tensor, kernel: int, stride: int) -> np.ndarray:
    """All patches as rows, by numpy."""
    view = np.lib.stride_tricks.sliding_window_view(pictures.double().numpy(), (kernel, kernel), axis=(2, 3))
    view = view[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return view.reshape(-1, pictures.shape[1] * kernel**2)


@pytest.mark.parametrize(("channels", "kernel", "stride"), [(1, 4, 2), (2, 3, 1), (3, 4, 2), (4, 2, 1)])
def test_whitened_patches_have_identity_covariance(channels: int, kernel: int, stride: int):
    pictures = smooth_pictures(60, channels, 15)
    filters, mean = patch_whitening(pictures, kernel, stride, eps=0.0)
    white = (patches(pictures, kernel, stride) - mean.flatten().numpy()) @ filters.flatten(1).numpy().T
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(np.cov(white.T, bias=True), np.eye(channels * kernel**2), atol=1e-6)


def test_the_strongest_components_are_kept_and_faint_ones_are_damped():
    pictures = smooth_pictures(60, 3, 16)
    rows = patches(pictures, 4, 2)
    values = np.linalg.eigvalsh(np.cov(rows.T, bias=True))[::-1]
    filters, _ = patch_whitening(pictures, 4, 2, components=5, eps=0.1)
    variance = ((rows - rows.mean(0)) @ filters.flatten(1).numpy().T).var(0)
    np.testing.assert_allclose(variance, values[:5] / (values[:5] + 0.1 * values.mean()), rtol=1e-6)


def test_chunks_give_what_the_whole_gives():
    pictures = smooth_pictures(50, 1, 12)
    whole = patch_statistics(pictures, 3)
    torch.testing.assert_close(patch_statistics(iter(pictures.split(7)), 3), whole)
    np.testing.assert_allclose(whole[1].numpy(), np.cov(patches(pictures, 3, 1).T, bias=True), atol=1e-9)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_layer_whitens_and_has_both_signs(stride: int):
    pictures = smooth_pictures(80, 2, 13, border=3)
    layer = Whitening(2, 16, Window(2, stride))
    layer.fit(pictures)
    out = layer(pictures).permute(0, 2, 3, 1).flatten(0, 2).detach().double().numpy()
    np.testing.assert_allclose(out[:, :8], -out[:, 8:], atol=1e-4)
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-4)
    covariance = np.cov(out[:, :8].T, bias=True)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-3)
    assert (covariance.diagonal() > 0.9).all()
    assert (covariance.diagonal() < 1.001).all()


def test_filters_are_frozen_and_part_of_the_state():
    layer = Whitening(1, 18, Window(3))
    layer.fit(smooth_pictures(20, 1, 8))
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    other = Whitening(1, 18, Window(3))
    other.load_state_dict(layer.state_dict())
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(layer(x), other(x))


def test_an_even_selection_of_a_large_sample_is_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("guina.blocks.whitening.ENOUGH", 1000)
    layer, some = Whitening(1, 18, Window(3)), Whitening(1, 18, Window(3))
    pictures = smooth_pictures(100, 1, 12)  # 100 patches each: every tenth picture is enough
    layer.fit(pictures)
    some.fit(pictures[::10])
    assert torch.equal(layer.filters, some.filters)


def test_pictures_with_wide_empty_borders_give_filters_of_ordinary_size():
    pictures = smooth_pictures(200, 1, 28, border=11)
    filters, _ = patch_whitening(pictures, 4, 2)
    assert filters.isfinite().all()
    white = patches(pictures, 4, 2) @ filters.flatten(1).numpy().T
    assert white.std(0).min() > 0.9


def test_grey_pictures_stored_as_colour_leave_no_filter_without_a_signal():
    grey = smooth_pictures(60, 1, 12).expand(-1, 3, -1, -1)
    filters, mean = patch_whitening(grey, 2)
    white = (patches(grey, 2, 1) - mean.flatten().numpy()) @ filters.flatten(1).numpy().T
    np.testing.assert_allclose(white.var(0), 1, atol=0.01)
    assert torch.equal(filters[:4], filters[4:8])


def test_signs_do_not_depend_on_the_solver():
    filters, _ = patch_whitening(smooth_pictures(60, 1, 12), 3)
    flat = filters.flatten(1)
    assert (flat.gather(1, flat.abs().argmax(1, keepdim=True)) > 0).all()


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_pictures_of_one_colour_say_so(value: float):
    with pytest.raises(GuinaError, match="all of one colour"):
        patch_whitening(torch.full((10, 1, 8, 8), value), 3)
