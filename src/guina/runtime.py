"""The machine that a command runs on: device, threads, precision, seeds, rank. Set once, then only read."""

import hashlib
import os
import platform
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import torch
from torch import nn

from guina.errors import GuinaError, did_you_mean

Answer = TypeVar("Answer")
PRECISIONS = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Runtime:
    """Where and how the arithmetic is done.

    Args:
        device: "cpu", "cuda:0", "mps".
        threads: of the CPU kernels; results differ in the last bits between numbers of threads.
        precision: what products are computed in; weights are float32 unless it is float64.
        rank, world: this process and how many there are.
    """

    device: str = "cpu"
    threads: int = 1
    precision: str = "float32"
    rank: int = 0
    world: int = 1

    @property
    def dtype(self) -> torch.dtype:
        """What weights are stored in: float64 where asked for, float32 otherwise."""
        return torch.float64 if self.precision == "float64" else torch.float32

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """Products in bfloat16 where that is the precision, as they are otherwise."""
        if self.precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self.device.split(":")[0], torch.bfloat16)

    def record(self) -> dict[str, Any]:
        """What a reader of the run must know to repeat it, as JSON."""
        return {
            "device": self.device,
            "device_name": device_name(self.device),
            "threads": self.threads,
            "precision": self.precision,
            "world": self.world,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
        }


def set_up(device: str = "auto", precision: str = "auto", threads: int | None = None) -> Runtime:
    """Prepare torch and say what was set: the device, the threads, the precision, flushed denormals.

    Under `torchrun` every process takes its share of the cores and, on a GPU machine, a GPU of its own.

    Raises:
        GuinaError: the device is not there, or the precision has no such name.
    """
    rank, world = rank_and_world()
    local_rank, local_world = (int(os.environ.get(k, v)) for k, v in (("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1")))
    device = choose_device(device, local_rank)
    if precision == "auto":
        precision = "bfloat16" if computes_bfloat16(device) else "float32"
    if precision not in PRECISIONS:
        raise GuinaError(f"there is no precision {precision}", mend=did_you_mean(precision, PRECISIONS))
    threads = threads or max(1, physical_cores() // local_world)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # a denormal slows a convolution 5 to 40 times
    if device.startswith("cuda"):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.cuda.set_device(device)
        torch.use_deterministic_algorithms(True, warn_only=True)  # a run that was killed ends like an unbroken one
        setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010  torch's stubs lack it
    return Runtime(device, threads, precision, rank, world)


def rank_and_world() -> tuple[int, int]:
    """Which process this is and how many there are, as `torchrun` says."""
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def choose_device(wanted: str, local_rank: int = 0) -> str:
    """The device to use: the one asked for if it is there, the fastest one for "auto"."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = wanted.split(":")[0]
    if wanted == "auto":
        kind = wanted = "cuda" if there["cuda"] else "cpu"
    if kind not in there:
        raise GuinaError(f"there is no device {wanted}", mend=did_you_mean(kind, there))
    if not there[kind]:
        raise GuinaError(f"this machine has no {kind} device", mend="leave --device out, or say --device cpu")
    return f"cuda:{local_rank}" if wanted == "cuda" else wanted


def computes_bfloat16(device: str) -> bool:
    """Whether the device has units for bfloat16; without them it is emulated, and tens of times slower."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            flags = next(line for line in lines if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return False
    return device == "cpu" and bool({"avx512_bf16", "amx_bf16"} & set(flags))


@cache  # torch.get_num_threads says how many cores there are only until somebody sets it
def physical_cores() -> int:
    """The cores this process may use; two threads on one core are slower than one here."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, torch.get_num_threads() if "OMP_NUM_THREADS" not in os.environ else usable))


def device_name(device: str) -> str:
    """What the device is called, such as "AMD EPYC 9454" or "NVIDIA H100"."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def derive(seed: int, *path: int | str) -> int:
    """A 63-bit seed for one place in a run; equal paths give equal seeds on every machine.

    Example:
        >>> derive(1, "batch", 7) == derive(1, "batch", 7) != derive(1, "batch", 8)
        True
    """
    key = b"".join(p.encode() + b"\0" if isinstance(p, str) else struct.pack("<q", p) for p in (seed, *path))
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") >> 1


def seed_layers(seed: int) -> None:
    """Seed what dropout and initialisation draw from, without the stack trace that torch.manual_seed keeps."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.default_generators[torch.cuda.current_device()].manual_seed(seed)


@contextmanager
def evaluating(*nets: nn.Module) -> Iterator[None]:
    """Networks in evaluation mode and no gradients, put back as they were afterwards."""
    were = [(module, module.training) for net in nets for module in net.modules()]
    for net in nets:
        net.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, was in were:
            module.training = was


def step_by_step(answers: Iterator[Answer], *nets: nn.Module) -> Iterator[Answer]:
    """What an iterator gives, each made in evaluation mode and without gradients, which end before it is handed over.

    A caller that stops in the middle, or goes through two of them in turns, finds torch as it left it.

    Example:
        >>> modes = step_by_step(torch.is_inference_mode_enabled() for _ in range(2))
        >>> next(modes), torch.is_inference_mode_enabled(), next(modes)
        (True, False, True)
    """
    torch.get_num_threads()  # only a thread that asks learns what was set; in another one kernels take all cores
    while True:
        with evaluating(*nets):
            try:
                answer = next(answers)
            except StopIteration:
                return
        yield answer


def process_age() -> float:
    """Seconds since the operating system started this process; 0 where it does not say."""
    if not sys.platform.startswith("linux") or not hasattr(os, "sysconf"):
        return 0.0
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stat:
            ticks = int(stat.read().rsplit(")", 1)[1].split()[19])
    except OSError:  # a container that shows no processes
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
