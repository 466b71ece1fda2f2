"""The same pictures at the moments of a training, for jobs that make pictures of pictures."""

from collections.abc import Sequence

import numpy as np

from guina.engine.judge import Snap
from guina.panels import Panel, Strip, Strips, spread

MOMENTS = 9


def over_training(snaps: Sequence[tuple[int, Snap]], says: str) -> list[Panel]:
    """What was made of the same pictures at each moment that was kept; nothing where there is but one.

    Args:
        says: what there is to see, after a colon.
    """
    kept = [(step, made) for step, snap in snaps if isinstance(made := snap.get("made"), np.ndarray)]
    if len(kept) < 2:
        return []
    strips = [Strip(f"step {step:,}", "", list(made)) for step, made in spread(kept, MOMENTS)]
    says = f"Each column is a picture, each row a moment of the training: {says}."
    return [Strips("The same pictures over the training", says, strips)]
