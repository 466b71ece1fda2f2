"""Which split a file belongs to by its place and name: alone, in company, and the same for texts as for pictures."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data.records import SPLITS, TEST, TRAIN, VAL, Report
from guina.data.sources import list_pictures
from guina.data.split_files import files_by_split, splits_said
from guina.data.split_names import split_named, splits_of_entries
from guina.data.stream import read_stream
from guina.errors import GuinaError

ROOT = Path("data")


def split(names: str, *wanted: str) -> tuple[dict[str, str], list[str]]:
    """The names of each split's files, and what was said."""
    report = Report()
    found = files_by_split([ROOT / name for name in names.split()], ROOT, wanted or SPLITS, report, "texts")
    return {key: " ".join(path.relative_to(ROOT).as_posix() for path in paths) for key, paths in found.items()}, (
        report.problems
    )


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("train.txt valid.txt test.txt", {TRAIN: "train.txt", VAL: "valid.txt", TEST: "test.txt"}),
        ("train/a dev/b test/c/d", {TRAIN: "train/a", VAL: "dev/b", TEST: "test/c/d"}),
        ("x/train/a x/test/b", {TRAIN: "x/train/a", TEST: "x/test/b"}),
        ("de/train.txt de/test.txt en/train.txt", {TRAIN: "de/train.txt en/train.txt", TEST: "de/test.txt"}),
        ("wiki.train.tokens wiki.valid.tokens", {TRAIN: "wiki.train.tokens", VAL: "wiki.valid.tokens"}),
        ("pets_train.csv pets_test.csv", {TRAIN: "pets_train.csv", TEST: "pets_test.csv"}),
        ("eng.train eng.test", {TRAIN: "eng.train", TEST: "eng.test"}),
        ("gsd-ud-train.conllu gsd-ud-dev.conllu", {TRAIN: "gsd-ud-train.conllu", VAL: "gsd-ud-dev.conllu"}),
        (
            "train.de train.en val.de val.en test_2016_flickr.de test_2017_mscoco.de",
            {TRAIN: "train.de train.en", VAL: "val.de val.en", TEST: "test_2016_flickr.de test_2017_mscoco.de"},
        ),
        ("train.tok.bpe.de valid.tok.bpe.de", {TRAIN: "train.tok.bpe.de", VAL: "valid.tok.bpe.de"}),
        ("train-1.txt train-2.txt eval-1.txt eval-2.txt test.txt", None),
        ("train_a.txt test_b.txt", {TRAIN: "train_a.txt", TEST: "test_b.txt"}),
        ("train/test.txt test/train.txt", {TRAIN: "train/test.txt", TEST: "test/train.txt"}),  # the uppermost decides
        ("train.txt README.md LICENSE", {TRAIN: "train.txt"}),
        ("train-1.txt train-2.txt", {TRAIN: "train-1.txt train-2.txt"}),
    ],
)
def test_names_of_splits(names, found):
    found = found or {TRAIN: "train-1.txt train-2.txt", VAL: "eval-1.txt eval-2.txt", TEST: "test.txt"}
    assert split(names)[0] == found
    for key, files in found.items():
        if key != TRAIN:  # what is what does not depend on what is wanted, or a test would be of what was learned
            assert split(names, key)[0] == {key: files}


@pytest.mark.parametrize(
    "names",
    [
        "a.txt b.txt",
        "training-day.txt b.txt",
        "test-tube.txt testing-times.txt",
        "training-day.txt test-tube.txt b.txt",
        "test_tube/a train_station/b bus/c",
        "README.md LICENSE",
        "contest.txt trainer.txt",
    ],
)
@pytest.mark.parametrize("wanted", [(TRAIN, VAL), (TEST,), (VAL,)])
def test_names_that_say_nothing_certain_are_all_taken(names, wanted):
    assert split(names, *wanted) == ({wanted[0]: names}, [])


@pytest.mark.parametrize(
    ("names", "by"),
    [
        ("train.txt notes.txt", "train.txt is called like a split"),
        ("src/model.py src/train.py README.md", "src/train.py is called like a split"),
        ("train/a train/b extras/c", "train/ is called like a split"),
        ("src/dev/a lib/test/b c", "src/dev/, lib/test/ are called like splits"),
    ],
)
def test_one_name_among_others_is_no_split_and_is_said(names, by):
    found, problems = split(names, TRAIN, VAL)
    assert found == {TRAIN: names}
    assert problems == [f"warning: {by}, but the other texts are not: all are taken together"]


