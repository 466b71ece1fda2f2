"""Pictures under a slider: each once, whole without a script, its slider for keys and fingers."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from guina.look.comparison import draw_comparison
from guina.panels import Comparison, PicturePair


def picture(seed: int, shape: tuple[int, ...] = (8, 8, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)


def drawn(*pairs: PicturePair, **words: str) -> str:
    return draw_comparison(Comparison("t", "s", pairs, **words))


def test_pictures_are_those_that_were_given_in_their_order():
    given = [picture(0), picture(1), picture(2), picture(3, (8, 8)), picture(4, (8, 8))]
    markup = drawn(PicturePair("a", *given[:3]), PicturePair("b", *given[3:]))
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', markup)
    assert [alt for _, alt in found] == ["a, before", "a, after", "a, truth", "b, before", "b, after"]
    for (source, _), expected in zip(found, given, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(b64decode(source)))), expected)


def test_without_a_script_both_are_seen_and_no_slider_is():
    markup = drawn(PicturePair("a", picture(0), picture(1)))
    assert re.findall(r'<div class="side (\w+)">', markup) == ["first", "second"]
    assert re.search(r'<input type="range" min="0" max="100" value="50" step="1" hidden aria-label="a: [^"]+">', markup)
    assert '<p class="note hint" hidden>' in markup
    assert "style=" not in markup
    assert "live" not in markup


def test_a_caption_is_a_line_and_the_name_of_a_file():
    markup = drawn(
        PicturePair("28 dB\nphotos/cat.jpg", picture(0), picture(1)), PicturePair("", picture(0), picture(1))
    )
    assert '<span dir="auto">28 dB</span><small title="photos/cat.jpg">cat.jpg</small>' in markup
    assert markup.count("<figcaption>") == 1
    assert 'alt="pair 2, before"' in markup


def test_words_for_the_pictures_and_room_for_the_truth():
    both = PicturePair("a", picture(0), picture(1))
    markup = drawn(both, before="grey", after="coloured")
    assert re.findall(r'<small dir="auto">([^<]+)</small>', markup) == ["grey", "coloured"]
    assert "with-truth" not in markup
    assert "with-truth" in drawn(both, PicturePair("b", picture(0), picture(1), picture(2)))
    assert "There are no pictures." in drawn()


@pytest.mark.parametrize("truth", [None, picture(2, (8, 9, 3))])
def test_pictures_of_other_sizes_are_refused(truth):
    with pytest.raises(AssertionError):
        drawn(PicturePair("a", picture(0), picture(1, (8, 8) if truth is not None else (9, 8)), truth))


def test_evil_captions_are_words():
    evil = '"><img src=x onerror="alert(1)">'
    markup = drawn(PicturePair(f"{evil}\n{evil}", *map(picture, range(3))), before=evil, after=evil, truth=evil)
    assert "<img src=x" not in markup
    assert markup.count("<img ") == 3
