"""What is known of the training pictures before a network learns to fill holes."""

from dataclasses import dataclass

from guina.jobs.pictures.fitted import PictureFitted


@dataclass(frozen=True)
class InpaintFitted(PictureFitted):
    """What was learned from the training split before the training."""
