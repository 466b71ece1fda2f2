"""The input layer against numpy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from guina.data.preprocess import EPS, MODES, PATCH, fit, restore, zca
from guina.errors import GuinaError


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return torch.from_numpy((load_digits().images * 15).astype(np.uint8))[:, :, :, None]


def photos(n: int = 40, side: int = 40, channels: int = 3) -> torch.Tensor:
    """Smooth random pictures, as photographs are."""
    noise = torch.randn(n, channels, side + 8, side + 8, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.avg_pool2d(noise, 9, stride=1)
    return (smooth * 300 + 128).clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous()


def test_each_channel_by_itself():
    pixels = photos()
    values = pixels.numpy().astype(np.float64)
    mean, std = values.mean((0, 1, 2)), values.std((0, 1, 2))
    low, high = values.min((0, 1, 2)), values.max((0, 1, 2))
    expected = {
        "standardize": (values - mean) / std,
        "center": (values - mean) / 127.5,
        "minmax": (values - low) / (high - low) * 2 - 1,
    }
    for mode, x_NHWC in expected.items():
        x = fit(pixels, mode)(pixels)
        np.testing.assert_allclose(x.permute(0, 2, 3, 1).numpy(), x_NHWC, atol=2e-4)


@pytest.mark.parametrize("components", [5.0, 0.9])
def test_pca_is_scikit_learns_projection_and_back(digits, components):
    x = fit(digits, "standardize")(digits).flatten(1).numpy()
    pca = PCA(int(components) if components > 1 else components, svd_solver="full").fit(x)
    made = fit(digits, "pca", components)
    assert made.basis_PD is not None
    assert len(made.basis_PD) == pca.n_components_
    expected = pca.inverse_transform(pca.transform(x))
    np.testing.assert_allclose(made(digits).flatten(1).numpy(), expected, atol=1e-3)


def test_whitened_pictures_have_unit_covariance_up_to_epsilon(digits):
    pixels = digits + (torch.rand(digits.shape, generator=torch.Generator().manual_seed(1)) * 10).byte()
    plain = fit(pixels, "standardize")(pixels).flatten(1).double()
    x = fit(pixels, "whiten")(pixels).flatten(1).double()
    values, vectors = torch.linalg.eigh(plain.T.cov())
    expected = (vectors * (values / (values + EPS * values.mean()))) @ vectors.T
    torch.testing.assert_close(x.T.cov(), expected, atol=1e-3, rtol=0)
    # ZCA stays as near to the picture as whitening can: every whitened pixel goes with its own pixel
    assert all(
        torch.corrcoef(torch.stack([plain[:, d], x[:, d]]))[0, 1] > 0 for d in range(64) if plain[:, d].std() > 0.1
    )


def test_whitening_from_few_pictures_is_that_of_the_whole_covariance():
    x_ND = torch.randn(20, 60, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x_ND -= x_ND.mean(0)
    values, vectors = torch.linalg.eigh(x_ND.T.cov())
    expected = (vectors * (values.clamp_min(0) + EPS * values.clamp_min(0).mean()).rsqrt()) @ vectors.T
    torch.testing.assert_close(zca(x_ND.float()).double(), expected, atol=1e-3, rtol=1e-3)


def test_patches_of_larger_pictures_are_whitened_in_place():
    pixels = photos()
    made = fit(pixels, "whiten")
    assert made.filters is not None
    assert made.filters.shape == (3, 3, PATCH, PATCH)
    plain, x = fit(pixels, "standardize")(pixels), made(pixels)
    assert x.shape == plain.shape

    def neighbours(t):  # correlation of pixels with their right neighbours
        return float(torch.corrcoef(torch.stack([t[..., :-1].flatten(), t[..., 1:].flatten()]))[0, 1])

    assert neighbours(plain) > 0.8
    assert abs(neighbours(x)) < 0.5 * neighbours(plain)


@pytest.mark.parametrize("mode", MODES)
def test_restored_it_gives_the_same_numbers(mode):
    pixels = photos(side=24)
    made = fit(pixels, mode)
    again = restore(mode, made.tensors())
    assert torch.equal(made(pixels), again(pixels))
    assert made.says().startswith(mode)


def test_no_components_are_refused(digits):
    with pytest.raises(GuinaError, match="--components 0"):
        fit(digits, "pca", 0.0)


def test_flat_pictures_are_no_division_by_zero():
    flat = torch.full((10, 8, 8, 1), 7, dtype=torch.uint8)
    for mode in MODES:
        assert fit(flat, mode)(flat).isfinite().all()
