"""A training from the user's words to the model that ships: read, plan, train, conclude, prove.

`train` is called by the command line and by Python alike. It starts a run, continues an unfinished one, or gives the
answer of a finished one; whatever interrupts it leaves a run that resumes.
"""

import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from guina.data.arrays import Arrays
from guina.data.own import MARK
from guina.data.records import TRAIN, VAL, Records
from guina.engine.budget import Clock, Plan
from guina.engine.checkpoint import State
from guina.engine.conclude import Outcome, conclude
from guina.engine.job import Job, fit, headline
from guina.engine.judge import Judge
from guina.engine.options import TrainingOptions
from guina.engine.origin import check_same, place_of
from guina.engine.parallel import Team
from guina.engine.probe import Cost, choose_size, epochs_in
from guina.engine.progress import Progress, duration
from guina.engine.signals import Interrupted, Stop
from guina.engine.state import Place
from guina.engine.step import Observer
from guina.engine.train import Training, build_nets
from guina.errors import GuinaError
from guina.runfolder import RunFolder
from guina.runtime import set_up
from guina.storage import room_for
from guina.version import __version__


class Session:
    """One call of `train`.

    Args:
        job: with the settings as given; `size` may be "auto".
        source: the user's DATA.
        out: the run folder.
    """

    def __init__(
        self, job: Job, source: str, out: Path, options: TrainingOptions, progress: Progress, stop: Stop
    ) -> None:
        self.job, self.source, self.options, self.progress, self.stop = job, source, options, progress, stop
        self.folder = RunFolder(out)
        self.began = time.monotonic() - options.started
        self.earlier = 0.0  # seconds that earlier parts of a resumed run took

    def now(self) -> float:
        """Seconds of the run so far."""
        return self.earlier + time.monotonic() - self.began

    # --- the straight line ---

    def train(self, observers: tuple[Observer, ...] = ()) -> Outcome:
        """From files to a proven model."""
        self._take_place()
        try:
            with room_for(self.folder.path):
                result = self._open()
                if result is None:
                    return Outcome(**self._train(observers))
                check_same(self.folder, self.source, self.job.read(self.source, (TRAIN, VAL)))
                return Outcome(**{"baselines": {}, "notes": [], **result})  # an older version named none
        finally:
            self.progress.close()
            self.folder.unlock()

    def _train(self, observers: tuple[Observer, ...]) -> dict[str, Any]:
        try:
            self._status("reading", place=place_of(self.source))
            records, data = self._read()
            training = self._prepare(records, data, self.job.judge(data[0]))
            for observer in observers:
                training.observe(observer)
            training.run()
            # the first process concludes; the others wait for what it says
            return self.place.team.broadcast(self._conclude(training) if self.place.runtime.first else None)
        except Interrupted:
            self._status("interrupted")
            raise
        except GuinaError as error:
            with suppress(OSError):  # it may be that the disk is full
                self._status("failed", why=error.what)
            raise

    def _take_place(self) -> None:
        """Set up the machine and the processes, as the options say."""
        precision = self.options.precision
        if precision == "auto" and not self.job.mixed_precision:
            precision = "float32"
        runtime = set_up(self.options.device, precision, self.options.threads)
        team = Team(runtime, self.options.shards)
        self.place = Place(runtime, team, self.folder, self.progress, self.stop, self.now)

    def _open(self) -> dict[str, Any] | None:
        """Take the run folder; the result if the run is done already. The first process looks, and tells the others."""
        info, result = self.place.team.broadcast(self._look() if self.place.runtime.first else None)
        if info is not None:
            self._take_recorded(info)
        self.info = info
        return result

    def _look(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """What run.json says, and the result, where there are such."""
        path = self.folder.path
        there = path.is_dir() and any(p.name not in (".lock", MARK) for p in path.iterdir())
        if there and not self.options.resume:
            raise GuinaError(
                f"{path} is already there",
                "a new folder for a new run",
                "choose another --out, or add --resume",
            )
        if there and not self.folder.begun and not (path / "checkpoints").exists():
            raise GuinaError(f"{path} holds something else", "a run of guina's, or nothing", "choose another --out")
        self.folder.create()
        if not self.folder.lock():
            self._say("note: this file system has no locks: see to it that no other guina trains in this folder")
        if not self.folder.begun:
            return None, None
        return self.folder.info, self.folder.read_status().get("result")

    def _take_recorded(self, info: dict[str, Any]) -> None:
        """A resumed run has the settings it began with; other ones are an error."""
        given = {name: value for name, value in asdict(self.job.settings).items() if value != "auto"}
        recorded = info["settings"]
        changed = [name for name, value in given.items() if recorded.get(name) != value]
        if info["options"]["limit"] != self.options.limit.record():
            changed.append("limit")
        if info["options"]["seed"] != self.options.seed:
            changed.append("seed")
        if changed or info["job"] != self.job.name:
            raise GuinaError(
                f"{self.folder.path} was begun with other settings ({', '.join(changed) or 'job ' + info['job']})",
                "the settings it began with",
                "resume it as it began, or train anew with another --out",
            )
        self.job = type(self.job)(self.job.Settings(**recorded))
        self.options = replace(
            self.options,
            threads=info["runtime"]["threads"],
            precision=info["runtime"]["precision"],
            shards=info["shards"],
        )
        self._take_place()

    def _read(self) -> tuple[Records, tuple[Arrays, Arrays]]:
        """Files to arrays; the job is fitted to the training split."""
        start = self.now()
        records = self.job.read(self.source, (TRAIN, VAL))
        self.job, train = fit(self.job, records.only(TRAIN))
        data = train, self.job.arrays(records.only(VAL))
        self.stop.check()
        report = records.report
        notes = "".join(f", {n} {word}" for n, word in ((report.skipped, "skipped"),) if n)
        self._say(
            f"read {len(data[0])} + {len(data[1])} examples from {self.source}{notes} in {duration(self.now() - start)}"
        )
        for problem in report.problems:
            self._say(f"  note: {problem}")
        return records, data

    def _prepare(self, records: Records, data: tuple[Arrays, Arrays], judge: Judge) -> Training:
        """The training at its start, or where it was interrupted."""
        place, limit = self.place, self.options.limit
        info = self.info
        if info is not None:
            check_same(self.folder, self.source, records)
            plan, cost = Plan(info["steps"]), Cost(**info["cost"])
            clock = Clock(info["deadline"], cost.step)
        else:
            seconds = (limit.minutes or 0.0) * 60
            self.job, measured = choose_size(
                judge, data, limit, place.runtime, place.team, place.team.broadcast(seconds - self.now())
            )
            cost = measured or Cost(0.01, 1e-4, 1e-4)
            clock = Clock(self._deadline(seconds, cost, len(data[1])) if seconds else None, cost.step)
            plan = Plan(self._steps(data[0], clock))
        epochs = epochs_in(self.job, data[0], info["steps"] if info else plan.steps)
        self.job = self.job.planned(epochs)
        judge = judge.of(self.job)
        training = Training(
            judge,
            build_nets(self.job, data[0], place.runtime, self.options.seed),
            data,
            place,
            plan,
            clock,
            seed=self.options.seed,
        )
        if clock.deadline is not None:
            looks = 0.04 * clock.deadline / training.validations / max(cost.example, 1e-9)
        else:  # the same share of the work, reckoned: learning from an example costs three times an answer
            looks = max(2000, 0.04 * 3 * epochs * len(data[0]) / training.validations)
        training.limit = int(min(max(looks, judge.validation_limit / 25), judge.validation_limit))
        training.validations = max(1, min(training.validations, plan.steps))
        if info is None:
            if place.runtime.first and not self.folder.begin(self._info(records, data, plan, clock, cost)):
                self._say("note: this file system syncs no folders: a power cut may lose the newest checkpoints")
            self._say(self._plan_line(plan, data[0], training))
        self._go_on(training)
        return training

    def _deadline(self, seconds: float, cost: Cost, examples: int) -> float:
        """When the last step must be over: before answering everything twice (to calibrate, to score) and saving."""
        judge = self.job.Judge
        answers = judge.final_passes * min(examples, judge.final_limit)
        return seconds - min(0.3 * seconds, 0.3 + cost.answer * answers)

    def _steps(self, train: Arrays, clock: Clock) -> int:
        limit = self.options.limit
        if limit.steps is not None:
            return int(limit.steps)
        if limit.epochs is not None:
            return max(1, round(limit.epochs / epochs_in(self.job, train, 1.0)))
        return self.place.team.broadcast(max(1, clock.remaining(self.now()) or 0))

    def _info(
        self, records: Records, data: tuple[Arrays, Arrays], plan: Plan, clock: Clock, cost: Cost
    ) -> dict[str, Any]:
        """run.json: what a reader must know to repeat the run."""
        return {
            "guina": __version__,
            "job": self.job.name,
            "source": self.source,
            "place": place_of(self.source),
            "settings": asdict(self.job.settings),
            "options": self.options.record(),
            "shards": self.place.team.shards,
            "runtime": self.place.runtime.record(),
            "data": {
                "fingerprint": records.fingerprint,
                "train": len(data[0]),
                "val": len(data[1]),
                **records.report.as_json(),
            },
            "fitted": self.job.fitted.saved().facts,
            "metric": headline(self.job).name,
            "better": headline(self.job).better,
            "steps": plan.steps,
            "deadline": clock.deadline,
            "cost": asdict(cost),
            "created": time.time(),
        }

    def _plan_line(self, plan: Plan, train: Arrays, training: Training) -> str:
        epochs = epochs_in(self.job, train, plan.steps)
        size = f"size {self.job.settings.size}, " if self.job.sizes else ""
        weights = sum(w.numel() for net in training.nets.values() for w in net.parameters() if w.requires_grad)
        return (
            f"plan: {size}{weights:,} weights, {plan.steps:,} steps of {training.phase.batch} "
            f"({epochs:.1f} epochs) in {self.options.limit}"
        )

    def _go_on(self, training: Training) -> None:
        """From the last whole checkpoint, if there is one."""
        team, first = self.place.team, self.place.runtime.first
        state, problems = training.checkpoints.load() if first else (None, [])
        for problem in problems:
            self._say(f"note: a checkpoint cannot be used, the one before it is: {problem}")
        if first:
            training.checkpoints.cut(state.facts["step"] if state else -1)
            self.folder.cut(state.facts["lengths"] if state else {})
        facts, tensors = team.broadcast(state and state.facts), team.broadcast_tensors(state.tensors if state else {})
        if facts is None:
            return
        self.earlier = facts["seconds"]
        training.restore(State(facts, tensors))
        if first:
            self.folder.event("resumed", training.step, problems=problems)
        self._say(f"resumed at step {training.step} of {training.plan.steps}")

    def _conclude(self, training: Training) -> dict[str, Any]:
        """The end of the training, and its result on disk."""
        self._status("concluding", step=training.step, of=training.plan.steps)
        outcome = conclude(training, self.options.limit)
        result = asdict(replace(outcome, seconds=round(self.now(), 2)))
        self.folder.event("done", training.step, **outcome.score)
        self._status("done", step=training.step, of=training.plan.steps, result=result)
        return result

    def _say(self, text: str) -> None:
        if self.place.runtime.first:
            self.progress.say(text)

    def _status(self, state: str, **facts: Any) -> None:
        if self.place.runtime.first:
            last = self.folder.read_status()  # how far it had come is not forgotten
            known = {name: last[name] for name in ("place", "step", "of") if name in last}
            self.folder.status(now=True, state=state, **(known | facts))
