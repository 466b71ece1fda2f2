"""How long a thread of OpenMP spins before it sleeps, said before torch is first imported.

A thread that waits for the others of its step spins, for milliseconds if nothing is said. Nothing answers faster where
the cores are free; where something else runs, it spins away what the thread that it waits for needs, and steps take
three to four times as long. Without spinning they take less than twice as long (bench/contention.py), on free cores too
long. So it is said only where something else runs now. The library reads it once, when it is loaded.
"""

import os
import time
from collections.abc import Callable

AT_ONCE = "0"  # turns of a loop before it sleeps
LOOKS, BETWEEN = 10, 0.002  # how often it is looked whether something else runs, and seconds between


def running() -> int:
    """How many processes and threads run or wait for a core now, this one among them; 1 where nobody says."""
    try:
        with open("/proc/stat", "rb") as stat:
            return next(int(line.split()[1]) for line in stat if line.startswith(b"procs_running"))
    except (OSError, StopIteration, ValueError, IndexError):
        return 1


def others_run(count: Callable[[], int] = running) -> bool:
    """Whether something else runs all the time; what runs for a moment, such as the end of a command, is none.

    Example:
        >>> counts = iter([2, 1])
        >>> others_run(lambda: next(counts)), others_run(lambda: 2)
        (False, True)
    """
    for look in range(LOOKS):
        if look:
            time.sleep(BETWEEN)
        if count() < 2:
            return False
    return True


def settle() -> None:
    """Say it, unless the user has said something; and where cuBLAS works, so that it rounds the same way every time."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what torch's deterministic mode asks for
    if "OMP_WAIT_POLICY" not in os.environ and "GOMP_SPINCOUNT" not in os.environ and others_run():
        os.environ["GOMP_SPINCOUNT"] = AT_ONCE
