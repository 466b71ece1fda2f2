"""Which data a run learned from: where they lie, and whether they are still the same.

A source such as "photos" means another folder wherever one stands, so a run also keeps the absolute path; and two
folders may be called the same, or a text be edited, so it keeps a fingerprint of the contents.
"""

from pathlib import Path

from guina.data.records import TRAIN, VAL, Records
from guina.engine.job import Job
from guina.errors import GuinaError
from guina.runfolder import RunFolder


def place_of(source: str) -> str:
    """Where data lie, whatever folder one stands in: the absolute path, or the name of a sample or of a hub's data.

    Example:
        >>> place_of("digits"), place_of("hf:user/flowers")
        ('digits', 'hf:user/flowers')
    """
    path = Path(source)
    return str(path.resolve()) if path.exists() else source


def source_of(folder: RunFolder) -> str:
    """The data of a run as they can be read now.

    Raises:
        GuinaError: they lie nowhere that is known.
    """
    info = folder.info
    place = info.get("place", info["source"])
    if place == info["source"] or Path(place).exists():
        return place
    if Path(info["source"]).exists():  # run and data may have moved together; the fingerprint will tell
        return info["source"]
    raise GuinaError(
        f"the data of {folder.path} are gone: there is nothing at {place}",
        "the data that the run learned from",
        f"put them back, or name other data to judge: guina score {folder.path} OTHER_DATA",
    )


def read_again(job: Job, folder: RunFolder) -> tuple[str, Records]:
    """The data that a run learned from, read anew: where they are, and the training and validation records.

    Raises:
        GuinaError: they are gone, or are not what they were.
    """
    source = source_of(folder)
    records = job.read(source, (TRAIN, VAL))
    if records.fingerprint != folder.info["data"]["fingerprint"]:
        raise GuinaError(
            f"{source} is not what {folder.path} learned from: its contents have changed since",
            "the same examples, or what was learned would be judged as if it were new",
            f"put them back, train anew, or name data that it did not learn from: guina score {folder.path} OTHER_DATA",
        )
    return source, records


def check_same(folder: RunFolder, source: str, records: Records) -> None:
    """Raise GuinaError unless a run that is to go on learned from these records."""
    info = folder.info
    if info["data"]["fingerprint"] == records.fingerprint:
        return
    before, now = info.get("place", info["source"]), place_of(source)
    raise GuinaError(
        f"{folder.path} learned from {before}"
        + (", whose contents have changed since" if before == now else f", and {now} holds other data"),
        "the data that it began with",
        "put them back, or train anew with another --out",
    )


def is_of(folder: RunFolder, source: str) -> bool:
    """Whether a run, begun or about to begin, is of the data at a source."""
    if folder.begun:
        info = folder.info
        return info.get("place", info["source"]) == place_of(source)
    return folder.read_status().get("place") == place_of(source)
