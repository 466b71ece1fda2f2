"""SIGTERM and Ctrl-C: finish the step, save, say so; a second one leaves at once, and still nothing is lost.

Where a step or a save is under way the signal waits (`Stop.shield`); anywhere else (reading, caching, validating) it
raises at once.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
            if sys.stderr.isatty():
                os.write(2, b"\x1b[?25h\n")  # the live progress had hidden the cursor
            os._exit(128 + signum)
        self.asked, self._asked_at = signum, time.monotonic()
        if not self._shields:
            raise Interrupted(signum)

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
def interruptible() -> Iterator[Stop]:
    """Listen for SIGINT and SIGTERM until the block ends; only the main thread can, elsewhere nothing listens."""
    stop, old = Stop(echo=2.0 if int(os.environ.get("WORLD_SIZE", "1")) > 1 else 0.0), {}
    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            old[signum] = signal.signal(signum, stop.handle)
    except ValueError:  # not the main thread
        pass
    try:
        yield stop
    finally:
        for signum, handler in old.items():
            signal.signal(signum, handler)
