"""What every source gives: listings of the pictures of each split, by name."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from guina.data.class_names import readable


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


def stamp(paths: Iterable[Path], *extra: str) -> str:
    """A hash that changes when a file is replaced, added or removed."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            status = path.stat()
            # the time of its last change of any kind tells of permissions too
            line = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0"
        except (OSError, ValueError):  # ValueError: a name that no file can have
            line = f"{path}\0gone\0"
        digest.update(line.encode("utf-8", "surrogateescape"))
    digest.update("\0".join(extra).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def leads_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=False).is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a name that no file can have
        return False


def clean(name: str) -> str:
    """A file name as text that can be printed and saved, whatever its bytes."""
    return readable(name)


def name_of(path: Path, root: Path) -> str:
    return clean(str(path.relative_to(root)))
