"""guina in Python: `train`, `load`, `check`, `lab`, and the Run. The command line calls the same functions.

run = guina.train("classify", "photos/", minutes=5)
run.score()["score"]["accuracy"]
run.predict("cat.jpg")
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from guina.data.records import SPLITS, TEST, TRAIN, VAL, Arrays, Records
from guina.engine.budget import Limit
from guina.engine.job import Answer, Job
from guina.engine.kept import kept
from guina.engine.model import load_model
from guina.engine.origin import is_of, place_of, read_again
from guina.engine.places import new_folder, new_page, numbered, write_page
from guina.engine.progress import Progress, progress_for
from guina.engine.run import RunFolder
from guina.engine.session import Options, Outcome, Session
from guina.engine.signals import Stop, interruptible
from guina.engine.train import build_nets
from guina.engine.turns import Nets
from guina.errors import GuinaError, did_you_mean
from guina.jobs import find, job_of_run
from guina.look.markup import said
from guina.runtime import Runtime, evaluating, rank_and_world, set_up, step_by_step

MINUTES = 3.0  # what a training takes when nothing is said


def silently(text: str) -> None:
    """Say nothing of what goes on."""


class Run:
    """A finished run: scores, answers, a report.

    Args:
        path: the run folder.
        kind: the job, where it is one of the user's own; a run names only registered ones.

    Raises:
        GuinaError: there is no finished run at this path.
    """

    def __init__(self, path: str | Path, kind: type[Job] | None = None) -> None:
        self.path = Path(path)
        self.folder = RunFolder(self.path)
        self._kind = kind
        self._refuse_if_unfinished()

    def _refuse_if_unfinished(self) -> None:
        """Raise GuinaError unless the run's model is there, was proven, and its result was written."""
        status = self.folder.read_status() if self.path.is_dir() else {}
        if self.path.is_file() or not self.folder.begun or not self.folder.model.is_dir() or "result" not in status:
            load_model(self.path, no_job) if self.path.is_file() else None  # says why a file is refused
            state = status.get("state")
            raise GuinaError(
                f"{self.path} is {f'not finished ({state})' if state else 'no run'}",
                "the folder of a finished run, such as runs/classify/photos",
                "finish it with guina train ... --resume" if state else "look below runs/",
            )

    @cached_property
    def _loaded(self) -> tuple[Job, Nets, Runtime]:
        runtime = set_up(threads=self.folder.info["runtime"]["threads"], precision="float32")
        job_of_run(self.folder.info["job"], self._kind)  # refuses what is neither guina's nor named by the user
        job, nets = load_model(self.folder.model, lambda name: job_of_run(name, self._kind))
        return job, {name: net.to(runtime.device) for name, net in nets.items()}, runtime

    @property
    def job(self) -> Job:
        return self._loaded[0]

    @property
    def nets(self) -> Nets:
        return self._loaded[1]

    @property
    def outcome(self) -> dict[str, Any]:
        """What `guina train --json` printed."""
        return self.folder.read_status()["result"]

    def score(
        self, data: str | Path | None = None, split: str | None = None, say: Callable[[str], None] = silently
    ) -> dict[str, Any]:
        """The job's metrics, and beside them the baselines'.

        Args:
            data: other data than the run learned from: its test split, or all of it if it has no splits.
            split: "test" where there is one, "val" otherwise, unless said here.
            say: is told what takes its time now.

        Raises:
            GuinaError: the run's own data are gone or have changed, or there is no such split.

        Returns:
            {"score", "baseline", "split", "examples", "notes"}, as `guina score --json` prints it.
        """
        return self._judge(*self._records(data, split), say)

    def _judge(self, records: Records, split: str, say: Callable[[str], None]) -> dict[str, Any]:
        """The scores of a split and the baselines', computed once for this model, these data and this code."""

        def compute() -> dict[str, Any]:
            judged, train = self.job.arrays(records.only(split)), self.job.arrays(records.only(TRAIN))
            say(f"judging {said(self.job.thing, len(judged))} of the {split} split")
            with evaluating(*self.nets.values()):
                score = self.job.score(self.nets, judged) | self.job.more(self.nets, judged)
                say("judging the simplest baselines on the same")
                baseline = self.job.baseline(train if len(train) else judged, judged, thorough=len(train) > 0)
            notes = [note] if len(train) and (note := self.job.of_baseline(train)) else []
            return {
                "score": score,
                "baseline": baseline,
                "split": split,
                "examples": len(judged),
                "notes": notes,
            }

        return kept(self.folder, type(self.job), records, split, compute)

    def _records(self, data: str | Path | None, split: str | None) -> tuple[Records, str]:
        """The records of some data, and which split of them is meant."""
        if split is not None and split not in SPLITS:
            raise GuinaError(f"there is no split {split}", f"one of {', '.join(SPLITS)}", did_you_mean(split, SPLITS))
        if data is not None and place_of(str(data)) != self.folder.info.get("place", self.folder.info["source"]):
            source = str(data)
            records = self.job.read(source, (split or TEST,))
            if split is None and not records.count(TEST):  # nothing of it was learned from: all of it is judged
                records = dataclasses.replace(records, split_N=records.split_N * 0 + SPLITS.index(TEST))
        else:
            source, _ = read_again(self.job, self.folder)
            records = self.job.read(source, SPLITS)
        there = [s for s in (TEST, VAL, TRAIN) if records.count(s)]
        split = split or there[0]
        if split not in there:
            raise GuinaError(
                f"{source} has no {split} split",
                f"one of {', '.join(there)}",
                f"say --split {there[0]}, or leave it out",
            )
        return records, split

    def stream(self, inputs: Iterable[Any], ask: Mapping[str, Any] | None = None) -> Iterator[Answer]:
        """Answers as they come, one an input; folders are walked.

        Args:
            ask: how to answer, by name, where the job lets you choose: {"temperature": 0.5}.
        """
        asked = make_ask(self.job, ask or {})
        return step_by_step(self.job.predict(self.nets, inputs, asked), *self.nets.values())

    def say(self, inputs: Iterable[Any], ask: Mapping[str, Any] | None = None) -> Iterator[str]:
        """What `guina predict` prints, in pieces as they come: a line an answer, or a text as it is written."""
        asked = make_ask(self.job, ask or {})
        return step_by_step(self.job.say(self.nets, inputs, asked), *self.nets.values())

    def predict(self, *inputs: Any, ask: Mapping[str, Any] | None = None) -> list[Answer]:
        """Answers to inputs: paths, open pictures, arrays; prompts."""
        return list(self.stream(inputs, ask))

    def look(self, out: str | Path | None = None, say: Callable[[str], None] = silently) -> Path:
        """Write the report, one self-contained HTML file, and say where it is.

        Args:
            out: the file; report.html in the run folder if it is not said.
            say: is told what takes its time now.
        """
        from guina.look.report import write_report

        records, split = self._records(None, None)
        result = self._judge(records, split, say)
        train, judged = self.job.arrays(records.only(TRAIN)), self.job.arrays(records.only(split))
        path = Path(out) if out else self.path / "report.html"
        write_report(path, self.folder, self.job, self.nets, (train, judged), result, say)
        return path

    def __repr__(self) -> str:
        metric = self.folder.info["metric"]
        return f"Run({str(self.path)!r}, {metric}={self.outcome['score'][metric]:.4f})"

    def _repr_html_(self) -> str:
        from guina.look.report import run_card

        return run_card(self.folder, job_of_run(self.folder.info["job"], self._kind).metrics)


