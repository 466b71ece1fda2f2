"""Tables and folders as nobody would make them: used as they were meant, skipped with a reason, or an error in words.

The oracle knows what was written, not how it is read: each row's file and label before they were put into a dialect.
"""

import csv
import io
import json
import math
import os
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guina.data.places import Places
from guina.data.records import Report
from guina.data.sources import list_pictures
from guina.data.tables import read_table
from guina.errors import GuinaError

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
LETTERS = [
    "a",
    "B",
    "é",
    "e\u0301",
    "猫",
    "ぱ",
    "は\u309a",
    "😀",
    " ",
    "-",
    ".",
    ";",
    ",",
    "'",
    "#",
    "=",
    "%",
    "1",
    "\u200b",
    "\\",
    '"',
]
NAME = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=5).map("".join)
WORD = st.sampled_from(["train", "test", "val", "Training", "test_set", "eval", "label", "path", "nan", "None", "NULL"])
LABEL = st.one_of(
    st.sampled_from(["", "1", "1.0", "01", "1e0", "-0.0", "2.50", "cat", "dog", " cat ", "caf\u00e9", "cafe\u0301"]),
    NAME,
    WORD,
)
JSON_LABEL = st.one_of(
    LABEL, st.none(), st.booleans(), st.integers(-2, 3), st.floats(), st.just("cat\ud83d"), st.just(["cat"])
)


SAID = {"train": "train", "Training": "train", "test": "test", "test_set": "test", "val": "val"}


def plain_class(label: object) -> str:
    """The class of a label by the words of the documentation; "" for none."""
    if label is None or (isinstance(label, float) and math.isnan(label)):
        return ""
    if isinstance(label, float) and math.isfinite(label) and label == round(label) and abs(label) < 2**53:
        return str(round(label))
    text = unicodedata.normalize("NFC", str(label).strip())
    text = "".join(f"\\u{ord(c):04x}" if 0xD800 <= ord(c) < 0xE000 else c for c in text)
    whole = re.match(r"(-?)(0|[1-9]\d*)\.0+$", text, re.ASCII)
    return text if whole is None else (whole[1] if whole[2] != "0" else "") + whole[2]


def plain_classes(labels: list) -> list[str]:
    """The same of a column: where all but them are numbers, nan and its like are none."""
    said = [plain_class(label) for label in labels]

    def nothing(text: str) -> bool:
        return text.lower() in ("nan", "null", "none")

    others = [text for text in said if text and not nothing(text)]
    try:
        [float(text) for text in others if not re.search("[a-zA-Z_]", text.replace("e", "")) or 1 / 0]
    except (ValueError, ZeroDivisionError):
        return said
    return ["" if nothing(text) and others else text for text in said]


