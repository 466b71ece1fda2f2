"""Pairs of texts from files of lines: which two belong together, which are left out, and what is wrong with pairs."""

import os

import pytest

from guina.data.own import MARK
from guina.data.pair_columns import Direction
from guina.data.pair_faults import why_useless
from guina.data.pairs import read_pairs
from guina.data.records import SPLITS
from guina.errors import GuinaError
from some_pairs import NONE, PAIRS, both, lines, pairs_of, read, write

DE, EN = ("".join(f"{text}\n" for text in side) for side in zip(*PAIRS, strict=True))


# --- which files ---


@pytest.mark.parametrize(
    ("one", "other", "direction"),
    [
        ("train.de", "train.en", ("de", "en")),
        ("corpus.de-en.de", "corpus.de-en.en", ("de", "en")),
        ("Tatoeba.en-de.de", "Tatoeba.en-de.en", ("en", "de")),  # the name says the direction
        ("de/train.txt", "en/train.txt", ("de", "en")),
        ("de/train.de", "en/train.en", ("de", "en")),
        ("deu.txt", "eng.txt", ("deu", "eng")),
        ("train.de.txt", "train.en.txt", ("de", "en")),
        ("train_de.txt", "train_en.txt", ("de", "en")),
        ("train.tok.bpe.de", "train.tok.bpe.en", ("de", "en")),
        ("train.zh-CN", "train.en-US", ("en-US", "zh-CN")),
        ("src-train.txt", "tgt-train.txt", ("src", "tgt")),
        ("train.target", "train.source", ("source", "target")),
        ("German/a.txt", "English/a.txt", ("English", "German")),
        ("x.hund", "x.katze", ("hund", "katze")),
    ],
)
def test_two_files_whose_names_differ_by_a_word(tmp_path, one, other, direction):
    path = both(tmp_path, one, other)
    records = read(path, splits=("train",))
    turned = direction[0] in (other.split(".")[-1], *other.split("/")) or direction[0] == "source"
    assert records.source == Direction(*direction)
    assert pairs_of(records) == ([(b, a) for a, b in PAIRS] if turned else PAIRS)
    assert records.names[4] == f"{other if turned else one}, line 5"
    certain = direction in (("src", "tgt"), ("source", "target"))
    assert ("turns it round" in " ".join(records.report.problems)) != certain
    again = read(path, *reversed(direction), splits=("train",))
    assert again.source == Direction(*reversed(direction))
    assert pairs_of(again) == [(b, a) for a, b in pairs_of(records)]


def test_one_of_the_two_files_names_both(tmp_path, monkeypatch):
    both(tmp_path, "test.de", "test.en")
    both(tmp_path, "de/x.txt", "en/x.txt")
    for path, named, first in (
        ("test.de", NONE, "de"),
        ("test.en", NONE, "en"),
        ("test.en", ("de", "en"), "de"),
        ("test.en", ("", "en"), "de"),
        ("de/x.txt", NONE, "de"),
        ("en/x.txt", NONE, "en"),
    ):
        for place in (str(tmp_path / path), path):
            monkeypatch.chdir(tmp_path)
            records = read(place, *named)  # named outright, it is to learn from whatever it is called
            assert records.source.source == first
            assert records.count("train") + records.count("val") == 8
    monkeypatch.chdir(tmp_path / "de")
    assert len(read("x.txt")) == len(read("../de/x.txt")) == 8


def test_splits_by_name_other_endings_and_several_test_sets(tmp_path):
    for name, n in (("train", 8), ("val", 2), ("test_2016_flickr", 1), ("test_2017_mscoco", 1)):
        both(tmp_path, f"{name}.de", f"{name}.en", [(f"{a} {name}", b) for a, b in PAIRS[:n]])
        write(tmp_path / f"{name}.fr", "x\n")
    write(tmp_path / "README.md", "About it.\n")
    with pytest.raises(GuinaError, match="more than two sides: de, en, fr"):
        read(str(tmp_path))
    with pytest.raises(GuinaError, match="more than two sides"):
        read(str(tmp_path), "de", "")
    with pytest.raises(GuinaError, match=r"no files are called by es.*(\n.*)*de, en, fr"):
        read(str(tmp_path), "de", "es")
    with pytest.raises(GuinaError, match=r"train.de may belong to each of several files beside it: en, fr"):
        read(str(tmp_path / "train.de"))
    records = read(str(tmp_path), "de", "en")
    assert [records.count(split) for split in SPLITS] == [8, 2, 2]
    said = " ".join(records.report.problems)
    assert "left out: 4 files neither of de nor of en, or without a partner" in said
    assert "are the test split together; name one to score it alone" in said
    assert len(read(str(tmp_path), "de", "en", splits=("test",))) == 2
    assert len(read(f"{tmp_path}/t*", "de", "en", splits=("train", "test"))) == 10


