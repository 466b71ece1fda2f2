"""The command line's front: help, errors and exit codes. It imports nothing heavy; a command does what it needs."""

import json
import sys
from typing import NoReturn

from guina import __version__
from guina.errors import GuinaError, did_you_mean

HELP = f"""guina {__version__}: give it a folder and five minutes.

  guina demo [JOB ...]       a job on samples that come with guina
  guina check JOB DATA       read everything, train nothing: what is there, what is wrong
  guina train JOB DATA       train; --minutes M (3), --epochs E or --steps N, --size, --seed, --out, --resume
  guina score RUN [DATA]     the job's metrics, and beside them the simplest baseline's
  guina predict RUN INPUT …  answers, with confidence
  guina look RUN             one self-contained HTML report: inside the network, and where it fails
  guina lab [EXPERIMENT]     what a textbook claims, tested; --swap KEY=A,B,C, --seeds N; without a name: the list

JOB is classify, write, generate, or the path of a file that defines one (./my_job.py).
DATA is a path, or a sample that comes with guina: digits (pictures), python-docs (text).
RUN is a folder such as runs/classify/photos.

Every command takes --json (one object on stdout, everything else on stderr) and --help.
Exit codes: 0 done, 1 a bug of guina's, 2 you can mend it, 130 interrupted and 143 terminated (both resumable).
"""

COMMANDS = ("demo", "check", "train", "score", "predict", "look", "lab")


def main(argv: list[str] | None = None) -> NoReturn:
    """The command: parse, do, and exit with the code that says how it went."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        sys.exit(0)
    if argv[0] in ("-V", "--version"):
        print(f"guina {__version__}")
        sys.exit(0)
    try:
        sys.exit(run_command(argv[0], argv[1:]))
    except GuinaError as error:
        if "--json" in argv:
            print(json.dumps({"error": {"what": error.what, "expected": error.expected, "mend": error.mend}}))
        print(f"guina: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


def run_command(name: str, argv: list[str]) -> int:
    if name not in COMMANDS:
        raise GuinaError(f"there is no command {name}", mend=f"{did_you_mean(name, COMMANDS)} (guina --help)")
    from guina import commands

    return getattr(commands, name)(argv)
