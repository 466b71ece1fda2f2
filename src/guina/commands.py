"""The commands: their arguments, as dataclasses that tyro turns into flags, and what they do."""

import json
import sys
from dataclasses import asdict, dataclass, fields, make_dataclass
from pathlib import Path
from typing import Any

import tyro
from tyro.conf import Positional, UseAppendAction

from guina.errors import GuinaError


@dataclass(frozen=True)
class Demo:
    """Run a job on a sample that comes with guina: train, score, answer, report."""

    jobs: Positional[tuple[str, ...]] = ()
    """which jobs; all of them if none is said"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""
    out: str | None = None
    """the run folder"""


@dataclass(frozen=True)
class Check:
    """Read everything, train nothing: what there is, what is wrong with it, and a contact sheet."""

    job: Positional[str]
    """classify, write, generate, or ./my_job.py"""
    data: Positional[str]
    """a path, or the name of a sample"""
    out: str | None = None
    """the page with the contact sheet; runs/JOB/NAME-check.html if it is not said"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Train:
    """Train a job on data."""

    job: Positional[str]
    """classify, write, generate, or ./my_job.py"""
    data: Positional[str]
    """a path, or the name of a sample"""
    minutes: float | None = None
    """done in so many minutes, from start to exit; 3 if nothing is said"""
    epochs: float | None = None
    """so many passes over the data instead"""
    steps: int | None = None
    """so many steps instead"""
    seed: int = 0
    """of weights, order and augmentation"""
    out: str | None = None
    """the run folder; runs/JOB/NAME if it is not said"""
    resume: bool = False
    """go on with the run; start it if there is none, give its answer if it is done"""
    summary: bool = False
    """print layers, shapes, weights, FLOPs and receptive fields; train nothing"""
    shards: int | None = None
    """parts of each batch, with their own statistics: N processes equal one with --shards N; saves memory"""
    device: str = "auto"
    """auto, cpu, cuda"""
    precision: str = "auto"
    """auto, float32, float64, bfloat16"""
    threads: int | None = None
    """of the CPU"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Score:
    """Score a run on its test split, its validation split if it has none, or on other data."""

    run: Positional[str]
    """the run folder"""
    data: Positional[str | None] = None
    """other data than the run learned from"""
    split: str | None = None
    """train, val or test"""
    job: str | None = None
    """the file that defines the job, if it is one of your own"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Predict:
    """Answer inputs: files, folders of them, or prompts."""

    run: Positional[str]
    """the run folder"""
    inputs: Positional[tuple[str, ...]] = ()
    """files or folders; for write: prompts; for generate: seeds, or none"""
    job: str | None = None
    """the file that defines the job, if it is one of your own"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Look:
    """Write the report of a run."""

    run: Positional[str]
    """the run folder"""
    out: str | None = None
    """the file; report.html in the run folder if it is not said"""
    job: str | None = None
    """the file that defines the job, if it is one of your own"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Lab:
    """Run an experiment: each setting with several seeds, a table, a page with pictures, and a sentence."""

    experiment: Positional[str | None] = None
    """which; without one the list is printed"""
    swap: UseAppendAction[tuple[str, ...]] = ()
    """KEY=A,B,C: what to change, and to what; several: their grid"""
    seeds: int = 3
    """how often each setting is repeated"""
    steps: int | None = None
    """of training; as many as suit the experiment if it is not said"""
    data: str | None = None
    """for experiments on pictures: DATA as classify or generate take it; digits if it is not said"""
    out: str | None = None
    """the page; runs/lab/EXPERIMENT.html if it is not said"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


def say_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)


def parse(kind: Any, name: str, argv: list[str]) -> Any:
    """A command's arguments from its dataclass; wrong ones exit with 2 and a suggestion."""
    return tyro.cli(kind, prog=f"guina {name}", args=argv, config=(tyro.conf.OmitArgPrefixes,))


