"""The lines of a file to a file of answers: one line each, in their order, written as they come, none held.

What becomes of an answer is decided by the name of the file that takes it. Text, where an answer is a line and nothing
else, so that line 7 of the one file is the answer to line 7 of the other; or JSON Lines (.jsonl, .ndjson), where each
line is the object that `guina predict --json` prints of an answer: n-best lists and alignments of a million lines
are written and read line by line, which one JSON object would not allow.

A file of answers gets its name when it is whole. Until then it is called NAME.part, and after an interruption that
file says how far it came. A file that is there already is never written over: it may be the references.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from guina.answering.answer import Answer, Part
from guina.answering.render import as_json
from guina.console import clean, json_text, note
from guina.data.own import make_folder
from guina.data.picture_files import unwritable
from guina.disk import rename, sync, sync_folder, take
from guina.errors import GuinaError
from guina.storage import room_for

JSON_LINES = (".jsonl", ".ndjson")
NOTED = 5  # notes that are said in full, and the errors too; all of them are counted
ROOM = "make room, and begin again; or choose another --out"

Ask = Callable[[list[str]], Iterator[Answer | Part]]


@dataclass
class Tally:
    """What became of the lines.

    Args:
        lines: all of them.
        empty: those with nothing in them, whose answers are empty too.
        errors: those that could not be answered; their line in a text is empty.
        noted: those with a note, such as one on characters that were never seen.
        failed: what was wrong with the first of the errors.
        of: how many lines there are; None: nobody knows.
    """

    lines: int = 0
    empty: int = 0
    errors: int = 0
    noted: int = 0
    failed: str = ""
    of: int | None = None

    def words(self) -> str:
        """In a few words.

        Example:
            >>> Tally(1200, 3).words()
            '1,200 lines (3 empty)'
        """
        counts = {"empty": self.empty, "could not be answered": self.errors, "with a note": self.noted}
        more = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"{self.lines:,} line{'' if self.lines == 1 else 's'}" + (f" ({more})" if more else "")


def answered_lines(
    blocks: Iterable[list[str]], ask: Ask, tally: Tally, say: Callable[[str], None] = note
) -> Iterator[Answer]:
    """An answer to each line, in order; an empty line has an empty one, and nobody is asked for it.

    Args:
        blocks: the lines, some at a time; all of a block are asked for at once, as they are needed.
        ask: gives the answers to some texts, one each, in their order.
        tally: counts.
        say: is told of the first notes and errors.

    Raises:
        GuinaError: at the end, where no line could be answered.
    """
    for block in blocks:
        answers = ask([line for line in block if line.strip()])
        for line in block:
            tally.lines += 1
            if not line.strip():
                tally.empty += 1
                yield Answer(line, "")
                continue
            notes = list[str]()
            for item in answers:
                if isinstance(item, Answer):
                    break
                if item.note:
                    notes.append(item.text.strip().removeprefix("note: "))
            else:
                raise AssertionError("each input has an answer")
            keep_count(tally, item, notes, say)
            yield item
    if tally.errors and tally.errors == tally.lines - tally.empty:
        raise GuinaError(
            f"none of {tally.errors:,} lines could be answered; the first: {tally.failed}",
            "texts, one a line",
            "look at the first line, and whether the file is the one that was meant",
        )


def keep_count(tally: Tally, answer: Answer, notes: list[str], say: Callable[[str], None]) -> None:
    """Count what is to be said of a line, and say it where not much was said before."""
    if notes:
        tally.noted += 1
        if tally.noted <= NOTED:
            say(f"line {tally.lines:,}: {'; '.join(notes)}")
    if answer.error:
        tally.errors += 1
        tally.failed = tally.failed or answer.error
        if tally.errors <= NOTED:
            say(f"line {tally.lines:,}: {answer.error}")


def as_text(answer: Answer) -> str:
    """An answer alone, on one line: what would end the line for anybody who reads it is a space.

    Raises:
        GuinaError: it is a list of alternatives, or a picture, and nothing else.

    Example:
        >>> as_text(Answer("zwei", "one" + chr(10) + "two"))
        'one two\\n'
    """
    if answer.output is None and not answer.error:
        raise GuinaError(
            "these answers are no texts", "one text for each line", "name a file of JSON Lines: --out FILE.jsonl"
        )
    return " ".join(clean(str(answer.output or "")).splitlines()) + "\n"


def as_json_line(answer: Answer) -> str:
    """An answer with all there is to say of it, as an object on one line."""
    return clean(json.dumps(as_json(answer), ensure_ascii=False, allow_nan=False)) + "\n"


def as_one_object(answers: Iterable[Answer]) -> Iterator[str]:
    """{"answers": [...]} in pieces, so that it is never held whole; where it breaks off, it ends with the "error".

    Raises:
        GuinaError: before anything was given; or after the object was ended.

    Example:
        >>> "".join(as_one_object([Answer("zwei", "two")]))
        '{"answers": [{"input": "zwei", "answer": "two"}]}'
    """
    before = '{"answers": ['
    try:
        for answer in answers:
            yield before + json_text(as_json(answer))
            before = ", "
    except GuinaError as error:
        if before == ", ":
            what = {"what": error.what, "expected": error.expected, "mend": error.mend}
            yield f'], "error": {json_text(what)}}}'
        raise
    yield "]}" if before == ", " else before + "]}"


def form_of(out: Path) -> Callable[[Answer], str]:
    """How an answer is written into a file of that name.

    Raises:
        GuinaError: it is called .json.
    """
    suffix = out.suffix.lower()
    if suffix == ".json":
        raise GuinaError(
            f"{out} would be one JSON object, which cannot be written or read line by line",
            "a text file, or JSON Lines",
            f"--out {out.with_suffix('.jsonl')}",
        )
    return as_json_line if suffix in JSON_LINES else as_text


def check_out(out: Path, file: Path | None) -> None:
    """Raise GuinaError unless answers to the lines of a file may be written to `out`."""
    if file is not None and (same(out, file) or same(part_of(out), file)):
        raise GuinaError(
            f"{out} is the file with the lines: the answers would be written over it",
            "another file for the answers",
            "choose another --out",
        )
    if out.is_dir():
        raise GuinaError(f"{out} is a folder", "a name for the file of answers", f"--out {out / 'answers.txt'}")
    if out.is_file() and out.stat().st_size:
        raise GuinaError(
            f"{out} is there already, and is not written over",
            "a name that is free",
            "choose another --out, or remove it",
        )


def same(one: Path, other: Path) -> bool:
    """Whether two paths are one file."""
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False


def part_of(out: Path) -> Path:
    """What a file is called until it is whole."""
    return out.with_name(f"{out.name}.part")


@contextmanager
def whole_file(out: Path) -> Iterator[Callable[[str], None]]:
    """Inside, what writes a line, at once; at the end the file gets its name. A device or a pipe is written as it is.

    Raises:
        GuinaError: it cannot be written, or another process is writing it.
    """
    device = out.exists() and not out.is_file()
    part, lines, whole = out if device else part_of(out), 0, False
    try:
        with room_for(out, ROOM):
            if not out.parent.exists():
                make_folder(out.parent)
            with open(part, "a", encoding="utf-8", newline="\n") as file:
                if not device:
                    empty(file, part)

                def write(line: str) -> None:
                    nonlocal lines
                    file.write(line)
                    file.flush()
                    lines += 1

                yield write
                if not device:
                    sync(file.fileno())
            if not device:
                rename(part, out)
                sync_folder(out.parent)
        whole = True
    except BrokenPipeError:  # nobody reads on
        raise
    except OSError as error:
        raise unwritable(out, error) from None
    finally:
        if lines and not whole and not device:
            note(f"{part} holds the first {lines:,} lines")


def empty(file: TextIO, part: Path) -> None:
    """Empty a file that is open, unless another process is writing it."""
    if take(file.fileno()) is False:
        raise GuinaError(f"{part} is being written by another process", "a file of its own", "choose another --out")
    file.truncate(0)
