"""The end of a training: best weights, what is learned last, the model on disk, the proof, the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from guina.answering.model import load_answering
from guina.bundle import publish_folder
from guina.data.arrays import Arrays
from guina.engine.budget import Limit
from guina.engine.job import Job
from guina.engine.judge import Scores
from guina.engine.model import save_judge, stage_model
from guina.engine.train import Training
from guina.engine.turns import Nets
from guina.engine.validations import finite
from guina.runtime import evaluating


@dataclass(frozen=True)
class Outcome:
    """What a training gave, as `guina train --json` prints it."""

    run: str
    job: str
    score: Scores
    baseline: Scores
    baselines: Mapping[str, Scores]
    notes: Sequence[str]
    steps: int
    epochs: float
    seconds: float
    stopped: str


def conclude(training: Training, limit: Limit) -> Outcome:
    """Take the best weights, learn what is learned last, store what answers and what judges, prove, and score.

    The folder model/ is there when all of it is done, and not before.
    """
    train, val = training.train, training.val
    nets, folder = training.take_best(), training.place.folder
    with evaluating(*nets.values()):
        job = training.job.fitted_to(training.judge.conclude(nets, val))
        judge = training.judge.of(job)
        score = finite(judge.score(nets, val))
        notes = judge.notes(nets, val)
        baselines = {name: finite(scores) for name, scores in judge.baselines(train, val, thorough=False).items()}
    named = "minutes" if limit.minutes else "epochs" if limit.epochs else "steps"
    outcome = Outcome(
        str(folder.path),
        job.name,
        score,
        simplest(baselines),
        baselines,
        notes,
        training.step,
        round(training.epochs, 3),
        0.0,
        training.stopped or named,
    )
    save_judge(folder.judge, job, judge, nets)
    unproven = stage_model(folder.model, job, nets, card(job, outcome, folder.info))
    prove(unproven, job, nets, val.first(judge.proven), training.place.runtime.device)
    publish_folder(unproven, folder.model)
    return outcome


def simplest(baselines: Mapping[str, Scores]) -> Scores:
    """The scores of the simplest thing that works: the first of them."""
    return next(iter(baselines.values()), {})


def prove(saved: Path, job: Job, nets: Nets, few: Arrays, device: str) -> None:
    """The saved model, loaded anew, gives the same answers to the bit."""
    loaded = load_answering(saved, lambda _: (job.Settings, job.Answering), device)
    ours, theirs = (list(islice(half.answers(job.inputs(few)), len(few))) for half in (job.answering(nets), loaded))
    if ours != theirs:
        wrong = sum(a != b for a, b in zip(ours, theirs, strict=True))
        raise AssertionError(f"the saved model answers {wrong} of {len(ours)} examples differently")


def card(job: Job, outcome: Outcome, info: dict[str, Any]) -> str:
    """The model card: what it is, what it learned from, how good it is, how to use it."""
    rows = "\n".join(
        f"| {name} | {value:.4f} | {baseline} |"
        for name, value in outcome.score.items()
        if (baseline := f"{outcome.baseline[name]:.4f}" if name in outcome.baseline else "–")
    )
    data, runtime = info["data"], info["runtime"]
    notes = "".join(f"\n{line[0].upper()}{line[1:]}.\n" for line in outcome.notes)
    return f"""# A {job.name} model by guina {info["guina"]}

Learned from `{info["source"]}`: {data["train"]} examples, judged on {data["val"]} that it did not learn from.

| metric | this model | simplest baseline |
|---|---|---|
{rows}
{notes}
Trained {outcome.steps} steps ({outcome.epochs} epochs) with seed {info["options"]["seed"]} on {runtime["device_name"]}
({runtime["threads"]} threads, {runtime["precision"]}, torch {runtime["torch"]}).

Settings: {", ".join(f"{k} {v}" for k, v in info["settings"].items())}.

Use it: `guina predict {outcome.run} FILE ...`, or in Python `guina.load("{outcome.run}").predict("FILE")`.
It answers within what it has seen: other kinds of input get an answer too, and a wrong one.
"""
