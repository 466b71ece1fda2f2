"""Several processes as one: a turn's gradients, statistics, sums and stop flag travel in one flat all-reduce.

The global batch is cut into a fixed number of shards, each with its own normalisation statistics, lanes and generator,
so that N processes equal one process that walks through N shards. With one process nothing here costs anything.
"""

import atexit
import importlib
import json
from collections.abc import Sequence
from typing import Any

import safetensors.torch
import torch
import torch.distributed as dist
from torch import Tensor

from guina.bundle import save_tensors
from guina.errors import GuinaError
from guina.runtime import Runtime


class Team:
    """The processes of a run.

    Args:
        runtime: says which process this is, and of how many.
        shards: parts of the global batch; a multiple of the number of processes.

    Raises:
        GuinaError: the shards cannot be dealt out evenly.
    """

    def __init__(self, runtime: Runtime, shards: int | None = None) -> None:
        self.rank, self.world, self.shards = runtime.rank, runtime.world, shards or runtime.world
        self.device = runtime.device
        if self.shards % self.world:
            raise GuinaError(
                f"{self.shards} shards cannot be dealt out to {self.world} processes",
                "a multiple of the number of processes",
                f"--shards {self.world}, or leave it out",
            )
        if self.world > 1 and not dist.is_initialized():
            start_group(runtime.device)

    @property
    def mine(self) -> range:
        """The shards this process works on."""
        each = self.shards // self.world
        return range(self.rank * each, (self.rank + 1) * each)

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add up tensors over the processes, in place, in one flat all-reduce."""
        if self.world == 1:
            return
        flat = torch.cat([t.reshape(-1) for t in tensors])
        dist.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def broadcast(self, message: Any) -> Any:
        """The first process's JSON message, at every process."""
        if self.world == 1:
            return message
        return json.loads(self._spread(json.dumps(message).encode()))

    def broadcast_tensors(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """The first process's named tensors, at every process."""
        if self.world == 1:
            return tensors
        return safetensors.torch.load(self._spread(pack(tensors)))

    def _spread(self, raw: bytes) -> bytes:
        """The first process's bytes, at every process."""
        size = torch.tensor([len(raw)], device=self.device)
        dist.broadcast(size, 0)
        data = torch.frombuffer(bytearray(raw.ljust(int(size))[: int(size)]), dtype=torch.uint8).to(self.device)
        dist.broadcast(data, 0)
        return bytes(data.cpu().numpy())

    def collect(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """The named tensors of all processes together, at every process (safetensors, never pickle)."""
        if self.world == 1:
            return tensors
        raw = pack(tensors)
        sizes = [torch.zeros(1, dtype=torch.int64, device=self.device) for _ in range(self.world)]
        dist.all_gather(sizes, torch.tensor([len(raw)], device=self.device))
        most = max(int(size) for size in sizes)
        padded = torch.frombuffer(bytearray(raw.ljust(most, b"\0")), dtype=torch.uint8).to(self.device)
        parts = [torch.empty(most, dtype=torch.uint8, device=self.device) for _ in range(self.world)]
        dist.all_gather(parts, padded)
        together: dict[str, Tensor] = {}
        for part, size in zip(parts, sizes, strict=True):
            together |= safetensors.torch.load(bytes(part[: int(size)].cpu().numpy()))
        return together


def start_group(device: str) -> None:
    """Join the process group that `torchrun` describes, until this process ends: it cannot start a second one.

    torch.distributed.nn.functional must be imported before: its functions take the group there is then as a default
    argument and hold it for ever, and a group that is not freed in time aborts the process at its end.
    """
    importlib.import_module("torch.distributed.nn.functional")
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    atexit.register(dist.destroy_process_group)


def pack(tensors: dict[str, Tensor]) -> bytes:
    """Named tensors as bytes, in no other layout than plain."""
    return save_tensors(tensors)
