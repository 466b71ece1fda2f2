"""Pictures in arrays: pairs of idx files, and npz files."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from guina.data.array_choice import choose_arrays, classes_of
from guina.data.columns import Columns
from guina.data.idx import read_idx
from guina.data.listings import Listing, stamp
from guina.data.npz import StoredArray, arrays_of
from guina.data.records import Report
from guina.data.split_names import split_within
from guina.errors import GuinaError

IDX_IMAGES = re.compile(r"^(?P<prefix>.*?)-?images[-.]idx[34](-ubyte)?(\.gz)?$")


class Stack(Protocol):
    """Pictures one upon the other, N×H×W or N×H×W×C, of which a piece at a time is in memory."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype: ...

    def pieces(self) -> Iterator[np.ndarray]:
        """The pictures in order, some at a time; as often as it is asked."""
        ...


class Held:
    """An array that is in memory, as a stack."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def pieces(self) -> Iterator[np.ndarray]:
        yield self.array


def list_idx(folder: Path, splits: Sequence[str], labelled: bool = True) -> list[Listing]:
    """Pairs of idx files: PREFIX-images-idx3-ubyte[.gz] and PREFIX-labels-idx1-ubyte[.gz].

    Args:
        labelled: whether pictures need labels; otherwise the first kind may be alone.

    Raises:
        GuinaError: pictures without labels, or two sets of a split that was asked for.
    """
    listings: dict[str | None, tuple[str, Listing]] = {}
    for images in sorted(folder.iterdir()):
        match = IDX_IMAGES.match(images.name)
        if not match:
            continue
        prefix, split = match["prefix"], split_within(match["prefix"])
        stem = re.sub(r"idx[34]", "idx1", images.name.replace("images", "labels"))
        candidates = [folder / stem, folder / stem.removesuffix(".gz"), folder / f"{stem}.gz"]
        labels = next((path for path in candidates if path.exists()), None)
        if labels is None and labelled:
            raise GuinaError(f"{images} has no labels beside it", f"{stem}", "copy the labels too")
        other, _ = listings.setdefault(
            split,
            (prefix, Listing(split, stamp([images, labels] if labels else [images]), load=load_idx(images, labels))),
        )
        if other != prefix and (split is None or split in splits):  # the same prefix twice: packed and unpacked
            raise GuinaError(
                f"{folder} has more than one set of idx files: {other} and {prefix}",
                "one set a folder",
                "move the others away",
            )
    return [listing for _, listing in listings.values()]


def load_idx(images: Path, labels: Path | None) -> Callable[[], tuple[Stack, np.ndarray]]:
    def load() -> tuple[Stack, np.ndarray]:
        found = read_idx(images)
        return Held(found), paired(found.shape, None if labels is None else read_idx(labels), images)

    return load


def list_npz(
    paths: Sequence[Path], splits: Sequence[str], labelled: bool, columns: Columns, report: Report
) -> list[Listing]:
    """Arrays by obvious names: x and y, images and labels, data and target, with _train, _val, _test behind or before.

    Args:
        labelled: whether pictures need labels; otherwise x may be alone.
        columns: the names of the arrays, if the user said them.
        report: is told of the arrays that are left out.

    Raises:
        GuinaError: no such pair, several that are equally likely, or arrays that only a pickle could give.
    """
    listings = []
    for path in paths:
        whole = split_within(path.stem)
        if len(paths) > 1 and whole not in (None, *splits):
            continue  # a split that was not asked for is not opened
        arrays = arrays_of(path)
        pairs = choose_arrays(arrays, columns, labelled, path)
        used = {array.name for pair in pairs.values() for array in pair if array is not None}
        others = [array.name for array in arrays if array.name not in used]
        if others:
            report.problems.append(
                f"left out: the array{'s' if len(others) > 1 else ''} {', '.join(others[:8])}"
                f"{', …' if len(others) > 8 else ''} of {path.name}; used {', '.join(sorted(used))}"
            )
        for split, (x, y) in pairs.items():
            for array in (x, y):
                if array is not None:
                    array.check()
            split = split or (whole if len(paths) > 1 or len(pairs) == 1 else None)
            listings.append(Listing(split, stamp([path], x.name, y.name if y else ""), load=load_npz(x, y)))
    return listings


def load_npz(x: StoredArray, y: StoredArray | None) -> Callable[[], tuple[Stack, np.ndarray]]:
    return lambda: (x, paired(x.shape, None if y is None else y.read(), x.path))


def paired(shape: tuple[int, ...], labels: np.ndarray | None, where: Path) -> np.ndarray:
    """The labels of pictures, one for each; "" where there are none.

    Args:
        shape: of the pictures.

    Raises:
        GuinaError: their numbers or shapes do not fit.
    """
    if len(shape) not in (3, 4) or not shape[0]:
        raise GuinaError(
            f"{where} has pictures of shape {shape}", "N×H×W or N×H×W×C pictures", "reshape them, and save them again"
        )
    if labels is None:
        return np.full(shape[0], "")
    if labels.shape[:1] != shape[:1] or labels.ndim > 2 or labels.dtype.kind not in "biufSU":
        raise GuinaError(
            f"{where} has pictures of shape {shape} and labels of shape {labels.shape} ({labels.dtype})",
            "N×H×W or N×H×W×C pictures, and N labels, which are numbers or texts",
            "check that they belong together",
        )
    return classes_of(labels, where)