def load(path: str | Path, job: str | None = None) -> Run:
    """A finished run from its folder.

    Args:
        job: the path of the file that defines the job, if it is one of your own.
    """
    return Run(path, find(job) if job else None)


def train(
    job: str,
    data: str | Path,
    *,
    minutes: float | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    resume: bool = False,
    quiet: bool = False,
) -> Run:
    """Train a job on data and give the finished run.

    Args:
        job: a name such as "classify", or the path of a file that defines a job.
        data: a path, or the name of a sample that comes with guina.
        minutes, epochs, steps: how long; one of them, 3 minutes if none.
        out: the run folder; runs/JOB/NAME if it is not said.
        settings: the job's own, by name.
        resume: continue a run, or start it if there is none.
        quiet: say nothing on stderr.

    Raises:
        GuinaError: something you can mend; the message says how.
    """
    limit = Limit(MINUTES if (minutes, epochs, steps) == (None, None, None) else minutes, epochs, steps)
    options = Options(limit, seed=seed, resume=resume)
    kind = find(job)
    progress = Silence() if quiet else progress_for(kind.metric)
    with interruptible() as stop:
        outcome = run_training(kind, str(data), options, dict(settings or {}), out, progress, stop)
    return Run(outcome.run, kind)


class Silence(Progress):
    """Says nothing."""

    def say(self, text: str) -> None:
        pass


def run_training(
    kind: type[Job],
    data: str,
    options: Options,
    settings: Mapping[str, Any],
    out: str | Path | None,
    progress: Progress,
    stop: Stop,
) -> Outcome:
    """Train a job; what both the command line and `train` end in."""
    job = kind(make_settings(kind, settings))
    folder = Path(out) if out else folder_for(kind.name, data, options.resume)
    return Session(job, data, folder, options, progress, stop).train()


def folder_for(job: str, data: str, resume: bool) -> Path:
    """Where a run goes if nothing is said: runs/JOB/NAME, or NAME-2 … where others are; to resume, the newest of these
    data.
    """
    mine = [path for path in numbered(job, name_of(data)) if resume and is_of(RunFolder(path), data)]
    return mine[-1] if mine else new_folder(job, name_of(data), take=rank_and_world()[0] == 0)


