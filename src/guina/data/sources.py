"""Which pictures there are, as listings that are not read yet: one module a layout, chosen here.

    photos/cat/1.jpg                        class folders (folders.py)
    photos/train/cat/1.jpg  photos/test/…   class folders by split
    labels.csv, train.jsonl + test.jsonl    tables with a path and a label (labelled.py)
    train-images-idx3-ubyte.gz + train-labels-idx1-ubyte.gz, t10k-…     (array_files.py)
    data.npz with x and y, or x_train, y_train, x_test, y_test; train.npz and test.npz
    hf:NAME                                 a data set of the Hugging Face hub, or a local one (hub.py)

Where labels are optional, any folder of pictures will do (unlabelled.py), and a table, an idx file or an array x may
come without them.

A split that was not asked for is not even listed.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guina.data.array_files import list_idx, list_npz
from guina.data.columns import Columns
from guina.data.entries import entries_of
from guina.data.folders import inner_folder, list_folders
from guina.data.hub import list_hub
from guina.data.labelled import is_obvious, list_tables, say_which
from guina.data.listings import Listing
from guina.data.records import TEST, TRAIN, Report
from guina.data.samples import SAMPLES
from guina.data.split_folders import splits_below
from guina.data.split_names import splits_of_names
from guina.data.tables import SUFFIXES
from guina.data.unlabelled import holds_pictures, is_picture, list_unlabelled
from guina.data.walking import untold
from guina.errors import GuinaError, did_you_mean

LAYOUTS = "class folders (photos/cat/1.jpg), a table of paths and labels, idx files, or an .npz file"
UNLABELLED = "a folder of pictures (photos/1.jpg), a table of paths, idx files, or an .npz file"

OBVIOUS = Columns()


def list_pictures(
    source: str, splits: Sequence[str], report: Report, columns: Columns = OBVIOUS, labelled: bool = True
) -> list[Listing]:
    """The listings of a source for these splits.

    Args:
        splits: without train among them the pictures are to be judged only: where a source names no splits, all of it
            is the test split.
        columns: which columns of a table, or of a data set of the hub, are meant.
        labelled: whether pictures need labels; otherwise one without has "".

    Raises:
        GuinaError: there is nothing at the source, or nothing that guina knows.
    """
    path = Path(source)
    if source.startswith("hf:"):
        listings = list_hub(source.removeprefix("hf:"), splits, report, columns, labelled)
    elif path.is_file():
        listings = list_npz([path], splits, labelled, columns, report) if path.suffix.lower() == ".npz" else []
        listings = list_tables([path], splits, report, columns, labelled) if is_table(path) else listings
    elif path.is_dir():
        listings = list_folder(path, splits, report, columns, labelled)
    elif source in SAMPLES:
        listings = SAMPLES[source](Listing)
    else:
        raise GuinaError(f"there is nothing at {source}", "a path, or a sample", did_you_mean(source, SAMPLES))
    if not listings:
        raise GuinaError(
            f"there are no {'labelled ' if labelled else ''}pictures at {source}{found_instead(path)}",
            LAYOUTS if labelled else UNLABELLED,
            "check the path",
        )
    if TRAIN not in splits:
        judged = TEST if TEST in splits else splits[0]
        listings = [listing if listing.split else replace(listing, split=judged) for listing in listings]
    asked = [listing for listing in listings if listing.split is None or listing.split in splits]
    learned = TRAIN in splits and TEST not in splits  # there is something to be learned
    if not asked or (learned and not any(listing.split in (None, TRAIN) for listing in asked)):
        there = ", ".join(sorted(str(listing.split) for listing in listings))
        raise GuinaError(
            f"{source} has only a split for {there}",
            f"one for {TRAIN if learned else ' or '.join(splits)}",
            "add its pictures, or name the folder or the file of the split itself",
        )
    return asked


def list_folder(path: Path, splits: Sequence[str], report: Report, columns: Columns, labelled: bool) -> list[Listing]:
    """The listings of a folder: arrays, a table, or folders of pictures, whichever there is first."""

    def is_source(folder: Path) -> bool:
        folders, loose = entries_of(folder, path, untold)
        if labelled and any(p.suffix.lower() == ".npz" or "ubyte" in p.name or is_table(p) for p in loose):
            return True
        if len(folders) < 2 or any(is_picture(p) for p in loose):
            return False
        said = set(splits_of_names([f.name for f in folders], folder)) - {None}
        return labelled or len(said) > 1 or bool(splits_below(folders, path, untold))

    path = inner_folder(path, is_source, report)
    arrays = sorted(path.glob("*.npz")) if labelled or not holds_pictures(path) else []
    listings = list_idx(path, splits, labelled) or list_npz(arrays, splits, labelled, columns, report)
    if not listings and (tables := tables_in(path, columns, labelled)):
        listings = list_tables(tables, splits, report, columns, labelled)
    return listings or (list_folders if labelled else list_unlabelled)(path, splits, report)


def is_table(path: Path) -> bool:
    """Whether a file is a table by its name."""
    return path.suffix.lower() in SUFFIXES


def tables_in(folder: Path, columns: Columns, labelled: bool) -> list[Path]:
    """The tables in a folder that say what is what; beside folders, which may be classes, only if that is obvious, and
    so beside pictures that may do without a table.
    """
    folders, loose = entries_of(folder, folder, untold)
    tables = [path for path in loose if is_table(path)]
    if not tables:
        return []
    beside = bool(folders) or (not labelled and holds_pictures(folder))
    return [] if beside and not (is_obvious if labelled else say_which)(tables, columns) else tables


def found_instead(path: Path) -> str:
    """What lies at a path that holds no pictures, for the message."""
    if path.is_file():
        return f" ({path.suffix or 'a file without extension'})"
    names = sorted(p.name + ("/" if p.is_dir() else "") for p in path.iterdir())
    return f" (found {', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else " (the folder is empty)"