def test_all_files_without_splits_are_read_and_those_without_a_partner_left_out(tmp_path):
    both(tmp_path, "news.de", "news.en")
    both(tmp_path, "talks.de", "talks.en", [("Ja.", "Yes.")])
    write(tmp_path / "more.de", "Allein\n")
    records = read(str(tmp_path))
    assert (len(records), records.report.found, records.report.used) == (9, 9, 9)
    assert "more.de" in " ".join(records.report.problems)


def test_tables_of_a_folder(tmp_path):
    write(tmp_path / "deu.txt", "Go.\tGeh.\tCC-BY\nRun.\tLauf.\tCC-BY\n")
    write(tmp_path / "_about.txt", "From a collection.\n\nIt is free.\n")
    records = read(str(tmp_path), "1", "2", splits=("test",))
    assert pairs_of(records) == [("Go.", "Geh."), ("Run.", "Lauf.")]
    assert {"left out: 1 file beside the tables (_about.txt)", "left out: column 3"} <= set(records.report.problems)
    both(tmp_path, "train.de", "train.en")
    with pytest.raises(GuinaError, match=r"has a table \(deu.txt\) and files of lines \(train.de, train.en\)"):
        read(str(tmp_path))


def test_what_is_no_pair_of_texts(tmp_path):
    with pytest.raises(GuinaError, match=r"there is nothing at .*nowhere") as error:
        read(str(tmp_path / "nowhere"))
    assert "train.de and train.en" in error.value.expected
    with pytest.raises(GuinaError, match="there is nothing at number-word") as error:
        read("number-word")
    assert error.value.mend == "did you mean number-words?"
    with pytest.raises(GuinaError, match="there are no files at"):
        read(str(tmp_path))
    write(tmp_path / "train.de", DE)
    with pytest.raises(GuinaError, match=r"there are no pairs at .* \(found train.de\)"):
        read(str(tmp_path))
    with pytest.raises(GuinaError, match="no file beside it holds its translations"):
        read(str(tmp_path / "train.de"))
    write(tmp_path / "notes.txt", "Nothing.\n")
    with pytest.raises(GuinaError, match=r"\(found notes.txt\)"):
        read(str(tmp_path / "train.de"))
    (tmp_path / "d").mkdir()
    both(tmp_path / "d", "test.de", "test.en")
    with pytest.raises(GuinaError, match="has only files for test"):
        read(str(tmp_path / "d"), splits=("train", "val"))


def test_what_guina_wrote_what_is_hidden_and_what_is_no_text_is_passed_by(tmp_path):
    both(tmp_path, "train.de", "train.en")
    write(tmp_path / "runs" / MARK, "")
    write(tmp_path / "runs" / "p.tsv", lines())
    write(tmp_path / ".git" / "p.tsv", lines())
    write(tmp_path / "a.png", b"\x89PNG\r\n")
    write(tmp_path / "config.json", '{"a": 1}')
    os.symlink("nowhere", tmp_path / "lost.tsv")
    records = read(str(tmp_path), splits=("train",))
    assert pairs_of(records) == PAIRS
    assert set(records.report.as_json()["ignored"]) == {
        "written by guina", "hidden, or a tool's", "a picture", "a link that leads nowhere"
    }  # fmt: skip
    assert records.report.found == 8


# --- lines ---


@pytest.mark.parametrize(
    ("one", "other"),
    [(DE, EN.removesuffix("\n")), (DE.replace("\n", "\r\n"), EN), (DE + "\n\n", EN), (DE, EN + " \n")],
)
def test_ends_of_files_and_of_lines_do_not_matter(tmp_path, one, other):
    write(tmp_path / "a.de", one)
    write(tmp_path / "a.en", other)
    records = read(str(tmp_path), splits=("test",))
    assert pairs_of(records) == PAIRS
    empty = [problem for problem in records.report.problems if "at the end of" in problem]
    assert empty == (
        ["left out: 2 empty lines at the end of a.de"] if one.endswith("\n\n") else
        ["left out: 1 empty line at the end of a.en"] if other.endswith(" \n") else []
    )  # fmt: skip


