"""One turn: who learns takes a step on the batch, shard by shard, guarded.

Each shard of the batch is run forward and backward by itself, with its own normalisation statistics, carried state and
generator. Gradients add up over shards and processes, so that the result is the gradient of Σ (a term's sum) / (its
global count), whoever computed it. More shards than processes is gradient accumulation.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import torch
from torch import Tensor, nn

from guina.data.arrays import Arrays
from guina.data.order import Draw
from guina.engine.job import Job
from guina.engine.optim import Optimizer, norm_of
from guina.engine.parallel import Team
from guina.engine.turns import Batch, Carry, Learner, Nets, Phase, Turn
from guina.errors import GuinaError
from guina.runtime import Runtime, derive, seed_layers


def trainable(net: nn.Module) -> dict[str, Tensor]:
    """The weights a network learns, by name: those that were not frozen when it was built."""
    return {name: weight for name, weight in net.named_parameters() if weight.requires_grad}


class Observer(Protocol):
    """Reads what there is around each turn; the lab sees the critic before and after its update through one."""

    def before(self, turn: Turn, nets: Nets, step: int) -> None: ...

    def after(self, turn: Turn, nets: Nets, step: int) -> None: ...


class NotFinite(Exception):
    """A loss or a gradient that is no number; raised before it reaches the weights, statistics and carried states."""

    def __init__(self, turn: Turn, what: str, draw: Draw) -> None:
        super().__init__(what)
        self.turn, self.what, self.draw = turn, what, draw


@dataclass
class TurnResult:
    """What a turn gave: its mean terms, the norm of its gradient, and whether any process wants to stop."""

    terms: dict[str, float]
    norm: float
    stop: bool


@dataclass
class Counts:
    """What terms are divided by.

    Args:
        usual: of those that have none of their own.
        own: by term.
    """

    usual: float
    own: dict[str, float]

    def of(self, term: str) -> float:
        """The denominator of a term; 0: there is nothing of what it counts."""
        return self.own.get(term, self.usual)

    def weight(self, term: str) -> float:
        """What its gradient is multiplied by; of nothing there is none."""
        count = self.of(term)
        return 1 / count if count else 0.0

    def means(self, sums: Mapping[str, float]) -> dict[str, float]:
        """The sums of terms as means; of nothing there is none."""
        return {term: value / count for term, value in sums.items() if (count := self.of(term))}


@dataclass
class Passes:
    """What this process's forward and backward passes gave, besides the gradients.

    Args:
        sums: of each term over the examples.
        counts: the denominators that the gradients have: of these shards, or of all where terms have their own.
        carries: what stateful networks will remember, by (turn, shard).
        moved: by how much the shards moved each buffer, added up; empty with one shard, which moves them itself.
    """

    sums: dict[str, Tensor]
    counts: Counts
    carries: dict[tuple[str, int], Carry]
    moved: list[Tensor]


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
        modules = [module for net in nets.values() for module in net.modules()]
        self.tables = {module.weight for module in modules if isinstance(module, nn.Embedding | nn.EmbeddingBag)}
        self.buffers = [b for net in nets.values() for b in net.buffers() if b.dtype != torch.bool]
        self.before = [b.clone() for b in self.buffers]  # as they were before the turn
        self.at_turn: tuple[str, ...] = ()
        self.waiting: dict[Tensor, Tensor] = {}  # gradients of a turn that joins the next one

    def optimizer(self, player: str, learner: Learner) -> Optimizer:
        """A new optimizer of a player's weights."""
        return Optimizer(self.trainable[player], learner, self.tables)

    def take(
        self,
        turn: Turn,
        phase: Phase,
        draw: Draw,
        optimizers: Mapping[str, Optimizer],
        factor: float,
        stop: bool = False,
    ) -> TurnResult:
        """One turn on one draw.

        Args:
            factor: of the learning rate.
            stop: whether this process was asked to stop; every process learns of it with the gradients.

        Raises:
            NotFinite: before the update; the weights are as they were.
            GuinaError: usual batches have fewer examples than there are shards.
        """
        if phase.batch < self.team.shards:
            raise GuinaError(
                f"a batch of {phase.batch} examples cannot be cut into {self.team.shards} shards",
                "at least one example in each",
                "fewer --shards or processes, or a larger batch",
            )
        for observer in self.observers:
            observer.before(turn, self.nets, draw.step)
        self._give_the_turn(turn)
        passes = self._backward(turn, draw)
        grads = [w.grad for name in turn.players for w in self.weights[name] if w.grad is not None]
        counts, stops = self._gather(turn, passes, grads, stop)
        sums = {name: value.item() for name, value in passes.sums.items()}
        norm = norm_of(grads).item()
        if not isfinite(norm) or not all(map(isfinite, sums.values())):
            if self.buffers:
                torch._foreach_copy_(self.buffers, self.before)
            self.waiting = {}
            bad = [name for name, value in sums.items() if not isfinite(value)]
            raise NotFinite(turn, f"the loss ({', '.join(bad)})" if bad else "the gradient", draw)
        for buffer, far in zip(self.buffers, passes.moved, strict=False):  # the mean over the shards
            buffer.add_((far / self.team.shards).to(buffer.dtype))
        self.carries |= passes.carries
        if turn.joins:
            self.waiting = {w: w.grad for name in turn.players for w in self.weights[name] if w.grad is not None}
            return self._done(turn, draw, TurnResult(counts.means(sums), norm, stops))
        if self.waiting:
            for weight, gradient in self.waiting.items():
                weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
            self.waiting = {}
            grads = [w.grad for name in turn.players for w in self.weights[name] if w.grad is not None]
            norm = norm_of(grads).item()
        if phase.clip is not None and norm > phase.clip:
            torch._foreach_mul_(grads, phase.clip / norm)
        for name in turn.players:
            optimizers[name].step(factor)
        return self._done(turn, draw, TurnResult(counts.means(sums), norm, stops))

    def _done(self, turn: Turn, draw: Draw, outcome: TurnResult) -> TurnResult:
        """Let observers read what there is after a turn."""
        for observer in self.observers:
            observer.after(turn, self.nets, draw.step)
        return outcome

    def _gather(self, turn: Turn, passes: Passes, grads: list[Tensor], stop: bool) -> tuple[Counts, bool]:
        """Make gradients, sums and moves those of all processes; the global counts, and whether any wants to stop."""
        if self.team.world == 1:
            return passes.counts, stop
        if not turn.counts:  # each has the gradient of its own mean
            torch._foreach_mul_(grads, passes.counts.usual)
        flags = torch.tensor([passes.counts.usual, float(stop)], dtype=torch.float64, device=self.runtime.device)
        self.team.sum([*grads, flags, *passes.sums.values(), *passes.moved])
        total, stops = flags.tolist()
        if turn.counts:
            return passes.counts, stops > 0
        torch._foreach_div_(grads, total or 1.0)
        return Counts(total, {}), stops > 0

    def _counts(self, turn: Turn, batches: Iterable[Batch]) -> Counts:
        """The denominators of this process's shards; of all shards where terms have their own.

        Means of one denominator can be weighted after their gradients were taken, and travel with these. Of several
        they cannot: what each is divided by must be known before.
        """
        own = {term: sum(map(count, batches)) for term, count in turn.counts.items()}
        counts = [float(sum(map(turn.count, batches))), *own.values()]
        if own and self.team.world > 1:
            total = torch.tensor(counts, dtype=torch.float64, device=self.runtime.device)
            self.team.sum([total])
            counts = total.tolist()
        return Counts(counts[0], dict(zip(own, counts[1:], strict=True)))

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

    def _backward(self, turn: Turn, draw: Draw) -> Passes:
        """This process's shards, one after the other: the weights get the gradient of Σ sum / count."""
        parts = {shard: self._part(draw, shard) for shard in self.team.mine}
        batches = {shard: self.batch(part, turn, shard) for shard, (part, _) in parts.items()}
        counts = self._counts(turn, [batches[shard] for shard, (_, told) in parts.items() if told])
        if self.buffers:
            torch._foreach_copy_(self.before, self.buffers)
        passes = Passes({}, counts, {}, [torch.zeros_like(b) for b in self.buffers] if self.team.shards > 1 else [])
        for shard, batch in batches.items():
            _, told = parts[shard]
            carry = None if draw.restart or not told else self.carries.get((turn.name, shard))
            seed = derive(self.seed, "turn", turn.name, draw.step, shard)
            seed_layers(seed)
            with self.runtime.autocast():
                terms, carry = turn.loss(self.nets, batch, carry, draw.step, self.rng.manual_seed(seed))
            assert turn.counts.keys() <= terms.keys(), f"{turn.name} counts for terms that it has not"
            learned = {name: term for name, term in terms.items() if term.requires_grad}
            weights = [term.new_full((), told * counts.weight(name)) for name, term in learned.items()]
            torch.autograd.backward([*learned.values()], weights)
            if told:
                passes.carries[turn.name, shard] = carry and {k: v.detach() for k, v in carry.items()}
            for name, value in terms.items():
                value = value.detach() if told else torch.zeros_like(value)
                passes.sums[name] = passes.sums.get(name, 0) + value
            for buffer, old, far in zip(self.buffers, self.before, passes.moved, strict=False):
                far.add_(buffer - old)
                buffer.copy_(old)
        return passes

    def _part(self, draw: Draw, shard: int) -> tuple[Draw, bool]:
        """A shard of a draw, and whether it counts: of fewer examples than shards the first one stands in for none, so
        that each process has the same gradients and terms to add up.
        """
        part = draw.shard(shard, self.team.shards)
        return (part, True) if len(part.index_B) else (draw.shard(0, len(draw.index_B)), False)

    def batch(self, draw: Draw, turn: Turn, shard: int) -> Batch:
        """A shard's batch, on the device, in the run's precision; the same numbers whoever asks."""
        key = turn.name if turn.fresh_batch else "shared"
        rng = self.rng.manual_seed(derive(self.seed, "batch", key, draw.step, shard))
        batch = self.job.batch(self.arrays, draw, rng)
        return {name: self._placed(tensor) for name, tensor in batch.items()}

    def batches(self, turn: Turn, draw: Draw) -> Iterator[Tensor]:
        """All tensors of this process's shards of a draw."""
        for shard in self.team.mine:
            yield from self.batch(self._part(draw, shard)[0], turn, shard).values()

    def _placed(self, tensor: Tensor) -> Tensor:
        if tensor.is_floating_point() and tensor.dtype != self.runtime.dtype:
            tensor = tensor.to(self.runtime.dtype)
        return tensor if self.runtime.device == "cpu" else tensor.to(self.runtime.device, non_blocking=True)

    def culprits(self, turn: Turn, draw: Draw) -> list[str]:
        """The names of the examples of a draw that give no finite loss or gradient by themselves.

        What keeps running statistics judges an example by those; everything else is as in training.
        """
        weights = [w for name in turn.players for w in self.weights[name]]
        modules = [module for net in self.nets.values() for module in net.modules()]
        settled = [module for module in modules if module.training and list(module.buffers(recurse=False))]
        bad = []
        for module in settled:
            module.training = False
        for i in range(len(draw.index_B)):
            one = draw.shard(i, len(draw.index_B))
            terms, _ = turn.loss(self.nets, self.batch(one, turn, 0), None, draw.step, self.rng.manual_seed(0))
            loss = torch.stack([t for t in terms.values() if t.requires_grad]).sum()
            grads = torch.autograd.grad(loss, weights, allow_unused=True)
            if not all(bool(t.isfinite().all()) for t in (*terms.values(), *grads) if t is not None):
                bad.append(self.arrays.names[int(one.index_B[0])])
        for module in settled:
            module.training = True
        return bad
