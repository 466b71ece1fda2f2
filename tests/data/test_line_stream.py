"""Files as lines: as one plain cut gives them, in whatever pieces they are read; and files that are no text."""

import codecs
import io
import os
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data import line_stream
from guina.data.line_stream import count_lines, read_lines
from guina.errors import GuinaError
from without_posix import needs_posix


def all_of(path: Path | str, encoding: str = "utf-8") -> list[str]:
    return [line for block in read_lines(str(path), encoding) for line in block]


@given(st.lists(st.text(st.sampled_from("aä猫𝄞 \r\t\u2028\x85\x0b\x0c")), max_size=6), st.booleans(), st.integers(1, 9))
@settings(deadline=None)
def test_lines_are_what_stands_between_line_feeds_in_pieces_of_any_size(tmp_path_factory, texts, ends, size):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(("\n".join(texts) + "\n" * ends).encode())
    expected = path.read_bytes().decode().split("\n")
    expected = expected[:-1] if expected[-1] == "" else expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_stream, "READ", size)
        found = all_of(path)
    assert found == [line.removesuffix("\r") for line in expected]
    assert count_lines(str(path)) == len(expected)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_marks_and_wide_encodings_show_themselves(encoding, tmp_path):
    (tmp_path / "a.txt").write_bytes("Grüße\r\n\r\nein Hund läuft\r\n".encode(encoding))
    assert all_of(tmp_path / "a.txt") == ["Grüße", "", "ein Hund läuft"]


def test_another_encoding_is_said_and_nuls_are_dropped(tmp_path):
    (tmp_path / "a.txt").write_bytes("Grüße\n".encode("cp1252"))
    assert all_of(tmp_path / "a.txt", "cp1252") == ["Grüße"]
    (tmp_path / "b.txt").write_bytes(b"an old text with\0 a NUL in it\n")
    assert all_of(tmp_path / "b.txt") == ["an old text with a NUL in it"]


@pytest.mark.parametrize("before", [0, 1, line_stream.READ - 4, line_stream.READ + 7])
def test_bytes_that_are_no_text_are_named_by_line_and_place(before, tmp_path):
    data = b"x\n" * (before // 2) + "Grüße".encode("cp1252") + b" from the shore\n" * 9
    place = data.index(b"\xfc")
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(GuinaError) as caught:
        all_of(tmp_path / "a.txt")
    line = f"{data[:place].count(10) + 1:,}"
    assert caught.value.what.startswith(f"{tmp_path / 'a.txt'}, line {line} is no utf-8 text: byte {place} is 0xfc")
    with pytest.raises(GuinaError, match="is no utf-8 text"):
        count_lines(str(tmp_path / "a.txt"))


def test_a_file_that_ends_within_a_character_says_so(tmp_path):
    (tmp_path / "a.txt").write_bytes("ein Gruß".encode()[:-1])
    with pytest.raises(GuinaError, match="line 1 is no utf-8 text: it ends within a character at byte 7"):
        all_of(tmp_path / "a.txt")


def test_what_is_no_text_file_is_refused(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    for name, why in (
        ("a.pdf", r"a\.pdf is a PDF document, not plain text"),
        ("none.txt", r"none\.txt cannot be read: No such file"),
        (".", "is a folder"),
    ):
        with pytest.raises(GuinaError, match=why):
            all_of(tmp_path / name)
        with pytest.raises(GuinaError, match=why):
            count_lines(str(tmp_path / name))
    with pytest.raises(GuinaError, match="there is no encoding utf-9"):
        all_of(tmp_path / "a.pdf", "utf-9")


def test_the_standard_input_is_read_as_it_comes_and_stays_open(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(codecs.BOM_UTF8 + b"one\n\ntwo")))
    assert count_lines("-") is None
    assert all_of("-") == ["one", "", "two"]
    assert not sys.stdin.buffer.closed
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n")))
    with pytest.raises(GuinaError, match="the standard input, line 1 is no utf-8 text"):
        all_of("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(GuinaError, match="there is no standard input"):
        all_of("-")


@needs_posix
def test_a_line_is_there_before_the_next_one_is_written(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    said, heard = threading.Event(), []

    def write() -> None:
        with open(tmp_path / "pipe", "wb", buffering=0) as pipe:
            pipe.write(b"one\ntw")
            said.wait(10)
            pipe.write(b"o\n")

    writer = threading.Thread(target=write)
    writer.start()
    assert count_lines(str(tmp_path / "pipe")) is None, "what can be read only once is not counted"
    for block in read_lines(str(tmp_path / "pipe")):
        heard.append(block)
        said.set()
    writer.join()
    assert heard == [["one"], ["two"]]


def test_a_file_is_never_held_whole(tmp_path):
    """Twelve megabytes in a million lines: blocks are of one look each."""
    (tmp_path / "a.txt").write_bytes(b"a few words\n" * 1_000_000)
    blocks = read_lines(str(tmp_path / "a.txt"))
    assert sum(map(len, blocks)) == 1_000_000
    assert max(map(len, read_lines(str(tmp_path / "a.txt")))) <= line_stream.READ // 12 + 1
