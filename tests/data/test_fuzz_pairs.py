"""Files and folders as nobody would make them: pairs of texts, or an error in words."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guina.data.pairs import read_pairs
from guina.data.records import SPLITS
from guina.errors import GuinaError
from some_pairs import write

FUZZ = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
SIGNS = "ab,;\t\n\r\"'\\{}[]:1.é=\0\ufeff\u2028 "
BYTES = st.one_of(st.binary(max_size=60), st.text(SIGNS, max_size=80).map(str.encode))
NAMES = ["p.tsv", "p.csv", "p.jsonl", "p.json", "p.txt", "p", "p.de", "p.en"]
WORDS = ["train", "test", "val", "de", "en", "fr", "src", "tgt", "a", "b", "de-en", "1", "2", "README", "txt", "tsv"]
NAMED = st.sampled_from(["", "de", "en", "1", "column 2", "zz", ".de", "German", "\0", "*"])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def in_words(error: GuinaError) -> None:
    """What happened, and what to do."""
    assert error.what
    assert error.expected
    assert error.mend


def read_or_say(source: str, named: tuple[str, str], wanted: tuple[str, ...]) -> None:
    """What is read is whole, and what is not is an error in words."""
    try:
        records = read_pairs(source, wanted, named)
    except GuinaError as error:
        in_words(error)
        return
    sources, targets = records.columns["source"], records.columns["target"]
    assert len(sources) == len(targets) == len(records) == len(records.names) == records.report.used > 0
    assert records.report.found == records.report.used + records.report.skipped
    assert all(text and text == text.strip() for text in [*sources, *targets])
    assert {SPLITS[n] for n in records.split_N} <= set(wanted)
    json.dumps([records.report.as_json(), list(records.names), sources, targets], ensure_ascii=False).encode()


@FUZZ
@given(data=BYTES, name=st.sampled_from(NAMES), named=st.tuples(NAMED, NAMED), folder=st.booleans())
def test_any_bytes_are_pairs_or_an_error_in_words(place, data, name, named, folder):
    shutil.rmtree(place)
    write(place / name, data)
    read_or_say(str(place if folder else place / name), named, SPLITS)


@FUZZ
@given(
    names=st.lists(
        st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.text("./_-", min_size=3, max_size=3)),
        min_size=1,
        max_size=6,
    ),
    named=st.tuples(NAMED, NAMED),
    wanted=st.sampled_from([SPLITS, ("train", "val"), ("test",), ("val",)]),
)
def test_any_names_are_pairs_or_an_error_in_words(place, names, named, wanted):
    shutil.rmtree(place)
    place.mkdir()
    for words, marks in names:
        path = place / "".join(word + mark for word, mark in zip(words, marks + ".", strict=False)).strip("./")
        if not any(at.is_file() for at in (path, *path.parents)) and not path.exists():
            write(path, "one\neins\n" if "tsv" not in words else "de\ten\neins\tone\nzwei\ttwo\n")
    read_or_say(str(place), named, wanted)
