"""What ships: model.safetensors, model.json and a model card, written whole, read without executing anything."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from guina.bundle import load_tensors, read_folder, save_tensors, stage_folder
from guina.console import clean
from guina.engine.job import Fitted, Job
from guina.engine.turns import Nets
from guina.errors import DAMAGED, GuinaError
from guina.storage import FORMAT, to_json

PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".npy")


def save_model(folder: Path, job: Job, nets: Nets, card: str) -> Path:
    """Write what model/ will hold: everything an answer needs, nothing else.

    Returns:
        the folder it lies in until it was proven and `publish_folder` gives it its own name.
    """
    fitted = job.fitted()
    facts = {
        "format": FORMAT,
        "job": job.name,
        "settings": asdict(job.settings),
        "fitted": fitted.facts,
    }
    tensors = {f"fitted/{name}": tensor for name, tensor in fitted.tensors.items()}
    tensors |= net_tensors("nets", nets)
    files = {
        "model.json": to_json(facts),
        "model.safetensors": save_tensors(tensors),
        "README.md": clean(card).encode(),
    }
    return stage_folder(folder, files)


def load_model(folder: Path, find: Callable[[str], type[Job]]) -> tuple[Job, Nets]:
    """A job and its networks as they were saved, in evaluation mode.

    Args:
        find: the registered job of a name; a name is all that the file may say of code.

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
    try:
        facts = json.loads(files["model.json"])
        job = make_job(find(facts["job"]), facts["settings"])
        tensors = load_tensors(files["model.safetensors"], str(folder / "model.safetensors"))
        job.restore(Fitted(facts["fitted"], pick(tensors, "fitted")))
        nets = job.build()
        for name, net in nets.items():
            weights = pick(tensors, f"nets/{name}")
            if any(weights[key].dtype == torch.float64 for key, _ in net.named_parameters()):
                net.double()
            load_net(net, weights)
            net.eval()
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise GuinaError(
            f"{folder} does not fit this guina: {error}",
            "a model this version can read",
            "use the version that run.json names, or train anew",
        ) from None
    return job, nets


def make_job(kind: type[Job], settings: dict[str, Any]) -> Job:
    """A job from recorded settings; an unknown one is an error."""
    return kind(kind.Settings(**settings))


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


def load_net(net: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Weights into a network as `net_tensors` gave them; those that were tied stay so.

    Raises:
        RuntimeError: they are another network's.
    """
    named = {key: tensors[first] for key, first in first_names(net).items() if key not in tensors and first in tensors}
    net.load_state_dict(tensors | named)


def pick(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under a prefix, without it."""
    return {key[len(prefix) + 1 :]: t for key, t in tensors.items() if key.startswith(prefix + "/")}
