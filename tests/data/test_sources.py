"""Odd layouts: what must be said, or must not be read."""

import os
import struct
import time

import numpy as np
import pytest
from PIL import Image

from guina import GuinaError
from guina.data import decoding, gallery, parts
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.data.pictures import try_picture
from guina.data.split_names import split_within


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def folders(root, classes=("cat", "dog"), each: int = 6):
    for k, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for i in range(each):
            Image.fromarray(noise(1000 * k + i, 9, 8, 3)).save(root / name / f"{i}.png")
    return root


def write_idx(root, *prefixes: str, n: int = 40):
    root.mkdir()
    for prefix in prefixes:
        for kind, array in (("images-idx3", noise(0, n, 8, 8)), ("labels-idx1", np.arange(n, dtype=np.uint8) % 4)):
            head = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            (root / f"{prefix}{kind}-ubyte").write_bytes(head + array.tobytes())
    return str(root)


def read(root, *splits: str):
    return read_gallery(str(root), splits or ("train", "val"))


# --- splits ---


def test_other_folders_beside_splits_are_left_out_and_said(tmp_path):
    for split in ("train", "val"):
        folders(tmp_path / split)
    folders(tmp_path / "extras", ("x", "y"))
    (tmp_path / "README.md").write_text("x")
    report = read(tmp_path).report
    assert report.found == 24
    assert report.problems[:2] == [
        "left out: 1 file beside the folders of classes (README.md)",
        "left out: extras/ is neither train, val nor test",
    ]


def test_a_class_may_be_called_train(tmp_path):
    folders(tmp_path, ("plane", "train"))
    assert set(read(tmp_path).columns["label"]) == {"plane", "train"}


def test_two_folders_of_a_split_are_an_error_if_it_is_asked_for(tmp_path):
    for split in ("train", "test_2016", "test_2017"):
        folders(tmp_path / split)
    assert read(tmp_path).count("test") == 0
    with pytest.raises(GuinaError, match="more than one folder of test pictures: test_2017 is another"):
        read(tmp_path, "train", "val", "test")


def test_a_source_with_a_test_split_only_cannot_be_trained_on(tmp_path):
    with pytest.raises(GuinaError, match="has only a split for test"):
        read(write_idx(tmp_path / "m", "t10k-"))


def test_idx_files_name_their_split_anywhere(tmp_path):
    source = write_idx(tmp_path / "m", "emnist-letters-train-", "emnist-letters-test-")
    records = read(source, "train", "val", "test")
    assert (records.count("train") + records.count("val"), records.count("test")) == (40, 40)
    assert split_within("contest") is None


def test_two_sets_of_idx_files_are_an_error(tmp_path):
    source = write_idx(tmp_path / "m", "emnist-letters-train-", "emnist-digits-train-")
    with pytest.raises(
        GuinaError, match="more than one set of idx files: emnist-digits-train and emnist-letters-train"
    ):
        read(source)


def test_the_test_npz_is_not_opened_unless_asked_for(tmp_path):
    np.savez(tmp_path / "m_train.npz", x=noise(0, 40, 8, 8), y=np.arange(40) % 2)
    (tmp_path / "m_test.npz").write_bytes(b"broken")
    assert len(read(tmp_path)) == 40
    with pytest.raises(GuinaError, match=r"is no \.npz file"):
        read(tmp_path, "train", "val", "test")


# --- folders ---


def test_nothing_outside_is_read_through_a_folder_that_is_a_link(tmp_path):
    outside = folders(tmp_path / "outside")
    root = folders(tmp_path / "p")
    (root / "bird").symlink_to(root / "cat")
    assert "bird" in read(root).columns["label"]
    (root / "fish").symlink_to(outside / "dog")
    with pytest.raises(GuinaError, match="fish is a link that leads out of"):
        read(root)


def test_files_beside_the_classes_are_said(tmp_path):
    root = folders(tmp_path / "p")
    for name in ("a.png", "b.png", "Thumbs.db"):
        (root / name).write_bytes(b"x")
    report = read(root).report.as_json()
    assert report["problems"] == ["left out: 2 files beside the folders of classes (a.png, b.png)"]
    assert report["ignored"]["hidden, or a tool's"]["count"] == 1


def test_a_class_of_bad_pictures_only_does_not_vanish(tmp_path):
    root = folders(tmp_path / "p", each=20)
    (root / "bird").mkdir()
    for i in range(2):
        (root / "bird" / f"{i}.jpg").write_bytes(b"")
    with pytest.raises(GuinaError, match=r"no picture of class bird can be used: bird/0\.jpg: zero bytes"):
        read(root)


