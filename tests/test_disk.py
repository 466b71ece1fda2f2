"""Locks, syncs and names where systems have none, or others; and the whole command with what Windows lacks hidden."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import running
from guina import GuinaError, disk
from guina.runfolder import RunFolder
from guina.storage import write_atomic

UNSUPPORTED = [errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS]


def raising(number: int):
    def raises(*_):
        raise OSError(number, os.strerror(number))

    return raises


def with_modules(monkeypatch, **modules) -> None:
    monkeypatch.setattr(disk, "module", lambda name: modules.get(name))


@pytest.mark.parametrize("number", [*UNSUPPORTED, errno.ENOLCK])
def test_disk_without_locks_trains_and_says_so_once(number, monkeypatch, tmp_path):
    with_modules(monkeypatch, fcntl=SimpleNamespace(LOCK_EX=2, LOCK_NB=4, flock=raising(number)))
    progress = Listener()
    running.train("toy-speech", tmp_path / "run", steps=2, progress=progress)
    assert sum("has no locks" in line for line in progress.told) == 1


def test_disk_locks_of_windows(monkeypatch, tmp_path):
    taken: list[int] = []

    def locking(handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        if taken:
            raise OSError(errno.EACCES, "Permission denied")
        taken.append(handle)

    with_modules(monkeypatch, msvcrt=SimpleNamespace(LK_NBLCK=2, locking=locking))
    first = RunFolder(tmp_path)
    assert first.lock()
    with pytest.raises(GuinaError, match="in use by another guina"):
        RunFolder(tmp_path).lock()


def test_disk_without_any_locks_goes_on(monkeypatch, tmp_path):
    with_modules(monkeypatch)
    assert not RunFolder(tmp_path).lock()


def test_disk_whose_locks_fail_is_no_disk_without_locks(monkeypatch, tmp_path):
    with_modules(monkeypatch, fcntl=SimpleNamespace(LOCK_EX=2, LOCK_NB=4, flock=raising(errno.EIO)))
    with pytest.raises(OSError, match="Input/output"):
        RunFolder(tmp_path).lock()


@pytest.mark.parametrize("number", UNSUPPORTED)
def test_disk_that_syncs_no_folders_trains_and_says_so_once(number, monkeypatch, tmp_path):
    whole = os.fsync

    def fsync(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(number, os.strerror(number))
        whole(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    progress = Listener()
    running.train("toy-speech", tmp_path / "run", steps=2, progress=progress)
    assert sum("syncs no folders" in line for line in progress.told) == 1
    assert RunFolder(tmp_path / "run").read_status()["state"] == "done"


def test_disk_that_fails_to_sync_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "fsync", raising(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        write_atomic(tmp_path / "a", b"")


def test_disk_name_that_is_held_for_a_moment_is_taken_then(monkeypatch, tmp_path):
    held, replace = iter([True, True, False]), os.replace

    def replaced(old, new) -> None:
        if next(held):
            raise PermissionError(errno.EACCES, "a virus scanner has it")
        replace(old, new)

    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(disk, "PAUSE", 0.0)
    write_atomic(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"
    monkeypatch.setattr(os, "replace", raising(errno.EACCES))
    with pytest.raises(PermissionError):
        write_atomic(tmp_path / "a", b"y")
    assert (tmp_path / "a").read_bytes() == b"x"


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import without_posix
without_posix.hide()
import guina
assert "fcntl" not in sys.modules or sys.modules["fcntl"] is None
run = guina.train("classify", "digits", steps=5, settings={{"size": "tiny"}}, out="run", quiet=True)
again = guina.train("classify", "digits", steps=5, settings={{"size": "tiny"}}, out="run", quiet=True, resume=True)
assert run.outcome == again.outcome
job = run.judge.job
pictures = job.arrays(job.read("digits", ("test",))).all("pixels")
assert len(run.predict(*pictures[:3])) == 3
"""


def test_disk_and_signals_as_windows_has_them_train_resume_and_predict(tmp_path):
    tests = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(tests=tests)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class Listener(running.Progress):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__("")
        self.told: list[str] = []

    def say(self, text: str) -> None:
        self.told.append(text)
