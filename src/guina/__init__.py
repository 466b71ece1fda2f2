"""guina trains the small network a job needs, on your own files, in the minutes you give it.

    import guina
    run = guina.train("classify", "photos/", minutes=5)
    run.score()
    run.predict("cat.jpg")
    run = guina.load("runs/classify/photos")

Names are loaded when they are first used: importing guina imports neither torch nor numpy.
"""

from typing import TYPE_CHECKING, Any

from guina.errors import GuinaError
from guina.spin import settle
from guina.version import __version__

if TYPE_CHECKING:
    from guina.api import check, lab, train
    from guina.runs import Run, load

settle()  # before torch is imported

__all__ = ["GuinaError", "Run", "__version__", "check", "lab", "load", "train"]


def __getattr__(name: str) -> Any:
    if name in ("Run", "load"):
        from guina import runs

        return getattr(runs, name)
    if name in ("check", "lab", "train"):
        from guina import api

        return getattr(api, name)
    raise AttributeError(f"guina has no {name}")


def __dir__() -> list[str]:
    return __all__
