"""Tables of pictures and data sets of the hub: columns guessed and named, paths kept inside, bad files counted."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from guina.data.columns import Columns
from guina.data.gallery import decode_gallery, read_gallery, shape_of
from guina.errors import GuinaError


def save(path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 12), np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    """20 pictures, without a table."""
    for i in range(20):
        save(tmp_path / "images" / f"{i}.png", i)
    return tmp_path


def write(folder, header: str, rows, name: str = "labels.csv"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n")
    return folder / name


def labels(i: int) -> str:
    return "cat" if i % 2 else "dog"


def counts(records) -> dict[str, int]:
    return {split: records.count(split) for split in ("train", "val", "test") if records.count(split)}


@pytest.mark.parametrize("header", ["path,label", "file_name,class", "id_file,what"])
@pytest.mark.parametrize("named", ["file", "folder"])
def test_obvious_columns_are_found(folder, header, named):
    path = write(folder, header, [f"images/{i}.png,{labels(i)}" for i in range(20)])
    records = read_gallery(str(path if named == "file" else folder), ("train", "val"))
    assert sum(counts(records).values()) == 20
    place = {name: label for name, label in zip(records.names, records.columns["label"], strict=True)}
    assert all(place[f"images/{i}.png"] == labels(i) for i in range(20))
    arrays = decode_gallery(records.only("train"), shape_of(records))
    expected = {f"images/{i}.png": np.random.default_rng(i).integers(0, 256, (12, 12), np.uint8) for i in range(20)}
    for name, pixels in zip(arrays.names, arrays.all("pixels"), strict=True):
        np.testing.assert_array_equal(pixels[:, :, 0], expected[name])


def test_columns_can_be_named_and_what_is_not_obvious_is_asked(folder):
    rows = [f"images/{i}.png,{labels(i)},{i % 3}" for i in range(20)]
    path = write(folder, "picture_file,kind,group", rows)
    with pytest.raises(GuinaError, match="not obvious which column has the labels") as error:
        read_gallery(str(path), ("train", "val"))
    assert "--label-column" in str(error.value)
    records = read_gallery(str(path), ("train", "val"), columns=Columns(label="kind"))
    assert set(records.columns["label"]) == {"cat", "dog"}
    with pytest.raises(GuinaError, match="no column knid") as error:
        read_gallery(str(path), ("train", "val"), columns=Columns(label="knid"))
    assert "picture_file, kind, group" in str(error.value)


def test_splits_come_from_a_column_or_from_the_names_of_tables(folder):
    rows = [f"images/{i}.png,{labels(i)},{'test' if i < 6 else 'train'}" for i in range(20)]
    path = write(folder, "path,label,split", rows)
    assert counts(read_gallery(str(path), ("train", "val", "test"), 0.2))["test"] == 6
    path.unlink()
    write(folder, "path,label", [f"images/{i}.png,{labels(i)}" for i in range(14)], "train.csv")
    write(folder, "path,label", [f"images/{i}.png,{labels(i)}" for i in range(14, 20)], "test.csv")
    assert counts(read_gallery(str(folder), ("train", "val", "test"), 0.2))["test"] == 6


def test_json_lines_are_a_table_too(folder):
    lines = [json.dumps({"image": f"images/{i}.png", "label": i % 2}) for i in range(20)]
    (folder / "all.jsonl").write_text("\n".join(lines))
    records = read_gallery(str(folder / "all.jsonl"), ("train", "val"))
    assert set(records.columns["label"]) == {"0", "1"}


@pytest.mark.parametrize(
    "place", ["/etc/passwd", "../secret.png", "images/../../x.png", "C:\\x.png", "\\\\host\\x.png"]
)
def test_paths_that_lead_out_stop_everything(folder, place):
    path = write(folder, "path,label", [f"{place},cat", "images/1.png,dog"])
    with pytest.raises(GuinaError, match=r"line 2: .* leads out of its folder"):
        read_gallery(str(path), ("train", "val"), columns=Columns("path", "label"))


def test_missing_files_and_labels_are_counted_and_too_many_stop(folder):
    rows = [f"images/{i}.png,{labels(i)}" for i in range(20)]
    path = write(folder, "path,label", [*rows, "images/gone.png,cat", "images/1.png,"])
    report = read_gallery(str(path), ("train", "val")).report
    assert report.as_json()["skipped"] == {
        "no label": {"count": 1, "for example": ["images/1.png"]},
        "not there": {"count": 1, "for example": ["images/gone.png"]},
    }
    path = write(folder, "path,label", [*rows, *(f"images/gone{i}.png,cat" for i in range(4))])
    with pytest.raises(GuinaError, match="4 of 24 files cannot be used"):
        read_gallery(str(path), ("train", "val"))


def test_links_out_of_the_folder_are_not_followed(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    save(secret)
    os.symlink(secret, folder / "images" / "link.png")
    rows = [f"images/{i}.png,{labels(i)}" for i in range(20)]
    path = write(folder, "path,label", [*rows, "images/link.png,cat"])
    skipped = read_gallery(str(path), ("train", "val")).report.as_json()["skipped"]
    assert list(skipped) == ["a link that leads out of the folder"]


def test_class_folders_beside_a_table_about_something_else_are_the_classes(tmp_path):
    for i in range(20):
        save(tmp_path / labels(i) / f"{i}.png", i)
    write(tmp_path, "author,year", ["me,2020", "you,2021"], "about.csv")
    records = read_gallery(str(tmp_path), ("train", "val"))
    assert set(records.columns["label"]) == {"cat", "dog"}
    assert any("about.csv" in problem for problem in records.report.problems)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A data set saved as the hub's library saves it, one picture of it bad, and one test label kept secret."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")

    def made(n: int, bad: bool, secret: bool):
        stored = []
        for i in range(n):
            save(tmp_path / "made" / f"{i}.png", i)
            stored.append({"bytes": (tmp_path / "made" / f"{i}.png").read_bytes(), "path": None})
        if bad:
            stored[0] = {"bytes": b"<html>", "path": None}
        target = [i % 2 for i in range(n)]
        if secret:
            target[-1] = -1
        features = datasets.Features({"image": datasets.Image(decode=False), "label": datasets.Value("int64")})
        rows = datasets.Dataset.from_dict({"image": stored, "label": target}, features=features)
        rows = rows.cast_column("image", datasets.Image())
        return rows if secret else rows.cast_column("label", datasets.ClassLabel(names=["dog", "cat"]))

    data = datasets.DatasetDict({"train": made(20, True, False), "test": made(8, False, True)})
    data.save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_data_set_of_the_hub(hub):
    records = read_gallery(f"hf:{hub}", ("train", "val"))
    assert set(records.columns["label"]) == {"dog", "cat"}
    assert sum(counts(records).values()) == 19
    assert list(records.report.as_json()["skipped"]) == ["HTML, no picture that guina reads"]
    with pytest.raises(GuinaError, match="no column lable"):
        read_gallery(f"hf:{hub}", ("train", "val"), columns=Columns(label="lable"))
    with pytest.raises(GuinaError, match="cannot be loaded"):
        read_gallery("hf:nobody/nothing", ("train",))
