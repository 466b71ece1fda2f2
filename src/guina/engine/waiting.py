"""What is being done now, for whoever waits: on a terminal with its seconds, elsewhere a line where it takes long; and
how far along it is, where that can be counted.
"""

import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO, TypeVar

from guina.console import is_terminal, note, put, visible
from guina.engine.progress import duration

T = TypeVar("T")

TICK = 0.25  # seconds between two looks at the clock
PATIENT = 1.0  # seconds after which a stage is worth a line where lines stay
AGAIN = 30.0  # seconds after which it is said again
CLEAR = "\r\x1b[2K"  # back to the start of an empty line


class Waiting:
    """Says on stderr what goes on; nothing of what is over at once.

    Args:
        stream: where to; None: stderr.

    Example:
        with Waiting() as say:
            say("scoring 1,000 pictures")
            ...
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.moving = is_terminal(self.stream)
        self.text, self.since, self.told = "", 0.0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __call__(self, text: str) -> None:
        self.text, self.since, self.told = text, time.monotonic(), 0.0

    def __enter__(self) -> "Waiting":
        if self.stream is not None:  # without a console there is nobody who waits
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.stream is not None:
            self._done.set()
            self._thread.join()
            if self.moving:
                self._write(CLEAR)

    def _watch(self) -> None:
        while not self._done.wait(TICK):
            text, age = self.text, time.monotonic() - self.since
            if text and self.moving:
                room = shutil.get_terminal_size().columns - 1
                self._write(CLEAR + visible(f"{text}  {duration(age)}")[:room])
            elif text and age - self.told >= (AGAIN if self.told else PATIENT):
                note(f"{text}, {duration(age)} so far" if self.told else f"{text} …", self.stream)
                self.told = age

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            put(self.stream, text)


class Pace:
    """Says on stderr how many of many things are done: on a terminal over and over, elsewhere a line now and then.

    Args:
        noun: what they are called.
        stream: where to; None: stderr.

    Example:
        with Pace("lines") as pace:
            for n, line in enumerate(lines, 1):
                pace(n, len(lines))
    """

    def __init__(self, noun: str, stream: TextIO | None = None) -> None:
        self.noun = noun
        self.stream = stream if stream is not None else sys.stderr
        self.moving = is_terminal(self.stream)
        self.begun = self.told = time.monotonic()

    def __call__(self, done: int, total: int | None = None) -> None:
        """So many are done, of so many if anybody knows."""
        now = time.monotonic()
        if now - self.told < (TICK if self.moving else AGAIN):
            return
        self.told, speed = now, done / (now - self.begun)
        left = f", {duration((total - done) / speed)} left" if total else ""
        text = f"{done:,}{f' of {total:,}' if total else ''} {self.noun}, {speed:,.0f} a second{left}"
        if self.moving:
            self._write(CLEAR + text[: shutil.get_terminal_size().columns - 1])
        else:
            note(text, self.stream)

    def of(self, things: Iterable[T], total: int | None = None) -> Iterator[T]:
        """The same things, counted when the next one is asked for."""
        for n, thing in enumerate(things, 1):
            yield thing
            self(n, total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.moving:
            self._write(CLEAR)

    def say(self, text: str) -> None:
        """Say something else on a line of its own."""
        if self.moving:
            self._write(CLEAR)
        note(text, self.stream)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            put(self.stream, text)
