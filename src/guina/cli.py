"""The command line's front: help, errors and exit codes. It imports nothing heavy; a command does what it needs."""

import sys
from contextlib import suppress
from typing import NoReturn

from guina import __version__, console
from guina.engine.signals import Interrupted, interruptible
from guina.errors import GuinaError, did_you_mean

HELP = f"""guina {__version__}: give it a folder and five minutes.

  guina demo [JOB ...]       a job on samples that come with guina
  guina check JOB DATA       read everything, train nothing: what is there, what is wrong
  guina train JOB DATA       train; --minutes M (3), --epochs E or --steps N, --size, --seed, --out, --resume
  guina score RUN [DATA]     the job's metrics, and beside them the simplest baseline's
  guina predict RUN INPUT …  answers, with confidence; --file IN.txt --out OUT.txt: to each line of a file
  guina look RUN             one self-contained HTML report: inside the network, and where it fails
  guina edit RUN [PICTURE …] a picture moved by a generator: --to CLASS, --along N; without one: the directions
  guina lab [EXPERIMENT]     what a textbook claims, tested; --swap KEY=A,B,C, --seeds N; without a name: the list

JOB is classify, write, translate, transcribe, caption, generate, colorize, inpaint, or the path of a file that defines
one (./my_job.py).
DATA is a path, or a sample that comes with guina: digits and photos (pictures), scenes (pictures with captions),
python-docs (text), number-words (pairs), morse (recordings).
RUN is a folder such as runs/classify/photos.

Every command takes --json (one object on stdout, everything else on stderr) and --help.
Exit codes: 0 done, 1 a bug of guina's, 2 you can mend it, 130 interrupted and 143 terminated (both resumable).
"""

COMMANDS = ("demo", "check", "train", "score", "predict", "look", "edit", "lab")


def main(argv: list[str] | None = None) -> NoReturn:
    """The command: parse, do, and exit with the code that says how it went."""
    if argv is None:
        console.speak_utf8()
    console.prepare()
    code = 1  # a bug of guina's, unless it is known how it went
    try:
        with interruptible(watched=True) as stop:
            try:
                code = exit_code(sys.argv[1:] if argv is None else argv)
            except Exception:
                stop.check()  # a library may have made an error of its own of the interruption
                raise
    except Interrupted as interrupt:
        code = interrupt.exit_code
    except KeyboardInterrupt:
        code = 130
    finally:
        code = console.settle(code)
    sys.exit(code)


def exit_code(argv: list[str]) -> int:
    """Do what a command line says, say what is wrong with it, and give the code to exit with."""
    try:
        return run_command(argv)
    except GuinaError as error:
        options = argv[: argv.index("--")] if "--" in argv else argv
        if "--json" in options:
            with suppress(GuinaError, BrokenPipeError):  # that stdout takes nothing is what is said below
                console.tell_json({"error": {"what": error.what, "expected": error.expected, "mend": error.mend}})
        console.note(f"guina: {error}")
        return 2
    except Interrupted as interrupt:
        console.note(f"guina: stopped by {interrupt}")
        return interrupt.exit_code
    except BrokenPipeError:  # nobody reads on
        return 141
    except SystemExit as leaving:  # the parser of arguments has said why
        return leaving.code if isinstance(leaving.code, int) else 2 if leaving.code else 0


def run_command(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        console.tell(HELP, end="")
        return 0
    name, *rest = argv
    if name in ("-V", "--version"):
        console.tell(f"guina {__version__}")
        return 0
    if name not in COMMANDS:
        raise GuinaError(
            f"there is no command {name}",
            f"one of {', '.join(COMMANDS)}",
            f"{did_you_mean(name, COMMANDS)} (guina --help)",
        )
    from guina import commands

    return getattr(commands, name)(rest)
