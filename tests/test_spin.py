"""Threads sleep soon where something else runs when guina is imported."""

import os
import subprocess
import sys

import pytest

from guina import spin

SAYS = "import os, guina; print(os.environ.get('GOMP_SPINCOUNT'))"


def told(**environment: str) -> str:
    """The spin count that a new process has after importing guina."""
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    return subprocess.run(
        [sys.executable, "-c", SAYS], env=clean | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(not os.path.exists("/proc/stat"), reason="nobody says what runs")
def test_beside_a_busy_process_threads_sleep_soon():
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        assert told() == spin.AT_ONCE
        assert told(OMP_WAIT_POLICY="ACTIVE") == "None"
        assert told(GOMP_SPINCOUNT="7") == "7"
    finally:
        busy.kill()
        busy.wait()


def test_what_runs_for_a_moment_is_none(monkeypatch):
    monkeypatch.setattr(spin, "BETWEEN", 0.0)
    assert spin.others_run(lambda: 3)
    for quiet in range(spin.LOOKS):
        counts = iter([2] * quiet + [1])
        assert not spin.others_run(lambda counts=counts: next(counts))


def test_where_nobody_says_what_runs_nothing_does(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: (_ for _ in ()).throw(FileNotFoundError()))
    assert spin.running() == 1


def test_cublas_is_asked_to_round_the_same_way_every_time():
    says = "import os, guina; print(os.environ['CUBLAS_WORKSPACE_CONFIG'])"
    clean = {k: v for k, v in os.environ.items() if k != "CUBLAS_WORKSPACE_CONFIG"}
    for given, found in (({}, ":4096:8"), ({"CUBLAS_WORKSPACE_CONFIG": ":16:8"}, ":16:8")):
        done = subprocess.run(
            [sys.executable, "-c", says], env=clean | given, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == found
