"""The one loop: turns over phases, validations, checkpoints, and a stop at any moment.

A training is a state (networks, optimizers, averages, carried states, the plan, the position in the order) and a way to
go one step further. What a step does is a function of that state and the seed, so a run that was killed goes on from
its last checkpoint to the same weights, bit for bit.
"""

import copy
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch

from guina.answering.model import load_net, net_tensors, pick
from guina.data.arrays import Arrays
from guina.engine.budget import Clock, Plan, early_end, no_more_use
from guina.engine.checkpoint import Checkpoints, State
from guina.engine.job import Job, headline
from guina.engine.judge import Judge, Scores
from guina.engine.optim import Average, rate_factor
from guina.engine.parallel import Team
from guina.engine.progress import Progress
from guina.engine.rescue import explained, go_back, remedy_for, rescued
from guina.engine.signals import Interrupted, Stop
from guina.engine.step import NotFinite, Observer, Stepper
from guina.engine.turns import Nets
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.runtime import Runtime, derive, evaluating

SAVE_EVERY = 60.0  # seconds between checkpoints, besides those at validations


@dataclass(frozen=True)
class Place:
    """Where a training happens: everything around it that is not its state."""

    runtime: Runtime
    team: Team
    folder: RunFolder
    progress: Progress
    stop: Stop
    now: Callable[[], float]  # seconds of the run so far, earlier parts of a resumed run included


