"""Data sets of the Hugging Face hub, or saved like them: `hf:NAME`, through the library `datasets` where there is one.

Pictures stay as the bytes they were stored as and go the way of all files: decoded once, bad ones named and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guina.data.labelled import LABELS, PATHS, Columns
from guina.data.listings import WORDS, Listing, split_named
from guina.data.pictures import BadPicture, read_bytes
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


def list_hub(name: str, splits: Sequence[str], columns: Columns, labelled: bool = True) -> list[Listing]:
    """The listings of a data set's splits.

    Args:
        labelled: whether each picture needs a label; otherwise one without has "".

    Raises:
        GuinaError: `datasets` is not installed, there is no such data set, or no column of pictures or labels.
    """
    data = load(name)
    listings = []
    for key, rows in data.items():
        split = WORDS.get(key) or split_named(key)
        if split is not None and split not in splits:
            continue
        picture, label = columns_of(name, rows.features, columns, labelled)
        decode = rows.features[label].int2str if label and hasattr(rows.features[label], "int2str") else str
        values = list(rows[label]) if label else [None] * len(rows)
        secret = [value is None or value == -1 for value in values]
        known = [n for n in range(len(rows)) if not (labelled and secret[n])]
        stored = rows.cast_column(picture, no_decoding())
        listings.append(
            Listing(
                split,
                f"hub-{rows._fingerprint}-{picture}-{label}",
                [f"{key}[{n}]" for n in known],
                ["" if secret[n] else decode(values[n]) for n in known],
                [HubPicture(stored, n, picture) for n in known],
            )
        )
    return [listing for listing in listings if len(listing.names)]


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
        fitting = fitting if len(fitting) == 1 else [word for word in words if word in (fitting or kinds)]
        if not fitting and (labelled or kind == "Image"):
            raise GuinaError(
                f"hf:{name} has the columns {', '.join(kinds)}",
                "one of pictures and one of labels",
                f"name it with {option}",
            )
        chosen.append(fitting[0] if fitting else "")
    return chosen[0], chosen[1]
