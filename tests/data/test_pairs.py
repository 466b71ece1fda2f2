"""Pairs of texts from tables: read to the letter, in every spelling; columns, headers, splits."""

import csv
import doctest
import io
import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guina.data import languages, number_words, pair_columns, pair_faults, pair_rows, pair_sides, pairs
from guina.data.pair_columns import Direction
from guina.data.pairs import read_pairs
from guina.data.records import SPLITS
from guina.errors import GuinaError
from some_pairs import NONE, PAIRS, lines, pairs_of, read, write

# --- to the letter ---

# no NUL, which is dropped, and no half characters, which UTF-8 has not
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
TEXTS = st.lists(st.tuples(TEXT, TEXT), min_size=3, max_size=8)
KINDS = {"tsv": "\t\n", "csv": "", "jsonl": "", "aligned": "\n"}  # what cannot stand in a text


def as_written(pairs: list[tuple[str, str]], kind: str, folder: Path) -> str:
    if kind == "tsv":
        return write(folder / "p.tsv", "de\ten\n" + lines(pairs))
    if kind == "jsonl":
        return write(folder / "p.jsonl", "".join(json.dumps({"de": a, "en": b}) + "\n" for a, b in pairs))
    if kind == "csv":
        file = io.StringIO(newline="")
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("de", "en"), *pairs])
        return write(folder / "p.csv", file.getvalue())
    write(folder / "p.de", "".join(a + "\n" for a, _ in pairs))
    write(folder / "p.en", "".join(b + "\n" for _, b in pairs))
    return str(folder)


def visible(text: str) -> str:
    """What is left of a text where it is read: stripped and composed; "" where there is nothing to see."""
    text = unicodedata.normalize("NFC", text).strip()
    return text if text.strip("\ufeff\u200b\u200c\u200d\u2060") else ""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=TEXTS, kind=st.sampled_from(list(KINDS)))
def test_any_texts_are_read_as_they_were_written(tmp_path_factory, pairs, kind):
    for c in KINDS[kind]:
        pairs = [(a.replace(c, "x"), b.replace(c, "x")) for a, b in pairs]
    wanted = [(visible(a), visible(b)) for a, b in pairs if visible(a) and visible(b)]
    path = as_written(pairs, kind, tmp_path_factory.mktemp("pairs"))
    if not wanted or len(pairs) - len(wanted) > 3:
        with pytest.raises(GuinaError):
            read(path, "de", "en", splits=("test",))
        return
    assert pairs_of(read(path, "de", "en", splits=("test",))) == wanted


def test_marks_of_quotation_are_characters_between_tabs(tmp_path):
    said_ = [
        ('"Komm", sagte er', "“Come,” he said"),
        ('5" lang', '5" long'),
        ('"""x"""', '"'),
        ('"auf', 'zu"'),
        ('""', '"'),
    ]
    path = write(tmp_path / "p.tsv", "de\ten\n" + lines(said_))
    records = read(path, splits=("test",))
    assert pairs_of(records) == said_
    assert not [problem for problem in records.report.problems if "CSV" in problem]


def test_csvs_quotes_between_tabs_are_kept_and_said_and_undone_where_the_name_says_csv(tmp_path):
    text = 'de\ten\n"Er sagte ""ja""."\t"He said ""yes""."\nHund\tdog\n'
    records = read(write(tmp_path / "p.tsv", text), splits=("test",))
    assert pairs_of(records)[0] == ('"Er sagte ""ja""."', '"He said ""yes""."')
    assert "name the file .csv" in " ".join(records.report.problems)
    records = read(write(tmp_path / "p.csv", text), splits=("test",))
    assert pairs_of(records)[0] == ('Er sagte "ja".', 'He said "yes".')
    # tabs in a .csv, and quotes that are no CSV's, as collections of sentences have them
    records = read(write(tmp_path / "q.csv", 'de\ten\n"Komm!\tCome!\nSo "nicht"\tNot so\n'), splits=("test",))
    assert pairs_of(records)[0] == ('"Komm!', "Come!")


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_quotes_quote_in_csv(tmp_path, delimiter):
    pairs = [
        ("Ja, nein; oder|", "Yes, no; or|"),
        ('sagte "so"', 'said "so"'),
        ("zwei\nZeilen\r\nhier", "two\nlines"),
        *PAIRS,
    ]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("de", "en"), *pairs])
    records = read(write(tmp_path / "p.csv", file.getvalue()), splits=("test",))
    assert pairs_of(records) == pairs
    assert records.names[3] == "p.csv, line 8"  # the row before it fills four lines
    assert read(write(tmp_path / "s.csv", f"sep={delimiter}\r\n{file.getvalue()}")).names[3].endswith("line 9")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_unicode_and_the_line_ends_of_windows(tmp_path, encoding, end):
    pairs = [*PAIRS, ('"Füße" – 猫', '"Feet" – cat')]
    text = lines([("de", "en"), *pairs], end=end)
    records = read(write(tmp_path / "train.tsv", text.encode(encoding)), splits=("test",))
    assert pairs_of(records) == pairs
    assert ("CRLF to LF" in records.report.as_json()["converted"]) == (end == "\r\n")


