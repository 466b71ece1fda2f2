"""Which pictures there are: class folders, idx pairs, npz files and samples, as listings that are not read yet.

    photos/cat/1.jpg                        class folders
    photos/train/cat/1.jpg  photos/test/…   class folders by split
    train-images-idx3-ubyte.gz + train-labels-idx1-ubyte.gz, t10k-…
    data.npz with x and y, or x_train, y_train, x_test, y_test; train.npz and test.npz

One function a layout, chosen by `list_pictures`. A split that was not asked for is not even listed.
"""

import hashlib
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guina.data.idx import read_idx
from guina.data.pictures import is_ignored, walk
from guina.data.records import TEST, TRAIN, VAL, Report
from guina.data.samples import SAMPLES
from guina.errors import GuinaError, did_you_mean

LAYOUTS = "class folders (photos/cat/1.jpg), idx files, or an .npz file"
WORDS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VAL),
    **dict.fromkeys(("test", "testing", "t10k"), TEST),
}
IDX_IMAGES = re.compile(r"^(?P<prefix>.*?)-?images[-.]idx[34](-ubyte)?(\.gz)?$")


@dataclass(frozen=True)
class Listing:
    """The pictures of one split, by name.

    Args:
        split: what the source says; None: it says nothing, so this is what the splits are cut from.
        names, labels: of each picture; for arrays they come with `load`.
        paths: the files, one a picture; empty for arrays.
        load: gives an array's pictures N×H×W[×C] and labels.
        stamp: a hash of what lies on disk: names, sizes, times.
    """

    split: str | None
    stamp: str
    names: Sequence[str] = ()
    labels: Sequence[str] = ()
    paths: Sequence[Path] = ()
    load: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None


def list_pictures(source: str, splits: Sequence[str], report: Report) -> list[Listing]:
    """The listings of a source for these splits.

    Raises:
        GuinaError: there is nothing at the source, or nothing that guina knows.
    """
    path = Path(source)
    if path.is_file():
        listings = list_npz([path], splits) if path.suffix == ".npz" else []
    elif path.is_dir():
        listings = (
            list_idx(path, splits) or list_npz(sorted(path.glob("*.npz")), splits) or list_folders(path, splits, report)
        )
    elif source in SAMPLES:
        listings = SAMPLES[source](Listing)
    else:
        raise GuinaError(f"there is nothing at {source}", "a path, or a sample", did_you_mean(source, SAMPLES))
    if not listings:
        raise GuinaError(f"there are no labelled pictures at {source}{found_instead(path)}", LAYOUTS, "check the path")
    asked = [listing for listing in listings if listing.split is None or listing.split in splits]
    if not asked:
        there = ", ".join(sorted(str(listing.split) for listing in listings))
        raise GuinaError(f"{source} has only a split for {there}", f"one for {' or '.join(splits)}", "add its pictures")
    return asked


def split_within(name: str) -> str | None:
    """The split that any word of a file's name says.

    Example:
        >>> split_within("emnist-letters-train"), split_within("t10k"), split_within("contest")
        ('train', 'test', None)
    """
    return next((WORDS[word] for word in re.split(r"[-_. ]", name.lower()) if word in WORDS), None)


def split_named(name: str) -> str | None:
    """The split that a name begins with: train, test_2016, t10k …; None if it names none.

    Example:
        >>> split_named("t10k"), split_named("Validation"), split_named("cats")
        ('test', 'val', None)
    """
    return WORDS.get(re.split(r"[-_. 0-9]", name.lower().replace("t10k", "test"), maxsplit=1)[0])


def found_instead(path: Path) -> str:
    """What lies at a path that holds no pictures, for the message."""
    if path.is_file():
        return f" ({path.suffix or 'a file without extension'})"
    names = sorted(p.name + ("/" if p.is_dir() else "") for p in path.iterdir())
    return f" (found {', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else " (the folder is empty)"


