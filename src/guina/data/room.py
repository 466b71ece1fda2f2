"""Room for large pictures: however many threads decode, no more pixels are in memory than of the largest one."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Room:
    """So much of something that threads share; who wants more than there is waits.

    Example:
        >>> room = Room(10)
        >>> with room.held(7):
        ...     room.left
        3
    """

    def __init__(self, size: int) -> None:
        self.size = self.left = size
        self._changed = Condition()

    @contextmanager
    def held(self, wanted: int) -> Iterator[None]:
        """Hold so much while the block runs, all there is at most."""
        taken = min(wanted, self.size)
        with self._changed:
            self._changed.wait_for(lambda: self.left >= taken)
            self.left -= taken
        try:
            yield
        finally:
            with self._changed:
                self.left += taken
                self._changed.notify_all()
