"""Labelled pictures from every layout: what is found, used, skipped, split and refused."""

import gzip
import io
import pickle
import struct

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.data import cache, decoding
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.data.split_names import split_named


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def noise(seed: int, size: tuple[int, int] = (9, 8)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)


def write(path, seed: int = 0, size: tuple[int, int] = (9, 8)) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = noise(seed, size)
    Image.fromarray(pixels).save(path)
    return pixels


def folders(root, classes=("cat", "dog"), each: int = 12):
    for k, name in enumerate(classes):
        for i in range(each):
            write(root / name / f"{i}.png", seed=1000 * k + i)
    return root


def test_class_folders_are_read_split_and_decoded(tmp_path):
    root = folders(tmp_path / "photos", each=30)
    records = read_gallery(str(root), ("train", "val"))
    assert (records.report.found, records.report.used, records.report.skipped) == (60, 60, 0)
    assert 2 <= records.count("val") <= 15
    train = records.only("train")
    shape = shape_of(train)
    assert shape == (9, 8, 3)
    arrays = decode_gallery(train, shape)
    for i in (0, 5, len(train) - 1):
        label, number = arrays.names[i].split("/")
        seed = 1000 * (label == "dog") + int(number.removesuffix(".png"))
        np.testing.assert_array_equal(arrays.take("pixels", np.array([i]))[0], noise(seed))
        assert train.columns["label"][i] == label


def test_split_folders_are_recognised_and_the_test_split_is_not_opened_unless_asked(tmp_path):
    for split in ("train", "dev", "test_2016"):
        folders(tmp_path / split, each=5 if split == "train" else 2)
    for path in (tmp_path / "test_2016" / "cat").iterdir():
        path.write_bytes(b"broken")
    records = read_gallery(str(tmp_path), ("train", "val"))
    assert (records.count("train"), records.count("val"), records.report.found) == (10, 4, 14)
    everything = read_gallery(str(tmp_path), ("train", "val", "test"))
    assert (everything.report.found, everything.report.skipped, everything.count("test")) == (18, 2, 2)


def test_bad_files_are_named_counted_and_left_out(tmp_path):
    root = folders(tmp_path / "p")
    (root / "cat" / "zero.jpg").write_bytes(b"")
    (root / "dog" / "page.jpg").write_bytes(b"<html>")
    (root / "dog" / "link.png").symlink_to("/etc/hostname")
    (root / "dog" / ".DS_Store").write_bytes(b"x")
    (root / ".git").mkdir()
    report = read_gallery(str(root), ("train", "val")).report.as_json()
    assert (report["found"], report["used"]) == (27, 24)
    assert report["skipped"]["zero bytes"] == {"count": 1, "for example": ["cat/zero.jpg"]}
    assert report["skipped"]["HTML, no picture that guina reads"]["for example"] == ["dog/page.jpg"]
    assert report["skipped"]["a link that leads out of the folder"]["for example"] == ["dog/link.png"]
    assert report["ignored"]["hidden, or a tool's"]["count"] == 2


def test_too_many_bad_files_stop_before_training(tmp_path):
    root = folders(tmp_path / "p")
    for i in range(4):
        (root / "cat" / f"x{i}.jpg").write_bytes(b"")
    with pytest.raises(GuinaError, match=r"4 of 28 files cannot be used: 4 × zero bytes \(cat/x0.jpg"):
        read_gallery(str(root), ("train", "val"))


def test_odd_names_work(tmp_path):
    root = folders(tmp_path / "p", classes=("猫 cat", "-dog"))
    write(root / "-dog" / "new\nline.png", seed=77)
    write(root / "-dog" / "caf\udce9.png", seed=78)  # a name that is no UTF-8
    records = read_gallery(str(root), ("train", "val"))
    assert records.report.used == 26
    assert set(records.columns["label"]) == {"猫 cat", "-dog"}
    "\n".join(records.names).encode()  # every name can be printed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.mkdir(), r"no labelled pictures at .* \(the folder is empty\)"),
        (lambda p: folders(p, classes=("cat",)), r"has 1 class \(cat\)"),
        (lambda p: (folders(p), (p / "bird").mkdir()), "class folder .*bird is empty"),
        (lambda p: folders(p, classes=("Cat", "cat")), "differ only in capitals"),
        (lambda p: (folders(p), write(p / "fish" / "1.png")), "class fish has only one picture"),
        (lambda p: (p.mkdir(), (p / "a.txt").write_text("x")), r"found a\.txt"),
        (lambda p: p.write_text("x"), "no labelled pictures"),
    ],
)
def test_folders_that_cannot_be_learned_from_say_why(tmp_path, make, message):
    make(tmp_path / "p")
    with pytest.raises(GuinaError, match=message):
        read_gallery(str(tmp_path / "p"), ("train", "val"))


def test_nothing_there_suggests_a_sample():
    with pytest.raises(GuinaError, match="did you mean digits"):
        read_gallery("digit", ("train", "val"))


def test_copies_stay_together_and_are_said(tmp_path):
    root = folders(tmp_path / "p", each=20)
    for i in range(20):
        (root / "cat" / f"copy{i}.png").write_bytes((root / "cat" / f"{i}.png").read_bytes())
    records = read_gallery(str(root), ("train", "val"))
    split = dict(zip(records.names, records.split_N, strict=True))
    assert all(split[f"cat/{i}.png"] == split[f"cat/copy{i}.png"] for i in range(20))
    assert any("are copies of another one there" in problem for problem in records.report.problems)