def test_a_folder_without_permission_is_an_error(tmp_path, monkeypatch):
    root = folders(tmp_path / "p")
    monkeypatch.setattr(type(root), "iterdir", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied")))
    monkeypatch.setattr("guina.data.sources.list_idx", lambda *_: [])
    with pytest.raises(GuinaError, match="cannot be read"):
        read(root)


def test_a_file_that_was_mended_is_read_again(tmp_path):
    """A change of permissions leaves size and time of writing as they were."""
    root = folders(tmp_path / "p")
    first = gallery.list_pictures(str(root), ("train",), gallery.Report())[0].stamp
    path = root / "cat" / "0.png"
    before = path.stat()
    time.sleep(0.02)
    path.chmod(0o600)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert gallery.list_pictures(str(root), ("train",), gallery.Report())[0].stamp != first


def test_copies_in_two_classes_are_said(tmp_path):
    root = folders(tmp_path / "p")
    (root / "dog" / "copy.png").write_bytes((root / "cat" / "0.png").read_bytes())
    assert any("in more than one class, such as cat and dog" in problem for problem in read(root).report.problems)


# --- arrays ---


def save(path, x: np.ndarray, y: np.ndarray | None = None) -> str:
    np.savez(path, x=x, y=np.arange(len(x)) % 2 if y is None else y)
    return str(path)


@pytest.mark.parametrize("channels", [2, 4])
def test_channels_of_arrays_are_kept(tmp_path, channels):
    x = noise(0, 40, 8, 8, channels)
    train = read(save(tmp_path / "d.npz", x)).only("train")
    arrays = decode_gallery(train, shape_of(train))
    np.testing.assert_array_equal(arrays.all("pixels"), x[[int(n[8:-1]) for n in arrays.names]])


def test_channels_that_do_not_fit_the_network_are_an_error(tmp_path):
    train = read(save(tmp_path / "d.npz", noise(0, 40, 8, 8, 2))).only("train")
    with pytest.raises(GuinaError, match="do not fit: 2 channels where the network takes 3"):
        decode_gallery(train, (8, 8, 3))


def test_a_dark_picture_of_an_array_stays_dark(tmp_path):
    x = np.random.default_rng(0).uniform(100, 255, (40, 8, 8)).astype(np.float32)
    x[::2] /= 400  # all below one, as bytes they are black
    train = read(save(tmp_path / "d.npz", x, np.arange(40) // 20)).only("train")
    arrays = decode_gallery(train, (8, 8, 1))
    for name, picture in zip(arrays.names, arrays.all("pixels"), strict=True):
        number = int(name[8:-1])
        np.testing.assert_array_equal(picture[:, :, 0], np.round(x[number]).astype(np.uint8))


@pytest.mark.parametrize("side", [300, 64])
def test_arrays_are_prepared_for_training_as_for_answering(tmp_path, side):
    x = noise(0, 6, side, side + 40, 3)
    train = read(save(tmp_path / "d.npz", x)).only("train")
    shape = (48, 48, 3)
    arrays = decode_gallery(train, shape)
    for name, picture in zip(arrays.names, arrays.all("pixels"), strict=True):
        np.testing.assert_array_equal(picture, try_picture(x[int(name[8:-1])], shape))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (noise(0, 9, 3, 32, 32), None, r"an array of shape \(3, 32, 32\)[\s\S]*transpose\(0, 2, 3, 1\)"),
        (noise(0, 9, 8, 8) / -1.0, None, "values from -255 to 0"),
        (noise(0, 9, 8, 8), np.array([0, 1, np.nan] * 3), "labels that are no class"),
    ],
)
def test_arrays_that_cannot_be_used_say_why(tmp_path, x, y, message):
    with pytest.raises(GuinaError, match=message):
        read(save(tmp_path / "d.npz", x, y))


# --- many threads and one ---


def test_many_threads_and_one_give_the_same_in_the_same_order(tmp_path, monkeypatch):
    root = folders(tmp_path / "p", each=40)
    (root / "cat" / "bad.png").write_bytes(b"")

    def pixels() -> tuple[list[str], np.ndarray]:
        records = read(root)
        return list(records.names), decode_gallery(records.only("train"), (12, 12, 3)).all("pixels")

    names, alone = pixels()
    monkeypatch.setattr(decoding, "SMALL", 0)
    monkeypatch.setattr(gallery, "SMALL_PIXELS", 0)
    monkeypatch.setattr(parts, "FORMAT", "another entry")
    again, together = pixels()
    assert names == again
    np.testing.assert_array_equal(alone, together)
