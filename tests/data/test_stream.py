"""Texts as streams: every file becomes the characters it holds, split where it says, or says what is wrong."""

import numpy as np
import pytest

from guina.data.records import TRAIN, VAL, Report
from guina.data.split_files import splits_said
from guina.data.stream import Stream, encode_stream, read_stream, training_pieces
from guina.data.text import BOUNDARY, find_texts, read_text
from guina.data.vocabulary import Chars, make_vocabulary
from guina.errors import GuinaError

LONG = "".join(f"line {i} of many, with words in it\n" for i in range(500))


def whole(records, split) -> str:
    return "".join(records.source.pieces(split))


def test_one_file_is_cut_at_the_exact_share(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(LONG)
    records = read_stream(str(path), (TRAIN, VAL), 0.1)
    cut = int(0.9 * len(LONG))
    assert whole(records, TRAIN) == LONG[:cut]
    assert whole(records, VAL) == LONG[cut:]
    assert "".join(training_pieces(records)) == LONG[:cut]


def test_a_folder_is_one_stream_with_boundaries_and_splits_by_name(tmp_path):
    for name, text in (("b.txt", "second"), ("a/one.md", "first"), (".git/x", "no"), ("z.png", "no")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text * 9)
    records = read_stream(str(tmp_path), (TRAIN,), 0.1)
    assert whole(records, TRAIN) == "first" * 9 + BOUNDARY + "second" * 9
    named = tmp_path / "named"
    for name in ("train.txt", "valid.txt", "test.txt", "notes.txt"):
        named.mkdir(exist_ok=True)
        (named / name).write_text(f"this is {name} " * 5)
    records = read_stream(str(named), (TRAIN, VAL), 0.1)
    assert whole(records, VAL).startswith("this is valid.txt")
    assert records.count("test") == 0
    assert any("notes.txt is neither" in problem for problem in records.report.problems)
    assert whole(read_stream(str(named / "*.txt"), (TRAIN, VAL, "test"), 0.1), "test").startswith("this is test.txt")


def test_the_same_files_split_in_another_way_are_another_stream(tmp_path, monkeypatch):
    """The cache knows which files are of which split, and by which names."""
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "texts"
    for split in ("train", "test"):
        (root / split).mkdir(parents=True)
    for name in "abc":
        (root / "test" / f"{name}.txt").write_text(f"the text {name}\r\n" * 40)
    marks = set()
    for n, name in enumerate("cba"):  # the order of all files, test before train, stays the same
        (root / "test" / f"{name}.txt").rename(root / "train" / f"{name}.txt")
        records = read_stream(str(root), (TRAIN, "test"), 0.1)
        trained = records.only(TRAIN)
        units = encode_stream(trained, Chars([chr(n) for n in range(32, 127)] + ["\n"]))
        assert len(units) == len(whole(records, TRAIN))
        assert whole(records, TRAIN).count(BOUNDARY) == n
        marks.add(records.fingerprint)
    assert len(marks) == 3
    moved = root.rename(tmp_path / "moved")
    assert str(moved) in str(read_stream(str(moved), (TRAIN, "test"), 0.1).report.as_json()["converted"])


@pytest.mark.parametrize(
    ("data", "text", "how"),
    [
        (b"\xef\xbb\xbfabc\n" * 1 + b"d" * 40, "abc\n" + "d" * 40, "byte order mark dropped"),
        ("häh\n".encode("utf-16") + b"", "häh\n", "UTF-16 to UTF-8"),
        (b"a\r\nb\r\n" * 10, "a\nb\n" * 10, "CRLF to LF"),
    ],
)
def test_what_is_converted_is_said(tmp_path, data, text, how):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    report = Report()
    assert "".join(read_text(path, report)) == text
    assert list(report.as_json()["converted"]) == [how]


def test_a_line_end_on_the_edge_of_a_piece_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr("guina.data.text.CHUNK", 2)
    path = tmp_path / "a.txt"
    path.write_bytes("a\r\né\r\n\rz".encode())
    assert "".join(read_text(path, Report())) == "a\né\n\nz"


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (b"fine \xff\xfe", "utf-8", "byte 5 is 0xff"),
        (b"", "utf-8", "there is no text"),
        (b"x", "utf-8", "cannot be cut"),
    ],
)
def test_what_is_no_text_stops(tmp_path, data, encoding, message):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(GuinaError, match=message):
        read_stream(str(path), (TRAIN, VAL), 0.1, encoding)


