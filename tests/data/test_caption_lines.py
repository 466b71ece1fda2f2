"""The dialects of tables of captions: CSV, and what is no CSV and is read line by line; which of them a file is."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data.caption_columns import Wanted
from guina.data.caption_lines import open_captions
from guina.data.records import Report
from guina.errors import GuinaError
from some_captions import as_csv, naive

HEADER = ("image", "caption")
PATHS = ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


def rows_of(path, text: str, report: Report | None = None, wanted: Wanted | None = None) -> list[list[str]]:
    """The rows of a file, the first too; no picture is there, so that endings alone say what a path is."""
    path.write_bytes(text.encode())
    table = open_captions(path, wanted or Wanted(), lambda place: False, report or Report())
    return [fields for _, fields in table.rows]


def how(path, text: str) -> tuple[list[list[str]], str]:
    """The rows, and what the report says of the way in which they were read."""
    report = Report()
    rows = rows_of(path, text, report)
    told = [said for said in report.as_json()["converted"] if said.startswith("read line by line")]
    return rows, told[0].partition(": ")[2] if told else ""


# --- which dialect ---


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('1.jpg,"a ""red"" disc, big"\n2.jpg,a dog\n', [["1.jpg", 'a "red" disc, big'], ["2.jpg", "a dog"]]),
        ('1.jpg,a "red" disc\n2.jpg,a dog\n', [["1.jpg", 'a "red" disc'], ["2.jpg", "a dog"]]),
        ('"1.jpg","a"\n"2.jpg","b"\n', [["1.jpg", "a"], ["2.jpg", "b"]]),
        ('1.jpg,"two\nlines, or ""so"""\n2.jpg,b\n', [["1.jpg", 'two\nlines, or "so"'], ["2.jpg", "b"]]),
        ("1.jpg,\n2.jpg,b\n", [["1.jpg", ""], ["2.jpg", "b"]]),
    ],
)
@pytest.mark.parametrize("header", ["image,caption\n", ""])
def test_what_is_csv_is_read_as_csv(tmp_path, text, rows, header):
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows  # Python says so too
    found, why = how(tmp_path / "captions.csv", header + text)
    assert found == [["image", "caption"]][: bool(header)] + rows
    assert why == ""


@pytest.mark.parametrize(
    ("text", "captions", "why"),
    [
        ("1.jpg,a , b\n2.jpg,c\n", ["a , b", "c"], "line 2 has 3 fields"),
        ('1.jpg,"red" is it\n2.jpg,c\n', ['"red" is it', "c"], "line 2: ',' expected after '\"'"),
        ('1.jpg,"red is it\n2.jpg,c\n', ['"red is it', "c"], "line 2: unexpected end of data"),
        ('1.jpg,"Yes\n2.jpg,No"\n', ['"Yes', 'No"'], "the quotation mark of line 2 is not closed on it"),
        ('1.jpg,"a"", b\n2.jpg,"c\n', ['"a"", b', '"c'], "line 2: ',' expected after '\"'"),
        ('1.jpg, "a, b"\n2.jpg, "c"\n', ["a, b", "c"], "line 2 has 3 fields"),
        ('1.jpg, "a"\n2.jpg, "b"\n', ["a", "b"], "line 2 has a space before a quotation mark"),
        ('1.jpg,x, y\n2.jpg,"a ""b"", c"\n', ["x, y", 'a "b", c'], "line 2 has 3 fields"),
        ('1.jpg,x, y\n2.jpg,"stop", it says "go"\n', ["x, y", '"stop", it says "go"'], "line 2 has 3 fields"),
        ("1.jpg,a,\r\n2.jpg,b\r\n", ["a,", "b"], "line 2 has 3 fields"),
    ],
)
def test_what_is_no_csv_is_read_line_by_line(tmp_path, text, captions, why):
    found, said = how(tmp_path / "captions.csv", "image,caption\n" + text)
    assert found[0] == ["image", "caption"]
    assert [[path, caption.strip()] for path, caption in found[1:]] == [
        [path, caption] for path, caption in zip(PATHS, captions, strict=False)
    ]
    assert said == why


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", ["captions.csv", "captions.txt"])
def test_other_delimiters_and_no_header(tmp_path, delimiter, header, name):
    rows = [("1.jpg", f"a{delimiter} b"), ("2.jpg", "c; d, e | f"), ("3.jpg", "g")]
    report = Report()
    found = rows_of(tmp_path / name, naive([HEADER, *rows] if header else rows, delimiter), report)
    assert found[header:] == [list(row) for row in rows]
    mark = {",": "comma", ";": "semicolon", "|": "bar"}[delimiter]
    assert any(f"all behind the first {mark} as the caption" in said for said in report.as_json()["converted"])


def test_a_path_behind_the_caption_and_one_in_quotes(tmp_path):
    text = "caption,image\na dog, brown,1.jpg\nb,2.jpg\n"
    assert how(tmp_path / "captions.csv", text) == (
        [["caption", "image"], ["a dog, brown", "1.jpg"], ["b", "2.jpg"]],
        "line 2 has 3 fields",
    )
    swallowed = 'caption,image\n"Yes,1.jpg\nNo",2.jpg\n'
    assert how(tmp_path / "captions.csv", swallowed)[0][1:] == [['"Yes', "1.jpg"], ['No"', "2.jpg"]]
    quoted = 'image,caption\n"a, ""b"".jpg",c, d\n2.jpg,e\n'
    assert how(tmp_path / "captions.csv", quoted)[0][1:] == [['a, "b".jpg', "c, d"], ["2.jpg", "e"]]


