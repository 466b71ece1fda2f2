"""`model/`: what answers, as it lies on disk. It is read without executing anything.

model.safetensors  model.json (job, settings, what was fitted)  README.md (the model card)  manifest.json
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from guina.answering.base import Answering, Nets, Saved
from guina.bundle import load_tensors, read_folder
from guina.errors import DAMAGED, GuinaError

PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".npy")

Kinds = Callable[[str], tuple[type, type[Answering]]]  # a job's name to its settings and its answering half


def load_answering(folder: Path, find: Kinds, device: str = "cpu") -> Answering:
    """What answers, as it was saved.

    Args:
        find: the settings and the answering half of a registered job; a name is all that the file may say of code.

    Raises:
        GuinaError: the folder is no model, is damaged, or is a pickle, which is never opened.
    """
    facts, tensors = read_model(folder)
    with fitting(folder):
        settings, kind = find(facts["job"])
        fitted = kind.Fitted.restored(Saved(facts["fitted"], pick(tensors, "fitted")))
        made = settings(**facts["settings"])
        nets = load_nets(kind.build(made, fitted), tensors)
    return kind(made, fitted, {name: net.to(device) for name, net in nets.items()})


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """model.json and the tensors of a model's folder, each equal to its hash.

    Raises:
        GuinaError: the folder is no model, is damaged, or is a pickle, which is never opened.
    """
    if folder.suffix.lower() in PICKLES:
        raise GuinaError(
            f"{folder} is a pickle: opening it could run any code",
            "a run folder, with model/model.safetensors",
            "train with guina, or convert its weights to safetensors yourself",
        )
    files = read_folder(folder)
    if not {"model.json", "model.safetensors"} <= set(files):
        raise GuinaError(f"{folder} holds no model", "model.json and model.safetensors", DAMAGED)
    with fitting(folder):
        return json.loads(files["model.json"]), load_tensors(
            files["model.safetensors"], str(folder / "model.safetensors")
        )


@contextmanager
def fitting(folder: Path) -> Iterator[None]:
    """Inside, what does not fit this version is an error that says so."""
    try:
        yield
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise GuinaError(
            f"{folder} does not fit this guina: {error}",
            "a model this version can read",
            "use the version that run.json names, or train anew",
        ) from None


def load_nets(nets: Nets, tensors: Mapping[str, Tensor]) -> Nets:
    """Networks with the weights that are stored under nets/NAME, in evaluation mode."""
    for name, net in nets.items():
        weights = pick(tensors, f"nets/{name}")
        if any(weights[key].dtype == torch.float64 for key, _ in net.named_parameters()):
            net.double()
        load_net(net, weights)
        net.eval()
    return nets


def net_tensors(prefix: str, nets: Nets) -> dict[str, Tensor]:
    """The state of networks by name: PREFIX/NET/WEIGHT. A weight that has several names is there once, by the first."""
    named: dict[str, Tensor] = {}
    for name, net in nets.items():
        state, first = net.state_dict(), first_names(net)
        named |= {f"{prefix}/{name}/{key}": tensor for key, tensor in state.items() if first[key] == key}
    return named


def first_names(net: nn.Module) -> dict[str, str]:
    """The first name of each weight, by each of its names: those of tied weights have the same.

    Example:
        >>> net = nn.ModuleDict({"embed": nn.Embedding(5, 3), "head": nn.Linear(3, 5, bias=False)})
        >>> net["head"].weight = net["embed"].weight
        >>> first_names(net)
        {'embed.weight': 'embed.weight', 'head.weight': 'embed.weight'}
    """
    first: dict[int, str] = {}
    return {key: first.setdefault(id(tensor), key) for key, tensor in net.state_dict(keep_vars=True).items()}


def load_net(net: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Weights into a network as `net_tensors` gave them; those that were tied stay so.

    Raises:
        RuntimeError: they are another network's.
    """
    named = {key: tensors[first] for key, first in first_names(net).items() if key not in tensors and first in tensors}
    net.load_state_dict({**tensors, **named})


def pick(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under a prefix, without it."""
    return {key[len(prefix) + 1 :]: t for key, t in tensors.items() if key.startswith(prefix + "/")}
