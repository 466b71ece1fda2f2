"""Reading pictures, the same for all jobs on them: as the settings say, as arrays, and whether they may be mirrored."""

from collections.abc import Sequence

import numpy as np

from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery
from guina.data.records import Records
from guina.data.values import Range
from guina.jobs.pictures.settings import Choice, PictureSettings


def read(
    source: str, splits: Sequence[str], settings: PictureSettings, known: Range | None = None, *, labelled: bool = True
) -> Records:
    """The pictures of a source as its settings say; see `read_gallery`."""
    columns = Columns(settings.path_column, settings.label_column)
    return read_gallery(source, splits, settings.validation, settings.max_bad, columns, labelled=labelled, known=known)


def arrays(records: Records, shape: tuple[int, int, int], classes: Sequence[str], missing: int) -> Arrays:
    """The pictures in one shape, and the number of each one's class.

    Args:
        missing: the number of what is of no class, or of another split.
    """
    decoded = decode_gallery(records, shape)
    place = {name: k for k, name in enumerate(classes)}
    target = np.full(len(decoded.columns["pixels"]), missing, np.int64)
    target[decoded.rows_N] = [place.get(str(label), missing) for label in records.columns["label"]]
    return Arrays({**decoded.columns, "target": target}, decoded.rows_N, decoded.names)


def flips(setting: Choice, some: Arrays) -> bool:
    """Whether pictures are mirrored: as the setting says, or if a mirrored one still looks like its class."""
    if setting != "auto":
        return setting == "on"
    return augment.flip_keeps_class(some.all("pixels"), some.all("target"))
