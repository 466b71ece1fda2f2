"""Samples that come with guina, or with what it needs: data for a first try without a file of one's own."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.cache import cached
from guina.data.morse import write_morse
from guina.data.number_words import PairSample, number_words
from guina.data.photos import photos


def digits(listing: Callable[..., Any]) -> list[Any]:
    """The 1,797 handwritten digits of 8×8 pixels that scikit-learn ships (Alpaydin & Kaynak 1998); every fifth of a
    class is kept for the test split.

    Args:
        listing: makes a listing of (split, stamp, load).
    """

    def load(test: bool) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
        def of_split() -> tuple[np.ndarray, np.ndarray]:
            from sklearn.datasets import load_digits

            found: Any = load_digits()
            place_N = np.zeros(len(found.target), np.int64)
            for k in range(10):
                mine = np.flatnonzero(found.target == k)
                place_N[mine] = np.arange(len(mine))
            chosen = (place_N % 5 == 4) == test
            pixels = np.round(found.images[chosen] * 255 / 16).astype(np.uint8)
            return pixels, found.target[chosen]

        return of_split

    return [listing(split, f"sample-digits-{split}-1", load=load(split == "test")) for split in ("train", "test")]


SAMPLES: dict[str, Callable[[Callable[..., Any]], list[Any]]] = {"digits": digits, "photos": photos}


def python_docs() -> list[Path]:
    """The language reference that lies inside every Python (pydoc_data.topics), one document a topic."""
    from pydoc_data.topics import topics

    text = "\n\n".join(topics[name].strip() for name in sorted(topics)).encode()

    def build(folder: Path) -> dict[str, str]:
        (folder / "python-docs.txt").write_bytes(text)
        return {}

    folder, _ = cached(f"sample-python-docs-{blake2b(text, digest_size=16).hexdigest()}", build)
    return [folder / "python-docs.txt"]


TEXTS: dict[str, Callable[[], list[Path]]] = {"python-docs": python_docs}

PAIRS: dict[str, Callable[[], PairSample]] = {"number-words": number_words}


def morse() -> Path:
    """Words in Morse code, generated: a folder of recordings and a table of texts for each split."""

    def build(folder: Path) -> dict[str, str]:
        write_morse(folder)
        return {}

    return cached("sample-morse-3", build)[0]


SOUNDS: dict[str, Callable[[], Path]] = {"morse": morse}


def scenes() -> Path:
    """Drawn scenes and what is said of them: a folder of pictures and a table of captions for each split."""

    def build(folder: Path) -> dict[str, str]:
        from guina.data.scenes import write_scenes  # it takes Pillow, which jobs on texts do not need

        write_scenes(folder)
        return {}

    return cached("sample-scenes-1", build)[0]


CAPTIONED: dict[str, Callable[[], Path]] = {"scenes": scenes}