@st.composite
def tables(draw):
    """Files, labels, and the bytes of a table of them."""
    names = draw(
        st.lists(NAME, min_size=2, max_size=7, unique_by=lambda name: unicodedata.normalize("NFC", name).strip())
    )
    files = [f"{draw(st.sampled_from(['', 'd/', 'é/']))}{name.replace('/', '')}.png" for name in names]
    form = draw(st.sampled_from(["as it is", "NFC", "NFD", "windows", "dot"]))
    said = [as_said(file, form) for file in files]
    header = draw(st.sampled_from([("path", "label"), ("File Name", "CLASS"), ("\tpath", " label ")]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "gbk"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    if draw(st.booleans()):
        labels = draw(st.lists(JSON_LABEL, min_size=len(files), max_size=len(files)))
        more = draw(st.booleans())
        rows = [
            {"path": a, "label": b, "more": [1]} if more else {"label": b, "path": a}
            for a, b in zip(said, labels, strict=True)
        ]
        text = end.join(json.dumps(row, ensure_ascii=True) for row in rows)
        return files, labels, text.encode(encoding), "t.jsonl", True
    labels = draw(st.lists(LABEL, min_size=len(files), max_size=len(files)))
    delimiter, quoting = draw(st.sampled_from(",;\t|")), draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    headed = draw(st.booleans())
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([header] * headed + list(zip(said, labels, strict=True)))
    text = draw(st.sampled_from(["", f"sep={delimiter}{end}"])) + file.getvalue() + draw(st.sampled_from(["", end * 3]))
    if draw(st.booleans()) and quoting == csv.QUOTE_ALL:
        text = text.replace(f'"{end}', f'"{delimiter}{end}')
    return files, labels, encoded(text, encoding), draw(st.sampled_from(["t.csv", "T.TSV"])), headed


def as_said(file: str, form: str) -> str:
    """A file's path as a table may write it."""
    if form in ("NFC", "NFD"):
        return unicodedata.normalize(form, file)
    return {"windows": file.replace("/", "\\"), "dot": f"./{file}"}.get(form, file)


def in_words(error: GuinaError) -> None:
    """What happened, and how to mend it."""
    assert error.what
    assert error.mend


def encoded(text: str, encoding: str) -> bytes:
    """Bytes in an encoding, or in UTF-8 where it has no such letters."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@FUZZ
@given(made=tables())
def test_a_table_is_read_as_it_was_meant_or_refused(place, made):
    files, labels, data, name, _ = made
    shutil.rmtree(place)
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(b"x")
    (place / name).write_bytes(data)
    report = Report()
    try:
        listings = list_pictures(str(place / name), ("train", "val", "test"), report)
    except GuinaError as error:
        in_words(error)
        return
    (listing,) = listings
    wanted = dict(zip(files, plain_classes(labels), strict=True))
    got = {str(Path(p).relative_to(place)): label for p, label in zip(listing.paths, listing.labels, strict=True)}
    there = {file: label for file, label in got.items() if (place / file).is_file()}
    assert there == {file: wanted[file] for file in there}  # what is used is what was meant
    lost = {file for file, label in wanted.items() if label} - set(there)
    assert len(lost) == len(got) - len(there)  # the others are listed, and will be skipped as not there
    assert report.skipped == sum(not label for label in wanted.values())
    json.dumps([report.as_json(), list(listing.names), list(listing.labels)], ensure_ascii=False).encode()


@pytest.mark.skipif(os.sep == "\\", reason="no name holds a backslash there")
def test_a_backslash_of_a_name_is_one_before_it_separates_folders(tmp_path):
    """Found by the test above: the file at d/\\é.png was taken to be d/é.png, in letters of another form."""
    for name in ("\\é.png", "é.png"):
        (tmp_path / "d").mkdir(exist_ok=True)
        (tmp_path / "d" / name).write_bytes(b"x")
    places = Places(tmp_path)
    for name in ("\\é.png", "é.png"):
        for form in ("NFC", "NFD"):
            assert places.find(unicodedata.normalize(form, f"d/{name}")).path == tmp_path / "d" / name
    assert places.find("d\\é.png").path == tmp_path / "d" / "é.png"


@FUZZ
@given(
    data=st.one_of(st.binary(max_size=60), st.text("pa,;\t\n\r\"'\\{}[]:1.é=\0\ufeff", max_size=60).map(str.encode)),
    name=st.sampled_from(["t.csv", "t.jsonl"]),
)
def test_any_bytes_are_a_table_or_an_error_in_words(place, data, name):
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(data)
    try:
        table = read_table(place / name)
    except GuinaError as error:
        in_words(error)
        return
    assert {len(values) for values in table.columns.values()} <= {len(table)}
    assert "" not in table.columns or name == "t.jsonl"


@FUZZ
@given(
    paths=st.lists(st.lists(st.one_of(NAME, WORD), min_size=1, max_size=3), min_size=2, max_size=7),
    labelled=st.booleans(),
)
def test_folders_of_any_names_are_classes_or_splits_or_an_error(place, paths, labelled):
    shutil.rmtree(place, ignore_errors=True)
    files = set()
    for n, parts in enumerate(paths):
        if any(part in (".", "..") for part in parts):
            continue
        folder = place.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{n}.png").write_bytes(b"x")
        files.add(str((folder / f"{n}.png").relative_to(place)))
    place.mkdir(exist_ok=True)
    report = Report()
    try:
        listings = list_pictures(str(place), ("train", "val", "test"), report, labelled=labelled)
    except GuinaError as error:
        in_words(error)
        return
    used = {}
    for listing in listings:
        for path, label in zip(listing.paths, listing.labels, strict=True):
            used[str(Path(path).relative_to(place))] = listing.split, label
    for file, (split, label) in used.items():
        parts = [plain_class(part) for part in Path(file).parts[:-1]]
        assert label in parts or (not labelled and label == "")
        said = [SAID[part] for part in parts if part in SAID]
        mixed = "train" in said and len(set(said)) > 1
        assert (split is None and not mixed) or split in said or "eval" in parts or report.problems
    assert set(used) <= files
    passed = report.as_json()["ignored"]
    assert used.keys() == files or report.problems or passed, files - set(used)
