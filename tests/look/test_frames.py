"""Frames: every coordinate against one computed by hand, every name as words, all but the last frame hidden."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from guina.look.frames import draw_frames
from guina.look.heat import HIGH, LOW, STRONGEST, heat_uri
from guina.look.page import render
from guina.look.scenes import viewports
from guina.panels import Frame, Frames, Scene

# a plane from -2 to 2 each way has ticks of two letters: 3 * 8 to the left of the plot, 12 to the right, 5 above
LEFT, TOP, SIDE = 24, 5, 240 - 24 - 12
SQUARE = ((-2.0, 2.0), (-2.0, 2.0))


def frames(*rows: list[Scene], **words: str) -> Frames:
    return Frames("t", "s", [Frame(f"step {n}", row) for n, row in enumerate(rows)], **words)


def drawn(*rows: list[Scene], **words: str) -> str:
    return draw_frames(frames(*rows, **words), "p1")


def paths(markup: str) -> list[str]:
    """The shared paths, in the order in which they came."""
    return re.findall(r'<path id="p1-path-\d+" d="([^"]+)"', markup)


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(uri.partition(",")[2]))).convert("RGBA"))


def test_points_lie_where_their_values_are():
    points = np.array([[-2, 2], [0, 0], [1, -2]])
    markup = drawn([Scene("", *SQUARE, points={"real": points})])
    # the plot's corner is its own 0, 0: x = (value + 2) / 4 * 204, y from the top
    assert paths(markup) == ["M0 0h0M102 102h0M153 204h0"]
    assert f'<svg x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"' in markup
    assert f'viewBox="0 0 240 {TOP + SIDE + 20}"' in markup


def test_a_line_fills_a_plot_that_is_wider_than_high():
    x = np.linspace(0, 10, 5)
    markup = drawn([Scene("", (0, 10), (0, 1), lines={"D": (x, np.array([0, 1, 0.5, 0.25, 1]))})])
    # ticks "0", "0.5", "1": 4 * 8 to the left; 196 wide, 0.66 of it high
    height = 0.66 * 196
    expected = [(0, height), (49, 0), (98, height / 2), (147, 0.75 * height), (196, 0)]
    found = np.array(paths_of_lines(markup)[0], float)
    np.testing.assert_allclose(found, expected, atol=0.051)


def paths_of_lines(markup: str) -> list[list[list[str]]]:
    """The corners of the shared paths that are lines."""
    found = re.findall(r'd="M([^"]+)" class="steady"', markup)
    return [[pair.split() for pair in re.findall(r"[-.\d]+ [-.\d]+", line)] for line in found]


def test_an_arrow_goes_from_its_tail_to_its_tip_and_its_head_is_even():
    markup = drawn([Scene("", *SQUARE, arrows_N4=np.array([[-1, 0, 2, 0], [0, 0, 0, 0]]))])
    (path,) = paths(markup)  # the second is too short to be seen
    # barbs: 5 back along the arrow, 0.55 * 5 to each side
    assert path == "M51 102l102 0m-5-2.8l5 2.8 -5 2.8"


def test_field_puts_its_outermost_values_on_the_ends():
    markup = drawn([Scene("", *SQUARE, field_HW=np.zeros((5, 3)))])
    # three columns: pixels 102 wide, of which half a one hangs out on each side; five rows: 51 high
    assert re.search(r'<image x="-51" y="-25.5" width="306" height="255" preserveAspectRatio="none"', markup)


def test_heat_is_orange_below_zero_blue_above_and_lets_the_paper_through_at_zero():
    values = np.array([[-1, -np.inf, -7], [0, np.nan, 0.001], [1, np.inf, 0.5]])
    found = pixels(heat_uri(values))
    assert (found[0] == [*LOW, STRONGEST]).all()
    assert (found[1, :, 3] == 0).all()
    assert (found[2, :2] == [*HIGH, STRONGEST]).all()
    assert found[2, 2].tolist() == [*HIGH, STRONGEST // 2]
    assert pixels(heat_uri(np.ones((300, 4)))).shape == (72, 4, 4)


def test_a_place_has_one_scale_for_all_frames_and_places_have_their_own():
    near, far, plane = Scene("", (0, 1), (0, 1)), Scene("", (-1, 0.5), (0, 3)), Scene("", (5, 6), (5, 6))
    first, second = viewports([[near, far], [plane, plane]], "")
    assert (first.x.low, first.x.high, first.y.low, first.y.high) == (-1, 1, 0, 3)
    assert (second.x.low, second.x.high) == (5, 6)
    assert first.height == second.height
    markup = drawn([near, plane], [far, plane])
    ticks = re.findall(r"<figure>.*?</figure>", markup)
    strip = [re.sub(r"<image[^>]*>", "", figure) for figure in ticks]
    assert strip[0] == strip[2]
    assert strip[1] == strip[3]


@pytest.mark.parametrize(("high", "ratio"), [(2, 0.5), (6, 1.5), (0.1, 0.66), (40, 0.66)])
def test_x_and_y_have_one_unit_where_that_makes_a_sensible_plot(high, ratio):
    (viewport,) = viewports([[Scene("", (0, 4), (0, high))]], "")
    assert viewport.y.start / viewport.x.end == pytest.approx(ratio)


def test_plots_stand_on_one_line_in_the_room_of_the_highest():
    high, flat = viewports([[Scene("", (0, 1), (0, 1))], [Scene("", (0, 2), (0, 1))]], "")
    assert high.y.start == pytest.approx(2 * flat.y.start)
    assert high.top + high.y.start == pytest.approx(flat.top + flat.y.start)


def test_what_is_not_finite_is_left_out():
    bad = np.array([[np.nan, 0], [0, np.inf], [0, 0]])
    x, nowhere_N4 = np.array([-2.0, 0, np.nan, 2]), np.array([[0, 0, np.nan, 1]])
    points, lines = {"a": bad, "b": bad[:2]}, {"c": (x, x)}
    scene = Scene("", *SQUARE, field_HW=np.zeros((2, 2)), points=points, lines=lines, arrows_N4=nowhere_N4)
    markup = drawn([scene])
    assert paths(markup) == ["M0 204 102 102 204 0", "M102 102h0"]
    assert "nan" not in markup.lower()
    assert "arrows" not in markup
    nowhere = Scene("", (np.nan, np.nan), (2, 2), field_HW=np.full((2, 2), np.nan), points={"a": np.zeros((0, 2))})
    assert "nan" not in drawn([nowhere]).lower()


def test_points_outside_are_left_out_and_far_lines_stay_short():
    lines = {"b": (np.array([0, 1]), np.array([0, 1e30]))}
    points = {"a": np.array([[0, 0], [5, 0]])}
    markup = drawn([Scene("", *SQUARE, field_HW=np.zeros((2, 2)), points=points, lines=lines)])
    assert paths(markup) == ["M102 102 153-9999", "M102 102h0"]
    assert "e+" not in markup
    assert len(markup) < 5000


def test_what_is_the_same_in_all_frames_is_written_once():
    same = Scene("", *SQUARE, points={"real": np.zeros((1, 2))})
    markup = drawn([same, same], [same, same])
    assert len(paths(markup)) == 1
    assert markup.count('href="#p1-path-0"') == 8  # each point has a rim


def test_all_but_the_last_frame_are_hidden_and_the_slider_is_there_for_the_script():
    same = [Scene("caption", *SQUARE)]
    markup = drawn(same, same, same)
    assert re.findall(r'<div class="moment"( hidden)?><p>(step \d)</p>', markup) == [
        (" hidden", "step 0"),
        (" hidden", "step 1"),
        ("", "step 2"),
    ]
    assert '<div class="steps player" hidden>' in markup
    assert re.search(r'<input type="range" min="0" max="2" value="2"', markup)
    assert "style=" not in markup


def test_one_frame_is_a_still_and_none_is_said():
    markup = drawn([Scene("caption", *SQUARE)])
    assert "<input" not in markup
    assert "<button" not in markup
    assert "hidden>" not in markup.replace('aria-hidden="true"', "")
    assert "Nothing was recorded" in draw_frames(Frames("t", "s", []), "p1")
    assert '<div class="moment">' in drawn([])


def test_a_name_has_one_look_in_all_scenes_and_the_legend_shows_it():
    point, x = np.zeros((1, 2)), np.array([0.0, 1.0])
    one = Scene("", *SQUARE, points={"real": point, "fake": point})
    other = Scene("", *SQUARE, points={"fake": point}, lines={"border": (x, x)})
    markup = drawn([one, other])
    legend, _, rest = markup.partition("</ul>")
    assert re.findall(r'class="(?:points |line )(\w+)".*?<span>(\w+)</span>', legend) == [
        ("points0", "real"),
        ("points1", "fake"),
        ("line2", "border"),
    ]
    assert re.findall(r'class="points (points\d)"', rest) == ["points0", "points1", "points1"]
    assert "<image" not in legend
    assert "heat" not in drawn([one], low="surely fake", high="surely real")
    keyed = drawn([Scene("", *SQUARE, field_HW=np.eye(2))], low="surely fake", high="surely real")
    assert re.search(r'<li class="heat">surely fake<svg.*</svg>surely real</li>', keyed)


@pytest.mark.parametrize(("side", "look"), [(32, "squares"), (97, "")])
def test_a_picture_stands_in_for_a_plot(side, look):
    picture = np.random.default_rng(0).integers(256, size=(side, side, 3), dtype=np.uint8)
    markup = drawn([Scene("<way>", picture=picture)], y_label="height")
    image = re.search(r'<image x="0" y="0" width="240" height="240" href="([^"]+)"(?: class="(\w+)")?/>', markup)
    assert image
    np.testing.assert_array_equal(pixels(image[1])[..., :3], picture)
    assert (image[2] or "") == look
    assert 'viewBox="0 0 240 240"' in markup
    assert "<text" not in markup
    assert "height</small>" not in markup
    assert "&lt;way&gt;" in markup


def test_evil_names_are_words():
    evil = "</p><script>alert(1)</script>"
    scene = Scene(evil, *SQUARE, field_HW=np.eye(2), points={evil: np.eye(2)}, lines={evil: (np.eye(2)[0],) * 2})
    panel = Frames(evil, evil, [Frame(evil, [scene])] * 2, evil, evil, evil, evil)
    markup = draw_frames(panel, "p1")
    assert "<script" not in markup
    assert markup.count("&lt;script&gt;") > 10
    assert markup.count("<p>&lt;/p&gt;") == 2


def test_forty_frames_of_four_scenes_stay_below_two_megabytes():
    rng = np.random.default_rng(0)
    real_N2 = rng.normal(size=(200, 2))

    def scene(pushed: bool) -> Scene:
        fake_N2 = rng.normal(size=(200, 2))
        x, y = np.meshgrid(np.linspace(-3, 3, 64), np.linspace(3, -3, 64))
        field_HW = np.tanh(np.sin(x * rng.normal()) + y * np.cos(x + rng.normal()))
        arrows_N4 = np.concatenate([fake_N2, 0.3 * rng.normal(size=(200, 2))], axis=1)
        points = {"real": real_N2, "fake": fake_N2}
        return Scene("after it", (-3, 3), (-3, 3), field_HW, points, arrows_N4 if pushed else None)

    page = render("run", "", [], [frames(*([scene(n == 1) for n in range(4)] for _ in range(40)))])
    assert len(page) < 2_000_000
