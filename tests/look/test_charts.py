"""Charts: every coordinate against one computed by hand."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guina.look import charts, reliability
from guina.look.markup import number, percent
from guina.look.scale import Scale, scale, spread, tick_labels, ticks
from guina.look.table import draw_table
from guina.panels import Curves, Reliability, Table


def points(markup: str, n: int = 0) -> np.ndarray:
    """The n-th polyline's points."""
    return np.array([pair.split(",") for pair in re.findall(r'points="([^"]+)"', markup)[n].split()], float)


def curves(y: list[float], log_y: bool = False, x: list[float] | None = None) -> Curves:
    x_values = np.arange(len(y)) if x is None else np.array(x)
    return Curves("t", "s", {"loss": (x_values, np.array(y))}, "step", "nats", log_y)


def frame_of(markup: str) -> tuple[float, float, float]:
    """Left, right and bottom of the chart: its x axis, the one axis line that is long."""
    for x1, x2, y1, y2 in re.findall(r'class="axis" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"', markup):
        if y1 == y2:
            return float(x1), float(x2), float(y1)
    raise AssertionError("no axis")


@pytest.mark.parametrize("width", [880, 350])
def test_line_lies_where_its_values_are(width):
    panel = curves([0.13, 0.5, 0.94, 0.7])
    drawn = charts.draw_chart(panel, panel.lines, width)
    left, right, bottom = frame_of(drawn)
    top = 30
    # the y axis goes from 0 to 1, the ticks around the values; x from the first step to the last
    expected = [
        (left + n / 3 * (right - left), bottom - y * (bottom - top)) for n, y in enumerate([0.13, 0.5, 0.94, 0.7])
    ]
    np.testing.assert_allclose(points(drawn), expected, atol=0.02)


def test_logarithmic_line_is_straight_where_it_falls_tenfold_each_step():
    panel = curves([10, 1, 0.1, 0.01], log_y=True)
    drawn = points(charts.draw_chart(panel, panel.lines, 880))
    np.testing.assert_allclose(np.diff(drawn[:, 1]), np.diff(drawn[:, 1])[0], atol=0.02)
    assert drawn[0, 1] < drawn[-1, 1]  # downward on the page


def test_gaps_zeros_and_nothing():
    drawn = charts.draw_curves(curves([float("nan"), 1, 0, float("inf"), 2], log_y=True))
    assert len(points(drawn)) == 2  # what has no logarithm is left out
    assert "Nothing was recorded" in charts.draw_curves(curves([float("nan")]))
    single = charts.draw_curves(curves([0.5]))
    assert "<polyline" not in single.partition('class="narrow"')[0]
    assert "<circle" in single


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=3000))
def test_thinning_keeps_ends_of_the_range_and_the_order(values):
    y = np.array(values)
    kept_x, kept_y = charts.thin(np.arange(len(y)), y, 100)
    assert len(kept_x) <= max(100, min(len(y), 100))
    assert (np.diff(kept_x) > 0).all()
    np.testing.assert_array_equal(kept_y, y[kept_x])
    assert (kept_y.min(), kept_y.max()) == (y.min(), y.max())


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_scales_hold_their_values_and_begin_and_end_on_ticks(low, size):
    assume(size > 1e-6 * abs(low))
    values = np.array([low, low + size])
    s = scale(values, (0, 100))
    slack = 1e-6 * (abs(low) + size)
    assert s.low <= low + slack
    assert s.high >= values[1] - slack
    marked = ticks(s)
    assert 2 <= len(marked) <= 12
    assert marked[0] == pytest.approx(s.low, abs=slack)
    assert marked[-1] == pytest.approx(s.high, abs=slack)
    assert len(set(tick_labels(marked))) == len(marked)


