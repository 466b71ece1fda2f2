"""The machine that a command runs on."""

import os
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from guina.errors import GuinaError
from guina.runtime import (
    Runtime,
    choose_device,
    derive,
    evaluating,
    physical_cores,
    process_age,
    seed_layers,
    set_up,
)


def test_set_up_sets_what_it_says() -> None:
    runtime = set_up("cpu", threads=1)
    assert (runtime.device, runtime.threads, runtime.rank, runtime.world) == ("cpu", 1, 0, 1)
    assert torch.get_num_threads() == 1
    assert torch.tensor(1e-39).mul(1.0).item() == 0.0, "denormals are flushed"
    record = runtime.record()
    assert record["torch"] == torch.__version__
    assert record["device_name"]


def test_processes_of_one_machine_share_its_cores(monkeypatch) -> None:
    for name, value in {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    runtime = set_up("cpu")
    assert (runtime.rank, runtime.world, runtime.first) == (3, 4, False)
    assert runtime.threads == max(1, physical_cores() // 2)


def test_cores_are_counted_once() -> None:
    before = physical_cores()
    torch.set_num_threads(before + 1)
    assert physical_cores() == before


@pytest.mark.parametrize(
    ("device", "precision", "message"),
    [
        ("gpu", "auto", "there is no device gpu"),
        ("cup", "auto", "there is no device cup"),
        ("cpu", "float23", "there is no precision float23"),
    ],
)
def test_a_device_or_precision_that_there_is_not(device: str, precision: str, message: str) -> None:
    with pytest.raises(GuinaError, match=message):
        set_up(device, precision, threads=1)


def test_a_device_that_this_machine_lacks(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(GuinaError, match="this machine has no cuda device"):
        choose_device("cuda:0")
    assert choose_device("auto") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto", local_rank=2) == "cuda:2"
    assert choose_device("cuda:1", local_rank=2) == "cuda:1"


def test_precisions() -> None:
    assert Runtime(precision="float64").dtype == torch.float64
    assert Runtime(precision="bfloat16").dtype == torch.float32
    with Runtime(precision="bfloat16").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    with Runtime().autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_seeds_are_the_same_everywhere_and_differ_by_place() -> None:
    assert derive(1, "batch", 7) == 1302959827396476704
    places = [derive(s, *path) for s in (0, 1) for path in (("a",), ("b",), ("a", 0), ("a", 1), (0, "a"), ("a\0",))]
    assert len(set(places)) == len(places)
    assert all(0 <= seed < 2**63 for seed in places)
    seed_layers(3)
    first = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(first, torch.rand(2))


def test_evaluating_puts_every_module_back() -> None:
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(2)))
    net[1].eval()  # somebody froze these statistics
    modes = [module.training for module in net.modules()]
    with evaluating(net):
        assert not any(module.training for module in net.modules())
        assert torch.is_inference_mode_enabled()
    assert [module.training for module in net.modules()] == modes


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says when a process started")
def test_the_age_of_a_process() -> None:
    start = time.monotonic()
    code = "import time; time.sleep(0.5); import guina.runtime; print(guina.runtime.process_age())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    age, most = float(done.stdout), time.monotonic() - start
    assert 0.5 < age < most + 0.05
    assert process_age() > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts a process's threads as Linux lists them")
def test_a_new_thread_answers_with_as_many_threads_as_were_set() -> None:
    """Kernels in a thread that never asked torch take all cores, whatever was set."""
    code = """
import os, threading, torch
from guina.runtime import step_by_step

torch.set_num_threads(1)
net, x = torch.nn.Linear(4000, 1000), torch.randn(3, 4000)
def answer():
    before = len(os.listdir("/proc/self/task"))
    assert len(list(step_by_step((net(x) for _ in range(3)), net))) == 3
    print(len(os.listdir("/proc/self/task")) - before)
thread = threading.Thread(target=answer)
thread.start()
thread.join()"""
    environment = {**os.environ, "OMP_NUM_THREADS": "3"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "0\n", "no other thread was started"
