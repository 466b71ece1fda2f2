"""From numbers of any range to bytes: the one rule for training and answering.

What range a source's numbers have is decided once, by all of them (`range_of`): a dark picture stays dark. The run
keeps the range, so that an array or a deep file that is asked about is read as those were that it learned from.
"""

from typing import NamedTuple

import numpy as np

HAIR = 0.05  # share of a range by which values may lie outside of it: they are cut
DARK = 64  # below which the largest of all numbers is no number of 0 to 255
BITS = (8, 10, 12, 14, 16)  # depths that cameras and scanners have


class BadPicture(Exception):
    """Why a picture cannot be used, in words for the report."""


class Range(NamedTuple):
    """The numbers that become 0 and 255.

    Args:
        kind: of which numbers: "bool", "byte", "integer", "float", "deep" (files of 16 bits).
        how: the conversion in words; "": none.
    """

    kind: str
    low: float
    high: float
    how: str = ""

    def fits(self, low: float, high: float) -> bool:
        """Whether numbers lie within the range, but for a hair."""
        slack = HAIR * (self.high - self.low)
        return self.low - slack <= low and high <= self.high + slack

    def to_bytes(self, array: np.ndarray) -> np.ndarray:
        """Numbers as uint8; what lies outside of the range is cut."""
        if array.dtype == np.uint8 and (self.low, self.high) == (0, 255):
            return array
        factor = 255.0 / (self.high - self.low)
        return np.round(np.clip((array.astype(np.float64) - self.low) * factor, 0, 255)).astype(np.uint8)


def kind_of(dtype: np.dtype) -> str:
    """What kind of numbers a type has, see `Range`.

    Raises:
        BadPicture: it has none.
    """
    if dtype.kind not in "biuf":
        raise BadPicture(f"values of type {dtype}, not numbers")
    return "byte" if dtype == np.uint8 else {"b": "bool", "f": "float"}.get(dtype.kind, "integer")


def range_of(kind: str, low: float, high: float, whole: bool = True) -> Range:
    """The range that numbers are of.

    Args:
        low, high: the smallest and the largest of them.
        whole: whether these are all numbers of a source. Those of a lone picture say less: nothing is guessed by them.

    Raises:
        BadPicture: they are of no range that is known.

    Example:
        >>> [range_of(*numbers)[1:3] for numbers in (("float", 0.0, 0.7), ("float", -1.0, 1.0), ("integer", 0, 4000))]
        [(0.0, 1.0), (-1.0, 1.0), (0.0, 4095.0)]
        >>> range_of("float", -1e-7, 1.0001).how
        'values from -1e-07 to 1.0001 taken as 0 to 1, the rest cut'
        >>> range_of("integer", 0, 4000, whole=False).high
        65535.0
    """
    if not np.isfinite(low + high):
        raise BadPicture("pixels that are no numbers")
    found = float_range(low, high, whole) if kind == "float" else integer_range(kind, low, high, whole)
    if found is None:
        raise BadPicture(f"values from {low:g} to {high:g}, not 0 to 1, 0 to 255, or integers up to 65535")
    low_end, high_end = found
    how = ""
    if low < low_end or high > high_end:
        how = f"values from {low:g} to {high:g} taken as {low_end:g} to {high_end:g}, the rest cut"
    elif (low_end, high_end) != (0, 255):
        bits = f" ({int(high_end).bit_length()} bits)" if high_end > 255 else ""
        how = f"values of {low_end:g} to {high_end:g}{bits} as 0 to 255"
    return Range(kind, low_end, high_end, how)


def float_range(low: float, high: float, whole: bool) -> tuple[float, float] | None:
    """The ends of the range that fractions are of."""
    if low >= -HAIR and high <= 1 + HAIR:
        return 0.0, 1.0
    if whole and -1 - HAIR <= low < -0.5 and 0.5 < high <= 1 + HAIR:
        return -1.0, 1.0
    if (low >= 0 and 2 < high < DARK) or (low >= -HAIR * 255 and DARK <= high <= 255 * (1 + HAIR)):
        return 0.0, float(high) if whole and high < DARK else 255.0
    return None


def integer_range(kind: str, low: float, high: float, whole: bool) -> tuple[float, float] | None:
    """The ends of the range that whole numbers are of."""
    if low < 0 or high > 65535:
        return None
    if kind == "bool" or (whole and high == 1):
        return 0.0, 1.0
    if kind == "byte" or (high <= 255 and kind != "deep"):
        return 0.0, float(high) if whole and kind == "integer" and 0 < high < DARK else 255.0
    return 0.0, float(2 ** next(bits for bits in BITS if high < 2**bits or bits == 16) - 1) if whole else 65535.0


def ends_of(array: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest number of an array, 0 among them."""
    return float(np.minimum(0.0, array.min())), float(np.maximum(0.0, array.max())) + 0.0  # no −0


def from_array(array: np.ndarray, known: Range | None = None) -> np.ndarray:
    """An array as uint8 H×W×C.

    Args:
        array: H×W or H×W×C.
        known: the range of the array that this is a picture of, or of those that a network learned from; None: by
            itself, as it is for numbers of another kind, or outside of the range.

    Raises:
        BadPicture: it is no picture, or its numbers are of no range that is known.
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or 0 in array.shape:
        raise BadPicture(f"an array of shape {array.shape}, not H×W or H×W×C with 1 to 4 channels")
    kind = kind_of(array.dtype)
    if kind == "byte" and (known is None or known.kind != kind or known.high == 255):
        return array
    low, high = ends_of(array)
    if known is None or known.kind != kind or not known.fits(low, high):
        known = range_of(kind, low, high, whole=False)
    return known.to_bytes(array)


def from_deep(values_HW: np.ndarray, known: Range | None = None) -> np.ndarray:
    """The pixels of a 16-bit, 32-bit or float file as uint8; values that no rule fits are stretched over 0 to 255.

    Args:
        known: the range of all deep files that this is one of; None: all 16 bits, however dark.
    """
    low, high = ends_of(values_HW)
    if not np.isfinite(low + high):
        raise BadPicture("pixels that are no numbers")
    if values_HW.dtype.kind in "iu" and low >= 0 and high <= 65535:
        found = (
            known if known is not None and known.kind == "deep" and known.fits(low, high) else Range("deep", 0, 65535)
        )
    elif values_HW.dtype.kind == "f" and low >= 0 and high <= 255:
        found = Range("float", 0, 1 if high <= 1 else 255)
    else:
        low = float(values_HW.min())
        found = Range("float", low, max(high, low + 1e-12))
    return found.to_bytes(values_HW[:, :, None])
