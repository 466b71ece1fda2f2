"""The lab: what a textbook claims about these networks, re-run as experiments, one file each."""

from guina.errors import GuinaError, did_you_mean
from guina.lab.experiment import Experiment

NAMES = ("gaussian", "curves", "ring", "grid", "pictures", "inputs", "activations", "pooling", "memory")


def find(name: str) -> Experiment:
    """The experiment of a name; its module is imported when it is asked for.

    Raises:
        GuinaError: there is none.
    """
    match name:
        case "gaussian":
            from guina.lab.gaussian import Gaussian as Found
        case "curves":
            from guina.lab.curves import CurvesExperiment as Found
        case "ring":
            from guina.lab.mixtures import Ring as Found
        case "grid":
            from guina.lab.mixtures import Grid as Found
        case "pictures":
            from guina.lab.pictures import PicturesExperiment as Found
        case "inputs":
            from guina.lab.inputs import Inputs as Found
        case "activations":
            from guina.lab.activations import Activations as Found
        case "pooling":
            from guina.lab.pooling import Pooling as Found
        case "memory":
            from guina.lab.memory import Memory as Found
        case _:
            raise GuinaError(f"there is no experiment {name}", mend=did_you_mean(name, NAMES))
    return Found()
