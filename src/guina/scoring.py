"""Scores and the report of a finished run: which examples are judged, and by what; computed once and kept."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from guina.data.records import SPLITS, TEST, TRAIN, VAL, Records
from guina.engine.job import Job
from guina.engine.judge import Judge
from guina.engine.kept import kept
from guina.engine.origin import place_of, read_again
from guina.engine.turns import Nets
from guina.errors import GuinaError, did_you_mean
from guina.look.markup import counted
from guina.look.report import write_report
from guina.runfolder import RunFolder
from guina.runtime import evaluating

Say = Callable[[str], None]


class Run(Protocol):
    """What there is of a finished run to judge it by; see runs.py."""

    @property
    def path(self) -> Path: ...
    @property
    def folder(self) -> RunFolder: ...
    @property
    def kind(self) -> type[Job]: ...
    @property
    def judge(self) -> Judge: ...
    @property
    def nets(self) -> Nets: ...


def score(run: Run, data: str | Path | None, split: str | None, say: Say) -> dict[str, Any]:
    """What `guina score` prints; see `Run.score`."""
    return judged(run, *records_of(run, data, split), say)


def look(run: Run, out: str | Path | None, say: Say) -> Path:
    """Write the report; see `Run.look`."""
    records, split = records_of(run, None, None)
    result = judged(run, records, split, say)
    job = run.judge.job
    train, examples = job.arrays(records.only(TRAIN)), job.arrays(records.only(split))
    path = Path(out) if out else run.path / "report.html"
    write_report(path, run.folder, run.judge, run.nets, (train, examples), result, say)
    return path


def judged(run: Run, records: Records, split: str, say: Say) -> dict[str, Any]:
    """The scores of a split and the baselines', computed once for this model, these data and this code."""

    def compute() -> dict[str, Any]:
        judge, nets = run.judge, run.nets
        examples, train = judge.job.arrays(records.only(split)), judge.job.arrays(records.only(TRAIN))
        say(f"judging {counted(judge.noun, len(examples))} of the {split} split")
        with evaluating(*nets.values()):
            scores = judge.score(nets, examples) | judge.slow_scores(nets, examples)
            say("judging the simplest baselines on the same")
            baselines = judge.baselines(train if len(train) else examples, examples, thorough=len(train) > 0)
            notes = judge.notes(nets, examples)
        given = judge.baseline_notes(train) if len(train) else ""
        return {
            "score": scores,
            "baseline": next(iter(baselines.values()), {}),
            "baselines": dict(baselines),
            "split": split,
            "examples": len(examples),
            "notes": [*notes, *([given] if given else [])],
        }

    return kept(run.folder, run.kind, records, split, compute)


def records_of(run: Run, data: str | Path | None, split: str | None) -> tuple[Records, str]:
    """The records of some data, and which split of them is meant."""
    if split is not None and split not in SPLITS:
        raise GuinaError(f"there is no split {split}", f"one of {', '.join(SPLITS)}", did_you_mean(split, SPLITS))
    job, info = run.judge.job, run.folder.info
    if data is not None and place_of(str(data)) != info.get("place", info["source"]):
        source = str(data)
        records = job.read(source, (split or TEST,))
        if split is None and not records.count(TEST):  # nothing of it was learned from: all of it is judged
            records = dataclasses.replace(records, split_N=records.split_N * 0 + SPLITS.index(TEST))
    else:
        source, _ = read_again(job, run.folder)
        records = job.read(source, SPLITS)
    there = [s for s in (TEST, VAL, TRAIN) if records.count(s)]
    split = split or there[0]
    if split not in there:
        raise GuinaError(
            f"{source} has no {split} split",
            f"one of {', '.join(there)}",
            f"say --split {there[0]}, or leave it out",
        )
    return records, split
