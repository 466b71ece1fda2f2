"""From one phase of a training to the next: the weights it begins from."""

from guina.engine.state import TrainingState


def begin_next(training: TrainingState) -> None:
    """Leave a phase that is over, and enter the one after it."""
    training.passed += training.position / training.order.batches
    coming = training.phases[training.phase_index + 1]
    for name in training.averages.keys() - coming.learners.keys():
        # a network that rests is from now on what was averaged: the others learn beside what will ship
        training.nets[name].load_state_dict(training.averages[name].shadow.state_dict())
    training.enter(training.phase_index + 1)
