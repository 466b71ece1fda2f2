"""IBM model 1 against a plain loop with dictionaries, and what its table makes of sentences."""

import doctest
from collections import defaultdict

import numpy as np
import pytest

from guina.jobs.translate import baseline
from guina.jobs.translate.baseline import NULL, learn_words, links_of, word_probabilities

SOURCES = ["das Haus ist klein", "das Buch ist alt", "ein Buch", "das alte Haus", "ist das das Haus ?", "klein"]
TARGETS = ["the house is small", "the book is old", "a book", "the old house", "is that the house ?", "small"]


def numbered(texts: list[str], first: int) -> tuple[list[np.ndarray], dict[str, int]]:
    number: dict[str, int] = {}
    return [np.array([number.setdefault(w, len(number) + first) for w in text.split()]) for text in texts], number


def plain_model_1(pairs: list[tuple[list[str], list[str]]], rounds: int) -> dict[tuple[str, str], float]:
    """Brown et al. 1993, written as the textbook does: p(e|f), f among the source's words and NULL."""
    p: dict[tuple[str, str], float] = {(e, f): 1.0 for source, target in pairs for e in target for f in source}
    for _ in range(rounds):
        count, total = defaultdict(float), defaultdict(float)
        for source, target in pairs:
            for e in target:
                whole = sum(p[e, f] for f in source)
                for f in source:
                    count[e, f] += p[e, f] / whole
                    total[f] += p[e, f] / whole
        p = {(e, f): c / total[f] for (e, f), c in count.items()}
    return p


def random_pairs() -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(0)
    return tuple(
        [" ".join(f"{side}{w}" for w in rng.integers(0, 9, rng.integers(1, 7))) for _ in range(50)] for side in "fe"
    )


@pytest.mark.parametrize(("sources", "targets"), [(SOURCES, TARGETS), random_pairs()])
@pytest.mark.parametrize("rounds", [1, 6])
def test_probabilities_are_those_of_a_plain_loop(sources: list[str], targets: list[str], rounds: int) -> None:
    (a, number_f), (b, number_e) = numbered(sources, 1), numbered(targets, 0)
    links = links_of(a, b)
    found = word_probabilities(links, rounds)
    f_of, e_of = ({n: w for w, n in number.items()} for number in (number_f | {"NULL": NULL}, number_e))
    pairs = [(["NULL", *s.split()], t.split()) for s, t in zip(sources, targets, strict=True)]
    expected = plain_model_1(pairs, rounds)
    assert len(found) == len(expected)
    for f, e, p in zip(links.source_E.tolist(), links.target_E.tolist(), found.tolist(), strict=True):
        assert p == pytest.approx(expected[e_of[e], f_of[f]], rel=1e-9)


def test_every_target_word_is_linked_with_every_source_word_and_null() -> None:
    links = links_of(numbered(SOURCES, 1)[0], numbered(TARGETS, 0)[0])
    sizes = [(len(s.split()) + 1, len(t.split())) for s, t in zip(SOURCES, TARGETS, strict=True)]
    assert len(links.kind_L) == sum(f * e for f, e in sizes)
    assert np.bincount(links.target_L).tolist() == [f for f, e in sizes for _ in range(e)]
    assert len({*zip(links.source_E.tolist(), links.target_E.tolist(), strict=True)}) == len(links.source_E)


def test_the_table_translates_word_by_word_and_leaves_what_it_does_not_know() -> None:
    table = learn_words(SOURCES * 3, TARGETS * 3)
    assert table.translate("Das Haus") == "Das house"  # "Das" was never seen
    assert table.translate("ein Haus, klein") == "a house, small"
    assert table.translate("") == ""
    assert table.translate("Zug 7!") == "Zug 7!"


def test_a_word_that_null_explains_as_well_says_nothing() -> None:
    rng = np.random.default_rng(0)
    sources, targets = [], []
    for _ in range(300):  # "sich" stands anywhere and adds nothing; "so" is said in every translation
        words = rng.integers(0, 20, 5)
        sources.append(" ".join([f"f{w}" for w in words] + ["sich"] * int(rng.integers(0, 2))))
        targets.append(" ".join([f"e{w}" for w in words] + ["so"]))
    table = learn_words(sources, targets)
    assert table.meaning["sich"] == ""
    assert table.translate("f1 sich f2") == "e1 e2"


def test_chinese_is_learned_by_characters() -> None:
    rng = np.random.default_rng(0)
    both = [("一二三四五"[n], ["one", "two", "three", "four", "five"][n]) for n in range(5)]
    rows = [[both[n] for n in rng.permutation(5)[:3]] for _ in range(60)]
    english, chinese = [" ".join(e for _, e in row) for row in rows], ["".join(c for c, _ in row) for row in rows]
    assert learn_words(english, chinese).translate("five one two") == "五一二"
    assert learn_words(chinese, english).translate("五一二") == "five one two"


def test_what_is_learned_from_is_bounded_and_counted() -> None:
    sources, targets = ["a b c"] * 100, ["x y z"] * 100
    assert learn_words(sources, targets).pairs == 100
    assert learn_words(sources, targets, most=12 * 40).pairs == 40  # four source words, NULL among them, by three
    long = " ".join(["w"] * 101)
    assert learn_words([long, "a", ""], ["x", long, "x"]).pairs == 0
    assert learn_words([long, "a"], ["x", "y"], most=10).pairs == 1
    assert learn_words([], []).translate("as it is") == "as it is"


def test_pairs_that_are_learned_from_are_spread_over_all() -> None:
    sources = [f"f{n // 100}" for n in range(1000)]
    table = learn_words(sources, [f"e{text[1:]}" for text in sources], most=2 * 100)
    assert table.pairs == 100
    assert len(table.meaning) == 10


def test_the_examples_are_right() -> None:
    assert doctest.testmod(baseline) == (0, 3)