def test_mixed_sizes_are_made_one(tmp_path):
    for i in range(12):
        write(tmp_path / "a" / f"{i}.png", seed=i, size=(20 + i, 40))
        write(tmp_path / "b" / f"{i}.png", seed=50 + i, size=(40, 20 + i))
    train = read_gallery(str(tmp_path), ("train", "val")).only("train")
    shape = shape_of(train)
    assert shape[0] == shape[1]
    assert decode_gallery(train, shape).all("pixels").shape == (len(train), *shape)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(root, n: int = 200):
    rng = np.random.default_rng(0)
    root.mkdir(exist_ok=True)
    for prefix, count in (("train", n), ("t10k", 20)):
        images, labels = rng.integers(0, 256, (count, 8, 8)).astype(np.uint8), (np.arange(count) % 4).astype(np.uint8)
        (root / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (root / f"{prefix}-labels-idx1-ubyte").write_bytes(idx(labels))
    return root


def test_idx_pairs_are_read_and_not_copied_for_their_shape(tmp_path):
    root = write_idx(tmp_path / "mnist")
    records = read_gallery(str(root), ("train", "val", "test"))
    assert [records.count(split) for split in ("train", "val", "test")][2] == 20
    assert (records.names[3], records.names[23]) == ("test[3]", "train[3]")
    train = records.only("train")
    pixels = decode_gallery(train, shape_of(train)).columns["pixels"]
    assert isinstance(pixels, np.memmap)
    assert len(pixels) == 200
    assert sorted(set(train.columns["label"])) == ["0", "1", "2", "3"]


def test_a_second_reading_decodes_nothing(tmp_path, monkeypatch):
    root = folders(tmp_path / "p")
    first = read_gallery(str(root), ("train", "val"))
    monkeypatch.setattr(decoding, "open_file", lambda *_, **__: pytest.fail("decoded again"))
    again = read_gallery(str(root), ("train", "val"))
    assert first.fingerprint == again.fingerprint
    assert first.report.as_json() == again.report.as_json()
    monkeypatch.undo()
    write(root / "cat" / "new.png", seed=999)
    assert read_gallery(str(root), ("train", "val")).report.found == 25
    assert cache.cache_folder is not None


def test_idx_without_labels(tmp_path):
    root = write_idx(tmp_path / "mnist")
    (root / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(GuinaError, match="has no labels beside it"):
        read_gallery(str(root), ("train", "val"))


@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("x_train", "y_train"), ("data", "target")])
def test_npz_arrays_by_obvious_names(tmp_path, names):
    x, y = np.stack([noise(i) for i in range(40)]), np.eye(2)[np.arange(40) % 2]
    np.savez(tmp_path / "d.npz", **{names[0]: x, names[1]: y})
    records = read_gallery(str(tmp_path / "d.npz"), ("train", "val"))
    assert (len(records), set(records.columns["label"])) == (40, {"0", "1"})


def test_npz_files_by_split(tmp_path):
    for split, n in (("train", 40), ("test", 10)):
        np.savez(tmp_path / f"{split}.npz", x=np.stack([noise(i) for i in range(n)]), y=np.arange(n) % 2)
    assert read_gallery(str(tmp_path), ("train", "val", "test")).count("test") == 10


def test_npz_that_needs_a_pickle_is_refused_and_not_executed(tmp_path):
    class Payload:
        def __reduce__(self):
            return open, (str(tmp_path / "executed"), "w")

    np.savez(tmp_path / "d.npz", x=np.array([Payload()], object), y=np.array([0]))
    with pytest.raises(GuinaError, match="cannot be read"):
        read_gallery(str(tmp_path / "d.npz"), ("train", "val"))
    assert not (tmp_path / "executed").exists()
    assert pickle.HIGHEST_PROTOCOL


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(3)}, r"holds a \(3, float64\)\n  expected: arrays x and y"),
        ({"x": np.zeros((3, 8, 8)), "y": np.zeros(4)}, "labels of shape"),
    ],
)
def test_npz_that_does_not_fit(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(GuinaError, match=message):
        read_gallery(str(tmp_path / "d.npz"), ("train", "val"))
    (tmp_path / "e.npz").write_bytes(b"PK\x03\x04nothing")
    with pytest.raises(GuinaError, match=r"is no \.npz file"):
        read_gallery(str(tmp_path / "e.npz"), ("train", "val"))


def test_the_sample_has_a_fixed_test_split_of_every_class():
    records = read_gallery("digits", ("train", "val", "test"))
    assert len(records) == 1797
    labels = records.only("test").columns["label"]
    assert [int((labels == str(k)).sum()) for k in range(10)] == [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]
    train = decode_gallery(records.only("train"), (8, 8, 1)).all("pixels")
    test = decode_gallery(records.only("test"), (8, 8, 1)).all("pixels")
    both = {p.tobytes() for p in train} & {p.tobytes() for p in test}
    assert len(both) < 3


@pytest.mark.parametrize(
    ("name", "split"), [("train", "train"), ("t10k", "test"), ("dev", "val"), ("test_2016", "test"), ("trainer", None)]
)
def test_splits_are_recognised_by_name(name, split):
    assert split_named(name) == split


def test_reading_from_memory_equals_reading_from_a_file(tmp_path):
    pixels = write(tmp_path / "a.png", seed=5)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    from guina.data.pictures import try_picture

    shape = (6, 6, 1)
    ways = [tmp_path / "a.png", file.getvalue(), Image.fromarray(pixels), pixels]
    answers = [try_picture(way, shape) for way in ways]
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])
