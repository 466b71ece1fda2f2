"""What every benchmark shares: the machine, the commit, a measured process, and where results go."""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
GUINA = [sys.executable, "-m", "guina"]


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


def save(name: str, result: dict[str, Any]) -> Path:
    """Write bench/results/NAME.json with the commit, the machine and the date."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    facts = {"commit": commit(), "machine": machine(), "date": time.strftime("%Y-%m-%d"), **result}
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path
