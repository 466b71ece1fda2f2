"""Experiments with a game on points: what they share. Each says what its data are and what is good."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from guina.answering.base import Answering
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.game import GameSettings, Points, PointsAnswering, check_game, game_on
from guina.lab.play import Played, Watch, measured, play
from guina.lab.seen import LINE, Range, plane, play_in_the_plane, play_on_a_line
from guina.panels import Curves, Frames, Panel, Scene
from guina.panels import Frame as Still


class PointsExperiment(Experiment):
    """A game on points.

    Class attributes:
        quality: what `is_good` asks for, in words.
        curve: the score that is drawn over the steps.
        ranges: of x and y in the data's units; the y of a line is not used.
    """

    quality: ClassVar[str]
    curve: ClassVar[str]
    ranges: ClassVar[tuple[Range, Range]]

    @abstractmethod
    def points(self, settings: Any) -> Points:
        """The data."""

    @abstractmethod
    def is_good(self, scores: Mapping[str, float]) -> bool:
        """Whether the stated quality is there."""

    @abstractmethod
    def is_collapsed(self, scores: Mapping[str, float]) -> bool:
        """Whether the generator makes far less than there is."""

    def check(self, settings: Any) -> None:
        check_game(settings)
        self.points(settings)

    def run(self, settings: GameSettings, seed: int, steps: int) -> Trial:
        points = self.points(settings)
        game = game_on(points, settings)
        one = points.dimension == 1
        grid_ND = np.linspace(*self.ranges[0], LINE)[:, None] if one else plane(*self.ranges)
        watch = Watch(game, grid_ND, steps)

        def show(half: Answering) -> np.ndarray:
            assert isinstance(half, PointsAnswering), "the game that was played"
            return half.made(1000)

        played = play(game, str(seed), seed, steps, show, (watch,) if seed == 0 else ())
        return Trial(
            measured(played, self.metrics, self.is_good, self.is_collapsed),
            self._shown(points, settings, played, watch, seed),
        )

    def _shown(self, points: Points, settings: GameSettings, played: Played, watch: Watch, seed: int) -> dict[str, Any]:
        real_ND = points.draw(np.random.default_rng(seed + 1), 1000)
        curve = [(step, scores.get(self.curve, float("nan"))) for step, scores in played.history]
        shown: dict[str, Any] = {"real": real_ND, "curve": np.array(curve, np.float64), "kept": watch.kept}
        return shown | {
            "loss": settings.loss,
            "made": [] if played.made is None else played.made,
        }

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        lines = {
            row.name: (
                row.trials[0].shows["curve"][:, 0],
                np.mean([trial.shows["curve"][:, 1] for trial in whole], axis=0),
            )
            for row in rows
            if (whole := [t for t in row.trials if len(t.shows["curve"]) == len(row.trials[0].shows["curve"])])
        }
        label = self.metrics[self.curve]
        title = f"{label.capitalize()} over the training"
        found: list[Panel] = [Curves(title, f"The mean over the seeds. {self.quality}", lines, "step", label)]
        stills = self._stills(rows)
        return [
            *([stills] if stills else []),
            *found,
            *(self._game(row) for row in rows[:6] if row.trials[0].shows["kept"]),
        ]

    def _game(self, row: Row) -> Frames:
        shows = row.trials[0].shows
        kept = {step: at for step, at in shows["kept"].items() if {"before", "after", "moved"} <= set(at)}
        if shows["real"].shape[1] == 1:
            frames = play_on_a_line(kept, shows["real"][:, 0], shows["loss"], self.ranges[0])
        else:
            frames = play_in_the_plane(kept, shows["real"], shows["loss"], self.ranges)
        title = f"{frames.title}: {row.name}" if row.swap else frames.title
        return Frames(title, frames.says, frames.frames, frames.low, frames.high, frames.x_label, frames.y_label)

    def _stills(self, rows: Sequence[Row]) -> Frames | None:
        """What each setting made in the end, with the first seed, beside the data."""
        if rows[0].trials[0].shows["real"].shape[1] == 1:
            return None
        scenes = [
            Scene(row.name, *self.ranges, points={"data": shows["real"][:300], "made": shows["made"][:500]})
            for row in rows[:8]
            if len((shows := row.trials[0].shows)["made"])
        ]
        says = "The first seed of each setting: points of the data, and points that were made."
        return (
            Frames("What was made", says, [Still("at the end", scenes)], x_label="x", y_label="y") if scenes else None
        )
