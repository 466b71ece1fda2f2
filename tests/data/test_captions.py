"""Captioned pictures: one record a picture with all that is said of it, to the letter; splits, faults, arrays."""

import doctest

import numpy as np
import pytest

from guina.data import (
    caption_columns,
    caption_faults,
    caption_files,
    caption_lines,
    caption_places,
    caption_rows,
    captions,
)
from guina.data.captions import caption_arrays, caption_column, read_captions
from guina.data.gallery import shape_of, sizes_of
from guina.data.records import TEST, TRAIN, VAL
from guina.errors import GuinaError
from guina.jobs.pictures import check
from some_captions import (
    ALL,
    LEARN,
    converted,
    draw,
    grouped,
    naive,
    noise,
    put,
    read,
    said,
    skipped,
    some,
    split_of,
    table,
)

ODD = ["NA", "null", "None", "nan", "007", "1e5", "true", "n/a", "1.0", "-", 'so "so"', "é", "字", "a, b; c|d", "'"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize(
    "module",
    [caption_columns, caption_faults, caption_files, caption_lines, caption_places, caption_rows, captions],
)
def test_examples(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


# --- records ---


@pytest.mark.parametrize("name", ["captions.csv", "captions.tsv", "captions.jsonl", "metadata.csv"])
def test_a_record_is_a_picture_with_all_its_captions_to_the_letter(tmp_path, name):
    names = draw(tmp_path, [f"{n}.png" for n in range(5)])
    rows = [(names[n % 5], text) for n, text in enumerate([*ODD, *ODD])]  # the captions of a picture lie apart
    records = read(table(tmp_path / name, rows))
    assert said(records) == grouped(rows)
    assert (records.report.found, records.report.used, records.report.skipped) == (5, 5, 0)
    assert set(records.columns["label"]) == {""}


def test_the_same_caption_twice_is_kept_twice(tmp_path):
    rows = [*some(tmp_path, 3), ("1.png", "caption 0 of 1")]
    assert said(read(table(tmp_path / "captions.csv", rows)))["1.png"] == [
        "caption 0 of 1",
        "caption 1 of 1",
        "caption 0 of 1",
    ]


def test_white_space_at_the_ends_goes_and_line_breaks_become_a_space(tmp_path):
    draw(tmp_path, ["0.png", "1.png"])
    rows = [("0.png", "  a  dog\u00a0"), ("0.png", "two \r\n lines"), ("1.png", "a\u2028b"), ("1.png", "c")]
    records = read(table(tmp_path / "captions.csv", rows))
    assert said(records) == {"0.png": ["a  dog", "two lines"], "1.png": ["a b", "c"]}
    assert converted(records)["line breaks within a caption made spaces"] == ["0.png, line 3", "1.png, line 5"]


# --- what is skipped and said ---


def test_what_cannot_be_used_is_named_and_counted_once(tmp_path):
    rows = [*some(tmp_path), ("gone.png", "a"), ("gone.png", "b"), ("0.png", " "), ("page.png", "c"), ("page.png", "d")]
    (tmp_path / "page.png").write_bytes(b"<html>")
    draw(tmp_path, ["x.png", "more/y.png"], 50)
    records = read(table(tmp_path / "captions.csv", rows))
    assert said(records) == grouped(rows[:12])
    assert (records.report.found, records.report.used, records.report.skipped) == (9, 6, 3)
    assert skipped(records) == {
        "not there": ["gone.png"],
        "an empty caption": ["0.png, line 16"],
        "HTML, no picture that guina reads": ["page.png"],
    }
    assert records.report.problems == ["left out: 2 pictures without a caption (more/y.png, x.png)"]


def test_too_much_that_cannot_be_used_stops(tmp_path):
    rows = [*some(tmp_path), *((f"gone{n}.png", "a") for n in range(3)), ("0.png", "")]
    source = table(tmp_path / "captions.csv", rows)
    with pytest.raises(GuinaError, match="4 of 10 pictures or captions cannot be used: 3 × not there") as error:
        read(source)
    assert "--max-bad" in error.value.mend
    assert len(read_captions(source, ("train",), max_bad=0.5)) == 6


def test_nothing_that_can_be_used(tmp_path):
    put(tmp_path / "0.png")
    with pytest.raises(GuinaError, match="has no pictures with captions to use") as error:
        read(table(tmp_path / "captions.csv", [("gone.png", "a")]))
    assert error.value.expected == "pictures and captions for train"
    with pytest.raises(GuinaError, match="4 of 4 pictures or captions"):
        read(table(tmp_path / "captions.csv", [(f"gone{n}.png", "a") for n in range(4)]))


# --- splits ---


def test_validation_is_cut_by_content_and_copies_stay_on_one_side(tmp_path):
    rows = [*some(tmp_path, 150, 3)]
    for n in range(8):
        put(tmp_path / f"copy{n}.png", 999)
        rows.append((f"copy{n}.png", "a copy"))
    records = read(table(tmp_path / "captions.csv", rows), LEARN)
    assert said(records) == grouped(rows)
    of = split_of(records)
    assert len({of[f"copy{n}.png"] for n in range(8)}) == 1
    assert records.count(TRAIN) + records.count(VAL) == 158
    assert 6 <= records.count(VAL) <= 32
    more = [*rows, *((f"more{n}.png", "b") for n in range(10))]
    draw(tmp_path, [f"more{n}.png" for n in range(10)], 2000)
    again = split_of(read(table(tmp_path / "captions.csv", more), LEARN))
    assert {name: again[name] for name in of} == of  # adding pictures moves none across


def test_a_column_of_splits(tmp_path):
    rows = some(tmp_path, 8, 2)
    names = ["train"] * 5 + ["dev", "test", "none"]
    marked = [(*row, names[n // 2]) for n, row in enumerate(rows)]
    source = table(tmp_path / "all.csv", marked, ("file", "text", "split"))
    records = read(source, ALL)
    assert list(split_of(records).values()) == [TRAIN] * 5 + [VAL, TEST]
    why = "its split is none, neither train, val nor test"
    assert skipped(records) == {why: ["7.png, line 16", "7.png, line 17"]}
    judged = read(source, (TEST,))
    assert said(judged) == grouped(rows[12:14])
    assert not judged.report.problems
    assert set(split_of(read(source, LEARN)).values()) == {TRAIN, VAL}
    with pytest.raises(GuinaError, match="has pictures with captions for test only"):
        read(table(tmp_path / "all.csv", [(*row[:2], "test") for row in marked], ("file", "text", "split")), LEARN)


def test_pictures_that_are_listed_again_are_named(tmp_path):
    rows = some(tmp_path, 6)
    table(tmp_path / "train_1.csv", rows[:8])
    table(tmp_path / "train_2.csv", rows[6:10])
    table(tmp_path / "val.csv", rows[8:])
    records = read(tmp_path, ALL)
    assert len(records) == 7
    assert said(records.only(TRAIN)) == grouped([*rows[:8], *rows[6:10]])
    together, apart, copies = records.report.problems
    assert together == (
        "1 picture is listed in train_1.csv and train_2.csv, for train: what they say of it is taken together (3.png)"
    )
    assert apart == "warning: 1 picture is listed for train and for val (4.png)"
    assert "1 picture is in train and in val: scores on val will flatter" in copies


# --- arrays, and what works on records ---


def test_arrays_have_each_picture_with_its_captions(tmp_path):
    sizes = [(9, 8)] * 20 + [(12, 8)] * 20
    rows = []
    for n, size in enumerate(sizes):
        put(tmp_path / f"{n}.png", n, size)
        rows += [(f"{n}.png", f"{n}, {k}") for k in range(1 + n % 3)]
    (tmp_path / "0.png").write_bytes(b"broken")
    records = read(table(tmp_path / "captions.csv", rows), LEARN)
    for part in (records.only(TRAIN), records.only(VAL), records):
        arrays = caption_arrays(part, (9, 8, 3))
        everything = np.arange(len(part))
        assert arrays.several("caption", everything) == part.columns["captions"]
        assert list(arrays.names) == list(part.names)
        for i in everything:
            n = int(arrays.names[i][:-4])
            if sizes[n] == (9, 8):
                np.testing.assert_array_equal(arrays.take("pixels", np.array([i]))[0], noise(n))
        column = caption_column(part)
        assert column.counts(part.rows).tolist() == [len(some) for some in part.columns["captions"]]
        assert column.offset_M1[-1] == sum(map(len, part.columns["captions"]))
    assert len(caption_column(records.only(VAL))) == len(records) == 39
    assert len(caption_arrays(records.only(TEST), (9, 8, 3))) == 0


def test_two_splits_at_once_in_arrays(tmp_path):
    for split, seed in (("train", 0), ("dev", 100), ("test", 200)):
        table(tmp_path / split / "captions.csv", some(tmp_path / split, 4, 2, seed))
    records = read(tmp_path, ALL)
    arrays = caption_arrays(records, (9, 8, 3))
    assert arrays.several("caption", np.arange(12)) == records.columns["captions"]
    np.testing.assert_array_equal(arrays.take("pixels", np.array([9]))[0], noise(201))
    both = caption_column(records.only(TEST))
    assert (len(both), both.counts(np.arange(12)).tolist()) == (12, [0] * 8 + [2] * 4)


def test_shapes_and_the_check_of_pictures_work_on_these_records(tmp_path):
    records = read(table(tmp_path / "captions.csv", some(tmp_path, 30)), LEARN)
    shape = shape_of(check.to_learn_from(records))
    assert shape == (9, 8, 3)
    assert sizes_of(records).tolist() == [[9, 8, 3]] * 30
    overview = check.picture_overview(records, shape, ["a plan"])
    assert overview.lines[0] == f"{records.count(TRAIN)} pictures to learn from, of no class"


def test_a_fingerprint_tells_captions_contents_and_splits_apart(tmp_path):
    rows = some(tmp_path)
    source = table(tmp_path / "captions.csv", rows)
    prints = [read(source).fingerprint, read(source).fingerprint, read(source, (TEST,)).fingerprint]
    table(tmp_path / "captions.csv", [(rows[0][0], "changed"), *rows[1:]])
    prints.append(read(source).fingerprint)
    put(tmp_path / "0.png", 77)
    prints.append(read(source).fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 4


def test_a_sample(tmp_path):
    rows = some(tmp_path / "made")
    table(tmp_path / "made" / "captions.csv", rows)
    records = read_captions("drawn", ("train",), samples={"drawn": lambda: tmp_path / "made"})
    assert said(records) == grouped(rows)
    with pytest.raises(GuinaError, match="there is nothing at draw") as error:
        read_captions("draw", ("train",), samples={"drawn": lambda: tmp_path / "made"})
    assert error.value.mend == "did you mean drawn?"


def test_naive_captions_and_csv_give_the_same_records(tmp_path):
    draw(tmp_path, [f"{n}.png" for n in range(4)])
    texts = ["a dog, brown", '"red" is a colour', 'called "one", I think', "plain", '"', 'ends with "quote"']
    rows = [(f"{n}.png", text) for n in range(4) for text in texts]
    strict = read(table(tmp_path / "captions.csv", rows))
    (tmp_path / "captions.csv").write_text(naive([("image", "caption"), *rows]))
    lenient = read(tmp_path)
    assert said(strict) == said(lenient) == grouped(rows)
    assert strict.fingerprint == lenient.fingerprint
    assert not strict.report.as_json()["converted"]
