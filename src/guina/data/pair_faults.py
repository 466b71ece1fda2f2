"""What is wrong with pairs of texts: lines without a partner, rows of another width, empty sides, odd lengths, copies.

Lines and fields that do not fit are errors, since what follows them is shifted. A pair whose one side is empty, or over
nine times as long as the other, is skipped. What is odd and may be meant is counted and said.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from unicodedata import east_asian_width

import numpy as np

from guina.data.lines import lines_of
from guina.data.pair_columns import Choice
from guina.data.pair_sides import Aligned
from guina.data.records import SPLITS, TEST, TRAIN, VAL, Report
from guina.data.split import different_contents, duplicates
from guina.errors import GuinaError

RATIO = 9  # how many times as long one side may be, in characters
LONG = 30  # characters up to which a text is long for no other: UNO is United Nations Organization
WIDE = 3  # a character of Chinese stands for so many of an alphabet
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # what a text may be full of and still be empty
MANY = 0.1  # share of pairs with the same text on both sides from which that is a warning
SHOWN = 60  # characters of a text in a message

Text4 = tuple[int, str, str, str]  # the line, the source, the target, the split that a column says or ""


@dataclass
class Part:
    """The pairs of one file, or of two that belong together."""

    name: str
    split: str
    lines: array = field(default_factory=lambda: array("q"))
    sources: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)


def side_by_side(pair: Aligned, encoding: str, report: Report) -> Iterator[Text4]:
    """The n-th lines of two files. Empty lines at the end of one of them are nothing.

    Raises:
        GuinaError: one has more lines.
    """
    both = zip_longest(lines_of(pair.source, report, encoding), lines_of(pair.target, report, encoding))
    for line, (source, target) in enumerate(both, 1):
        if source is None or target is None:
            longer, shorter = (pair.target, pair.source) if source is None else (pair.source, pair.target)
            rest = [line for line in (source or target or "", *(a or b or "" for a, b in both))]
            extra = next((n for n, line in enumerate(rest) if line.strip()), None)
            if extra is None:
                report.problems.append(
                    f"left out: {len(rest)} empty line{'s' if len(rest) > 1 else ''} at the end of {longer.name}"
                )
                return
            text = rest[extra].strip()
            raise GuinaError(
                f"{longer} has {line - 1 + len(rest):,} lines and {shorter} has {line - 1:,}: line {line + extra} of "
                f"{longer.name}, “{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}”, is the first that is too many",
                "as many lines in both: the n-th lines belong together",
                "see where they shift; each text is on one line, and one without a partner has an empty line there",
            )
        yield line, source, target, ""


def check_width(path: Path, line: int, fields: Sequence[str], choice: Choice) -> None:
    """Raise GuinaError unless a row of another width differs by empty fields at its end only."""
    if len(fields) > choice.width and not any(field.strip() for field in fields[choice.width :]):
        return
    others = "as the header has" if choice.headed else "as most have"
    raise GuinaError(
        f"{path}, line {line} has {len(fields)} field{'' if len(fields) == 1 else 's'}",
        f"{choice.width}, {others}",
        "write no tab within a text, and in CSV put texts that hold the delimiter into quotes"
        if len(fields) > choice.width
        else "fill the row, or remove it",
    )


def sift(texts: Iterable[Text4], part: Part, report: Report) -> None:
    """Put the pairs that can be used into a part; the others are skipped, with a reason."""
    lines, sources, targets = part.lines, part.sources, part.targets
    found = 0
    for line, source, target, _ in texts:
        found += 1
        source, target = source.strip(), target.strip()
        one, other = len(source), len(target)
        odd = one < 3 or other < 3 or one > RATIO * other or other > RATIO * one
        if odd and (why := why_useless(source, target)):
            report.skip(f"{part.name}, line {line}", why)
            continue
        lines.append(line)
        sources.append(source)
        targets.append(target)
    report.found += found


def why_useless(source: str, target: str) -> str:
    """Why nothing can be learned of a pair; "" if something can.

    Example:
        >>> why_useless("Hund", ""), why_useless("UNO", "United Nations Organization"), why_useless("Ja.", "ja " * 12)
        ('the target is empty', '', 'one side is over 9 times as long as the other')
    """
    empty = [side for side, text in (("source", source), ("target", target)) if not text.strip(INVISIBLE)]
    if empty:
        return "both sides are empty" if len(empty) > 1 else f"the {empty[0]} is empty"
    short, long = sorted((source, target), key=len)
    if len(long) > LONG and len(long) > RATIO * len(short) and weight(long) > RATIO * weight(short):
        return f"one side is over {RATIO} times as long as the other"
    return ""


def weight(text: str) -> int:
    """The length of a text in characters, a wide one counted as several."""
    return len(text) + (WIDE - 1) * sum(east_asian_width(c) in "WF" for c in text)


def copies(pair_ND: np.ndarray, source_ND: np.ndarray, split_N: np.ndarray) -> list[str]:
    """What there is to say of pairs that come twice, and of training sources that are judged by too."""
    at = {split: np.flatnonzero(split_N == n) for n, split in enumerate(SPLITS)}
    notes = duplicates({split: pair_ND[rows] for split, rows in at.items() if len(rows)}, "pairs")
    learned = different_contents(source_ND[at[TRAIN]])
    for split in (VAL, TEST):
        judged = source_ND[at[split], :8].copy().view("u8")[:, 0]
        place = np.minimum(np.searchsorted(learned, judged), max(0, len(learned) - 1))
        known = int((learned[place] == judged).sum()) if len(learned) else 0
        if known:
            notes.append(
                f"warning: {known:,} of {len(at[split]):,} sources of the {split} split are in the training split too: "
                f"scores on {split} will flatter"
            )
    return notes


def untranslated(sources: Sequence[str], targets: Sequence[str]) -> list[str]:
    """What there is to say of pairs whose sides are one text."""
    same = [a for a, b in zip(sources, targets, strict=True) if a == b]
    if not same:
        return []
    one = f"“{same[0][:SHOWN]}{'…' if len(same[0]) > SHOWN else ''}”"
    many = "warning: " if len(same) > MANY * len(sources) else ""
    pairs = "pairs have" if len(same) > 1 else "pair has"
    return [f"{many}{len(same):,} {pairs} the same text on both sides, such as {one}: that is learned too"]
