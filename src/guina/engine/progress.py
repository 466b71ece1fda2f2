"""What a run says while it goes: a live block in a terminal, one plain line a validation elsewhere."""

import sys
import time
from contextlib import suppress
from math import nan
from typing import Any, TextIO

from guina.console import is_terminal, note, visible

BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float], width: int = 24) -> str:
    """The last values as small bars, from their lowest to their highest.

    Example:
        >>> sparkline([1, 2, 3])
        '▁▄█'
    """
    values = values[-width:]
    if not values:
        return ""
    low, high = min(values), max(values)
    return "".join(BARS[int((v - low) / (high - low) * 7) if high > low else 3] for v in values)


def duration(seconds: float) -> str:
    """Seconds as people say them.

    Example:
        >>> duration(7.4), duration(96), duration(7500)
        ('7 s', '1:36', '2:05:00')
    """
    if seconds < 60:
        return f"{max(0, seconds):.0f} s"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


class Progress:
    """Plain lines to a stream: what is said, and one line a validation.

    Args:
        stream: where to; None: stderr, where there is one, so that stdout carries only answers.
        metric: the headline's key.
    """

    def __init__(self, metric: str = "", stream: TextIO | None = None) -> None:
        self.metric, self.stream = metric, stream
        self.history: list[float] = []

    def say(self, text: str) -> None:
        note(text, self.stream)

    def step(self, step: int, of: int, loss: float, per_second: float, left: float) -> None:
        """Called after every step; a plain stream has nothing to say then."""

    def validated(self, step: int, of: int, scores: dict[str, float], loss: float, left: float) -> None:
        value = self._keep(scores)
        self.say(
            f"step {step}/{of}  loss {loss:.4f}  {self.metric} {value:.4f}  "
            f"{sparkline(self.history)}  {duration(left)} left"
        )

    def _keep(self, scores: dict[str, float]) -> float:
        """The headline, kept for the sparkline; a score that is no number is missing."""
        if self.metric in scores:
            self.history.append(scores[self.metric])
        return scores.get(self.metric, nan)

    def close(self) -> None:
        """Nothing is left on the screen that moves."""


class LiveProgress(Progress):
    """A block in a terminal that is redrawn at most ten times a second."""

    def __init__(self, metric: str = "", stream: TextIO | None = None) -> None:
        super().__init__(metric, stream)
        from rich.console import Console
        from rich.live import Live

        self.console = Console(file=self.stream or sys.stderr)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.started = False
        self.drawn_at = 0.0
        self.now: dict[str, Any] = {}

    def say(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            self.console.print(visible(text), markup=False, highlight=False)

    def step(self, step: int, of: int, loss: float, per_second: float, left: float) -> None:
        if time.monotonic() - self.drawn_at < 0.1:
            return
        self.now = {"step": step, "of": of, "loss": loss, "per_second": per_second, "left": left}
        with suppress(OSError, ValueError):
            self._draw()

    def validated(self, step: int, of: int, scores: dict[str, float], loss: float, left: float) -> None:
        self._keep(scores)

    def _draw(self) -> None:
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        self.drawn_at = time.monotonic()
        if not self.started:
            self.live.start()
            self.started = True
        now, table = self.now, Table.grid(padding=(0, 2))
        table.add_row(
            ProgressBar(total=now["of"], completed=now["step"], width=32),
            f"{now['step']}/{now['of']}",
            f"{duration(now['left'])} left",
            f"{now['per_second']:,.0f} examples/s",
        )
        score = f"{self.metric} {self.history[-1]:.4f}" if self.history else ""
        table.add_row(sparkline(self.history), f"loss {now['loss']:.4f}", score, "")
        self.live.update(table, refresh=True)

    def close(self) -> None:
        if self.started:
            self.started = False
            with suppress(OSError, ValueError):
                self.live.stop()


def progress_for(metric: str, quiet: bool = False) -> Progress:
    """Live in a terminal, plain elsewhere."""
    return LiveProgress(metric) if is_terminal(sys.stderr) and not quiet else Progress(metric)
