"""Shaded text: every unit once, its shade by its number, its words with it."""

import re
from html import unescape

import pytest

from guina.look.passages import LEVELS, draw_passages, shade_class
from guina.panels import Passage, Passages


def test_units_come_once_in_order_with_shades_and_tips():
    passage = Passage("name", "note", ["a", " <", "\n", "b"], [0.0, 1.0, 0.5, -0.25], ["t1", "t2", "t3", "t4"])
    drawn = draw_passages(Passages("t", "s", [passage], low="low", high="high"))
    pre = re.search(r"<pre[^>]*>(.*)</pre>", drawn, re.DOTALL)
    assert pre
    assert unescape(re.sub(r"<[^>]*>", "", pre[1])) == "a <↵\nb"
    assert re.findall(r'<i(?: class="(\w+)")? title="(\w+)"', drawn) == [
        ("", "t1"),
        ("u8", "t2"),
        ("u4", "t3"),
        ("d2", "t4"),
    ]
    assert "low" in drawn
    assert "Tab and the arrow keys" in drawn


def test_plain_text_is_plain():
    drawn = draw_passages(Passages("t", "s", [Passage("step 1", "", ["To be,\nor not"])]))
    assert "To be,\nor not" in drawn
    assert "<i" not in drawn
    assert "<output" not in drawn
    assert "arrow keys" not in drawn


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
def test_every_shade_has_a_rule(level):
    from importlib.resources import files

    css = files("guina.look").joinpath("assets/texts.css").read_text("utf-8")
    for sign in (1, -1):
        assert f".{shade_class(sign * level / LEVELS)} {{" in css
