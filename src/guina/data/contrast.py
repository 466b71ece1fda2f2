"""Pictures that show nothing: how far apart a picture's darkest and lightest values are, and what to say where all are
blank, whatever made them so (numbers of another range, transparency, a broken camera).

Axes: N pictures, H W pixels, C channels, Q four channels at most, the missing ones 0.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from guina.errors import GuinaError

MOST = 4  # channels
HOT = 1000  # of so many pixels one may be dead or hot: it is no contrast
FAINT = 20  # of 256 levels: with fewer a picture is faint
BLANK = 4  # with fewer it is blank
NEARLY_ALL = 0.95
ENOUGH = 4  # pictures of which it can be said that they are all alike


def ends_of_channels(pixels_HWC: np.ndarray) -> np.ndarray:
    """The darkest and the lightest value of each channel but for dead pixels, uint8 2×Q.

    Example:
        >>> ends_of_channels(np.array([[[3, 9], [7, 9]]], np.uint8)).tolist()
        [[3, 9, 0, 0], [7, 9, 0, 0]]
    """
    ends_2Q = np.zeros((2, MOST), np.uint8)
    dead = pixels_HWC.shape[0] * pixels_HWC.shape[1] // HOT
    for c in range(pixels_HWC.shape[2]):
        if not dead:
            ends_2Q[:, c] = pixels_HWC[..., c].min(), pixels_HWC[..., c].max()
            continue
        below_V = np.bincount(pixels_HWC[..., c].ravel(), minlength=256).cumsum()
        ends_2Q[:, c] = np.searchsorted(below_V, (dead, below_V[-1] - dead - 1), side="right")
    return ends_2Q


def content_of(pixels_HWC: np.ndarray) -> int:
    """A number that copies of a picture share, whatever their files say besides."""
    return zlib.crc32(np.ascontiguousarray(pixels_HWC).data, zlib.crc32(repr(pixels_HWC.shape).encode()))


def contrast(ends_N2Q: np.ndarray) -> np.ndarray:
    """How far apart the ends of the channel are that has the most to show, N (or none for one picture)."""
    return (ends_N2Q[..., 1, :].astype(np.int16) - ends_N2Q[..., 0, :]).max(-1)


def faint(ends_N2Q: np.ndarray, names: Sequence[str]) -> list[str]:
    """What there is to say of pictures that show nothing, or next to nothing."""
    at = np.flatnonzero(contrast(ends_N2Q) < FAINT)
    if not len(at):
        return []
    shown = ", ".join(names[int(i)] for i in at[:3]) + (", …" if len(at) > 3 else "")
    said = f"{len(at):,} of {len(names):,} pictures are" if len(at) > 1 else f"1 of {len(names):,} pictures is"
    return [
        f"warning: {said} blank or nearly so, with fewer than {FAINT} of 256 levels from the darkest to the lightest "
        f"({shown})"
    ]


def check_they_differ(ends_N2Q: np.ndarray, content_N: np.ndarray) -> None:
    """Raise GuinaError where nearly all pictures are the same, or blank and of one colour: nothing can be learned."""
    N = len(content_N)
    if N < ENOUGH:
        return
    _, counts = np.unique(content_N, return_counts=True)
    blank_B2Q = ends_N2Q[contrast(ends_N2Q) < BLANK]
    if len(blank_B2Q) >= NEARLY_ALL * N:
        darkest, lightest = (int(x) for x in (blank_B2Q[:, 0].min(), blank_B2Q[:, 1].max()))
        spread = int(np.ptp(blank_B2Q[:, 0].astype(np.int16), axis=0).max())
        if spread < BLANK:
            raise GuinaError(
                f"{len(blank_B2Q):,} of {N:,} pictures are blank and of one colour (levels {darkest} to {lightest} of 0"
                " to 255)",
                "pictures that show something",
                "look at one: its numbers may be of another range than its type says, or all of it transparent",
            )
    if counts.max() >= NEARLY_ALL * N:
        raise GuinaError(
            f"{counts.max():,} of {N:,} pictures are the same picture",
            "pictures that differ",
            "check how they were saved or copied",
        )
