"""What jobs that make pictures of pictures know of the training pictures before they learn."""

from dataclasses import dataclass, replace
from typing import Self

from guina.answering.base import Fitted, Saved
from guina.data.values import Range


@dataclass(frozen=True)
class PictureFitted(Fitted):
    """What was learned from the training split before the training.

    Args:
        shape: H, W, C that pictures are brought to; C is 1 or 3.
        labels: the classes that training pictures are of, sorted; empty where there is one or none.
        examples: training pictures.
        fingerprint: of the data.
        flip: whether pictures are mirrored.
        range: of the numbers of an array, or of deep files, that it learned from; None: pictures as usual.
    """

    shape: tuple[int, int, int]
    labels: tuple[str, ...]
    examples: int
    fingerprint: str
    flip: bool = True
    range: Range | None = None

    @classmethod
    def restored(cls, saved: Saved) -> Self:
        found = super().restored(saved)
        return replace(found, range=Range(*found.range) if found.range else None)
