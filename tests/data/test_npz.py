"""npz files: which array is what, what is refused before it is read, and how little of a large one is in memory."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from guina import GuinaError
from guina.data import npz
from guina.data.class_names import class_name
from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.data.npz import arrays_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


N = 40
X = np.random.default_rng(0).integers(0, 256, (N, 9, 8), np.uint8)
Y = np.arange(N) % 4
FOUR = np.array(["one", "two", "three", "four"])


def read(path, path_column: str = "", label_column: str = "", labelled: bool = True, splits=("train", "val")):
    return read_gallery(str(path), splits, columns=Columns(path_column, label_column), labelled=labelled)


def npz_of(path, **arrays: np.ndarray):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("arrays", "left_out"),
    [
        ({"data": X.reshape(N, -1), "target": Y, "target_names": FOUR, "images": X}, "data, target_names"),
        ({"images": X, "labels": Y, "label_names": FOUR}, "label_names"),
        ({"images": X, "labels": Y, "label_source": np.array(["anna", "ben"])[Y % 2]}, "label_source"),
        ({"image_ids": np.arange(N), "images": X, "labels": Y}, "image_ids"),
        ({"x": X, "y": Y, "x_mask": X // 2, "y_weight": np.ones(N)}, "x_mask, y_weight"),
        ({"x": X, "labels": FOUR, "target": Y}, "labels"),
        ({"all_images": X, "image_labels": Y, "ids": np.arange(N)}, "ids"),
        ({"image_data": X, "label_data": Y, "mean": X.mean(0)}, "mean"),
        ({"x": X, "y": Y, "meta": np.array([{"author": "anna"}], object)}, "meta"),
        ({"X": X, "Y": Y, "empty": np.zeros(0), "one": np.float32(3)}, "empty, one"),
    ],
)
def test_names_that_say_it_win_and_the_other_arrays_are_named(tmp_path, arrays, left_out):
    records = read(npz_of(tmp_path / "d.npz", **arrays))
    rows = [int(name[name.index("[") + 1 : -1]) for name in records.names]
    assert [int(label) for label in records.columns["label"]] == Y[rows].tolist()
    train = records.only("train")
    rows = [int(name[name.index("[") + 1 : -1]) for name in train.names]
    np.testing.assert_array_equal(decode_gallery(train, shape_of(train)).all("pixels")[..., 0], X[rows])
    (said,) = [problem for problem in records.report.problems if problem.startswith("left out: the array")]
    assert f" {left_out} of d.npz; used" in said


def test_arrays_of_splits_are_found_beside_others(tmp_path):
    arrays = {"x_train": X, "y_train": Y, "y_train_names": FOUR, "x_test": X[:8], "y_test": Y[:8]}
    records = read(npz_of(tmp_path / "d.npz", **arrays), splits=("train", "val", "test"))
    assert (records.count("test"), records.count("train") + records.count("val")) == (8, N)


@pytest.mark.parametrize(
    ("arrays", "said", "flag"),
    [
        ({"images": X, "data": X, "labels": Y}, r"images \(40×9×8, uint8\) and data \(40×9×8", "--path-column images"),
        (
            {"x": X, "fine_labels": Y, "coarse_labels": Y // 2},
            "fine_labels .* and coarse_labels",
            "--label-column fine",
        ),
        ({"x": X, "labels": Y, "target": Y // 2}, "labels .* and target", "--label-column labels"),
        ({"x": X, "x_train": X[:20], "y": Y, "y_train": Y[:20]}, "x .* and x_train", "--path-column x"),
    ],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_arrays_that_compete_are_named_with_the_flag_that_chooses(tmp_path, arrays, said, flag, labelled):
    path = npz_of(tmp_path / "d.npz", **arrays)
    with pytest.raises(GuinaError, match=f"{said}.* could each be the") as error:
        read(path, labelled=labelled)
    assert flag in error.value.mend


def test_the_flags_choose_arrays(tmp_path):
    arrays = {"a": X, "images": X // 2, "labels": Y, "who": np.array(["anna", "ben"])[Y % 2]}
    path = npz_of(tmp_path / "d.npz", **arrays)
    assert set(read(path, "a", "who").columns["label"]) == {"anna", "ben"}
    pixels = decode_gallery(read(path, "a").only("train"), (9, 8, 1)).columns["pixels"]
    np.testing.assert_array_equal(pixels[..., 0], X)
    for split in ("train", "test"):
        arrays |= {f"y_fine_{split}": Y, f"y_coarse_{split}": Y // 2, f"x_{split}": X}
    path = npz_of(tmp_path / "e.npz", **{k: v for k, v in arrays.items() if "_" in k})
    records = read(path, "x", "y_coarse", splits=("train", "val", "test"))
    assert (set(records.columns["label"]), len(records)) == ({"0", "1"}, 2 * N)
    with pytest.raises(GuinaError, match=r"has no array z[\s\S]*one of y_fine_train \(40, int64\)"):
        read(path, "z")
    with pytest.raises(GuinaError, match=r"labels of shape \(4,\)"):
        read(npz_of(tmp_path / "f.npz", x=X, names=FOUR), "", "names")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (Y, "0 1 2 3"),
        (Y[:, None], "0 1 2 3"),
        (np.eye(4)[Y], "0 1 2 3"),
        (np.eye(4, dtype=bool)[Y], "0 1 2 3"),
        (Y.astype(np.float32), "0 1 2 3"),
        (Y > 1, "False True"),
        (FOUR[Y], "four one three two"),
        (np.char.encode(FOUR)[Y], "four one three two"),
        (np.array(["1", "01", "1.5", "2.0"])[Y], "01 1 1.5 2"),
        (np.array(["1", "1.0", "2", "2.0"])[Y], "1 2"),
        (np.array(["caf\u00e9", "cafe\u0301", "tea", " tea "])[Y], "caf\u00e9 tea"),
        (np.array(["\ud83d", "x", "y", "z"])[Y], "\\ud83d x y z"),
    ],
)
def test_labels_of_every_form_are_classes(tmp_path, labels, classes):
    records = read(npz_of(tmp_path / "d.npz", x=X, y=labels))
    assert sorted(set(records.columns["label"])) == classes.split()


@pytest.mark.parametrize(
    ("name", "value"), [("3", 3.0), ("3", np.int8(3)), ("-3", np.float32(-3)), ("3.5", np.float64(3.5)), ("1e0", "1e0")]
)
def test_a_number_of_a_class_is_a_whole_one_alone(name, value):
    assert class_name(np.asarray(value)[()]) == name


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X, "y": np.full((N, 4), 0.25)}, "that are not one-hot"),
        ({"x": X, "y": np.eye(4)[Y] * 2}, "that are not one-hot"),
        ({"x": X, "y": np.where(Y > 2, np.nan, Y)}, "no class"),
        ({"x": X, "y": Y[:9]}, r"labels of shape \(9,\)"),
        ({"x": X, "y": np.array(list("ab") * 20, object)}, "holds Python objects"),
        ({"x": X.astype(object), "y": Y}, "holds Python objects"),
        ({"x": X.reshape(N, -1), "y": Y}, r"pictures of shape \(40, 72\)"),
        ({"x": X[:0], "y": Y[:0]}, r"pictures of shape \(0, 9, 8\)"),
        ({"x": X + 0j, "y": Y}, "complex128"),
        ({"arr_0": X, "arr_1": Y}, r"holds arr_0 \(40×9×8, uint8\), arr_1"),
        ({}, "holds nothing"),
    ],
)
def test_arrays_that_cannot_be_pictures_and_labels_say_why_and_how_to_mend(tmp_path, arrays, message):
    with pytest.raises(GuinaError, match=message) as error:
        read(npz_of(tmp_path / "d.npz", **arrays))
    assert error.value.mend
    assert error.value.expected


# --- size ---


def member(path, name: str, shape: tuple[int, ...], values: bytes, dtype: str = "|u1", fortran: bool = False) -> None:
    """An array whose header promises what its values need not keep."""
    head = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head + values)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10**6, 1000, 1000), r"says it holds 1000000 × 1000 × 1000 values, 1000.0 GB"),
        ((3000, 1000, 1000), "no archive bomb"),  # 3 GB out of a few bytes
        ((2**40, 1, 1), "says it holds"),
        ((200, 20, 20), "cut off: 100 of "),
    ],
)
def test_an_array_that_promises_too_much_costs_no_memory(tmp_path, shape, message):
    member(tmp_path / "d.npz", "x", shape, b"\7" * 100)
    member(tmp_path / "d.npz", "y", shape[:1], b"\0\1" * 50)
    tracemalloc.start()
    with pytest.raises(GuinaError, match=message):
        read(tmp_path / "d.npz")
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_of_a_large_array_a_piece_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "PIECE", 1 << 20)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (1000, 100, 100)).astype(np.uint8)  # 10 MB
    np.savez(tmp_path / "d.npz", x=x.astype(np.float16) / 255, y=np.arange(1000) % 2)  # 20 MB, read twice
    tracemalloc.start()
    records = read(tmp_path / "d.npz")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 9 << 20
    pixels = decode_gallery(records.only("train"), (100, 100, 1)).columns["pixels"][..., 0]
    assert np.abs(pixels.astype(int) - x).max() <= 1


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("piece", [1, 500, 1 << 20])
def test_pieces_put_together_are_the_array(tmp_path, monkeypatch, order, piece):
    monkeypatch.setattr(npz, "PIECE", piece)
    x = np.random.default_rng(0).normal(size=(7, 5, 3, 2)).astype(">f4")
    np.savez_compressed(tmp_path / "d.npz", x=np.asarray(x, order=order), s=np.array(["ab", "c"]), z=np.zeros((0, 3)))
    stored = {array.name: array for array in arrays_of(tmp_path / "d.npz")}
    np.testing.assert_array_equal(np.concatenate(list(stored["x"].pieces())), x)
    assert stored["x"].fortran == (order == "F")
    assert stored["s"].read().tolist() == ["ab", "c"]
    assert stored["z"].read().shape == (0, 3)


@pytest.mark.parametrize("damage", ["pixels", "header", "checksum", "encrypted", "method"])
def test_a_damaged_npz_is_said(tmp_path, damage):
    path = tmp_path / "d.npz"
    np.savez_compressed(path, x=X, y=Y)
    data = bytearray(path.read_bytes())
    at = data.index(b"x.npy") + 25
    central = data.index(b"PK\1\2")
    match damage:
        case "pixels":
            data[at + 300 : at + 340] = bytes(40)
        case "header":
            data[at : at + 30] = bytes(30)
        case "checksum":
            data[central + 16] ^= 1
        case "encrypted":
            data[central + 8] |= 1
        case "method":
            data[central + 10] = 99
    path.write_bytes(bytes(data))
    with pytest.raises(GuinaError, match=r"cannot be read|is no \.npz file") as error:
        read(path)
    assert error.value.mend
