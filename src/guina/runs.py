"""A finished run: its answers, its scores, its report.

Answering loads what `model/` holds and nothing else; the engine is imported when a run is to be scored or looked into.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guina.answering.answer import Answer, Part
from guina.answering.base import Answering
from guina.answering.lines import Tally, answered_lines, check_out, form_of, whole_file
from guina.answering.model import load_answering
from guina.answering.render import with_files
from guina.console import note
from guina.errors import GuinaError, did_you_mean
from guina.jobs import answering_of_run, find, job_of_run
from guina.runfolder import RunFolder
from guina.runtime import Runtime, set_up

if TYPE_CHECKING:
    from guina.engine.job import Job
    from guina.engine.judge import Judge
    from guina.engine.turns import Nets

MARKS = ("mask", "box", "hint")  # options that say where, and what, a picture is to become


def no_progress(text: str) -> None:
    """Say nothing of what goes on."""


class Run:
    """A finished run: scores, answers, a report.

    Args:
        path: the run folder.
        kind: the job, where it is one of the user's own; a run names only registered ones.

    Raises:
        GuinaError: there is no finished run at this path.
    """

    def __init__(self, path: str | Path, kind: "type[Job] | None" = None) -> None:
        self.path = Path(path)
        self.folder = RunFolder(self.path)
        self._kind = kind
        self._refuse_if_unfinished()

    def _refuse_if_unfinished(self) -> None:
        """Raise GuinaError unless the run's model is there, was proven, and its result was written."""
        status = self.folder.read_status() if self.path.is_dir() else {}
        if self.path.is_file() or not self.folder.begun or not self.folder.model.is_dir() or "result" not in status:
            load_answering(self.path, no_job) if self.path.is_file() else None  # says why a file is refused
            state = status.get("state")
            raise GuinaError(
                f"{self.path} is {f'not finished ({state})' if state else 'no run'}",
                "the folder of a finished run, such as runs/classify/photos",
                "finish it with guina train ... --resume" if state else "look below runs/",
            )

    # --- answering ---

    @cached_property
    def runtime(self) -> Runtime:
        """The machine, with as many threads as the run was trained with, so that answers are the same to the bit."""
        return set_up(threads=self.folder.info["runtime"]["threads"], precision="float32")

    @cached_property
    def answering(self) -> Answering:
        """What answers, loaded from model/."""
        device = self.runtime.device
        answering_of_run(self.folder.info["job"], self._kind)  # refuses what is neither guina's nor named by the user
        return load_answering(self.folder.model, lambda name: answering_of_run(name, self._kind), device)

    def stream(self, inputs: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[Answer]:
        """Answers as they come, one an input; folders are walked.

        Args:
            options: how to answer, by name, where the job lets you choose: {"temperature": 0.5}.
        """
        return self.answering.answers(*self._asked(inputs, options))

    def parts(self, inputs: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[Answer | Part]:
        """The same, and before an answer that is made bit by bit its parts as they come."""
        return self.answering.parts(*self._asked(inputs, options))

    def _asked(self, inputs: Iterable[Any], options: Mapping[str, Any] | None) -> tuple[Iterable[Any], Any]:
        """The inputs, folders walked where they may be files, and the options."""
        half = self.answering
        chosen = filled(half.Options, options or {}, f"{self.folder.info['job']} cannot be asked for")
        return expanded_folders(inputs) if half.reads_files else inputs, chosen

    def predict(
        self, *inputs: Any, options: Mapping[str, Any] | None = None, out: str | Path | None = None
    ) -> list[Answer]:
        """Answers to inputs: paths, open pictures, arrays; prompts; seeds.

        Args:
            options: how to answer, by name, where the job lets you choose: {"temperature": 0.5}.
            out: the folder that pictures and sounds of the answers are written into; None: nowhere.
        """
        return with_files(self.stream(inputs, options), out)

    def lines(
        self,
        file: str | Path,
        options: Mapping[str, Any] | None = None,
        encoding: str = "utf-8",
        tally: Tally | None = None,
        say: Callable[[str], None] = note,
    ) -> Iterator[Answer]:
        """An answer to each line of a text file, in order, as they come; an empty line has an empty one.

        Args:
            file: its path; "-": the standard input.
            options: how to answer, by name, where the job lets you choose.
            tally: counts what becomes of them.
            say: is told of the first lines that could not be answered, or have a note.

        Raises:
            GuinaError: the job answers no texts; the file cannot be read, which is known before the first answer if it
                can be read twice; none of its lines could be answered.
        """
        from guina.data.line_stream import count_lines, read_lines

        if not self.answering.reads_lines:
            name = self.folder.info["job"]
            raise GuinaError(f"{name} answers no lines of a file", "a job that answers texts", "leave --file out")
        tally = Tally() if tally is None else tally
        tally.of = count_lines(str(file), encoding)
        blocks = read_lines(str(file), encoding)
        return answered_lines(blocks, lambda texts: self.parts(texts, options), tally, say)

    def predict_file(
        self,
        file: str | Path,
        out: str | Path,
        options: Mapping[str, Any] | None = None,
        encoding: str = "utf-8",
        say: Callable[[str], None] = note,
        watch: Callable[[Tally], None] | None = None,
    ) -> Tally:
        """Write the answer to each line of a file into another, a line each, as they come.

        Args:
            out: a file that is not there yet; .txt: answers alone; .jsonl: all there is to say, an object a line.
            say: is told of the first lines that could not be answered, or have a note.
            watch: is shown after each line what became of them so far.

        Raises:
            GuinaError: see `lines`; `out` cannot be written, or is there already.

        Example:
            run.predict_file("in.txt", "out.txt")
        """
        out, tally = Path(out), Tally()
        check_out(out, None if str(file) == "-" else Path(file))
        form, answers = form_of(out), self.lines(file, options, encoding, tally, say)
        with whole_file(out) as put:
            for answer in answers:
                put(form(answer))
                if watch is not None:
                    watch(tally)
        return tally

    # --- editing ---

    def edit(
        self,
        *pictures: Any,
        options: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
        say: Callable[[str], None] = no_progress,
    ) -> list[Answer]:
        """Pictures moved by a generator: to another class, along a direction; without any, a strip each direction.

        A job that is told where to edit, by a mask or hints, answers as it predicts.

        Args:
            pictures: paths, folders, open pictures, arrays.
            options: what is done, by name: {"to": "cat"}, {"along": 2, "by": -3}.
            out: the folder that pictures are written into; None: nowhere.
            say: is told what takes its time now.

        Raises:
            GuinaError: the job edits no pictures; they cannot be edited so.
        """
        if takes_marks(type(self.answering)):
            return self.predict(*pictures, options=options, out=out)
        from guina.jobs.generate.editing import edited
        from guina.jobs.generate.edits import EditOptions

        chosen = filled(EditOptions, options or {}, "there is no edit by")
        return with_files(edited(self, self.answering, list(expanded_folders(pictures)), chosen, say), out)

    # --- judging ---

    @property
    def kind(self) -> "type[Job]":
        """The job."""
        return job_of_run(self.folder.info["job"], self._kind)

    @cached_property
    def _judged(self) -> "tuple[Judge, Nets]":
        from guina.engine.model import load_judge

        return load_judge(self.path, self.kind, self.answering, self.runtime.device)

    @property
    def judge(self) -> "Judge":
        """What scores and shows."""
        return self._judged[0]

    @property
    def nets(self) -> "Nets":
        """All networks, those that do not answer among them."""
        return self._judged[1]

    @property
    def outcome(self) -> dict[str, Any]:
        """What `guina train --json` printed."""
        return self.folder.read_status()["result"]

    def score(
        self, data: str | Path | None = None, split: str | None = None, say: Callable[[str], None] = no_progress
    ) -> dict[str, Any]:
        """The job's metrics, and beside them the baselines'.

        Args:
            data: other data than the run learned from: its test split, or all of it if it has no splits.
            split: "test" where there is one, "val" otherwise, unless said here.
            say: is told what takes its time now.

        Raises:
            GuinaError: the run's own data are gone or have changed, or there is no such split.

        Returns:
            {"score", "baseline", "baselines", "split", "examples", "notes"}, as `guina score --json` prints it.
        """
        from guina.scoring import score

        return score(self, data, split, say)

    def look(self, out: str | Path | None = None, say: Callable[[str], None] = no_progress) -> Path:
        """Write the report, one self-contained HTML file, and say where it is.

        Args:
            out: the file; report.html in the run folder if it is not said.
            say: is told what takes its time now.
        """
        from guina.scoring import look

        return look(self, out, say)

    def __repr__(self) -> str:
        metric = self.folder.info["metric"]
        return f"Run({str(self.path)!r}, {metric}={self.outcome['score'][metric]:.4f})"

    def _repr_html_(self) -> str:
        from guina.look.report import run_card

        return run_card(self.folder, self.kind.Judge.metrics)


def load(path: str | Path, job: str | None = None) -> Run:
    """A finished run from its folder.

    Args:
        job: the path of the file that defines the job, if it is one of your own.
    """
    return Run(path, find(job) if job else None)


def expanded_folders(inputs: Iterable[Any]) -> Iterator[Any]:
    """The inputs, each folder among them as the files in it."""
    from guina.data.walking import find_inputs

    return (thing for _, thing in find_inputs(inputs, "input"))


def takes_marks(half: type[Answering]) -> bool:
    """Whether a job is told what to do where in a picture, so that its answers are edits."""
    return any(option.name in MARKS for option in dataclasses.fields(half.Options))


def no_job(name: str) -> tuple[type, type[Answering]]:
    """For what must be refused before any job is asked for."""
    raise GuinaError(f"there is no job {name} here", "a run folder", "name the folder of a finished run")


def filled(kind: Any, values: Mapping[str, Any], wrong: str) -> Any:
    """A dataclass with some of its fields set by name; an unknown one is an error with a suggestion."""
    known = [field.name for field in dataclasses.fields(kind)]
    for name in values:
        if name not in known:
            raise GuinaError(f"{wrong} {name}", mend=did_you_mean(name, known))
    return kind(**values)
