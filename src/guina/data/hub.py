"""Data sets of the Hugging Face hub, or saved like them: `hf:NAME`, through the library `datasets` where there is one.

Pictures stay as the bytes they were stored as and go the way of all files: decoded once, bad ones named and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guina.data.class_names import class_name, without_missing
from guina.data.columns import LABELS, PATHS, Columns, bare
from guina.data.listings import Listing
from guina.data.pictures import BadPicture, read_bytes
from guina.data.records import Report
from guina.data.split_names import splits_of_names
from guina.errors import GuinaError, did_you_mean


@dataclass(frozen=True)
class HubPicture:
    """A picture in a row of a data set."""

    rows: Any
    row: int
    column: str

    def read(self) -> bytes:
        stored = self.rows[self.row][self.column]
        if not stored:
            raise BadPicture("zero bytes")
        return stored["bytes"] if stored["bytes"] is not None else read_bytes(Path(stored["path"]))


def list_hub(
    name: str, splits: Sequence[str], report: Report, columns: Columns, labelled: bool = True
) -> list[Listing]:
    """The listings of a data set's splits.

    Args:
        labelled: whether each picture needs a label; otherwise one without has "".

    Raises:
        GuinaError: `datasets` is not installed, there is no such data set, or no column of pictures or labels.
    """
    data = load(name)
    said = dict(zip(data, splits_of_names(list(data), f"hf:{name}"), strict=True))
    listings = []
    for key, rows in data.items():
        split = said[key]
        if split is None and any(said.values()):
            report.problems.append(f"left out: {key} of hf:{name} is neither train, val nor test")
            continue
        if split is not None and split not in splits:
            continue
        if split is not None and any(listing.split == split for listing in listings):
            twice = ", ".join(other for other in said if said[other] == split)
            raise GuinaError(
                f"hf:{name} has more than one {split} split: {twice}", "one of each", "save the one you mean alone"
            )
        listings.append(list_split(name, key, rows, split, columns, labelled, report))
    return [listing for listing in listings if len(listing.names)]


def list_split(
    name: str, key: str, rows: Any, split: str | None, columns: Columns, labelled: bool, report: Report
) -> Listing:
    """The listing of one split; pictures without a label are skipped where each needs one."""
    picture, label = columns_of(name, rows.features, columns, labelled)
    labels = labels_of(rows, label) if label else [""] * len(rows)
    known = [n for n in range(len(rows)) if labels[n] or not labelled]
    if labelled and not known:
        report.problems.append(f"left out: no picture of {key} has a label")
    elif len(known) < len(rows):
        report.found += len(rows) - len(known)
        for n in set(range(len(rows))).difference(known):
            report.skip(f"{key}[{n}]", "no label")
    stored = rows.cast_column(picture, no_decoding())
    return Listing(
        split,
        f"hub-{rows._fingerprint}-{picture}-{label}",
        [f"{key}[{n}]" for n in known],
        [labels[n] for n in known],
        [HubPicture(stored, n, picture) for n in known],
    )


def labels_of(rows: Any, label: str) -> list[str]:
    """The class of each row, "" where it has none: null, or −1 beside classes that are numbered from 0.

    Raises:
        GuinaError: a label is a list or an object.
    """
    feature, values = rows.features[label], list(rows[label])
    decode = feature.int2str if hasattr(feature, "int2str") else None
    secret = decode is not None or 0 in values  # of −1 and 1 both are classes
    odd = next((n for n, value in enumerate(values) if isinstance(value, (list, dict))), None)
    if odd is not None:
        raise GuinaError(
            f"row {odd} of the column {label} is {type(values[odd]).__name__}",
            "one text or number for each picture",
            "name another column with --label-column",
        )
    there = [None if value == -1 and secret else value for value in values]
    return without_missing(
        [class_name(decode(value) if decode is not None and value is not None else value) for value in there]
    )


def load(name: str) -> Any:
    """The data set's splits by name."""
    try:
        import datasets
    except ImportError:
        raise GuinaError(
            f"hf:{name} needs the library datasets", "an installed datasets", 'pip install "guina[hub]"'
        ) from None
    try:
        data = datasets.load_from_disk(name) if (Path(name) / "dataset_dict.json").exists() else None
        data = datasets.load_dataset(name) if data is None else data
    except Exception as error:  # noqa: BLE001  the library raises errors of a dozen others
        raise GuinaError(
            f"hf:{name} cannot be loaded: {str(error).splitlines()[0]}",
            "the name of a data set of the hub that needs no script, or a folder of one",
            "check the name and the connection",
        ) from None
    return data if isinstance(data, datasets.DatasetDict) else {"train": data}


def no_decoding() -> Any:
    from datasets import Image

    return Image(decode=False)


def columns_of(name: str, features: Any, columns: Columns, labelled: bool = True) -> tuple[str, str]:
    """The columns of pictures and labels: by what they are, then by what they are called; "" if there need be none."""
    kinds = {key: type(feature).__name__ for key, feature in features.items()}
    chosen = []
    for asked, kind, words, option in (
        (columns.path, "Image", PATHS, "--path-column"),
        (columns.label, "ClassLabel", LABELS, "--label-column"),
    ):
        if asked and asked not in kinds:
            raise GuinaError(f"hf:{name} has no column {asked}", ", ".join(kinds), did_you_mean(asked, kinds))
        fitting = [asked] if asked else [key for key in kinds if kinds[key] == kind]
        if len(fitting) != 1:
            fitting = [key for key in fitting or kinds if bare(key) in words] or fitting
        if len(fitting) > 1 or (not fitting and (labelled or kind == "Image")):
            said = f": {' and '.join(fitting)} could each be it" if fitting else ""
            raise GuinaError(
                f"hf:{name} has the columns {', '.join(kinds)}{said}",
                "one of pictures and one of labels",
                f"name it with {option}",
            )
        chosen.append(fitting[0] if fitting else "")
    return chosen[0], chosen[1]
