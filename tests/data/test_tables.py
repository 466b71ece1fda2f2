"""Tables of every kind, and every mistake in them, by line."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guina.data.tables import read_table
from guina.errors import GuinaError


def table(tmp_path, text: str | bytes, name: str = "t.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "path,label\na.png,cat\nb.png,dog\n"),
        ("t.csv", "\ufeffpath,label\r\na.png,cat\r\nb.png,dog"),
        ("t.csv", "path;label\na.png;cat\n\nb.png;dog\n"),
        ("t.tsv", "path\tlabel\na.png\tcat\nb.png\tdog\n"),
        ("t.csv", '"path","label"\n"a.png","cat"\n"b.png","dog"\n'),
        ("t.jsonl", '{"path": "a.png", "label": "cat"}\n\n{"path": "b.png", "label": "dog", "more": [1]}\n'),
    ],
)
def test_the_same_table_in_every_spelling(tmp_path, name, text):
    assert table(tmp_path, text, name).columns == {"path": ["a.png", "b.png"], "label": ["cat", "dog"]}


def test_quoted_newlines_and_delimiters_stay_and_lines_are_counted(tmp_path):
    read = table(tmp_path, 'path,text\na,"one\ntwo, three"\nb,"say ""so"""\n')
    assert read.columns["text"] == ["one\ntwo, three", 'say "so"']
    assert read.lines == [2, 4]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("t.csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 fields"),
        ("t.csv", "a,b\n1\n", "line 2 has 1 fields"),
        ("t.csv", "a,a\n1,2\n", "two columns called a"),
        ("t.csv", "a,b\n", "no rows"),
        ("t.csv", "", "no rows"),
        ("t.csv", 'a,b\n1,"2\n', "line 2: unexpected end of data"),
        ("t.csv", b"a,b\n1,\xff\n", "not UTF-8: byte 6 is 0xff"),
        ("t.jsonl", '{"a": 1}\n{"a": \n', "line 2 is no JSON"),
        ("t.jsonl", '{"a": 1}\n[1]\n', "line 2 is list, no object"),
    ],
)
def test_every_mistake_is_named_with_its_line(tmp_path, name, text, says):
    with pytest.raises(GuinaError, match=says):
        table(tmp_path, text, name)


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(GuinaError, match="no column lable") as error:
        table(tmp_path, "path,label\na,b\n").column("lable")
    assert "path, label" in str(error.value)


@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")), min_size=2, max_size=2),
        min_size=1,
        max_size=5,
    ),
    delimiter=st.sampled_from(",;\t"),
)
def test_what_pythons_writer_wrote_is_read(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["first", "second"], *rows])
    whole = [row for row in rows if any(field.strip() for field in row)]
    if not whole:
        with pytest.raises(GuinaError, match="no rows"):
            read_table(path)
        return
    read = read_table(path)
    assert [list(pair) for pair in zip(*read.columns.values(), strict=True)] == whole
