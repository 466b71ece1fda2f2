"""Layouts of folders: splits above and below classes, one folder deeper, names in two Unicode forms, guina's own."""

import os
import time
import unicodedata

import numpy as np
import pytest
from PIL import Image

from guina.data import own
from guina.data.gallery import read_gallery
from guina.data.records import Report
from guina.data.sources import list_pictures
from guina.errors import GuinaError


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def fill(root, *places: str, each: int = 3):
    """Different pictures in each of some folders."""
    for place in places:
        (root / place).mkdir(parents=True)
        for i in range(each):
            rng = np.random.default_rng([i, *place.encode()])
            Image.fromarray(rng.integers(0, 256, (9, 8), np.uint8)).save(root / place / f"{i}.png")
    return root


def product(*parts: str) -> list[str]:
    """Paths by all combinations: product("train test", "cat dog")."""
    found = [""]
    for part in parts:
        found = [f"{path}/{name}".strip("/") for path in found for name in part.split()]
    return found


def counts(root, splits=("train", "val", "test"), labelled: bool = True):
    """Pictures by split and class, and what was said."""
    records = read_gallery(str(root), splits, labelled=labelled)
    found: dict[tuple[str, str], int] = {}
    for split in splits:
        for label in records.only(split).columns["label"]:
            found[split, label] = found.get((split, label), 0) + 1
    return found, records.report


EVEN = {("train", "cat"): 3, ("train", "dog"): 3, ("val", "cat"): 3, ("val", "dog"): 3}


@pytest.mark.parametrize(
    "places",
    [
        product("train val", "cat dog"),
        product("Training VALIDATION", "cat dog"),
        product("trainset validation_set", "cat dog"),
        product("train2017 val2017", "cat dog"),
        product("pets_train pets_val", "cat dog"),
        product("train val", "images", "cat dog"),
        product("data", "train val", "cat dog"),
        product("pets", "data", "train_images val_images", "cat dog"),
        product("cat dog", "train val"),
        product("cat dog", "training_set valid"),
        product("pets", "cat dog", "Train Dev"),
        [*product("train dev", "cat dog"), "extras/cat", "extras/dog"],
    ],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_split_folders_in_every_usual_place(tmp_path, places, labelled):
    fill(tmp_path, *places)
    (tmp_path / "README.md").write_text("x")
    if not labelled and places[0].count("/") == 2 and places[0].startswith("train"):
        pytest.skip("images/cat and images/dog are an album here")
    found, report = counts(tmp_path, labelled=labelled)
    assert found == EVEN
    assert report.found == 12


def test_classes_that_are_called_like_splits_stay_classes(tmp_path):
    found, _ = counts(fill(tmp_path / "a", "bus", "train", "plane"), ("train",))
    assert found == {("train", name): 3 for name in ("bus", "train", "plane")}
    found, _ = counts(fill(tmp_path / "b", "valid", "invalid"), ("train",))
    assert found == {("train", name): 3 for name in ("valid", "invalid")}
    found, _ = counts(fill(tmp_path / "c", "test_tube", "train_station", "bus"), ("train",))
    assert {name for _, name in found} == {"test_tube", "train_station", "bus"}
    found, _ = counts(fill(tmp_path / "d", "训练", "测试"), ("train",))
    assert {name for _, name in found} == {"训练", "测试"}


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["train", "test"], "test/ and train/ are called like splits, but have no class folders"),
        (["train", "val", "extras"], "are called like splits"),
        ([*product("cat", "train test"), "dog"], r"cat/ holds folders of splits \(test, train\); not so dog/"),
        ([*product("cat dog", "train test"), "cat/x"], r"holds folders of splits"),
        ([*product("cat dog", "train_1 train_2 test")], r"holds folders of splits"),
        (product("train eval", "cat dog"), "eval may be the val split or the test split"),
        (product("train_a_b train test", "cat dog") + product("train2", "cat dog"), "more than one folder of train"),
        ([*product("train", "cat dog"), "val"], "val has no class folders"),
        (product("test", "cat dog"), "has only a split for test"),
        (product("test dev", "cat dog"), "has only a split for val\n  expected: one for train\n"),
    ],
)
def test_folders_that_may_be_splits_or_classes_are_asked_about(tmp_path, places, message):
    fill(tmp_path, *places)
    with pytest.raises(GuinaError, match=message) as error:
        counts(tmp_path, ("train", "val"))
    assert error.value.mend


def test_a_test_split_without_classes_is_left_out_and_said(tmp_path):
    found, report = counts(fill(tmp_path, *product("train val", "cat dog"), "test"))
    assert found == EVEN
    assert "left out: test/ has no class folders, so its pictures have no label" in report.problems
    with pytest.raises(GuinaError, match="test has no class folders"):
        counts(tmp_path, ("test",))


def test_classes_that_only_a_judging_split_has_are_said(tmp_path):
    _, report = counts(fill(tmp_path, *product("train val", "cat dog"), "test/cat", "test/fox"))
    assert "warning: the test split has pictures of fox, which the training split does not have" in report.problems