def test_lines_without_a_partner(tmp_path):
    write(tmp_path / "a.de", DE)
    write(tmp_path / "a.en", EN + "\nOne more.\nAnd one.\n")
    with pytest.raises(GuinaError) as error:
        read(str(tmp_path))
    assert "a.en has 11 lines and" in error.value.what
    assert "a.de has 8: line 10 of a.en, “One more.”, is the first that is too many" in error.value.what
    write(tmp_path / "a.en", EN[:-5])
    write(tmp_path / "a.de", DE + "Mehr\n")
    with pytest.raises(GuinaError, match=r"a.de has 9 lines and .*a.en has 8: line 9 of a.de, “Mehr”"):
        read(str(tmp_path))


def test_lines_end_at_line_feeds_alone(tmp_path):
    odd = "a\u2028b\x85c\x0bd\x0ce\rf\x1dg"
    both(tmp_path, "a.de", "a.en", [(odd, "one"), ("zwei", odd)])
    assert pairs_of(read(str(tmp_path), splits=("test",))) == [(odd, "one"), ("zwei", odd)]


# --- pairs ---


def test_useless_pairs_are_skipped_with_a_reason(tmp_path):
    odd = [
        ("", "empty"),
        ("leer", " \u3000"),
        ("", ""),
        ("\ufeff", "mark"),
        ("Ja.", "yes " * 30),
        ("nein " * 30, "No."),
    ]
    pairs = [pair for pair in odd for _ in range(2)] + [(f"Satz {n}", f"text {n}") for n in range(108)]
    both(tmp_path, "a.de", "a.en", pairs)
    records = read(str(tmp_path), splits=("test",))
    assert (records.report.found, records.report.used, len(records)) == (120, 108, 108)
    skipped = records.report.as_json()["skipped"]
    assert {why: found["count"] for why, found in skipped.items()} == {
        "the source is empty": 4,
        "the target is empty": 2,
        "both sides are empty": 2,
        "one side is over 9 times as long as the other": 4,
    }
    assert skipped["the target is empty"]["for example"] == ["a.de, line 3", "a.de, line 4"]
    both(tmp_path, "a.de", "a.en", pairs[:-1])
    with pytest.raises(GuinaError, match="12 of 119 pairs cannot be used: 4 × the source is empty") as error:
        read(str(tmp_path))
    assert "--source" in error.value.mend
    assert "--max-bad" not in error.value.mend


@pytest.mark.parametrize(
    ("source", "target", "useless"),
    [
        ("Ja", "Yes, that is right.", False),
        ("UNO", "United Nations Organization", False),
        ("x" * 10, "y" * 90, False),
        ("x" * 10, "y" * 91, True),
        ("走", "Come on, let us get out of here", True),
        ("我们走吧", "Come on, let us get out of here right now", False),
        ("走" * 10, "y" * 200, False),  # a character stands for several letters
        ("hm", "y" * 40, True),
    ],
)
def test_which_lengths_are_odd(source, target, useless):
    assert bool(why_useless(source, target)) == bool(why_useless(target, source)) == useless


def test_copies_and_untranslated_pairs_are_counted(tmp_path):
    both(tmp_path, "train.de", "train.en", [*PAIRS, PAIRS[0], PAIRS[1], ("Taxi", "Taxi")])
    both(tmp_path, "test.de", "test.en", [PAIRS[0], (PAIRS[1][0], "another"), ("neu", "new")])
    records = read(str(tmp_path))
    assert records.count("train") + records.count("val") == 11
    said = records.report.problems
    assert any("pairs are copies of another one there" in problem for problem in said)
    assert any("1 pair is in" in problem and "in test: scores on test will flatter" in problem for problem in said)
    assert any("of 3 sources of the test split are in the training split too" in problem for problem in said)
    assert any(problem.startswith("1 pair has the same text on both sides, such as “Taxi”") for problem in said)
    both(tmp_path, "train.de", "train.en", [(a, a) for a, _ in PAIRS])
    same = [problem for problem in read(str(tmp_path), splits=("train",)).report.problems if "same text" in problem]
    assert same[0].startswith("warning: 8 pairs have the same text on both sides")


def test_a_million_lines_are_not_held_twice(tmp_path):
    """Names are made when they are asked for; the texts are all that is held."""
    both(tmp_path, "a.de", "a.en", [(f"Satz {n}", f"text {n}") for n in range(20_000)])
    records = read_pairs(str(tmp_path), ("train", "val"))
    assert not isinstance(records.names, list)
    assert records.names[19_999] == records.names[-1] == "a.de, line 20000"
    assert records.names[2:4] == ["a.de, line 3", "a.de, line 4"]
    val = records.only("val")
    assert val.columns["source"][0] == f"Satz {int(val.names[0].split()[-1]) - 1}"
