"""From one phase of a training to the next: the weights it begins from."""

from torch import Tensor

from guina.answering.model import load_net
from guina.engine.saving import best_is_lost, judged_tensors, read_best
from guina.engine.state import TrainingState
from guina.engine.turns import Phase


def begin_next(training: TrainingState) -> None:
    """Leave a phase that is over, and enter the one after it."""
    training.passed += training.position / training.order.batches
    coming = training.phases[training.phase_index + 1]
    for name, weights in beginning(training, coming).items():
        load_net(training.nets[name], weights)
    training.enter(training.phase_index + 1)


def beginning(training: TrainingState, coming: Phase) -> dict[str, dict[str, Tensor]]:
    """The weights that a phase begins from, of the networks that do not stay as they are; see `Phase.begins`.

    Best weights that are damaged on disk, or that there are none of, are replaced by the last ones, which is said.
    """
    if coming.begins == "best":
        tensors, problem = read_best(training)
        if not problem:
            assert training.best is not None, "it was read"
            training.event("phase", name=coming.name, begins="best", of=training.best["step"])
            return judged_tensors(training, tensors)
        best_is_lost(training, problem)
    averaged = set(training.averages)
    if coming.begins != "averaged":
        averaged -= coming.learners.keys()  # a network that rests is from now on what was averaged
    return {name: training.averages[name].shadow.state_dict() for name in averaged}
