"""The page as a browser, and as an attacker, would read it."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest

from guina.look.card import card
from guina.look.headline import Headline, Mark
from guina.look.page import render
from guina.panels import (
    Alignment,
    Alignments,
    Candidate,
    Candidates,
    Comparison,
    Confusion,
    Curves,
    Frame,
    Frames,
    Layer,
    Layers,
    NBest,
    Panel,
    Passage,
    Passages,
    PicturePair,
    Pictures,
    Reliability,
    Scene,
    Seen,
    Segment,
    Sliding,
    Sound,
    Sounds,
    Strip,
    Strips,
    Table,
)

HOSTILE = [
    '<script>alert("1")</script>',
    "\"><img src=x onerror='alert(2)'>",
    "</style></script>&lt;",
    "\udcff\x00\u202e",
]
WITHOUT_END = {"meta", "link", "img", "input", "br", "hr"}


class Reader(HTMLParser):
    """Collects elements, text by element, and complains about tags that do not pair."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        if tag not in WITHOUT_END:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert "svg" in self.open, f"<{tag}/> outside of SVG"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        where = self.open[-1] if self.open else ""
        self.text[where] = self.text.get(where, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def picture(seed: int = 0, shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    return np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8)


def panels(names: list[str]) -> list[Panel]:
    """One panel of each kind, all of whose words are given."""
    a, b, c, d = names
    x = np.arange(5)
    examples = {(0, 1): [(picture(1), a), (picture(2), b)], (1, 1): [(picture(3), c)]}
    return [
        Pictures(a, b, [picture(), picture(5, (4, 6, 3))], [f"{c}\n{d}", ""]),
        Confusion(b, a, [c, d], {(0, 0): 5, (0, 1): 2, (1, 1): 3}, examples),
        Table(c, d, [a, b, "share"], [[c, 1.5, "50.0%"], [d, float("nan"), "nan%"]]),
        Reliability(d, a, np.array([np.nan, 0.7]), np.array([np.nan, 0.6]), np.array([0, 9]), 0.1),
        Curves(a, c, {b: (x, x + 1.0), d: (x, x + 2.0)}, x_label=c, y_label=d),
        Sliding(b, d, np.eye(4), np.array([[1.0, -1.0], [0.5, 0.0]]), np.ones((3, 3)), stride=1, padding=0),
        Strips(c, a, [Strip(d, b, [picture(6)], [a])]),
        Layers(d, b, [Seen(a, picture(7), [Layer(c, [picture(8, (4, 4))], [0], 3, 2, 0)])]),
        Passages(a, d, [Passage(b, c, [a, d], [0.4, -1.0], [c, b])], low=b, high=c),
        Frames(b, c, [Frame(name, scenes(names)) for name in names], low=a, high=d, x_label=c, y_label=b),
        Comparison(a, c, [PicturePair(f"{b}\n{d}", picture(10), picture(11), picture(12))], before=b, after=c, truth=d),
        *texts(names),
        Sounds(d, c, [Sound(a, b, np.sin(x), 8000, [Segment(0, 1e-4, name) for name in names])]),
    ]


def texts(names: list[str]) -> list[Panel]:
    """Weights between tokens and along frames, and answers to a text and to a picture."""
    a, b, c, d = names
    answers = [Candidate(c, 0.6, chosen=True), Candidate(d, 0.2), Candidate(b, float("nan"))]
    tokens, frames = Alignment(a, b, [c, d], names, np.full((2, 4), 0.25)), Alignment(d, c, [b], [], np.ones((1, 9)))
    of_text, of_picture = Candidates(a, b, [c], answers), Candidates(c, picture(13), [b, c], answers)
    return [Alignments(b, a, [tokens, frames]), NBest(c, b, [of_text, of_picture], score=d)]


def scenes(names: list[str]) -> list[Scene]:
    """A scene with all there is, and a picture."""
    a, b, c, d = names
    x = np.array([0.0, 1.0])
    arrows_N4 = np.array([[0.5, 0.5, 0.1, 0.1]])
    full = Scene(a, field_HW=np.eye(3), points={b: np.eye(2), c: np.eye(2)}, arrows_N4=arrows_N4, lines={d: (x, x)})
    return [full, Scene(d, picture=picture(9))]


def page(names: list[str]) -> str:
    headline = Headline(names[0], names[1], Mark(names[2], 0.9, "90%"), [Mark(names[3], 0.1, "10%")], best=1)
    return render(names[0], names[1], [(names[2], names[3])], panels(names), headline, names[1])


PLAIN = ["Shirt", "Coat", "Bag", "Dress"]


def test_tags_pair_and_ids_are_unique_and_links_lead_somewhere():
    reader = Reader(page(PLAIN))
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"] for a in reader.all("a")} <= {f"#{name}" for name in ids}
    labels = {
        value for _, attributes in reader.elements for key, value in attributes.items() if key == "aria-labelledby"
    }
    assert labels <= set(ids)


def test_every_panel_is_there_under_its_title():
    reader = Reader(page(PLAIN))
    assert [section["id"] for section in reader.all("section")] == [*(f"p{n}" for n in range(1, 15)), "run"]
    for kind in (
        "pictures",
        "matrix",
        "rows",
        "reliability",
        "chart",
        "sliding",
        "strips",
        "journey",
        "passages",
        "frames",
        "comparison",
        "alignments",
        "nbest",
        "sounds",
        "headline",
        "facts",
    ):
        assert any(kind in (a.get("class") or "").split() for _, a in reader.elements), kind
    assert all(image["alt"] is not None for image in reader.all("img"))
    assert all(svg.get("role") == "img" or svg.get("aria-hidden") == "true" for svg in reader.all("svg"))


def test_nothing_is_asked_of_the_network():
    written = page(PLAIN)
    assert "http:" not in written
    assert "https:" not in written
    reader = Reader(written)
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in reader.all("img"))
    assert all((audio["src"] or "").startswith("data:audio/wav;base64,") for audio in reader.all("audio"))
    assert not reader.all("link")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|WebSocket|import\(", written)


def test_hostile_names_are_words_and_nothing_else():
    harmless, hostile = Reader(page(PLAIN)), Reader(page(HOSTILE))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert len(hostile.all("script")) == 1
    keys = {key for _, attributes in hostile.elements for key in attributes}
    assert not {key for key in keys if key.startswith("on")}
    assert "style" not in keys  # the policy would refuse it
    assert HOSTILE[0] in hostile.text["h1"]
    assert "���" in hostile.text["dd"]
    page(HOSTILE).encode("utf-8")


def test_policy_allows_our_style_and_script_alone():
    reader = Reader(page(HOSTILE))
    policy = next(meta["content"] for meta in reader.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    for kind in ("style", "script"):
        hashed = b64encode(sha256(reader.text[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == [f"'sha256-{hashed}'"]


def test_the_same_panels_make_the_same_page():
    assert page(PLAIN) == page(PLAIN)


def test_contents_say_the_first_sentence():
    says = "6 of 540 answers are wrong; the surest first. Look for wrong labels."
    reader = Reader(render("run", "", [], [Table("Mistakes", says, ["a"], [["b"]])]))
    assert "6 of 540 answers are wrong" in reader.text["span"]
    assert "surest" not in reader.text["span"]
    assert says in reader.text["p"]


def test_a_page_without_anything_is_a_page():
    reader = Reader(render("run", "", [], []))
    assert reader.text["h1"] == "run"
    assert not reader.all("nav")


@pytest.mark.parametrize("values", [[], [0.5], [0.2, float("nan"), 0.9, 0.8], [3, 3]])
def test_card_is_whole_and_its_line_is_right(values):
    reader = Reader(card(HOSTILE[0], [(HOSTILE[1], HOSTILE[2]), ("baseline", "10%")], values))
    assert not reader.all("script")
    assert not reader.all("img")
    assert HOSTILE[2] in reader.text["div"]
    lines = reader.all("polyline")
    assert len(lines) == (1 if len(values) > 1 else 0)
    if len(values) == 4:  # 0.2 lies at the bottom, 0.9 at the top; the gap is left out
        assert lines[0]["points"] == "4.00,40.00 84.00,4.00 164.00,9.14"


def test_scores_stand_where_they_belong_on_the_line():
    reader = Reader(page(PLAIN))
    marks = [
        circle for circle in reader.all("circle") if "mark" in (circle.get("class") or "") and circle["cy"] == "14"
    ]
    wide = {circle["class"]: float(circle["cx"] or 0) for circle in marks[:2]}
    assert wide == {"mark mark1": 8 + 0.1 * 864, "mark mark0": 8 + 0.9 * 864}


def test_pictures_on_the_page_are_those_that_were_given():
    from io import BytesIO

    from PIL import Image

    images = [image for image in Reader(page(PLAIN)).all("img") if "ink" not in (image.get("class") or "")]
    sources = [image["src"] or "" for image in images]
    given = [picture(), picture(5, (4, 6, 3)), *map(picture, (1, 2, 3, 6, 10, 11, 12, 13))]
    for source, expected in zip(sources, given, strict=True):
        shown = np.asarray(Image.open(BytesIO(b64decode(source.partition(",")[2]))))
        np.testing.assert_array_equal(shown, expected)
