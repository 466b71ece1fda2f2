"""Captioned pictures for tests: small ones, all different, and tables that list them."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from guina.data.captions import Wanted, read_captions
from guina.data.records import SPLITS, Records

ALL = ("train", "val", "test")
LEARN = ("train", "val")
Rows = Sequence[tuple[str, ...]]
COLOURS = {"red": (200, 30, 30), "green": (30, 170, 30), "blue": (30, 60, 200), "yellow": (210, 200, 30)}
SIDE = 16


def noise(seed: int, size: tuple[int, int] = (9, 8)) -> np.ndarray:
    """A picture that no other seed gives, H×W×3."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)


def put(path: Path, seed: int = 0, size: tuple[int, int] = (9, 8)) -> np.ndarray:
    """A picture as a file, without losses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = noise(seed, size)
    Image.fromarray(pixels).save(path, format="PNG")
    return pixels


def draw(folder: Path, names: Sequence[str], seed: int = 0) -> list[str]:
    """A picture of each name, all different."""
    for n, name in enumerate(names):
        put(folder / name, seed + n)
    return list(names)


def some(folder: Path, count: int = 6, each: int = 2, seed: int = 0) -> Rows:
    """Pictures 0.png, 1.png …, and rows that say several captions of each."""
    names = draw(folder, [f"{n}.png" for n in range(count)], seed)
    return [(name, f"caption {k} of {name[:-4]}") for name in names for k in range(each)]


def as_csv(rows: Rows) -> str:
    """As programs write it."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


def naive(rows: Rows, delimiter: str = ",") -> str:
    """As people write it: nothing is quoted."""
    return "".join(delimiter.join(row) + "\n" for row in rows)


def table(path: Path, rows: Rows, header: tuple[str, ...] = ("image", "caption")) -> str:
    """A table by its ending; the folder that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    every = [header, *rows] if header else [*rows]
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    else:
        text = as_csv(every) if path.suffix == ".csv" else naive(every, "\t")
    path.write_bytes(text.encode())
    return str(path.parent)


def lines(path: Path, *texts: str) -> str:
    """A file of lines; the folder that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return str(path.parent)


def read(source: object, splits: Sequence[str] = ("train",), **columns: str) -> Records:
    """All of a source as training pictures; or by split."""
    return read_captions(str(source), splits, Wanted(**columns))


def said(records: Records) -> dict[str, list[str]]:
    """Picture → its captions."""
    return dict(zip(records.names, records.columns["captions"], strict=True))


def grouped(rows: Rows) -> dict[str, list[str]]:
    """The same of rows, without anything of guina's."""
    of: dict[str, list[str]] = {}
    for name, caption in rows:
        of.setdefault(name, []).append(caption)
    return of


def split_of(records: Records) -> dict[str, str]:
    return {name: SPLITS[n] for name, n in zip(records.names, records.split_N.tolist(), strict=True)}


def skipped(records: Records) -> dict[str, list[str]]:
    """Reason → names."""
    return {why: told["for example"] for why, told in records.report.as_json()["skipped"].items()}


def converted(records: Records) -> dict[str, list[str]]:
    return {how: told["for example"] for how, told in records.report.as_json()["converted"].items()}


def colour(name: str, seed: int) -> np.ndarray:
    """A picture of a colour, with some noise."""
    rng = np.random.default_rng(seed)
    return np.clip(np.array(COLOURS[name]) + rng.normal(0, 12, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def coloured(folder: Path, each: int = 15) -> Path:
    """Pictures of four colours, and two captions of each."""
    folder.mkdir(parents=True)
    rows = []
    for n in range(each * len(COLOURS)):
        name = list(COLOURS)[n % len(COLOURS)]
        Image.fromarray(colour(name, n)).save(folder / f"{n}.png")
        rows += [(f"{n}.png", f"A picture of {name} paper."), (f"{n}.png", f"All of this is {name}.")]
    table(folder / "captions.csv", rows)
    return folder
