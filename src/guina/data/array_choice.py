"""Which of a file's arrays are the pictures and which their labels: certain, or asked.

An array is possible by its shape, and likely by its name. Names that say it exactly (images, x_train) win over those
that only end with such a word (all_images, image_labels); where two are equally likely, the user says which.
"""

import re
from collections.abc import Sequence

import numpy as np

from guina.data.columns import Columns
from guina.data.npz import StoredArray
from guina.data.split_names import WORDS
from guina.errors import GuinaError, did_you_mean

PICTURES = ("x", "images", "image", "imgs", "img", "pictures", "data", "pixels")
LABELS = ("y", "labels", "label", "target", "targets", "classes", "class")
FILLERS = ("data", "array", "arr", "values", "all")  # words that say nothing behind another: image_data, y_all
Pairs = dict[str | None, tuple[StoredArray, StoredArray | None]]


def words_of(name: str) -> list[str]:
    """The words of an array's name, but those that say a split.

    Example:
        >>> words_of("x_train"), words_of("Image-IDs")
        (['x'], ['image', 'ids'])
    """
    return [word for word in re.split(r"[-_. ]", name.lower()) if word and word not in WORDS]


def split_in(name: str) -> str | None:
    """The split that a word of an array's name says."""
    return next((WORDS[word] for word in re.split(r"[-_. ]", name.lower()) if word in WORDS), None)


def choose_arrays(arrays: Sequence[StoredArray], columns: Columns, labelled: bool, where: object) -> Pairs:
    """Split → the arrays of pictures and labels; of labels None where there need be none and is none.

    Args:
        columns: which arrays the user named; x names x_train and x_test too.

    Raises:
        GuinaError: no array fits, or several fit equally well.
    """
    pairs: Pairs = {}
    for split in dict.fromkeys(split_in(array.name) for array in arrays):
        here = [array for array in arrays if split_in(array.name) == split]
        asked = named(here, columns.path, arrays, where)
        pictures = one_of(
            [a for a in asked if is_pictures(a)], PICTURES, columns.path, "pictures", "--path-column", where
        )
        if pictures is None:
            continue
        asked = [array for array in named(here, columns.label, arrays, where) if array is not pictures]
        fitting = [array for array in asked if is_labels(array, len(pictures))]
        labels = one_of(fitting, LABELS, columns.label, "labels", "--label-column", where)
        if labels is None:
            wrong = [array for array in asked if likely(array.name, LABELS) == 2 or columns.label]
            if wrong:
                wrong[0].check()  # objects are said to be such
                raise GuinaError(
                    f"{where} has pictures of shape {pictures.shape} and labels of shape {wrong[0].shape}"
                    f" ({pictures.name}, {wrong[0]})",
                    "N×H×W or N×H×W×C pictures, and N labels, which are numbers or texts",
                    "save them anew, or name the labels' array with --label-column",
                )
            if labelled:
                continue
        pairs[split] = (pictures, labels)
    if None in pairs and len(pairs) > 1:
        raise competing("pictures", [pair[0] for pair in pairs.values()], "--path-column", where)
    if not pairs:
        raise nothing_fits(arrays, labelled, where)
    return pairs


def named(here: Sequence[StoredArray], name: str, arrays: Sequence[StoredArray], where: object) -> list[StoredArray]:
    """The arrays that the user means; all if none is named."""
    if not name:
        return list(here)
    names = [array.name for array in arrays]
    if name in names and split_in(name) is None:
        return [array for array in here if array.name == name]
    if not any(words_of(other) == words_of(name) for other in names):
        raise GuinaError(
            f"{where} has no array {name}", f"one of {', '.join(map(str, arrays))}", did_you_mean(name, names)
        )
    return [array for array in here if words_of(array.name) == words_of(name)]


def likely(name: str, words: Sequence[str]) -> int:
    """2: the name says it exactly; 1: its last word does (all_images, image_labels); 0: it does not."""
    said = words_of(name)
    while len(said) > 1 and said[-1] in FILLERS:
        said.pop()
    return 2 if len(said) == 1 and said[0] in words else int(bool(said) and said[-1] in words)


def one_of(
    fitting: Sequence[StoredArray], words: Sequence[str], asked: str, what: str, flag: str, where: object
) -> StoredArray | None:
    """The likeliest array, if there is one; GuinaError where two are equally likely."""
    if asked and fitting:
        return fitting[0]
    for degree in (2, 1):
        best = [array for array in fitting if likely(array.name, words) == degree]
        if len(best) > 1:
            raise competing(what, best, flag, where)
        if best:
            return best[0]
    return None


def competing(what: str, arrays: Sequence[StoredArray], flag: str, where: object) -> GuinaError:
    return GuinaError(
        f"{where}: {' and '.join(map(str, arrays))} could each be the {what}",
        f"one array of {what}",
        f"say which: {flag} {arrays[0].name}",
    )


def nothing_fits(arrays: Sequence[StoredArray], labelled: bool, where: object) -> GuinaError:
    """No array is pictures, or has none that is their labels."""
    for array in arrays:
        if array.dtype.hasobject and max(likely(array.name, PICTURES), likely(array.name, LABELS)):
            array.check()  # says so
    wrong = next((a for a in arrays if likely(a.name, PICTURES) == 2 and not is_pictures(a)), None)
    if wrong is not None:
        return GuinaError(
            f"{where} has pictures of shape {wrong.shape} ({wrong})",
            "N×H×W or N×H×W×C pictures",
            "reshape them, as x.reshape(-1, height, width), or name another array with --path-column",
        )
    return GuinaError(
        f"{where} holds {', '.join(map(str, arrays)) or 'nothing'}",
        ("arrays x and y (or x_train, y_train, …)" if labelled else "an array x (or x_train, x_test, …)")
        + ": N×H×W or N×H×W×C pictures"
        + (", and N labels" if labelled else ""),
        f"rename them, or name them with --path-column{' and --label-column' if labelled else ''}",
    )


def is_pictures(array: StoredArray) -> bool:
    """Whether an array's shape and type are those of pictures."""
    return len(array.shape) in (3, 4) and 0 not in array.shape and array.dtype.kind in "biuf"


def is_labels(array: StoredArray, n: int) -> bool:
    """Whether an array's shape and type are those of the labels of n pictures: n values, or n×K for one-hot ones."""
    return (
        array.dtype.kind in "biufSU"
        and array.shape[:1] == (n,)
        and (len(array.shape) == 1 or (len(array.shape) == 2 and (array.shape[1] == 1 or array.dtype.kind in "biuf")))
    )


def classes_of(labels: np.ndarray, where: object) -> np.ndarray:
    """Labels as one value each: N, N×1, or one-hot N×K.

    Raises:
        GuinaError: they are neither.

    Example:
        >>> classes_of(np.eye(3)[[2, 0]], "x.npz").tolist()
        [2, 0]
    """
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not (np.isin(labels, (0, 1)).all() and (labels.astype(int).sum(1) == 1).all()):
            raise GuinaError(
                f"{where} has labels of shape {labels.shape} that are not one-hot",
                "one class for each picture: N values, or N×K with a single 1 in each row",
                "take the likeliest of each row, labels.argmax(1), or name another array with --label-column",
            )
        return labels.argmax(1)
    labels = labels.reshape(len(labels))
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise GuinaError(
            f"{where} has labels that are no class (no numbers)",
            "numbers or texts",
            "remove pictures without a label",
        )
    return labels
