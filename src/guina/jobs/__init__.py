"""The jobs, by the names that users say. A module is imported when something in it is asked for.

What answers is found without what learns: `guina predict` loads no engine.
"""

import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guina.errors import GuinaError, did_you_mean

if TYPE_CHECKING:
    from guina.answering.base import Answering
    from guina.engine.job import Job

NAMES = ("classify", "write", "translate", "transcribe", "caption", "generate", "colorize", "inpaint")
ALSO_CALLED = {
    "image-classification": "classify",
    "text-generation": "write",
    "translation": "translate",
    "automatic-speech-recognition": "transcribe",
    "image-to-text": "caption",
    "image-generation": "generate",
    "colorization": "colorize",
    "inpainting": "inpaint",
}  # the field's own task names


def find(name: str) -> "type[Job]":
    """The job that a user names: one of guina's, or a Python file that defines one (`./my_job.py`), which is run.

    What a run folder says must never come here: see `registered`.

    Raises:
        GuinaError: there is no such job.
    """
    return find_in_file(Path(name)) if name.endswith(".py") else registered(name)


def registered(name: str) -> "type[Job]":
    """The job of guina's that has a name; nothing else is ever run.

    Raises:
        GuinaError: there is no such job.

    Example:
        >>> registered("image-classification").name
        'classify'
    """
    name = canonical_name(name)
    return room(name, "learning", name.capitalize())


def answering(name: str) -> "tuple[type, type[Answering]]":
    """The settings and the answering half of a job of guina's.

    Raises:
        GuinaError: there is no such job.
    """
    name = canonical_name(name)
    whole = name.capitalize()
    return room(name, "settings", f"{whole}Settings"), room(name, "answering", f"{whole}Answering")


def canonical_name(name: str) -> str:
    """A job's name, whichever of its names was said.

    Raises:
        GuinaError: there is no such job.
    """
    found = ALSO_CALLED.get(name, name)
    if found not in NAMES:
        raise GuinaError(
            f"there is no job {name}", f"one of {', '.join(NAMES)}", did_you_mean(name, (*NAMES, *ALSO_CALLED))
        )
    return found


def room(job: str, module: str, name: str) -> Any:
    """Something of a job's own package; the name of the job is one of `NAMES`."""
    assert job in NAMES, "nothing else is imported"
    return getattr(importlib.import_module(f"guina.jobs.{job}.{module}"), name)


def job_of_run(name: str, own: "type[Job] | None") -> "type[Job]":
    """The job of a run: a registered one, or the user's own, where a file was named on this command line.

    Args:
        name: what the run's folder says, which is never run.
        own: the job of the file that the user named.

    Raises:
        GuinaError: the run is of a job that is not known, or not the one that was named.
    """
    check_run(name, own)
    return registered(name) if own is None else own


def answering_of_run(name: str, own: "type[Job] | None") -> "tuple[type, type[Answering]]":
    """The settings and the answering half of a run's job; see `job_of_run`."""
    check_run(name, own)
    return answering(name) if own is None else (own.Settings, own.Answering)


def check_run(name: str, own: "type[Job] | None") -> None:
    """Raise GuinaError unless a run is of a job that may be asked for; see `job_of_run`."""
    if own is not None and own.name != name:
        raise GuinaError(f"the run is of the job {name}, not of {own.name}", f"{name}", "name its file with --job")
    if own is None and name not in NAMES:
        raise GuinaError(
            f"the run is of the job {name}, which is none of guina's",
            f"one of {', '.join(NAMES)}",
            "if it is your own, name the file that defines it: --job ./my_job.py",
        )


def find_in_file(path: Path) -> "type[Job]":
    """The one job that a user's file defines. It is run: only a path on the command line leads here."""
    from guina.engine.job import Job

    if not path.is_file():
        raise GuinaError(f"there is no file {path}", "a Python file that defines a Job", "check the path")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None, "a .py file has a loader"
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    jobs = [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing)
        and issubclass(thing, Job)
        and thing.__module__ == path.stem
        and hasattr(thing, "name")
    ]
    if len(jobs) != 1:
        raise GuinaError(
            f"{path} defines {len(jobs)} jobs",
            "one class that derives from guina.engine.job.Job and has a name",
            "keep one job a file",
        )
    return jobs[0]