def stamp(paths: Iterable[Path], *extra: str) -> str:
    """A hash that changes when a file is replaced, added or removed."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            status = path.stat()
            # the time of its last change of any kind tells of permissions too
            line = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0"
        except OSError:
            line = f"{path}\0gone\0"
        digest.update(line.encode("utf-8", "surrogateescape"))
    digest.update("\0".join(extra).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


# --- class folders ---


def list_folders(root: Path, splits: Sequence[str], report: Report) -> list[Listing]:
    """Class folders, below split folders where these are named so.

    Raises:
        GuinaError: two folders of a split that was asked for; see `list_classes`.
    """

    def ignored(path: Path) -> None:
        report.ignore(path.name)

    folders = sub_folders(root, root, ignored, report)
    named = [(split_named(folder.name), folder) for folder in folders]
    if not are_splits(named):
        return [list_classes(root, folders, root, None, ignored, report)] if folders else []
    listings: dict[str, Listing] = {}
    for split, folder in sorted(named, key=lambda pair: str(pair[0])):
        if split is None:
            report.problems.append(f"left out: {name_of(folder, root)}/ is neither train, val nor test")
        elif split in listings:
            raise GuinaError(
                f"{root} has more than one folder of {split} pictures: {name_of(folder, root)} is another",
                "one folder a split",
                "move the others away",
            )
        elif split in splits:
            classes = sub_folders(folder, root, ignored, report)
            listings[split] = list_classes(folder, classes, root, split, ignored, report)
    return list(listings.values())


def are_splits(named: Sequence[tuple[str | None, Path]]) -> bool:
    """Whether folders are splits rather than classes: train is there with folders in it, and no other or a second split
    too. A class may be called train.
    """
    splits = {split for split, _ in named if split}
    trains = [folder for split, folder in named if split == TRAIN]
    return (
        bool(trains)
        and (len(splits) > 1 or len(named) == 1)
        and all(any(path.is_dir() for path in folder.iterdir()) for folder in trains)
    )


def sub_folders(folder: Path, root: Path, ignored: Callable[[Path], None], report: Report) -> list[Path]:
    """The folders right below a folder; files there belong to no class, which is said.

    Raises:
        GuinaError: a folder that cannot be read, or a link that leads out of the root.
    """
    folders: list[Path] = []
    loose: list[str] = []
    try:
        entries = sorted(folder.iterdir())
    except PermissionError:
        raise GuinaError(f"{folder} cannot be read", "a folder that you may read", "check its permissions") from None
    for path in entries:
        if is_ignored(path.name):
            ignored(path)
        elif not path.is_dir():
            loose.append(name_of(path, root))
        elif path.is_symlink() and not leads_inside(path, root.resolve()):
            raise GuinaError(
                f"{path} is a link that leads out of {root}",
                "folders in the folder itself: nothing outside of it is read",
                "put the pictures there, or name the folder that the link leads to",
            )
        else:
            folders.append(path)
    if folders and loose:
        some = ", ".join(loose[:3]) + (", …" if len(loose) > 3 else "")
        report.problems.append(
            f"left out: {len(loose)} file{'s' if len(loose) > 1 else ''} beside the folders of classes ({some})"
        )
    return folders


def list_classes(
    folder: Path,
    classes: Sequence[Path],
    root: Path,
    split: str | None,
    ignored: Callable[[Path], None],
    report: Report,
) -> Listing:
    """All files below each class folder; a link that leads out of the root is skipped.

    Raises:
        GuinaError: fewer than two classes, an empty one, or two that differ in capitals only.
    """
    paths: list[Path] = []
    labels: list[str] = []
    inside = root.resolve()
    for place in classes:
        mine = []
        for path in walk(place, ignored):
            if os.path.islink(path) and not leads_inside(path, inside):
                report.found += 1
                report.skip(name_of(path, root), "a link that leads out of the folder")
            else:
                mine.append(path)
        if not mine:
            raise GuinaError(f"class folder {place} is empty", "pictures in every class folder", "fill it or remove it")
        paths += mine
        labels += [clean(place.name)] * len(mine)
    check_classes(sorted({clean(place.name) for place in classes}), folder)
    return Listing(split, stamp(paths, *labels), [name_of(path, root) for path in paths], labels, paths)


def leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=False).is_relative_to(root)
    except (OSError, RuntimeError):  # a loop of links
        return False


def check_classes(classes: Sequence[str], where: object) -> None:
    """Raise GuinaError unless there are two classes whose names differ in more than capitals."""
    if len(classes) < 2:
        raise GuinaError(
            f"{where} has {len(classes)} class{'' if len(classes) == 1 else 'es'}"
            + (f" ({classes[0]})" if classes else ""),
            "at least two classes, each a folder of pictures",
            "add a folder of pictures that are something else",
        )
    folded: dict[str, str] = {}
    for name in classes:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise GuinaError(
                f"classes {other} and {name} differ only in capitals", "one folder a class", "merge or rename them"
            )


def clean(name: str) -> str:
    """A file name as text that can be printed and saved, whatever its bytes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def name_of(path: Path, root: Path) -> str:
    return clean(str(path.relative_to(root)))


# --- arrays ---


def list_idx(folder: Path, splits: Sequence[str]) -> list[Listing]:
    """Pairs of idx files: PREFIX-images-idx3-ubyte[.gz] and PREFIX-labels-idx1-ubyte[.gz].

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
        if labels is None:
            raise GuinaError(f"{images} has no labels beside it", f"{stem}", "copy the labels too")
        other, _ = listings.setdefault(
            split, (prefix, Listing(split, stamp([images, labels]), load=load_idx(images, labels)))
        )
        if other != prefix and (split is None or split in splits):  # the same prefix twice: packed and unpacked
            raise GuinaError(
                f"{folder} has more than one set of idx files: {other} and {prefix}",
                "one set a folder",
                "move the others away",
            )
    return [listing for _, listing in listings.values()]


def load_idx(images: Path, labels: Path) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    return lambda: paired(read_idx(images), read_idx(labels), images)


def list_npz(paths: Sequence[Path], splits: Sequence[str]) -> list[Listing]:
    """Arrays by obvious names: x and y, images and labels, data and target, with _train, _val, _test behind or before.

    Raises:
        GuinaError: no such pair, or arrays that only a pickle could give.
    """
    listings = []
    for path in paths:
        named = split_within(path.stem)
        if len(paths) > 1 and named not in (None, *splits):
            continue  # a split that was not asked for is not opened
        pairs = npz_pairs(path)
        for split, (x, y) in pairs.items():
            split = split or (named if len(paths) > 1 or len(pairs) == 1 else None)
            listings.append(Listing(split, stamp([path], x, y), load=load_npz(path, x, y)))
    return listings


def npz_pairs(path: Path) -> dict[str | None, tuple[str, str]]:
    """Split → names of the arrays of pictures and labels."""
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
        if split in found["y"]:
            pairs[split] = (name, found["y"][split])
    if not pairs:
        raise GuinaError(
            f"{path} holds {', '.join(names) or 'nothing'}", "arrays x and y (or x_train, y_train, …)", "rename them"
        )
    return pairs


def load_npz(path: Path, x: str, y: str) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    def load() -> tuple[np.ndarray, np.ndarray]:
        try:
            with np.load(path, allow_pickle=False) as file:
                return paired(file[x], file[y], path)
        except (ValueError, zipfile.BadZipFile, EOFError) as error:
            raise GuinaError(f"{path} cannot be read: {error}", "plain arrays, no pickled objects") from None

    return load


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
