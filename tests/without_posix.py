"""Python as it is on Windows, as far as that can be had elsewhere: what it lacks there is hidden.

`pytest --without-posix` hides it before guina is imported; tests that need a real kill or a fork are skipped.
"""

import errno
import fcntl
import os
import signal
import subprocess  # before there is an msvcrt, by which it knows Windows  # noqa: F401
import sys
import types

import pytest

MODULES = ("fcntl", "resource", "pwd", "grp", "termios")
SIGNALS = ("SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGCONT")
OF_SIGNAL = (*SIGNALS, "setitimer", "alarm", "pause", "pthread_sigmask", "sigwait", "pthread_kill", "siginterrupt")
OF_OS = (  # pytest itself needs os.getuid
    *("fork", "geteuid", "getgid", "getpgid", "killpg", "setsid", "sched_getaffinity", "sysconf", "statvfs"),
    *("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "mkfifo", "chown", "lchown", "fchmod", "nice", "getloadavg"),
)
OPTION = "--without-posix"


def locking(handle: int, mode: int, count: int) -> None:
    """msvcrt.locking, which locks bytes of an open file, by what there is here."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(errno.EACCES, "Permission denied") from None


def hide() -> None:
    """Hide it, in this process, and give it Windows' own locks."""
    sys.modules["msvcrt"] = types.ModuleType("msvcrt")
    vars(sys.modules["msvcrt"]).update(locking=locking, LK_NBLCK=2)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  so says the import system that there is none
    for module, names in ((signal, OF_SIGNAL), (os, OF_OS)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


def has_posix() -> bool:
    """Whether this process has all of it."""
    return hasattr(os, "fork")


needs_posix = pytest.mark.skipif("not __import__('without_posix').has_posix()", reason="Windows has no such thing")
