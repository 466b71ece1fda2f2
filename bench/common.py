"""What every benchmark shares: the machine, the commit, a measured process, and where results go."""

import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
GUINA = [sys.executable, "-m", "guina"]
Row = dict[str, Any]


def machine() -> dict[str, Any]:
    """The machine and its load, as a reader needs them to judge a figure."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that is measured, with + where the tree differs from it; without git, what GUINA_COMMIT says."""
    if not (ROOT / ".git").exists():
        return os.environ.get("GUINA_COMMIT", "")
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    dirty = subprocess.run(["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True, text=True)
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def measured(command: list[str]) -> dict[str, Any]:
    """Run a command: its JSON, wall-clock seconds, and the peak of its anonymous memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = [0]

    def watch() -> None:
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak[0] = max(peak[0], int(status.split("RssAnon:")[1].split()[0]))
            except (OSError, IndexError):
                pass
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = process.communicate()
    watcher.join()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{err[-2000:]}")
    return {
        "json": json.loads(out),
        "seconds": round(seconds, 2),
        "peak_anonymous_mb": round(peak[0] / 1024),
        "err": err,
    }


def read(name: str) -> Row:
    """What a script measured last; empty, where it never ran."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(name: str, result: dict[str, Any]) -> Path:
    """Write bench/results/NAME.json with the commit, the machine and the date."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    facts = {"commit": commit(), "machine": machine(), "date": time.strftime("%Y-%m-%d"), **result}
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path


def recorded(out: str | Path, trained: Row, scored: Row, settings: list[str]) -> Row:
    """What is kept of a training and its scores, whatever the job.

    Args:
        out: the run folder.
        trained, scored: what `measured` gave of `guina train --json` and `guina score --json`.
    """
    info = json.loads((Path(out) / "run.json").read_text())
    told = {name: scored["json"][name] for name in ("split", "examples", "score", "baselines", "notes")}
    return {
        "settings": " ".join(settings),
        **told,
        "size": info["settings"]["size"],
        "precision": info["runtime"]["precision"],
        "steps": trained["json"]["steps"],
        "epochs": trained["json"]["epochs"],
        "seconds": trained["seconds"],
        "peak_anonymous_mb": trained["peak_anonymous_mb"],
    }


def keep(name: str, row: Row, key: Callable[[Row], tuple], means: Callable[[list[Row]], list[Row]]) -> None:
    """Add a row to the results, in the place of an older one of the same run, and the means of all.

    Args:
        key: by which a run is known, and rows are sorted.
        means: of the rows.
    """
    path = RESULTS / f"{name}.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    rows = sorted([r for r in rows if key(r) != key(row)] + [row], key=key)
    save(name, {"means": means(rows), "rows": rows})


def of_kinds(rows: list[Row], kind: Callable[[Row], Row]) -> list[tuple[Row, list[Row]]]:
    """Rows of one kind together: the mean of every score and its standard deviation (None of one row), and the rows."""
    kinds: dict[tuple, tuple[Row, list[Row]]] = {}
    for row in rows:
        kinds.setdefault(tuple(kind(row).values()), (kind(row), []))[1].append(row)
    found = []
    for facts, some in kinds.values():
        values = {name: [row["score"][name] for row in some] for name in some[0]["score"]}
        mean = {name: statistics.mean(each) for name, each in values.items()}
        sd = {name: statistics.stdev(each) if len(each) > 1 else None for name, each in values.items()}
        found.append(({**facts, "mean": mean, "sd": sd}, some))
    return found


def on_cores(rows: list[Row]) -> str:
    """What a table says of runs that had fewer cores than two: some were measured beside others, one core each."""
    cores = {row.get("cores", 2) for row in rows}
    return "" if cores == {2} else ", one core" if cores == {1} else f", {min(cores)} to {max(cores)} cores"