def name_of(data: str) -> str:
    """What a run on some data is called: the folder's name, the file's without its suffix, or the sample's.

    Example:
        >>> name_of("digits"), name_of("hf:user/flowers"), name_of("/")
        ('digits', 'flowers', 'root')
    """
    path = Path(data)
    if path.exists():
        whole = path.resolve()
        return (whole.name if whole.is_dir() else whole.stem) or "root"
    return re.split(r"[/\\:]", data)[-1]  # a name may not lead anywhere, on no system


def no_job(name: str) -> type[Job]:
    """For what must be refused before any job is asked for."""
    raise GuinaError(f"there is no job {name} here", "a run folder", "name the folder of a finished run")


def make_settings(kind: type[Job], settings: Mapping[str, Any]) -> Any:
    """The job's settings; an unknown one is an error with a suggestion."""
    return filled(kind.Settings, settings, f"{kind.name} has no setting")


def make_ask(job: Job, ask: Mapping[str, Any]) -> Any:
    """How to answer; an unknown name is an error with a suggestion."""
    return filled(job.Ask, ask, f"{job.name} cannot be asked for")


def filled(kind: Any, values: Mapping[str, Any], wrong: str) -> Any:
    """A dataclass with some of its fields set by name."""
    known = [field.name for field in dataclasses.fields(kind)]
    for name in values:
        if name not in known:
            raise GuinaError(f"{wrong} {name}", mend=did_you_mean(name, known))
    return kind(**values)


def check(
    job: str, data: str | Path, settings: Mapping[str, Any] | None = None, out: str | Path | None = None
) -> dict[str, Any]:
    """Read everything, train nothing: what there is, what became of each file, what is wrong, what a training would do.

    Args:
        out: where to write a page with a contact sheet; None: nowhere.

    Returns:
        {"found", "used", "converted", "skipped", "ignored", "problems", "splits", ...}, as `guina check --json` prints
        it; "lines" are what it prints otherwise.
    """
    kind = find(job)
    made = kind(make_settings(kind, settings or {}))
    records = made.read(str(data), SPLITS)
    seen = made.overview(records)
    report = records.report.as_json() | {"splits": {split: records.count(split) for split in SPLITS}}
    report |= {**seen.facts, "lines": list(seen.lines)}
    if out is not None:
        from guina.look.report import write_check

        report["page"] = str(write_check(Path(out), kind.name, str(data), records.report, seen))
    return report


def lab(
    experiment: str,
    swap: Mapping[str, Sequence[str]] | None = None,
    *,
    seeds: int = 3,
    steps: int | None = None,
    data: str | None = None,
    out: str | Path | None = None,
    say: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run an experiment of the lab: each setting with each seed, a table, a page with pictures, a sentence.

    Args:
        swap: key → values; several keys: their grid; nothing: what the experiment is about.
        seeds: how often each setting is repeated.
        steps: of training; as the experiment says if it is not said.
        data: for experiments on pictures: any DATA that classify or generate takes.
        out: the page; runs/lab/EXPERIMENT.html, or with a number, if it is not said.
        say: is told of each trial that ended, in a line.

    Returns:
        {"experiment", "rows", "says", "page"}, as `guina lab --json` prints it.
    """
    from guina.lab import find as find_experiment
    from guina.lab.report import table_of
    from guina.lab.runner import as_json, run_experiment
    from guina.lab.swaps import grid, keys_of
    from guina.look.page import render

    found = find_experiment(experiment)
    swaps = dict(swap or {key: values.split(",") for key, values in found.default.items()})
    if data is not None:
        if "data" not in keys_of(found.Settings):
            raise GuinaError(
                f"{experiment} makes its own data", "--data for experiments on pictures", "leave --data out"
            )
        swaps["data"] = [data]
    rows = run_experiment(found, grid(swaps), seeds, steps, say)
    result = as_json(found, rows)
    path = Path(out) if out else new_page(found.name)
    repeat = f"{seeds} seed{'s' if seeds > 1 else ''}, {steps or found.steps:,} steps"
    page = render(
        found.name,
        f"The claim: {found.claim} What these numbers say: {result['says']}",
        [("swapped", "; ".join(f"{k}: {', '.join(v)}" for k, v in swaps.items()) or "nothing"), ("repeated", repeat)],
        [table_of(found, rows), *found.panels(rows)],
        job="guina lab",
    )
    write_page(path, page)
    return {**result, "page": str(path), "table": table_of(found, rows)}


def summarize(job: str, data: str | Path, settings: Mapping[str, Any] | None = None) -> str:
    """The networks that would be trained: layers, shapes, weights, FLOPs, receptive fields."""
    kind = find(job)
    made = kind(make_settings(kind, settings or {}))
    arrays = read_train(made, str(data))
    return made.summary(build_nets(made, arrays, set_up(), seed=0))


def read_train(job: Job, source: str) -> Arrays:
    """The training arrays, the job fitted to them."""
    records = job.read(source, (TRAIN, VAL)).only(TRAIN)
    job.fit(records)
    arrays = job.arrays(records)
    job.measure(arrays)
    return arrays
