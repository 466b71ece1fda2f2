"""What a run says: plain lines, and a live block that is not drawn too often."""

import io
import time
from pathlib import Path

import pytest

import running
from guina.engine.progress import LiveProgress, Progress, duration, sparkline


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_are_one_a_validation_and_nothing_else(tmp_path: Path) -> None:
    stream = io.StringIO()
    running.train("toy-speech", tmp_path / "run", steps=40, progress=Progress("score", stream))
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("read 224 + 32 examples from 1 in ")
    assert lines[1].startswith("plan: 501 weights, 40 steps of 16 (2.9 epochs) in 40 steps")
    assert [line.split()[1] for line in lines[2:]] == [f"{step}/40" for step in range(0, 41, 2)]
    assert "\x1b" not in stream.getvalue()
    for line, row in zip(lines[2:], running.rows(tmp_path / "run"), strict=True):
        assert f"score {row['val/score']:.4f}" in line
    assert "0 s left" in lines[-1]


def test_the_live_block_shows_it_all_and_ends_clean(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    now, stream = [100.0], Terminal()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = LiveProgress("accuracy", stream)
    progress.say("read 5 [examples]")
    progress.validated(0, 100, {"accuracy": 0.1}, 2.3, 60.0)
    progress.validated(50, 100, {"accuracy": 0.9}, 0.3, 30.0)
    drawn = []
    progress.live.update = lambda table, refresh, update=progress.live.update: (
        drawn.append(now[0]),
        update(table, refresh=refresh),
    )
    for step in range(1000):  # a step a millisecond: a second
        now[0] += 0.001
        progress.step(step, 1000, 0.25, 12345.0, 61.0)
    progress.close()
    text = stream.getvalue()
    assert "read 5 [examples]" in text
    for shown in ("accuracy 0.9000", "loss 0.2500", "12,345 examples/s", "1:01 left", "▁█"):
        assert shown in text
    assert 5 <= len(drawn) <= 10
    assert text.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in text, "the cursor comes back"


def test_a_run_in_a_terminal(tmp_path: Path) -> None:
    stream = Terminal()
    progress = LiveProgress("score", stream)
    running.train("toy-speech", tmp_path / "run", steps=20, progress=progress)
    assert not progress.started
    assert len(progress.history) == 21


def test_a_resumed_run_remembers_its_line(nursery, tmp_path: Path) -> None:
    stream = io.StringIO()
    nursery.spawn("toy-speech", tmp_path / "run", 24, at=20)
    running.train("toy-speech", tmp_path / "run", resume=True, progress=Progress("score", stream))
    last = stream.getvalue().splitlines()[-1]
    assert len(last.split("  ")[-2].strip()) == len(running.rows(tmp_path / "run"))
    assert "resumed at step" in stream.getvalue()


@pytest.mark.parametrize(
    ("values", "line"), [([], ""), ([5.0], "▄"), ([2.0, 2.0], "▄▄"), ([0, 7], "▁█"), (list(range(8)), "▁▂▃▄▅▆▇█")]
)
def test_sparklines(values: list[float], line: str) -> None:
    assert sparkline(values) == line


def test_sparklines_show_the_last_values() -> None:
    assert len(sparkline(list(range(100)), width=24)) == 24


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0 s"), (0, "0 s"), (59.4, "59 s"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
