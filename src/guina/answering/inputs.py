"""Inputs and their names."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def named(things: Iterable[Any], noun: str) -> Iterator[tuple[str, Any]]:
    """Each input with what it is called: a path as it is, anything else by its place.

    Args:
        noun: what an input without a path is called.

    Example:
        >>> list(named(["a.jpg", b"..."], "picture"))
        [('a.jpg', 'a.jpg'), ('picture 2', b'...')]
    """
    for n, thing in enumerate(things, 1):
        yield str(thing) if isinstance(thing, (str, Path)) else f"{noun} {n}", thing
