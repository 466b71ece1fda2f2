"""The commands: what they do, and what they print of it."""

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guina.arguments import (
    Check,
    Demo,
    Lab,
    Look,
    Predict,
    Score,
    Train,
    job_named,
    parse,
    parse_edit,
    parse_predict,
    parse_train,
)
from guina.console import is_terminal, note, one_line, tell, tell_json
from guina.errors import GuinaError

if TYPE_CHECKING:
    from guina.answering.base import Answering
    from guina.runs import Run


def train(argv: list[str]) -> int:
    from guina import api
    from guina.engine.budget import Limit
    from guina.engine.job import headline
    from guina.engine.options import TrainingOptions
    from guina.engine.progress import progress_for
    from guina.engine.signals import Interrupted, interruptible
    from guina.runtime import process_age, rank_and_world

    with interruptible() as stop:
        try:
            args, job, settings = parse_train("train", Train, argv)
            if args.summary:
                summary = api.summarize(args.job, args.data, settings)
                if args.json:
                    tell_json({"summary": summary})
                else:
                    tell(summary)
                return 0
            named = (args.minutes, args.epochs, args.steps)
            limit = Limit(api.MINUTES if named == (None, None, None) else args.minutes, args.epochs, args.steps)
            options = TrainingOptions(
                limit,
                seed=args.seed,
                shards=args.shards,
                device=args.device,
                precision=args.precision,
                threads=args.threads,
                resume=args.resume,
                started=process_age(),
            )
            outcome = api.run_training(
                job, args.data, options, settings, args.out, progress_for(headline(job).name), stop
            )
        except Interrupted as interrupt:
            note(f"{interrupt}: saved; go on with --resume")
            return interrupt.exit_code
    if rank_and_world()[0] == 0:
        if args.json:
            tell_json(asdict(outcome))
        else:
            inputs = asked_with(job.Answering)
            tell(conclusion(asdict(outcome), headline(job).name, inputs, own_file(args.job)))
    return 0


def asked_with(answering: "type[Answering]") -> str:
    """What `guina predict` is given, as its help would say it."""
    return "" if not answering.needs_input else " 'TEXT' ..." if answering.reads_lines else " FILE ..."


def own_file(job: str) -> str:
    """What a command on a run takes besides, where the job is a file of the user's own."""
    return f" --job {job}" if job.endswith(".py") else ""


def conclusion(outcome: dict[str, Any], metric: str, inputs: str = " FILE ...", own: str = "") -> str:
    """How a training ended, and what to do next.

    Args:
        inputs: what `guina predict` is given.
        own: see `own_file`.
    """
    baseline = outcome["baseline"].get(metric)
    beside = "" if baseline is None else f" (simplest baseline {baseline:.4f})"
    notes = "".join(f"note: {line}\n" for line in outcome["notes"])
    return (
        f"{metric} {outcome['score'][metric]:.4f}{beside} on validation examples, after {outcome['seconds']:.0f} s\n"
        f"{notes}"
        f"next: guina score {outcome['run']}{own}\n"
        f"      guina look {outcome['run']}{own}\n"
        f"      guina predict {outcome['run']}{inputs}{own}"
    )


def check(argv: list[str]) -> int:
    from guina import api

    args, job, settings = parse_train("check", Check, argv)
    out = args.out or f"runs/{job.name}/{api.name_of(args.data)}-check.html"
    report = api.check(args.job, args.data, settings, out)
    if args.json:
        tell_json(report)
        return 0
    splits = ", ".join(f"{name} {n:,}" for name, n in report["splits"].items() if n)
    tell(f"found {report['found']:,}, used {report['used']:,} ({splits})")
    for line in report["lines"]:
        tell(line)
    for kind in ("converted", "skipped", "ignored"):
        for reason, facts in report[kind].items():
            tell(f"{kind} {facts['count']:,}: {reason} ({', '.join(map(one_line, facts['for example']))})")
    for problem in report["problems"]:
        tell(f"note: {problem}")
    tell(f"open {report['page']}")
    return 0


def score(argv: list[str]) -> int:
    from guina.engine.waiting import Waiting
    from guina.look.markup import counted
    from guina.runs import load

    args = parse(Score, "score", argv)
    with Waiting() as say:
        run = load(args.run, args.job)
        result = run.score(args.data, args.split, say)
    if args.json:
        tell_json(result)
        return 0
    tell(f"{result['split']} split, {counted(run.judge.noun, result['examples'])}")
    width = max(map(len, result["score"]))
    for name, value in result["score"].items():
        others = [f"{who} {scores[name]:.4f}" for who, scores in result["baselines"].items() if name in scores]
        tell(f"  {name:<{width}}  {value:.4f}" + (f"   ({', '.join(others)})" if others else ""))
    for line in result["notes"]:
        tell(f"note: {line}")
    return 0