def test_lines_end_at_line_feeds_alone(tmp_path):
    odd = "a\x85b\u2028c\x0bd\x0ce\rf\x1cg"
    records = read(write(tmp_path / "p.tsv", f"de\ten\n{odd}\tone\nb\ttwo\n\nc\tthree"), splits=("test",))
    assert pairs_of(records) == [(odd, "one"), ("b", "two"), ("c", "three")]
    assert list(records.names) == ["p.tsv, line 2", "p.tsv, line 3", "p.tsv, line 5"]


def test_what_is_changed_is_said(tmp_path):
    records = read(write(tmp_path / "p.tsv", "de\ten\nCafe\u0301\tx\0y\nb\tc\n"), splits=("test",))
    assert pairs_of(records)[0] == ("Café", "xy")
    assert set(records.report.as_json()["converted"]) == {"NUL characters dropped", "letters composed (Unicode NFC)"}


def test_bytes_of_another_encoding_where_the_ending_says_nothing(tmp_path):
    path = write(tmp_path / "pairs.txt", "Straße\tstreet\nFüße\tfeet\n".encode("cp1252"))
    for source in (path, str(tmp_path)):
        with pytest.raises(GuinaError, match="is no utf-8 text: byte 4 is 0xdf"):
            read(source)
    assert len(read_pairs(path, ("test",), NONE, 0.1, "cp1252")) == 2


def test_bytes_of_another_encoding(tmp_path):
    path = write(tmp_path / "p.tsv", "de\ten\nStraße\tstreet\nFüße\tfeet\n".encode("cp1252"))
    with pytest.raises(GuinaError, match="is no utf-8 text: byte 10 is 0xdf") as error:
        read(path)
    assert "--encoding cp1252" in error.value.mend
    assert pairs_of(read_pairs(path, ("test",), NONE, 0.1, "cp1252"))[1] == ("Füße", "feet")
    with pytest.raises(GuinaError, match=r"is a packed file \(\.gz\), not text"):
        read(write(tmp_path / "q.tsv", b"\x1f\x8b\x08\0"))


# --- JSON ---


def test_json_lines(tmp_path):
    rows = [
        {"de": "eins", "en": 1, "more": [1]},
        {"de": "einhalb", "en": 0.50},
        {"de": None, "en": "nothing"},
        {"en": "lacks"},
        {"de": "a\ud83d", "en": True},
        {"de": "Cafe\u0301\0", "en": "x"},
    ]
    text = "\n".join(map(json.dumps, rows)).replace("0.5", "0.50") + "\n\n"
    records = read(write(tmp_path / "p.jsonl", text), "de", "en", splits=("test",))
    assert pairs_of(records) == [("eins", "1"), ("einhalb", "0.50"), ("a\\ud83d", "true"), ("Café", "x")]
    assert records.report.as_json()["skipped"] == {
        "the source is empty": {"count": 2, "for example": ["p.jsonl, line 3", "p.jsonl, line 4"]}
    }
    assert "left out: the column more" in records.report.problems


@pytest.mark.parametrize("name", ["train.jsonl", "train.json", "train.ndjson"])
def test_json_as_the_hub_writes_it(tmp_path, name):
    text = "".join(
        json.dumps({"id": str(n), "translation": {"de": a, "en": b}}) + "\n" for n, (a, b) in enumerate(PAIRS)
    )
    records = read(write(tmp_path / name, text), splits=("test",))
    assert (pairs_of(records), records.source) == (PAIRS, Direction("de", "en"))
    bare = "".join(json.dumps({"translation": {"en": b, "de": a}}) + "\n" for a, b in PAIRS)
    assert pairs_of(read(str(Path(write(tmp_path / "b" / name, bare)).parent), "de", "en"))[0] in PAIRS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"de": "a", "en": "b"}\n{"de": \n', "line 2 is no JSON"),
        ('[{"de": "a", "en": "b"}]', "line 1 is a list, no object"),
        ('{\n"de": "a"\n}', "line 1 is no JSON"),
        ('{"de": ["a"], "en": "b"}\n{"de": "a", "en": "b"}', "line 1: de is a list"),
        ('{"de": {"x": 1, "y": 2}, "en": "b"}', "line 1: de is an object"),
        ('{"a": "x", "b": "y", "c": "z"}', "p.jsonl has 3 columns: a, b, c"),
    ],
)
def test_json_that_is_no_table(tmp_path, text, says):
    with pytest.raises(GuinaError, match=says):
        read(write(tmp_path / "p.jsonl", text))