@pytest.mark.parametrize("name", ["Café", "Ångström", "한국", "が"])
def test_names_in_two_unicode_forms_are_one(tmp_path, name):
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    found, report = counts(fill(tmp_path / "a", *forms, "tea"), ("train",))
    assert found == {("train", forms[0]): 6, ("train", "tea"): 3}
    assert sum(told["count"] for told in report.as_json()["converted"].values()) >= 1
    fill(tmp_path / "b", f"train/{forms[0]}", "train/tea", f"val/{forms[1]}", "val/tea")
    found, _ = counts(tmp_path / "b")
    assert found == {(split, label): 3 for split in ("train", "val") for label in (forms[0], "tea")}
    found, _ = counts(tmp_path / "b", labelled=False)
    assert {label for _, label in found} == {forms[0], "tea"}


def test_class_names_that_differ_in_capitals_or_spaces_are_refused(tmp_path):
    with pytest.raises(GuinaError, match="differ only in capitals"):
        counts(fill(tmp_path / "a", "Cat", "cat"))
    with pytest.raises(GuinaError, match="differ only in spaces"):
        counts(fill(tmp_path / "b", "big  cat", "big cat"))


def test_class_folders_whose_bytes_are_no_utf8_stay_apart(tmp_path):
    for byte in (b"\xe8", b"\xe9"):
        folder = os.fsencode(tmp_path) + b"/caf" + byte
        os.mkdir(folder)
        for i in range(3):
            pixels = np.random.default_rng([i, byte[0]]).integers(0, 256, (9, 8), np.uint8)
            with open(folder + b"/%d.png" % i, "wb") as file:
                Image.fromarray(pixels).save(file, "PNG")
    found, _ = counts(tmp_path, ("train",))
    assert found == {("train", "caf\\xe8"): 3, ("train", "caf\\xe9"): 3}


@pytest.mark.parametrize("labelled", [True, False])
def test_what_guina_wrote_is_passed_by(tmp_path, monkeypatch, labelled):
    fill(tmp_path, "cat", "dog")
    for place in ("runs/classify/a", "samples"):
        own.make_folder(tmp_path / place)
        Image.fromarray(np.zeros((9, 8), np.uint8)).save(tmp_path / place / "made.png")
    fill(tmp_path, "cache")
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path / "cache"))
    old = fill(tmp_path, "old/earlier") / "old" / "earlier"  # a run of a version that set no mark
    for name in ("run.json", "status.json"):
        (old / name).write_text("{}")
    page = '<!doctype html>\n<meta name="generator" content="guina 1">\n'
    (tmp_path / "check.html").write_text(page)
    (tmp_path / "cat" / "look.html").write_text(page)
    found, report = counts(tmp_path, ("train",), labelled)
    if labelled:
        assert found == {("train", "cat"): 3, ("train", "dog"): 3}
    assert (report.found, report.used, report.problems) == (6, 6, [])
    assert report.as_json()["ignored"][own.WHY]["count"] >= 5
    own.make_folder(tmp_path / "named")
    fill(tmp_path / "named", "x", "y")
    assert counts(tmp_path / "named", ("train",), labelled)[1].found == 6  # a folder that is named is always read


def test_thousands_of_classes_are_listed_in_no_time(tmp_path):
    for k in range(1500):
        (tmp_path / f"{k:05d}").mkdir()
        for i in range(2):
            (tmp_path / f"{k:05d}" / f"{i}.png").write_bytes(b"x")
    start = time.perf_counter()
    listings = list_pictures(str(tmp_path), ("train", "val"), Report())
    assert len(set(listings[0].labels)) == 1500
    assert time.perf_counter() - start < 5  # seconds; measured: under half of one


# --- data that are only to be judged ---


@pytest.mark.parametrize("labelled", [True, False])
def test_judged_pictures_are_not_cut_and_one_class_is_enough(tmp_path, labelled):
    fill(tmp_path, "cat", each=6)
    fill(tmp_path, "dog", each=1)
    found, report = counts(tmp_path, ("test",), labelled)
    assert sum(found.values()) == report.used == 7
    assert {split for split, _ in found} == {"test"}
    (tmp_path / "cat" / "again.png").write_bytes((tmp_path / "cat" / "0.png").read_bytes())
    assert sum(counts(tmp_path, ("test",), labelled)[0].values()) == 8
    alone = fill(tmp_path / "alone", "fox", each=1)
    assert sum(counts(alone, ("test",), labelled)[0].values()) == 1
    (tmp_path / "one.csv").write_text("path,label\ndog/0.png,dog\n")
    records = read_gallery(str(tmp_path / "one.csv"), ("test",), labelled=labelled)
    assert records.count("test") == len(records) == 1


def test_judged_data_with_splits_give_their_test_split(tmp_path):
    fill(tmp_path, *product("train test", "cat dog"))
    found, _ = counts(tmp_path, ("test",))
    assert found == {("test", "cat"): 3, ("test", "dog"): 3}
    fill(tmp_path / "other", *product("train val", "cat dog"))
    with pytest.raises(GuinaError, match="has only a split for train, val"):
        counts(tmp_path / "other", ("test",))
    np.savez(tmp_path / "one.npz", x=np.arange(72, dtype=np.uint8).reshape(1, 9, 8), y=[1])
    records = read_gallery(str(tmp_path / "one.npz"), ("test",))
    assert (records.count("test"), list(records.columns["label"])) == (1, ["1"])