def predict(argv: list[str]) -> int:
    from guina.answering.answer import Answer
    from guina.answering.render import as_grid, as_json, as_lines, checked
    from guina.runs import load

    args, options = parse_predict(argv)
    run = load(args.run, args.job)
    if args.file is not None:
        return predict_file(run, args, options)
    if not args.inputs and run.answering.needs_input:
        wanted = "texts" if run.answering.reads_lines else "files or folders"
        raise GuinaError("no inputs", wanted, f"guina predict {args.run}{asked_with(type(run.answering))}")
    if args.json and args.grid:
        raise GuinaError("--grid and --json", "one of them: in JSON each answer holds its own picture", "leave one out")
    out = Path(args.out) if args.out else None
    if args.json:
        answers = checked(run.stream(args.inputs, options))
        tell_json({"answers": [as_json(item, out) for item in answers if isinstance(item, Answer)]})
        return 0
    parts = run.parts(args.inputs, options)
    raw = not is_terminal(sys.stdout)  # a text that is kept is kept as it is
    for piece in as_grid(parts, out) if args.grid else as_lines(parts, out):
        tell(piece, end="", raw=raw)
    return 0


def predict_file(run: "Run", args: Predict, options: dict[str, Any]) -> int:
    """The lines of a file as inputs: their answers into another file, or to stdout, as they come."""
    from guina.answering.lines import Tally, as_one_object, as_text
    from guina.engine.progress import duration
    from guina.engine.waiting import Pace

    assert args.file is not None
    if args.inputs or args.grid:
        raise GuinaError(f"--file and {'--grid' if args.grid else 'inputs'}", "one of them", "leave one out")
    begun, tally = time.monotonic(), Tally()
    with Pace("lines") as pace:
        if args.out is None or args.out == "-":
            answers = run.lines(args.file, options, args.encoding, tally, pace.say)
            if not is_terminal(sys.stdout):
                answers = pace.of(answers, tally.of)
            return tell_answers(as_one_object(answers) if args.json else map(as_text, answers), args.json)
        tally = run.predict_file(
            args.file, args.out, options, args.encoding, pace.say, lambda now: pace(now.lines, now.of)
        )
    if args.json:
        counts = {"lines": tally.lines, "empty": tally.empty, "errors": tally.errors, "noted": tally.noted}
        tell_json({"file": args.file, "out": args.out, **counts, "seconds": round(time.monotonic() - begun, 3)})
    else:
        note(f"{args.out}: {tally.words()}, {duration(time.monotonic() - begun)}")
    return 0


def tell_answers(pieces: Iterator[str], one_object: bool) -> int:
    """Print answers as they come; where one object breaks off in the middle, it has said itself what is wrong."""
    told, raw = False, one_object or not is_terminal(sys.stdout)
    try:
        for piece in pieces:
            tell(piece, end="", raw=raw)
            told = True
    except GuinaError as error:
        if not (told and one_object):
            raise
        tell("")
        note(f"guina: {error}")
        return 2
    if one_object:
        tell("")
    return 0


def edit(argv: list[str]) -> int:
    from guina.answering.render import as_json, as_lines
    from guina.engine.waiting import Waiting
    from guina.runs import load, takes_marks

    _, half = job_named(argv)
    if half is not None and takes_marks(half):
        return predict(argv)
    args, options = parse_edit(argv)
    with Waiting() as say:
        answers = load(args.run, args.job).edit(*args.pictures, options=options, say=say)
    if all(answer.error for answer in answers):
        raise GuinaError(
            "; ".join(one_line(f"{answer.input}: {answer.error}") for answer in answers[:3]),
            "a picture such as the generator learned from",
            "name others, or train on pictures like these",
        )
    out = Path(args.out) if args.out else None
    if args.json:
        tell_json({"answers": [as_json(answer, out) for answer in answers]})
        return 0
    for line in as_lines(answers, out or Path("edits")):
        tell(line, end="")
    return 0


def look(argv: list[str]) -> int:
    from guina.engine.waiting import Waiting
    from guina.runs import load

    args = parse(Look, "look", argv)
    with Waiting() as say:
        path = load(args.run, args.job).look(args.out, say)
    if args.json:
        tell_json({"report": str(path)})
    else:
        tell(f"open {path}")
    return 0


def lab(argv: list[str]) -> int:
    from guina import api
    from guina.lab import NAMES, find
    from guina.lab.report import as_text
    from guina.lab.swaps import described, read_swaps

    named = argv[0] if argv and not argv[0].startswith("-") else None
    if named and {"-h", "--help"} & set(argv):
        found = find(named)
        tell(f"{named}: {found.claim}\n\nWhat can be swapped (--swap KEY=A,B,C), its default, and what it is:\n")
        tell(f"{described(found.Settings)}\n\nIts numbers: {'; '.join(found.metrics.values())}.\n")
    args = parse(Lab, "lab", argv)
    if args.experiment is None:
        listed = {name: find(name).claim for name in NAMES}
        if args.json:
            tell_json({"experiments": listed})
        else:
            tell("\n".join(f"  {name:<12} {claim}" for name, claim in listed.items()))
            tell("\nguina lab EXPERIMENT --help lists what can be swapped.")
        return 0
    swaps = read_swaps(args.swap)
    found = api.lab(args.experiment, swaps, seeds=args.seeds, steps=args.steps, data=args.data, out=args.out, say=note)
    table = found.pop("table")
    if args.json:
        tell_json(found)
    else:
        tell(f"{as_text(table)}\n\n{found['says']}\nopen {found['page']}")
    return 0


def demo(argv: list[str]) -> int:
    from guina.demo import run_demos

    args = parse(Demo, "demo", argv)
    results = run_demos(args.jobs, args.out)
    if args.json:
        tell_json({"demos": results})
    return 0
