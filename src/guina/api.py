"""guina in Python: `train`, `load`, `check`, `lab`, and the Run. The command line calls the same functions.

run = guina.train("classify", "photos/", minutes=5)
run.score()["score"]["accuracy"]
run.predict("cat.jpg")
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from guina.data.records import SPLITS, TRAIN, VAL
from guina.engine.budget import Limit
from guina.engine.conclude import Outcome
from guina.engine.job import Job, fit, headline
from guina.engine.options import TrainingOptions
from guina.engine.origin import is_of
from guina.engine.places import new_folder, new_page, numbered, write_page
from guina.engine.progress import Progress, progress_for
from guina.engine.session import Session
from guina.engine.signals import Stop, interruptible
from guina.engine.train import build_nets
from guina.errors import GuinaError
from guina.jobs import find
from guina.runfolder import RunFolder
from guina.runs import Run, filled
from guina.runtime import rank_and_world, set_up

MINUTES = 3.0  # what a training takes when nothing is said


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
    options = TrainingOptions(limit, seed=seed, resume=resume)
    kind = find(job)
    progress = Silence() if quiet else progress_for(headline(kind).name)
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
    options: TrainingOptions,
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


def make_settings(kind: type[Job], settings: Mapping[str, Any]) -> Any:
    """The job's settings; an unknown one is an error with a suggestion."""
    return filled(kind.Settings, settings, f"{kind.name} has no setting")


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
    made, arrays = fit(made, made.read(str(data), (TRAIN, VAL)).only(TRAIN))
    return made.summary(build_nets(made, arrays, set_up(), seed=0))
