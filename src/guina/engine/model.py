"""What a finished run stores: `model/`, which answers, and `judge/`, which only scores and shows."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from guina.answering.base import Answering, Nets, Saved
from guina.answering.model import fitting, load_nets, net_tensors, pick, read_model
from guina.bundle import load_tensors, publish_folder, read_folder, save_tensors, stage_folder
from guina.console import clean
from guina.engine.job import Job
from guina.engine.judge import Judge
from guina.storage import FORMAT, to_json


def stage_model(folder: Path, job: Job, nets: Nets, card: str) -> Path:
    """Write what model/ will hold: everything an answer needs, nothing else.

    Returns:
        the folder it lies in until it was proven and `publish_folder` gives it its own name.
    """
    fitted: Saved = job.fitted.saved()
    facts = {
        "format": FORMAT,
        "job": job.name,
        "settings": asdict(job.settings),
        "fitted": fitted.facts,
    }
    tensors = {f"fitted/{name}": tensor for name, tensor in fitted.tensors.items()}
    tensors |= net_tensors("nets", {name: net for name, net in nets.items() if name in job.Answering.players})
    files = {
        "model.json": to_json(facts),
        "model.safetensors": save_tensors(tensors),
        "README.md": clean(card).encode(),
    }
    return stage_folder(folder, files)


def save_judge(folder: Path, job: Job, judge: Judge, nets: Nets) -> None:
    """Write judge/: what scores go by, and the networks that do not answer. Nothing where there is nothing of these."""
    saved = judge.saved()
    tensors = {f"judge/{name}": tensor for name, tensor in saved.tensors.items()}
    tensors |= net_tensors("nets", {name: net for name, net in nets.items() if name not in job.Answering.players})
    if saved.facts or tensors:
        files = {"judge.json": to_json({"format": FORMAT, **saved.facts}), "judge.safetensors": save_tensors(tensors)}
        publish_folder(stage_folder(folder, files), folder)
    elif folder.exists():
        shutil.rmtree(folder)


def load_judge(run: Path, kind: type[Job], answering: Answering, device: str = "cpu") -> tuple[Judge, Nets]:
    """The judge of a finished run, and all its networks, those that do not answer among them.

    Args:
        answering: what its model/ was loaded into; its networks are used as they are.

    Raises:
        GuinaError: judge/ is damaged, or does not fit this version.
    """
    folder, job = run / "judge", kind(answering.settings, answering.fitted)
    if folder.is_dir():
        files = read_folder(folder)
        with fitting(folder):
            facts, tensors = json.loads(files["judge.json"]), load_tensors(files["judge.safetensors"], str(folder))
        saved = Saved(facts, pick(tensors, "judge"))
    else:  # there is nothing of the kind, or the run is an old one, whose model/ holds all
        facts, tensors = read_model(run / "model")
        saved = Saved(facts["fitted"], pick(tensors, "fitted"))
    with fitting(folder):
        judge = job.judge_restored(saved)
        others = {name: net for name, net in job.build().items() if name not in answering.nets}
        nets = {name: net.to(device) for name, net in load_nets(others, tensors).items()}
    return judge, answering.nets | nets