# --- splits ---


def test_tables_by_name_and_a_second_one_in_another_order(tmp_path):
    write(tmp_path / "train.tsv", "de\ten\n" + lines())
    write(tmp_path / "dev.csv", "en,de\n" + lines([("a cat", "eine Katze")], ","))
    write(tmp_path / "test.tsv", lines([("zwei Katzen", "two cats")]))  # without a header
    write(tmp_path / "notes.csv", "x,y\n1,2\n")
    records = read(str(tmp_path))
    assert [records.count(split) for split in SPLITS] == [8, 1, 1]
    assert pairs_of(records)[8:] == [("eine Katze", "a cat"), ("zwei Katzen", "two cats")]
    said_ = " ".join(records.report.problems)
    assert "test.tsv has no header: its columns are taken to be those of the file before it" in said_
    assert "notes.csv is neither train, val nor test" in said_
    assert len(read(str(tmp_path), splits=("test",))) == 1
    write(tmp_path / "test.tsv", "broken\n\0")  # training does not open the test split
    assert len(read(str(tmp_path), splits=("train", "val"))) == 9


def test_a_column_says_the_split(tmp_path):
    rows = [*(("train", *pair) for pair in PAIRS), ("validation", "x", "y"), ("test", "u", "v"), ("other", "s", "t")]
    path = write(tmp_path / "p.tsv", "split\tde\ten\n" + "".join("\t".join(row) + "\n" for row in rows))
    records = read(path)
    assert [records.count(split) for split in SPLITS] == [8, 1, 1]
    assert records.report.as_json()["skipped"] == {
        "its split is other, neither train, val nor test": {"count": 1, "for example": ["p.tsv, line 12"]}
    }
    assert pairs_of(read(path, splits=("test",))) == [("u", "v")]
    with pytest.raises(GuinaError, match="has no pairs to use"):
        read(write(tmp_path / "q.tsv", "split\tde\ten\ntest\ta\tb\n"), splits=("train", "val"))


def test_all_translations_of_a_text_lie_on_one_side_and_stay_there(tmp_path):
    pairs = [(f"Satz {n % 100}", f"sentence {n}") for n in range(300)]
    before = read(write(tmp_path / "p.tsv", "de\ten\n" + lines(pairs)), splits=("train", "val"))
    sides: dict[str, set[int]] = {}
    for source, split in zip(before.columns["source"], before.split_N, strict=True):
        sides.setdefault(source, set()).add(int(split))
    assert all(len(splits) == 1 for splits in sides.values())
    assert 3 <= sum(1 in splits for splits in sides.values()) <= 20
    more = [*((f"mehr {n}", f"more {n}") for n in range(100)), *pairs]
    after = read(write(tmp_path / "q.tsv", "de\ten\n" + lines(more)), splits=("train", "val"))
    assert np.array_equal(after.split_N[100:], before.split_N)
    with pytest.raises(GuinaError, match=r"only one source text \(and copies of it\)"):
        read(write(tmp_path / "r.tsv", "de\ten\na\tb\na\tc\n"), splits=("train", "val"))


def test_the_fingerprint_is_of_contents_splits_and_names(tmp_path):
    path = write(tmp_path / "p.tsv", "de\ten\n" + lines())
    first = read(path).fingerprint
    assert read(path).fingerprint == first
    assert read(path, "en", "de").fingerprint != first
    assert read(path, splits=("test",)).fingerprint != first
    write(tmp_path / "p.tsv", "de\ten\n\n" + lines())
    assert read(path).fingerprint != first


def test_the_examples_of_the_docstrings_run():
    for module in (languages, number_words, pair_columns, pair_faults, pair_rows, pair_sides, pairs):
        failed, tried = doctest.testmod(module)
        assert (failed, tried > 0) == (0, True), module.__name__
