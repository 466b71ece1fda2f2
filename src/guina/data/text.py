"""Text files as one stream of characters with document boundaries, read in bounded pieces.

A source is a file, a folder of files, or a glob. Text is UTF-8, or what its mark or its NULs say, or what --encoding
says. Marks and NULs are dropped, CRLF and CR become LF, and letters are composed (NFC), all of which is counted. What
is no text is left out by name. Between two documents stands `BOUNDARY`.
"""

import codecs
import hashlib
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from guina.data.encodings import HEAD, beginning, check_encoding, likely, recognise
from guina.data.entries import teller
from guina.data.records import Report
from guina.data.walking import files_at, root_of
from guina.errors import GuinaError

BOUNDARY = "\x1d"  # the group separator of ASCII: no text has it
CHUNK = 1 << 22  # bytes read at a time
EDGE = 64  # characters at the end of a piece among which a place is looked for that no letter goes across
NO_TEXT = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".webp",
    ".mp3",
    ".wav",
    ".pdf",
    ".docx",
    ".zip",
    ".gz",
    ".npz",
    ".npy",
    ".so",
)


def find_texts(source: str, report: Report | None = None) -> list[Path]:
    """The text files of a source, in sorted order; what is no text, or is not named like one, is left out and said.

    Raises:
        GuinaError: there are none, the one that was named is none, or the folder that was named cannot be read.
    """
    report = report or Report()
    path = Path(source)
    if path.is_file():
        if kind := kind_of(path):
            raise GuinaError(
                f"{path} is {kind}, not plain text", "a text file", "open it and save it as plain text (.txt, UTF-8)"
            )
        return [path]
    texts = []
    for file in files_at(source, teller(report, root_of(source), str)):
        if why := why_no_text(file):
            report.found += 1
            report.skip(str(file), why)
        else:
            texts.append(file)
    if not texts:
        n = report.skipped
        left = f" ({n} other file{'s were' if n > 1 else ' was'} left out)" if n else ""
        raise GuinaError(
            f"there is no text at {source}{left}",
            "a text file, a folder of them, or a pattern such as 'books/*.txt'",
            "check the path; documents must be saved as plain text first",
        )
    return texts


def why_no_text(path: Path) -> str:
    """Why a file that was found is no text, by what lies there, how it begins and how it is called; "" for a text."""
    if not os.path.isfile(path):
        return "a link that leads nowhere" if path.is_symlink() else "no regular file"
    suffix = path.suffix.lower()
    return kind_of(path) or (f"named {suffix}" if suffix in NO_TEXT else "")


def kind_of(path: Path) -> str:
    """What a file is that is no text; "" for a text.

    Raises:
        GuinaError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            encoding, kind = recognise(file.read(HEAD))
    except OSError as error:
        raise GuinaError(
            f"{path} cannot be read: {error.strerror}", "a file that you may read", "check its permissions"
        ) from None
    return kind if encoding == "" else ""


def read_text(path: Path, report: Report, encoding: str = "utf-8") -> Iterator[str]:
    """The characters of a file in pieces of a few megabytes, however long its lines are.

    Raises:
        GuinaError: bytes that are no text in this encoding, with their offset.
    """
    held, done = "", set[str]()
    for piece in decoded(path, report, encoding):
        whole = held + piece
        if "\0" in whole:
            done.add("NUL characters dropped")
            whole = whole.replace("\0", "")
        # a CR's LF, and the marks that a letter takes, may begin the next piece
        at = len(whole) if not piece else edge(whole)
        held, whole = whole[at:], whole[:at]
        if "\r" in whole:
            unix = whole.replace("\r\n", "\n")
            done |= {"CRLF to LF"} if len(unix) < len(whole) else set()
            done |= {"CR to LF"} if "\r" in unix else set()
            whole = unix.replace("\r", "\n")
        if not unicodedata.is_normalized("NFC", whole):
            done.add("letters composed (Unicode NFC)")
            whole = unicodedata.normalize("NFC", whole)
        if whole:
            yield whole
    for how in sorted(done):
        report.convert(str(path), how)


def decoded(path: Path, report: Report, encoding: str) -> Iterator[str]:
    """The characters of a file as they are encoded, in pieces; an empty one is the last."""
    check_encoding(encoding)
    with open(path, "rb") as file:
        head = file.read(HEAD)
        file.seek(0)
        known, how = recognise(head)
        if known and (encoding == "utf-8" or not known.endswith(("le", "be"))):
            encoding = known
            report.convert(str(path), how)
        decoder, offset = codecs.getincrementaldecoder(encoding)(), 0
        while True:
            raw = file.read(CHUNK)
            try:
                piece = decoder.decode(raw, final=not raw)
            except UnicodeError as error:
                start = offset + getattr(error, "start", 0)
                data, begun = (head, 0) if start < len(head) else (raw, offset)
                raise no_text(path, data, encoding, start, begun) from None
            if not offset:
                piece = piece.removeprefix("\ufeff")
            if piece or not raw:
                yield piece
            if not raw:
                return
            offset += len(raw)


def no_text(path: Path | str, data: bytes, encoding: str, start: int, offset: int) -> GuinaError:
    """What to say of bytes that are no text in an encoding: where, and what they may be.

    Args:
        start: the byte of the file that is none.
        data: bytes around it, from the file's byte `offset` on.
    """
    place = min(start - offset, len(data) - 1)
    guesses = [name for name in likely(data) if name != encoding]
    reads = "; ".join(f"in {name} it reads “{beginning(data, name, place)}”" for name in guesses)
    says = f"byte {start} is 0x{data[place]:02x}" if data else f"it ends within a character at byte {start}"
    return GuinaError(
        f"{path} is no {encoding} text: {says}" + (f"; {reads}" if reads else ""),
        f"text in {encoding}",
        f"if that reads right, say --encoding {guesses[0]}; otherwise save it as UTF-8"
        if guesses
        else "save it as UTF-8 in the program that wrote it, or say its encoding: --encoding NAME",
    )


def edge(text: str) -> int:
    """Where a piece can be cut so that nothing after it changes how what is before composes."""
    for at in range(len(text) - 1, max(0, len(text) - EDGE) - 1, -1):
        if unicodedata.combining(text[at]) or text[at - 1 : at] == "\r":
            continue
        before, after = text[max(0, at - 4) : at], text[at:]
        both = unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", after)
        if both == unicodedata.normalize("NFC", before + after):
            return at
    return max(0, len(text) - EDGE)


def fingerprint(paths: list[Path]) -> str:
    """A hash of the contents of some files and their order."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        with open(path, "rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    return digest.hexdigest()
