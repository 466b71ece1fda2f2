"""pictures: the same game on small pictures, by the job generate itself, with parts of its recipe swapped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from guina.answering.base import Answering
from guina.blocks.activations import ACTIVATIONS
from guina.data.picture_files import picture
from guina.engine.job import Job
from guina.errors import GuinaError, did_you_mean
from guina.jobs.generate.answering import GenerateAnswering
from guina.jobs.generate.learning import Generate
from guina.jobs.generate.settings import GenerateSettings, Recipe
from guina.lab.experiment import Experiment, Row, Trial
from guina.lab.game import OPTIMIZERS
from guina.lab.play import COMMON, measured, play
from guina.lab.telling import compared, spread_of
from guina.panels import Curves, Panel, Strip, Strips

SEVERAL = 8  # pictures of each setting on the page


@dataclass(frozen=True)
class PicturesSettings:
    """What can be swapped in a game on pictures."""

    data: str = "digits"
    """DATA as generate takes it: a folder, idx files, a sample"""
    pixels: int = 0
    """height and width that pictures are brought to; 0: as they are"""
    size: str = "tiny"
    """tiny, small, medium, large"""
    conditional: str = "off"
    """on, off: whether classes are learned"""
    loss: str = "relativistic"
    """non-saturating, least-squares, hinge, wasserstein, relativistic"""
    penalty: float = 0.1
    """share of the critic's loss at which the penalty on its slope holds itself; 0: none"""
    every: int = 4
    """steps from one penalty to the next"""
    critic_steps: int = 1
    """the critic's steps for each of the generator's"""
    d_activation: str = "leaky_relu"
    """the critic's: relu, leaky_relu, maxout, tanh, sigmoid, silu, gelu, softplus"""
    g_activation: str = "leaky_relu"
    """the generator's"""
    d_optimizer: str = Recipe().critic_optimizer
    """the critic's: adamw, sgd, muon"""
    g_optimizer: str = Recipe().generator_optimizer
    """the generator's"""
    rate: float = 0.0
    """highest learning rate; 0: generate's own"""
    batch: int = 64
    """pictures a step"""


class PicturesExperiment(Experiment):
    """A generator and a critic on pictures."""

    name = "pictures"
    claim = "What works for a simple distribution works for pictures: the same game makes digits."
    Settings = PicturesSettings
    metrics: ClassVar[Mapping[str, str]] = {
        "fd": "house Fréchet distance",
        "coverage": "coverage",
        "density": "density",
        "diversity": "diversity over the data's",
        **COMMON,
    }
    steps = 300

    def check(self, settings: PicturesSettings) -> None:
        for key, choices in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)):
            for player in ("d", "g"):
                value = getattr(settings, f"{player}_{key}")
                if value not in choices:
                    mend = did_you_mean(value, choices)
                    raise GuinaError(f"{player}.{key} {value}", f"one of {', '.join(choices)}", mend)
        for key, choices in (("size", Generate.sizes), ("conditional", ("on", "off"))):
            if getattr(settings, key) not in choices:
                raise GuinaError(
                    f"{key} {getattr(settings, key)}", f"one of {', '.join(choices)}", f"--swap {key}={choices[0]}"
                )
        if settings.critic_steps < 1:
            raise GuinaError(f"critic.steps {settings.critic_steps}", "at least 1", "--swap critic.steps=1, or more")
        self._job(settings)

    def _job(self, s: PicturesSettings) -> Job:
        """The job generate with its recipe swapped."""
        critics: Any = s.d_optimizer  # `check` knows that they are optimizers
        generators: Any = s.g_optimizer
        recipe = Recipe(s.d_activation, s.g_activation, critics, generators, s.critic_steps)
        half = type("GenerateAnswering", (GenerateAnswering,), {"recipe": recipe})
        kind = type("Generate", (Generate,), {"Answering": half})
        named: dict[str, Any] = {"size": s.size, "pixels": s.pixels, "conditional": s.conditional, "loss": s.loss}
        named |= {"penalty": s.penalty, "every": s.every, "batch": s.batch} | ({"rate": s.rate} if s.rate else {})
        return kind(GenerateSettings(**named))

    def run(self, settings: PicturesSettings, seed: int, steps: int) -> Trial:
        def show(half: Answering) -> np.ndarray:
            assert isinstance(half, GenerateAnswering), "it was played by generate"
            return half.sample(SEVERAL)

        played = play(self._job(settings), settings.data, seed, steps, show)
        numbers = measured(played, self.metrics, self._is_good, lambda scores: scores["diversity"] < 0.5)
        curve = np.array([(step, scores.get("fd", np.nan)) for step, scores in played.history])
        return Trial(numbers, {"made": played.made, "curve": curve})

    @staticmethod
    def _is_good(scores: Mapping[str, float]) -> bool:
        return scores["coverage"] >= 0.3

    def says(self, rows: Sequence[Row]) -> str:
        if len(rows) > 1:
            return compared(rows, "fd", "house Fréchet distance", more=False)
        lost = sum(int(trial.metrics["diverged"] + trial.metrics["collapsed"]) for trial in rows[0].trials)
        verdict = "no seed collapsed" if not lost else f"{lost} of {len(rows[0].trials)} seeds collapsed or diverged"
        return (
            f"House-FD {spread_of(rows[0], 'fd')}, coverage {spread_of(rows[0], 'coverage', '.2f')} after"
            f" {rows[0].mean('steps'):.0f} steps: {verdict}."
        )

    def panels(self, rows: Sequence[Row]) -> list[Panel]:
        strips = [
            Strip(row.name, f"seed {seed}", [picture(p) for p in trial.shows["made"]])
            for row in rows
            for seed, trial in enumerate(row.trials)
            if trial.shows["made"] is not None
        ]
        lines = {
            row.name: (whole[0][:, 0], np.mean([curve[:, 1] for curve in whole], axis=0))
            for row in rows
            if (
                whole := [
                    t.shows["curve"] for t in row.trials if len(t.shows["curve"]) == len(row.trials[0].shows["curve"])
                ]
            )
        }
        says = "The mean over the seeds; it is no Inception FID, and compares settings on these data only."
        quality = f"The first {SEVERAL} of each, none picked. The quality that the table counts steps to: coverage 0.3."
        return [
            Strips("What was made", quality, strips),
            Curves("House Fréchet distance over the training", says, lines, "step", "house-FD", log_y=True),
        ]
