"""The report of a run: what its folder remembers and what its job shows, as one page; and its card for notebooks."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.records import Arrays
from guina.engine.job import Job, Nets
from guina.engine.progress import duration
from guina.engine.run import RunFolder, write_atomic
from guina.look.card import card
from guina.look.headline import Headline, Mark
from guina.look.page import render
from guina.panels import Curves, Panel
from guina.runtime import evaluating

SPLIT_NAMES = {"test": "the test split", "val": "validation examples", "train": "the training examples"}


def write_report(path: Path, folder: RunFolder, job: Job, nets: Nets, data: tuple[Arrays, Arrays], split: str) -> None:
    """Write the page of a finished run.

    Args:
        data: the training examples, and those that it is judged on.
        split: the name of what it is judged on.
    """
    train, judged = data
    with evaluating(*nets.values()):
        score = job.score(nets, judged)
        baseline = job.baseline(train, judged, thorough=True)
        panels = job.panels(nets, train, judged, folder.read_snaps())
    name = folder.path.name
    subtitle = f"Learned from {len(train):,} examples, judged on {len(judged):,} that it did not learn from."
    page = render(
        name,
        subtitle,
        facts(folder),
        [*panels, *curves(folder, job.metric)],
        headline(job.metric, score, baseline, SPLIT_NAMES[split]),
        job.name,
    )
    write_atomic(path, page.encode())


def headline(metric: str, score: dict[str, float], baseline: dict[str, float], where: str) -> Headline:
    """The run's score beside the baselines', by the keys that both have."""
    marks = [Mark("simplest baseline", baseline[metric])] if metric in baseline else []
    for key, value in baseline.items():
        who, _, what = key.partition("/")
        if what == metric:
            marks.append(Mark(f"{who} model", value))
    return Headline(metric, f"on {where}; more is better", Mark("this run", score[metric]), marks)


def facts(folder: RunFolder) -> list[tuple[str, str]]:
    """What a reader wants to know of a run, in a few words each."""
    info, result = folder.info, folder.read_status()["result"]
    runtime, data = info["runtime"], info["data"]
    skipped = sum(entry["count"] for entry in data["skipped"].values())
    return [
        ("data", f"{info['source']}: {data['train']:,} to learn from, {data['val']:,} to choose by"),
        *([("left out", f"{skipped} of {data['found']} files")] if skipped else []),
        ("trained", f"{result['steps']:,} steps, {result['epochs']:.1f} epochs, {duration(result['seconds'])}"),
        ("ended by", result["stopped"]),
        ("settings", ", ".join(f"{name} {value}" for name, value in info["settings"].items())),
        ("seed", str(info["options"]["seed"])),
        ("machine", f"{runtime['device_name']}, {runtime['threads']} threads, {runtime['precision']}"),
        ("versions", f"guina {info['guina']}, torch {runtime['torch']}, python {runtime['python']}"),
        ("begun", time.strftime("%Y-%m-%d %H:%M", time.localtime(info["created"]))),
    ]


def curves(folder: RunFolder, metric: str) -> list[Panel]:
    """Loss and headline over the steps, from metrics.jsonl."""
    rows = folder.metrics()
    score = series(rows, f"val/{metric}")
    losses = {
        key.removeprefix("train/"): series(rows, key)
        for key in dict.fromkeys(key for row in rows for key in row)
        if key.startswith("train/") and not key.endswith("gradient")
    }
    panels: list[Panel] = []
    if len(score[0]) > 1:
        best = int(score[1].argmax())
        says = f"Best at step {int(score[0][best]):,}: {score[1][best]:.4g}."
        panels.append(Curves(f"Validation {metric}", says, {metric: score}, "step", metric))
    if losses:
        first, last = (next(iter(losses.values()))[1][i] for i in (0, -1))
        says = f"From {first:.3g} to {last:.3g}: the mean over the steps between two validations."
        panels.append(Curves("Training loss", says, losses, "step", "loss"))
    return panels


def series(rows: list[dict[str, Any]], key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which a metric was written, and its values."""
    found = [(row["step"], row[key]) for row in rows if key in row]
    return np.array([step for step, _ in found]), np.array([value for _, value in found])


def run_card(folder: RunFolder) -> str:
    """A finished run as a small picture of itself, in HTML."""
    info, result = folder.info, folder.read_status()["result"]
    metric = info["metric"]
    shown = [(metric, f"{result['score'][metric]:.4g}")]
    if metric in result["baseline"]:
        shown.append(("simplest baseline", f"{result['baseline'][metric]:.4g}"))
    shown.append(("trained", duration(result["seconds"])))
    history = [row[f"val/{metric}"] for row in folder.metrics() if f"val/{metric}" in row]
    return card(f"{info['job']} {folder.path.name}", shown, history)
