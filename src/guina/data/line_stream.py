r"""A text file as lines, however many: read piece by piece, and never held whole.

Lines are cut at \n alone, with \r\n as one, so that what stands between two of them is one line here and in the editor
of whoever made the file. The encoding is UTF-8, or what a mark or NULs say, or what was asked for (see encodings.py).
"""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from guina.data.encodings import HEAD, check_encoding, recognise
from guina.data.text import no_text
from guina.errors import GuinaError

STDIN = "-"
READ = 1 << 20  # bytes of a look at a file, of which a pipe gives what it has


def read_lines(file: str, encoding: str = "utf-8") -> Iterator[list[str]]:
    """The lines of a file without their ends, in blocks: those that one look at the file completes.

    A pipe or a keyboard gives what there is by then, so that a line can be answered before the next one is there.

    Args:
        file: its path; "-": the standard input.

    Raises:
        GuinaError: there is none, it is no text, or not in this encoding.

    Example:
        for block in read_lines("in.txt"):
            for line in block:
                ...
    """
    check_encoding(encoding)
    with opened(file) as source:
        pending = list[str]()  # pieces of the line whose end was not seen yet
        for piece in decoded(source, called(file), encoding):
            *whole, rest = piece.split("\n")
            if whole:
                whole[0] = "".join([*pending, whole[0]])
                pending = []
                yield [line.removesuffix("\r").replace("\0", "") for line in whole]
            if rest:
                pending.append(rest)
        if pending:
            yield ["".join(pending).removesuffix("\r").replace("\0", "")]


def count_lines(file: str, encoding: str = "utf-8") -> int | None:
    """How many lines a file has; None for what can be read only once: a pipe, the standard input.

    Whoever counts before hours of work learns now of bytes that are no text, and can say how long it takes.

    Raises:
        GuinaError: as `read_lines`.
    """
    if file == STDIN or (os.path.exists(file) and not os.path.isfile(file) and not os.path.isdir(file)):
        return None
    return sum(map(len, read_lines(file, encoding)))


def called(file: str) -> str:
    """What a file is called in messages."""
    return "the standard input" if file == STDIN else file


@contextmanager
def opened(file: str) -> Iterator[io.BufferedIOBase]:
    """A file that is open inside, or the standard input, which stays so.

    Raises:
        GuinaError: it cannot be opened.
    """
    if file == STDIN:
        if sys.stdin is None:  # a program without a console
            raise GuinaError("there is no standard input", "lines to answer", "name a file: --file FILE")
        stdin = sys.stdin.buffer
        assert isinstance(stdin, io.BufferedIOBase), "it gives what there is"
        yield stdin
        return
    if os.path.isdir(file):
        raise GuinaError(f"{file} is a folder", "one text file with a line for each input", "name the file in it")
    try:
        with open(file, "rb") as source:
            yield source
    except OSError as error:
        raise GuinaError(f"{file} cannot be read: {error.strerror}", "a text file", "check the path") from None


def decoded(source: io.BufferedIOBase, name: str, encoding: str) -> Iterator[str]:
    """The characters of an open file in pieces, each as soon as it is there."""
    raw = source.read1(READ)
    known, kind = recognise(raw[:HEAD])
    if known == "":
        raise GuinaError(
            f"{name} is {kind}, not plain text", "a text file", "open it and save it as plain text (.txt, UTF-8)"
        )
    if known and (encoding == "utf-8" or not known.endswith(("le", "be"))):
        encoding = known
    decoder, offset, line, first = codecs.getincrementaldecoder(encoding)(), 0, 1, True
    while True:
        held = decoder.getstate()[0]  # the beginning of a character
        try:
            piece = decoder.decode(raw, final=not raw)
        except UnicodeError as error:
            data, start, begun = held + raw, getattr(error, "start", 0), offset - len(held)
            line += codecs.getincrementaldecoder(encoding)("replace").decode(data[:start]).count("\n")
            place = f"{name}, line {line:,}"
            raise no_text(place, data if raw else b"", encoding, begun + start, begun) from None
        if first and piece:
            piece, first = piece.removeprefix("\ufeff"), False
        line += piece.count("\n")
        if piece:
            yield piece
        if not raw:
            return
        offset += len(raw)
        raw = source.read1(READ)