class Training:
    """One training of one job.

    Args:
        nets: as built; on the device, in the run's dtype.
        data: training and validation.
        plan, clock: how many steps, and until when.

    Attributes:
        validations: how many there are over the training.
        limit: how many validation examples each looks at.
    """

    def __init__(
        self,
        judge: Judge,
        nets: Nets,
        data: tuple[Arrays, Arrays],
        place: Place,
        plan: Plan,
        clock: Clock,
        *,
        seed: int,
    ) -> None:
        job: Job = judge.job
        self.judge, self.job, self.nets, self.place, self.seed = judge, job, nets, place, seed
        self.plan, self.clock = plan, clock
        self.train, self.val = data
        self.phases = job.phases()
        self.validations, self.limit = 20, 2000
        self.checkpoints = Checkpoints(place.folder.checkpoints)
        self.stepper = Stepper(job, nets, self.train, place.runtime, place.team, seed)
        self.averages: dict[str, Average] = {}
        self.passed = 0.0  # epochs of the phases before this one
        self.step, self.validated, self.snapped, self.improved_at, self.stopped = 0, -1, -1, 0.0, ""
        self.best: dict[str, Any] | None = None
        self.history: list[Scores] = []
        self.sums: dict[str, tuple[float, int]] = {}  # of each term since the last validation, and of how many turns
        self.rates: dict[str, float] = {}  # what remedies multiply each player's learning rate by
        self.remedies = 0
        self.saved_at = place.now()
        self.enter(0)

    def observe(self, observer: Observer) -> None:
        """Let an observer read what there is around each turn."""
        self.stepper.observers.append(observer)

    # --- phases ---

    def enter(self, index: int) -> None:
        """Begin a phase: its own optimizers, order, averages and best."""
        self.passed += self.position / self.order.batches if index else 0.0
        self.phase_index, self.phase = index, self.phases[index]
        shares = [phase.share / sum(p.share for p in self.phases) for phase in self.phases]
        self.starts_at, self.phase_share = sum(shares[:index]), shares[index]
        self.first_step = self.step
        self.order = self.job.order(self.train, self.phase)
        self.order_seed = derive(self.seed, "order", index)
        self.position = 0
        self.stepper.carries.clear()
        self.optimizers = {name: self.stepper.optimizer(name, how) for name, how in self.phase.learners.items()}
        self.slow()
        for name in self.averages.keys() - self.optimizers.keys():
            # a network that rests is from now on what was averaged: the others learn beside what will ship
            self.nets[name].load_state_dict(self.averages[name].shadow.state_dict())
        self.averages = {}
        if self.phase.ema is not None:
            self.averages = {name: Average(self.nets[name], copy.deepcopy(self.nets[name])) for name in self.optimizers}
        self.best = None

    def slow(self) -> None:
        """Multiply the players' rates by what remedies said."""
        for player, optimizer in self.optimizers.items():
            optimizer.slowed = self.rates.get(player, 1.0)

    @property
    def judged(self) -> Nets:
        """The networks that are scored and shipped: the averaged ones where there are any."""
        return {name: self.averages[name].shadow if name in self.averages else net for name, net in self.nets.items()}

    @property
    def epochs(self) -> float:
        """Passes over the data, those of earlier phases included."""
        return self.passed + self.position / self.order.batches

    # --- the loop ---

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
                    self._validate_if_due()
                    if self.step >= self.plan.steps:
                        break
                    with stop.shield():
                        asked = self._advance()
                        if alone and not asked and self.place.now() - self.saved_at > SAVE_EVERY:
                            self.save()
                    if asked or (alone and stop.asked):
                        raise Interrupted(stop.asked or signal.SIGTERM)
        except Interrupted as interrupt:
            with stop.shield():
                self.event("interrupted", signal=str(interrupt))
                self.save()
                if self.place.runtime.first:
                    self.place.folder.status(now=True, state="interrupted", step=self.step, of=self.plan.steps)
            raise

    def _advance(self) -> bool:
        """One step: all turns that are due. Gives whether some process was asked to stop."""
        while self.phase_index + 1 < len(self.phases) and self._phase_is_over():
            self.enter(self.phase_index + 1)
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

    def _phase_is_over(self) -> bool:
        return self.plan.done(self.step) >= self.starts_at + self.phase_share - 1e-12

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

    # --- validations ---

    def _due(self) -> bool:
        """A validation is due at every 1/validations of the training, and at its end."""
        mark = int(self.plan.done(self.step) * self.validations + 1e-9)
        return mark > self.validated or (self.step >= self.plan.steps and self.validated <= self.validations)

    def _validate_if_due(self) -> None:
        if self._due():
            self.validate()
        else:
            with self.place.stop.shield():
                self._snap()

    def validate(self) -> None:
        """Score, remember the best, bend the plan, save. A signal in the middle leaves the state as it was before."""
        final = self.step >= self.plan.steps
        scores = self._judge()
        with self.place.stop.shield():
            self.validated = self.validations + 1 if final else int(self.plan.done(self.step) * self.validations + 1e-9)
            # what is no number is compared with nothing: it would stay the best for ever
            improved = len(finite(scores)) == len(scores) and (
                self.best is None or self.judge.better(scores, self.best["scores"])
            )
            scores = finite(scores)
            remedy = None if improved or final else remedy_for(self, scores)
            if improved:
                self.best = {"step": self.step, "scores": scores}
                self.improved_at = self.plan.done(self.step)
            self.history.append(scores)
            now = self.place.now()
            self.clock.pace(self.step, now)
            self._write_row(scores, now)
            if not final:
                self._revise(now)
            if improved:
                self.event("best", **scores)
            if remedy is not None:
                go_back(self, remedy)
            self._snap()
            self.save()
        if self.place.team.world == 1:
            self.place.stop.check()

    def _judge(self) -> Scores:
        scores: Scores = {}
        if self.place.runtime.first:
            nets = self.judged
            with evaluating(*nets.values()):
                scores = self.judge.score(nets, self.val, self.limit)
        return self.place.team.say(scores)

    def means(self) -> dict[str, float]:
        """The mean of each term since the last validation."""
        return {name: total / turns for name, (total, turns) in self.sums.items()}

    def _write_row(self, scores: Scores, now: float) -> None:
        means = self.means()
        self.sums = {}
        if not self.place.runtime.first:
            return
        row = {"step": self.step, "t": round(now, 3), "epoch": round(self.epochs, 4), **means}
        self.place.folder.metric(row | {f"val/{name}": value for name, value in scores.items()})
        left = max(0, self.plan.steps - self.step) * self.clock.per_step
        self.place.progress.validated(self.step, self.plan.steps, scores, main_loss(means), left)

    def _revise(self, now: float) -> None:
        """Bend the plan so that it ends on time; earlier, with the rate going down, where more is no use."""
        remaining = self.place.team.say(self.clock.remaining(now))
        if remaining is None or self.step == 0:
            return  # who names steps or epochs gets them all
        left = self.plan.steps - self.step
        # however late it is, some steps for the rate to come down: at most a twentieth of those that were taken
        remaining = max(remaining, min(left, 1 + self.step // 20))
        last_phase = self.phase_index + 1 == len(self.phases)
        if self.stopped:
            remaining = min(remaining, left)
        elif last_phase and no_more_use(self.improved_at, self.plan.done(self.step)):
            self.stopped = "no more use"
            remaining = early_end(self.step, remaining)
            self.event("decay", why="validation has not improved", steps=self.step + remaining)
        self.plan.revise(self.step, remaining)

    def _snap(self) -> None:
        """At steps 0, 1, 2, 4, 8 … and the last: what the network does with the same few examples."""
        last = self.step >= self.plan.steps
        if self.step > self.snapped and (last or self.step & (self.step - 1) == 0) and self.place.runtime.first:
            self.snapped = self.step
            nets = self.judged
            with evaluating(*nets.values()):
                things = self.judge.snap(nets, self.val)
            if things:
                self.place.folder.snap(self.step, things)

    # --- saving and restoring ---

    def event(self, kind: str, **facts: Any) -> None:
        if self.place.runtime.first:
            self.place.folder.event(kind, self.step, **facts)

    def save(self) -> None:
        """Write a checkpoint of everything."""
        carries = {
            f"carry/{turn}/{shard}/{name}": tensor
            for (turn, shard), carry in self.stepper.carries.items()
            for name, tensor in (carry or {}).items()
        }
        carries = self.place.team.collect(carries)
        self.saved_at = self.place.now()
        if not self.place.runtime.first:
            return
        tensors = net_tensors("nets", self.nets) | carries
        tensors |= net_tensors("ema", {name: average.shadow for name, average in self.averages.items()})
        for player, optimizer in self.optimizers.items():
            tensors |= {f"optim/{player}/{key}": t for key, t in optimizer.state().items()}
        facts = {name: getattr(self, name) for name in self.FACTS}
        facts |= {"plan": self.plan.record(), "per_step": self.clock.per_step, "seconds": self.place.now()}
        facts["lengths"] = self.place.folder.lengths()
        self.checkpoints.save(State(facts, tensors))

    FACTS = (
        *("step", "phase_index", "first_step", "position", "passed", "validated", "snapped", "improved_at", "stopped"),
        *("best", "history", "sums", "rates", "remedies"),
    )

    def restore(self, state: State) -> None:
        """Go on from a checkpoint."""
        facts, tensors = state.facts, state.tensors
        self.plan = Plan.restore(facts["plan"])
        self.clock.per_step = facts["per_step"]
        self.step = facts["step"]
        self.enter(facts["phase_index"])
        for name in self.FACTS:
            setattr(self, name, facts.get(name, getattr(self, name)))  # an older version knew fewer
        self.take_tensors(tensors)
        self.slow()
        for turn in self.phase.turns:
            for shard in self.place.team.mine:
                carry = pick(tensors, f"carry/{turn.name}/{shard}")
                if carry:
                    device = self.place.runtime.device
                    self.stepper.carries[turn.name, shard] = {k: v.to(device) for k, v in carry.items()}
        name = headline(self.job).name
        self.place.progress.history = [s[name] for s in self.history if name in s]
        self.saved_at = self.place.now()

    def take_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Networks, averages and optimizers as a checkpoint has them."""
        for name, net in self.nets.items():
            load_net(net, pick(tensors, f"nets/{name}"))
        for name, average in self.averages.items():
            load_net(average.shadow, pick(tensors, f"ema/{name}"))
        for player, optimizer in self.optimizers.items():
            optimizer.restore(pick(tensors, f"optim/{player}"))

    def take_best(self) -> Nets:
        """The best networks of the last phase; the last ones if the best were damaged on disk, which is said."""
        nets = self.judged
        if self.best and self.best["step"] != self.step:
            try:
                state = self.checkpoints.read(f"step-{self.best['step']}")
            except GuinaError as error:
                self.event("best lost", why=error.what)
                self.place.progress.say(f"note: the last weights are used, not the best ones: {error.what}")
                return nets
            for name, net in nets.items():
                load_net(net, pick(state.tensors, f"{'ema' if name in self.averages else 'nets'}/{name}"))
        return nets


def main_loss(terms: dict[str, float]) -> float:
    """What a progress line shows: the first loss by that name, the first term where none is called so."""
    return next((value for name, value in terms.items() if name.endswith("/loss")), next(iter(terms.values()), 0.0))


def finite(scores: Scores) -> Scores:
    """The scores that are numbers; what is not has no place in JSON."""
    return {name: value for name, value in scores.items() if isfinite(value)}


def place_nets(nets: Nets, runtime: Runtime) -> Nets:
    """Networks on the device, in the run's dtype; their memory format is kept."""
    return {name: net.to(runtime.device, runtime.dtype) for name, net in nets.items()}


def build_nets(job: Job, arrays: Arrays, runtime: Runtime, seed: int) -> Nets:
    """New networks, the same ones for the same seed."""
    torch.manual_seed(derive(seed, "weights"))
    nets = job.build()
    job.begin(nets, arrays)
    return place_nets(nets, runtime)
