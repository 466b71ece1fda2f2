"""Pictures that need no label: any folder of them, and tables and arrays without labels; and labels where there are."""

import doctest
import gzip
import os
import struct

import numpy as np
import pytest
from PIL import Image

from guina.data import gallery, unlabelled
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.data.records import Records
from guina.data.split import cut_validation
from guina.errors import GuinaError


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape or (9, 8, 3)).astype(np.uint8)


def save(folder, numbers):
    """Pictures in a folder, each by its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in numbers:
        Image.fromarray(noise(i)).save(folder / f"{i}.png")
    return folder


def read(root, *splits: str, columns: Columns = gallery.OBVIOUS) -> Records:
    return read_gallery(str(root), splits or ("train", "val"), columns=columns, labelled=False)


def labels(records: Records) -> set[str]:
    assert records.columns["label"].dtype == object
    return set(records.columns["label"])


def names(records: Records, split: str) -> list[str]:
    return sorted(records.only(split).names)


def test_the_examples_of_the_docstrings_run():
    assert doctest.testmod(unlabelled) == (0, 3)


# --- folders ---


def test_a_flat_folder_is_split_by_content_and_decoded(tmp_path):
    root = save(tmp_path / "photos", range(60))
    records = read(root)
    assert labels(records) == {""}
    assert (records.report.found, records.report.used, records.report.problems) == (60, 60, [])
    assert 2 <= records.count("val") <= 15
    train = records.only("train")
    arrays = decode_gallery(train, shape_of(train))
    for name, pixels in zip(arrays.names, arrays.all("pixels"), strict=True):
        np.testing.assert_array_equal(pixels, noise(int(name.removesuffix(".png"))))
    save(root, range(60, 90))  # adding moves none across
    assert set(names(records, "val")) <= set(names(read(root), "val"))


@pytest.mark.parametrize(
    "places",
    [
        [".", "cat", "dog"],  # loose pictures beside folders
        ["2024"],  # only one folder
        ["2024/may", "2024/june"],
        [".", "a/b/c"],
        [".", "train"],  # an album about trains
    ],
)
def test_folders_that_are_no_classes(tmp_path, places):
    for k, place in enumerate(places):
        save(tmp_path / place, range(20 * k, 20 * k + 20))
    records = read(tmp_path)
    assert labels(records) == {""}
    assert (records.report.used, records.report.problems) == (20 * len(places), [])
    assert records.count("val") > 0


def test_folders_that_are_classes_give_labels(tmp_path):
    for k, place in enumerate(("cat", "dog/small", "train")):  # a class may be called train
        save(tmp_path / place, range(20 * k, 20 * k + 20))
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "LICENSE").write_text("x")
    records = read(tmp_path)
    of = dict(zip(records.names, records.columns["label"], strict=True))
    assert of == {name: name.split("/")[0] for name in records.names}
    assert labels(records) == {"cat", "dog", "train"}
    assert records.report.problems == ["left out: 2 files beside the pictures (LICENSE, README.md)"]
    assert read_gallery(str(tmp_path), ("train", "val")).fingerprint == records.fingerprint


def test_what_only_matters_to_classes_does_not_stop(tmp_path):
    """An empty folder, names that differ in capitals, a folder of one picture, one whose pictures are all bad."""
    for k, place in enumerate(("Cat", "cat")):
        save(tmp_path / place, range(20 * k, 20 * k + 20))
    save(tmp_path / "fish", [99])
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "1.jpg").write_bytes(b"")
    records = read(tmp_path)
    assert labels(records) == {"Cat", "cat", "fish"}
    assert (records.report.used, records.report.skipped) == (41, 1)


def test_one_class_is_none(tmp_path):
    save(tmp_path / "cat", range(20))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("x")
    records = read(tmp_path)
    assert labels(records) == {""}
    assert records.report.problems == ["left out: 1 file beside the pictures (notes/a.txt)"]


def test_classes_are_not_said_to_contradict_each_other_where_there_are_none(tmp_path):
    save(tmp_path, range(20))
    save(tmp_path / "cat", range(3))
    save(tmp_path / "dog", range(3))
    assert all("more than one class" not in problem for problem in read(tmp_path).report.problems)
    for i in range(20):
        (tmp_path / f"{i}.png").unlink()
    save(tmp_path / "dog", range(30, 50))
    assert any("such as cat and dog" in problem for problem in read(tmp_path).report.problems)


# --- splits ---


def test_split_folders_of_loose_pictures(tmp_path):
    for k, split in enumerate(("train", "val", "test_2016")):
        save(tmp_path / split, range(10 * k, 10 * k + 5))
    save(tmp_path / "extras", [50])
    save(tmp_path, [51])
    for path in (tmp_path / "test_2016").iterdir():
        path.write_bytes(b"broken")
    records = read(tmp_path)
    assert (records.count("train"), records.count("val"), records.report.found) == (5, 5, 10)
    assert records.report.problems == [
        "left out: 1 file beside the folders of splits (51.png)",
        "left out: extras/ is neither train, val nor test",
    ]
    with pytest.raises(GuinaError, match="5 of 10 files cannot be used"):
        read(tmp_path, "train", "val", "test")


def test_a_train_folder_alone_is_cut(tmp_path):
    save(tmp_path / "train", range(30))
    records = read(tmp_path, "train", "val", "test")
    assert records.count("train") + records.count("val") == 30
    assert 0 < records.count("val") < 15


def test_classes_within_splits_and_a_split_without(tmp_path):
    for k, place in enumerate(("train/cat", "train/dog", "test")):
        save(tmp_path / place, range(20 * k, 20 * k + 20))
    records = read(tmp_path, "train", "val", "test")
    assert labels(records.only("train")) == {"cat", "dog"}
    assert labels(records.only("test")) == {""}
    assert labels(read(tmp_path)) == {"cat", "dog"}


def test_splits_that_cannot_be_used_say_why(tmp_path):
    save(tmp_path / "test", range(5))
    with pytest.raises(GuinaError, match="has only a split for test\n  expected: one for train or val"):
        read(tmp_path)
    (tmp_path / "train").mkdir()
    with pytest.raises(GuinaError, match=r"there are no pictures in .*train\n"):
        read(tmp_path)
    save(tmp_path / "train", range(5, 9))
    save(tmp_path / "test_2017", range(3))
    assert read(tmp_path).count("test") == 0
    with pytest.raises(GuinaError, match="more than one folder of test pictures: test_2017 is another"):
        read(tmp_path, "test")


# --- bad files ---


def test_bad_files_are_named_counted_and_left_out(tmp_path, tmp_path_factory):
    root = save(tmp_path / "p", range(300))
    save(root / "more", range(300, 320))
    outside = save(tmp_path_factory.mktemp("outside"), [1])
    (root / "zero.jpg").write_bytes(b"")
    (root / "more" / "text.jpg").write_text("no picture")
    os.symlink(outside / "1.png", root / "link.png")
    os.symlink("/etc/hostname", root / "more" / "link.png")
    (root / ".hidden").mkdir()
    save(root / ".hidden", [400])
    (root / "more" / ".DS_Store").write_bytes(b"x")
    for name in ("captions.txt", "more/clip.MOV", "notes.csv"):
        (root / name).write_text("a,b\n1,2\n")
    records = read_gallery(str(root), ("train", "val"), max_bad=0.1, labelled=False)
    report = records.report.as_json()
    assert (report["found"], report["used"]) == (324, 320)
    assert {why: (told["count"], told["for example"]) for why, told in report["skipped"].items()} == {
        "a link that leads out of the folder": (2, ["more/link.png", "link.png"]),
        "unknown content, no picture that guina reads": (1, ["more/text.jpg"]),
        "zero bytes": (1, ["zero.jpg"]),
    }
    assert report["ignored"]["hidden, or a tool's"]["count"] == 2
    assert report["problems"] == ["left out: 3 files beside the pictures (more/clip.MOV, captions.txt, notes.csv)"]
    with pytest.raises(GuinaError, match="4 of 324 files cannot be used"):
        read(root)


def test_a_folder_that_leads_out_is_an_error(tmp_path, tmp_path_factory):
    root = save(tmp_path / "p", range(5))
    (root / "link").symlink_to(save(tmp_path_factory.mktemp("outside"), [1]))
    with pytest.raises(GuinaError, match="link is a link that leads out of"):
        read(root)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, r"there are no pictures at .* \(the folder is empty\)\n  expected: a folder of pictures"),
        (lambda p: (p / "a.txt").write_text("x"), r"there are no pictures at .* \(found a\.txt\)"),
        (lambda p: (p / "cat").mkdir(), r"there are no pictures at .* \(found cat/\)"),
        (lambda p: (p / "song.mp3").write_text("x"), "no picture can be used"),
        (lambda p: save(p, [1]), "there is only one picture\n"),
        (
            lambda p: (save(p, [1]), Image.fromarray(noise(1)).save(p / "b.png")),
            r"only one picture \(and copies of it\)",
        ),
    ],
)
def test_folders_without_pictures_say_so(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(GuinaError, match=message):
        read(tmp_path)


def test_a_folder_without_permission_is_an_error(tmp_path, monkeypatch):
    save(tmp_path / "p", range(3))
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(GuinaError, match="cannot be read"):
        read(tmp_path / "p")


def test_a_path_that_is_no_folder(tmp_path):
    (tmp_path / "a.doc").write_text("x")
    with pytest.raises(GuinaError, match=r"there are no pictures at .* \(\.doc\)"):
        read(tmp_path / "a.doc")
    with pytest.raises(GuinaError, match="did you mean digits"):
        read("digit")


def test_the_cut_of_pictures_without_labels():
    digest_ND = noise(0, 50, 16)
    chosen_N = cut_validation(digest_ND, [""] * 50, 0.1)
    np.testing.assert_array_equal(chosen_N, digest_ND[:, 0] < 0.1 * 256)  # but for the byte that 0.1 falls into
    assert cut_validation(digest_ND[:2], ["", ""], 0.001).sum() == 1


# --- tables ---


def write(folder, header: str, rows, name: str = "list.csv"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n")
    return folder / name


def test_a_table_without_labels(tmp_path):
    save(tmp_path / "images", range(20))
    rows = [f"images/{i}.png,{'test' if i < 5 else 'train'},{i % 2}" for i in range(20)]
    write(tmp_path, "path,split,width", rows)
    records = read(tmp_path, "train", "val", "test")
    assert labels(records) == {""}  # the width repeats, but it is not called a label
    assert (records.count("test"), len(records)) == (5, 20)
    assert labels(read(tmp_path, columns=Columns(label="width"))) == {"0", "1"}
    with pytest.raises(GuinaError, match="no column wdith"):
        read(tmp_path, columns=Columns(label="wdith"))


def test_a_table_with_labels_keeps_them_unless_one_is_missing_or_all_are_the_same(tmp_path):
    save(tmp_path, range(20))
    kinds = ["cat", "dog"] * 10
    path = write(tmp_path, "path,label", [f"{i}.png,{kind}" for i, kind in enumerate(kinds)])
    assert labels(read(tmp_path)) == {"cat", "dog"}
    write(tmp_path, "path,label", [f"{i}.png,{kind if i else ''}" for i, kind in enumerate(kinds)])
    records = read(tmp_path)
    assert (labels(records), records.report.used) == ({""}, 20)
    assert records.report.problems == [
        "warning: there is no label for 1 of 20 pictures, so those of the others are not used"
    ]
    write(tmp_path, "path,label", [f"{i}.png,cat" for i in range(20)])
    assert labels(read(path)) == {""}


@pytest.mark.parametrize(
    ("header", "row"), [("author,year", "me,2020"), ("file_name,size", "elsewhere/1.png,5"), ("path,x", "/1.png,2")]
)
@pytest.mark.parametrize("place", [".", "images"])
def test_a_table_about_something_else_is_left_out(tmp_path, header, row, place):
    save(tmp_path / place, range(20))
    write(tmp_path, header, [row])
    records = read(tmp_path)
    assert records.report.used == 20
    assert records.report.problems == ["left out: 1 file beside the pictures (list.csv)"]


def test_several_tables_beside_pictures(tmp_path):
    save(tmp_path, range(20))
    for name in ("captions.csv", "boxes.csv"):
        write(tmp_path, "path,what", ["1.png,x"], name)
    assert read(tmp_path).report.used == 20
    for name in ("captions.csv", "boxes.csv"):
        (tmp_path / name).unlink()
    write(tmp_path, "path", [f"{i}.png" for i in range(10)], "train.csv")
    write(tmp_path, "path", [f"{i}.png" for i in range(10, 14)], "test.csv")
    records = read(tmp_path, "train", "val", "test")
    assert (len(records), names(records, "test")) == (14, [f"{i}.png" for i in range(10, 14)])


def test_a_table_alone_that_is_not_obvious_is_asked_about(tmp_path):
    write(tmp_path, "author,year", ["me,2020"])
    with pytest.raises(GuinaError, match="not obvious which column has the paths"):
        read(tmp_path)


# --- arrays ---


@pytest.mark.parametrize("key", ["x", "images", "data"])
def test_npz_with_pictures_only(tmp_path, key):
    np.savez(tmp_path / "d.npz", **{key: noise(0, 40, 8, 8)})
    for source in (tmp_path, tmp_path / "d.npz"):
        records = read(source)
        assert (len(records), labels(records)) == (40, {""})
    with pytest.raises(GuinaError, match="expected: arrays x and y"):
        read_gallery(str(tmp_path), ("train", "val"))


def test_npz_by_split(tmp_path):
    np.savez(tmp_path / "d.npz", x_train=noise(0, 40, 8, 8), x_test=noise(1, 10, 8, 8), y_test=np.arange(10) % 2)
    records = read(tmp_path / "d.npz", "train", "val", "test")
    assert (records.count("test"), len(records)) == (10, 50)
    assert labels(records.only("train")) == {""}
    assert labels(records.only("test")) == {"0", "1"}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(3)}, r"holds a \(3, float64\)\n  expected: an array x"),
        ({"x": np.zeros(3)}, r"pictures of shape \(3,\)"),
        ({"x": np.zeros((0, 8, 8))}, r"pictures of shape \(0, 8, 8\)"),
        ({"x": np.zeros((3, 8, 8)), "y": np.zeros(4)}, r"labels of shape \(4,\)"),
    ],
)
def test_npz_that_cannot_be_used(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(GuinaError, match=message):
        read(tmp_path)


def test_an_array_beside_pictures_is_left_out(tmp_path):
    save(tmp_path, range(20))
    np.savez(tmp_path / "embeddings.npz", e=np.zeros(3))
    records = read(tmp_path)
    assert (len(records), records.report.problems) == (20, ["left out: 1 file beside the pictures (embeddings.npz)"])


def test_idx_files_without_labels(tmp_path):
    def write_idx(name: str, array: np.ndarray) -> None:
        head = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        (tmp_path / name).write_bytes(gzip.compress(head + array.tobytes()))

    write_idx("train-images-idx3-ubyte.gz", noise(0, 40, 8, 8))
    write_idx("t10k-images-idx3-ubyte.gz", noise(1, 10, 8, 8))
    records = read(tmp_path, "train", "val", "test")
    assert (records.count("test"), len(records), labels(records)) == (10, 50, {""})
    write_idx("train-labels-idx1-ubyte.gz", (np.arange(40) % 4).astype(np.uint8))
    assert labels(read(tmp_path)) == {"0", "1", "2", "3"}


def test_the_sample_keeps_its_classes():
    records = read("digits", "train", "val", "test")
    labelled = read_gallery("digits", ("train", "val", "test"))
    np.testing.assert_array_equal(records.columns["label"], labelled.columns["label"])
    assert records.count("test") == labelled.count("test")


# --- the hub ---


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["none", "some", "all"])
def test_a_data_set_of_the_hub_without_labels(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    made = save(tmp_path / "made", range(20))
    columns = {"image": [{"bytes": (made / f"{i}.png").read_bytes(), "path": None} for i in range(20)]}
    if kind != "none":
        columns["label"] = [i % 2 if i or kind == "all" else -1 for i in range(20)]
    rows = datasets.Dataset.from_dict(columns)
    rows = rows.cast_column("image", datasets.Image())
    datasets.DatasetDict({"train": rows}).save_to_disk(str(tmp_path / "saved"))
    records = read(f"hf:{tmp_path / 'saved'}")
    assert (len(records), labels(records)) == (20, {"0", "1"} if kind == "all" else {""})
    with pytest.raises(GuinaError, match="no column lable"):
        read(f"hf:{tmp_path / 'saved'}", columns=Columns(label="lable"))
