"""Validations: what a training is judged by, the best of it, the plan that bends, and the snaps in between."""

from math import isfinite

from guina.engine.budget import early_end, no_more_use
from guina.engine.judge import Scores
from guina.engine.rescue import go_back, remedy_for
from guina.engine.saving import save
from guina.engine.state import TrainingState
from guina.runtime import evaluating


def validate_if_due(training: TrainingState) -> None:
    """Validate where a validation is due; else perhaps a snap is."""
    if due(training) > training.validated:
        validate(training)
    else:
        with training.place.stop.shield():
            snap(training)


def due(training: TrainingState) -> int:
    """How many validations there are to be until now, besides that of step 0.

    They come at every 1/validations of the training, where a phase ends whose best weights the next one begins from,
    and at the end of the training.
    """
    done, start, ends = training.plan.done(training.step), 0.0, 0
    whole = sum(phase.share for phase in training.phases)
    for phase in training.phases:
        ends += phase.begins == "best" and start > 0 and done >= start - 1e-12
        start += phase.share / whole
    return int(done * training.validations + 1e-9) + ends + (training.step >= training.plan.steps)


def validate(training: TrainingState) -> None:
    """Score, remember the best, bend the plan, save. A signal in the middle leaves the state as it was before."""
    final = training.step >= training.plan.steps
    scores = judged_scores(training)
    with training.place.stop.shield():
        training.validated = due(training)
        # what is no number is compared with nothing: it would stay the best for ever
        improved = len(finite(scores)) == len(scores) and (
            training.best is None or training.judge.better(scores, training.best["scores"])
        )
        scores = finite(scores)
        remedy = None if improved or final else remedy_for(training, scores)
        if improved:
            training.best = {"step": training.step, "scores": scores}
            training.improved_at = training.plan.done(training.step)
        training.history.append(scores)
        now = training.place.now()
        training.clock.pace(training.step, now)
        write_row(training, scores, now)
        sound_alarm(training, scores)
        if not final:
            revise(training, now)
        if improved:
            training.event("best", **scores)
        if remedy is not None:
            go_back(training, remedy)
        snap(training)
        save(training)
    if training.place.team.world == 1:
        training.place.stop.check()


def judged_scores(training: TrainingState) -> Scores:
    """The scores of the networks as they are, on a part of the validation data; the first process has them made."""
    scores: Scores = {}
    if training.place.runtime.first:
        nets = training.judged
        with evaluating(*nets.values()):
            scores = training.judge.score(nets, training.val, training.limit)
    return training.place.team.broadcast(scores)


def write_row(training: TrainingState, scores: Scores, now: float) -> None:
    """A row of metrics.jsonl: the mean of each term since the last one, and the scores."""
    means = training.means()
    training.sums = {}
    if not training.place.runtime.first:
        return
    row = {"step": training.step, "t": round(now, 3), "epoch": round(training.epochs, 4), **means}
    training.place.folder.metric(row | {f"val/{name}": value for name, value in scores.items()})
    left = max(0, training.plan.steps - training.step) * training.clock.per_step
    training.place.progress.validated(training.step, training.plan.steps, scores, main_loss(means), left)


def sound_alarm(training: TrainingState, scores: Scores) -> None:
    """Say what the judge finds to be going wrong, once a training."""
    alarm = "" if training.alarmed else training.judge.alarm(scores, training.plan.done(training.step))
    if alarm and training.place.runtime.first:
        training.alarmed = True
        training.event("alarm", why=alarm)
        training.place.progress.say(f"step {training.step}: {alarm}")


def revise(training: TrainingState, now: float) -> None:
    """Bend the plan so that it ends on time; earlier, with the rate going down, where more is no use."""
    remaining = training.place.team.broadcast(training.clock.remaining(now))
    step = training.step
    if remaining is None or step == 0:
        return  # who names steps or epochs gets them all
    left = training.plan.steps - step
    # however late it is, some steps for the rate to come down: at most a twentieth of those that were taken
    remaining = max(remaining, min(left, 1 + step // 20))
    last_phase = training.phase_index + 1 == len(training.phases)
    since = max(training.improved_at, training.starts_at)  # what an earlier phase reached says nothing of this one
    if training.stopped:
        remaining = min(remaining, left)
    elif last_phase and not training.judge.leaps and no_more_use(since, training.plan.done(step)):
        training.stopped = "no more use"
        remaining = early_end(step, remaining)
        training.event("decay", why="validation has not improved", steps=step + remaining)
    training.plan.revise(step, remaining)


def snap(training: TrainingState) -> None:
    """At steps 0, 1, 2, 4, 8 … and the last: what the network does with the same few examples."""
    step, last = training.step, training.step >= training.plan.steps
    if step > training.snapped and (last or step & (step - 1) == 0) and training.place.runtime.first:
        training.snapped = step
        nets = training.judged
        with evaluating(*nets.values()):
            things = training.judge.snap(nets, training.val)
        if things:
            training.place.folder.snap(step, things)


def main_loss(terms: dict[str, float]) -> float:
    """What a progress line shows: the first loss by that name, the first term where none is called so."""
    return next((value for name, value in terms.items() if name.endswith("/loss")), next(iter(terms.values()), 0.0))


def finite(scores: Scores) -> Scores:
    """The scores that are numbers; what is not has no place in JSON."""
    return {name: value for name, value in scores.items() if isfinite(value)}
