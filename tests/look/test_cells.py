"""Confusion cells and the sliding filter: counts, links and sums against plain loops."""

import json
import re
from base64 import b64decode
from html import unescape
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from guina.look.confusion import classes_to_show, draw_confusion
from guina.look.pictures import LARGEST, data_uri, draw_pictures
from guina.look.sliding import draw_sliding, walk
from guina.panels import Confusion, Pictures, Sliding


def decoded(uri: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(uri.partition(",")[2]))))


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (5, 9, 3)])
def test_png_has_the_same_pixels(shape):
    picture = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    np.testing.assert_array_equal(decoded(data_uri(picture)), picture)
    np.testing.assert_array_equal(decoded(data_uri(picture[::-1])), picture[::-1])  # not contiguous


def test_large_pictures_are_reduced():
    assert decoded(data_uri(np.zeros((700, 1400, 3), np.uint8))).shape == (LARGEST // 2, LARGEST, 3)


def test_captions_and_pixels():
    small, large = np.zeros((8, 8), np.uint8), np.zeros((200, 100, 3), np.uint8)
    drawn = draw_pictures(Pictures("t", "s", [small, large], ["a\nfolder/b.png", "c"]))
    assert '<small title="folder/b.png">b.png</small>' in drawn
    assert re.findall(r'alt="(\w+)" width="(\d+)" height="(\d+)"( class="squares")?', drawn) == [
        ("a", "8", "8", ' class="squares"'),
        ("c", "100", "200", ""),
    ]
    assert "squares" not in draw_pictures(Pictures("t", "s", [small], [""], smooth=True))


COUNTS = np.array([[7, 3, 0], [1, 0, 0], [0, 0, 5]])


def confusion(classes, counts_KK, examples=None) -> Confusion:
    """A panel of a full table of counts."""
    counts = {(i, j): int(n) for (i, j), n in np.ndenumerate(counts_KK) if n}
    return Confusion("t", "s", classes, counts, examples or {})


def test_cells_are_links_to_their_pictures():
    examples = {(0, 1): [(np.full((4, 4), 9, np.uint8), "x.png")], (2, 2): [(np.full((4, 4), 5, np.uint8), "y.png")]}
    drawn = draw_confusion(confusion(["a", "b", "c"], COUNTS, examples), "p2")
    matrix, _, beside = drawn.partition('class="beside"')
    links = re.findall(r'href="#p2-(\d)-(\d)" aria-label="([^"]+)"[^>]*>([\d,]+)</a>', matrix)
    assert [(int(i), int(j), int(n)) for i, j, _, n in links] == [
        (i, j, COUNTS[i, j]) for i in range(3) for j in range(3) if COUNTS[i, j]
    ]
    assert links[1][2] == "a, taken for b: 3 of 10 (30.0%)"
    # every link leads to a box; the most frequent mistake comes first and is the one that is open
    boxes = re.findall(r'class="(cell[ \w]*)" id="p2-(\d-\d)"', beside)
    assert boxes[0] == ("cell first", "0-1")
    assert {place for _, place in boxes} == {f"{i}-{j}" for i, j, _, _ in links}
    shown = beside.partition('id="p2-0-1"')[2].partition('class="cell"')[0]
    np.testing.assert_array_equal(decoded(re.findall(r'src="([^"]+)"', shown)[0]), examples[0, 1][0][0])


def test_shades_grow_with_the_share_of_the_row():
    counts = np.array([[60, 40, 0], [5, 94, 1], [0, 0, 1]])
    drawn = draw_confusion(confusion(["a", "b", "c"], counts), "p")
    assert re.findall(r'<td class="(right|wrong) shade(\d)">', drawn) == [
        ("right", "5"),
        ("wrong", "9"),
        ("wrong", "3"),
        ("right", "8"),
        ("wrong", "1"),
        ("right", "9"),
    ]


def test_of_many_classes_those_with_mistakes_are_shown():
    counts = np.diag(np.full(60, 10))
    counts[50, 3] = counts[3, 51] = 2
    assert {3, 50, 51} < set(classes_to_show(confusion([], counts).counts, 60))
    drawn = draw_confusion(confusion([f"class {n}" for n in range(60)], counts), "p")
    assert "Of 60 classes these are the 24 with the most mistakes" in drawn
    assert drawn.count("<tr>") == 25
    hidden = counts.copy()
    hidden[:] = 1  # mistakes everywhere: a listed pair may lie outside of the table, and its link must still work
    drawn = draw_confusion(confusion([str(n) for n in range(60)], hidden), "p")
    assert set(re.findall(r'href="#(p-\d+-\d+)"', drawn)) == set(re.findall(r'id="(p-\d+-\d+)"', drawn))


def test_hundreds_of_classes_are_a_list_of_the_worst_mistakes():
    counts = np.diag(np.full(1500, 3))
    counts[700, 3], counts[3, 1400] = 9, 4
    counts[np.arange(100), np.arange(100) + 200] = 1
    picture = np.full((4, 4), 9, np.uint8)
    drawn = draw_confusion(
        confusion([f"person {n}" for n in range(1500)], counts, {(700, 3): [(picture, "x.png")]}), "p"
    )
    assert "matrix" not in drawn
    assert "102 pairs of classes are taken for each other. These are the most frequent." in drawn
    shown = re.findall(r'<li id="p-(\d+)-(\d+)">', drawn)
    assert shown[:2] == [("700", "3"), ("3", "1400")]
    assert len(shown) == 48
    assert "9 of 12 (75.0%)" in drawn
    assert len(drawn) < 30_000


def test_a_table_of_more_than_a_dozen_has_the_whole_width():
    assert 'class="confusion"' in draw_confusion(confusion([str(n) for n in range(12)], np.ones((12, 12), int)), "p")
    assert 'class="confusion broad"' in draw_confusion(confusion([str(n) for n in range(13)], np.ones((13, 13))), "p")


def test_short_names_stand_upright():
    short = draw_confusion(confusion(["0", "1", "10"], COUNTS), "p")
    assert 'class="matrix upright"' in short
    assert 'class="matrix"' in draw_confusion(confusion(["cat", "1", "2"], COUNTS), "p")


def test_float32_is_written_as_it_was_meant():
    kernel = np.array([[0.3]], np.float32)
    assert walk(Sliding("t", "s", np.ones((2, 2)), kernel, np.ones((2, 2)) * 0.3, 1, 0)).decimals == (0, 1, 1)


def test_without_mistakes_and_without_answers():
    right = draw_confusion(confusion(["a", "b"], [[3, 0], [0, 4]]), "p")
    assert "All of 7 answers are right" in right
    nothing = draw_confusion(confusion(["a", "b"], np.zeros((2, 2), int)), "p")
    assert "no answers" in nothing


def convolved(input_HW: np.ndarray, kernel_KK: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """A convolution as four loops."""
    padded, K = np.pad(input_HW, padding), len(kernel_KK)
    h, w = ((side - K) // stride + 1 for side in padded.shape)
    output = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for u in range(K):
                for v in range(K):
                    output[i, j] += padded[i * stride + u, j * stride + v] * kernel_KK[u, v]
    return output


@pytest.mark.parametrize(("stride", "padding", "digits"), [(1, 0, 1), (2, 1, 1), (2, 0, 0), (1, 1, 12)])
def test_sum_of_products_is_the_output(stride, padding, digits):
    rng = np.random.default_rng(stride + padding)
    input_HW, kernel_KK = np.round(rng.random((6, 7)) * 3, digits), np.round(rng.normal(size=(3, 3)), digits)
    output = convolved(input_HW, kernel_KK, stride, padding)
    panel = Sliding("t", "s", input_HW, kernel_KK, output, stride, padding)
    w = walk(panel)
    for i, j in np.ndindex(*output.shape):
        assert (w.window(i, j) * kernel_KK).sum() == pytest.approx(output[i, j])
    drawn = draw_sliding(panel)
    terms, sign, value = re.findall(r'class="sum"[^>]*><span>([^<]+)</span> (.) <b>([^<]+)</b>', drawn)[0]
    plain = terms.replace("−", "-").replace("·", "*")
    shown = float(value.replace("−", "-"))
    assert sign == ("=" if digits < 3 else "≈")
    assert eval(plain, {"__builtins__": {}}) == pytest.approx(shown, abs=1e-9 if digits < 3 else 0.2)
    assert shown == pytest.approx(output.flat[np.abs(output).argmax()], abs=0.005)
    # the frame lies on the window that was summed
    top, left = (stride * int(at) for at in np.unravel_index(np.abs(output).argmax(), output.shape))
    assert re.findall(r'class="window" x="(\d+)" y="(\d+)" width="(\d+)"', drawn)[0] == (
        str(left * 38),
        str(top * 38),
        str(3 * 38),
    )


def test_script_gets_the_numbers_and_draws_cells_as_large():
    panel = Sliding("t", "s", np.eye(3), np.array([[-1.0]]), -np.eye(3), stride=1, padding=0)
    data = json.loads(unescape(re.findall(r'data-sliding="([^"]+)"', draw_sliding(panel))[0]))
    assert data["input"] == np.eye(3).tolist()
    assert data["output"] == (-np.eye(3)).tolist()
    from guina.look.page import assets
    from guina.look.sliding import CELL

    assert f"const size = {CELL};" in assets(("pictures.js",))
