"""Where guina prints, whatever the console can show, and whether there is one.

What is said to people goes through `tell` (stdout: answers) or `note` (stderr: all else), and nowhere else. A character
that the console's encoding lacks is replaced by its like in ASCII, or by its number; what would steer a terminal is
escaped. A program without a console (pythonw, `2>&-`) has nobody to talk to: it says nothing, and goes on.
"""

import codecs
import errno
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from guina.errors import GuinaError

PLAINLY = "guina.plainly"  # how a console that lacks a character gets it: the name of `plainly` among Python's codecs
LIKE = {
    "…": "...",
    **dict(zip("–—−×±·•←→", "---x+.*<>", strict=True)),
    **dict.fromkeys("„“”«»", '"'),
    **dict.fromkeys("‚‘’", "'"),
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-~=+#", strict=True)),
    **dict(zip("░▒▓", ".:%", strict=True)),
    **dict.fromkeys("─━═╌", "-"),
    **dict.fromkeys("│┃║╎", "|"),
    **dict.fromkeys("╭╮╯╰┌┐└┘├┤┬┴┼", "+"),
    "≤": "<=",
    "≥": ">=",
    "\N{NO-BREAK SPACE}": " ",
}
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # all controls but tab and new line
BREAKING = re.compile(r"[\t\n\u2028\u2029]")


def plainly(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks (an error handler, see `codecs.register_error`)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(LIKE.get(c) or c.encode("ascii", "backslashreplace").decode("ascii") for c in lacking), error.end


codecs.register_error(PLAINLY, plainly)


def clean(text: str) -> str:
    r"""Text that can be saved and sent: bytes that were no text to the system are read as UTF-8, or become �.

    Example:
        >>> clean("caf\udce9.png"), clean("half \ud83d"), clean("stra\udcc3\udc9fe")
        ('caf�.png', 'half �', 'straße')
    """
    if text.isascii():
        return text
    escaped = re.sub(r"[\ud800-\udc7f\udd00-\udfff]", "\ufffd", text)
    return escaped.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def visible(text: str) -> str:
    r"""Text whose control characters are shown, so that a terminal obeys none; tabs and new lines stay.

    Example:
        >>> visible("red\x1b[31m")
        'red\\x1b[31m'
    """
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def one_line(name: str) -> str:
    r"""A file's name, or another foreign one, as it stands in a line of prose.

    Example:
        >>> one_line("two\nlines.png")
        'two\\nlines.png'
    """
    return BREAKING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), visible(clean(name)))


def tell(text: str, end: str = "\n", raw: bool = False) -> None:
    """Print to stdout, at once.

    Args:
        raw: the text is an answer whose control characters are part of it.

    Raises:
        BrokenPipeError: the reader has gone.
        GuinaError: it cannot be written: a full disk.
    """
    with answering():
        put(sys.stdout, (text if raw else visible(text)) + end)


@contextmanager
def answering() -> Iterator[None]:
    """Inside, a standard output that takes no more is an error that says so."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(error) from None


def tell_json(value: Any) -> None:
    """Print one JSON object to stdout."""
    tell(json_text(value), raw=True)


def json_text(value: Any) -> str:
    """A value as JSON for stdout, in UTF-8 or, where that is not the console's encoding, in ASCII."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "").replace("_", "") == "utf8"
    text = clean(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return text if unicode else json.dumps(json.loads(text))


def note(text: str, stream: TextIO | None = None) -> None:
    """Print to stderr; where nobody can hear it, nothing is said."""
    with suppress(OSError, ValueError):  # ValueError: the stream was closed
        put(stream or sys.stderr, visible(text) + "\n")


def put(stream: TextIO | None, text: str) -> None:
    """Write to a stream in such characters as it has; None: there is no console."""
    if stream is not None:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(clean(text).encode(encoding, PLAINLY).decode(encoding))
        stream.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sees what is written to a stream."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def unwritten(error: OSError) -> GuinaError:
    return GuinaError(
        f"the answer cannot be written to the standard output: {error.strerror}",
        "a place that takes it",
        "send it elsewhere (> FILE, on a disk with room); what was written to other files is there",
    )


# --- the console of this process, for the command line ---


def speak_utf8() -> None:
    """Start this command anew with names and arguments in UTF-8 where the locale is a bare "C": Python takes that for
    ASCII, and would not find, or not be able to name, a file called Grüße.
    """
    if sys.flags.utf8_mode or codecs.lookup(sys.getfilesystemencoding()).name != "ascii":
        return
    if sys.stdout is not None:  # what the console shows stays as it was
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    if sys.executable and sys.orig_argv:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def prepare() -> None:
    """Make the console one that everything can be printed to.

    Where one of the three streams is closed, the next file to be opened would get its number, and whatever a library
    complains of would be written into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  until the process ends
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=PLAINLY)


def settle(code: int) -> int:
    """Flush what others have printed; the code to exit with, which is not 0 where that cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            gone = isinstance(error, BrokenPipeError) or getattr(error, "errno", None) == errno.EINVAL  # on Windows
            if stream is sys.stdout and code == 0:
                code = 141 if gone else 2
                if not gone and isinstance(error, OSError):
                    note(f"guina: {unwritten(error)}")
            silence(stream)
    return code


def silence(stream: TextIO) -> None:
    """Lead a stream nowhere, so that Python does not try again to write to it at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
