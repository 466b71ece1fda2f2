"""The report: one HTML file that holds everything it shows and asks the network for nothing.

Style and script lie in assets/, a file of each for the kinds of panels that a module of `guina.panels` holds. They are
put into the page, whose Content-Security-Policy names their hashes and forbids all else: whatever a class or a file is
called, nothing of it can run.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import assert_never

from guina.look.alignments import draw_alignments
from guina.look.charts import draw_curves
from guina.look.comparison import draw_comparison
from guina.look.confusion import draw_confusion
from guina.look.frames import draw_frames
from guina.look.headline import Headline, draw_headline
from guina.look.layers import draw_layers
from guina.look.markup import Child, Markup, tag
from guina.look.nbest import draw_nbest
from guina.look.passages import draw_passages
from guina.look.pictures import draw_pictures
from guina.look.reliability import draw_reliability
from guina.look.sliding import draw_sliding
from guina.look.sounds import draw_sounds
from guina.look.strips import draw_strips
from guina.look.table import draw_table
from guina.panels import (
    Alignments,
    Comparison,
    Confusion,
    Curves,
    Frames,
    Layers,
    NBest,
    Panel,
    Passages,
    Pictures,
    Reliability,
    Sliding,
    Sounds,
    Strips,
    Table,
)
from guina.version import __version__

STYLE_FILES = ("page.css", "charts.css", "pictures.css", "texts.css", "sounds.css", "moments.css", "end.css")
SCRIPT_FILES = ("page.js", "charts.js", "pictures.js", "texts.js", "sounds.js", "moments.js")
SENTENCE = re.compile(r"(?<=[.!?;])\s")  # where the first sentence of what a panel says ends


def render(
    title: str,
    subtitle: str,
    facts: Sequence[tuple[str, str]],
    panels: Sequence[Panel],
    headline: Headline | None = None,
    job: str = "guina",
) -> str:
    """The report of a run as one self-contained HTML page.

    Args:
        title: the run's name.
        subtitle: a sentence below it.
        facts: name and value of what a reader wants to know of the run, in a few words each.
        panels: what to show, the most telling first; each becomes a section.
        headline: the score beside its baselines.
        job: what kind of run it is, above the title.

    Example:
        >>> page = render("digits", "", [("seed", "0")], [Table("Classes", "There are two.", ["class"], [["<a>"]])])
        >>> page.startswith("<!doctype html>"), "<a>" in page, "&lt;a&gt;" in page
        (True, False, True)
    """
    style, script = assets(STYLE_FILES), assets(SCRIPT_FILES)
    allowed = f"img-src data:; media-src data:; style-src '{digest(style)}'; script-src '{digest(script)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        {},
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"name": "generator", "content": f"guina {__version__}"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("meta", {"name": "color-scheme", "content": "light dark"}),
        tag("title", {}, f"{title} · {job}"),
        tag("style", {}, style),
    )
    body = tag(
        "body",
        {},
        tag("a", {"class": "skip", "href": "#p1"}, "Skip to the panels") if panels else None,
        draw_header(title, subtitle, job, headline),
        draw_contents(panels),
        tag("main", {}, *(draw_section(panel, f"p{n}") for n, panel in enumerate(panels, 1)), draw_facts(facts)),
        tag("footer", {}, "Written by guina. This file holds everything it shows."),
        tag("script", {}, script),
    )
    return f"<!doctype html>\n{tag('html', {'lang': 'en'}, head, body)}\n"


@cache
def assets(names: tuple[str, ...]) -> Markup:
    """The text of some files in assets/, one after the other, to be put into the page as it is."""
    folder = files("guina.look") / "assets"
    texts = [(folder / name).read_text("utf-8") for name in names]
    for name, text in zip(names, texts, strict=True):
        assert "</" not in text, f"{name} would end its own element"
    return Markup("\n" + "\n".join(texts))


def digest(text: str) -> str:
    """What a Content-Security-Policy calls an inline element with this text."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def draw_header(title: str, subtitle: str, job: str, headline: Headline | None) -> Markup:
    """The run's name and how good it is."""
    return tag(
        "header",
        {},
        tag("p", {"class": "job"}, job),
        tag("h1", {}, title),
        tag("p", {"class": "subtitle"}, subtitle) if subtitle else None,
        draw_headline(headline) if headline else None,
    )


def draw_contents(panels: Sequence[Panel]) -> Markup | None:
    """The page in short: every section's title, and the first sentence of what it says."""
    items: list[Child] = []
    for n, panel in enumerate(panels, 1):
        link = tag("a", {"href": f"#p{n}"}, panel.title)
        first = SENTENCE.split(panel.says, maxsplit=1)[0].rstrip(".;")
        items.append(tag("li", {}, link, tag("span", {}, first)))
    return tag("nav", {"aria-label": "Contents"}, tag("h2", {}, "In short"), tag("ol", {}, *items)) if items else None


def draw_section(panel: Panel, place: str) -> Markup:
    """A panel under its title, with what it says."""
    return tag(
        "section",
        {"id": place, "aria-labelledby": f"{place}-title"},
        tag("h2", {"id": f"{place}-title"}, panel.title),
        tag("p", {"class": "says"}, panel.says) if panel.says else None,
        draw_panel(panel, place),
    )


def draw_panel(panel: Panel, place: str) -> Markup:
    """A panel by its kind; the type checker holds that none is forgotten."""
    match panel:
        case Curves():
            return draw_curves(panel)
        case Table():
            return draw_table(panel)
        case Confusion():
            return draw_confusion(panel, place)
        case Pictures():
            return draw_pictures(panel)
        case Sliding():
            return draw_sliding(panel)
        case Reliability():
            return draw_reliability(panel)
        case Strips():
            return draw_strips(panel)
        case Passages():
            return draw_passages(panel)
        case Layers():
            return draw_layers(panel)
        case Frames():
            return draw_frames(panel, place)
        case Comparison():
            return draw_comparison(panel)
        case Alignments():
            return draw_alignments(panel)
        case NBest():
            return draw_nbest(panel)
        case Sounds():
            return draw_sounds(panel)
        case _:
            assert_never(panel)


def draw_facts(facts: Sequence[tuple[str, str]]) -> Markup | None:
    """What was trained on what, at the end of the page, for whoever wants to repeat it."""
    if not facts:
        return None
    pairs = (tag("div", {}, tag("dt", {}, name), tag("dd", {}, value)) for name, value in facts)
    return tag(
        "section",
        {"id": "run", "aria-labelledby": "run-title"},
        tag("h2", {"id": "run-title"}, "The run"),
        tag("dl", {"class": "facts"}, *pairs),
    )
