"""Small runs for tests, trained on one thread, so that their figures are those of every machine of this kind."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import guina
from guina.api import Silence, make_settings, run_training
from guina.engine import features
from guina.engine.budget import Limit
from guina.engine.options import TrainingOptions
from guina.engine.session import Session
from guina.engine.signals import Stop
from guina.engine.turns import Nets, Turn
from guina.jobs import find
from guina.jobs.generate import scores as generate_scores
from guina.jobs.write import inside
from guina.jobs.write import scores as write_scores


def trained(job: str, data: str | Path, out: Path, steps: int, resume: bool = False, **settings: object) -> guina.Run:
    """A finished run of so many steps."""
    options = TrainingOptions(Limit(steps=steps), threads=1, precision="float32", resume=resume)
    run_training(find(job), str(data), options, settings, out, Silence(), Stop())
    return guina.load(out)


class DiesAt:
    """An observer of a training that dies before a step, and has seen which turns were taken."""

    class Died(Exception):
        """As a kill: what was in memory is gone."""

    def __init__(self, step: int) -> None:
        self.step, self.turns = step, list[str]()

    def before(self, turn: Turn, nets: Nets, step: int) -> None:
        self.turns.append(turn.name)
        if step == self.step:
            raise self.Died

    def after(self, turn: Turn, nets: Nets, step: int) -> None:
        pass


def broken_off(job: str, data: str | Path, out: Path, steps: int, at: int, **settings: object) -> list[str]:
    """A run that dies before a step; the names of the turns that were taken, and of the one that was to come."""
    options, seen = TrainingOptions(Limit(steps=steps), threads=1, precision="float32"), DiesAt(at)
    kind = find(job)
    session = Session(kind(make_settings(kind, settings)), str(data), out, options, Silence(), Stop())
    with pytest.raises(DiesAt.Died):
        session.train((seen,))
    return seen.turns


def photos(folder: Path, n: int, side: int = 16) -> Path:
    """A flat folder of colour noise."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(n):
        Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(folder / f"{i}.png")
    return folder


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Less of what is dear and is tested elsewhere: dynamic evaluation, the reach of small networks, house features."""
    patch.setattr(write_scores, "ADAPTED", 1500)
    patch.setattr(inside, "QUICK", 6)
    patch.setattr(features, "STEPS", 100)
    patch.setattr(generate_scores, "JUDGED", 1000)
    patch.setattr(generate_scores, "LOOKED", 500)
