"""A first layer that is computed, not learned: it whitens the patches of the training pictures.

Neighbouring pixels are nearly equal, so gradient descent on raw pixels first learns the mean brightness and takes long
to see an edge. Let Σ = E Λ Eᵀ be the covariance of the K×K patches. The filters W = (Λ + ε)^−½ Eᵀ give outputs that are
uncorrelated and of variance 1: every direction is learned at the same pace. Each filter comes with its negative, so
that an activation which cuts off below zero loses nothing. After airbench (Jordan 2024,
https://arxiv.org/abs/2404.00498), which has it from tysam-code's hlb-CIFAR10; here the patches are centred, and the
layer's bias, which is learned, starts at what centres them.

Axes: N pictures, C channels, H W pixels, K the patch's side, D = C·K·K, P components (filters without their negatives).
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guina.blocks.conv import Window, output_size
from guina.errors import GuinaError

EPS = 5e-4  # ε as a fraction of the mean eigenvalue: faint directions are mostly noise, and not blown up to full size
FLAT = 1e-12  # a variance below this fraction of the squared mean is a rounding error
RANK = 1e-6  # eigenvalues below this fraction of the largest are rounding errors
CHUNK = 1 << 22  # values of patches held at a time
ENOUGH = 1 << 16  # patches that a covariance is estimated from: some hundred for each of its rows


class Whitening(nn.Module):
    """Convolution with frozen filters ±W and a learned bias; `fit` computes W.

    Args:
        channels: C of the pictures.
        width: the number of filters, even; W keeps the width/2 strongest components, at most C·K·K.
        window: kernel, stride and padding.

    Shapes: B×C×H×W → B×width×h×w.

    Example:
        >>> layer = Whitening(1, 32, Window(4, stride=2, padding=1))
        >>> layer.fit(torch.randn(64, 1, 28, 28))
        >>> layer(torch.randn(8, 1, 28, 28)).shape
        torch.Size([8, 32, 14, 14])
    """

    filters: Tensor

    def __init__(self, channels: int, width: int, window: Window) -> None:
        super().__init__()
        assert width % 2 == 0
        assert width <= 2 * channels * window.kernel**2
        self.window = window
        half = nn.init.orthogonal_(torch.empty(width // 2, channels, window.kernel, window.kernel))
        self.register_buffer("filters", torch.cat([half, -half]))
        self.bias = nn.Parameter(torch.zeros(width))

    @torch.no_grad()
    def fit(self, pictures_NCHW: Tensor) -> None:
        """Compute filters and bias from a sample of training pictures, normalised as the network will see them.

        Of a large sample an even selection is used, enough for the covariance.

        Raises:
            GuinaError: the pictures are all of one colour.
        """
        height, width = pictures_NCHW.shape[2:]
        patches = output_size(height, Window(self.window.kernel, self.window.stride))
        patches *= output_size(width, Window(self.window.kernel, self.window.stride))
        every = max(1, len(pictures_NCHW) * patches // ENOUGH)
        chosen = pictures_NCHW[::every]
        half, mean_CKK = patch_whitening(chosen, self.window.kernel, self.window.stride, len(self.bias) // 2)
        filters = torch.cat([half, -half])
        self.filters.copy_(filters)
        self.bias.copy_(-(filters * mean_CKK).sum((1, 2, 3)))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return F.conv2d(x_BCHW, self.filters, self.bias, self.window.stride, self.window.padding)

    def extra_repr(self) -> str:
        return f"{self.filters.size(1)} → {self.filters.size(0)}, {self.window}"


def patch_whitening(
    pictures: Tensor | Iterable[Tensor], kernel: int, stride: int = 1, components: int | None = None, eps: float = EPS
) -> tuple[Tensor, Tensor]:
    """The filters that whiten K×K patches, strongest component first, and the mean patch.

    Args:
        pictures: float N×C×H×W, or an iterable of such chunks.
        kernel, stride: where patches are taken, in pixels.
        components: how many filters; None: all C·K·K. Where the sample varies in fewer directions (grey pictures
            stored as colour), the strongest come again, so that no filter is left without a signal.
        eps: a fraction of the mean eigenvalue.

    Returns:
        filters_PCKK and mean_CKK, float64.

    Raises:
        GuinaError: the pictures are all of one colour.

    Example:
        >>> filters_PCKK, mean_CKK = patch_whitening(torch.randn(64, 3, 16, 16), kernel=2)
        >>> filters_PCKK.shape
        torch.Size([12, 3, 2, 2])
    """
    mean_D, covariance_DD = patch_statistics(pictures, kernel, stride)
    values_D, vectors_DD = torch.linalg.eigh(covariance_DD)
    values_D, vectors_DD = values_D.flip(0), vectors_DD.flip(1)
    if values_D[0] <= FLAT * (mean_D**2).mean():
        raise GuinaError(
            "the training pictures are all of one colour",
            "pictures that differ somewhere",
            "check that the folder holds the pictures you mean",
        )
    rank = int((values_D > RANK * values_D[0]).sum())
    kept_P = torch.arange(components or len(values_D)) % rank
    filters_PD = (vectors_DD / (values_D + eps * values_D.mean()).clamp(min=1e-30).sqrt()).T[kept_P]
    largest_P1 = filters_PD.abs().argmax(1, keepdim=True)
    filters_PD = filters_PD * filters_PD.gather(1, largest_P1).sign()  # an eigenvector's sign is arbitrary: fix it
    shape = (len(mean_D) // kernel**2, kernel, kernel)
    return filters_PD.unflatten(1, shape), mean_D.unflatten(0, shape)


def patch_statistics(pictures: Tensor | Iterable[Tensor], kernel: int, stride: int = 1) -> tuple[Tensor, Tensor]:
    """Mean and covariance of all K×K patches, float64.

    Returns:
        mean_D and covariance_DD.
    """
    count, sum_D, sum_DD = 0, torch.zeros(()), torch.zeros(())
    for chunk_NCHW in [pictures] if isinstance(pictures, Tensor) else pictures:
        values = chunk_NCHW[0].numel() * max(1, kernel // stride) ** 2
        for few_NCHW in chunk_NCHW.split(max(1, CHUNK // values)):
            patches_MD = F.unfold(few_NCHW, kernel, stride=stride).transpose(1, 2).flatten(0, 1).double()
            count += len(patches_MD)
            sum_D = sum_D + patches_MD.sum(0)
            sum_DD = sum_DD + patches_MD.T @ patches_MD
    mean_D = sum_D / count
    return mean_D, sum_DD / count - mean_D.outer(mean_D)
