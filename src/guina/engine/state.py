"""Where a training stands: its networks, phase, optimizers and averages, and what it has counted so far.

What a step does is a function of this state and the seed. Saving and restoring it (guina.engine.saving), going from one
phase to the next (phases), judging (validations), going back when it went wrong (rescue) and the loop itself (train)
are functions of it, each in a file of its own.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guina.data.arrays import Arrays
from guina.engine.budget import Clock, Plan
from guina.engine.checkpoint import Checkpoints
from guina.engine.job import Job
from guina.engine.judge import Judge, Scores
from guina.engine.optim import Average
from guina.engine.parallel import Team
from guina.engine.progress import Progress
from guina.engine.signals import Stop
from guina.engine.step import Observer, Stepper
from guina.engine.turns import Nets
from guina.runfolder import RunFolder
from guina.runtime import Runtime, derive


@dataclass(frozen=True)
class Place:
    """Where a training happens: everything around it that is not its state."""

    runtime: Runtime
    team: Team
    folder: RunFolder
    progress: Progress
    stop: Stop
    now: Callable[[], float]  # seconds of the run so far, earlier parts of a resumed run included


class TrainingState:
    """The state of one training of one job.

    Args:
        judge: of the job that is trained.
        nets: as built; on the device, in the run's dtype.
        data: training and validation.
        plan, clock: how many steps, and until when.

    Attributes:
        validations: how many there are over the training.
        limit: how many validation examples each looks at.
        step: how many were taken.
        passed: epochs of the phases before this one.
        position: batches drawn in this phase.
        best: the step and the scores of the best validation of this phase, and of those that it contends with; None
            before the first.
        sums: of each term since the last validation, and of how many turns.
        rates: what remedies multiply each player's learning rate by.
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
        self.job, self.judge, self.nets, self.place, self.seed = job, judge, nets, place, seed
        self.plan, self.clock = plan, clock
        self.train, self.val = data
        self.phases = job.phases()
        self.validations, self.limit = 20, 2000
        self.checkpoints = Checkpoints(place.folder.checkpoints)
        self.stepper = Stepper(job, nets, self.train, place.runtime, place.team, seed)
        self.averages: dict[str, Average] = {}
        self.passed = 0.0
        self.step, self.validated, self.snapped, self.improved_at, self.stopped = 0, -1, -1, 0.0, ""
        self.best: dict[str, Any] | None = None
        self.history: list[Scores] = []
        self.sums: dict[str, tuple[float, int]] = {}
        self.rates: dict[str, float] = {}
        self.remedies = 0
        self.alarmed = False  # whether the judge has sounded its alarm; a resumed training may do so again
        self.saved_at = place.now()
        self.enter(0)

    def observe(self, observer: Observer) -> None:
        """Let an observer read what there is around each turn."""
        self.stepper.observers.append(observer)

    def enter(self, index: int) -> None:
        """Stand at the beginning of a phase: its own optimizers, order, averages and best."""
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
        self.averages = {}
        if self.phase.ema is not None:
            self.averages = {name: Average(self.nets[name], copy.deepcopy(self.nets[name])) for name in self.optimizers}
        if not self.phase.contends:
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

    @property
    def phase_is_over(self) -> bool:
        """Whether the plan has come to the end of this phase."""
        return self.plan.done(self.step) >= self.starts_at + self.phase_share - 1e-12

    def means(self) -> dict[str, float]:
        """The mean of each term since the last validation."""
        return {name: total / turns for name, (total, turns) in self.sums.items()}

    def event(self, kind: str, **facts: Any) -> None:
        """Write down that something happened at this step."""
        if self.place.runtime.first:
            self.place.folder.event(kind, self.step, **facts)
