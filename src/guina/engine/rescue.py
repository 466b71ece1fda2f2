"""When a training goes wrong: what is no number stops it, and names the batch; a game goes back to its best checkpoint.

The job says what is wrong with a game and what to change (`Job.remedy`); here networks, optimizers and averages become
what they were at the best validation. The place in the plan and in the order of the examples stays, so that the run
ends on time and sees new examples.
"""

import torch

from guina.engine.judge import Scores
from guina.engine.saving import read_best, take_tensors
from guina.engine.state import TrainingState
from guina.engine.step import NotFinite
from guina.engine.turns import Remedy
from guina.errors import GuinaError

MOST = 2  # remedies a run


def remedy_for(training: TrainingState, scores: Scores | None) -> Remedy | None:
    """What the job would change, as often as it may.

    Args:
        scores: of a validation; None: something was no number.
    """
    if training.best is None or training.best["step"] < training.first_step or training.remedies >= MOST:
        return None
    return training.job.remedy(scores, training.best["scores"], training.means(), training.remedies)


def go_back(training: TrainingState, remedy: Remedy) -> bool:
    """Take up the best checkpoint with a remedy. False: it is damaged, and nothing was changed."""
    assert training.best is not None, "the first validation is the best one so far"
    step = training.best["step"]
    tensors, problem = read_best(training)
    if problem:
        return False
    take_tensors(training, tensors)
    training.stepper.carries.clear()
    for player, factor in remedy.rates.items():
        training.rates[player] = training.rates.get(player, 1.0) * factor
    training.slow()
    training.remedies += 1
    training.event("went back", why=remedy.why, change=remedy.change, to=step, rates=dict(training.rates))
    if training.place.runtime.first:
        training.place.progress.say(
            f"step {training.step}: {remedy.why}; back to the best weights, those of step {step}, and {remedy.change}"
        )
    return True


def rescued(training: TrainingState, failure: NotFinite) -> bool:
    """Whether a game that turned non-finite on finite data goes on from its best checkpoint."""
    remedy = remedy_for(training, None)
    if remedy is None:
        return False
    batches = training.stepper.batches(failure.turn, failure.draw)
    bad = torch.tensor([float(sum(int((~t.isfinite()).sum()) for t in batches))], device=training.place.runtime.device)
    training.place.team.sum([bad])  # whichever process has it
    return not bad.item() and go_back(training, remedy)


def explained(training: TrainingState, failure: NotFinite) -> GuinaError:
    """Name the batch, write it down, and give the error that stops the run; the weights are untouched."""
    draw = failure.draw
    names = [training.train.names[int(i)] for i in draw.index_B]
    guilty = training.stepper.culprits(failure.turn, draw) if training.place.team.world == 1 else []
    diverged = len(guilty) in (0, len(names))  # no single example is to blame
    named = names if diverged else guilty
    training.event("not finite", turn=failure.turn.name, what=failure.what, examples=named)
    return GuinaError(
        f"{failure.what} is not finite at step {training.step}, turn {failure.turn.name}: "
        + ", ".join(named[:8])
        + (", …" if len(named) > 8 else ""),
        "finite numbers in every example, and a learning rate they can bear",
        f"{'lower the learning rate' if diverged else 'mend or remove these examples'}, and train anew;"
        " the weights before this step are in the last checkpoint",
    )
