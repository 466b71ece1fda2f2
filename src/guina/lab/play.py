"""Playing a game: one training by the engine in a folder that is thrown away, watched, and measured.

What the critic sees before its update, after it, and after the generator's is read by an observer (guina.engine.step);
the loop knows nothing of it.

Axes: N examples, D their dimension, H W the places of the grid that the critic is asked about.
"""

import io
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from guina.answering.base import Answering
from guina.answering.model import load_answering
from guina.engine.budget import Limit
from guina.engine.job import Job
from guina.engine.options import TrainingOptions
from guina.engine.progress import Progress
from guina.engine.session import Session
from guina.engine.signals import Stop
from guina.engine.step import Observer
from guina.engine.turns import Nets, Turn
from guina.errors import GuinaError
from guina.lab.game import PointsGame
from guina.runtime import evaluating
from guina.storage import read_lines

WATCHED = 20  # moments of a training that are kept
SHOWN = 120  # made points that are shown, with the slope at each


COMMON = {
    "ms_per_step": "milliseconds a step",
    "steps_to_quality": "first step at the quality",
    "diverged": "seeds that diverged",
    "collapsed": "seeds that collapsed",
    "seconds": "seconds",
    "steps": "steps",
}


@dataclass(frozen=True)
class Played:
    """What a training gave.

    Args:
        scores: at the end; empty where it diverged.
        history: at each validation: the step, and the scores.
        seconds: from the first step to the last, validations included.
        made: what the generator makes at the end; None where the game diverged.
    """

    scores: dict[str, float]
    history: list[tuple[int, dict[str, float]]]
    seconds: float
    steps: int
    diverged: bool
    made: np.ndarray | None


class Watch:
    """An observer that keeps, at a few steps, what the critic says of a fixed grid and where the made points are.

    Args:
        grid_ND: places, in the data's units, as all that is kept.
        critic_turn, generator_turn: names of the turns that are watched.

    Attributes:
        kept: by step: "before", "after" (the critic's answers, N), "fakes", "slopes" (N×D), "moved" (the same fakes
            after the generator's turn).
    """

    def __init__(self, game: PointsGame, grid_ND: np.ndarray, steps: int, critic_turn: str = "critic") -> None:
        self.game, self.grid = game, torch.from_numpy(game.data.shrunk(grid_ND)).float()
        self.at = {int(step) for step in np.unique(np.geomspace(1, max(2, steps), WATCHED).round() - 1)}
        self.critic_turn = critic_turn
        self.kept: dict[int, dict[str, np.ndarray]] = {}

    def before(self, turn: Turn, nets: Nets, step: int) -> None:
        if step in self.at and turn.name == self.critic_turn:
            self._keep(step, before=self._asked(nets))

    def after(self, turn: Turn, nets: Nets, step: int) -> None:
        if step not in self.at:
            return
        if turn.name == "generator":
            self._keep(step, moved=self._made(nets))
        else:  # the critic's own turn, or the penalty's that follows it
            fakes = self._made(nets)
            self._keep(step, after=self._asked(nets), fakes=fakes, slopes=self._slopes(nets, fakes))

    def _keep(self, step: int, **found: np.ndarray) -> None:
        self.kept.setdefault(step, {}).update({name: array.astype(np.float32) for name, array in found.items()})

    @torch.no_grad()
    def _asked(self, nets: Nets) -> np.ndarray:
        return nets["critic"](self.grid).squeeze(1).numpy()

    @torch.no_grad()
    def _made(self, nets: Nets) -> np.ndarray:
        return self.game.answering(nets).made(SHOWN, seed=1)  # pyright: ignore[reportAttributeAccessIssue]

    def _slopes(self, nets: Nets, fakes_ND: np.ndarray) -> np.ndarray:
        with torch.enable_grad():
            x_ND = torch.from_numpy(self.game.data.shrunk(fakes_ND)).float().requires_grad_()
            (slope_ND,) = torch.autograd.grad(nets["critic"](x_ND).sum(), x_ND)
        return slope_ND.numpy()


class Timed:
    """An observer around all others that notes when the first and the last turn were."""

    def __init__(self) -> None:
        self.first = self.last = 0.0

    def before(self, turn: Turn, nets: Nets, step: int) -> None:
        self.first = self.first or time.perf_counter()

    def after(self, turn: Turn, nets: Nets, step: int) -> None:
        self.last = time.perf_counter()


def play(
    game: Job,
    source: str,
    seed: int,
    steps: int,
    show: Callable[[Answering], np.ndarray],
    observers: tuple[Observer, ...] = (),
) -> Played:
    """Play for so many steps; a game that diverges is a result, not an error.

    Args:
        show: what the finished run's networks make.
    """
    timed = Timed()
    with tempfile.TemporaryDirectory(prefix="guina-lab-") as folder:
        out = Path(folder) / "run"
        options = TrainingOptions(Limit(steps=steps), seed=seed, device="cpu", precision="float32", threads=1)
        diverged, scores, made = False, {}, None
        try:
            outcome = Session(game, source, out, options, Progress(stream=io.StringIO()), Stop()).train(
                (*observers, timed)
            )
            scores, made = outcome.score, shown_by(out, game, show)
        except GuinaError:
            if not any(row.get("event") == "not finite" for row in read_lines(out / "events.jsonl")):
                raise
            diverged = True
        rows = list(read_lines(out / "metrics.jsonl"))
    history = [(row["step"], {k[4:]: v for k, v in row.items() if k.startswith("val/")}) for row in rows]
    return Played(scores, history, timed.last - timed.first, steps, diverged, made)


def shown_by(out: Path, game: Job, show: Callable[[Answering], np.ndarray]) -> np.ndarray:
    """What the networks of a finished run make."""
    half = load_answering(out / "model", lambda _: (game.Settings, game.Answering))
    with evaluating(*half.nets.values()):
        return show(half)


def first_step(history: list[tuple[int, dict[str, float]]], good: Callable[[Mapping[str, float]], bool]) -> float:
    """The first validated step whose scores are good; NaN where none was.

    Example:
        >>> first_step([(0, {"modes": 3}), (50, {"modes": 8})], lambda scores: scores["modes"] == 8)
        50.0
    """
    return next((float(step) for step, scores in history if good(scores)), float("nan"))


def measured(
    played: Played,
    metrics: Iterable[str],
    is_good: Callable[[Mapping[str, float]], bool],
    is_collapsed: Callable[[Mapping[str, float]], bool],
) -> dict[str, float]:
    """A trial's numbers: the scores that an experiment's table has, and what all games have (`COMMON`)."""
    scores = {name: played.scores.get(name, float("nan")) for name in metrics if name not in COMMON}
    return scores | {
        "ms_per_step": 1000 * played.seconds / played.steps,
        "steps_to_quality": first_step(played.history, is_good),
        "diverged": float(played.diverged),
        "collapsed": float(not played.diverged and is_collapsed(played.scores)),
        "seconds": played.seconds,
        "steps": float(played.steps),
    }
