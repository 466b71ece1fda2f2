"""Subtitles read back from their files: no line too long, no caption too long, no word lost, none before its time."""

import doctest
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina.answering import subtitles as module
from guina.answering.subtitles import LONGEST, PAUSE, SHORTEST, WIDEST, Kind, Piece, captions, subtitles

TIME = r"(\d\d+):(\d\d):(\d\d)[,.](\d\d\d)"
LETTERS = st.text(st.sampled_from("abc.é<&->語"), min_size=1, max_size=12) | st.text("語話", min_size=30, max_size=100)
SPOKEN = st.lists(st.tuples(LETTERS, st.floats(0, 3), st.floats(0, 9)), max_size=40)


def timed(spoken: list[tuple[str, float, float]]) -> list[Piece]:
    """Words with the pause before each and how long each takes."""
    now, words = 0.0, []
    for text, pause, seconds in spoken:
        words.append(Piece(text, now + pause, now + pause + seconds))
        now += pause + seconds
    return words


def read(text: str, kind: Kind) -> list[tuple[float, float, list[str]]]:
    """Start, end and lines of each caption of a file."""
    if kind == "vtt":
        assert text.startswith("WEBVTT\n\n")
        text = text.removeprefix("WEBVTT\n\n")
    assert text == "" or text.endswith("\n\n")
    found = []
    for number, block in enumerate(text.split("\n\n")[:-1], 1):
        first, times, *lines = block.split("\n")
        assert first == str(number)
        match = re.fullmatch(f"{TIME} --> {TIME}", times)
        assert match
        assert times.count("," if kind == "srt" else ".") == 2
        h, m, s, ms, *end = map(int, match.groups())
        seconds = [a * 3600 + b * 60 + c + d / 1000 for a, b, c, d in ((h, m, s, ms), end)]
        found.append((*seconds, [html.unescape(line) for line in lines] if kind == "vtt" else lines))
    return found


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module) == (0, 5)


@pytest.mark.parametrize("kind", ["srt", "vtt"])
@given(SPOKEN)
@settings(deadline=None, max_examples=150)
def test_a_file_holds_all_words_in_captions_that_can_be_read(
    kind: Kind, spoken: list[tuple[str, float, float]]
) -> None:
    words = timed(spoken)
    found = read("".join(subtitles(words, kind)), kind)
    letters = "".join("".join(lines) for _, _, lines in found).replace(" ", "")
    assert letters == "".join(word.text for word in words)
    before = 0.0
    for start, end, lines in found:
        assert before <= start <= end
        assert end - start <= LONGEST + 0.0011  # times are rounded
        assert 1 <= len(lines) <= 2
        assert all(0 < len(line) <= WIDEST for line in lines)
        before = end


def test_a_pause_a_full_caption_and_the_end_of_a_sentence_begin_another() -> None:
    words = [
        Piece("one", 0.0, 0.5),
        Piece("two.", 0.6, 1.2),
        Piece("three", 1.3, 1.8),
        Piece("four", 1.81 + PAUSE, 3.0),
        *(Piece("wordily", 3.0 + n / 10, 3.1 + n / 10) for n in range(10)),
    ]
    assert [caption.lines for caption in captions(words)] == [
        ("one two.",),
        ("three",),
        ("four wordily wordily wordily wordily", "wordily wordily wordily wordily wordily"),
        ("wordily",),
    ]


def test_seven_seconds_are_the_most() -> None:
    words = [Piece("slow", 2.0 * n, 2.0 * n + 1.9) for n in range(8)]
    found = [(caption.start, caption.end, caption.lines) for caption in captions(words)]
    assert [lines for _, _, lines in found] == [("slow slow slow",), ("slow slow slow",), ("slow slow",)]
    assert all(end - start <= LONGEST for start, end, _ in found)
    (one,) = captions([Piece("drawl", 1.0, 20.0)])
    assert (one.start, one.end) == (1.0, 8.0)


def test_a_short_caption_stays_a_second_if_it_may() -> None:
    first, second = captions([Piece("Hi!", 1.0, 1.1), Piece("You?", 1.4, 1.5)])
    assert (first.start, first.end) == (1.0, 1.4)
    assert (second.start, second.end) == (1.4, 1.4 + SHORTEST)
    first, _ = captions([Piece("Hi!", 1.0, 1.1), Piece("You?", 5.0, 5.5)])
    assert (first.start, first.end) == (1.0, 2.0)


def test_a_sentence_without_spaces_is_cut_in_proportion() -> None:
    found = list(captions([Piece("語" * 60, 0.0, 12.0)]))
    assert [caption.lines for caption in found] == [("語" * 30,), ("語" * 30,)]
    assert [(caption.start, caption.end) for caption in found] == [(0.0, 6.0), (6.0, 12.0)]


def test_a_word_that_begins_before_the_last_has_ended_waits() -> None:
    found = list(captions([Piece("One.", 0.0, 2.0), Piece("Two.", 1.5, 1.8)]))
    assert [(caption.start, caption.end) for caption in found] == [(0.0, 2.0), (2.0, 3.0)]


def test_captions_come_as_the_words_do() -> None:
    asked = 0

    def endless():
        nonlocal asked
        while True:
            asked += 1
            yield Piece("word.", asked * 2.0, asked * 2.0 + 1)

    pieces = subtitles(endless(), "vtt")
    assert [next(pieces) for _ in range(3)][-1].startswith("2\n00:00:04.000 --> 00:00:05.000\nword.")
    assert asked < 6


def test_no_words_make_a_file_without_captions() -> None:
    assert "".join(subtitles([], "srt")) == ""
    assert "".join(subtitles([Piece(" ", 0, 1)], "vtt")) == "WEBVTT\n\n"


def test_what_vtt_takes_for_tags_is_escaped_and_srt_is_as_it_was_said() -> None:
    words = [Piece("<b>&", 0, 1)]
    assert "&lt;b&gt;&amp;" in "".join(subtitles(words, "vtt"))
    assert "<b>&" in "".join(subtitles(words, "srt"))
