"""idx and npz files, the split by content, the cache."""

import gzip
import json
import multiprocessing
import struct
from pathlib import Path

import numpy as np
import pytest

from guina import GuinaError
from guina.data.cache import cached, prune, whole
from guina.data.idx import read_idx
from guina.data.split import cut_validation, duplicates, position


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    head = struct.pack(">BBBB", 0, 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_are_read_by_their_description(tmp_path, packed):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / ("a-idx3-ubyte" + ".gz" * packed)
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    np.testing.assert_array_equal(read_idx(path), array)


def test_idx_values_wider_than_a_byte_are_big_endian(tmp_path):
    (tmp_path / "a").write_bytes(idx_bytes(np.array([1, -2, 300], ">i4"), 0x0C))
    assert read_idx(tmp_path / "a").tolist() == [1, -2, 300]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PNG", "is no idx file"),
        (b"\0\0\x08\x09", "is no idx file"),
        (idx_bytes(np.zeros((9, 9), np.uint8))[:50], "is cut off: 38 of 81 bytes"),
        (struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**31, 9), "at most 8 GB"),
    ],
)
def test_what_is_no_idx_file_is_refused(tmp_path, data, message):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(GuinaError, match=message):
        read_idx(tmp_path / "a")


def test_a_damaged_gz_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx_bytes(np.zeros((90, 90), np.uint8)))[:-12])
    with pytest.raises(GuinaError, match=r"damaged \.gz"):
        read_idx(tmp_path / "a.gz")


# --- the split ---


def digests(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 16)).astype(np.uint8)


def test_position_is_the_hash_as_a_fraction():
    some = digests(5)
    by_hand = [int.from_bytes(bytes(d[:8]), "big") / 2**64 for d in some]
    np.testing.assert_allclose(position(some), by_hand)


def test_adding_pictures_moves_none_across():
    some = digests(400)
    labels = ["ab"[i % 2] for i in range(400)]
    before = cut_validation(some[:300], labels[:300], 0.1)
    after = cut_validation(some, labels, 0.1)
    np.testing.assert_array_equal(before, after[:300])
    assert 25 < after.sum() < 60


def test_copies_stay_together_and_every_class_is_on_both_sides():
    some = digests(40)[np.arange(80) % 40]
    labels = [str(i % 40 // 2) for i in range(80)]  # twenty classes of two contents, each twice
    chosen = cut_validation(some, labels, 0.1)
    np.testing.assert_array_equal(chosen[:40], chosen[40:])
    for k in range(20):
        mine = chosen[[i for i in range(80) if labels[i] == str(k)]]
        assert 0 < mine.sum() < len(mine)


def test_a_class_of_one_picture_cannot_be_split():
    with pytest.raises(GuinaError, match="class b has only one picture"):
        cut_validation(digests(3), ["a", "a", "b"], 0.1)
    with pytest.raises(GuinaError, match="and copies of it"):
        cut_validation(digests(3)[[0, 1, 2, 2]], ["a", "a", "b", "b"], 0.1)
    with pytest.raises(GuinaError, match="a share between 0 and 1"):
        cut_validation(digests(3), ["a"] * 3, 1.5)


def test_copies_within_and_across_splits_are_said():
    some = digests(5)
    notes = duplicates({"train": some[[0, 1, 1]], "test": some[[1, 2]]})
    assert notes[0] == "1 of 3 train pictures are copies of another one there"
    assert notes[1].startswith("warning: 1 picture is in train and in test")


# --- the cache ---


def write_number(folder: Path) -> dict:
    (folder / "n.bin").write_bytes(b"7" * 1000)
    return {"n": 7}


def race(root: str) -> int:
    import os

    os.environ["GUINA_CACHE"] = root
    return cached("racing", write_number)[1]["n"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path))
    return tmp_path


def test_an_entry_is_built_once(root):
    built = []

    def build(folder):
        built.append(folder)
        return write_number(folder)

    for _ in range(3):
        folder, facts = cached("once", build)
        assert (facts, (folder / "n.bin").stat().st_size) == ({"n": 7}, 1000)
    assert len(built) == 1


@pytest.mark.parametrize("damage", ["cut", "remove", "format", "garbage"])
def test_a_damaged_entry_is_built_anew(root, damage):
    folder, _ = cached("x", write_number)
    entry = folder / "entry.json"
    match damage:
        case "cut":
            (folder / "n.bin").write_bytes(b"7")
        case "remove":
            (folder / "n.bin").unlink()
        case "format":
            entry.write_text(json.dumps({**json.loads(entry.read_text()), "format": 0}))
        case "garbage":
            entry.write_bytes(b"\xff{")
    assert whole(folder) is None
    cached("x", write_number)
    assert whole(folder) == {"n": 7}


def test_a_builder_that_fails_leaves_nothing(root):
    def fail(folder):
        write_number(folder)
        raise KeyError("no")

    with pytest.raises(KeyError):
        cached("x", fail)
    assert list(root.iterdir()) == []


def test_processes_may_race(root):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(race, [str(root)] * 4) == [7] * 4
    assert [p.name for p in root.iterdir()] == ["racing"]


def test_what_was_not_used_for_longest_is_pruned(root):
    for n, key in enumerate("abc"):
        import os

        folder, _ = cached(key, write_number)
        os.utime(folder, (n, n))
    prune(root, keep=root / "a", most=2500)
    assert sorted(p.name for p in root.iterdir()) == ["a", "c"]


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "file"))
    assert cached("x", write_number)[1] == {"n": 7}
