"""What every source gives: listings of the pictures of each split, by name; and the words that name a split."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from guina.data.records import TEST, TRAIN, VAL
from guina.errors import GuinaError

WORDS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VAL),
    **dict.fromkeys(("test", "testing", "t10k"), TEST),
}


class Stored(Protocol):
    """A picture that is no file of its own."""

    def read(self) -> bytes:
        """Its bytes, as a file would hold them; `BadPicture` where there are none."""
        ...


@dataclass(frozen=True)
class Listing:
    """The pictures of one split, by name.

    Args:
        split: what the source says; None: it says nothing, so this is what the splits are cut from.
        names, labels: of each picture; for arrays they come with `load`.
        paths: the files, one a picture; empty for arrays. What is stored elsewhere reads itself (see `Stored`).
        load: gives an array's pictures N×H×W[×C] (it, or a `Stack` that is read in pieces) and labels.
        stamp: a hash of what lies on disk: names, sizes, times.
    """

    split: str | None
    stamp: str
    names: Sequence[str] = ()
    labels: Sequence[str] = ()
    paths: Sequence[Path | Stored] = ()
    load: Callable[[], tuple[Any, np.ndarray]] | None = None


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


def leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=False).is_relative_to(root)
    except (OSError, RuntimeError):  # a loop of links
        return False


def clean(name: str) -> str:
    """A file name as text that can be printed and saved, whatever its bytes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def name_of(path: Path, root: Path) -> str:
    return clean(str(path.relative_to(root)))
