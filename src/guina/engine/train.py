"""The one loop: turns over phases, validations, checkpoints, and a stop at any moment.

A training is a state (networks, optimizers, averages, carried states, the plan, the position in the order) and a way to
go one step further. What a step does is a function of that state and the seed, so a run that was killed goes on from
its last checkpoint to the same weights, bit for bit.
"""

import signal
from contextlib import nullcontext
from dataclasses import replace

import torch

from guina.data.arrays import Arrays
from guina.engine import saving
from guina.engine.checkpoint import State
from guina.engine.job import Job
from guina.engine.optim import rate_factor
from guina.engine.phases import begin_next
from guina.engine.rescue import explained, rescued
from guina.engine.signals import Interrupted
from guina.engine.state import TrainingState
from guina.engine.step import NotFinite
from guina.engine.turns import Nets
from guina.engine.validations import main_loss, validate_if_due
from guina.runtime import Runtime, derive

SAVE_EVERY = 60.0  # seconds between checkpoints, besides those at validations


class Training(TrainingState):
    """One training of one job: its state, and the way on."""

    def run(self) -> None:
        """To the end of the plan.

        Raises:
            Interrupted: after saving.
            GuinaError: a loss or gradient was no number.
        """
        stop, alone = self.place.stop, self.place.team.world == 1
        try:
            # several processes stop at the same step, which they agree on there, and nowhere else
            with nullcontext() if alone else stop.shield():
                while True:
                    validate_if_due(self)
                    if self.step >= self.plan.steps:
                        break
                    with stop.shield():
                        asked = self._advance()
                        if alone and not asked and self.place.now() - self.saved_at > SAVE_EVERY:
                            saving.save(self)
                    if asked or (alone and stop.asked):
                        raise Interrupted(stop.asked or signal.SIGTERM)
        except Interrupted as interrupt:
            with stop.shield():
                self.event("interrupted", signal=str(interrupt))
                saving.save(self)
                if self.place.runtime.first:
                    self.place.folder.status(now=True, state="interrupted", step=self.step, of=self.plan.steps)
            raise

    def _advance(self) -> bool:
        """One step: all turns that are due. Gives whether some process was asked to stop."""
        while self.phase_index + 1 < len(self.phases) and self.phase_is_over:
            begin_next(self)
        done = self.plan.done(self.step + 0.5)
        factor = rate_factor(self.phase, (done - self.starts_at) / self.phase_share)
        asked, draw, row = False, None, {}
        for turn in self.phase.turns:
            if (self.step - self.first_step) % turn.every:
                continue
            if draw is None or turn.fresh_batch:
                draw = replace(self.order.at(self.order_seed, self.position), step=self.step, done=done)
                self.position += 1
            stop = bool(self.place.stop.asked)
            try:
                outcome = self.stepper.take(turn, self.phase, draw, self.optimizers, factor, stop)
            except NotFinite as failure:
                if not rescued(self, failure):
                    raise explained(self, failure) from None
                break  # the rest of the step was played by networks that are no more
            asked = asked or outcome.stop
            prefix = f"train/{turn.name}/" if len(self.phase.turns) > 1 else "train/"
            row |= {prefix + name: value for name, value in outcome.terms.items()}
            row[prefix + "gradient"] = outcome.norm
        for average in self.averages.values():
            steps = self.plan.steps * self.phase_share
            average.update(self.step - self.first_step, (self.phase.ema or 0.0) * steps)
        self.step += 1
        self._note(row)
        return asked

    def _note(self, row: dict[str, float]) -> None:
        """Add a step's terms to the sums of this stretch, and show them."""
        for name, value in row.items():
            total, turns = self.sums.get(name, (0.0, 0))
            self.sums[name] = total + value, turns + 1
        if self.place.runtime.first:
            left = max(0, self.plan.steps - self.step) * self.clock.per_step
            loss = main_loss(row)
            self.place.progress.step(self.step, self.plan.steps, loss, self.phase.batch / self.clock.per_step, left)
            self.place.folder.status(state="training", step=self.step, of=self.plan.steps, eta=round(left, 1))

    def restore(self, state: State) -> None:
        """Go on from a checkpoint."""
        saving.restore(self, state)

    def take_best(self) -> Nets:
        """The best networks of the last phase; the last ones if the best were damaged on disk, which is said."""
        return saving.take_best(self)


def place_nets(nets: Nets, runtime: Runtime) -> Nets:
    """Networks on the device, in the run's dtype; their memory format is kept."""
    return {name: net.to(runtime.device, runtime.dtype) for name, net in nets.items()}


def build_nets(job: Job, arrays: Arrays, runtime: Runtime, seed: int) -> Nets:
    """New networks, the same ones for the same seed."""
    torch.manual_seed(derive(seed, "weights"))
    nets = job.build()
    job.begin(nets, arrays)
    return place_nets(nets, runtime)
