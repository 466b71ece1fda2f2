"""Which files are recordings, and which tables say what is said in them.

    clips/transcripts.tsv   clips/1.wav …              a table with a path and a text a row, paths from its folder on
    train/transcripts.tsv   test/transcripts.tsv       one in each folder of a split
    train.tsv  dev.tsv  test.tsv  clips/1.mp3 …        one a split
    metadata.csv  wavs/1.wav …                         any of these may leave out the folder and the ending
    1.wav  1.txt  2.wav  2.txt                         a text beside each recording

Splits are recognised by name, as of all files (split_files.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from guina.data.clip_rows import BESIDE
from guina.data.entries import entries_sorted, folder_names, leave_out, teller, those_inside
from guina.data.listings import name_of
from guina.data.pair_rows import SUFFIXES, is_table
from guina.data.records import Report
from guina.data.sound_kinds import OTHERS, READ
from guina.data.split_files import files_by_split
from guina.data.walking import files_at, root_of, walk
from guina.errors import GuinaError, did_you_mean

CALLED = (  # how a table beside others is called that has the texts
    *("transcripts", "transcript", "transcriptions", "transcription", "metadata", "texts", "text", "manifest"),
    *("sentences", "captions", "index"),
)
LAYOUTS = (
    "recordings (WAV, FLAC, Ogg, MP3) with a table of paths and texts (transcripts.tsv), or with a .txt beside each"
)


NO_TEXT = "no text: no .txt of its name beside it"


class Found(NamedTuple):
    """What lies at a source.

    Args:
        root: the folder from which recordings are named.
        tables: split → tables; empty where the texts stand beside the recordings.
        beside: split → recordings that have a text beside them.
        sounds: all recordings below the root.
        all_tables: those of other splits too.
    """

    root: Path
    tables: dict[str, list[Path]]
    beside: dict[str, list[Path]]
    sounds: list[Path]
    all_tables: list[Path]


def find_clips(source: str, splits: Sequence[str], encoding: str, report: Report, samples: Sequence[str]) -> Found:
    """The files of a source for these splits.

    Args:
        samples: names that are none of files, for a message.

    Raises:
        GuinaError: there is nothing at the source, or no recordings with texts.
    """
    path, root = Path(source), root_of(source)
    if path.is_file():
        if not is_table(path, encoding, outright=True):
            raise GuinaError(
                f"{path} is {'a recording without a text' if is_sound(path) else 'no table'}",
                LAYOUTS,
                "name the folder, or the table that lists recordings and texts",
            )
        sounds = [file for file in near(path.parent) if is_sound(file)]
        split = next(iter(files_by_split([path], path, splits, report)))
        return Found(path.parent, {split: [path]}, {}, sounds, [path])
    files = list(files_at(source, teller(report, root)))
    sounds = [file for file in files if is_sound(file)]
    tables = tables_of(files, root, encoding, report)
    if not sounds:
        raise nothing_at(source, path, root, files, samples)
    if tables:
        return Found(root, files_by_split(tables, root, splits, report, "tables"), {}, sounds, tables)
    told = with_text(sounds, root, report)
    if not told:
        raise GuinaError(
            f"{source} has {len(sounds):,} recording{'s' if len(sounds) > 1 else ''}, and no texts",
            LAYOUTS,
            "write a table transcripts.tsv with the columns path and text, one recording a row",
        )
    return Found(root, {}, files_by_split(told, root, splits, report, "recordings"), sounds, [])


def tables_of(files: Sequence[Path], root: Path, encoding: str, report: Report) -> list[Path]:
    """The tables that say what is said: those that are called so in a folder, or all that are there.

    Others beside them are left out, which is said.
    """
    tables = [file for file in files if file.suffix.lower() in SUFFIXES and is_table(file, encoding)]
    called = [file for file in tables if file.stem.lower() in CALLED]
    if called and len(called) < len(tables):
        leave_out([file for file in tables if file not in set(called)], root, f"beside {called[0].name}", report)
    return called or tables


def is_sound(path: Path) -> bool:
    """Whether a file is a recording, by its name; also one that cannot be read, so that it is named."""
    return path.suffix.lower() in (*READ, *OTHERS)


def nothing_at(source: str, path: Path, root: Path, files: Sequence[Path], samples: Sequence[str]) -> GuinaError:
    """What to say where there are no recordings."""
    if not path.exists() and root == path:
        return GuinaError(
            f"there is nothing at {source}", "a folder, a table, or a sample", did_you_mean(source, samples)
        )
    names = [name_of(file, root) for file in files[:5]]
    found = f" (found {', '.join(names)}{', …' if len(files) > 5 else ''})" if names else " (the folder is empty)"
    return GuinaError(f"there are no recordings at {source}{found}", LAYOUTS, "check the path")


def with_text(sounds: Sequence[Path], root: Path, report: Report) -> list[Path]:
    """The recordings that have a text beside them; the others are skipped, and so are links that lead out."""
    inside = those_inside(sounds, root, report)
    beside = {file: file.with_suffix(".txt") for file in inside}
    there = set(those_inside([text for text in beside.values() if os.path.isfile(text)], root, report))
    told = [file for file, text in beside.items() if text in there]
    for file in inside if told else ():
        if not os.path.isfile(beside[file]):
            report.found += 1
            report.skip(name_of(file, root), NO_TEXT)
    return told


def near(folder: Path) -> list[Path]:
    """The files right in the folder of a table that is named outright, and below its folders that are called for
    recordings: there may be much else around it.
    """
    folders = folder_names(folder)
    inner = [file for found in folders if found.name.lower() in BESIDE for file in walk(found)]
    return [*entries_sorted(folder), *inner]
