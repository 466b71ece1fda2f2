"""What becomes of answers, the same for all jobs: lines for people, JSON, files."""

import base64
import hashlib
import io
import wave
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from guina.answering.answer import Answer, Attachment, Part
from guina.console import one_line
from guina.data.own import is_own
from guina.data.picture_files import make_place, save_animation, save_picture, sheet, unwritable
from guina.errors import GuinaError

FOLDER = "samples"  # of files, where none is named
NOTHING = "(nothing)"  # what is shown of an empty text
REASONS = 3  # that the error names where no input could be read
SUFFIX = {"picture": "png", "animation": "gif", "sound": "wav", "srt": "srt", "vtt": "vtt"}
TEXTS = ("srt", "vtt")
BYTES = (*TEXTS, "file")  # attachments that are files as they are


def checked(items: Iterable[Answer | Part]) -> Iterator[Answer | Part]:
    """The same, none held back.

    Raises:
        GuinaError: at the end, where each answer says what is wrong with its input, or there is none.
    """
    wrong: Counter[str] = Counter()
    example: dict[str, Any] = {}
    read = False
    for item in items:
        if isinstance(item, Answer) and item.error:
            wrong[item.error] += 1
            example.setdefault(item.error, item.input)
        elif isinstance(item, Answer):
            read = True
        yield item
    if not read:
        reasons = "; ".join(f"{n} × {why} ({example[why]})" for why, n in wrong.most_common(REASONS))
        raise GuinaError(
            f"none of {wrong.total()} inputs could be read: {reasons}" if wrong else "there are no inputs",
            "at least one that can be answered",
            "check the paths, and what the files are",
        )


def as_json(answer: Answer, out: Path | None = None) -> dict[str, Any]:
    """An answer as `guina predict --json` prints it: attachments as files in a folder, or in base64.

    Args:
        out: the folder for files; None: a picture or sound comes as text, and an animation not at all.
    """
    found = answer.words()
    for attachment in answer.attachments:
        if attachment.kind in TEXTS:
            text = encoded(attachment).decode() if out is None else str(write(attachment, out, answer.input))
            found[attachment.kind] = text
            continue
        if attachment.kind != "animation":
            found["sha256"] = hashlib.sha256(attachment.data.tobytes()).hexdigest()
        if out is not None:
            path = str(write(attachment, out, answer.input))
            found |= {"animation": path} if attachment.kind == "animation" else {"file": path}
        elif attachment.kind != "animation":
            found[suffix_of(attachment)] = base64.b64encode(encoded(attachment)).decode()
    return found


def encoded(attachment: Attachment) -> bytes:
    """An attachment as the bytes of its file."""
    file = io.BytesIO()
    if attachment.kind in BYTES:
        return attachment.data.tobytes()
    if attachment.kind == "picture":
        save_picture(attachment.data, file)
    elif attachment.kind == "animation":
        raise AssertionError("animations are written to files only")
    else:
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(attachment.rate)
            sound.writeframes((attachment.data.clip(-1, 1) * 32767).round().astype("<i2").tobytes())
    return file.getvalue()


def suffix_of(attachment: Attachment) -> str:
    """What the name of its file ends with."""
    return attachment.suffix or SUFFIX[attachment.kind]


def write(attachment: Attachment, folder: Path, asked: Any = None) -> Path:
    """Write an attachment into a folder, which is made if need be, and say where it is.

    Args:
        asked: the input that it answers.

    Raises:
        GuinaError: it cannot be written.
    """
    path = place_of(attachment, folder, asked)
    if attachment.kind == "picture":
        return save_picture(attachment.data, path)
    if attachment.kind == "animation":
        return save_animation(attachment.data, path)
    make_place(folder)
    try:
        path.write_bytes(encoded(attachment))
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def with_files(answers: Iterable[Answer], out: str | Path | None) -> list[Answer]:
    """Answers, and what they hand over written into a folder; None: nowhere."""
    found = list(answers)
    if out is not None:
        for answer in found:
            for attachment in answer.attachments:
                write(attachment, Path(out), answer.input)
    return found


