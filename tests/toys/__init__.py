"""Three toy jobs that prove the seam between jobs and engine: a phased GAN with a lazy penalty, a stateful stream, and
a ragged CTC. Each draws its own data, so that a test needs no files.
"""

from toys.base import Toy, ToyJudge, ToySettings
from toys.gan import ToyGan
from toys.speech import ToySpeech
from toys.stream import ToyStream

TOYS = {toy.name: toy for toy in (ToyGan, ToyStream, ToySpeech)}


def halves(name: str):
    """The settings and the answering half of a toy, as a model's folder is loaded with them."""
    return TOYS[name].Settings, TOYS[name].Answering


__all__ = ["TOYS", "Toy", "ToyGan", "ToyJudge", "ToySettings", "ToySpeech", "ToyStream", "halves"]
