"""Texts that a job wants shown: shaded, aligned, or as lists of candidate answers."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """A piece of text under a name, each unit shaded by a number.

    Args:
        note: a few words beside the name.
        units: the text in units, as it was written.
        shade_T: −1 … 1 for each, 0 is no shade; empty: no shades.
        tips: what there is to say of each unit; empty: nothing.
    """

    name: str
    note: str
    units: Sequence[str]
    shade_T: Sequence[float] = ()
    tips: Sequence[str] = ()


@dataclass(frozen=True)
class Passages:
    """Pieces of text: what surprised a model, what one of its cells does, what it writes.

    Args:
        low, high: what shades of −1 and 1 mean; "" where there are none.
    """

    title: str
    says: str
    passages: Sequence[Passage]
    low: str = ""
    high: str = ""
