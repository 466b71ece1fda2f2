"""Answers that were considered: their probabilities, and which of their words a reference has too.

Words are compared without case, in their order (a longest common subsequence); of several references the one that has
the most of them counts. Chinese and Japanese, which write no spaces, are compared character by character.
"""

import unicodedata
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from guina.look.markup import Child, Markup, percent, tag
from guina.look.pictures import draw_picture
from guina.look.table import draw_bar
from guina.panels import Candidate, Candidates, NBest

PIXELS = 192  # the longest side of a picture
WITHOUT_SPACES = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # kana and Han


def draw_nbest(panel: NBest) -> Markup:
    """What the shade means, then each input with its answers."""
    if not panel.examples:
        return tag("p", {"class": "note"}, "There are no examples.")
    key: list[Child] = []
    if panel.score:
        several = any(len(example.answers) > 1 for example in panel.examples)
        labelled = any(answer.label for example in panel.examples for answer in example.answers)
        key = [f"Beside each answer its {panel.score}"]
        key.append("; the number of the answer that was given is filled. " if several and not labelled else ". ")
    if any(example.references for example in panel.examples):
        key += [tag("mark", {}, "Words like these"), " are in the reference."]
    items = (tag("li", {}, draw_example(panel, example)) for example in panel.examples)
    return tag("div", {"class": "nbest"}, tag("p", {"class": "note"}, *key) if key else None, tag("ol", {}, *items))


def draw_example(panel: NBest, example: Candidates) -> Markup:
    """The input, the references and the answers, each with what it is."""
    rows: list[Child] = []
    if isinstance(example.source, str):
        rows.append(draw_row("input", "source", tag("p", {"dir": "auto"}, example.source)))
    for n, reference in enumerate(example.references, 1):
        label = "reference" if len(example.references) == 1 else f"reference {n}"
        rows.append(draw_row(label, "reference", tag("p", {"dir": "auto"}, reference)))
    answers = (draw_answer(panel, n, answer, example) for n, answer in enumerate(example.answers, 1))
    body = tag("div", {"class": "considered"}, *rows, tag("ol", {"class": "answers"}, *answers))
    name = tag("h3", {"dir": "auto"}, example.name) if example.name else None
    if isinstance(example.source, str):
        return tag("div", {"class": "example"}, name, body)
    picture = draw_picture(example.source, example.name or "the input", smooth=True, largest=PIXELS)
    return tag("div", {"class": "example pictured"}, name, tag("div", {"class": "shown"}, picture), body)


def draw_row(label: str, look: str, text: Markup) -> Markup:
    return tag("div", {"class": f"given {look}"}, tag("small", {}, label), text)


def draw_answer(panel: NBest, n: int, answer: Candidate, example: Candidates) -> Markup:
    """Its label, or its place where there are several, its words and its score."""
    several, references = len(example.answers) > 1, example.references
    label = answer.label or ("" if several else "answer")
    if label:
        place = tag("small", {"class": "named"}, label)
    else:
        place = tag("b", {"class": "rank", "aria-label": f"{n}, given" if answer.chosen else None}, str(n))
    if np.isnan(answer.score):
        score = None
    elif panel.share:
        score = [percent(answer.score), draw_bar(100 * answer.score)]
    else:
        score = [f"{answer.score:,.2f}".replace("-", "−")]
    return tag(
        "li",
        {"class": "given chosen" if answer.chosen else "given"},
        place,
        tag("p", {"dir": "auto"}, *draw_words(answer.text, references)),
        tag("div", {"class": "number"}, *score) if score else None,
    )


def draw_words(text: str, references: Sequence[str]) -> list[Child]:
    """The text; what a reference has of it is marked."""
    words = split_words(text)
    found = max((matching(words, split_words(r)) for r in references), key=sum, default=[False] * len(words))
    drawn: list[Child] = []
    for marked, run in groupby(zip(joined(words, found), words, strict=True), key=lambda pair: pair[0]):
        part = "".join(word for _, word in run)
        drawn.append(tag("mark", {}, part) if marked else part)
    return drawn


def split_words(text: str) -> list[str]:
    """The words, and what stands between them, in their order: nothing is lost.

    Example:
        >>> split_words("It's 5 o'clock."), split_words("猫在 the 垫子")
        (["It's", ' ', '5', ' ', "o'clock", '.'], ['猫', '在', ' ', 'the', ' ', '垫', '子'])
    """
    runs = [(kind, "".join(run)) for kind, run in groupby(text, key=kind_of)]
    return [word for kind, run in runs for word in (run if kind == "sign" else [run])]


def kind_of(character: str) -> str:
    """What a character is part of: a "word", a "space", or nothing but itself, "sign"."""
    if character.isspace():
        return "space"
    if any(first <= ord(character) <= last for first, last in WITHOUT_SPACES):
        return "sign"
    return "word" if unicodedata.category(character)[0] in "LMN" or character in "'’_" else "sign"


def matching(words: Sequence[str], reference: Sequence[str]) -> list[bool]:
    """Of each word, whether it is in a longest common subsequence of both; what stands between words never is.

    Example:
        >>> matching(split_words("a cat sat"), split_words("The cat sat down"))
        [False, False, True, False, True]
    """
    at = [n for n, word in enumerate(words) if is_word(word)]
    ours = [words[n].casefold() for n in at]
    theirs = [word.casefold() for word in reference if is_word(word)]
    longest = np.zeros((len(ours) + 1, len(theirs) + 1), np.int64)  # of what begins at each pair of places
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            both = longest[i + 1, j + 1] + 1 if ours[i] == theirs[j] else 0
            longest[i, j] = max(both, longest[i + 1, j], longest[i, j + 1])
    found, i, j = [False] * len(words), 0, 0
    while i < len(ours) and j < len(theirs):
        if ours[i] == theirs[j]:
            found[at[i]] = True
            i, j = i + 1, j + 1
        elif longest[i + 1, j] >= longest[i, j + 1]:
            i += 1
        else:
            j += 1
    return found


def is_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def joined(words: Sequence[str], found: Sequence[bool]) -> list[bool]:
    """What is marked: words that were found, and what stands between two of them.

    Example:
        >>> joined(["a", " ", "b", " ", "c"], [True, False, True, False, False])
        [True, True, True, False, False]
    """
    marked = list(found)
    at = [n for n, word in enumerate(words) if is_word(word)]
    for before, after in pairwise(at):
        if found[before] and found[after]:
            marked[before + 1 : after] = [True] * (after - before - 1)
    return marked
