"""Which names say a split: alone, and beside others."""

import doctest

import pytest

from guina.data import class_names, columns, csv_rows, places, split, split_files, split_names, walking
from guina.data.records import TEST, TRAIN, VAL
from guina.data.split_names import split_named, splits_of_names
from guina.errors import GuinaError

FORMS = {
    TRAIN: "train training TRAIN Train trainset train_set training_set TrainingSet train-images train2017 train_01"
    " 01-train images_train train.images trainData traindata trainval",
    VAL: "val valid validation dev VALID validation_set valset val2017 dev_set validSet val-images",
    TEST: "test testing test_2016 test2017 testset TestSet test-data t10k test_images TEST test(1)",
    None: "contest trainer latest tests validity cats training_wheels test_tube train_station dev_tools invalid protest"
    " 2017 images set 训练",
}


@pytest.mark.parametrize("module", [split_names, split_files, walking, class_names, csv_rows, columns, places, split])
def test_the_examples_of_names_and_tables_run(module):
    failed, tried = doctest.testmod(module)
    assert failed == 0
    assert tried > 0


@pytest.mark.parametrize(("split", "names"), FORMS.items())
def test_split_words_in_every_usual_form(split, names):
    assert {name: split_named(name) for name in names.split()} == dict.fromkeys(names.split(), split)


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        ("pets_train pets_test", [TRAIN, TEST]),
        ("seg_train seg_test seg_pred", [TRAIN, TEST, None]),
        ("train_clean test-clean", [TRAIN, TEST]),
        ("train_station test_tube bus", [None, None, None]),
        ("train test_tube", [TRAIN, None]),
        ("train eval test", [TRAIN, VAL, TEST]),
        ("train dev holdout", [TRAIN, VAL, TEST]),
        ("Train held-out validation", [TRAIN, TEST, VAL]),
        ("eval cat", [None, None]),
    ],
)
def test_split_words_beside_others(names, splits):
    assert splits_of_names(names.split(), "here") == splits


@pytest.mark.parametrize("names", ["train eval", "train eval holdout", "train test val eval"])
def test_a_split_that_may_be_two_is_asked_about(names):
    with pytest.raises(GuinaError, match=r"here: .*eval.* may be the val split or the test split") as error:
        splits_of_names(names.split(), "here")
    assert "rename" in error.value.mend
