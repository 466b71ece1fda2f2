"""Small runs for tests, trained on one thread, so that their figures are those of every machine of this kind."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import guina
from guina.api import Silence, run_training
from guina.engine import features
from guina.engine.budget import Limit
from guina.engine.options import TrainingOptions
from guina.engine.signals import Stop
from guina.jobs import find
from guina.jobs.generate import scores as generate_scores
from guina.jobs.write import inside
from guina.jobs.write import scores as write_scores


def trained(job: str, data: str | Path, out: Path, steps: int, **settings: object) -> guina.Run:
    """A finished run of so many steps."""
    options = TrainingOptions(Limit(steps=steps), threads=1, precision="float32")
    run_training(find(job), str(data), options, settings, out, Silence(), Stop())
    return guina.load(out)


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
