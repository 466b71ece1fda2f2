"""What is swapped, from words to settings; and the sentences that come out of numbers."""

import math
from dataclasses import dataclass

import pytest

from guina.errors import GuinaError
from guina.lab import NAMES, find
from guina.lab.experiment import Row, Trial
from guina.lab.gaussian import GaussianSettings
from guina.lab.report import as_text, table_of
from guina.lab.swaps import described, grid, keys_of, read_swaps, sentences, settings_with
from guina.lab.telling import clearly, compared


@dataclass(frozen=True)
class Some:
    """Settings."""

    d_rate: float = 0.1
    """the critic's rate"""
    steps: int = 3
    """how many"""
    on: bool = False
    """whether"""


def test_words_become_settings() -> None:
    assert settings_with(Some, {"d.rate": "0.5", "on": "yes"}) == Some(0.5, 3, True)
    assert settings_with(Some, {"d_rate": "2"}).d_rate == 2.0


@pytest.mark.parametrize(
    ("swap", "message"),
    [
        ({"d.rat": "1"}, "did you mean d.rate"),
        ({"steps": "1.5"}, "a whole number"),
        ({"d.rate": "fast"}, "a number"),
        ({"on": "perhaps"}, "on or off"),
    ],
)
def test_what_is_no_setting_is_said(swap: dict[str, str], message: str) -> None:
    with pytest.raises(GuinaError, match=message):
        settings_with(Some, swap)


@pytest.mark.parametrize("word", ["loss", "loss=", "=a", "loss=a,,b"])
def test_what_is_no_swap_is_said(word: str) -> None:
    with pytest.raises(GuinaError, match="KEY=A,B,C"):
        read_swaps([word])


def test_a_key_twice_is_said() -> None:
    with pytest.raises(GuinaError, match="twice"):
        read_swaps(["a=1", "a=2"])


def test_several_keys_make_a_grid_that_is_not_endless() -> None:
    assert len(grid({"a": ["1", "2"], "b": ["1", "2", "3"]})) == 6
    assert grid({}) == [{}]
    with pytest.raises(GuinaError, match="at most"):
        grid({"a": ["1"] * 10, "b": ["1"] * 10})


@pytest.mark.parametrize("name", NAMES)
def test_every_swap_of_every_experiment_has_a_sentence(name: str) -> None:
    kind = find(name).Settings
    told = sentences(kind)
    assert all(told.get(key) for key in keys_of(kind)), [key for key in keys_of(kind) if not told.get(key)]
    assert all(key in described(kind) for key in keys_of(kind))


def test_a_field_with_another_default_keeps_its_sentence() -> None:
    assert sentences(GaussianSettings)["batch"] == "points a step"
    assert GaussianSettings().batch == 8


def test_an_experiment_that_there_is_not() -> None:
    with pytest.raises(GuinaError, match="did you mean grid"):
        find("gird")


def row(name: str, *values: float) -> Row:
    return Row({"loss": name}, [Trial({"w1": value}) for value in values])


def test_a_difference_is_clear_when_it_is_larger_than_what_seeds_make() -> None:
    assert clearly(row("a", 1.0, 1.1, 0.9), row("b", 2.0, 2.1, 1.9), "w1")
    assert not clearly(row("a", 1.0, 3.0, 2.0), row("b", 2.5, 1.0, 3.5), "w1")
    assert not clearly(row("a", 1.0), row("b", 9.0), "w1")  # one seed says nothing


def test_what_is_compared_is_told() -> None:
    far = compared([row("a", 1.0, 1.1), row("b", 5.0, 5.1)], "w1", "distance", more=False)
    assert far.startswith("Distance: loss a 1.05 ± 0.0707, loss b 5.05")
    assert "beyond what seeds make" in far
    assert "no difference" in compared([row("a", 1.0, 3.0), row("b", 2.0, 2.2)], "w1", "distance", more=False)
    assert "one seed" in compared([row("a", 1.0), row("b", 2.0)], "w1", "distance", more=False)
    assert compared([row("a", math.nan)], "w1", "distance", more=False) == "No setting gave distance."


def test_means_leave_out_what_is_no_number() -> None:
    some = row("a", 1.0, math.nan, 3.0)
    assert some.mean("w1") == 2.0
    assert some.deviation("w1") == pytest.approx(math.sqrt(2))
    assert math.isnan(row("a", math.nan).mean("w1"))


def test_the_table_fits_a_terminal() -> None:
    experiment = find("gaussian")
    rows = [Row({"loss": name}, [Trial(dict.fromkeys(experiment.metrics, 1.0))] * 2) for name in ("hinge", "other")]
    text = as_text(table_of(experiment, rows))
    assert all(len(line) <= 110 for line in text.splitlines())
    assert "hinge" in text
    assert "Wasserstein-1" in text
