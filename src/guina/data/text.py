"""Text files as one stream of characters with document boundaries, read in bounded pieces.

A source is a file, a folder of files, or a glob. Text is UTF-8 (or what --encoding says; UTF-16 is recognised by its
byte order mark); byte order marks are dropped and CRLF becomes LF, which is counted. Between two documents stands
`BOUNDARY`.
"""

import codecs
import glob
import hashlib
from collections.abc import Iterator
from pathlib import Path

from guina.data.records import Report
from guina.errors import GuinaError

BOUNDARY = "\x1d"  # the group separator of ASCII: no text has it
CHUNK = 1 << 22  # bytes read at a time
SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test"}
IGNORED = (".git", "__pycache__", ".ipynb_checkpoints", "__MACOSX")
BINARY = (
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".pdf",
    ".zip",
    ".gz",
    ".npz",
    ".npy",
    ".exe",
    ".so",
    ".docx",
    ".mp3",
    ".wav",
)


def find_texts(source: str) -> list[Path]:
    """The text files of a source, in sorted order.

    Raises:
        GuinaError: there are none.
    """
    path = Path(source)
    if path.is_file():
        return [path]
    found = path.rglob("*") if path.is_dir() else map(Path, glob.glob(source, recursive=True))
    depth = len(path.parts) if path.is_dir() else -1  # of a pattern the file's name alone can be hidden
    texts = sorted(
        p
        for p in found
        if p.is_file()
        and p.suffix.lower() not in BINARY
        and not any(part in IGNORED or part.startswith(".") for part in p.parts[depth:])
    )
    if not texts:
        raise GuinaError(
            f"there is no text at {source}",
            "a text file, a folder of them, or a pattern such as 'books/*.txt'",
            "check the path",
        )
    return texts


def split_of(path: Path, root: str) -> str | None:
    """The split that a file's name or folder says: train.txt, test/a.txt, valid-1.txt; None: it says none."""
    base = Path(root)
    parts = path.relative_to(base).parts if base.is_dir() else (path.name,)
    for part in parts:
        word = part.lower().split(".")[0].split("-")[0].split("_")[0]
        if word in SPLIT_NAMES:
            return SPLIT_NAMES[word]
    return None


def read_text(path: Path, report: Report, encoding: str = "utf-8") -> Iterator[str]:
    """The characters of a file in pieces of a few megabytes, however long its lines are.

    Raises:
        GuinaError: bytes that are no text in this encoding, with their offset.
    """
    with open(path, "rb") as file:
        head = file.read(4)
        file.seek(0)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
            report.convert(str(path), "UTF-16 to UTF-8")
        elif head.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
            report.convert(str(path), "byte order mark dropped")
        decoder, offset, held, had_crlf = codecs.getincrementaldecoder(encoding)(), 0, "", False
        while True:
            raw = file.read(CHUNK)
            try:
                piece = held + decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise GuinaError(
                    f"{path} is no {encoding} text: byte {offset + error.start} is 0x{error.object[error.start]:02x}",
                    f"text in {encoding}",
                    "save it as UTF-8, or say its encoding: --encoding latin-1",
                ) from None
            held = "\r" if piece.endswith("\r") and raw else ""  # its LF may begin the next piece
            piece = piece.removesuffix(held) if held else piece
            had_crlf = had_crlf or "\r\n" in piece
            piece = piece.replace("\r\n", "\n")
            if piece:
                yield piece
            if not raw:
                break
            offset += len(raw)
        if had_crlf:
            report.convert(str(path), "CRLF to LF")


def fingerprint(paths: list[Path]) -> str:
    """A hash of the contents of some files and their order."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        with open(path, "rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    return digest.hexdigest()
