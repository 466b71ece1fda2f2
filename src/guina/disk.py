"""What operating systems and file systems differ in: locks, syncs, and names that are taken over.

Network drives may have no locks and no syncs of folders; Windows has other locks, cannot sync a folder, and refuses to
rename what somebody else (a virus scanner) holds open at that moment.
"""

import errno
import importlib
import os
import time
from pathlib import Path
from typing import Any

NOT_HERE = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK, errno.ENOTTY}
TRIES, PAUSE = 10, 0.05  # of a name that is held, and seconds between them


def module(name: str) -> Any:
    """A module of the standard library that some systems lack; None there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def take(handle: int) -> bool | None:
    """Lock an open file for this process until it closes it.

    Returns:
        True: it is this process's; False: another one has it; None: there are no locks here.
    """
    fcntl, msvcrt = module("fcntl"), module("msvcrt")
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            return None
    except OSError as error:
        if error.errno in NOT_HERE:
            return None
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def sync(handle: int) -> bool:
    """Have an open file survive a power cut; whether that is to be had here.

    Raises:
        OSError: it could be had, and failed.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno in NOT_HERE:
            return False
        raise
    return True


def sync_folder(folder: Path) -> bool:
    """Have the names in a folder survive a power cut; whether that is to be had here."""
    if os.name == "nt":  # opens no folders; its file systems keep a journal of names
        return True
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one that may be entered and written, not read
        return False
    try:
        return sync(handle)
    finally:
        os.close(handle)


def rename(old: Path, new: Path) -> None:
    """Give a file another name, or an open one's; a folder, one that is free. What is held is tried again for a while.

    Raises:
        OSError: it cannot be renamed.
    """
    for left in reversed(range(TRIES)):
        try:
            (os.rename if old.is_dir() else os.replace)(old, new)
        except PermissionError:
            if not left or not new.parent.is_dir() or not os.access(new.parent, os.W_OK):
                raise
            time.sleep(PAUSE)
        else:
            return
