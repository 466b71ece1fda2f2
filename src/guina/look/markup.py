"""HTML that cannot be broken by what users call their files: a string is escaped unless it is `Markup` already.

    >>> str(tag("p", {"class": "note"}, "<script> & ", tag("b", {}, "bold")))
    '<p class="note">&lt;script&gt; &amp; <b>bold</b></p>'

Class names are file names, and file names may hold anything. So everything on the page is built by `tag`.
"""

import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np

CHILDLESS = frozenset({"meta", "link", "img", "input", "br", "hr"})  # HTML's, without an end tag
CLOSED = frozenset({"rect", "line", "circle", "polyline", "path", "use", "image"})  # SVG's: <rect/>
# control characters, halves of characters (names that are not UTF-8), and what turns the direction of the text around
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
EMPTY: Mapping[str, Any] = {}


class Markup(str):
    """Text that is HTML already."""


Child = str | float | None


def markup(child: Child) -> Markup:
    """A child as HTML: a string is escaped, None is nothing; a character that no page should hold is shown as �."""
    if isinstance(child, Markup):
        return child
    if child is None:
        return Markup()
    text = child if isinstance(child, str) else coordinate(child)
    return Markup(escape(FORBIDDEN.sub("�", text)))


def tag(name: str, attributes: Mapping[str, Child | bool] = EMPTY, *children: Child) -> Markup:
    """An element. An attribute that is None or False is left out, one that is True has no value.

    Example:
        >>> str(tag("rect", {"x": 1 / 3, "fill": None}))
        '<rect x="0.33"/>'
    """
    written = "".join(
        f" {key}" if value is True else f' {key}="{markup(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in CLOSED:
        return Markup(f"<{name}{written}/>")
    if name in CHILDLESS:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Markup:
    """Some children, one after the other."""
    return Markup("".join(map(markup, children)))


def coordinate(value: float) -> str:
    """A number as SVG wants it: two decimals at most.

    Example:
        >>> coordinate(12.0), coordinate(0.126), coordinate(-0.001)
        ('12', '0.13', '0')
    """
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def number(value: float, digits: int = 4) -> str:
    """A number as people read it: so many significant digits, thousands set off, a true minus sign; – for NaN.

    Example:
        >>> number(12345.678), number(-0.0123456), number(1.5e-7), number(float("nan")), number(3.0)
        ('12,346', '−0.01235', '1.5e−7', '–', '3')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if float(value).is_integer() and size < 1e15:
        written = f"{int(value):,}"
    elif size < 1e-3 or size >= 1e15:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        written = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    else:
        decimals = max(0, digits - 1 - math.floor(math.log10(size)))
        written = f"{value:,.{decimals}f}"
        written = written.rstrip("0").rstrip(".") if "." in written else written
    return written.replace("-", "−")


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction in percent; never rounded to 100 % where something is missing, nor to 0 % where something is there.

    Example:
        >>> percent(0.1234), percent(0.99999), percent(1.0), percent(0.0001, 0)
        ('12.3%', '>99.9%', '100%', '<1%')
    """
    if math.isnan(fraction):
        return "–"
    least = 10.0**-digits
    shown = 100 * fraction
    if 0 < shown < least / 2:
        return f"<{number(least)}%"
    if 100 - least / 2 <= shown < 100:
        return f">{number(100 - least)}%"
    return f"{int(shown)}%" if shown in (0, 100) else f"{shown:.{digits}f}%"


def visible(token: str) -> str:
    """A token as it can be seen: spaces as ␣, ends of lines as ↵, nothing at all as ∅.

    Example:
        >>> visible(" the"), visible("\\n"), visible("")
        ('␣the', '↵', '∅')
    """
    return token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥") or "∅"


def counted(word: str, count: int) -> str:
    """A count with its noun.

    Example:
        >>> counted("picture", 1), counted("picture", 1200)
        ('1 picture', '1,200 pictures')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating)
