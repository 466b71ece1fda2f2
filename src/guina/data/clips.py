"""Recordings and what is said in them, from files to records: what is read, skipped, counted and split.

All recordings are decoded once, when they are read (waves.py): one that cannot be is skipped, with its reason. A text
that is empty is what is said in a recording of silence, and is kept.

Where no validation recordings are named they are cut from the training ones: by the hash of the file, or, where it is
known who speaks, by the hash of the speaker's name, so that nobody is heard on both sides.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from guina.data.clip_columns import Choice, Wanted, choose_clip_columns
from guina.data.clip_faults import (
    listed_twice,
    not_listed,
    shared_speakers,
    silent_with_text,
    sound_faults,
    split_of_folders,
    texts_that_are_empty,
)
from guina.data.clip_files import Found, find_clips
from guina.data.clip_rows import Clip, Finder, clips_of, to_text
from guina.data.listings import name_of
from guina.data.pair_columns import note
from guina.data.pair_rows import open_rows
from guina.data.ragged import Ragged
from guina.data.records import SPLITS, TRAIN, VAL, Records, Report
from guina.data.samples import SOUNDS
from guina.data.split import cut_validation, digests, duplicates
from guina.data.split_names import splits_of_names
from guina.data.text import read_text
from guina.data.waves import Waves, common_rate, load_waves
from guina.errors import GuinaError

__all__ = ["Wanted", "read_clips", "wave_column"]

OBVIOUS = Wanted()
MEND = "mend or remove them"


def read_clips(
    source: str,
    splits: Sequence[str],
    wanted: Wanted = OBVIOUS,
    validation: float = 0.1,
    split_by: str = "",
    max_bad: float = 0.01,
    rate: int = 0,
) -> Records:
    """The recordings of a source for these splits, with their texts.

    What names no split is for training, or for judging where no training recordings are wanted.

    Args:
        source: a folder, a table, a pattern, or a sample.
        wanted: which columns of a table are meant.
        validation: share of the training recordings (or speakers) to judge by, where none are named.
        split_by: a column whose values are not to be on both sides; "": that of the speakers, where there is one.
        max_bad: share of the recordings that may be skipped.
        rate: to bring them to; 0: 16 kHz, or the commonest of theirs where that is lower.

    Returns:
        Records with columns "path" (list of paths), "text", "speaker" ("" where nobody says) and "seconds"; `source` is
        their `Waves`, see `wave_column`.

    Raises:
        GuinaError: what the modules that read say of files, columns and lines; too many that cannot be used; too few to
            cut.

    Example:
        >>> records = read_clips("morse", ("test",))
        >>> len(records), records.source.rate
        (100, 8000)
    """
    report = Report()
    place = str(SOUNDS[source]()) if source in SOUNDS and not Path(source).exists() else source
    found = find_clips(place, splits, wanted.encoding, report, list(SOUNDS))
    clips, by = listed_clips(found, splits, wanted, split_by, report)
    clips = {split: listed_twice(some, report) for split, some in clips.items()}
    given = [split for split in SPLITS if clips.get(split)]
    if not given:  # why, where they are many
        report.stop_when_too_bad(0.0, "recordings", MEND)
    check_splits(source, given, splits)
    all_clips = [clip for split in given for clip in clips[split]]
    names = [name_of(clip.path, found.root) for clip in all_clips]
    report.found += len(all_clips)
    to_rate = rate or common_rate([clip.path for clip in clips[given[0]]])
    waves = load_waves([clip.path for clip in all_clips], names, to_rate, report)
    report.stop_when_too_bad(max_bad, "recordings", MEND)
    if not len(waves.kept_N):
        raise GuinaError(f"no recording of {source} can be used", "WAV, FLAC, Ogg or MP3", "see why: guina check")
    kept = [all_clips[n] for n in waves.kept_N.tolist()]
    names = [names[n] for n in waves.kept_N.tolist()]
    report.used = len(kept)
    split_N = np.repeat([SPLITS.index(split) for split in given], [len(clips[split]) for split in given])[waves.kept_N]
    speakers = [clip.speaker for clip in kept]
    if TRAIN in splits and VAL in splits and not (split_N == SPLITS.index(VAL)).any():
        cut(split_N, waves.digest_ND, speakers, validation, by if split_by else "", report)
    texts = [clip.text for clip in kept]
    digest_SD = {split: waves.digest_ND[split_N == SPLITS.index(split)] for split in SPLITS}
    report.problems += duplicates({split: those for split, those in digest_SD.items() if len(those)}, "recordings")
    report.problems += shared_speakers(speakers, split_N) + texts_that_are_empty(texts)
    report.problems += silent_with_text(waves, texts, names) + sound_faults(waves)
    said = "\0".join(["clips-1", str(waves.rate), *names, *texts, *speakers]).encode("utf-8", "surrogatepass")
    mark = hashlib.blake2b(said + waves.digest_ND.tobytes() + split_N.tobytes(), digest_size=16).hexdigest()
    columns = {
        "path": [clip.path for clip in kept],
        "text": texts,
        "speaker": speakers,
        "seconds": np.array(waves.seconds_N),
    }
    return Records(names, split_N, columns, waves, mark, report)


def wave_column(records: Records, rate: int = 0) -> Ragged:
    """The samples of the whole source, int16: row `records.rows[n]` is recording n's.

    Args:
        records: of `read_clips`, or some of them.
        rate: that a network was trained at; 0: that of the records. Another one is decoded anew.

    Raises:
        GuinaError: a recording has changed since it was read.
    """
    waves: Waves = records.source
    if rate in (0, waves.rate):
        return waves.wave
    assert len(records) == len(waves.kept_N), "read_clips(..., rate=…) brings some of them to another rate"
    again = load_waves(records.columns["path"], records.names, rate)
    if len(again.kept_N) < len(records):
        raise GuinaError("recordings have changed since they were read", "files that stay as they are", "try again")
    return again.wave


def check_splits(source: str, given: Sequence[str], splits: Sequence[str]) -> None:
    """Raise GuinaError unless there are recordings to learn from, or of a split that is wanted."""
    if not given or (TRAIN in splits and TRAIN not in given):
        raise GuinaError(
            f"{source} has recordings for {' and '.join(given)} only"
            if given
            else f"{source} has no recordings to use",
            f"recordings for {TRAIN if TRAIN in splits else ' or '.join(splits)}",
            "add them, or name the folder or the table itself",
        )


def cut(
    split_N: np.ndarray, digest_ND: np.ndarray, speakers: Sequence[str], share: float, by: str, report: Report
) -> None:
    """Move recordings from the training split to validation: whole speakers, where these are known.

    Args:
        by: the column that the user named to split by; "": none.

    Raises:
        GuinaError: the named column has one value only, or there are too few recordings.
    """
    train_M = np.flatnonzero(split_N == SPLITS.index(TRAIN))
    who = [speakers[int(n)] for n in train_M]
    different = len(set(who))
    if by and different < 2:
        raise GuinaError(
            f"--split-by {by}: all training recordings have the same value, {who[0] or 'none'}",
            "two at least: some to learn from and some to judge by",
            "name another column, or leave --split-by out",
        )
    if different < 2:
        chosen_M = cut_validation(digest_ND[train_M], [""] * len(train_M), share, "recording")
    else:
        chosen_M = cut_validation(
            digests(name.encode("utf-8", "surrogatepass") for name in who), [""] * len(who), share
        )
        n, heard = int(chosen_M.sum()), len({name for name, is_val in zip(who, chosen_M, strict=True) if is_val})
        note(
            report,
            f"{n:,} recordings of {heard} of {different} speakers are kept to judge by: none of these is learned from",
        )
    split_N[train_M[chosen_M]] = SPLITS.index(VAL)


# --- from files ---


def listed_clips(
    found: Found, splits: Sequence[str], wanted: Wanted, split_by: str, report: Report
) -> tuple[dict[str, list[Clip]], str]:
    """The recordings of each split that tables list, or that have a text beside them; and the column of speakers.

    Raises:
        GuinaError: a column to split by, and no table that could have it.
    """
    clips: dict[str, list[Clip]] = {split: [] for split in SPLITS}
    if not found.tables:
        if split_by:
            raise GuinaError(
                f"--split-by {split_by}, and there is no table",
                "a table with such a column: path, text and speaker",
                "write the texts into a table, or leave --split-by out",
            )
        for split, paths in found.beside.items():
            clips[split] = [text_beside(path, found, wanted.encoding, report) for path in paths]
        return clips, ""
    by = ""
    for split in SPLITS:
        for path in found.tables.get(split, []):
            table = open_rows(path, report, wanted.encoding)
            finder = Finder(path.parent, found.sounds)
            choice, rows = choose_clip_columns(table, wanted, split_by, finder.is_there, report)
            read = list(clips_of(path, rows, choice, table.keys, finder, report))
            report.problems += not_listed(path, finder.meant, found)
            for said, clip in said_splits(read, split, choice, path, len(found.all_tables) == 1, report):
                if said in splits:
                    clips[said].append(clip)
            by = by or choice.speaker_name
    return clips, by


def said_splits(
    clips: Sequence[Clip], split: str, choice: Choice, table: Path, alone: bool, report: Report
) -> list[tuple[str, Clip]]:
    """The split of each recording of a table: as a column says, or the folders of the paths, or that of the table.

    Args:
        alone: whether there is no other table.
    """
    if choice.split is None:
        said = split_of_folders([clip.path.relative_to(table.parent) for clip in clips]) if alone else None
        return [(said[n] if said else split, clip) for n, clip in enumerate(clips)]
    values = sorted({clip.split for clip in clips})
    meant = dict(zip(values, splits_of_names(values, f"{table}, the column of splits"), strict=True))
    kept: list[tuple[str, Clip]] = []
    for clip in clips:
        if (named := meant[clip.split]) is None:
            report.found += 1
            report.skip(clip.where, f"its split is {clip.split or 'empty'}, neither train, val nor test")
        else:
            kept.append((named, clip))
    return kept


def text_beside(path: Path, found: Found, encoding: str, report: Report) -> Clip:
    """A recording with the text that lies beside it.

    Raises:
        GuinaError: the text is none, or in another encoding.
    """
    name = name_of(path, found.root)
    said = "".join(read_text(path.with_suffix(".txt"), report, encoding))
    return Clip(path, to_text(said, name, report), "", "", name)
