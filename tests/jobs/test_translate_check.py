"""What `guina check translate` says: counts against a plain loop, what is unknown, and how much is enough."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from guina.data.pairs import read_pairs
from guina.data.records import SPLITS
from guina.data.vocabulary import make_vocabulary
from guina.engine.job import Overview
from guina.jobs.translate.check import LEVELS, READ, enough, translate_overview
from guina.look.report import write_check
from guina.panels import Curves, Table
from some_pairs import both, lines, write

TRAIN = [(f"Der Hund {n % 7} läuft.", f"The dog number {n % 5} runs, doesn't it?") for n in range(60)]
VAL = [("Der Baum steht", "The tree stands"), ("Der Hund läuft", "The dog runs")]


def overview(path: str, *named: str) -> tuple[Overview, object]:
    records = read_pairs(path, SPLITS, (named[0], named[1]) if named else ("", ""))
    vocabulary = make_vocabulary("char", [*records.columns["source"], *records.columns["target"]])
    return translate_overview(records, vocabulary, ["it would learn"]), records


@pytest.fixture
def folder(tmp_path):
    both(tmp_path, "train.de", "train.en", TRAIN)
    return Path(both(tmp_path, "val.de", "val.en", VAL))


def test_words_are_counted(folder):
    seen, _ = overview(str(folder))
    words = Counter(word for de, _ in TRAIN for word in de.replace(".", "").split())
    assert seen.facts["pairs"] == {"train": 60, "val": 2}
    assert seen.facts["source"] == {
        "name": "de",
        "counted": "words",
        "to learn from": words.total(),
        "different": len(words),
        "median": 4.0,
        "longest": 4,
    }
    assert seen.facts["target"]["longest"] == len(["The", "dog", "number", "1", "runs", "doesn't", "it"])
    assert seen.facts["unknown"]["val"] == {
        "source": {"different": 2, "different_of": 5, "times": 2, "times_of": 6},  # Baum, steht
        "target": {"different": 2, "different_of": 5, "times": 2, "times_of": 6},
    }
    assert seen.lines[0] == "train 60 pairs, val 2 pairs, de to en"
    assert "val, de: 33.3% of the words are in no training pair (2 of 5 different ones)" in seen.lines
    assert seen.lines[-2].startswith("60 pairs: very little")
    assert seen.lines[-1] == "it would learn"
    json.dumps(seen.facts)


def test_the_page_shows_pairs_lengths_words_and_what_is_odd(folder):
    write(folder / "train.de", "".join(f"{de}\n" for de, _ in TRAIN) + "Kurz und gut\n")
    long = "A very very very very very very very long translation of that"
    write(folder / "train.en", "".join(f"{en}\n" for _, en in TRAIN) + f"{long}\n")
    seen, records = overview(str(folder))
    read, lengths, commonest, unequal = seen.panels
    assert isinstance(read, Table)
    assert [row[0] for row in read.rows][:: READ - 1] == ["train.de, line 1", "train.de, line 61"]
    assert len(read.rows) == READ
    assert list(read.header) == ["pair", "de", "en"]
    assert isinstance(lengths, Curves)
    of_source = lengths.lines["source de, words"][1]
    assert of_source.sum() == len(records) == 63
    assert of_source[4] == 60
    assert isinstance(commonest, Table)
    assert commonest.rows[0] == [1, "Der", 60, "The", 60]
    assert isinstance(unequal, Table)
    assert unequal.rows[0][0] == "train.de, line 61"
    page = write_check(folder / "page.html", "translate", str(folder), records.report, seen)
    assert "A very very very very very very very long translation" in page.read_text("utf-8")


def test_characters_are_counted_where_there_are_no_spaces(tmp_path):
    pairs = [
        (f"I see {word}", f"我看见{sign}。")
        for word, sign in zip(("a tree", "him", "it", "you"), "树他它你", strict=True)
    ]
    seen, _ = overview(write(tmp_path / "p.tsv", "en\tzh\n" + lines(pairs * 3)))
    assert (seen.facts["source"]["counted"], seen.facts["target"]["counted"]) == ("words", "characters")
    assert seen.facts["target"]["median"] == 4
    assert seen.facts["source"]["name"] == "en"
    nameless, _ = overview(write(tmp_path / "q.tsv", lines(pairs)), "1", "2")
    assert nameless.facts["source"]["name"] == "source"


# --- how much is enough ---


def test_more_pairs_never_say_less():
    said = [enough(n, 12 * n) for n in (1, 1999, 2000, 29_000, 150_000, 10**7)]
    levels = [next(k for k, (_, says) in enumerate(LEVELS) if says in line) for line in said]
    assert levels == [0, 0, 1, 3, 4, 5]
    assert said[0].startswith("1 pair: ")
    assert [least for least, _ in LEVELS] == sorted(least for least, _ in LEVELS)


def test_the_score_is_that_of_the_nearest_smaller_measured_size():
    curve = ((1_000, 5.0), (7_000, 20.4), (29_000, 34.6))
    score = re.compile(r"with ([\d,]+) of such, guina reached BLEU (\d+)")
    said = [score.findall(enough(n, 12 * n, curve)) for n in (999, 7_500, 10**6)]
    assert said == [[], [("7,000", "20")], [("29,000", "35")]]
    assert "BLEU" not in enough(29_000, 29_000, curve)  # terms are no sentences
    assert "terms rather than sentences" in enough(29_000, 29_000, curve)
    assert "they are long, and long ones take more" in enough(29_000, 40 * 29_000, curve)
    assert "very little" in enough(0, 0)


def test_a_single_pair_can_be_looked_at(tmp_path):
    both(tmp_path, "train.de", "train.en", TRAIN[:1])
    both(tmp_path, "val.de", "val.en", TRAIN[1:2])
    seen, _ = overview(str(tmp_path))
    assert next(len(panel.rows) for panel in seen.panels if isinstance(panel, Table)) == 1
    assert np.isfinite(seen.facts["source"]["median"])
