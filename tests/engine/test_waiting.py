"""What is said to whoever waits: a moving line in a terminal, few lines elsewhere, nothing of what is over at once."""

import io
import time

from guina.engine import waiting
from guina.engine.waiting import Waiting


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
