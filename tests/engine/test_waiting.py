"""What is said to whoever waits: a moving line in a terminal, few lines elsewhere, nothing of what is over at once."""

import io
import time

from guina.engine import waiting
from guina.engine.waiting import Pace, Waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_over_at_once_is_not_said(monkeypatch):
    monkeypatch.setattr(waiting, "TICK", 0.01)
    stream = io.StringIO()
    with Waiting(stream) as say:
        say("reading")
        time.sleep(0.1)
        say("judging")
    assert stream.getvalue() == ""


def test_what_takes_long_is_a_line_and_again_a_line(monkeypatch):
    for name, value in {"TICK": 0.01, "PATIENT": 0.05, "AGAIN": 0.3}.items():
        monkeypatch.setattr(waiting, name, value)
    stream = io.StringIO()
    with Waiting(stream) as say:
        say("reading")
        time.sleep(0.5)
    assert stream.getvalue().splitlines()[:2] == ["reading …", "reading, 0 s so far"]


def test_a_terminal_has_one_line_that_is_gone_at_the_end(monkeypatch):
    monkeypatch.setattr(waiting, "TICK", 0.01)
    stream = Terminal()
    with Waiting(stream) as say:
        say("reading \x1b[31m")
        time.sleep(0.1)
    told = stream.getvalue()
    assert "\n" not in told
    assert "\\x1b[31m  0 s" in told, "what would steer the terminal is shown"
    assert told.endswith("\r\x1b[2K")


def test_without_a_console_nothing_is_said(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with Waiting() as say:
        say("reading")


def test_pace_says_how_many_are_done_and_how_long_the_rest_takes(monkeypatch):
    now = iter([0.0, 10.0, 40.0, 45.0])
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    with Pace("lines", stream) as pace:
        pace(5, 200)  # too soon
        pace(100, 200)
        pace(110)  # too soon after the last
        pace.say("line 7: something else")
    assert stream.getvalue() == "100 of 200 lines, 2 a second, 40 s left\nline 7: something else\n"


def test_pace_on_a_terminal_writes_over_itself_and_leaves_nothing(monkeypatch):
    now = iter([0.0, 1.0, 2.0])
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(now))
    stream = Terminal()
    with Pace("lines", stream) as pace:
        assert list(pace.of(["a", "b"])) == ["a", "b"]
    assert stream.getvalue().split(waiting.CLEAR) == ["", "1 lines, 1 a second", "2 lines, 1 a second", ""]
