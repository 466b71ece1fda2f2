"""The cache among other processes, on a full disk, and where it cannot be written; idx files likewise."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from guina import GuinaError
from guina.data import cache
from guina.data.cache import BUILDING, cached, prune, whole
from guina.data.idx import read_idx
from guina.data.split import contradictions


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path))
    return tmp_path


def write(text: str, folder: Path) -> dict:
    (folder / "text").write_text(text)
    return {"text": text}


def test_who_is_slower_takes_what_the_faster_one_made_because_it_may_be_open_already(root):
    def overtaken(folder: Path) -> dict:
        cached("x", lambda faster: write("faster", faster))
        return write("slower", folder)

    folder, facts = cached("x", overtaken)
    assert (facts, (folder / "text").read_text()) == ({"text": "faster"}, "faster")
    assert [path.name for path in root.iterdir()] == ["x"]


def test_a_damaged_entry_is_replaced_as_a_whole(root):
    folder, _ = cached("x", lambda folder: write("old", folder))
    (folder / "text").write_text("")
    assert cached("x", lambda folder: write("newer", folder))[1] == whole(folder) == {"text": "newer"}
    assert [path.name for path in root.iterdir()] == ["x"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_where_to_go_and_leaves_nothing(root, code):
    def build(folder: Path) -> dict:
        write("half", folder)
        raise OSError(code, os.strerror(code))

    with pytest.raises(GuinaError, match=r"the disk is full[\s\S]*GUINA_CACHE"):
        cached("x", build)
    assert list(root.iterdir()) == []


def test_other_errors_of_a_builder_are_not_hidden(root):
    def build(folder: Path) -> dict:
        raise OSError(errno.EIO, "a bad disk")

    with pytest.raises(OSError, match="a bad disk"):
        cached("x", build)


def test_what_killed_processes_left_is_removed_after_a_day_and_nothing_else(root):
    for name in (f"{BUILDING}old-1", f"{BUILDING}new-2", ".ssh", "photos"):
        (root / name).mkdir()
        (root / name / "file").write_text("x")
        if "new" not in name:
            os.utime(root / name, (0, time.time() - 2 * cache.ABANDONED))
    prune(root, keep=root / "x", most=0)
    assert sorted(path.name for path in root.iterdir()) == [f"{BUILDING}new-2", ".ssh", "photos"]


def test_a_temporary_cache_goes_with_the_process(tmp_path):
    (tmp_path / "file").write_text("")
    code = "from guina.data.cache import cache_folder as f; print(f('{}'))".format(tmp_path / "file" / "no")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "guina-" in done.stdout
    assert not Path(done.stdout.strip()).exists()


@pytest.mark.parametrize(
    ("platform", "variables", "place"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/guina"),
        ("linux", {"HOME": "/h"}, "/h/.cache/guina"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/guina"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/guina"),
    ],
)
def test_it_lies_where_the_platform_keeps_caches(platform, variables, place, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache.platform_folder() == Path(place)


def test_a_user_without_a_home_has_a_temporary_cache(monkeypatch):
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache, "platform_folder", homeless)
    cache.cache_folder.cache_clear()
    folder = cache.cache_folder()
    cache.cache_folder.cache_clear()
    assert folder.is_dir()


# --- idx files and labels ---


def test_a_header_that_promises_too_much_costs_no_memory(tmp_path):
    import tracemalloc

    (tmp_path / "a").write_bytes(bytes([0, 0, 8, 1, 0x70, 0, 0, 0]) + bytes(100))
    tracemalloc.start()
    with pytest.raises(GuinaError, match="100 of 1879048192 bytes are there"):
        read_idx(tmp_path / "a")
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_an_idx_file_that_cannot_be_read(tmp_path):
    with pytest.raises(GuinaError, match="cannot be read: Is a directory"):
        read_idx(tmp_path)


def test_copies_in_several_classes_are_said():
    digests = np.random.default_rng(0).integers(0, 256, (50, 16)).astype(np.uint8)
    labels = np.array(["cat", "dog"] * 25, object)
    assert contradictions(digests, labels) == []
    torn = digests[np.arange(50) % 49]  # the last is a copy of the first
    said = "warning: 1 picture is in more than one class, such as cat and dog: one of the labels is wrong"
    assert contradictions(torn, labels) == [said]
    assert contradictions(digests[np.arange(50) // 2], labels)[0].startswith("warning: 25 pictures are")