def test_another_encoding_can_be_said(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("Grüße ".encode("latin-1") * 20)
    assert whole(read_stream(str(path), (TRAIN,), 0.1, "latin-1"), TRAIN).startswith("Grüße")


def test_no_files_and_no_such_path(tmp_path):
    with pytest.raises(GuinaError, match="there is no text at"):
        find_texts(str(tmp_path))
    with pytest.raises(GuinaError, match="there is no text at"):
        find_texts(str(tmp_path / "*.txt"))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.txt", "train"),
        ("valid-2.txt", "val"),
        ("dev/a.txt", "val"),
        ("a/test_b.txt", "test"),
        ("book.txt", None),
    ],
)
def test_splits_are_recognised_by_name(tmp_path, name, split):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    told = splits_said([path], tmp_path)[path]
    assert (told.split if told else None) == split


@pytest.mark.parametrize("kind", ["char", "byte", "bpe", "word"])
def test_units_are_those_of_the_whole_text_however_it_is_read(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("guina.data.text.CHUNK", 97)
    path = tmp_path / "a.txt"
    path.write_text(LONG)
    records = read_stream(str(path), (TRAIN, VAL), 0.2)
    vocabulary = make_vocabulary(kind, [LONG])
    stream = encode_stream(records.only(VAL), vocabulary)
    text = whole(records, VAL)
    assert vocabulary.decode(stream.all("unit").tolist()) == text
    if kind in ("char", "byte"):
        np.testing.assert_array_equal(stream.all("unit"), vocabulary.encode(text))
    np.testing.assert_array_equal(stream.windows(np.array([3, 5]), 4), [stream.all("unit")[s : s + 4] for s in (3, 5)])
    assert len(stream.first(7)) == 7
    assert stream.names[123] == "val, unit 123"


def test_a_stream_is_one_long_row_that_is_cut_short(tmp_path):
    units = np.random.default_rng(0).integers(0, 200, 50).astype(np.uint8)
    units.tofile(tmp_path / "units.bin")
    stream = Stream.of(np.memmap(tmp_path / "units.bin", np.uint8, "r"), "test")
    plain = [int(unit) for unit in units]
    assert (len(stream), stream.all("unit").tolist(), stream.all("unit").dtype) == (50, plain, np.int64)
    places = np.array([[3, 4], [49, 0]])
    assert stream.take("unit", places).tolist() == [[plain[3], plain[4]], [plain[49], plain[0]]]
    windows_BT = stream.windows(np.array([7, 0]), 5)
    assert (windows_BT.tolist(), windows_BT.dtype) == ([plain[7:12], plain[:5]], np.int64)
    few = stream.first(9)
    assert isinstance(few, Stream)
    assert (len(few), few.all("unit").tolist(), few.names[8], len(few.names)) == (9, plain[:9], "test, unit 8", 9)
    assert few.windows(np.array([4]), 5).tolist() == [plain[4:9]]
    assert stream.first(None) is stream.first(50) is stream.first(999) is stream
    assert len(stream.first(0).all("unit")) == 0
    assert Stream.of(np.zeros(2000, np.uint8), "val").names[1234] == "val, unit 1,234"
    none = Stream.of(np.empty(0, np.uint8), "train")
    assert (len(none), len(none.all("unit")), list(none.names)) == (0, 0, [])
    assert list(few.names) == [f"test, unit {i}" for i in range(9)]


def test_what_training_lacks_is_unknown(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("abc" * 90 + "xyz" * 10)
    records = read_stream(str(path), (TRAIN, VAL), 0.1)
    chars = make_vocabulary("char", training_pieces(records))
    assert isinstance(chars, Chars)
    assert chars.known == ["a", "b", "c"]
    assert set(encode_stream(records.only(VAL), chars).all("unit")) == {0}
