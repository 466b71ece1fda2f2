"""The arguments of the commands: dataclasses that tyro turns into flags.

What a command is about stands in `about`, not in a docstring: `python -OO` has none.
"""

from dataclasses import dataclass, fields, make_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import tyro
from tyro.conf import Positional, UseAppendAction

from guina.console import answering
from guina.errors import GuinaError

if TYPE_CHECKING:
    from guina.answering.base import Answering


@dataclass(frozen=True)
class Demo:
    about: ClassVar[str] = "Run a job on a sample that comes with guina: train, score, answer, report."

    jobs: Positional[tuple[str, ...]] = ()
    """which jobs; all of them if none is said"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""
    out: str | None = None
    """the run folder; of several jobs, the folder that theirs are made in"""


@dataclass(frozen=True)
class Check:
    about: ClassVar[str] = "Read everything, train nothing: what there is, what is wrong with it, and a contact sheet."

    job: Positional[str]
    """classify, write, translate, transcribe, caption, generate, colorize, inpaint, or ./my_job.py"""
    data: Positional[str]
    """a path, or the name of a sample"""
    out: str | None = None
    """the page with the contact sheet; runs/JOB/NAME-check.html if it is not said"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Train:
    about: ClassVar[str] = "Train a job on data."

    job: Positional[str]
    """classify, write, translate, transcribe, caption, generate, colorize, inpaint, or ./my_job.py"""
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
    about: ClassVar[str] = "Score a run on its test split, its validation split if it has none, or on other data."

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
    about: ClassVar[str] = "Answer inputs: files, folders of them, prompts, or the lines of a file."

    run: Positional[str]
    """the run folder"""
    inputs: Positional[tuple[str, ...]] = ()
    """files or folders; for write: prompts; for generate: seeds, or none"""
    file: str | None = None
    """a text file whose lines are the inputs, for jobs that answer texts; -: the standard input"""
    encoding: str = "utf-8"
    """of that file"""
    out: str | None = None
    """the folder for what answers hand over, such as pictures; with --json nothing: they come as text, in base64; with
    --file: the file for the answers, a line each (.txt), or an object with all there is to say (.jsonl)"""
    grid: bool = False
    """one picture of all, instead of a file each"""
    job: str | None = None
    """the file that defines the job, if it is one of your own"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Edit:
    about: ClassVar[str] = (
        "Move pictures with a run of generate: to another class, or along a direction; without pictures show the"
        " directions. On a run that takes a mask, a box or hints: guina predict."
    )

    run: Positional[str]
    """the run folder"""
    pictures: Positional[tuple[str, ...]] = ()
    """files or folders; none: a strip along each direction is made"""
    out: str | None = None
    """the folder for pictures, edits if it is not said; with --json nothing: they come as text, in base64"""
    job: str | None = None
    """the file that defines the job, if it is one of your own"""
    json: bool = False
    """one JSON object on stdout, everything else on stderr"""


@dataclass(frozen=True)
class Look:
    about: ClassVar[str] = "Write the report of a run."

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
    about: ClassVar[str] = "Run an experiment: each setting with several seeds, a table, a page and a sentence."

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


def parse(kind: Any, name: str, argv: list[str]) -> Any:
    """A command's arguments from its dataclass; wrong ones exit with 2 and a suggestion."""
    with answering():  # it prints the help
        return tyro.cli(
            kind, prog=f"guina {name}", description=kind.about, args=argv, config=(tyro.conf.OmitArgPrefixes,)
        )


def with_more(kind: Any, what: str, more: type, says: str) -> Any:
    """A command's arguments together with those of a job."""
    both = make_dataclass(kind.__name__, [("command", kind), (what, more)])
    both.about = f"{kind.about}\n\n{says}"
    return both


def parse_train(name: str, kind: Any, argv: list[str]) -> tuple[Any, type[Any], dict[str, Any]]:
    """The arguments of a command that takes a job's own settings too: those, the job, and its settings."""
    from guina.jobs import find

    if not argv or argv[0].startswith("-"):
        parse(kind, name, argv)
        raise GuinaError(f"guina {name} {' '.join(argv)}: no job", mend=f"guina {name} JOB DATA ...")
    job = find(argv[0])
    both = with_more(kind, "settings", job.Settings, f"Settings of {job.name} come after the general ones.")
    parsed = parse(both, name, argv)
    return parsed.command, job, vars(parsed.settings)


def parse_predict(argv: list[str]) -> tuple[Predict, dict[str, Any]]:
    """The arguments of `guina predict`, and how the run's job is to answer."""
    name, half = job_named(argv)
    if half is None or not fields(half.Options):
        return parse(Predict, "predict", argv), {}
    both = with_more(Predict, "options", half.Options, f"How {name} answers comes after what all jobs have.")
    parsed = parse(both, "predict", argv)
    return parsed.command, vars(parsed.options)


def parse_edit(argv: list[str]) -> tuple[Edit, dict[str, Any]]:
    """The arguments of `guina edit` on a run of generate, and what is to be done."""
    from guina.jobs.generate.edits import EditOptions

    parsed = parse(with_more(Edit, "options", EditOptions, "What is done comes after that."), "edit", argv)
    return parsed.command, vars(parsed.options)


def job_named(argv: list[str]) -> "tuple[str, type[Answering] | None]":
    """The job of the run that a command is on, and what answers; None where none is named or begun: the run's loading
    will say what is wrong with it.
    """
    from guina.jobs import answering_of_run, find
    from guina.runfolder import RunFolder

    folder = RunFolder(Path(argv[0])) if argv and not argv[0].startswith("-") else None
    if folder is None or not folder.begun:
        return "", None
    words = [part for word in argv for part in (word.split("=", 1) if word.startswith("--job=") else [word])]
    own = [words[n + 1] for n, word in enumerate(words[:-1]) if word == "--job"]
    name = folder.info["job"]
    return name, answering_of_run(name, find(own[0]) if own else None)[1]
