"""What is shown of a translator: attention between words beside a plain loop, counts beside hand-made sentences."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.data.arrays import Arrays
from guina.data.ragged import Texts
from guina.data.words import words
from guina.jobs.translate import panels
from guina.jobs.translate.answering import Translated
from guina.jobs.translate.inside import merged
from guina.jobs.translate.mistakes import (
    BY_LENGTH,
    Judged,
    by_length,
    by_rarity,
    counts_of,
    in_bins,
    judged,
    missed,
    rarest,
    repeats,
    ways_to_fail,
)
from guina.jobs.translate.origins import Origins
from guina.jobs.translate.panels import translate_panels, worth
from guina.jobs.translate.wording import words_of_units
from guina.look.page import render
from guina.panels import NBest, Table, spread

GERMAN = ("␣Zwei", "␣klein", "e", "␣Hund", "e", "␣lauf", "en", ".", "∎")
ENGLISH = ("␣Two", "␣sm", "all", "␣dogs", "␣are", "␣runn", "ing", ".", "∎")


def translated(source: Sequence[str], target: Sequence[str], seed: int = 0) -> Translated:
    """A translation with some attention."""
    attention_RC = np.random.default_rng(seed).dirichlet(np.ones(len(source)), len(target))
    text = "".join(target).removesuffix("∎").replace("␣", " ").strip()
    others = ((text, -1.0), (f"{text} !", -2.0), (text, -3.0))
    return Translated(text, -1.0, tuple(source), tuple(target), attention_RC, others)


class Shouting:
    """A translator to capitals: no network, and the first words alone of what is long."""

    def translated(self, texts: Sequence[str], width: int = 1, best: int = 1) -> list[Translated]:
        return [self.one(text, best) for text in texts]

    def origins(self, text: str, made: Translated) -> Origins:
        return Origins(made.text.split(), text.split(), np.eye(len(made.text.split()), len(text.split())))

    def one(self, text: str, best: int) -> Translated:
        source, shown = [f"␣{word}" for word in text.split()], text.upper().split()[:8]
        made = translated([*source, "∎"], [*(f"␣{word}" for word in shown), "∎"])
        return Translated(made.text, -1.0, made.source, made.target, made.attention_RC, made.others[:best])


def sources(count: int) -> list[str]:
    """Different sentences of 2 to 13 words."""
    return [" ".join(f"w{n * k % 97}" for k in range(1, 3 + n % 12)) for n in range(1, count + 1)]


def train_of(texts: Sequence[str]) -> Arrays:
    columns = {"source_text": Texts.of(texts), "target_text": Texts.of([text.upper() for text in texts])}
    return Arrays(columns, np.arange(len(texts)), list(texts))


# --- attention between words ---


def test_attention_is_added_over_a_source_word_and_averaged_over_a_target_word():
    one = translated(GERMAN, ENGLISH)
    found = merged("Zwei kleine Hunde laufen.", one)
    assert (found.name, found.note) == ("Zwei kleine Hunde laufen.", "Two small dogs are running.")
    assert found.columns == ["Zwei", "kleine", "Hunde", "laufen", ".", "∎"]
    assert found.rows == ["Two", "small", "dogs", "are", "running", ".", "∎"]
    columns, rows = [0, 1, 1, 2, 2, 3, 3, 4, 5], [0, 1, 1, 2, 3, 4, 4, 5, 6]
    for k in range(7):
        for g in range(6):
            total, pieces = 0.0, 0
            for r in range(len(ENGLISH)):
                if rows[r] == k:
                    pieces += 1
                    for c in range(len(GERMAN)):
                        if columns[c] == g:
                            total += one.attention_RC[r, c]
            assert found.weights_RC[k, g] == pytest.approx(total / pieces)
    np.testing.assert_allclose(found.weights_RC.sum(1), 1)


def test_a_number_that_is_one_word_stays_in_its_letters():
    one = translated([*"dreiundzwanzig", "∎"], [*"twenty-three", "∎"])
    found = merged("dreiundzwanzig", one)
    assert (found.rows, found.columns) == (one.target, one.source)
    assert found.weights_RC is one.attention_RC
    four = translated(["␣four", "␣words", "␣are", "␣there", "∎"], ["␣no", "∎"])
    assert list(merged("four words are there", four).rows) == ["␣no", "∎"]


@pytest.mark.parametrize(
    ("units", "text", "expected"),
    [
        (["␣Kin", "der", "garten", "∎"], "Kindergarten", ["Kindergarten", "∎"]),
        ([*"␣a␣cat", "∎"], "a cat", ["a", "cat", "∎"]),
        (["a", "␣", "cat", "␣"], "a cat", ["a", "cat", "␣"]),
        (["昨天", "我", "买", "了", "书", "。", "∎"], "昨天我买了书。", ["昨天", "我", "买", "了", "书", "。", "∎"]),
        (["␣well", "-", "dressed", ",", "␣he"], "well-dressed, he", ["well-dressed", ",", "he"]),
        (["␣\ufffd", "\ufffd", "ffent", "lich", "keit", "!"], "Öffentlichkeit!", ["Öffentlichkeit", "!"]),
        (["\ufffd", "␣", "\ufffd"], "一 二 三", ["\ufffd", "\ufffd"]),  # what does not fit is left as it is
        ([], "", []),
    ],
)
def test_units_are_put_together_to_words(units, text, expected):
    word_U, found = words_of_units(units, text)
    assert found == expected
    assert len(word_U) == len(units)
    assert sorted(set(word_U.tolist())) == list(range(len(expected)))


@given(st.text(st.sampled_from("ab é-'.,3猫ก"), max_size=20), st.data())
@settings(deadline=None)
def test_no_word_is_cut_wherever_the_units_are_cut(text, data):
    text = " ".join(text.split())
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)))) | {0, len(text)})
    units = [text[a:b].replace(" ", "␣") for a, b in pairwise(cuts) if b > a]
    word_U, found = words_of_units(units, text)
    assert (np.diff(word_U) >= 0).all()
    assert "".join(found).replace("␣", "").replace(" ", "") == text.replace(" ", "")
    for word in words(text):
        assert any(word in one for one in found)
    finest, _ = words_of_units([c.replace(" ", "␣") for c in text], text)
    assert len(set(finest.tolist())) == max(len(words(text)), bool(text)), "of single letters every word is one"


# --- counts ---


def test_repetitions_are_seen_and_punctuation_is_none():
    assert [repeats(text) for text in ("I I am", "a man with a man with a hat", "a man with a hat", "no. . .", "")] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert repeats("he is he is late")


def test_chrf_is_that_of_the_nearest_reference():
    found = judged(["a"], {"a": ["a dog runs", "the cat sleeps"]}, ["the cat sleeps"])
    assert found[0].chrf == pytest.approx(100)
    (other,) = judged(["a"], {"a": ["a dog runs"]}, ["the cat sleeps"])
    assert 0 <= other.chrf < 30


def test_words_that_are_missing_are_counted_as_often_as_they_lack():
    right, wrong = Judged("s", ["the big dog, the cat"], "The dog the cat", 0), Judged("s", ["a dog ."], "a cat", 0)
    assert missed([right] * 5 + [wrong] * 5) == [
        ("big", 5, 5),
        ("dog", 10, 5),
        ("the", 10, 0),
        ("a", 5, 0),
        ("cat", 5, 0),
    ]
    assert missed([right] * 4) == [("the", 8, 0)], "what is rare says nothing"


def test_the_rarest_word_decides():
    count_of = counts_of(["The dog runs.", "the cat"])
    assert count_of["the"] == 2
    assert [rarest(text, count_of) for text in ("The the.", "the CAT", "the bird", "...")] == [2, 1, 0, 0]


def test_every_number_is_in_one_bin():
    values = [0, 1, 5, 6, 10, 11, 20, 21, 30, 31, 50, 51, 10_000]
    results = [Judged(str(n), [""], "", 0) for n in values]
    grouped = in_bins(values, results, BY_LENGTH)
    assert sum(len(some) for _, some in grouped) == len(values)
    assert {name: [int(one.source) for one in some] for name, some in grouped}["11–15"] == [11]
    assert in_bins([7], results[:1], BY_LENGTH)[0][0] == "6–10"


def test_tables_hold_what_a_plain_count_gives():
    results = [
        Judged(source, [source], source if n % 2 else "x", 90.0 * (n % 2)) for n, source in enumerate(sources(60))
    ]
    (lengths,) = by_length(results)
    rows = {row[0]: row[1:] for row in lengths.rows}
    some = [one for one in results if 6 <= len(words(one.source)) <= 10]
    assert rows["6–10"][:2] == [len(some), f"{np.mean([one.chrf for one in some]):.1f}"]
    rare = {row[0]: row[1] for row in by_rarity(results, counts_of(sources(60))).rows}
    assert sum(int(count) for count in rare.values()) == 60
    assert "never" not in rare
    table = by_rarity(results, {})
    assert [row[:2] for row in table.rows] == [["never", 60]]
    assert (
        "where the source's rarest word was never seen in training. Of all words here 100.0% were never" in table.says
    )
    assert not list(by_length(results[:1])), "one length is no comparison"
    fails = {row[0]: row[1:] for row in ways_to_fail(results).rows}
    assert fails["the source as it is"] == ["50.0%", "100.0%"]
    assert fails["the same for different sources"] == ["50.0%", "0.0%"]
    assert fails["a reference to the letter"] == ["50.0%", "–"]


def test_more_pairs_are_worth_what_a_table_of_words_gains_by_them():
    """Each number word means another one; of fewer pairs fewer of them are known."""
    rng = np.random.default_rng(0)
    meaning = {f"w{n}": f"x{rng.integers(1000, 9999)}y{n}" for n in range(1500)}
    texts = [" ".join(f"w{int(1500 * rng.random() ** 2)}" for _ in range(6)) for _ in range(2000)]
    targets = [" ".join(meaning[word] for word in text.split()) for text in texts]
    references = {source: [target] for source, target in zip(texts[:60], targets[:60], strict=True)}
    results = judged(texts[:60], references, ["nothing"] * 60)
    (found,) = worth(results, references, texts, targets)
    pairs, chrf = found.lines["word table"]
    assert pairs.tolist() == [62, 125, 250, 500, 1000, 2000]
    assert (np.diff(chrf) > -3).all()
    assert chrf[0] < 70 < 90 < chrf[-1]
    ours, score = found.lines["this run"]
    assert (ours.tolist(), score.tolist()) == ([2000], [pytest.approx(np.mean([one.chrf for one in results]))])
    assert "% not among those of 2,000" in found.says


def test_what_cannot_be_said_of_more_pairs_is_not():
    texts = [f"w{n}" for n in range(400)]  # words of which none comes twice, as numbers are
    references = {source: [source] for source in texts[:20]}
    assert not list(worth(judged(texts[:20], references, texts[:20]), references, texts[20:], texts[20:]))
    assert not list(worth(judged(texts[:20], references, texts[:20]), references, texts[:60], texts[:60])), "few pairs"


def test_some_are_spread_over_all():
    assert [spread(range(10), n) for n in (1, 2, 4, 20)] == [[0], [0, 9], [0, 3, 6, 9], list(range(10))]
    assert spread([], 3) == []


# --- all panels ---


def test_all_panels_of_a_translator_are_drawn():
    texts, half = sources(120), Shouting()
    references = {source: [source.upper()] for source in texts}
    snaps = [
        (
            step,
            {"sources": "\n".join(texts[:5]), "references": "\n".join(map(str.upper, texts[:5])), "translations": said},
        )
        for step, said in ((10, "w w\n" * 4 + "w"), (200, "\n".join(map(str.upper, texts[:5]))))
    ]
    made = list(translate_panels(half, references, half.translated, train_of(texts), snaps))  # pyright: ignore[reportArgumentType]
    titles = [panel.title for panel in made]
    assert titles[:4] == ["What each word came from", "What else it considered", "Worst translations", "How it learned"]
    assert titles[4:7] == ["How translations fail", "By length", "By the rarest word"]
    page = render("run", "", [], made)
    for text in ("step 10", "step 200", "chrF of 5 sentences went from", "∎"):
        assert text in page
    n_best = made[1]
    assert isinstance(n_best, NBest)
    answers = n_best.examples[0].answers
    assert [answer.chosen for answer in answers] == [True, False], "the same text twice is one answer"
    assert answers[0].score == pytest.approx(np.exp(-1) + np.exp(-3))


def test_few_sentences_and_no_snaps_are_enough():
    half = Shouting()
    for texts in (["w"], ["a b c", "猫"]):
        references = {source: [source] for source in texts}
        made = list(translate_panels(half, references, half.translated, train_of(texts), [(1, {"sample": "x"})]))  # pyright: ignore[reportArgumentType]
        assert "How it learned" not in [panel.title for panel in made]
        assert render("run", "", [], made)
        assert all(panel.rows for panel in made if isinstance(panel, Table))


def test_sentences_are_looked_through_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(panels, "JUDGED", 7)
    asked, half, texts = list[str](), Shouting(), sources(40)

    def translate(some: Sequence[str]) -> list[Translated]:
        asked.extend(some)
        return half.translated(some)

    list(translate_panels(half, {source: [source] for source in texts}, translate, train_of(texts), []))  # pyright: ignore[reportArgumentType]
    assert asked == spread(texts, 7)
