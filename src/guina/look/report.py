"""The report of a run: what its folder remembers and what its job shows, as one page; and its card for notebooks."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from guina.data.arrays import Arrays
from guina.data.records import Report
from guina.engine.job import Overview, headline
from guina.engine.judge import Judge, Scores
from guina.engine.metric import Metric, metric_of
from guina.engine.places import write_page
from guina.engine.progress import duration
from guina.engine.turns import Nets
from guina.look.card import card
from guina.look.headline import Headline, Mark
from guina.look.markup import counted, number, percent
from guina.look.page import render
from guina.panels import Curves, Panel, Table
from guina.runfolder import RunFolder
from guina.runtime import evaluating

SPLITS = {
    "test": "of the test split, which it had never seen",
    "val": "that it did not learn from, though they chose the best weights",
    "train": "that it learned from",
}


def write_report(
    path: Path,
    folder: RunFolder,
    judge: Judge,
    nets: Nets,
    data: tuple[Arrays, Arrays],
    result: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    """Write the page of a finished run.

    Args:
        data: the training examples, and those that it is judged on.
        result: what `guina score` gives of them.
        say: is told what takes its time now.
    """
    train, judged = data
    score, baselines, metric = result["score"], result["baselines"], headline(judge.job)
    panels: list[Panel] = []
    say("looking inside")
    with evaluating(*nets.values()):
        for panel in judge.panels(nets, train, judged, folder.read_snaps()):
            panels.append(panel)
            say(f"looking inside: after “{panel.title}”, the {ordinal(len(panels) + 1)} panel")
    say("writing the page")
    better = metric.better
    where = f"on {counted(judge.noun, len(judged))} {SPLITS[result['split']]}"
    where += f"; {better} is better" if better else ""
    where += "".join(f". {line[0].upper()}{line[1:]}" for line in result["notes"])
    table = scores_table(judge.metrics, score, baselines)
    page = render(
        folder.path.name,
        f"Learned from {counted(judge.noun, len(train))} in {duration(folder.read_status()['result']['seconds'])}.",
        facts(folder),
        [table, *panels, *curves(folder, metric)],
        scores_line(metric, score, baselines, where),
        judge.job.name,
    )
    write_page(path, page)


def write_check(path: Path, job: str, source: str, report: Report, seen: Overview) -> Path:
    """Write the page of `guina check`: what happened to the files, and the job's overview."""
    found = report.as_json()
    panels = [*([files(report)] if any(found[k] for k in ("skipped", "converted", "ignored")) else []), *seen.panels]
    told = [("found", f"{report.found:,} files"), ("used", f"{report.used:,}"), ("skipped", f"{report.skipped:,}")]
    told += [("note", problem) for problem in report.problems]
    page = render(source, "; ".join(seen.lines[-2:]).capitalize() + ".", told, panels, None, f"guina check {job}")
    write_page(path, page)
    return path


def files(report: Report) -> Table:
    """What happened to the files that were not simply used."""
    found = report.as_json()
    rows: list[list[str | float]] = [
        [kind, reason, entry["count"], ", ".join(entry["for example"])]
        for kind in ("skipped", "converted", "ignored")
        for reason, entry in found[kind].items()
    ]
    says = f"Of {report.found:,} files that were found, {report.used:,} are used and {report.skipped:,} skipped."
    return Table("Files", says, ["what", "why", "files", "for example"], rows)


def formatted(metric: Metric, value: float) -> str:
    """A score as it is printed: a share in percent."""
    return percent(value, 2) if metric.unit == "share" else number(value)