def place_of(attachment: Attachment, folder: Path, asked: Any) -> Path:
    """Where an attachment's file is to lie: a picture like one of the user's, or a text, never on one of theirs.

    What guina made is written over; files that lie in any other folder are the user's.
    """
    path, number = folder / f"{attachment.name}.{suffix_of(attachment)}", 1
    if attachment.kind not in BYTES:
        return path
    original = Path(asked) if isinstance(asked, (str, Path)) else None
    while path.exists() and (
        not any(map(is_own, (folder, *folder.absolute().parents)))
        or (original is not None and original.exists() and path.samefile(original))
    ):
        number += 1
        path = folder / f"{attachment.name}-{number}.{suffix_of(attachment)}"
    return path


def as_lines(items: Iterable[Answer | Part], out: Path | None = None) -> Iterator[str]:
    """What `guina predict` prints, in pieces as they come: a line an answer, or a text as it is written.

    Args:
        out: the folder for files; None: `FOLDER`.

    Raises:
        GuinaError: see `checked`.
    """
    folder = out or Path(FOLDER)
    first, opened, written = True, False, False  # whether an answer stands before; has parts; has parts of its own
    for item in checked(items):
        if isinstance(item, Part):
            if not opened:
                yield "" if first else "\n"
            opened, written = True, written or not item.note
            yield item.text
            continue
        told = end_of_text(item, folder) if written else line(item, folder)
        yield "\n" + told if not (first or opened) and lists(item) else told
        first, opened, written = False, False, False


def lists(answer: Answer) -> bool:
    """Whether an answer is a list of alternatives and nothing else."""
    return answer.output is None and not answer.attachments and not answer.error


def line(answer: Answer, out: Path) -> str:
    """An answer in a line, its files written; or its alternatives, one a line."""
    if answer.error:
        return f"{one_line(str(answer.input))}: {one_line(answer.error)}\n"
    if lists(answer):
        return "".join(
            f"{name:>8}  {p:.1%}\n" for candidates in answer.alternatives.values() for name, p in candidates.items()
        )
    files = " and ".join(str(write(attachment, out, answer.input)) for attachment in answer.attachments)
    sure = "" if answer.confidence is None else f"{answer.confidence:.1%}"
    words = "" if answer.output is None else one_line(str(answer.output)) or NOTHING
    more = (one_line(value) for value in answer.facts.values() if isinstance(value, str))
    return f"{one_line(str(answer.input))}: " + "  ".join(text for text in (words, files, sure, *more) if text) + "\n"


def end_of_text(answer: Answer, out: Path) -> str:
    """What comes after the parts of an answer: the end of their line, and a line of what they could not say."""
    unsaid = answer.error or answer.attachments
    return "\n" + (line(replace(answer, output=None), out) if unsaid else "")


def as_grid(items: Iterable[Answer | Part], out: Path | None = None) -> Iterator[str]:
    """The pictures of all answers in one, row by row, written into a folder.

    Raises:
        GuinaError: no answer has a picture; see also `checked`.
    """
    answers = [item for item in checked(items) if isinstance(item, Answer)]
    pictures = [(answer.input, made) for answer in answers for made in answer.attachments if made.kind == "picture"]
    if len({made.data.shape for _, made in pictures}) != 1:
        raise GuinaError("these answers are no pictures of one size", "a job that makes pictures", "leave --grid out")
    (first, begin), (last, end) = pictures[0], pictures[-1]
    path = (out or Path(FOLDER)) / f"{begin.name}-{end.name}.png"
    save_picture(sheet(np.stack([made.data for _, made in pictures]), int(np.ceil(len(pictures) ** 0.5))), path)
    yield f"{path}: {one_line(str(first))} to {one_line(str(last))}, row by row\n"
