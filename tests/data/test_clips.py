"""Recordings with their texts: to the letter, from tables of every kind or texts beside; splits, speakers, faults."""

import csv
import doctest
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from guina.data import clip_columns, clip_faults, clips, waves
from guina.data.clips import Wanted, read_clips, wave_column
from guina.data.records import SPLITS, TEST, TRAIN, VAL, Records
from guina.data.sounds import as_int16, decode
from guina.errors import GuinaError
from some_sounds import put, speech, tone

ALL = ("train", "val", "test")
WORDS = [
    "one",
    "two",
    "three",
    "null",
    "NA",
    "None",
    "nan",
    "007",
    "1e5",
    "true",
    "n/a",
    "inf",
    "-",
    "1.0",
    '"so"',
    "é",
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GUINA_CACHE", str(tmp_path_factory.mktemp("cache")))


def record(folder: Path, names: list[str]) -> None:
    """A recording of each name, all different."""
    for n, name in enumerate(names):
        put(folder / name, tone(0.2 + 0.01 * n, 16000, 300 + 10 * n))


def table(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("path", "text")) -> str:
    """A table by its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)
    elif path.suffix == ".csv":
        file = io.StringIO(newline="")
        csv.writer(file).writerows([header, *rows])
        text = file.getvalue()
    else:
        text = "".join("\t".join(row) + "\n" for row in [header, *rows])
    path.write_text(text, encoding="utf-8")
    return str(path.parent)


def twelve(folder: Path, texts: list[str] | None = None) -> list[tuple[str, str]]:
    """Twelve recordings, and rows that list them."""
    texts = texts or [f"word {n}" for n in range(12)]
    names = [f"{n:02}.wav" for n in range(len(texts))]
    record(folder, names)
    return list(zip(names, texts, strict=True))


def said(records: Records) -> dict[str, str]:
    return dict(zip(records.names, records.columns["text"], strict=True))


def split_of(records: Records) -> dict[str, str]:
    return {name: SPLITS[n] for name, n in zip(records.names, records.split_N.tolist(), strict=True)}


@pytest.mark.parametrize("module", [clip_columns, clip_faults, clips])
def test_examples(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


# --- texts ---


@pytest.mark.parametrize("name", ["transcripts.tsv", "transcripts.csv", "transcripts.jsonl", "metadata.csv"])
def test_texts_are_read_to_the_letter(tmp_path, name):
    rows = twelve(tmp_path, WORDS)
    records = read_clips(table(tmp_path / name, rows), ALL)
    assert said(records) == dict(rows)
    assert (records.report.found, records.report.used) == (len(WORDS), len(WORDS))
    assert all(isinstance(text, str) for text in records.columns["text"])


def test_numbers_of_json_are_as_they_were_written(tmp_path):
    rows = twelve(tmp_path)
    values = ["007", "1.50", "1e5", "100000000000000000000", "-0", "true", "12", "0.10", "3", "4", "5", "6"]
    values[0] = '"007"'  # JSON has no number that begins so
    lines = [f'{{"path": "{path}", "text": {value}}}\n' for (path, _), value in zip(rows, values, strict=True)]
    (tmp_path / "transcripts.jsonl").write_text("".join(lines))
    records = read_clips(str(tmp_path), ALL)
    assert said(records) == {path: value.strip('"') for (path, _), value in zip(rows, values, strict=True)}


def test_a_null_is_no_text_and_an_empty_text_is_silence(tmp_path):
    rows = twelve(tmp_path)
    lines = [f'{{"path": "{path}", "text": "{text}"}}\n' for path, text in rows]
    lines[0], lines[1] = '{"path": "00.wav", "text": null}\n', '{"path": "01.wav", "text": ""}\n'
    (tmp_path / "transcripts.jsonl").write_text("".join(lines))
    records = read_clips(str(tmp_path), ALL)
    assert len(records) == 11
    assert said(records)["01.wav"] == ""
    assert records.report.as_json()["skipped"] == {"no text (null)": {"count": 1, "for example": ["00.wav"]}}
    assert "1 recording has an empty text: silence is learned from it" in records.report.problems


def test_white_space_is_single_spaces(tmp_path):
    odd = ["a\u00a0b", "a  b", " a b ", "a\u3000b", "a\u202fb", "a b"]
    records = read_clips(table(tmp_path / "transcripts.csv", twelve(tmp_path, odd)), ALL)
    assert set(records.columns["text"]) == {"a b"}
    assert records.report.as_json()["converted"]["white space made single spaces"]["count"] == 4


def test_quotes_between_tabs_are_characters_and_in_csv_they_quote(tmp_path):
    texts = ['"Yes", he said', 'a "b" c', '"']
    rows = twelve(tmp_path / "t", texts)
    assert said(read_clips(table(tmp_path / "t" / "transcripts.tsv", rows), ALL)) == dict(rows)
    rows = twelve(tmp_path / "c", [*texts, "two\nlines, and; more"])
    found = said(read_clips(table(tmp_path / "c" / "transcripts.csv", rows), ALL))
    assert list(found.values()) == [*texts, "two lines, and; more"]


def test_a_text_beside_each_recording(tmp_path):
    rows = twelve(tmp_path)
    for path, text in rows:
        (tmp_path / path).with_suffix(".txt").write_text(f"  {text}\r\n", encoding="utf-8-sig", newline="")
    put(tmp_path / "more.wav", tone())
    records = read_clips(str(tmp_path), ALL)
    assert said(records) == dict(rows)
    assert records.report.as_json()["skipped"]["no text: no .txt of its name beside it"]["count"] == 1
    with pytest.raises(GuinaError, match="--split-by speaker, and there is no table"):
        read_clips(str(tmp_path), ALL, split_by="speaker")


# --- columns ---


def test_columns_of_other_tools(tmp_path):
    rows = twelve(tmp_path)
    wide = [(f"id{n}", text, path, "x") for n, (path, text) in enumerate(rows)]
    records = read_clips(table(tmp_path / "t.tsv", wide, ("client_id", "sentence", "path", "accent")), ALL)
    assert said(records) == dict(rows)
    assert records.columns["speaker"] == [f"id{n}" for n in range(12)]


def test_columns_that_the_user_names(tmp_path):
    rows = [(f"{text} raw", path, text) for path, text in twelve(tmp_path)]
    source = table(tmp_path / "t.csv", rows, ("A", "B", "C D"))
    with pytest.raises(GuinaError, match="not obvious which column has the texts") as error:
        read_clips(source, ALL)
    assert "--text-column" in error.value.mend
    records = read_clips(source, ALL, Wanted(text="c d"))
    assert records.columns["text"][3] == "word 3"
    assert read_clips(source, ALL, Wanted(text="1", path="B")).columns["text"][3] == "word 3 raw"
    with pytest.raises(GuinaError, match="has no column Z"):
        read_clips(source, ALL, Wanted(text="Z"))
    with pytest.raises(GuinaError, match="has no column who"):
        read_clips(source, ALL, Wanted(text="C D"), split_by="who")


def test_a_table_without_a_header(tmp_path):
    rows = twelve(tmp_path)
    records = read_clips(table(tmp_path / "t.tsv", rows[1:], rows[0]), ALL)
    assert said(records) == dict(rows)
    turned = [(text, path) for path, text in rows]
    assert said(read_clips(table(tmp_path / "t.tsv", turned[1:], turned[0]), ALL)) == dict(rows)


def test_paths_without_folder_and_ending(tmp_path):
    rows = [(Path(path).stem, text) for path, text in twelve(tmp_path / "wavs")]
    text = "".join(f"{stem}|{text}\n" for stem, text in rows)
    (tmp_path / "metadata.csv").write_text(text)
    records = read_clips(str(tmp_path), ALL)
    assert said(records) == {f"wavs/{stem}.wav": text for stem, text in rows}
    assert records.report.as_json()["converted"]["a path without its folder or its ending, completed"]["count"] == 12


@pytest.mark.parametrize("place", ["../secret.wav", "/etc/secret.wav", "C:\\secret.wav", "a/../../secret.wav", ""])
def test_paths_that_lead_out(tmp_path, place):
    put(tmp_path / "secret.wav", tone())
    rows = [*twelve(tmp_path / "clips"), (place, "psst")]
    with pytest.raises(GuinaError, match=r"line 14: .*(leads out of its folder|an empty path)"):
        read_clips(table(tmp_path / "clips" / "transcripts.tsv", rows), ALL)


def test_a_link_that_leads_out_is_skipped(tmp_path):
    put(tmp_path / "secret.wav", tone())
    rows = twelve(tmp_path / "clips")
    os.symlink(tmp_path / "secret.wav", tmp_path / "clips" / "link.wav")
    records = read_clips(table(tmp_path / "clips" / "transcripts.tsv", [*rows, ("link.wav", "psst")]), ALL)
    assert said(records) == dict(rows)
    assert "a link that leads out of the folder" in records.report.as_json()["skipped"]


@pytest.mark.parametrize(
    ("line", "what"),
    [("00.wav", "has 1 field"), ("00.wav\ta\tb", "has 3 fields")],
)
def test_rows_of_another_width(tmp_path, line, what):
    source = table(tmp_path / "transcripts.tsv", twelve(tmp_path))
    with open(tmp_path / "transcripts.tsv", "a") as file:
        file.write(line + "\n")
    with pytest.raises(GuinaError, match=f"line 14 {what}"):
        read_clips(source, ALL)


def test_values_that_are_no_text(tmp_path):
    twelve(tmp_path)
    (tmp_path / "t.jsonl").write_text('{"path": "00.wav", "text": ["a"]}\n{"path": "01.wav", "text": "b"}\n')
    with pytest.raises(GuinaError, match="line 1: text is a list"):
        read_clips(str(tmp_path), ALL)


# --- files ---


def test_missing_bad_and_unlisted_files(tmp_path):
    rows = [*twelve(tmp_path), ("gone.wav", "x"), ("empty.wav", "y"), ("a.m4a", "z")]
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "a.m4a").write_bytes(b"\x00\x00\x00\x20ftypM4A ")
    put(tmp_path / "more" / "unlisted.wav", tone())
    source = table(tmp_path / "transcripts.tsv", rows)
    records = read_clips(source, ALL)
    assert said(records) == dict(rows[:12])
    assert (records.report.found, records.report.used) == (15, 12)
    assert {why: found["for example"] for why, found in records.report.as_json()["skipped"].items()} == {
        "not there": ["gone.wav"],
        "zero bytes": ["empty.wav"],
        "m4a (AAC), which needs FFmpeg": ["a.m4a"],
    }
    assert "left out: 1 recording that is not in transcripts.tsv (more/unlisted.wav)" in records.report.problems
    table(tmp_path / "transcripts.tsv", [*rows, ("gone2.wav", "w")])
    with pytest.raises(GuinaError, match="4 of 16 recordings cannot be used"):
        read_clips(source, ALL)
    assert len(read_clips(source, ALL, max_bad=0.5)) == 12


def test_recordings_that_differ_in_their_ending_are_told_apart(tmp_path):
    rows = twelve(tmp_path)
    for n in range(3):
        put(tmp_path / "clips" / f"x{n}.wav", tone(0.5, hertz=900 + n))
        put(tmp_path / "clips" / f"x{n}.flac", tone(0.7, hertz=900 + n), kind="FLAC")
    listed = [("x0.flac", "a"), ("x1.FLAC", "b"), ("x1.wav", "c"), ("x2", "which one?")]
    records = read_clips(table(tmp_path / "transcripts.tsv", [*rows, *listed]), ALL)
    assert said(records) == {**dict(rows), "clips/x0.flac": "a", "clips/x1.flac": "b", "clips/x1.wav": "c"}
    assert records.report.as_json()["skipped"] == {"not there": {"count": 1, "for example": ["x2"]}}


def test_a_recording_that_broke_off_is_not_learned_with_its_whole_text(tmp_path):
    rows = twelve(tmp_path)
    file = (tmp_path / "03.wav").read_bytes()
    (tmp_path / "03.wav").write_bytes(file[: len(file) * 3 // 10])
    records = read_clips(table(tmp_path / "transcripts.tsv", rows), ALL)
    assert "03.wav" not in said(records)
    assert records.report.as_json()["skipped"] == {waves.BROKEN: {"count": 1, "for example": ["03.wav"]}}


def test_rows_that_come_twice(tmp_path):
    rows = twelve(tmp_path)
    records = read_clips(table(tmp_path / "transcripts.tsv", [*rows, rows[0], (rows[1][0], "other")]), ALL)
    assert said(records) == dict(rows)
    assert records.report.as_json()["skipped"]["listed before with another text"]["for example"] == [
        "transcripts.tsv, line 15"
    ]
    assert any("1 row of recordings that are listed before" in problem for problem in records.report.problems)


def test_copies_stay_on_one_side_and_are_said(tmp_path):
    rows = twelve(tmp_path)
    for n in range(6):
        put(tmp_path / f"copy{n}.wav", tone())
        rows.append((f"copy{n}.wav", "copy"))
    records = read_clips(table(tmp_path / "transcripts.tsv", rows), ALL)
    assert len({split for name, split in split_of(records).items() if "copy" in name}) == 1
    assert any("are copies of another one there" in problem for problem in records.report.problems)


def test_what_is_nothing(tmp_path):
    with pytest.raises(GuinaError, match="there is nothing at") as error:
        read_clips("mors", ALL)
    assert error.value.mend == "did you mean morse?"
    with pytest.raises(GuinaError, match=r"there are no recordings at .* \(the folder is empty\)"):
        read_clips(str(tmp_path), ALL)
    path = put(tmp_path / "a.wav", tone())
    with pytest.raises(GuinaError, match="has 1 recording, and no texts"):
        read_clips(str(tmp_path), ALL)
    with pytest.raises(GuinaError, match="a recording without a text"):
        read_clips(str(path), ALL)


def test_silence_with_a_text_and_clipping_are_said(tmp_path):
    rows = twelve(tmp_path)
    put(tmp_path / "00.wav", np.zeros(3200))
    put(tmp_path / "01.wav", np.clip(tone(0.2, loud=3.0), -1, 1))
    problems = read_clips(table(tmp_path / "transcripts.tsv", rows), ALL).report.problems
    assert "warning: 1 recording is silent, and has a text (00.wav)" in problems
    assert "1 of 12 recordings are clipped: their loudest parts are cut flat" in problems


# --- splits ---


def test_splits_by_folder(tmp_path):
    for split in ("train", "test"):
        table(tmp_path / split / "transcripts.tsv", twelve(tmp_path / split, [f"{split} {n}" for n in range(12)]))
    for n in range(12):  # other contents than those of train
        put(tmp_path / "test" / f"{n:02}.wav", tone(0.2, 16000, 1000 + 20 * n))
    records = read_clips(str(tmp_path), ALL)
    assert [records.count(split) for split in (TRAIN, TEST)] == [12 - records.count(VAL), 12]
    assert 1 <= records.count(VAL) <= 6
    assert {name.split("/")[0] for name, split in split_of(records).items() if split == TEST} == {"test"}
    learning = read_clips(str(tmp_path), (TRAIN, VAL))
    assert len(learning) == 12
    assert not [problem for problem in learning.report.problems if "left out" in problem]
    judging = read_clips(str(tmp_path), (TEST,))
    assert set(judging.columns["text"]) == {f"test {n}" for n in range(12)}
    assert len(read_clips(str(tmp_path / "train"), (TEST,))) == 12  # named outright it is what is judged


def test_splits_by_the_names_of_tables(tmp_path):
    rows = [(f"clips/{path}", text) for path, text in twelve(tmp_path / "clips")]
    table(tmp_path / "train.tsv", rows[:8])
    table(tmp_path / "dev.tsv", rows[8:10])
    table(tmp_path / "test.tsv", rows[10:])
    table(tmp_path / "validated.tsv", rows)
    records = read_clips(str(tmp_path), ALL)
    assert list(split_of(records).values()) == [TRAIN] * 8 + [VAL] * 2 + [TEST] * 2
    assert any("validated.tsv is neither train, val nor test" in problem for problem in records.report.problems)


def test_splits_by_a_column_and_by_the_folders_of_paths(tmp_path):
    rows = twelve(tmp_path)
    names = ["train"] * 7 + ["validation"] * 2 + ["test"] * 2 + ["none"]
    marked = [(*row, name) for row, name in zip(rows, names, strict=True)]
    records = read_clips(table(tmp_path / "all.csv", marked, ("path", "text", "split")), ALL)
    assert list(split_of(records).values()) == [TRAIN] * 7 + [VAL] * 2 + [TEST] * 2
    assert "its split is none, neither train, val nor test" in records.report.as_json()["skipped"]
    root = tmp_path / "other"
    rows = [
        *((f"train/{p}", t) for p, t in twelve(root / "train")),
        *((f"test/{p}", t) for p, t in twelve(root / "test")),
    ]
    records = read_clips(table(root / "metadata.csv", rows), ALL)
    assert {name.split("/")[0] for name, split in split_of(records).items() if split == TEST} == {"test"}


@pytest.mark.parametrize("name", ["speaker", "speaker_id", "client_id"])
def test_a_speaker_is_on_one_side(tmp_path, name):
    rows = [(path, text, f"s{n % 6}") for n, (path, text) in enumerate(twelve(tmp_path))]
    records = read_clips(table(tmp_path / "t.tsv", rows, ("path", "text", name)), ALL)
    sides = [set(records.only(split).columns["speaker"]) for split in (TRAIN, VAL)]
    assert not sides[0] & sides[1]
    assert all(sides)
    assert sides[0] | sides[1] == {f"s{n}" for n in range(6)}
    assert any("speakers are kept to judge by" in problem for problem in records.report.problems)


def test_split_by_any_column(tmp_path):
    rows = [(path, text, f"s{n}", f"room {n % 3}") for n, (path, text) in enumerate(twelve(tmp_path))]
    source = table(tmp_path / "t.tsv", rows, ("path", "text", "speaker", "room"))
    records = read_clips(source, ALL, split_by="room")
    sides = [set(records.only(split).columns["speaker"]) for split in (TRAIN, VAL)]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == {"room 0", "room 1", "room 2"}
    same = [(*row[:3], "hall") for row in rows]
    table(tmp_path / "t.tsv", same, ("path", "text", "speaker", "room"))
    with pytest.raises(GuinaError, match="--split-by room: all training recordings have the same value, hall"):
        read_clips(source, ALL, split_by="room")


def test_speakers_of_the_test_split_that_are_learned_from_are_said(tmp_path):
    for split in ("train", "test"):
        rows = [(*row, f"s{n % 4}") for n, row in enumerate(twelve(tmp_path / split))]
        table(tmp_path / split / "t.tsv", rows, ("path", "text", "speaker"))
    problems = read_clips(str(tmp_path), ALL).report.problems
    assert any(problem.startswith("warning: ") and "of known voices" in problem for problem in problems)


# --- samples ---


def test_waves_are_what_decode_gives_and_come_from_the_cache(tmp_path, monkeypatch):
    rows = twelve(tmp_path)
    put(tmp_path / "00.wav", speech("abc", 44100), 44100)
    source = table(tmp_path / "transcripts.tsv", rows)
    records = read_clips(source, ALL)
    assert records.source.rate == 16000
    monkeypatch.setattr(waves, "hear", lambda *_, **__: pytest.fail("it was decoded again"))
    again = read_clips(source, ALL)
    assert again.fingerprint == records.fingerprint
    assert again.report.as_json() == records.report.as_json()
    column = wave_column(again)
    for n, path in enumerate(again.columns["path"]):
        sound = decode(path, 16000)
        assert (column.values(np.array([n]))[0] == as_int16(sound.samples_N)).all()
        assert again.columns["seconds"][n] == sound.seconds


def test_the_rate_is_the_commonest_lower_one_or_what_is_asked(tmp_path):
    rows = twelve(tmp_path)
    for n in range(8):
        put(tmp_path / f"{n:02}.wav", tone(0.3, 8000, 300 + 10 * n), 8000)
    source = table(tmp_path / "transcripts.tsv", rows)
    records = read_clips(source, ALL)
    assert records.source.rate == 8000
    assert records.report.as_json()["converted"]["16000 Hz to 8000 Hz"]["count"] == 4
    assert read_clips(source, ALL, rate=16000).source.rate == 16000
    assert abs(len(wave_column(records, 16000).values(np.array([0]))[0]) - 4800) <= 1
    for n in range(8):
        put(tmp_path / f"{n:02}.wav", tone(0.3, 44100, 300 + 10 * n), 44100)
    assert read_clips(source, ALL).source.rate == 16000


def test_a_fingerprint_tells_texts_and_contents_apart(tmp_path):
    rows = twelve(tmp_path)
    source = table(tmp_path / "transcripts.tsv", rows)
    first = read_clips(source, ALL).fingerprint
    table(tmp_path / "transcripts.tsv", [(rows[0][0], "changed"), *rows[1:]])
    second = read_clips(source, ALL).fingerprint
    put(tmp_path / "00.wav", tone(0.5))
    assert len({first, second, read_clips(source, ALL).fingerprint}) == 3


def test_a_table_that_is_named_outright(tmp_path):
    rows = [(f"clips/{path}", text) for path, text in twelve(tmp_path / "clips")]
    put(tmp_path / "elsewhere" / "x.wav", tone())
    path = table(tmp_path / "words.tsv", rows) + "/words.tsv"
    table(tmp_path / "transcripts.tsv", rows[:3])
    records = read_clips(path, ALL)
    assert said(records) == dict(rows)
    assert not [problem for problem in records.report.problems if "left out" in problem]
