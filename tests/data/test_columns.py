"""Which column is the label, the path, the split; labels as people write them; paths as people write them."""

import json
import unicodedata

import numpy as np
import pytest
from PIL import Image

from guina.data.columns import Columns
from guina.data.gallery import read_gallery
from guina.data.sources import OBVIOUS
from guina.errors import GuinaError


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path):
    """24 pictures img/0.png …"""
    (tmp_path / "img").mkdir()
    for i in range(24):
        pixels = np.random.default_rng(i).integers(0, 256, (9, 8), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "img" / f"{i}.png")
    return tmp_path


def read(path, columns: Columns = OBVIOUS, splits=("train", "val", "test"), max_bad: float = 0.5):
    return read_gallery(str(path), splits, columns=columns, max_bad=max_bad)


def write(folder, text: str | bytes, name: str = "labels.csv"):
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder / name


def labels_of(records) -> dict[str, str]:
    return dict(zip(records.names, records.columns["label"], strict=True))


def table(*columns: str) -> str:
    """A CSV with these columns, each by what it is called: kind, camera, number, unique, real, same."""
    values = {
        "path": lambda i: f"img/{i}.png",
        "kind": lambda i: ("cat", "dog")[i % 2],
        "camera": lambda i: ("left", "right")[i // 2 % 2],
        "unique": lambda i: f"u{i:03}",
        "real": lambda i: f"{i // 3}.5",
        "same": lambda i: "web",
        "name": lambda i: f"{i}.png",
    }
    header = ",".join(column.split("=")[0] for column in columns)
    rows = (",".join(values[column.split("=")[-1]](i) for column in columns) for i in range(24))
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize(
    ("columns", "kinds"),
    [
        ("path label=kind camera", "cat dog"),
        ("camera path Class=kind", "cat dog"),
        ("File_Name=path camera CATEGORY=kind", "cat dog"),
        ("path what=kind", "cat dog"),
        ("path what=kind unique", "cat dog"),
        ("path what=kind real same", "cat dog"),
        ("path image_label=kind camera", "cat dog"),
        ("name path label=kind", "cat dog"),
        ("filename=name path label=kind", "cat dog"),  # two names of paths: the files of one are there
        ("path label=kind labels=kind", "cat dog"),  # both say the same
        ("where=path what=kind", "cat dog"),
        ("path real", ""),
    ],
)
def test_columns_are_chosen_where_it_is_certain(folder, columns, kinds):
    records = read(write(folder, table(*columns.split())))
    wanted = {f"img/{i}.png": kinds.split()[i % 2] if kinds else f"{i // 3}.5" for i in range(24)}
    assert labels_of(records) == wanted


@pytest.mark.parametrize(
    ("columns", "message", "flag"),
    [
        ("path label=kind category=camera", "label and category could each be it", "--label-column label"),
        ("path kind camera", "kind and camera could each be it", "--label-column kind"),
        (
            "path my_label=kind other_label=camera",
            "my_label and other_label could each be it",
            "--label-column my_label",
        ),
        ("path unique", "not obvious which column has the labels", "--label-column"),
        ("a=path b=path label=kind c=name", None, None),
        ("path filename=unique label=kind", None, None),
        ("unique label=kind", "not obvious which column has the paths", "--path-column"),
    ],
)
def test_columns_that_compete_are_named_with_the_flag(folder, columns, message, flag):
    path = write(folder, table(*columns.split()))
    if message is None:
        assert len(read(path)) == 24
        return
    with pytest.raises(GuinaError, match=message) as error:
        read(path)
    assert flag in error.value.mend


def test_a_guess_by_values_is_said(folder):
    problems = read(write(folder, table("path", "what=kind"))).report.problems
    assert problems == ['labels.csv: the labels are taken from "what"; --label-column says otherwise']


# --- labels ---


def rows(*labels: object) -> list[dict[str, object]]:
    return [
        {"path": f"img/{i}.png", "label": label, "camera": ["left", "right"][i // 2 % 2]}
        for i, label in enumerate(labels)
    ]


CASES = [  # labels as JSON, and the classes that they are; None: skipped
    ([None, "cat", "dog"] * 4, [None, "cat", "dog"]),
    (["cat", "dog", float("nan")] * 4, ["cat", "dog", None]),
    (["cat", "dog", ""] * 4, ["cat", "dog", None]),
    ([1, 1.0, "1", "1.0", 2] * 3, ["1", "1", "1", "1", "2"]),
    ([1, "01", "001", "1e0"] * 3, ["1", "01", "001", "1e0"]),
    ([0, -0.0, "0.0", "-0.0", 1] * 3, ["0", "0", "0", "0", "1"]),
    ([True, False, "True"] * 4, ["True", "False", "True"]),
    ([0.5, 1.5, "0.5"] * 4, ["0.5", "1.5", "0.5"]),
    ([1, 2, "NaN"] * 4, ["1", "2", None]),
    (["cat", "None", "NA"] * 4, ["cat", "None", "NA"]),
    (["cat\ud83d", "dog", "cat\ud83d"] * 4, ["cat\\ud83d", "dog", "cat\\ud83d"]),
    (["caf\u00e9", "cafe\u0301", " thé "] * 4, ["café", "café", "thé"]),
    (["猫", "狗", "猫"] * 4, ["猫", "狗", "猫"]),
]


@pytest.mark.parametrize(("labels", "classes"), CASES)
def test_labels_of_every_kind_in_json_lines(folder, labels, classes):
    lines = [json.dumps(row) for row in rows(*labels)]
    records = read(write(folder, "\n".join(lines), "labels.jsonl"))
    expected = {f"img/{i}.png": classes[i % len(classes)] for i in range(len(labels))}
    assert labels_of(records) == {name: label for name, label in expected.items() if label}
    left = sum(label is None for label in expected.values())
    assert records.report.skipped == left
    assert list(records.report.as_json()["skipped"]) == ["no label"] * (left > 0)
    assert records.report.found == len(labels)
    json.dumps(records.report.as_json()).encode()


@pytest.mark.parametrize(("labels", "classes"), [case for case in CASES if "cat\ud83d" not in case[0]])
def test_labels_of_every_kind_in_csv(folder, labels, classes):
    said = ["" if label is None or label != label else str(label) for label in labels]
    text = "path,label\n" + "".join(f"img/{i}.png,{label}\n" for i, label in enumerate(said))
    records = read(write(folder, text))
    expected = {f"img/{i}.png": classes[i % len(classes)] for i in range(len(labels))}
    assert labels_of(records) == {name: label for name, label in expected.items() if label}


def test_a_label_that_looks_like_none_is_a_class_and_said(folder):
    lines = [json.dumps(row) for row in rows(*["cat", "None"] * 6)]
    records = read(write(folder, "\n".join(lines), "labels.jsonl"))
    assert any("6 pictures have the label None: taken for a class" in problem for problem in records.report.problems)


def test_keys_that_lack_in_some_lines_are_no_label(folder):
    said = rows(*["cat", "dog"] * 6)
    del said[0]["label"], said[5]["label"], said[3]["camera"]
    records = read(write(folder, "\r\n".join(map(json.dumps, said)), "labels.jsonl"))
    assert set(labels_of(records).values()) == {"cat", "dog"}
    assert records.report.as_json()["skipped"] == {"no label": {"count": 2, "for example": ["img/0.png", "img/5.png"]}}
    del said[7]["path"]
    with pytest.raises(GuinaError, match="line 8: an empty path"):
        read(write(folder, "\n".join(map(json.dumps, said)), "labels.jsonl"))


@pytest.mark.parametrize(("value", "kind"), [(["cat"], "a list"), ({"name": "cat"}, "an object")])
def test_labels_that_are_lists_or_objects_are_refused_by_line(folder, value, kind):
    lines = [json.dumps(row) for row in rows("cat", "dog", value, "cat", "dog")]
    path = write(folder, "\n".join(lines), "labels.jsonl")
    with pytest.raises(GuinaError, match=f"line 3: label is {kind}"):
        read(path)
    assert set(labels_of(read(path, Columns(label="camera"))).values()) == {"left", "right"}


def test_labels_agree_across_tables_and_kinds(folder):
    train = "".join(f"img/{i}.png,{float(i % 3) if i != 4 else ''}\n" for i in range(18))
    write(folder, "path,label\n" + train, "train.csv")
    lines = [json.dumps({"path": f"img/{i}.png", "label": i % 3}) for i in range(18, 24)]
    write(folder, "\n".join(lines), "test.jsonl")
    records = read(folder)
    for split in ("train", "test"):
        assert set(records.only(split).columns["label"]) == {"0", "1", "2"}
    assert records.report.as_json()["skipped"]["no label"]["count"] == 1


# --- splits ---


def test_a_split_column_in_any_form_and_rows_of_none(folder):
    words = ["Training", "TEST", "validation_set", "Training", "", "unused"]
    text = "path,label,Split\n" + "".join(f"img/{i}.png,{'cd'[i // 6 % 2]},{words[i % 6]}\n" for i in range(24))
    path = write(folder, text)
    records = read(path)
    assert [records.count(split) for split in ("train", "val", "test")] == [8, 4, 4]
    assert {why: told["count"] for why, told in records.report.as_json()["skipped"].items()} == {
        "Split is empty": 4,
        "Split is unused, neither train, val nor test": 4,
    }
    with pytest.raises(GuinaError, match="8 of 24 files cannot be used"):
        read(path, max_bad=0.01)


# --- paths ---


@pytest.mark.parametrize("form", ["img\\{}.png", ".\\img\\{}.png", "./img/{}.png", " img/{}.png ", '"img/{}.png"'])
def test_paths_in_every_form(folder, form):
    text = "path,label\r\n" + "".join(f"{form.format(i)},{'cd'[i % 2]}\r\n" for i in range(24))
    records = read(write(folder, text))
    assert (records.report.found, records.report.used, records.report.skipped) == (24, 24, 0)
    said = records.report.as_json()["converted"]
    assert bool(said) == ("\\" in form)


@pytest.mark.parametrize(("on_disk", "said"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_files_are_found_in_the_other_unicode_form(folder, on_disk, said):
    place = "été/cafe\u0301 {}.png"
    for i in range(12):
        path = folder / unicodedata.normalize(on_disk, place.format(i))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((folder / "img" / f"{i}.png").read_bytes())
    lines = [f"{unicodedata.normalize(said, place.format(i))},{'cd'[i % 2]}" for i in range(12)]
    records = read(write(folder, "path,label\n" + "\n".join(lines) + "\n"))
    assert (records.report.used, records.report.skipped) == (12, 0)
    assert records.report.as_json()["converted"]["a path in another Unicode form than the file's name"]["count"] == 12


def test_a_path_that_no_file_can_have_is_skipped_or_refused(folder):
    good = "".join(f"img/{i}.png,{'cd'[i % 2]}\n" for i in range(20))
    records = read(write(folder, f"path,label\n{good}{'x' * 5000}.png,c\n"))
    assert records.report.skipped == 1
    with pytest.raises(GuinaError, match="line 22 has a zero byte"):
        read(write(folder, f"path,label\n{good}img/\0.png,c\n"))
