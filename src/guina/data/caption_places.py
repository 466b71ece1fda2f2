"""From a path in a table of captions to the picture that it means: what people leave out of it, or write otherwise.

    images/1.jpg                the path itself, from the table's folder on
    1.jpg                       the folder left out, where one picture only is called so below it
    1  IMG_1.JPG  1.jpg#0       the ending left out, other capitals, the number of the caption behind it

Where no picture lies below the table's folder (text/captions.csv beside images/1.jpg) all that the user named counts.
"""

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from guina.data.columns import PICTURES
from guina.data.places import Places, exists, outside

BESIDE = (  # words of the names of folders that hold the pictures of a table beside them
    *("images", "image", "imgs", "img", "pictures", "picture", "pics", "photos", "photo", "jpg", "jpeg", "png"),
    *("dataset", "data", "files", "图片", "照片"),
)
COMPLETED = "a path without its folder or its ending, completed"
CAPITALS = "a path in other capitals than the file's name"
NUMBERED = "a caption's number behind a path (#0), left out"
NUMBER = re.compile(r"#[0-9]+$")
LONGEST = 1000  # characters of a path: nothing longer is looked for


class Finder:
    """Finds the pictures that a table means.

    Args:
        folder: where the table lies.
        root: what the user named: a folder above that, or it.
        pictures: all that were found below the root.
    """

    def __init__(self, folder: Path, root: Path, pictures: Sequence[Path]) -> None:
        self.folder = base_of(folder, root, pictures)
        self.inside = root.resolve()
        self.places = Places(self.folder)
        self.meant: set[Path] = set()  # all that rows named
        self.whole: dict[str, Path | None] = {}  # a path from the folder on → the picture; None: there are several
        self.bare: dict[str, Path | None] = {}  # the same without its ending
        self.named: dict[str, Path | None] = {}  # its name alone, with its ending and without
        for path in pictures:
            if path.is_relative_to(self.folder):
                below = path.relative_to(self.folder)
                add(self.whole, below.as_posix(), path)
                add(self.bare, below.with_suffix("").as_posix(), path)
                for name in {path.name, path.stem}:
                    add(self.named, name, path)

    def find(self, place: str) -> tuple[Path, str]:
        """The file that a path means, there or not, and how it was read."""
        found = self.places.find(place)
        if exists(found.path):
            return found.path, found.how
        if (shorter := NUMBER.sub("", place)) not in ("", place):
            path, how = self.find(shorter)
            return path, "; ".join(filter(None, (NUMBERED, how)))
        key = folded(place.replace("\\", "/").removeprefix("./"))
        if path := self.whole.get(key):
            return path, CAPITALS
        path = self.bare.get(key) or (self.named.get(key) if "/" not in key else None)
        return (path, COMPLETED) if path else (found.path, found.how)

    def is_there(self, place: str) -> bool:
        """Whether a value is the path of a picture."""
        place = place.strip()
        return bool(place) and len(place) < LONGEST and not outside(place) and os.path.isfile(self.find(place)[0])


def base_of(folder: Path, root: Path, pictures: Sequence[Path]) -> Path:
    """The folder from which the paths of a table count: its own, or all that the user named if that has no pictures.

    Example:
        >>> root, pictures = Path("a"), [Path("a/images/1.jpg")]
        >>> base_of(Path("a/images"), root, pictures).as_posix(), base_of(Path("a/text"), root, pictures).as_posix()
        ('a/images', 'a')
    """
    return folder if any(path.is_relative_to(folder) for path in pictures) else root


def add(places: dict[str, Path | None], name: str, path: Path) -> None:
    """Note which picture a name means; None once there are two."""
    key = folded(name)
    places[key] = path if places.get(key, path) == path else None


def folded(name: str) -> str:
    """A name without what capitals and encodings of letters make of it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def looks_like_one(place: str) -> bool:
    """Whether a value looks like the path of a picture, by its ending.

    Example:
        >>> looks_like_one("a/1.JPG"), looks_like_one("1.jpg#0"), looks_like_one("a dog")
        (True, True, False)
    """
    return NUMBER.sub("", place.strip()).lower().endswith(PICTURES)


def holds_pictures_of_tables(folder: Path) -> bool:
    """Whether a folder is called as those are that hold the pictures of a table beside them.

    Example:
        >>> [holds_pictures_of_tables(Path(name)) for name in ("Images", "flickr30k_images", "src")]
        [True, True, False]
    """
    return any(word in BESIDE for word in re.split(r"[\W_]+", folder.name.lower()))
