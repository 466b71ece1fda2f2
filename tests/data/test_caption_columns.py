"""Which columns of a table are pictures and captions: called so, guessed, or named by the user; headers or none."""

import pytest

from guina.data.caption_columns import COCO
from guina.errors import GuinaError
from some_captions import draw, grouped, put, read, said, some, table


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("path", ["image", "file_name", "file", "path", "picture", "filename", "image_id", "图片"])
@pytest.mark.parametrize(
    "caption", ["caption", "Captions", "text", "sentence", "description", "comment", "title", "描述"]
)
def test_columns_that_are_called_so(tmp_path, path, caption):
    rows = [(str(n), text, name) for n, (name, text) in enumerate(some(tmp_path))]
    records = read(table(tmp_path / "t.csv", rows, ("n", caption, path)))
    assert said(records) == grouped([(name, text) for _, text, name in rows])
    assert not records.report.problems


def test_columns_by_what_is_in_them_which_is_said(tmp_path):
    rows = [(str(n), text, name) for n, (name, text) in enumerate(some(tmp_path))]
    records = read(table(tmp_path / "t.csv", rows, ("n", "what it shows", "where")))
    assert said(records) == grouped([(name, text) for _, text, name in rows])
    assert records.report.problems == [
        "t.csv: the pictures are taken from where; --path-column says otherwise",
        't.csv: the captions are taken from "what it shows"; --caption-column says otherwise',
    ]
    rows = [(name, name[:-4], text, "short") for name, text in some(tmp_path)]
    records = read(table(tmp_path / "t.csv", rows, ("file", "image", "caption", "title")))
    assert said(records) == grouped([(name, text) for name, _, text, _ in rows])  # of image only the endings lack
    assert records.report.problems == [
        "t.csv: the captions are those of caption; title could be them too, and --caption-column says so"
    ]


def test_columns_that_the_user_names(tmp_path):
    rows = [(f"{text} raw", name, text) for name, text in some(tmp_path)]
    source = table(tmp_path / "t.csv", rows, ("A", "B", "C D"))
    with pytest.raises(GuinaError, match="not obvious which column has the captions") as error:
        read(source)
    assert error.value.expected.endswith("found A, B, C D")
    expected = grouped([(name, text) for _, name, text in rows])
    assert said(read(source, caption="c d")) == said(read(source, caption="3", path="B")) == expected
    assert read(source, caption="A").columns["captions"][0][0] == "caption 0 of 0 raw"
    with pytest.raises(GuinaError, match="has no column Z"):
        read(source, caption="Z")
    with pytest.raises(GuinaError, match="the pictures and the captions are both B") as error:
        read(source, path="B", caption="B")
    assert "--path-column and --caption-column" in error.value.mend


def test_a_table_without_a_header(tmp_path):
    rows = some(tmp_path)
    assert said(read(table(tmp_path / "t.csv", rows, ()))) == grouped(rows)
    turned = [(text, name) for name, text in rows]
    assert said(read(table(tmp_path / "t.csv", turned, ()))) == grouped(rows)
    with pytest.raises(GuinaError, match="not obvious which column has the captions") as error:
        read(table(tmp_path / "t.csv", [(name, text, text) for name, text in rows], ()))
    assert "column 2 (caption 0 of 0)" in error.value.expected
    assert "such as --caption-column 2" in error.value.mend


def test_a_picture_that_is_called_like_a_column(tmp_path):
    draw(tmp_path, ["image.png", "text.png"])
    rows = [("image", "a"), ("text", "b")]
    assert said(read(table(tmp_path / "captions.csv", rows))) == {"image.png": ["a"], "text.png": ["b"]}


def test_tables_that_are_none(tmp_path):
    put(tmp_path / "0.png")
    for text, what, expected in (
        ("", "has no rows", "a picture and its caption in each"),
        ("image,caption,image\n0.png,a,b\n", "has two columns called image", "a name for each"),
        ("a,b\nc,d\n", "not obvious which column has the pictures", "one called path, filepath, imagepath or image"),
        ("image\n0.png\n", "not obvious which column has the captions", "one called caption, captions, text"),
    ):
        (tmp_path / "captions.csv").write_text(text)
        with pytest.raises(GuinaError, match=what) as error:
            read(tmp_path)
        assert expected in error.value.expected
    path = tmp_path / "coco.json"
    path.write_text(str({name: [] for name in COCO}).replace("'", '"'))
    with pytest.raises(GuinaError, match="is one object of images and annotations, as COCO has it") as error:
        read(path)
    assert '{"image": "1.jpg", "captions"' in error.value.mend
