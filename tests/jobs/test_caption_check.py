"""What `guina check caption` says: counts against plain loops; one caption each, grey, Chinese, a test split alone."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guina.data.records import SPLITS, Records
from guina.engine.job import Overview
from guina.jobs.caption.check import SHOWN, caption_overview
from guina.jobs.caption.learning import Caption
from guina.jobs.caption.settings import CaptionSettings
from guina.jobs.pictures.check import to_learn_from
from guina.look.report import write_check
from guina.panels import Curves, NBest, Table
from some_captions import noise, put, read, table

KINDS = ("dog", "cat", "bird", "horse")
THINGS = ("run", "sleeps", "eats")


def looked_at(source: object, *splits: str, **settings) -> tuple[Overview, Records]:
    """The overview of a source, as `guina check` asks for it."""
    records = read(source, splits or SPLITS)
    fitted = Caption(CaptionSettings(**settings)).fit(to_learn_from(records))
    return caption_overview(records, fitted), records


def farm(folder: Path, count: int = 12, split: str = "train") -> list[tuple[str, ...]]:
    """Pictures of animals with two captions each, the first one with three."""
    rows = []
    for n in range(count):
        name = f"{split}-{n}.png"
        put(folder / name, 100 * len(split) + n)
        kind, thing = KINDS[n % 4], THINGS[n % 3]
        rows += [(name, f"A {kind} {thing}."), (name, f"The {kind}, on grass {n}, {thing}.")]
    table(folder / f"{split}.csv", [*rows, (rows[0][0], "So.")])
    return [*rows, (rows[0][0], "So.")]


def spoken(rows: list[tuple[str, ...]]) -> list[list[str]]:
    return [caption.lower().replace(".", "").replace(",", "").split() for _, caption in rows]


def test_pictures_captions_and_words_are_counted(tmp_path):
    rows = farm(tmp_path)
    seen, records = looked_at(tmp_path)
    words = Counter(word for said in spoken(rows) for word in said)
    lengths = sorted(len(said) for said in spoken(rows))
    facts = seen.facts
    assert facts["pictures"] == {"train": records.count("train"), "val": records.count("val")}
    assert sum(facts["pictures"].values()) == 12
    assert sum(facts["captions"].values()) == 25
    assert facts["captions a picture"] == {"least": 2, "median": 2.0, "most": 3}
    assert facts["words a caption"] == {"least": 1, "median": float(np.median(lengths)), "most": 6}
    assert facts["very short captions"] == 1
    assert facts["shape"] == [9, 8, 3]
    assert facts["sizes"] == {"9×8": 12}
    learned = records.only("train").columns["captions"]
    mine = Counter(word for said in spoken([("", one) for some in learned for one in some]) for word in said)
    assert facts["words"] == mine.total()
    assert facts["different words"] == len(mine)
    assert facts["known words"] == sum(n >= 2 for n in mine.values())
    assert set(KINDS) <= set(facts["most named"]) <= {*KINDS, *THINGS}
    assert facts["naming words"] == len(facts["most named"])
    judged = records.only("val").columns["captions"]
    rest = sum(len(said) for some in judged for said in spoken([("", one) for one in some]))
    assert words.total() == mine.total() + rest
    json.dumps(facts)


def test_the_lines_say_it_to_people(tmp_path):
    farm(tmp_path)
    farm(tmp_path, 4, "test")
    seen, _ = looked_at(tmp_path)
    lines = "\n".join(seen.lines)
    assert "4 pictures of the test split with 9 captions: 2 to 3 a picture, 2 in the middle" in lines
    assert "a caption has 3 words in the middle, 1 to 6" in lines
    assert "2 captions of fewer than 3 words, such as “So.”" in lines
    assert "they would be mirrored left to right: no caption speaks of left or right" in lines
    assert "a training would bring all to " in lines
    assert "test: 13.5% of the words are not known" in lines
    assert seen.lines[-1].startswith("then learn to say it in ")


@pytest.mark.parametrize(
    ("caption", "flip", "turned", "because"),
    [
        ("a dog left of a cat", "auto", False, "captions say “left”"),
        ("a dog left of a cat", "on", True, "of a hundred captions 100.0 say “left”"),
        ("a dog by a cat", "off", False, "--flip is off"),
        ("a dog by a cat", "auto", True, "no caption speaks of left or right"),
    ],
)
def test_why_pictures_are_mirrored_is_said(tmp_path, caption, flip, turned, because):
    rows = [(f"{n}.png", caption) for n in range(30)]
    for n, (name, _) in enumerate(rows):
        put(tmp_path / name, n)
    table(tmp_path / "captions.csv", rows)
    seen, _ = looked_at(tmp_path, "train", flip=flip)
    assert seen.facts["mirrored"] == {"pictures": turned, "because": because}
    assert f"they would {'' if turned else 'not '}be mirrored left to right: {because}" in seen.lines


def test_captions_of_several_pictures_are_found_whatever_their_capitals(tmp_path):
    said = ["A dog runs.", "a dog runs", "A cat.", "a CAT .", "a cat", "a bird"]
    for n in range(6):
        put(tmp_path / f"{n}.png", n)
    table(tmp_path / "captions.csv", [*((f"{n}.png", one) for n, one in enumerate(said)), ("5.png", "A bird.")])
    seen, _ = looked_at(tmp_path, "train")
    assert seen.facts["captions under several pictures"] == 2, "twice under one picture is one"
    (same,) = (panel for panel in seen.panels if panel.title == "The same of several pictures")
    assert isinstance(same, Table)
    assert [list(row) for row in same.rows] == [["A cat.", 3], ["A dog runs.", 2]]
    assert any("2 of 3 different captions to learn from stand under several pictures" in line for line in seen.lines)


def test_the_page_shows_ten_pictures_with_their_captions(tmp_path):
    farm(tmp_path, 30)
    seen, records = looked_at(tmp_path, "train")
    read_, words, often, lengths, *_ = seen.panels
    assert isinstance(read_, NBest)
    assert len(read_.examples) == SHOWN
    assert [one.name for one in read_.examples][:: SHOWN - 1] == [records.names[0], records.names[-1]]
    first = records.names.index("train-0.png")
    said = {one.name: [answer.text for answer in one.answers] for one in read_.examples}
    assert all(said[name] == records.columns["captions"][records.names.index(name)] for name in said)
    assert len(records.columns["captions"][first]) == 3
    shown = read_.examples[0].source
    assert isinstance(shown, np.ndarray)
    assert shown.shape[:2] == tuple(seen.facts["shape"][:2])
    assert isinstance(words, Table)
    assert {tuple(row[1:3]) for row in words.rows[:4]} == {("a", 30), ("the", 30), ("on", 30), ("grass", 30)}
    assert [row[3:] for row in words.rows[:2]] == [["run", "33.3%"], ["sleeps", "33.3%"]]
    assert isinstance(often, Curves)
    x, y = often.lines["words"]
    assert y.sum() == seen.facts["words"]
    assert len(x) == seen.facts["different words"]
    assert (np.diff(y) <= 0).all()
    assert isinstance(lengths, Curves)
    assert lengths.lines["captions"][1].sum() == seen.facts["captions"]["train"]
    page = write_check(tmp_path / "page.html", "caption", str(tmp_path), records.report, seen).read_text("utf-8")
    for text in ("caption 1", "The dog, on grass 0, run.", "Words by frequency"):
        assert text in page
    assert "Beside each answer" not in page


def test_grey_pictures_with_a_caption_each_in_chinese(tmp_path):
    signs = "狗猫鸟马"
    rows = []
    for n in range(12):
        Image.fromarray(noise(n)[:, :, 0]).save(tmp_path / f"{n}.png")
        rows.append((f"{n}.png", f"一只{signs[n % 4]}在跑。"))
    table(tmp_path / "captions.csv", rows)
    seen, records = looked_at(tmp_path, "train")
    assert seen.facts["words a caption"] == {"least": 5, "median": 5.0, "most": 5}
    assert seen.facts["captions a picture"] == {"least": 1, "median": 1.0, "most": 1}
    assert set(seen.facts["most named"]) == set(signs)
    assert seen.facts["shape"][2] == 1
    assert "12 pictures to learn from with 12 captions: 1 a picture" in seen.lines
    (shown, *_) = seen.panels
    assert isinstance(shown, NBest)
    assert shown.examples[0].answers[0].label == "caption"
    picture = shown.examples[0].source
    assert isinstance(picture, np.ndarray)
    assert picture.ndim == 2
    assert write_check(tmp_path / "page.html", "caption", "x", records.report, seen).exists()


def test_a_test_split_alone_is_looked_at_without_a_plan(tmp_path):
    farm(tmp_path, 8, "test")
    seen, records = looked_at(tmp_path, "test")
    assert seen.facts["pictures"] == {"test": 8}
    assert seen.facts["plan"] == []
    assert seen.lines[0] == "8 pictures of the test split with 17 captions: 2 to 3 a picture, 2 in the middle"
    assert any("there are test pictures only" in problem for problem in records.report.problems)
    assert write_check(tmp_path / "page.html", "caption", "x", records.report, seen).exists()
