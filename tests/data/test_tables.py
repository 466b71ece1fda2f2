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


# --- dialects ---

TABLE = {"path": ["a.png", "b.png"], "label": ["cat", "dog"]}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("sep=;\r\npath;label\r\na.png;cat\r\nb.png;dog\r\n", "the first line sep=; taken for Excel's"),
        ("\ufeffsep=,\npath,label\na.png,cat\nb.png,dog\n", "the first line sep=, taken for Excel's"),
        ('"sep=\t"\npath\tlabel\na.png\tcat\nb.png\tdog\n', "the first line sep=\t taken for Excel's"),
        ("path,label,\na.png,cat,\nb.png,dog,\n", None),
        ("path;label;;\na.png;cat;;\nb.png;dog;;\n;;;\n;;;\n", "lines without a value left out"),
        ("path,label\na.png,cat,\nb.png,dog,,\n", "empty fields behind the last column left out"),
        (",path,label\n,a.png,cat\n,b.png,dog\n", "empty columns left out"),
        ("path|label\na.png|cat\nb.png|dog\n", None),
        ("path,label\ra.png,cat\rb.png,dog\r", None),
        ("path,label\na.png,cat\nb.png,dog\n\n\n  \n", "lines without a value left out"),
        ("\n\npath,label\na.png,cat\nb.png,dog\n", None),
    ],
)
def test_dialects_of_csv(tmp_path, text, note):
    read = table(tmp_path, text)
    assert read.columns == TABLE
    assert note is None or note in read.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "T.CSV"])
def test_tables_in_every_unicode(tmp_path, encoding, name):
    text = "path\tlabel\r\na.png\t猫é\r\n" if name != "t.jsonl" else '{"path": "a.png", "label": "猫é"}\r\n'
    assert table(tmp_path, text.encode(encoding), name).columns == {"path": ["a.png"], "label": ["猫é"]}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "gbk", "shift-jis"])
def test_tables_in_other_encodings_are_refused_with_a_way_out(tmp_path, encoding):
    text = {"gbk": "path,label\na.png,猫狗\n", "shift-jis": "path,label\na.png,猫の\n"}.get(
        encoding, "path,label\na.png,café\n"
    )
    with pytest.raises(GuinaError, match=r"is not UTF-8: byte \d+ is 0x") as error:
        table(tmp_path, text.encode(encoding))
    assert "CSV UTF-8" in error.value.mend
    assert encoding not in ("latin-1", "cp1252") or "it may be cp1252" in error.value.what


def test_a_workbook_called_csv_is_named(tmp_path):
    with pytest.raises(GuinaError, match="is a packed file"):
        table(tmp_path, b"PK\x03\x04" + bytes(60))


def test_decimal_commas_are_no_delimiters(tmp_path):
    read = table(tmp_path, "a.png;1,5;cat\nb.png;2,5;dog\n")
    assert list(read.columns.values()) == [["a.png", "b.png"], ["1,5", "2,5"], ["cat", "dog"]]
    read = table(tmp_path, "path;weight;label\na.png;1,5;cat\nb.png;2,5;dog\n")
    assert read.columns["weight"] == ["1,5", "2,5"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a.png,cat\nb.png,dog\n", False),
        ("here,label\nb.png,dog\n", False),  # a file that is there has no ending
        ("path,label\na.png,cat\n", True),
        ("file.name,label\na.png,cat\n", True),
        ("0,1\na.png,cat\nb.png,dog\n", True),  # as pandas numbers columns
        ("A.PNG;cat\nb.png;dog\n", False),
        ("a.png,\nb.png,cat\n", False),
        ("cat,dir\\a.jpg\ndog,dir\\b.jpg\n", False),
    ],
)
def test_a_first_line_that_is_data_is_no_header(tmp_path, text, header):
    (tmp_path / "here").write_text("x")
    read = table(tmp_path, text)
    lines = text.count("\n")
    assert (len(read), read.lines[0]) == ((lines - 1, 2) if header else (lines, 1))
    assert ("no header: the first line is a row" in read.notes) != header
    assert (list(read.columns) == ["column 1", "column 2"]) != header


def test_names_and_lines_are_those_of_the_file(tmp_path):
    with pytest.raises(GuinaError, match="line 4 has 1 fields"):
        table(tmp_path, "sep=,\npath,label\na.png,cat\nb.png\n")
    assert table(tmp_path, 'sep=;\npath;label\n"a\nb.png";cat\nc.png;dog\n').lines == [3, 5]
    assert list(table(tmp_path, ",path\n1,a\n").columns) == ["column 1", "path"]
