"""Inputs and their names, and the names of files that are called as they are."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from guina.answering.answer import Answer, Part


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


def apart(items: Iterable[Answer | Part]) -> Iterator[Answer | Part]:
    """The same, the files of inputs that are called alike numbered: of the second 1.wav they are called 1-2."""
    taken: set[tuple[str, str, str]] = set()
    for item in items:
        if isinstance(item, Answer) and item.attachments:
            stem = name = item.attachments[0].name
            kinds = [(file.kind, file.suffix) for file in item.attachments]
            number = 1
            while any((name.casefold(), *kind) in taken for kind in kinds):  # in some file systems A.jpg is a.jpg
                number += 1
                name = f"{stem}-{number}"
            taken.update((name.casefold(), *kind) for kind in kinds)
            item = replace(item, attachments=tuple(replace(file, name=name) for file in item.attachments))
        yield item
