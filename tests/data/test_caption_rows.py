"""From rows of a table to pictures and captions: values of JSON, and paths that are written otherwise or lead out."""

import os
import unicodedata
from pathlib import Path

import pytest

from guina.data.caption_places import Finder
from guina.errors import GuinaError
from some_captions import ALL, as_csv, draw, grouped, lines, put, read, said, skipped, some, table


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


# --- values ---


def test_json_gives_lists_of_captions_and_numbers_as_they_were_written(tmp_path):
    draw(tmp_path, ["0.png", "1.png", "2.png"])
    lines(
        tmp_path / "captions.jsonl",
        '{"image": "0.png", "captions": ["a dog", "", "e\\u0301", 1.50]}',
        '{"image": "1.png", "captions": 7}',
        '{"image": "2.png", "captions": []}',
        '{"image": "1.png", "captions": null}',
    )
    records = read(tmp_path)
    assert said(records) == {"0.png": ["a dog", "é", "1.50"], "1.png": ["7"]}
    assert skipped(records) == {"an empty caption": ["0.png, line 1", "2.png, line 3", "1.png, line 4"]}
    assert not records.report.problems  # 2.png is named among the skipped


@pytest.mark.parametrize(
    ("line", "what", "expected"),
    [
        ('{"image": "0.png", "captions": {"en": "a"}}', "line 1: captions is an object", "a caption, or a list"),
        ('{"image": "0.png", "captions": [{"raw": "a"}]}', "line 1: captions has an object", "a caption, or a list"),
        ('{"image": "0.png", "captions": [["a"]]}', "line 1: captions has a list", "a caption, or a list"),
        ('{"image": ["0.png"], "captions": "a"}', "line 1: image is a list", "one text"),
    ],
)
def test_values_that_are_no_captions(tmp_path, line, what, expected):
    put(tmp_path / "0.png")
    with pytest.raises(GuinaError, match=what) as error:
        read(lines(tmp_path / "captions.jsonl", line))
    assert expected in error.value.expected
    assert "--caption-column" in error.value.mend


# --- from a path to a picture ---


def test_names_in_other_forms(tmp_path):
    composed, apart = "é.png", unicodedata.normalize("NFD", "è.png")
    names = draw(tmp_path, [composed, apart, "IMG_1.JPG", "a/2.png", "2.jpg", "b/3.png", "c/3.png", "d/4.png", "5.png"])
    finder = Finder(tmp_path, tmp_path, [tmp_path / name for name in names])
    for place, name in {
        unicodedata.normalize("NFD", composed): composed,
        "è.png": apart,
        "È": apart,
        "img_1.jpg": "IMG_1.JPG",
        "img_1": "IMG_1.JPG",
        "a\\2.png": "a/2.png",
        "2.png": "a/2.png",
        "a/2": "a/2.png",
        "2": "2.jpg",  # in the folder itself, before those below
        "./5": "5.png",
        "4": "d/4.png",
        "4#12": "d/4.png",
        "5.png#0": "5.png",
        "B/3.PNG": "b/3.png",
    }.items():
        assert (place, finder.find(place)[0]) == (place, tmp_path / name)
        assert finder.is_there(place)
    for place in ("3", "3.png", "x/4.png", "5.jpg", "", " ", "../a/2.png", "#1", "9" * 2000, "\0"):
        assert not finder.is_there(place), place


def test_a_missing_picture_is_not_found_in_another_split(tmp_path):
    rows = some(tmp_path / "train")
    table(tmp_path / "test" / "captions.csv", [*some(tmp_path / "test", 6, 1, 50), ("only.png", "x")])
    put(tmp_path / "test" / "only.png", 99)
    table(tmp_path / "train" / "captions.csv", [*rows, ("only.png", "leaked")])
    records = read(tmp_path, ALL)
    assert skipped(records) == {"not there": ["only.png"]}
    assert said(records)["test/only.png"] == ["x"]


def test_names_that_are_no_utf8(tmp_path):
    name = os.fsdecode(b"caf\xe9.png")
    put(tmp_path / "0.png")
    (tmp_path / "0.png").rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")))
    put(tmp_path / "1.png", 1)
    lines(tmp_path / "captions.csv", "image,caption", "1.png,a")
    assert read(tmp_path).report.problems == ["left out: 1 picture without a caption (caf\\xe9.png)"]
    lines((tmp_path / name).with_suffix(".txt"), "a caption")
    (tmp_path / "captions.csv").unlink()
    assert said(read(tmp_path)) == {"caf\\xe9.png": ["a caption"]}


@pytest.mark.parametrize("name", ["captions.txt", "Flickr8k.token.txt", "captions"])
@pytest.mark.parametrize("header", [("image", "caption"), ()])
def test_a_text_called_like_captions_in_another_encoding_is_no_missing_table(tmp_path, name, header):
    pictures = draw(tmp_path, ["0.png", "1.png", "2.png"])
    rows = [(picture, f"一只狗在草地上奔跑，编号{n}，天气很好") for n, picture in enumerate(pictures)]
    table(tmp_path / name, rows, header)
    text = (tmp_path / name).read_bytes().decode()
    (tmp_path / name).write_bytes(text.encode("gbk"))
    lines(tmp_path / "notes.txt", "nothing of interest")
    with pytest.raises(GuinaError, match=name) as error:
        read(tmp_path)
    assert "--encoding gb" in error.value.mend
    assert said(read(tmp_path, encoding="gbk")) == grouped(rows)
    (tmp_path / name).rename(tmp_path / "diary.txt")  # what is not called so may be anything
    with pytest.raises(GuinaError, match="has 3 pictures, and no captions"):
        read(tmp_path)
    table(tmp_path / "other.csv", rows)
    (tmp_path / "diary.txt").rename(tmp_path / name)
    assert said(read(tmp_path)) == grouped(rows)


def test_a_table_in_another_encoding(tmp_path):
    rows = some(tmp_path, 2, 1)
    text = as_csv([("image", "caption"), *((name, f"Grüße, {text}") for name, text in rows)])
    (tmp_path / "captions.csv").write_bytes(text.encode("cp1252"))
    with pytest.raises(GuinaError, match="is no utf-8 text") as error:
        read(tmp_path)
    assert "--encoding cp1252" in error.value.mend
    assert said(read(tmp_path, encoding="cp1252"))["0.png"] == ["Grüße, caption 0 of 0"]


@pytest.mark.parametrize("place", ["../secret.png", "/etc/secret.png", "C:\\secret.png", "a/../../secret.png", " "])
def test_paths_that_lead_out(tmp_path, place):
    put(tmp_path / "secret.png")
    rows = [*some(tmp_path / "photos", 2), (place, "psst")]
    with pytest.raises(GuinaError, match=r"line 6: .*(leads out of its folder|an empty path)") as error:
        read(table(tmp_path / "photos" / "captions.csv", rows))
    assert error.value.mend in ("write the path from the table's folder on", "fill it, or remove the line")


def test_links_that_lead_out_are_skipped(tmp_path):
    put(tmp_path / "secret.png")
    rows = some(tmp_path / "photos")
    os.symlink(tmp_path / "secret.png", tmp_path / "photos" / "link.png")
    os.symlink(tmp_path / "photos" / "0.png", tmp_path / "photos" / "inner.png")
    source = table(tmp_path / "photos" / "captions.csv", [*rows, ("link.png", "psst"), ("inner.png", "again")])
    records = read(source)
    assert said(records) == grouped([*rows, ("inner.png", "again")])
    assert skipped(records) == {"a link that leads out of the folder": ["link.png"]}
    assert "1 of 7 train pictures are copies of another one there" in records.report.problems
