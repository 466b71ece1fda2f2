"""One turn: who learns takes a step on the batch, shard by shard, guarded.

Each shard of the batch is run forward and backward by itself, with its own normalisation statistics, carried state and
generator. Gradients add up over shards and processes, each weighted by its count, so the result is the gradient of
(sum of the loss) / (global count) whoever computed it. More shards than processes is gradient accumulation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import torch
from torch import Tensor, nn

from guina.data.order import Draw
from guina.data.records import Arrays
from guina.engine.job import Batch, Carry, Job, Nets, Phase, Turn
from guina.engine.optim import Optimizer
from guina.engine.parallel import Team
from guina.runtime import Runtime, derive, seed_layers


def trainable(net: nn.Module) -> dict[str, Tensor]:
    """The weights a network learns, by name: those that were not frozen when it was built."""
    return {name: weight for name, weight in net.named_parameters() if weight.requires_grad}


class Observer(Protocol):
    """Reads what there is around each turn; the lab sees the critic before and after its update through one."""

    def before(self, turn: Turn, nets: Nets, step: int) -> None: ...

    def after(self, turn: Turn, nets: Nets, step: int) -> None: ...


class NotFinite(Exception):
    """A loss or a gradient that is no number; raised before it reaches the weights."""

    def __init__(self, turn: Turn, what: str, draw: Draw) -> None:
        super().__init__(what)
        self.turn, self.what, self.draw = turn, what, draw


@dataclass
class Outcome:
    """What a turn gave: its mean terms, the norm of its gradient, and whether any process wants to stop."""

    terms: dict[str, float]
    norm: float
    stop: bool


class Stepper:
    """Takes turns on one set of networks.

    Args:
        carries: what stateful networks remember, by (turn, shard): the caller keeps it for the checkpoint.
    """

    def __init__(self, job: Job, nets: Nets, arrays: Arrays, runtime: Runtime, team: Team, seed: int) -> None:
        self.job, self.nets, self.arrays = job, nets, arrays
        self.runtime, self.team, self.seed = runtime, team, seed
        self.rng = torch.Generator()
        self.carries: dict[tuple[str, int], Carry] = {}
        self.observers: list[Observer] = []
        self.trainable = {player: trainable(net) for player, net in nets.items()}
        self.weights = {player: list(named.values()) for player, named in self.trainable.items()}
        self.buffers = [b for net in nets.values() for b in net.buffers() if b.is_floating_point()]
        self.at_turn: tuple[str, ...] = ()

    def take(
        self,
        turn: Turn,
        phase: Phase,
        draw: Draw,
        optimizers: Mapping[str, Optimizer],
        factor: float,
        stop: bool = False,
    ) -> Outcome:
        """One turn on one draw.

        Args:
            factor: of the learning rate.
            stop: whether this process was asked to stop; every process learns of it with the gradients.

        Raises:
            NotFinite: before the update; the weights are as they were.
        """
        for observer in self.observers:
            observer.before(turn, self.nets, draw.step)
        self._give_the_turn(turn)
        sums, moved, count = self._backward(turn, draw)
        weights = [w for name in turn.players for w in self.weights[name] if w.grad is not None]
        grads = [w.grad for w in weights if w.grad is not None]
        counts = torch.tensor([float(count), float(stop)], dtype=torch.float64, device=self.runtime.device)
        if self.team.world > 1:
            torch._foreach_mul_(grads, count)
            counts = counts.to(grads[0].dtype)
            self.team.sum([*grads, counts, *sums.values(), *moved])
            torch._foreach_div_(grads, counts[0].item())
        if moved:  # running statistics: the mean over the shards, once a turn
            torch._foreach_add_(self.buffers, moved, alpha=1 / self.team.shards)
        total, stops = counts.tolist()
        norm = torch.nn.utils.get_total_norm(grads)
        terms = {name: value.item() / total for name, value in sums.items()}
        size = norm.item()
        if not isfinite(size) or not all(map(isfinite, terms.values())):
            bad = [name for name, value in terms.items() if not isfinite(value)]
            raise NotFinite(turn, f"the loss ({', '.join(bad)})" if bad else "the gradient", draw)
        if phase.clip is not None and size > phase.clip:
            torch._foreach_mul_(grads, phase.clip / size)
        for name in turn.players:
            optimizers[name].step(factor)
        for observer in self.observers:
            observer.after(turn, self.nets, draw.step)
        return Outcome(terms, size, stops > 0)

    def _give_the_turn(self, turn: Turn) -> None:
        """Gradients on for those at turn, off for the others, and cleared."""
        if turn.players != self.at_turn and len(self.nets) > 1:
            for name, weights in self.weights.items():
                for weight in weights:
                    weight.requires_grad_(name in turn.players)
        self.at_turn = turn.players
        for name in turn.players:
            for weight in self.weights[name]:
                weight.grad = None

    def _backward(self, turn: Turn, draw: Draw) -> tuple[dict[str, Tensor], list[Tensor], int]:
        """This process's shards: gradients of (sum / own count); sums of terms; how statistics moved; its count."""
        mine, shards = self.team.mine, self.team.shards
        batches = {shard: self.batch(draw.shard(shard, shards), turn, shard) for shard in mine}
        count = sum(turn.count(batch) for batch in batches.values())
        before = [b.clone() for b in self.buffers] if shards > 1 else []
        moved = [torch.zeros_like(b) for b in before]
        sums: dict[str, Tensor] = {}
        for shard, batch in batches.items():
            carry = None if draw.restart else self.carries.get((turn.name, shard))
            seed = derive(self.seed, "turn", turn.name, draw.step, shard)
            seed_layers(seed)
            with self.runtime.autocast():
                terms, carry = turn.loss(self.nets, batch, carry, draw.step, self.rng.manual_seed(seed))
            loss = torch.stack([t for t in terms.values() if t.requires_grad]).sum()
            (loss / count).backward()
            self.carries[turn.name, shard] = carry and {k: v.detach() for k, v in carry.items()}
            for name, value in terms.items():
                sums[name] = sums[name] + value.detach() if name in sums else value.detach()
            for buffer, old, far in zip(self.buffers, before, moved, strict=False):
                far.add_(buffer - old)
                buffer.copy_(old)
        return sums, moved, count

    def batch(self, draw: Draw, turn: Turn, shard: int) -> Batch:
        """A shard's batch, on the device, in the run's precision; the same numbers whoever asks."""
        key = turn.name if turn.fresh_batch else "shared"
        rng = self.rng.manual_seed(derive(self.seed, "batch", key, draw.step, shard))
        batch = self.job.batch(self.arrays, draw, rng)
        return {name: self._placed(tensor) for name, tensor in batch.items()}

    def _placed(self, tensor: Tensor) -> Tensor:
        if tensor.is_floating_point() and tensor.dtype != self.runtime.dtype:
            tensor = tensor.to(self.runtime.dtype)
        return tensor if self.runtime.device == "cpu" else tensor.to(self.runtime.device, non_blocking=True)

    def culprits(self, turn: Turn, draw: Draw, most: int = 8) -> list[str]:
        """The names of the examples of a draw that give no finite loss by themselves; all of them: none does."""
        nets = [net.eval() for net in self.nets.values()]
        bad: list[str] = []
        for i in range(len(draw.index_B)):
            one = draw.shard(i, len(draw.index_B))
            batch = self.batch(one, turn, 0)
            terms, _ = turn.loss(self.nets, batch, None, draw.step, self.rng.manual_seed(0))
            if not all(bool(term.isfinite()) for term in terms.values()):
                bad.append(self.arrays.names[int(one.index_B[0])])
        for net in nets:
            net.train()
        return bad[:most]