@given(st.floats(1e-8, 1e8), st.floats(1.01, 1e6))
def test_logarithmic_scales_have_ticks_within(low, ratio):
    s = scale(np.array([low, low * ratio]), (100, 0), log=True)
    marked = ticks(s)
    assert marked
    assert all(-0.1 <= s(value) <= 100.1 for value in marked)
    assert s(low * ratio**0.5) == pytest.approx(50)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_keep_their_distance_and_their_order(places):
    moved = spread(places, 16, 0, 200)
    order = np.argsort(places, kind="stable")
    assert (np.diff(np.array(moved)[order]) >= 16 - 1e-9).all()
    assert max(moved) <= 200 + 1e-9
    if len(places) == 1:
        assert moved == places


def test_reliability_points_whiskers_and_counts():
    panel = Reliability(
        "t", "s", np.array([np.nan, 0.4, 0.9]), np.array([np.nan, 0.5, 1.0]), np.array([0, 10, 20]), 0.1
    )
    drawn = reliability.draw_diagram(panel)
    found = re.findall(r'class="point" cx="([\d.]+)" cy="([\d.]+)"', drawn)
    assert [(float(x), float(y)) for x, y in found] == [(52 + 120, 328 - 150), (52 + 270, 28)]
    heights = [float(h) for h in re.findall(r'class="count"[^>]* height="([\d.]+)"', drawn)]
    assert heights == [35, 70]
    whisker = re.search(r'class="whisker" x1="172" x2="172" y1="([\d.]+)" y2="([\d.]+)"', drawn)
    assert whisker
    # Wilson's interval of 5 in 10, as R's prop.test(5, 10, correct = FALSE) gives it
    assert [float(y) for y in whisker.groups()] == pytest.approx([328 - 300 * 0.2366, 328 - 300 * 0.7634], abs=0.02)


def test_wilson_against_the_equation_that_it_solves():
    for right, count in ((0, 5), (1, 7), (30, 31), (12, 12)):
        share = right / count
        for end in reliability.wilson(share, count):
            if 0 < end < 1:  # |share − end| is 1.96 standard deviations of the end
                assert abs(share - end) == pytest.approx(1.96 * (end * (1 - end) / count) ** 0.5)


def test_verdict_on_confidence():
    assert "agree" in reliability.verdict(0.9, 0.91, 100)
    assert "more sure than it should be" in reliability.verdict(0.99, 0.9, 1000)
    assert "less sure than it should be" in reliability.verdict(0.8, 0.9, 1000)


def test_tables_align_numbers_and_draw_shares():
    drawn = draw_table(Table("t", "s", ["class", "n", "recall"], [["a", 1200, "45.3%"], ["b", 7, "nan%"]]))
    assert '<th scope="col" class="number">n</th>' in drawn
    assert '<td class="number">1,200</td>' in drawn
    assert '<rect width="45.3" height="1"/>' in drawn
    assert '<td class="number">–</td>' in drawn
    long = draw_table(Table("t", "s", ["n"], [[n] for n in range(100)]))
    assert "76 more rows" in long
    assert long.count("<tr>") == 102
    assert "<tbody></tbody>" in draw_table(Table("t", "s", ["a", "b"], []))


def test_numbers_as_people_read_them():
    assert [number(v) for v in (0, 1e6, -2.5, 0.00001234, 1e20, float("inf"))] == [
        "0",
        "1,000,000",
        "−2.5",
        "1.234e−5",
        "1e20",
        "∞",
    ]
    assert [percent(v) for v in (0, 0.0004, 0.5, 0.9996, 1, float("nan"))] == [
        "0%",
        "<0.1%",
        "50.0%",
        ">99.9%",
        "100%",
        "–",
    ]
    assert Scale(1, 1000, 0, 3, log=True)(10) == pytest.approx(1)


def test_a_column_of_numbers_has_bars_where_the_table_says_what_is_full():
    rows = [["a", 3, "50.0"], ["b", 4, "1,200"], ["c", 5, "–"]]
    drawn = draw_table(Table("t", "s", ["x", "n", "chrF"], rows, {2: 200.0}))
    assert re.findall(r'<rect width="([\d.]+)" height="1"/>', drawn) == ["25", "100"]
    assert 'class="bar"' not in draw_table(Table("t", "s", ["x", "n", "chrF"], rows))
