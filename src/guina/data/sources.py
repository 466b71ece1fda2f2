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
from pathlib import Path

from guina.data.array_files import list_idx, list_npz
from guina.data.folders import list_folders
from guina.data.hub import list_hub
from guina.data.labelled import Columns, is_obvious, list_tables, say_which
from guina.data.listings import Listing
from guina.data.records import Report
from guina.data.samples import SAMPLES
from guina.data.tables import SUFFIXES
from guina.data.unlabelled import holds_pictures, list_unlabelled
from guina.errors import GuinaError, did_you_mean

LAYOUTS = "class folders (photos/cat/1.jpg), a table of paths and labels, idx files, or an .npz file"
UNLABELLED = "a folder of pictures (photos/1.jpg), a table of paths, idx files, or an .npz file"

OBVIOUS = Columns()


def list_pictures(
    source: str, splits: Sequence[str], report: Report, columns: Columns = OBVIOUS, labelled: bool = True
) -> list[Listing]:
    """The listings of a source for these splits.

    Args:
        columns: which columns of a table, or of a data set of the hub, are meant.
        labelled: whether pictures need labels; otherwise one without has "".

    Raises:
        GuinaError: there is nothing at the source, or nothing that guina knows.
    """
    path = Path(source)
    if source.startswith("hf:"):
        listings = list_hub(source.removeprefix("hf:"), splits, columns, labelled)
    elif path.is_file():
        listings = list_npz([path], splits, labelled, columns, report) if path.suffix == ".npz" else []
        listings = list_tables([path], splits, report, columns, labelled) if path.suffix in SUFFIXES else listings
    elif path.is_dir():
        arrays = sorted(path.glob("*.npz")) if labelled or not holds_pictures(path) else []
        listings = (
            list_idx(path, splits, labelled)
            or list_npz(arrays, splits, labelled, columns, report)
            or (
                list_tables(tables, splits, report, columns, labelled)
                if (tables := tables_in(path, columns, labelled))
                else []
            )
            or (list_folders if labelled else list_unlabelled)(path, splits, report)
        )
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
    asked = [listing for listing in listings if listing.split is None or listing.split in splits]
    if not asked:
        there = ", ".join(sorted(str(listing.split) for listing in listings))
        raise GuinaError(f"{source} has only a split for {there}", f"one for {' or '.join(splits)}", "add its pictures")
    return asked


def tables_in(folder: Path, columns: Columns, labelled: bool) -> list[Path]:
    """The tables in a folder that say what is what; beside folders, which may be classes, only if that is obvious, and
    so beside pictures that may do without a table.
    """
    tables = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES and path.is_file())
    if not tables:
        return []
    beside = any(path.is_dir() for path in folder.iterdir()) or (not labelled and holds_pictures(folder))
    return [] if beside and not (is_obvious if labelled else say_which)(tables, columns) else tables


def found_instead(path: Path) -> str:
    """What lies at a path that holds no pictures, for the message."""
    if path.is_file():
        return f" ({path.suffix or 'a file without extension'})"
    names = sorted(p.name + ("/" if p.is_dir() else "") for p in path.iterdir())
    return f" (found {', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else " (the folder is empty)"
