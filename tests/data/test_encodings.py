"""Texts in other encodings: read right, or refused with what they may be. The oracle is Python's codecs."""

import codecs
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data.encodings import check_encoding, likely, recognise
from guina.data.own import MARK
from guina.data.prompts import as_read
from guina.data.records import TEST, TRAIN, VAL, Report
from guina.data.stream import encode_stream, read_stream
from guina.data.text import find_texts, read_text
from guina.data.vocabulary import make_vocabulary
from guina.errors import GuinaError
from without_posix import needs_posix

CHINESE = "却说那僧与道人走了。次日清早，家里的人都来看他，说：“你昨夜睡得好么？”他笑道：“好得很。”\n" * 40
ENGLISH = "It was late in the year, and nobody had come up the road since the snow.\n" * 40
GERMAN = "Über den Häusern schien die Sonne; „grüß Gott“, sagte der Bäcker.\n" * 40
RUSSIAN = "Вечером он снова вышел на берег и долго смотрел на воду.\n" * 40
JAPANESE = "むかしむかし、あるところにおじいさんとおばあさんがいました。\n" * 40
KOREAN = "옛날 옛적에 어느 마을에 한 소년이 살고 있었습니다.\n" * 40


def text_of(path: Path, encoding: str = "utf-8") -> tuple[str, list[str]]:
    report = Report()
    return "".join(read_text(path, report, encoding)), list(report.as_json()["converted"])


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, GERMAN, RUSSIAN, JAPANESE, KOREAN])
@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32", "utf-8-sig"]
)
def test_wide_encodings_are_recognised(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    found, how = text_of(tmp_path / "a.txt")
    assert found == text
    assert len(how) == 1  # said
    (tmp_path / "b.txt").write_bytes(text.encode("utf-8"))
    assert text_of(tmp_path / "b.txt") == (text, [])


@pytest.mark.parametrize(
    ("text", "encoding", "guess"),
    [
        (CHINESE, "gbk", "gb18030"),
        (CHINESE.replace("你", "妳").translate(str.maketrans("说来这与", "說來這與")), "gb18030", "gb18030"),
        ("從前有一個人住在山裡，他每天都要到河邊去取水。" * 30, "big5", "big5"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (KOREAN, "euc_kr", "euc_kr"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (GERMAN, "cp1252", "cp1252"),
    ],
)
def test_an_older_encoding_is_suggested_and_not_taken(text: str, encoding: str, guess: str, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(GuinaError, match=r"is no utf-8 text: byte \d+ is 0x") as refused:
        text_of(path)
    assert guess in refused.value.what
    assert "latin" not in refused.value.mend
    named = re.search(r"--encoding (\S+)[;,]", refused.value.mend)
    assert named is not None
    assert text_of(path, named[1])[0] == text


def test_bytes_of_no_language_are_given_no_encoding_that_swallows_anything(tmp_path: Path) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(128, 256)) * 20 + b"text")
    with pytest.raises(GuinaError, match="is no utf-8 text") as refused:
        text_of(path)
    assert "save it as UTF-8" in refused.value.mend
    assert likely(path.read_bytes()) == []


@pytest.mark.parametrize("name", ["latin-9x", "rot13", "hex", "idna\0", "no such"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(GuinaError, match="there is no encoding") as refused:
        check_encoding(name)
    assert refused.value.mend


@pytest.mark.parametrize(
    ("data", "text", "how"),
    [
        (b"one\rtwo\rthree", "one\ntwo\nthree", ["CR to LF"]),
        (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n", ["CR to LF", "CRLF to LF"]),
        (b"cut off here" + bytes(3), "cut off here", ["NUL characters dropped"]),
        ("Cafe\u0301".encode(), "Café", ["letters composed (Unicode NFC)"]),
        ("\u1112\u1161\u11ab".encode(), "한", ["letters composed (Unicode NFC)"]),
    ],
)
@pytest.mark.parametrize("chunk", [1, 2, 3, 1 << 22])
def test_what_a_text_is_given_as_is_said(data, text, how, chunk, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("guina.data.text.CHUNK", chunk)
    (tmp_path / "a.txt").write_bytes(data)
    assert text_of(tmp_path / "a.txt") == (text, how)


def test_a_prompt_is_read_as_a_text_is() -> None:
    assert as_read("Le cafe\u0301\r\n") == "Le café\n"
    assert as_read("gr\udcc3\udcbc\udcc3\udc9fe") == "grüße"  # bytes that Python kept of an argument in the C locale
    assert as_read("half \ud83d") == "half ?"


KINDS = {"b.docx": b"PK\x03\x04", "c.pdf": b"%PDF-1.4", "d.doc": b"\xd0\xcf\x11\xe0", "e.bin": b"\x80\0\x81\0\x01\x02"}


def test_what_is_no_text_is_left_out_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ENGLISH, "utf-8")
    for name, head in KINDS.items():
        (tmp_path / name).write_bytes(head + bytes(3000))
    report = read_stream(str(tmp_path), (TRAIN, VAL), 0.1).report.as_json()
    assert (report["found"], report["used"]) == (5, 1)
    named = [name for entry in report["skipped"].values() for name in entry["for example"]]
    assert sorted(Path(name).name for name in named) == sorted(KINDS)
    (tmp_path / "a.txt").unlink()
    with pytest.raises(GuinaError, match=r"no text at .* \(4 other files were left out\)"):
        find_texts(str(tmp_path))


@pytest.mark.parametrize("name", list(KINDS))
def test_a_document_that_is_named_is_refused_with_a_way_out(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(KINDS[name] + bytes(3000))
    with pytest.raises(GuinaError, match="plain text") as refused:
        find_texts(str(tmp_path / name))
    assert "plain text" in refused.value.mend


def test_what_guina_wrote_is_no_text_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ENGLISH, "utf-8")
    (tmp_path / "runs/write/x").mkdir(parents=True)
    (tmp_path / "runs/write/x/status.json").write_text("{}", "utf-8")
    (tmp_path / "runs" / MARK).write_text("", "utf-8")
    (tmp_path / "c.html").write_text('<!doctype html><html><head><meta name="generator" content="guina 1">', "utf-8")
    (tmp_path / "mine.html").write_text("<p>of the user", "utf-8")
    report = Report()
    assert [p.name for p in find_texts(str(tmp_path), report)] == ["a.txt", "mine.html"]
    assert report.as_json()["ignored"]["written by guina"]["count"] == 2
    assert [p.name for p in find_texts(str(tmp_path / "runs"))] == ["status.json"]  # named outright


# --- texts that are only judged ---


@pytest.mark.parametrize("text", ["fifteen letters", ENGLISH])
def test_a_text_to_judge_is_not_cut(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(text, "utf-8")
    records = read_stream(str(tmp_path / "other.txt"), (TEST,), 0.1)
    assert list(records.columns["split"]) == [TEST]
    units = encode_stream(records.only(TEST), make_vocabulary("byte", ()))
    assert bytes(units.all("unit").astype("uint8")).decode() == text


def test_splits_by_name_hold_where_a_text_is_only_judged(tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text(f"the text of {name}", "utf-8")
    records = read_stream(str(tmp_path), (TEST,), 0.1)
    assert "".join(records.source.pieces(TEST)) == "the text of test.txt"
    (tmp_path / "test.txt").rename(tmp_path / "valid.txt")
    with pytest.raises(GuinaError, match="has only texts for train, val"):
        read_stream(str(tmp_path), (TEST,), 0.1)


# --- a fuzz: random texts in random encodings with random damage ---

LETTERS = st.text(
    st.one_of(
        st.sampled_from("abc é ß 你好 мир กขค 한 e\u0301 \n \r\n \r \t .,"),
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cn", "Co", "Cc"]),
    ),
    min_size=1,
    max_size=200,
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "gb18030", "cp1252"]


@settings(max_examples=150, deadline=None)
@given(LETTERS, st.sampled_from(ENCODINGS), st.integers(0, 3), st.integers(1, 9), st.booleans())
def test_fuzz_of_texts(tmp_path_factory, text: str, encoding: str, cut: int, chunk: int, nul: bool) -> None:
    """The characters are those that Python decodes, composed, or the file is refused in words."""
    data = text.encode(encoding, "ignore")
    data = (data[:-cut] if cut else data) + (b"\0" * 5 if nul else b"")
    path = tmp_path_factory.mktemp("fuzz") / "a.txt"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("guina.data.text.CHUNK", chunk)
        try:
            if not find_texts(str(path)):
                return
            found, _ = text_of(path)
        except GuinaError:
            return
    known, _ = recognise(data)
    means = data.decode(known or "utf-8")  # strict: what is taken without a word is whole
    if known in (None, "utf-8-sig", "utf-16", "utf-32"):  # what is certain is compared with what was written
        written = codecs.decode(data, known or "utf-8")
        assert means == written
    means = means.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    assert found == unicodedata.normalize("NFC", means)


@needs_posix
def test_links_to_folders_are_passed_by_and_said(tmp_path):
    (tmp_path / "book.txt").write_text("a text")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    report = Report()
    assert find_texts(str(tmp_path), report) == [tmp_path / "book.txt"]
    assert report.as_json()["ignored"] == {"a link to a folder": {"count": 1, "for example": [str(tmp_path / "loop")]}}