def parse_train(name: str, kind: Any, argv: list[str]) -> tuple[Any, type[Any], dict[str, Any]]:
    """The arguments of a command that takes a job's own settings too: those, the job, and its settings."""
    from guina.jobs import find

    if not argv or argv[0].startswith("-"):
        parse(kind, name, argv)
        raise GuinaError(f"guina {name} {' '.join(argv)}: no job", mend=f"guina {name} JOB DATA ...")
    job = find(argv[0])
    both = make_dataclass(kind.__name__, [("command", kind), ("settings", job.Settings)])
    both.__doc__ = f"{kind.__doc__}\n\nSettings of {job.name} come after the general ones."
    parsed = parse(both, name, argv)
    return parsed.command, job, vars(parsed.settings)


def train(argv: list[str]) -> int:
    from guina import api
    from guina.engine.budget import Limit
    from guina.engine.progress import progress_for
    from guina.engine.session import Options
    from guina.engine.signals import Interrupted, interruptible
    from guina.runtime import process_age, rank_and_world

    with interruptible() as stop:
        try:
            args, job, settings = parse_train("train", Train, argv)
            if args.summary:
                print(api.summarize(args.job, args.data, settings))
                return 0
            named = (args.minutes, args.epochs, args.steps)
            limit = Limit(api.MINUTES if named == (None, None, None) else args.minutes, args.epochs, args.steps)
            options = Options(
                limit,
                seed=args.seed,
                shards=args.shards,
                device=args.device,
                precision=args.precision,
                threads=args.threads,
                resume=args.resume,
                started=process_age(),
            )
            outcome = api.run_training(job, args.data, options, settings, args.out, progress_for(job.metric), stop)
        except Interrupted as interrupt:
            print(f"{interrupt}: saved; go on with --resume", file=sys.stderr)
            return interrupt.exit_code
    if rank_and_world()[0] == 0:
        if args.json:
            say_json(asdict(outcome))
        else:
            print(conclusion(asdict(outcome), job.metric, job.wants_inputs))
    return 0


def conclusion(outcome: dict[str, Any], metric: str, wants_inputs: bool = True) -> str:
    """How a training ended, and what to do next."""
    baseline = outcome["baseline"].get(metric)
    beside = "" if baseline is None else f" (simplest baseline {baseline:.4f})"
    return (
        f"{metric} {outcome['score'][metric]:.4f}{beside} on validation examples, after {outcome['seconds']:.0f} s\n"
        f"next: guina score {outcome['run']}\n"
        f"      guina look {outcome['run']}\n"
        f"      guina predict {outcome['run']}{' FILE ...' if wants_inputs else ''}"
    )


def check(argv: list[str]) -> int:
    from guina import api

    args, job, settings = parse_train("check", Check, argv)
    out = args.out or f"runs/{job.name}/{api.name_of(args.data)}-check.html"
    report = api.check(args.job, args.data, settings, out)
    if args.json:
        say_json(report)
        return 0
    splits = ", ".join(f"{name} {n:,}" for name, n in report["splits"].items() if n)
    print(f"found {report['found']:,}, used {report['used']:,} ({splits})")
    for line in report["lines"]:
        print(line)
    for kind in ("converted", "skipped", "ignored"):
        for reason, facts in report[kind].items():
            print(f"{kind} {facts['count']:,}: {reason} ({', '.join(facts['for example'])})")
    for problem in report["problems"]:
        print(f"note: {problem}")
    print(f"open {report['page']}")
    return 0


def score(argv: list[str]) -> int:
    from guina import api
    from guina.engine.waiting import Waiting
    from guina.look.markup import said

    args = parse(Score, "score", argv)
    with Waiting() as say:
        run = api.load(args.run, args.job)
        result = run.score(args.data, args.split, say)
    if args.json:
        say_json(result)
        return 0
    print(f"{result['split']} split, {said(run.job.thing, result['examples'])}")
    width = max(map(len, result["score"]))
    for name, value in result["score"].items():
        others = [
            f"{key.partition('/')[0]} {v:.4f}" for key, v in result["baseline"].items() if key.endswith(f"/{name}")
        ]
        if name in result["baseline"]:
            others.insert(0, f"baseline {result['baseline'][name]:.4f}")
        print(f"  {name:<{width}}  {value:.4f}" + (f"   ({', '.join(others)})" if others else ""))
    for line in (*result["notes"], run.job.reminder):
        if line:
            print(line)
    return 0


