"""Weights between tokens: every number in its place, every token a word, frames as a picture."""

import re
from base64 import b64decode
from html import unescape
from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from guina.look.alignments import LEVELS, MOST_COLUMNS, direction, draw_alignments, weight_class
from guina.panels import Alignment, Alignments

GERMAN, ENGLISH = ["Die", "Katze", "trinkt"], ["The", "cat", "is", "drinking"]
WEIGHTS = np.array([[0.9, 0.1, 0], [0.08, 0.9, 0.02], [0, 0.004, 0.996], [0.0, 0.25, 0.75]])


def drawn(*alignments: Alignment) -> str:
    return draw_alignments(Alignments("t", "s", alignments))


def test_every_weight_is_in_its_row_and_column():
    markup = drawn(Alignment("a", "b", ENGLISH, GERMAN, WEIGHTS))
    head = re.search(r"<thead>(.*)</thead>", markup)
    assert head
    assert re.findall(r'<th scope="col"><span dir="auto">([^<]*)</span>', head[1]) == GERMAN
    rows = re.findall(r'<tr><th scope="row"><span dir="auto">([^<]*)</span></th>(.*?)</tr>', markup)
    assert [word for word, _ in rows] == ENGLISH
    for word, cells, weights_C in zip(ENGLISH, (cells for _, cells in rows), WEIGHTS, strict=True):
        found = re.findall(r"<td([^>]*)></td>", cells)
        assert len(found) == 3
        for cell, column, weight in zip(found, GERMAN, weights_C, strict=True):
            title = f'title="{weight:.2f} of “{word}” is from “{column}”"'
            assert (title in cell) == (weight >= 0.005)
            level = weight_class(weight)
            assert (f'class="{level}"' in cell) == (level is not None)


def test_what_is_no_weight_is_none_and_what_is_too_much_is_all():
    markup = drawn(Alignment("a", "", ["x"], ["p", "q", "r"], np.array([[np.nan, 7, -1]])))
    assert re.findall(r"<td([^>]*)></td>", markup) == ["", ' class="w10" title="1.00 of “x” is from “q”"', ""]


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_every_level_has_a_rule_and_they_grow(level):
    css = (files("guina.look") / "assets" / "texts.css").read_text("utf-8")
    alpha = [
        float(a) for a in re.findall(r"\.weights tbody \.w\d+ \{ background: rgb\(var\(--right\) / ([\d.]+)\)", css)
    ]
    assert alpha == sorted(alpha)
    assert f".swatch.w{level}, .weights tbody .w{level} {{" in css


def test_levels_grow_with_weights():
    levels = [int((weight_class(w) or "w0")[1:]) for w in np.linspace(0, 1, 500)]
    assert levels == sorted(levels)
    assert set(levels) == set(range(LEVELS + 1))


def test_chinese_and_single_letters_stand_upright_and_spaces_are_seen():
    upright = ("昨天", "カタカナ", "한국", "a", "∎")
    assert [direction(word) for word in (*upright, "a猫", "قطة", "")] == ["stacked"] * 5 + [None] * 3
    markup = drawn(Alignment("a", "", ["\n", ""], ["猫", " the"], np.eye(2)))
    assert '<span class="stacked" dir="auto">猫</span>' in markup
    assert '<span dir="auto">␣the</span>' in markup
    assert re.findall(r'<th scope="row"><span dir="auto">([^<]*)</span>', markup) == ["↵", "∅"]


def test_large_ones_have_small_cells_and_scroll_in_their_own_box():
    markup = drawn(Alignment("mine", "", [*"abc"], [str(n) for n in range(40)], np.zeros((3, 40))))
    assert '<div class="scroll" role="region" aria-label="mine" tabindex="0"><table class="weights many">' in markup
    assert '<table class="weights">' in drawn(Alignment("a", "", ["x"], ["y"], np.ones((1, 1))))


@pytest.mark.parametrize(("columns", "step"), [(0, 0.02), (0, 0.0), (MOST_COLUMNS + 1, 0.0)])
def test_many_columns_are_a_picture_with_ticks(columns, step):
    weights_RC = np.zeros((2, columns or 100))
    weights_RC[0, 49], weights_RC[1, :] = 0.5, 0.125
    markup = drawn(Alignment("a", "", ["h", "<i>"], ["x"] * columns, weights_RC, step))
    assert "<table" not in markup
    source = re.search(r'<img class="strengths ink squares" src="([^"]+)"', markup)
    assert source
    opacity = np.asarray(Image.open(BytesIO(b64decode(source[1].partition(",")[2]))).convert("RGBA"))[..., 3]
    assert opacity.shape == weights_RC.shape
    assert (opacity[0] == np.where(np.arange(weights_RC.shape[1]) == 49, 255, 0)).all()
    assert 0 < opacity[1, 0] < 255
    titles = [unescape(title) for title in re.findall(r"<title>([^<]*)</title>", markup)]
    if columns:
        assert titles == ["0.50 of “h” is from “x”, the most of it", "0.12 of “<i>” is from “x”, the most of it"]
    else:
        assert titles[0] == ("0.50 at 0.99 s is the most of “h”" if step else "0.50 at 49.5 is the most of “h”")
        assert titles[1].endswith("“<i>”")
    assert "The strongest weight here is 0.50." in markup
    assert (">0.5 s</text>" in markup) == (step > 0)
    assert (">20</text>" in markup) == (step == 0)


def test_nothing_is_said():
    assert "There are no examples." in drawn()
    assert "It is empty." in drawn(Alignment("a", "", [], [], np.zeros((0, 0))))
    assert "nan" not in drawn(Alignment("a", "", ["x"], [], np.zeros((1, 3)), 0.1))


def test_evil_tokens_are_words():
    evil = '"><script>alert(1)</script>'
    both = [Alignment(evil, evil, [evil], columns, np.ones((1, 1))) for columns in ([evil], [])]
    markup = drawn(*both)
    assert "<script" not in markup
    assert markup.count("&lt;script&gt;") > 8


def test_forty_by_forty_weighs_what_the_panel_says():
    words = [f"wonderfully{n}" for n in range(40)]
    markup = drawn(Alignment("a", "", words, words, np.full((40, 40), 1 / 40)))
    assert len(markup.encode()) < 180_000
    frames = drawn(Alignment("a", "", words, [], np.random.default_rng(0).dirichlet(np.ones(400), 40), 0.02))
    assert len(frames.encode()) < 40_000
