"""Which columns of a table are the recordings, the texts, the speakers and the splits.

A column that is called so wins, the first of the words below before the others. Without a header the columns are called
"column 1", "column 2" …, and the recordings are where most values are files that are there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from guina.data.columns import SPLIT_COLUMNS, bare
from guina.data.pair_columns import NUMBERED, note, without_end
from guina.data.pair_rows import TRIED, Row, RowTable
from guina.data.records import Report
from guina.data.sound_kinds import OTHERS, READ
from guina.data.split_names import split_named
from guina.errors import GuinaError, did_you_mean

PATHS = (
    *("path", "filepath", "audiopath", "audiofilepath", "file", "filename", "audiofile", "audiofilename", "audio"),
    *("wav", "wavpath", "wavfile", "wavfilename", "wavfilepath", "soundfile", "sound", "recording", "clip", "clippath"),
    *("clipname", "utteranceid", "uttid", "fileid", "id"),
)
TEXTS = (
    *("text", "transcript", "transcripts", "transcription", "sentence", "words", "utterance", "normalizedtext"),
    *("normalizedtranscription", "rawtranscription", "caption", "content", "label", "target"),
)
SPEAKERS = ("speaker", "speakerid", "speakername", "spk", "spkid", "clientid", "reader", "readerid", "voice")
SHOWN = 20  # characters of a value in a message


@dataclass(frozen=True)
class Wanted:
    """What the user says of the tables; "" each: the obvious.

    Args:
        path, text: columns, by name or by number.
        encoding: of the files.
    """

    path: str = ""
    text: str = ""
    encoding: str = "utf-8"


class Choice(NamedTuple):
    """The places of the columns of a table; None: there is none.

    Args:
        width: how many fields a row has.
        speaker_name: how the column of speakers is called.
    """

    path: int
    text: int
    speaker: int | None
    split: int | None
    width: int
    headed: bool
    speaker_name: str


def choose_clip_columns(
    table: RowTable, wanted: Wanted, split_by: str, is_there: Callable[[str], bool], report: Report
) -> tuple[Choice, Iterator[Row]]:
    """The columns that are meant, and the rows without the header.

    Args:
        split_by: the column that must not be on both sides; "": that of the speakers, if there is one.
        is_there: whether a value is the path of a recording.

    Raises:
        GuinaError: there are none, a named one is not there, or it is not obvious which are meant.
    """
    rows = iter(table.rows)
    first = list(islice(rows, TRIED))
    if not first:
        raise GuinaError(f"{table.path} has no rows", "a recording and its text in each", "fill it, or remove it")
    if table.keys is not None:
        headed, names = True, list(table.keys)
    else:
        above = [str(field).strip().strip('"') for field in first[0][1]]
        below = first[1][1] if len(first) > 1 else []
        headed = is_header(above, below, (wanted.path, wanted.text, split_by), is_there)
        names = without_end(above) if headed else []
        width = len(names) if headed else Counter(len(fields) for _, fields in first).most_common(1)[0][0]
        names = [name or f"column {k}" for k, name in enumerate(names or [""] * width, 1)]
        first = first[headed:]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise GuinaError(f"{table.path} has two columns called {twice[0]}", "a name for each", "rename one")
    columns = ClipColumns(table, names, headed, [fields for _, fields in first])
    speaker = columns.find(split_by, "--split-by") if split_by else columns.called(SPEAKERS)
    split = columns.split()
    path = columns.find(wanted.path, "--path-column") if wanted.path else columns.paths(is_there)
    taken = [k for k in (path, speaker, split) if k is not None]
    text = columns.find(wanted.text, "--text-column") if wanted.text else columns.texts(taken, report)
    named = names[speaker] if speaker is not None else ""
    return Choice(path, text, speaker, split, len(names), headed, named), chain(first, rows)


def is_header(
    first: Sequence[str], below: Sequence[str], asked: Sequence[str], is_there: Callable[[str], bool]
) -> bool:
    """Whether a table's first row names its columns: one is called so, or as the user says, or stands over a recording;
    and none is a recording itself.

    Args:
        below: the row after it.
        asked: columns that the user named.

    Example:
        >>> nothing = lambda place: False
        >>> is_header(["path", "text"], [], [], nothing), is_header(["a.wav", "text"], [], [], nothing)
        (True, False)
    """
    if any(field and (is_there(field) or field.lower().endswith((*READ, *OTHERS))) for field in first):
        return False
    if any(is_there(str(field)) for field in below):
        return True
    named = {name.strip().casefold() for name in asked if name}
    known = {*PATHS, *TEXTS, *SPEAKERS}
    return any(field.casefold() in named or bare(field) in known for field in first)


class ClipColumns:
    """The columns of a table, to choose from.

    Args:
        names: of all of them.
        headed: whether these stand in the file.
        rows: the first ones.
    """

    def __init__(self, table: RowTable, names: list[str], headed: bool, rows: list[list]) -> None:
        self.path, self.names, self.headed, self.rows = table.path, names, headed, rows

    def shown(self) -> str:
        """The columns, for messages: where the file does not name them, with a value of each."""
        if self.headed:
            return ", ".join(self.names)
        values = [str(value).strip() for value in self.rows[0]] if self.rows else []
        short = [value if len(value) <= SHOWN else f"{value[:SHOWN]}…" for value in values]
        return ", ".join(f"{name} ({value})" for name, value in zip(self.names, short, strict=False))

    def find(self, name: str, option: str) -> int:
        """The place of a column that the user named, by name or by number.

        Raises:
            GuinaError: there is none.
        """
        for same in (str, str.casefold, bare):
            for k, other in enumerate(self.names):
                if same(other) == same(name.strip()):
                    return k
        number = NUMBERED.fullmatch(name.strip())
        if number and int(number[1]) <= len(self.names):
            return int(number[1]) - 1
        mend = did_you_mean(name, self.names) if self.headed else f"say {option} 1, or write a first line of names"
        none = "" if self.headed else ": its first line is no header"
        raise GuinaError(f"{self.path} has no column {name}{none}", f"one of its columns: {self.shown()}", mend)

    def called(self, words: Sequence[str], taken: Sequence[int] = ()) -> int | None:
        """The column that is called by the first of some words that any is called by."""
        if not self.headed:
            return None
        named = {bare(name): k for k, name in reversed(list(enumerate(self.names))) if k not in taken}
        return next((named[word] for word in words if word in named), None)

    def values(self, k: int) -> list[str]:
        """The first values of a column that are texts."""
        return [row[k].strip() for row in self.rows if len(row) > k and isinstance(row[k], str)]

    def split(self) -> int | None:
        """The column that says splits, by its name and its values."""
        for k, name in enumerate(self.names):
            if self.headed and bare(name) in SPLIT_COLUMNS and any(map(split_named, self.values(k))):
                return k
        return None

    def paths(self, is_there: Callable[[str], bool]) -> int:
        """The column of recordings: called so, or else the one that has most files that are there.

        Raises:
            GuinaError: there is none.
        """
        if (named := self.called(PATHS)) is not None:
            return named
        there = [sum(map(is_there, self.values(k))) for k in range(len(self.names))]
        if max(there, default=0) > 0:
            return there.index(max(there))
        endings = [
            sum(value.lower().endswith((*READ, *OTHERS)) for value in self.values(k)) for k in range(len(self.names))
        ]
        if max(endings, default=0) > 0:
            return endings.index(max(endings))
        raise GuinaError(
            f"{self.path}: it is not obvious which column has the recordings",
            f"one called {', '.join(PATHS[:3])}; found {self.shown()}",
            "name it with --path-column, and see that the recordings lie in the table's folder",
        )

    def texts(self, taken: Sequence[int], report: Report) -> int:
        """The column of texts: called so, or the only one that is left.

        Raises:
            GuinaError: there is none, or there are several.
        """
        left = [k for k in range(len(self.names)) if k not in taken]
        if (named := self.called(TEXTS, taken)) is not None:
            others = " and ".join(self.names[k] for k in left if k != named and bare(self.names[k]) in TEXTS)
            if others:
                note(
                    report,
                    f"{self.path.name}: the texts are those of {self.names[named]}; {others} could be them"
                    " too, and --text-column says so",
                )
            return named
        if len(left) == 1:
            return left[0]
        raise GuinaError(
            f"{self.path}: it is not obvious which column has the texts",
            f"one called {', '.join(TEXTS[:3])}; found {self.shown()}",
            f"name it with --text-column{', such as --text-column 2' if not self.headed else ''}",
        )
