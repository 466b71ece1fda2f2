r"""The lines of a text file, cut at \n alone, with \r\n as one: everything else is a character of its line.

Some characters end a line for others and are ordinary ones here, or a file's lines would not be counted as its writer
counted them: a lone \r, a vertical tab, a form feed, NEL, U+2028. Otherwise text is read as in text.py.
"""

import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from guina.data.records import Report
from guina.data.text import decoded, kind_of
from guina.errors import GuinaError


def chunks_of_lines(path: Path, report: Report, encoding: str, ends: bool = False) -> Iterator[str]:
    r"""The characters of a file in pieces of some megabytes that end where a line does; that \n is left out.

    What is changed is told to the report: NULs are dropped, letters are composed (NFC).

    Args:
        ends: whether \r\n is kept by who asks, as what stands within quotes; otherwise it is told as changed.

    Raises:
        GuinaError: it cannot be read, is no text, or is none in this encoding (with the byte's offset).
    """
    if kind := kind_of(path):
        raise GuinaError(f"{path} is {kind}, not text", "plain text", "save it as text (UTF-8), or unpack it first")
    held: list[str] = []
    done: set[str] = set()
    for piece in decoded(path, report, encoding):
        at = piece.rfind("\n")
        if at < 0:
            held.append(piece)
        else:
            chunk = composed("".join((*held, piece[:at])), done)
            if not ends and ("\r\n" in chunk or chunk.endswith("\r")):
                done.add("CRLF to LF")
            yield chunk
            held = [piece[at + 1 :]]
    rest = "".join(held)
    if rest:
        yield composed(rest, done)
    for how in sorted(done):
        report.convert(str(path), how)


def composed(text: str, done: set[str]) -> str:
    """A text without NULs, its letters composed; what was done is added to a set."""
    if "\0" in text:
        done.add("NUL characters dropped")
        text = text.replace("\0", "")
    if not unicodedata.is_normalized("NFC", text):
        done.add("letters composed (Unicode NFC)")
        text = unicodedata.normalize("NFC", text)
    return text


def lines_of(path: Path, report: Report, encoding: str, ends: bool = False) -> Iterator[str]:
    r"""The lines of a file, without \n; a \r before it is still there.

    What follows the last \n is a line if there is anything. For the rest see `chunks_of_lines`.
    """
    return chain.from_iterable(chunk.split("\n") for chunk in chunks_of_lines(path, report, encoding, ends))


def head_of(path: Path, encoding: str) -> str:
    """The first lines of a file, some megabytes of them."""
    return next(chunks_of_lines(path, Report(), encoding), "")