def test_paths_without_an_ending_are_known_by_what_is_there(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_text('id,caption\n17,"Yes\n18,No"\n')
    rows = open_captions(path, Wanted(), {"17", "18"}.__contains__, Report()).rows
    assert [fields for _, fields in rows][1:] == [["17", '"Yes'], ["18", 'No"']]


def test_the_first_line_of_excel_and_lines_without_a_value(tmp_path):
    report = Report()
    found = rows_of(tmp_path / "captions.csv", "sep=;\nimage;caption\n\n;\n1.jpg;a; b\n2.jpg;c\n", report)
    assert found == [["image", "caption"], ["1.jpg", "a; b"], ["2.jpg", "c"]]
    assert report.as_json()["converted"]["lines without a value left out"]["count"] == 1
    (tmp_path / "captions.csv").write_text("sep=;\nimage;caption\n1.jpg;a; b\n2.jpg\n")
    with pytest.raises(GuinaError, match="line 4 has no semicolon"):
        list(open_captions(tmp_path / "captions.csv", Wanted(), lambda place: False, Report()).rows)


def test_a_line_that_is_none_in_either_dialect_is_named_and_so_is_the_reason(tmp_path):
    with pytest.raises(GuinaError, match=r"captions.csv, line 3 has no comma") as error:
        rows_of(tmp_path / "captions.csv", 'image,caption\n1.jpg,"two\nlines"\n2.jpg,a, b\n')
    assert "quoted texts may have several lines, line 4 has 3 fields" in error.value.expected
    assert error.value.mend == "mend the line, or that one, or save the table as JSON lines"


def test_tables_of_three_columns_are_csv(tmp_path):
    text = 'id,image,caption\n1,1.jpg,"a, b"\n'
    assert how(tmp_path / "captions.csv", text) == ([["id", "image", "caption"], ["1", "1.jpg", "a, b"]], "")
    flickr = 'image_name| comment_number| comment\n1.jpg| 0| "Yes" , he | said\n'
    assert how(tmp_path / "results.csv", flickr)[0][1] == ["1.jpg", " 0", ' "Yes" , he ', " said"]
    with pytest.raises(GuinaError, match=r"line 2: '\|' expected after '\"'"):
        rows_of(tmp_path / "results.csv", 'image_name|comment_number|comment\n1.jpg|0|"Yes" he said\n')


def test_tabs(tmp_path):
    text = 'image\tcaption\n1.jpg\t"red" is, it\n2.jpg\t"\n'
    for name in ("captions.tsv", "captions.csv", "captions.txt", "results.token"):
        assert rows_of(tmp_path / name, text)[1:] == [["1.jpg", '"red" is, it'], ["2.jpg", '"']]
    assert rows_of(tmp_path / "captions.csv", '"image"\t"caption"\n"1.jpg"\t"a ""b"""\n')[1] == ["1.jpg", 'a "b"']


def test_an_empty_file_and_old_line_ends(tmp_path):
    assert rows_of(tmp_path / "captions.csv", "") == []
    with pytest.raises(GuinaError, match="carriage returns and not one line feed"):
        rows_of(tmp_path / "captions.csv", "image,caption\r1.jpg,a\r2.jpg,b\r")


# --- any captions ---

LINE = st.text(st.sampled_from("ab ,\"';|é字1."), max_size=12).map(lambda text: f"x{text}x"[1:] or "x").map(str.strip)
TEXT = st.text(st.sampled_from('ab ,"\n;|é字'), min_size=1, max_size=12)


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXT, min_size=1, max_size=8), st.booleans())
def test_any_captions_come_back_from_csv(tmp_path_factory, texts, header):
    rows = [(PATHS[n % 4], text) for n, text in enumerate(texts)]
    path = tmp_path_factory.mktemp("any") / "captions.csv"
    found, why = how(path, as_csv([HEADER, *rows] if header else rows))
    spaced = any(text[:1].isspace() and text.strip()[:1] == '"' for text in texts)
    assert found[header:] == [list(row) for row in rows]
    assert why == "" or spaced  # one that may be written so by hand comes back the same either way


def is_quoted_whole(text: str) -> bool:
    """Whether Python's own reader takes a text out of quotes, as all of a field."""
    try:
        return text[:1] == '"' and len(next(csv.reader([text], strict=True))) == 1
    except csv.Error:
        return False


@settings(deadline=None, max_examples=500)
@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_any_captions_of_a_line_come_back_unquoted(tmp_path_factory, texts, end):
    texts = [text for text in texts if text and not is_quoted_whole(text)]
    rows = [(PATHS[n % 4], text) for n, text in enumerate(texts)]
    path = tmp_path_factory.mktemp("any") / "captions.csv"
    assert rows_of(path, naive([HEADER, *rows]).replace("\n", end))[1:] == [list(row) for row in rows]