def ordinal(n: int) -> str:
    """A number as a place in a row.

    Example:
        >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
        ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def baseline_title(who: str) -> str:
    """A baseline as it is printed: a word is a kind of model, several are said as they are.

    Example:
        >>> baseline_title("linear"), baseline_title("training pictures")
        ('linear model', 'training pictures')
    """
    return who if " " in who else f"{who} model"


def scores_line(metric: Metric, score: Scores, baselines: Mapping[str, Scores], says: str) -> Headline:
    """The run's score beside those of the baselines that have it too; the simplest is called so."""
    name = metric.name
    marks = [
        Mark(baseline_title(who) if n else "simplest baseline", scores[name], formatted(metric, scores[name]))
        for n, (who, scores) in enumerate(baselines.items())
        if name in scores
    ]
    run = Mark("this run", score[name], formatted(metric, score[name]))
    return Headline(name, says, run, marks, best=1 if metric.unit == "share" else None)


def scores_table(metrics: Sequence[Metric], score: Scores, baselines: Mapping[str, Scores]) -> Table:
    """Every score beside the baselines', with which way is better and what it measures."""
    rows: list[list[str | float]] = []
    for name, value in score.items():
        metric = metric_of(metrics, name)
        cells = [formatted(metric, scores[name]) if name in scores else "–" for scores in baselines.values()]
        rows.append([name.replace("_", " "), formatted(metric, value), *cells, metric.better, metric.says])
    names = [baseline_title(who) if n else f"simplest ({who})" for n, who in enumerate(baselines)]
    header = ["score", "this run", *names, "better", "what it measures"]
    says = "Every score, and the same of the simplest things that work."
    return Table("All scores", says, header, rows)


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
        ("machine", f"{runtime['device_name']}, {counted('thread', runtime['threads'])}, {runtime['precision']}"),
        ("versions", f"guina {info['guina']}, torch {runtime['torch']}, python {runtime['python']}"),
        ("begun", time.strftime("%Y-%m-%d %H:%M", time.localtime(info["created"]))),
    ]


def curves(folder: RunFolder, metric: Metric) -> list[Panel]:
    """Losses and headline over the steps, from metrics.jsonl.

    The losses of several turns (train/critic/real) have scales of their own, so each turn has a chart of its own.
    """
    rows = folder.metrics()
    score = series(rows, f"val/{metric.name}")
    losses: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        if key.startswith("train/") and not key.endswith("gradient"):
            turn, _, name = key.removeprefix("train/").rpartition("/")
            losses.setdefault(turn, {})[name] = series(rows, key)
    panels: list[Panel] = []
    if len(score[0]) > 1:
        at = {"more": int(score[1].argmax()), "less": int(score[1].argmin()), "": len(score[0]) - 1}[metric.better]
        word = "Best" if metric.better else "Last"
        says = f"{word} at step {int(score[0][at]):,}: {formatted(metric, float(score[1][at]))}."
        panels.append(Curves(f"Validation {metric.name}", says, {metric.name: score}, "step", metric.name))
    for turn, lines in losses.items():
        first, last = (next(iter(lines.values()))[1][i] for i in (0, -1))
        says = f"From {first:.3g} to {last:.3g}: the mean over the steps between two validations."
        panels.append(Curves(f"Loss of the {turn}" if turn else "Training loss", says, lines, "step", "loss"))
    return panels


def series(rows: list[dict[str, Any]], key: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which a metric was written, and its values."""
    found = [(row["step"], row[key]) for row in rows if key in row]
    return np.array([step for step, _ in found]), np.array([value for _, value in found])


def run_card(folder: RunFolder, metrics: Sequence[Metric]) -> str:
    """A finished run as a small picture of itself, in HTML.

    Args:
        metrics: what its job knows of its scores.
    """
    info, result = folder.info, folder.read_status()["result"]
    name = info["metric"]
    metric = metric_of(metrics, name)
    told = [(name, formatted(metric, result["score"][name]))]
    if name in result["baseline"]:
        told.append(("simplest baseline", formatted(metric, result["baseline"][name])))
    told.append(("trained", duration(result["seconds"])))
    history = [row[f"val/{name}"] for row in folder.metrics() if f"val/{name}" in row]
    return card(f"{info['job']} {folder.path.name}", told, history)
