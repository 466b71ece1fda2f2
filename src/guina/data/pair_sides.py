"""Which two of some files belong together, line by line: train.de and train.en, de/train.txt and en/train.txt.

Their names are the same but for one word, which is the one side's in one of them and the other side's in the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from guina.data.languages import SOURCE, TARGET, find_name, said
from guina.data.pair_columns import guessed, note
from guina.data.records import Report
from guina.data.split_names import split_within
from guina.errors import GuinaError, did_you_mean

HOLE = "\0"  # stands for the word by which two names differ
ENOUGH = 8  # words named in a message


class Aligned(NamedTuple):
    """Two files whose n-th lines belong together."""

    source: Path
    target: Path


class Sides(NamedTuple):
    """The words by which names differ, and the files that belong together."""

    source: str
    target: str
    pairs: list[Aligned]


def sides_of(
    files: Sequence[Path],
    root: Path,
    named: tuple[str, str],
    report: Report,
    sure: bool = False,
    only: Path | None = None,
) -> Sides | None:
    """The two words by which the names of some files differ, and the files that belong together; None: there are none.

    Args:
        sure: whether words count only if they are known to be languages or sides.
        only: a file that must be one of the two.

    Raises:
        GuinaError: there are several words, and none are named.
    """
    groups = names_by_hole(files, root, named)
    if only is not None:
        groups = [group for group in groups if only in group.values()]
    couples = couples_of(groups, named, sure)
    own: set[str] = set()
    if only is not None:
        own = {word for group in groups for word, file in group.items() if file == only}
        couples = [couple for couple in couples if own & set(couple)]
    words = list(dict.fromkeys(word for couple in couples for word in couple))
    asked = [find_name(name, words) if name else "" for name in named]
    for name, found in zip(named, asked, strict=True):
        if name and not found and words:
            raise GuinaError(
                f"no files are called by {name} at {root}",
                f"one of {listed(words)}",
                did_you_mean(name, words),
            )
    fitting = [couple for couple in couples if all(word in couple for word in asked if word)]
    if not fitting:
        return None
    if len(fitting) > 1:
        one, other = fitting[0]
        beside = [word for word in words if word not in own]
        raise GuinaError(
            f"{root} has files of more than two sides: {listed(words)}"
            if only is None
            else f"{only} may belong to each of several files beside it: {listed(beside)}",
            "two sides",
            f"say which are meant, such as --source {one} --target {other}",
        )
    source, target = ordered(fitting[0], asked, groups, only, report)
    pairs = {group[source]: Aligned(group[source], group[target]) for group in groups if {source, target} <= set(group)}
    return Sides(source, target, sorted(pairs.values()))


def names_by_hole(files: Sequence[Path], root: Path, named: tuple[str, str]) -> list[dict[str, Path]]:
    """The files whose names are the same but for a word, by that word: one entry for each rest that several have."""
    groups: dict[str, dict[str, Path]] = defaultdict(dict)
    for file in files:
        for rest, word in cuts(file.relative_to(root).as_posix(), named):
            groups[rest].setdefault(word, file)
    return [group for group in groups.values() if len(group) > 1]


def cuts(name: str, named: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """A path with a hole where one of its words stood, and that word.

    The last words come first, each where it stands, and then wherever it stands.

    Example:
        >>> [(rest.replace(HOLE, "_"), word) for rest, word in cuts("de/train.de")][:3]
        [('de/train._', 'de'), ('_/train._', 'de'), ('de/_.de', 'train')]
    """
    asked = "|".join(re.escape(word.strip(".")) for word in named if word.strip("."))
    patterns = [rf"(?<![^./_-])(?:{asked})(?![^./_-])"] if asked else []
    seen: set[tuple[str, str]] = set()
    for pattern in (*patterns, r"[^./]+", r"[^./_-]+"):
        for found in reversed(list(re.finditer(pattern, name))):
            word = found[0]
            everywhere = re.sub(rf"(?<![^./_-]){re.escape(word)}(?![^./_-])", HOLE, name)
            for rest in (name[: found.start()] + HOLE + name[found.end() :], everywhere):
                if (rest, word) not in seen:
                    seen.add((rest, word))
                    yield rest, word


def couples_of(groups: Sequence[dict[str, Path]], named: tuple[str, str], sure: bool) -> list[tuple[str, str]]:
    """The pairs of words that may be the two sides: those named; or known; or the only ones."""
    found: dict[tuple[str, str], None] = {}
    for group in groups:
        words = sorted(word for word in group if not split_within(word))
        found |= {(a, b): None for n, a in enumerate(words) for b in words[n + 1 :] if bare(a) != bare(b)}
    known = [(a, b) for a, b in found if said(a).key and said(b).key and said(a).key != said(b).key]
    if all(named):
        words = list(dict.fromkeys(word for couple in found for word in couple))
        asked = {find_name(name, words) for name in named}
        exact = [couple for couple in found if set(couple) == asked]
        return exact or known
    return known or ([] if sure or len(found) != 1 else list(found))


def bare(word: str) -> str:
    """A word without digits: part1 and part2 are no sides."""
    return re.sub(r"\d+", "", word)


def ordered(
    couple: tuple[str, str], asked: Sequence[str], groups: Sequence[dict[str, Path]], only: Path | None, report: Report
) -> tuple[str, str]:
    """The two words, the source first: as is asked, or as they say; or else a guess, which is said."""
    one, other = couple
    if any(asked):
        return (one, other) if asked[0] == one or asked[1] == other else (other, one)
    sides = said(one).side, said(other).side
    if SOURCE in sides or TARGET in sides:
        return (other, one) if sides[0] == TARGET or sides[1] == SOURCE else (one, other)
    if only is not None:  # who names a file means that one to be translated
        first = next(word for group in groups for word, file in group.items() if file == only and word in couple)
    else:  # de-en in a name says a direction
        names = [file.name for group in groups for file in group.values()]
        turned = any(
            re.search(rf"(?<![^\W_]){re.escape(other)}[-_2]{re.escape(one)}(?![^\W_])", name) for name in names
        )
        first = other if turned else one
    source, target = (one, other) if first == one else (other, one)
    note(report, guessed(source, target))
    return source, target


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:ENOUGH]) + (", …" if len(names) > ENOUGH else "")
