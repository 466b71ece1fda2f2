"""SIGTERM and Ctrl-C: finish the step, save, say so; a second one leaves at once, and still nothing is lost.

Where a step or a save is under way the signal waits (`Stop.shield`); anywhere else (reading, caching, validating) it
raises at once. Python hears a signal between two of its own instructions only, so on the command line a second thread
listens too, and ends the process where the main one is in a library for longer than people wait.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from guina.console import is_terminal

PATIENCE = 8.0  # seconds from a signal until what did not hear it is ended
LISTENING: list["Stop"] = []  # the one that signals go to now: blocks may be nested


class Interrupted(BaseException):
    """The user or the system asked to stop. Not an Exception, so that nothing swallows it.

    Args:
        signum: SIGINT or SIGTERM.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """130 for Ctrl-C, 143 for SIGTERM, as shells count."""
        return 128 + self.signum


class Stop:
    """What was asked for, and whether it may interrupt now.

    Args:
        echo: seconds in which a second signal is the first one's echo: `torchrun` passes on a Ctrl-C that the terminal
            has sent to every process already.
    """

    def __init__(self, echo: float = 0.0) -> None:
        self.asked: int | None = None
        self.echo, self._asked_at, self._shields = echo, 0.0, 0

    def handle(self, signum: int, frame: FrameType | None) -> None:
        if self.asked is not None:  # the second time: leave now; what is on disk is whole
            if time.monotonic() - self._asked_at < self.echo:
                return
            leave(signum)
        self.asked, self._asked_at = signum, time.monotonic()
        if not self._shields:
            raise Interrupted(signum)

    @property
    def shielded(self) -> bool:
        """Whether a signal has to wait now."""
        return self._shields > 0

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Inside, a signal only sets `asked`."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def check(self) -> None:
        """Raise if a signal came while it was shielded from."""
        if self.asked is not None:
            raise Interrupted(self.asked)


@contextmanager
def interruptible(watched: bool = False) -> Iterator[Stop]:
    """Listen for SIGINT and SIGTERM until the block ends; only the main thread can, elsewhere nothing listens.

    Args:
        watched: end the process where it does not hear a signal. For a process that is guina's alone.
    """
    if LISTENING:
        yield LISTENING[-1]
        return
    stop, old = Stop(echo=2.0 if int(os.environ.get("WORLD_SIZE", "1")) > 1 else 0.0), {}
    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            old[signum] = signal.signal(signum, stop.handle)
    except ValueError:  # not the main thread
        yield stop
        return
    LISTENING.append(stop)
    try:
        with watcher(stop) if watched else nullcontext():
            yield stop
    finally:
        LISTENING.remove(stop)
        for signum, handler in old.items():
            signal.signal(signum, handler)


@contextmanager
def watcher(stop: Stop) -> Iterator[None]:
    """A thread that hears what the main one may not: the system itself writes each signal's number into a socket."""
    ears, mouth = socket.socketpair()
    mouth.setblocking(False)
    before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=watch, args=(stop, ears), daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        mouth.close()  # ends the thread


def watch(stop: Stop, ears: socket.socket) -> None:
    """End the process where a signal has no effect for too long, or at the second one."""
    asked, at = None, 0.0
    with ears:
        while True:
            try:
                heard = ears.recv(1)
            except TimeoutError:
                if asked is not None and not stop.shielded:
                    leave(asked)
                continue
            if not heard:
                return
            if heard[0] not in (signal.SIGINT, signal.SIGTERM):
                continue
            if asked is not None and time.monotonic() - at > max(stop.echo, 0.5):
                leave(heard[0])
            if asked is None:
                asked, at = heard[0], time.monotonic()
                ears.settimeout(PATIENCE)


def leave(signum: int) -> None:
    """End the process at once; what is on disk is whole."""
    if is_terminal(sys.stderr):
        os.write(2, b"\x1b[?25h\n")  # the live progress had hidden the cursor
    os._exit(128 + signum)
