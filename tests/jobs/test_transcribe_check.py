"""What `guina check transcribe` says: counted against a plain loop; what is to hear is what was recorded."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from guina.data.clips import read_clips
from guina.data.records import Records
from guina.engine.job import Overview
from guina.jobs.transcribe.check import HEARD, LEVELS, LONGEST, enough, transcribe_overview
from guina.look.report import write_check
from guina.panels import Curves, Sounds, Table
from some_sounds import put, tone

TEXTS = [f"go {('left', 'right', 'up')[n % 3]} now" for n in range(24)]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """24 recordings to learn from, half of them of two channels and another rate; 3 to judge by."""
    rows = ["path\ttext\tspeaker"]
    for n, text in enumerate(TEXTS):
        wave, rate = tone(0.5 + n / 100, (16000, 44100)[n % 2], 300 + 20 * n), (16000, 44100)[n % 2]
        put(tmp_path / "train" / f"{n:02}.wav", np.stack([wave] * (1 + n % 2), 1), rate)
        rows.append(f"{n:02}.wav\t{text}\ts{n % 4}")
    (tmp_path / "train" / "transcripts.tsv").write_text("\n".join(rows) + "\n")
    put(tmp_path / "val" / "a.wav", tone(1.0, 16000, 1000))
    put(tmp_path / "val" / "b.wav", np.zeros(8000))
    put(tmp_path / "val" / "c.wav", np.clip(tone(1.0, loud=3.0), -1, 1))
    (tmp_path / "val" / "transcripts.tsv").write_text("path\ttext\na.wav\tgo back\nb.wav\t\nc.wav\tgo up now\n")
    return tmp_path


def overview(source: Path) -> tuple[Overview, Records]:
    records = read_clips(str(source), ("train", "val", "test"))
    return transcribe_overview(records, ["it would learn"]), records


def test_everything_is_counted(folder):
    seen, records = overview(folder)
    facts = seen.facts
    words = Counter(word for text in TEXTS for word in text.split())
    assert facts["recordings"] == {"train": 24, "val": 3}
    assert facts["hours"]["train"] == pytest.approx(sum(0.5 + n / 100 for n in range(24)) / 3600, abs=1e-4)
    assert facts["seconds"] == {"shortest": pytest.approx(0.5), "median": pytest.approx(0.62), "longest": 1.0}
    assert facts["rates"] == {"16000": 15, "44100": 12}
    assert facts["rate"] == 16000
    assert facts["channels"] == {"1": 15, "2": 12}
    assert (facts["loudness"]["silent"], facts["loudness"]["clipped"]) == (1, 1)
    assert facts["loudness"]["middle"] == pytest.approx(10 * np.log10(0.125), abs=0.2)
    assert facts["speakers"] == {"train": 4, "val": 0}
    assert facts["words"] == {"train": words.total(), "val": 5}
    assert facts["different"] == {"train": len(words), "val": 4}
    assert facts["unknown"] == {"val": {"different": 1, "times": 1}}  # back
    assert facts["empty"] == {"train": 0, "val": 1}
    json.dumps(facts)
    assert seen.lines[0] == "train 24 recordings (0.00 h), val 3 recordings (0.00 h)"
    assert "15 of one channel, 12 of 2, which are made one" in seen.lines[2]
    assert "val: 20.0% of the words are in no training text (1 of 4 different ones)" in seen.lines
    assert seen.lines[-2].startswith("0.00 h: very little")
    assert seen.lines[-1] == "it would learn"
    assert len(records) == 27


def test_the_page_has_ten_to_hear_lengths_loudness_and_words(folder):
    seen, records = overview(folder)
    to_hear, lengths, loudness, commonest = seen.panels
    assert isinstance(to_hear, Sounds)
    assert len(to_hear.sounds) == HEARD
    assert [sound.name for sound in to_hear.sounds][:: HEARD - 1] == ["train/00.wav", "train/23.wav"]
    assert to_hear.sounds[0].note == TEXTS[0]
    assert np.abs(to_hear.sounds[0].samples_N - tone(0.5, 16000, 300)).max() < 1e-3
    assert isinstance(lengths, Curves)
    assert sum(y.sum() for _, y in lengths.lines.values()) == 27
    assert isinstance(loudness, Curves)
    assert sum(y.sum() for _, y in loudness.lines.values()) == 27
    assert isinstance(commonest, Table)
    assert [row[1:] for row in commonest.rows][:2] == [["go", 24, "33.3%"], ["now", 24, "33.3%"]]
    page = write_check(folder / "page.html", "transcribe", str(folder), records.report, seen)
    assert "go left now" in page.read_text("utf-8")


def test_long_recordings_are_heard_in_part_and_empty_texts_can_be_seen(tmp_path):
    for n in range(3):
        put(tmp_path / f"{n}.wav", tone(LONGEST + 1, 8000, 300 + n), 8000)
    (tmp_path / "t.tsv").write_text("path\ttext\n0.wav\ta\n1.wav\t\n2.wav\tb\n")
    records = read_clips(str(tmp_path), ("test",))
    sounds = transcribe_overview(records, []).panels[0]
    assert isinstance(sounds, Sounds)
    assert [len(sound.samples_N) for sound in sounds.sounds] == [8000 * LONGEST] * 3
    assert sounds.sounds[1].note == "(empty) (the first 8 s)"


def test_more_hours_never_say_less():
    said = [enough(hours, 100, 10) for hours in (0, 0.14, 0.15, 0.7, 8, 500)]
    assert [next(k for k, (_, says) in enumerate(LEVELS) if says in line) for line in said] == [0, 0, 1, 2, 3, 4]
    assert "a word is said 10 times in the mean" in said[0]
    assert "times in the mean" not in enough(0, 0, 0)
