"""What is shown of a recogniser, of made-up recordings and transcripts."""

import doctest
from dataclasses import dataclass

import numpy as np
import pytest

from guina.jobs.transcribe import inside, mistakes, panels
from guina.jobs.transcribe.inside import Paths, picture_of, segments_of, what_bands_see, what_it_is_given
from guina.jobs.transcribe.mistakes import kinds_of_errors, letter_confusions, speakers_apart, word_confusions
from guina.jobs.transcribe.panels import Heard, transcribe_panels, within_time, worst
from guina.look.page import render
from guina.panels import Confusion, NBest, Sounds, Table
from guina.word_errors import align_characters, align_words

RATE = 8000
UNITS = ("", *" abcdefghijklmnopqrstuvwxyz")
PATHS = Paths(UNITS, 0, 0.04)


@dataclass(frozen=True)
class Word:
    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What a recogniser answers, as far as it is shown."""

    text: str
    words: tuple[Word, ...]
    path_T: np.ndarray
    log_probability: float


def heard(n: int, reference: str, text: str, speaker: str = "", seconds: float = 1.0) -> Heard:
    """A recording in which each letter takes a frame and each blank another one."""
    path_T = np.array([number for c in text for number in (0, UNITS.index(c))] + [0])
    words = tuple(Word(word, 0.1 * k, 0.1 * k + 0.08, 0.9) for k, word in enumerate(text.split()))
    return Heard(f"clip{n}.wav", reference, seconds, Answer(text, words, path_T, -1.0), speaker)  # pyright: ignore[reportArgumentType]


def wave(n: int) -> np.ndarray:
    return (3000 * np.sin(np.arange(RATE) * (0.1 + 0.01 * n))).astype(np.int16)


SOME = [
    heard(0, "one two", "one two", "ann"),
    heard(1, "nine one", "five one", "bob"),
    heard(2, "nine", "five", "bob", 2.0),
    heard(3, "", "oh", "ann"),
    heard(4, "two two one", "", "ann", 0.5),
]
WORDS = align_words([one.answer.text for one in SOME], [one.reference for one in SOME])
LETTERS = align_characters([one.answer.text for one in SOME], [one.reference for one in SOME])


@pytest.mark.parametrize(("module", "examples"), [(inside, 2), (mistakes, 2), (panels, 0)])
def test_examples_in_docstrings(module, examples: int) -> None:
    assert doctest.testmod(module) == (0, examples)


def test_a_path_is_cut_where_its_unit_changes_and_shows_its_blanks() -> None:
    found = segments_of(np.array([2, 2, 0, 2, 1, 1, 1]), PATHS)
    assert [(s.start, s.end, s.label) for s in found] == [
        (0.0, 0.08, "a"),
        (0.08, 0.12, "∅"),
        (0.12, 0.16, "a"),
        (0.16, 0.28, " "),
    ]
    assert segments_of(np.array([], np.int64), PATHS) == []


def test_words_are_counted_by_what_they_were_taken_for() -> None:
    (found,) = word_confusions(WORDS)
    assert isinstance(found, Confusion)
    names = found.classes
    counts = {(names[i], names[j]): n for (i, j), n in found.counts.items()}
    assert counts == {
        ("one", "one"): 2,
        ("two", "two"): 1,
        ("nine", "five"): 2,
        ("∅", "oh"): 1,
        ("two", "∅"): 2,
        ("one", "∅"): 1,
    }
    assert names[-1] == "∅"
    assert found.says.startswith(
        ("Most often “nine” was taken for “five”: 2 of 2", "Most often “two” was not heard: 2")
    )


def test_many_words_are_listed_by_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistakes, "FEW_WORDS", 3)
    (found,) = word_confusions(WORDS)
    assert isinstance(found, Table)
    rows = {tuple(row[:2]): row[2:] for row in found.rows}
    assert rows[("nine", "five")] == [2, "100%"]
    assert rows[("two", "∅")] == [2, "67%"]
    assert rows[("∅", "oh")] == [1, "–"]


def test_letters_are_counted_too() -> None:
    aligned = align_characters(["bat a", "bat"], ["cat a", "cat"])
    (found,) = letter_confusions(aligned)
    place = {name: n for n, name in enumerate(found.classes)}
    assert found.counts[place["c"], place["b"]] == 2
    assert found.counts[place["␣"], place["␣"]] == 1
    assert found.says.startswith("Most often “c” was taken for “b”: 2 of 2 times. ")


def test_what_is_all_right_has_no_confusions() -> None:
    aligned = align_words(["a", ""], ["a", ""])
    assert not list(word_confusions(aligned))
    assert not list(letter_confusions(aligned))
    assert not list(worst([heard(0, "a", "a"), heard(1, "", "")], aligned, wave, RATE))


def test_errors_by_kind_and_by_speaker() -> None:
    table = kinds_of_errors(WORDS, LETTERS)
    shares = {row[0]: row[1] for row in table.rows}  # of 8 words
    assert list(shares.values()) == ["25.0%", "37.5%", "12.5%", "75.0%"]
    assert table.says.startswith("1 of 5 recordings are right to the last word, and in 1 nothing was heard.")
    (speakers,) = speakers_apart(WORDS, [one.speaker for one in SOME])
    assert speakers.rows == [["ann", 3, 5, "80.0%", 0, 3, 1], ["bob", 2, 3, "66.7%", 2, 0, 0]]
    assert not list(speakers_apart(WORDS, [""] * 5)), "one speaker is no comparison"


def test_the_worst_recordings_come_first_and_none_that_is_right() -> None:
    (found,) = worst(SOME, WORDS, wave, RATE)
    assert [sound.name for sound in found.sounds] == ["clip4.wav", "clip2.wav", "clip3.wav", "clip1.wav"]
    assert found.sounds[-1].note == "said “nine one”, heard “five one”; 1 wrong of 2"
    assert [segment.label for segment in found.sounds[-1].segments] == ["five", "one"]
    np.testing.assert_allclose(found.sounds[0].samples_N, wave(4) / 32768)


def test_no_more_is_to_be_heard_than_a_page_holds() -> None:
    some = [heard(n, "a", "b", seconds=20.0) for n in range(5)]
    assert within_time([4, 2, 0], some) == [4, 2]
    assert within_time([3], [heard(0, "a", "b", seconds=500.0)] * 4) == [3]


def test_bands_as_pictures() -> None:
    found = what_it_is_given(wave(0), RATE, "clip")
    sizes = {caption: picture.shape for caption, picture in zip(found.captions, found.pictures, strict=True)}
    assert sizes["as it is"] == sizes["some of it blanked"] == (64, 100)
    assert sizes["15 % faster, and higher"] == (64, 87)
    assert sizes["15 % slower, and lower"] == (64, 118)
    assert picture_of(np.full((3, 2), 100.0)).tolist() == [[255] * 3] * 2
    curves = what_bands_see(RATE)
    assert len(curves.lines) == 6
    peaks = [x[y.argmax()] for x, y in curves.lines.values()]
    assert peaks == sorted(peaks)
    assert all(y.max() > 0.5 for _, y in curves.lines.values())


def test_all_panels_are_drawn() -> None:
    names, references = "clip0.wav\nclip1.wav", "one two\nnine one"
    snaps = [
        (1, {"names": names, "references": references, "transcripts": "\n"}),
        (50, {"names": names, "references": references, "transcripts": "one two\nfive one"}),
        (60, {"other": np.zeros(3)}),
    ]
    made = list(transcribe_panels(SOME, wave, RATE, PATHS, snaps))
    assert [panel.title for panel in made] == [
        "What it heard when",
        "Worst recordings",
        "Words taken for others",
        "Characters taken for others",
        "How it fails",
        "By speaker",
        "How it learned",
        "What it is given",
        "What the bands see",
    ]
    assert isinstance(made[0], Sounds)
    assert "∅" in [segment.label for segment in made[0].sounds[-1].segments]
    learned = made[6]
    assert isinstance(learned, NBest)
    assert [answer.score for answer in learned.examples[0].answers] == [0.0, 1.0]
    assert [answer.label for answer in learned.examples[1].answers] == ["step 1", "step 50"]
    assert learned.examples[1].answers[1].score == pytest.approx(6 / 8)  # n and n: f and v
    page = render("run", "", [], made)
    for text in ("step 50", "clip4.wav", "<audio"):
        assert text in page


def test_one_silent_recording_is_enough() -> None:
    for one in (heard(0, "", ""), heard(0, "a", ""), heard(0, "", "a")):
        made = list(transcribe_panels([one], lambda n: np.zeros(0, np.int16), RATE, PATHS, []))
        assert "How it learned" not in [panel.title for panel in made]
        assert render("run", "", [], made)
