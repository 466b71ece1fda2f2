"""Strips and layers: pictures in their order, frames where the receptive field lies."""

import re

import numpy as np
import pytest

from guina.look.layers import draw_layers
from guina.look.strips import draw_strips
from guina.panels import Layer, Layers, Seen, Strip, Strips


def grey(value: int, side: int = 8) -> np.ndarray:
    return np.full((side, side), value, np.uint8)


def test_strips_name_their_pictures():
    drawn = draw_strips(Strips("t", "s", [Strip("cats", "3 files", [grey(0), grey(9)]), Strip("<b>", "", [grey(1)])]))
    assert drawn.count("<li>") == 2
    assert re.findall(r'alt="([^"]*)"', drawn) == ["cats, 1", "cats, 2", "&lt;b&gt;, 1"]
    assert "<small>3 files</small>" in drawn
    assert "figcaption" not in drawn
    assert "<figcaption>mine</figcaption>" in draw_strips(Strips("t", "s", [Strip("a", "", [grey(0)], ["mine"])]))


def layers(*, peak: tuple[int, int], size: int, jump: int, start: int) -> Layers:
    values = np.zeros((4, 4), np.uint8)
    values[peak] = 255
    return Layers("t", "s", [Seen("a cat", grey(7, 16), [Layer("conv1", [values], [5], size, jump, start)])])


@pytest.mark.parametrize(
    ("peak", "box"),
    [((1, 2), ("7", "3", "6", "6")), ((0, 0), ("0", "0", "5", "5")), ((3, 3), ("11", "11", "5", "5"))],
)
def test_frames_lie_on_the_strongest_place_and_what_it_sees_of_the_picture(peak, box):
    drawn = draw_layers(layers(peak=peak, size=6, jump=4, start=-1))
    field = re.search(r'class="field" x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"', drawn)
    place = re.search(r'class="place" x="(\d+)" y="(\d+)"', drawn)
    assert field
    assert place
    assert field.groups() == box
    assert place.groups() == (str(peak[1]), str(peak[0]))
    assert 'data-field="-1 4 6"' in drawn
    assert f"filter 5, 4 by 4; strongest at row {peak[0] + 1}, column {peak[1] + 1}" in drawn


def test_all_but_the_first_picture_are_folded():
    one = layers(peak=(0, 0), size=6, jump=4, start=-1).pictures[0]
    drawn = draw_layers(Layers("t", "s", [one, one]))
    assert drawn.count("<details") == 2
    assert drawn.count('<details class="through" open') == 1


def test_large_strips_keep_more_of_a_picture():
    one = Strip("a", "", [grey(1, 600)], ["said"])
    small, large = (draw_strips(Strips("t", "s", [one], large=large)) for large in (False, True))
    assert '<ul class="strips large">' in large
    assert '<ul class="strips">' in small
    assert len(large) > len(small)