def predict(argv: list[str]) -> int:
    from guina import api
    from guina.engine.answers import unless_none_was_read

    args, ask = parse_predict(argv)
    run = api.load(args.run, args.job)
    if not args.inputs and run.job.wants_inputs:
        raise GuinaError("no inputs", "files or folders; for write: prompts", f"guina predict {args.run} FILE ...")
    if args.json:
        say_json({"answers": list(unless_none_was_read(run.stream(args.inputs, ask)))})
        return 0
    for piece in run.say(args.inputs, ask):
        print(piece, end="", flush=True)
    return 0


def parse_predict(argv: list[str]) -> tuple[Predict, dict[str, Any]]:
    """The arguments of `guina predict`, and how the run's job is to answer."""
    from guina.engine.run import RunFolder
    from guina.jobs import find, job_of_run

    folder = RunFolder(Path(argv[0])) if argv and not argv[0].startswith("-") else None
    if folder is None or not folder.begun:
        return parse(Predict, "predict", argv), {}  # the run's loading will say what is wrong with it
    words = [part for word in argv for part in (word.split("=", 1) if word.startswith("--job=") else [word])]
    own = [words[n + 1] for n, word in enumerate(words[:-1]) if word == "--job"]
    kind = job_of_run(folder.info["job"], find(own[0]) if own else None)
    if not fields(kind.Ask):
        return parse(Predict, "predict", argv), {}
    both = make_dataclass("Predict", [("command", Predict), ("ask", kind.Ask)])
    both.__doc__ = f"{Predict.__doc__}\n\nHow {kind.name} answers comes after what all jobs have."
    parsed = parse(both, "predict", argv)
    return parsed.command, vars(parsed.ask)


def look(argv: list[str]) -> int:
    from guina import api
    from guina.engine.waiting import Waiting

    args = parse(Look, "look", argv)
    with Waiting() as say:
        path = api.load(args.run, args.job).look(args.out, say)
    if args.json:
        say_json({"report": str(path)})
    else:
        print(f"open {path}")
    return 0


def lab(argv: list[str]) -> int:
    from guina import api
    from guina.lab import NAMES, find
    from guina.lab.report import as_text
    from guina.lab.swaps import described, read_swaps

    named = argv[0] if argv and not argv[0].startswith("-") else None
    if named and {"-h", "--help"} & set(argv):
        found = find(named)
        print(f"{named}: {found.claim}\n\nWhat can be swapped (--swap KEY=A,B,C), its default, and what it is:\n")
        print(f"{described(found.Settings)}\n\nIts numbers: {'; '.join(found.metrics.values())}.\n")
    args = parse(Lab, "lab", argv)
    if args.experiment is None:
        listed = {name: find(name).claim for name in NAMES}
        if args.json:
            say_json({"experiments": listed})
        else:
            print("\n".join(f"  {name:<12} {claim}" for name, claim in listed.items()))
            print("\nguina lab EXPERIMENT --help lists what can be swapped.")
        return 0
    swaps = read_swaps(args.swap)
    found = api.lab(
        args.experiment, swaps, seeds=args.seeds, steps=args.steps, data=args.data, out=args.out, say=to_stderr
    )
    table = found.pop("table")
    if args.json:
        say_json(found)
    else:
        print(f"{as_text(table)}\n\n{found['says']}\nopen {found['page']}")
    return 0


def to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def demo(argv: list[str]) -> int:
    from guina.demo import run_demos

    args = parse(Demo, "demo", argv)
    results = run_demos(args.jobs, args.out)
    if args.json:
        say_json({"demos": results})
    return 0