def test_files_of_no_split_are_left_out_and_said():
    assert split("train.txt test.txt a.txt")[1] == ["left out: a.txt is neither train, val nor test"]
    problems = split("train.txt test.txt x/a x/b x/c x/d")[1]
    assert problems == ["left out: 4 texts that are neither train, val nor test (x/a, x/b, x/c, …)"]


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        ("train.txt valid.txt", (TEST,), "data has only texts for train, val\n  expected: one for test\n"),
        ("test.txt valid.txt a.txt", (TRAIN, VAL), "data has only texts for test, val\n  expected: one for train\n"),
        ("test/a test/b", SPLITS, "data has only texts for test\n  expected: one for train\n"),
        ("train.txt eval.txt", SPLITS, "data: eval may be the val split or the test split"),
        ("x/train.txt x/eval-1.txt x/eval-2.txt", SPLITS, "data/x: eval-1 may be|data/x: eval-2 may be"),
    ],
)
def test_splits_that_are_not_there_or_may_be_two(names, wanted, message):
    with pytest.raises(GuinaError, match=message) as error:
        split(names, *wanted)
    assert error.value.mend


def test_files_elsewhere_count_by_their_own_names():
    paths = [Path("/train/a.txt"), Path("/other/test.txt"), Path("/other/train.txt")]
    assert [told and told.split for told in splits_said(paths, ROOT).values()] == [None, TEST, TRAIN]
    assert files_by_split([ROOT], ROOT, (TRAIN, VAL), Report()) == {TRAIN: [ROOT]}  # the file was named itself
    assert files_by_split([Path("train.txt")], Path("train.txt"), (TEST,), Report()) == {TEST: [Path("train.txt")]}


NAMES = st.sampled_from(
    [
        *("train", "trainset", "train_2017", "val", "valid", "dev", "test", "t10k", "pets_train", "pets_test"),
        *("test_tube", "train_station", "eval", "bus", "cat"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.sets(NAMES, min_size=1, max_size=5))
def test_texts_and_pictures_agree_on_folders(tmp_path_factory, folders: set[str]):
    """The same folders are splits, or are none, or are asked about, whichever files are in them."""
    root = tmp_path_factory.mktemp("both")
    names = sorted(folders)
    for name in names:
        (root / name).mkdir()
        (root / name / "1.txt").write_text("x")
    texts: object
    pictures: object
    try:
        found = files_by_split([root / name / "1.txt" for name in names], root, SPLITS, Report())
        texts = {path.parent.name: key for key, paths in found.items() for path in paths}
    except GuinaError as error:
        texts = error.expected
    for name in names:
        (root / name / "1.txt").rename(root / name / "1.png")
    try:
        listings = list_pictures(str(root), SPLITS, Report(), labelled=False)
        pictures = {path.parent.name: one.split or TRAIN for one in listings for path in one.paths}  # type: ignore
    except GuinaError as error:
        if "more than one folder" in error.what:
            return  # texts of one split may lie in several
        pictures = error.expected
    if isinstance(pictures, dict) and TRAIN not in pictures.values():
        assert texts == "one for train"  # pictures may be looked at without
    else:
        several = len({split_named(name) for name in names}) == 1 < len(names) and split_named(names[0])
        assert texts == pictures or several


def test_a_name_is_cut_at_its_dots():
    names = ["v1.0-train.txt", "v1.0-test.txt", "notes.train.old.txt"]
    assert splits_of_entries([], names, "here") == {names[0]: TRAIN, names[1]: TEST, names[2]: None}


# --- texts ---


def read(source: Path, *wanted: str) -> dict[str, str]:
    records = read_stream(str(source), wanted, 0.1)
    return {key: "".join(records.source.pieces(key)) for key in records.columns["split"]}


def test_texts_of_a_pattern_have_the_splits_of_their_folders(tmp_path):
    for name in ("train/a.txt", "test/b.txt", "test/c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}, ")
    assert read(tmp_path / "*/*.txt", TRAIN, TEST) == {TRAIN: "this is train/a.txt, ", TEST: "this is test/b.txt, "}
    assert read(tmp_path / "**/*.txt", TEST) == {TEST: "this is test/b.txt, "}
    assert read(tmp_path / "test", TEST)[TEST].startswith("this is test/b.txt, ")  # the folder itself was named


def test_other_texts_can_be_judged_as_a_validation_split(tmp_path):
    """Without a name of a split it ended in a KeyError."""
    (tmp_path / "other.txt").write_text("all of it")
    assert read(tmp_path / "other.txt", VAL) == {VAL: "all of it"}
