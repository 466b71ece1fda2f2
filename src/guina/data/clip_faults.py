"""What is odd about recordings and their texts: what is listed twice or by no table, silence, clipping, speakers.

What is odd and may be meant is counted and said; the same recording with two texts is skipped the second time.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from guina.data.clip_files import Found
from guina.data.clip_rows import Clip
from guina.data.listings import name_of
from guina.data.records import SPLITS, TEST, TRAIN, VAL, Report
from guina.data.split_names import splits_of_names
from guina.data.waves import Waves

SILENT = 1e-3  # the largest sample below which nothing is to be heard: −60 dB
CLIPPED = 1e-3  # share of samples at the top from which a recording counts as clipped
SHOWN = 3  # names given as examples
OTHER_TEXT = "listed before with another text"


def listed_twice(clips: Sequence[Clip], report: Report) -> list[Clip]:
    """Each recording once: a second row of the same text is left out, one of another text is skipped."""
    first: dict[Path, Clip] = {}
    again: list[str] = []
    for clip in clips:
        before = first.setdefault(clip.path, clip)
        if before is clip:
            continue
        if before.text == clip.text:
            again.append(clip.where)
        else:
            report.found += 1
            report.skip(clip.where, OTHER_TEXT)
    if again:
        rows = "1 row" if len(again) == 1 else f"{len(again):,} rows"
        report.problems.append(f"left out: {rows} of recordings that are listed before ({listed(again)})")
    return list(first.values())


def not_listed(table: Path, here: set[Path], found: Found) -> list[str]:
    """What there is to say of recordings in a table's folder that it does not list.

    Nothing, where another table there may list them.

    Args:
        here: those that it lists.
    """
    others = [other for other in found.all_tables if other != table]
    if any(other.parent == table.parent for other in others):
        return []
    inner = [other.parent for other in others if other.parent.is_relative_to(table.parent)]
    left = [
        path
        for path in found.sounds
        if path.is_relative_to(table.parent)
        and path not in here
        and not any(path.is_relative_to(folder) for folder in inner)
    ]
    if not left:
        return []
    names = listed([name_of(path, found.root) for path in left])
    one = "1 recording that is" if len(left) == 1 else f"{len(left):,} recordings that are"
    return [f"left out: {one} not in {name_of(table, found.root)} ({names})"]


def split_of_folders(places: Sequence[Path]) -> list[str] | None:
    """The split of each path where all lie in folders of splits, train among them and another; None otherwise.

    Example:
        >>> split_of_folders([Path("train/1.wav"), Path("test/2.wav")]), split_of_folders([Path("1.wav")])
        (['train', 'test'], None)
    """
    tops = [place.parts[0] if len(place.parts) > 1 else "" for place in places]
    names = sorted(set(tops))
    if len(names) < 2 or "" in names:
        return None
    said = splits_of_names(names, "the folders of the recordings")
    if TRAIN not in said or None in said or len(set(said)) < 2:
        return None
    of = {name: split for name, split in zip(names, said, strict=True) if split}
    return [of[top] for top in tops]


def shared_speakers(speakers: Sequence[str], split_N: np.ndarray) -> list[str]:
    """What there is to say of speakers that are learned from and judged by.

    Example:
        >>> shared_speakers(["ann", "bob", "ann"], np.array([0, 0, 2]))
        ['warning: 1 of 1 speakers of the test split is in the training split too: scores on test are of known voices']
    """
    of = {
        split: {name for name, n in zip(speakers, split_N.tolist(), strict=True) if n == k and name}
        for k, split in enumerate(SPLITS)
    }
    notes = []
    for split in (VAL, TEST):
        both = len(of[split] & of[TRAIN])
        are = "are" if both > 1 else "is"
        if both:
            notes.append(
                f"warning: {both} of {len(of[split])} speakers of the {split} split {are} in the"
                f" training split too: scores on {split} are of known voices"
            )
    return notes


def texts_that_are_empty(texts: Sequence[str]) -> list[str]:
    """What there is to say of empty texts.

    Example:
        >>> texts_that_are_empty(["", "yes"])
        ['1 recording has an empty text: silence is learned from it']
    """
    n = sum(not text for text in texts)
    if not n:
        return []
    have = "1 recording has" if n == 1 else f"{n:,} recordings have"
    return [f"{have} an empty text: silence is learned from {'it' if n == 1 else 'them'}"]


def silent_with_text(waves: Waves, texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """What there is to say of recordings in which nothing is to be heard, and that have a text."""
    said_N = np.array([bool(text) for text in texts], bool)
    silent = np.flatnonzero((waves.peak_N < SILENT) & said_N).tolist()
    if not silent:
        return []
    are = "1 recording is" if len(silent) == 1 else f"{len(silent):,} recordings are"
    have = "has" if len(silent) == 1 else "have"
    return [f"warning: {are} silent, and {have} a text ({listed([names[n] for n in silent])})"]


def sound_faults(waves: Waves) -> list[str]:
    """What there is to say of recordings whose loudest parts are cut."""
    n = int((waves.clipped_N >= CLIPPED).sum())
    if not n:
        return []
    return [f"{n:,} of {len(waves.clipped_N):,} recordings are clipped: their loudest parts are cut flat"]


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
