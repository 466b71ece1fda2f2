"""Pictures in arrays: pairs of idx files, and npz files."""

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from guina.data.idx import read_idx
from guina.data.listings import WORDS, Listing, split_within, stamp
from guina.errors import GuinaError

IDX_IMAGES = re.compile(r"^(?P<prefix>.*?)-?images[-.]idx[34](-ubyte)?(\.gz)?$")


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


def load_idx(images: Path, labels: Path | None) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    if labels is None:
        return lambda: alone(read_idx(images), images)
    return lambda: paired(read_idx(images), read_idx(labels), images)


def list_npz(paths: Sequence[Path], splits: Sequence[str], labelled: bool = True) -> list[Listing]:
    """Arrays by obvious names: x and y, images and labels, data and target, with _train, _val, _test behind or before.

    Args:
        labelled: whether pictures need labels; otherwise x may be alone.

    Raises:
        GuinaError: no such pair, or arrays that only a pickle could give.
    """
    listings = []
    for path in paths:
        named = split_within(path.stem)
        if len(paths) > 1 and named not in (None, *splits):
            continue  # a split that was not asked for is not opened
        pairs = npz_pairs(path, labelled)
        for split, (x, y) in pairs.items():
            split = split or (named if len(paths) > 1 or len(pairs) == 1 else None)
            listings.append(Listing(split, stamp([path], x, y), load=load_npz(path, x, y)))
    return listings


def npz_pairs(path: Path, labelled: bool = True) -> dict[str | None, tuple[str, str]]:
    """Split → names of the arrays of pictures and labels; the latter "" where there need be none and is none."""
    try:
        with zipfile.ZipFile(path) as file:  # numpy.load would leave a damaged file open
            names = [name.removesuffix(".npy") for name in file.namelist()]
    except (OSError, zipfile.BadZipFile, EOFError):
        raise GuinaError(f"{path} is no .npz file", "what numpy.savez writes", "save it again") from None
    pictures, labels = ("x", "images", "image", "data", "pixels"), ("y", "labels", "label", "target", "targets")
    pairs: dict[str | None, tuple[str, str]] = {}
    found = {kind: {} for kind in ("x", "y")}
    for name in names:
        words = [word for word in re.split(r"[-_]", name.lower()) if word]
        split = next((WORDS[word] for word in words if word in WORDS), None)
        kind = "x" if set(words) & set(pictures) else "y" if set(words) & set(labels) else None
        if kind:
            found[kind][split] = name
    for split, name in found["x"].items():
        if split in found["y"] or not labelled:
            pairs[split] = (name, found["y"].get(split, ""))
    if not pairs:
        raise GuinaError(
            f"{path} holds {', '.join(names) or 'nothing'}",
            "arrays x and y (or x_train, y_train, …)" if labelled else "an array x (or x_train, x_test, …)",
            "rename them",
        )
    return pairs


def load_npz(path: Path, x: str, y: str) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    def load() -> tuple[np.ndarray, np.ndarray]:
        try:
            with np.load(path, allow_pickle=False) as file:
                return paired(file[x], file[y], path) if y else alone(file[x], path)
        except (ValueError, zipfile.BadZipFile, EOFError) as error:
            raise GuinaError(f"{path} cannot be read: {error}", "plain arrays, no pickled objects") from None

    return load


def alone(pictures: np.ndarray, where: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pictures without labels, and "" for each.

    Raises:
        GuinaError: their shape is not one of pictures.
    """
    if pictures.ndim not in (3, 4) or not len(pictures):
        raise GuinaError(f"{where} has pictures of shape {pictures.shape}", "N×H×W or N×H×W×C pictures")
    return pictures, np.full(len(pictures), "")


def paired(pictures: np.ndarray, labels: np.ndarray, where: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels that belong together.

    Raises:
        GuinaError: their numbers or shapes do not fit.
    """
    if labels.ndim == 2 and labels.shape[1] > 1 and np.array_equal(labels.sum(1), np.ones(len(labels))):
        labels = labels.argmax(1)  # one-hot
    labels = labels.reshape(len(labels), -1)[:, 0] if labels.size == len(labels) else labels
    if pictures.ndim not in (3, 4) or labels.ndim != 1 or len(pictures) != len(labels) or not len(labels):
        raise GuinaError(
            f"{where} has pictures of shape {pictures.shape} and labels of shape {labels.shape}",
            "N×H×W or N×H×W×C pictures, and N labels",
        )
    if labels.dtype.kind not in "biufSU" or (labels.dtype.kind == "f" and not np.isfinite(labels).all()):
        raise GuinaError(f"{where} has labels that are no class", "numbers or texts", "remove pictures without a label")
    return pictures, labels
