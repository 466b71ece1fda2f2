"""Pairs of texts for tests: some, how they are written to files, and how they are read."""

from pathlib import Path

from guina.data.pairs import read_pairs
from guina.data.records import SPLITS, Records

PAIRS = [(f"Der Hund {n}.", f"The dog {n}.") for n in range(8)]
NONE = ("", "")  # no names for the source and the target


def write(path: Path, text: str | bytes) -> str:
    """A file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def lines(pairs=PAIRS, between: str = "\t", end: str = "\n") -> str:
    """A table without quotes."""
    return "".join(f"{a}{between}{b}{end}" for a, b in pairs)


def both(folder: Path, one: str, other: str, pairs=PAIRS) -> str:
    """Two files of lines."""
    write(folder / one, "".join(f"{a}\n" for a, _ in pairs))
    write(folder / other, "".join(f"{b}\n" for _, b in pairs))
    return str(folder)


def read(path: str, *named: str, splits=SPLITS) -> Records:
    return read_pairs(path, splits, (named[0], named[1]) if named else NONE)


def pairs_of(records: Records) -> list[tuple[str, str]]:
    return list(zip(records.columns["source"], records.columns["target"], strict=True))
