"""Text files as one stream of characters with document boundaries, read in bounded pieces.

A source is a file, a folder of files, or a glob. Text is UTF-8, or what its mark or its NULs say, or what --encoding
says. Marks and NULs are dropped, CRLF and CR become LF, and letters are composed (NFC), all of which is counted. What
is no text is left out by name. Between two documents stands `BOUNDARY`.
"""

import codecs
import glob
import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from guina.data.encodings import HEAD, beginning, check_encoding, likely, recognise
from guina.data.own import WHY, is_own, is_own_page
from guina.data.records import Report
from guina.data.split_names import split_begun, split_named
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
IGNORED = (".git", "__pycache__", ".ipynb_checkpoints", "__MACOSX")


def find_texts(source: str, report: Report | None = None) -> list[Path]:
    """The text files of a source, in sorted order; what is no text, or is not named like one, is left out and said.

    Raises:
        GuinaError: there are none, or the one that was named is none.
    """
    report = report or Report()
    path = Path(source)
    if path.is_file():
        if kind := kind_of(path):
            raise GuinaError(
                f"{path} is {kind}, not plain text", "a text file", "open it and save it as plain text (.txt, UTF-8)"
            )
        return [path]
    found = walk(path, report) if path.is_dir() else map(Path, glob.glob(source, recursive=True))
    texts = []
    for file in sorted(p for p in found if p.is_file() and not p.name.startswith(".")):
        if is_own_page(file):
            report.ignore(str(file), WHY)
        elif kind := kind_of(file) or (file.suffix.lower() in NO_TEXT and f"named {file.suffix.lower()}"):
            report.found += 1
            report.skip(str(file), kind)
        else:
            texts.append(file)
    if not texts:
        left = f" ({report.skipped} other files were left out)" if report.skipped else ""
        raise GuinaError(
            f"there is no text at {source}{left}",
            "a text file, a folder of them, or a pattern such as 'books/*.txt'",
            "check the path; documents must be saved as plain text first",
        )
    return texts


def walk(root: Path, report: Report) -> Iterator[Path]:
    """The files below a folder, but for hidden and tools' folders, and those that guina made."""
    for path in sorted(root.iterdir()):
        if not path.is_dir():
            yield path
        elif path.name in IGNORED or path.name.startswith("."):
            report.ignore(str(path))
        elif is_own(path):
            report.ignore(str(path), WHY)
        elif path.is_symlink():  # it may lead back to where it lies
            report.ignore(str(path), "a link to a folder")
        else:
            yield from walk(path, report)


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


def split_of(path: Path, root: str) -> str | None:
    """The split that a file's name or folder says: train.txt, test/a.txt, valid-1.txt; None: it says none."""
    base = Path(root)
    parts = path.relative_to(base).parts if base.is_dir() else (path.name,)
    return next((split for part in parts if (split := split_named(part.split(".")[0]) or split_begun(part))), None)


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
                raise no_text(path, head if start < len(head) else raw, encoding, start, offset) from None
            if not offset:
                piece = piece.removeprefix("\ufeff")
            if piece or not raw:
                yield piece
            if not raw:
                return
            offset += len(raw)


def no_text(path: Path, data: bytes, encoding: str, start: int, offset: int) -> GuinaError:
    """What to say of bytes that are no text in an encoding: where, and what they may be.

    Args:
        data: bytes around the place, from the file's beginning or from `offset` on.
    """
    place = start if start < len(data) else min(start - offset, len(data) - 1)
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
