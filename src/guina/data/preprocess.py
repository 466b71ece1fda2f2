"""The input layer: what is done to pixels before the first layer, fitted to the training split alone.

    standardize   each channel centred and divided by its standard deviation
    center        each channel centred, in units of half the range of a byte
    minmax        each channel's range in the training split brought to −1 … 1
    pca           only the strongest principal components of whole pictures are kept, back in picture space
    whiten        decorrelated: ZCA of whole pictures of up to 32 pixels a side, of patches above (Krizhevsky 2009,
                  https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf, appendix A)

Axes: B N pictures, H W pixels, C channels, D = H·W·C values of a picture, P components.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guina.errors import GuinaError

Mode = Literal["standardize", "center", "minmax", "pca", "whiten"]
MODES: tuple[Mode, ...] = ("standardize", "center", "minmax", "pca", "whiten")
WHOLE = 32  # pixels a side up to which whole pictures are whitened
PATCH = 9  # pixels a side of the patches that larger pictures are whitened by
EPS = (
    0.1  # of the mean eigenvalue: what whitening adds before it divides (Coates et al. 2011), so that noise stays small
)
MOST = 2000  # pictures that principal components are computed from


@dataclass(frozen=True)
class Preprocess:
    """Pictures as bytes to what the network takes.

    Args:
        mode: see the head of this file.
        shift_C, scale_C: x ← (x − shift) · scale, in all modes.
        mean_D, basis_PD: pca: x ← mean + (x − mean) basisᵀ basis; whiten up to 32 pixels: x ← (x − mean) basis (P = D).
        filters: whiten above 32 pixels: C×C×K×K.

    Example:
        >>> pictures = torch.randint(0, 256, (50, 8, 8, 1), dtype=torch.uint8)
        >>> x_BCHW = fit(pictures, "standardize")(pictures)
        >>> x_BCHW.shape, round(float(x_BCHW.std()), 2)
        (torch.Size([50, 1, 8, 8]), 1.0)
    """

    mode: Mode
    shift_C: Tensor
    scale_C: Tensor
    mean_D: Tensor | None = None
    basis_PD: Tensor | None = None
    filters: Tensor | None = None

    @property
    def everywhere(self) -> bool:
        """Whether it does the same at every place, so that a picture may be moved first."""
        return self.basis_PD is None

    def __call__(self, pixels_BHWC: Tensor) -> Tensor:
        """uint8 B×H×W×C → float B×C×H×W, channels last in memory."""
        x_BHWC = (pixels_BHWC.float() - self.shift_C) * self.scale_C
        if self.basis_PD is not None and self.mean_D is not None:
            flat_BD = x_BHWC.flatten(1) - self.mean_D
            if self.mode == "pca":
                x_BHWC = ((flat_BD @ self.basis_PD.T) @ self.basis_PD + self.mean_D).view_as(x_BHWC)
            else:
                x_BHWC = (flat_BD @ self.basis_PD).view_as(x_BHWC)
        x_BCHW = x_BHWC.permute(0, 3, 1, 2)
        if self.filters is not None:
            border = self.filters.size(-1) // 2
            x_BCHW = F.conv2d(F.pad(x_BCHW, (border,) * 4, mode="reflect"), self.filters)
        return x_BCHW

    def tensors(self) -> dict[str, Tensor]:
        """What `restore` needs besides the mode."""
        named = {name: getattr(self, name) for name in ("shift_C", "scale_C", "mean_D", "basis_PD", "filters")}
        return {name: value for name, value in named.items() if value is not None}

    def says(self) -> str:
        """What it does, in a line.

        Example:
            >>> fit(torch.randint(0, 256, (50, 8, 8, 1), dtype=torch.uint8), "pca", components=10).says()
            'pca: 10 of 64 components'
        """
        if self.mode == "pca" and self.basis_PD is not None:
            return f"pca: {len(self.basis_PD)} of {self.basis_PD.size(1)} components"
        if self.mode == "whiten":
            return f"whiten: {'whole pictures' if self.filters is None else f'{PATCH}×{PATCH} patches'}"
        return self.mode


def restore(mode: Any, tensors: dict[str, Tensor]) -> Preprocess:
    """What `Preprocess.tensors` gave, in use again."""
    return Preprocess(mode, **{name: tensors[name] for name in Preprocess.__dataclass_fields__ if name in tensors})


def fit(pixels_NHWC: Tensor, mode: Mode, components: float = 0.99) -> Preprocess:
    """Learn from training pictures.

    Args:
        pixels_NHWC: uint8; a few thousand are enough.
        components: pca: how many, or, below 1, the share of the variance that they keep.

    Raises:
        GuinaError: the components are no such number.
    """
    flat_MC = pixels_NHWC.flatten(0, 2).float()
    ones_C = torch.ones(flat_MC.size(1))
    if mode == "center":
        return Preprocess(mode, flat_MC.mean(0), ones_C / 127.5)
    if mode == "minmax":
        low_C, high_C = flat_MC.amin(0), flat_MC.amax(0)
        return Preprocess(mode, (low_C + high_C) / 2, 2 / (high_C - low_C).clamp_min(1.0))
    plain = Preprocess("standardize", flat_MC.mean(0), 1 / flat_MC.std(0).clamp_min(1.0))
    if mode == "standardize":
        return plain
    height, width = pixels_NHWC.shape[1:3]
    if mode == "whiten" and max(height, width) > WHOLE:
        filters = zca_filters(plain(pixels_NHWC[:MOST]))
        return Preprocess(mode, plain.shift_C, plain.scale_C, filters=filters)
    flat_ND = plain(pixels_NHWC if mode == "whiten" else pixels_NHWC[:MOST]).permute(0, 2, 3, 1).flatten(1)
    mean_D = flat_ND.mean(0)
    centred_ND = flat_ND - mean_D
    basis_PD = zca(centred_ND) if mode == "whiten" else principal(centred_ND, components)
    return Preprocess(mode, plain.shift_C, plain.scale_C, mean_D, basis_PD)


def principal(centred_ND: Tensor, components: float) -> Tensor:
    """The strongest principal directions, P×D orthonormal rows, of centred examples.

    Raises:
        GuinaError: the number is not above 0.
    """
    if components <= 0:
        raise GuinaError(
            f"--components {components:g}",
            "a number above 0",
            "name how many, or below 1 the share of the variance that they keep",
        )
    x_ND = centred_ND.double()
    wide = len(x_ND) < x_ND.size(1)  # both products have the same eigenvalues: take the smaller one
    values, vectors = torch.linalg.eigh(x_ND @ x_ND.T if wide else x_ND.T @ x_ND)
    values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
    kept = int((values > 1e-12 * values[0]).sum())
    rows_PD = (vectors[:, :kept] / values[:kept].sqrt()).T @ x_ND if wide else vectors[:, :kept].T
    if components < 1:
        share = values.cumsum(0) / values.sum()
        wanted = int((share < components).sum()) + 1
    else:
        wanted = int(components)
    return rows_PD[: max(1, min(wanted, kept))].float().contiguous()


def zca(centred_ND: Tensor) -> Tensor:
    """The symmetric matrix that decorrelates: (covariance + ε)^(−1/2), D×D."""
    N, D = centred_ND.shape
    if N < D / 2:  # across the N directions that there are examples of; all others are of one size
        values_N, vectors_NN = torch.linalg.eigh((centred_ND @ centred_ND.T).double() / max(1, N - 1))
        extra = EPS * (values_N.clamp_min(0).sum() / D).clamp_min(1e-12)
        seen = values_N > 1e-6 * values_N[-1].clamp_min(1e-12)
        rows_PD = (vectors_NN[:, seen] / ((N - 1) * values_N[seen]).sqrt()).T @ centred_ND.double()
        across_DD = (rows_PD.T * ((values_N[seen] + extra).rsqrt() - extra.rsqrt())) @ rows_PD
        return (across_DD + torch.eye(D, dtype=torch.float64) * extra.rsqrt()).float().contiguous()
    covariance_DD = (centred_ND.T @ centred_ND).double() / max(1, len(centred_ND) - 1)
    values_D, vectors_DD = torch.linalg.eigh(covariance_DD)
    scale_D = (values_D.clamp_min(0) + EPS * values_D.mean().clamp_min(1e-12)).rsqrt()
    return ((vectors_DD * scale_D) @ vectors_DD.T).float().contiguous()


def zca_filters(x_NCHW: Tensor) -> Tensor:
    """The rows of patch whitening that belong to the middle pixel: a convolution that decorrelates, C×C×K×K."""
    channels = x_NCHW.size(1)
    some = x_NCHW[:: max(1, len(x_NCHW) // 200)]
    patches_BDM = F.unfold(some, PATCH, stride=PATCH // 2)
    flat_ND = patches_BDM.transpose(1, 2).flatten(0, 1)
    matrix_DD = zca(flat_ND - flat_ND.mean(0))
    middle = torch.arange(channels) * PATCH**2 + PATCH**2 // 2
    return matrix_DD[middle].view(channels, channels, PATCH, PATCH).contiguous()
