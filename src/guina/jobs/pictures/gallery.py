"""Reading pictures, the same for all jobs on them: as the settings say, as arrays, and whether they may be mirrored."""

from collections.abc import Sequence

import numpy as np

from guina.data import augment
from guina.data.arrays import Arrays
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery
from guina.data.records import TEST, TRAIN, VAL, Records
from guina.data.values import Range
from guina.errors import GuinaError
from guina.jobs.pictures.settings import Choice, PictureSettings


def read(
    source: str, splits: Sequence[str], settings: PictureSettings, known: Range | None = None, *, labelled: bool = True
) -> Records:
    """The pictures of a source as its settings say; see `read_gallery`."""
    columns = Columns(settings.path_column, settings.label_column)
    return read_gallery(source, splits, settings.validation, settings.max_bad, columns, labelled=labelled, known=known)


def too_few(records: Records, enough: int = 50) -> list[str]:
    """What there is to say of splits that have too few pictures to be judged by.

    Raises:
        GuinaError: there are too few to train and to judge a training.
    """
    learned, judged = records.count(TRAIN), records.count(VAL)
    if learned and judged and min(learned, judged) < 2:
        raise GuinaError(
            f"there {'are' if learned > 1 else 'is'} {learned} picture{'s' if learned > 1 else ''} to learn from and"
            f" {judged} to judge by (copies stay together)",
            "two different ones of each at least, so four in all",
            "add pictures",
        )
    few = {split: n for split in (VAL, TEST) if 0 < (n := records.count(split)) < enough}
    return [f"warning: {n} {split} pictures are few to judge by: fd says little" for split, n in few.items()]


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
