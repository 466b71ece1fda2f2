"""Optimizers and their state: AdamW, SGD, and Muon in fp32; schedules; gradient norms.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) replaces the momentum matrix M = U S Vᵀ of a
weight by the nearest semi-orthogonal one, U Vᵀ, so that every direction is learned at the same pace. torch.optim.Muon
casts to bfloat16, which is slow on a CPU, and takes matrices only; this one computes in the weight's own precision and
flattens filters.

AdamW and SGD are torch's own functions. Its optimizer classes are not used: the first one that is made imports torch's
compiler, which takes 3 seconds of every training.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from guina.engine.turns import Learner, Phase
from guina.errors import DAMAGED, GuinaError


def orthogonalize(m: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices, approximately: singular values end in 0.7 … 1.2.

    Args:
        m: ... × R × C.
        steps: of the quintic Newton–Schulz iteration X ← aX + (bA + cA²)X with A = XXᵀ.

    Example:
        >>> s = torch.linalg.svdvals(orthogonalize(torch.randn(8, 32)))
        >>> bool((s > 0.5).all() and (s < 1.4).all())
        True
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = m.size(-2) > m.size(-1)
    x = m.mT if tall else m
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Rule:
    """Weights and how they are learned: groups of them, each with its rate `lr`; and what is remembered of each.

    Args:
        groups: {"params": weights, "lr": rate, ...}.
    """

    def __init__(self, groups: Iterable[dict[str, Any]]) -> None:
        self.param_groups: list[dict[str, Any]] = [group | {"params": list(group["params"])} for group in groups]
        self.state: dict[Tensor, dict[str, Tensor]] = {}

    def learning(self, group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
        """The weights of a group that have gradients now, and those."""
        weights = [weight for weight in group["params"] if weight.grad is not None]
        return weights, [weight.grad for weight in weights]

    def step(self) -> None:
        raise NotImplementedError


class AdamW(Rule):
    """Adam with decoupled decay of the weights (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101).

    Args:
        groups: each with "weight_decay".
    """

    def __init__(self, groups: Iterable[dict[str, Any]], betas: tuple[float, float]) -> None:
        super().__init__(groups)
        self.betas = betas

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            weights, grads = self.learning(group)
            for weight in weights:
                if weight not in self.state:
                    moments = {"exp_avg": torch.zeros_like(weight), "exp_avg_sq": torch.zeros_like(weight)}
                    self.state[weight] = {"step": torch.zeros((), device=weight.device)} | moments
            first, second, steps = (
                [self.state[weight][key] for weight in weights] for key in ("exp_avg", "exp_avg_sq", "step")
            )
            how = {"beta1": self.betas[0], "beta2": self.betas[1], "lr": group["lr"], "eps": 1e-8}
            decay = group["weight_decay"]
            if weights:
                adamw(
                    *(weights, grads, first, second, [], steps),
                    **(how | {"weight_decay": decay, "amsgrad": False, "maximize": False, "fused": True}),
                )


class SGD(Rule):
    """Stochastic gradient descent with Nesterov's momentum.

    Args:
        groups: each with "weight_decay".
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float) -> None:
        super().__init__(groups)
        self.momentum = momentum

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            weights, grads = self.learning(group)
            kept: list[Tensor | None] = [self.state.get(weight, {}).get("momentum_buffer") for weight in weights]
            how = {"weight_decay": group["weight_decay"], "momentum": self.momentum, "lr": group["lr"]}
            if weights:
                sgd(
                    *(weights, grads, kept),
                    **(how | {"dampening": 0.0, "nesterov": self.momentum > 0, "maximize": False, "fused": True}),
                )
            for weight, momentum in zip(weights, kept, strict=True):
                if momentum is not None:
                    self.state[weight] = {"momentum_buffer": momentum}


class Muon(Rule):
    """Momentum with Nesterov's look-ahead, orthogonalised, for matrices and filters (O × I × kernel, flattened).

    The step is scaled by √max(1, O / fan-in), so that one rate suits all shapes. Weights decay by rate × decay.

    Args:
        params: tensors of two or more dimensions.
        lr: the learning rate, about 0.02 to 0.3: the spectral norm of a step.
        momentum: of the running gradient.
        weight_decay: decoupled.
        sphere: before a step a weight is brought back to the norm √O. For weights whose size does not matter because a
            normalisation follows: the rate then says by what angle they turn (airbench).
        iterations: of Newton–Schulz; three are enough to learn well.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        sphere: bool = False,
        iterations: int = 5,
    ) -> None:
        how = {"momentum": momentum, "weight_decay": weight_decay, "sphere": sphere, "iterations": iterations}
        super().__init__([{"params": params, "lr": lr, **how}])

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight, grad in zip(*self.learning(group), strict=True):
                if weight not in self.state:
                    self.state[weight] = {"momentum": torch.zeros_like(weight)}
                momentum = self.state[weight]["momentum"].mul_(group["momentum"]).add_(grad)
                ahead = grad.add(momentum, alpha=group["momentum"])
                update = orthogonalize(ahead.flatten(1), group["iterations"]).view_as(ahead)
                rows, columns = weight.size(0), weight[0].numel()
                if group["sphere"]:
                    weight.mul_(rows**0.5 / weight.norm().clamp_min(1e-7))  # zeros stay zeros
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


class Optimizer:
    """The optimizers of one player, and their state by the names of its weights.

    Args:
        weights: what the player learns, by name.
        learner: how it learns.
        tables: embeddings; their rows are looked up, not multiplied, so Muon leaves them to AdamW.
    """

    def __init__(self, weights: Mapping[str, Tensor], learner: Learner, tables: Set[Tensor] = frozenset()) -> None:
        self.names = {weight: name for name, weight in weights.items()}
        rest, rate, decay, momentum = list(self.names), learner.rate, learner.weight_decay, learner.momentum
        self.parts: list[Rule] = []
        if learner.optimizer == "muon":
            left = {w for w, name in self.names.items() if w.ndim < 2 or w in tables or name.startswith(learner.rest)}
            matrices, rest = [w for w in rest if w not in left], [w for w in rest if w in left]
            rate = learner.rate_rest
            if matrices:
                self.parts.append(Muon(matrices, learner.rate, momentum, decay, learner.sphere, learner.iterations))
        decaying = [w for w in rest if w.ndim >= 2 and decay]
        others = [w for w in rest if w.ndim < 2 or not decay]
        groups: list[dict[str, Any]] = [
            {"params": part, "lr": rate, "weight_decay": d} for part, d in ((decaying, decay), (others, 0.0)) if part
        ]
        if groups and learner.optimizer == "sgd":
            self.parts.append(SGD(groups, momentum))
        elif groups:
            self.parts.append(AdamW(groups, learner.betas))
        self.slowed = 1.0  # what a remedy multiplies all rates by
        self.rates = [[group["lr"] for group in part.param_groups] for part in self.parts]

    def step(self, factor: float) -> None:
        """One update, at `factor` times the highest learning rate."""
        for part, rates in zip(self.parts, self.rates, strict=True):
            for group, rate in zip(part.param_groups, rates, strict=True):
                group["lr"] = rate * factor * self.slowed
            part.step()

    def state(self) -> dict[str, Tensor]:
        """Everything that an unbroken run would remember: "WEIGHT|KEY" → tensor."""
        return {
            f"{self.names[weight]}|{key}": value
            for part in self.parts
            for weight, kept in part.state.items()
            for key, value in kept.items()
            if isinstance(value, Tensor)
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state` gave; of weights that it does not name, nothing is remembered.

        Copied into tensors laid out like their weights: fused AdamW computes wrong updates, silently, when the
        strides of a moment differ from its weight's.

        Raises:
            GuinaError: the state belongs to another network.
        """
        weights = {name: weight for weight, name in self.names.items()}
        kept: dict[str, dict[str, Tensor]] = {}
        for key, value in state.items():
            name, what = key.rsplit("|", 1)
            if name not in weights or value.shape not in (weights[name].shape, torch.Size([])):
                raise GuinaError(f"the saved optimizer state has {key}", "the state of this network", DAMAGED)
            weight = weights[name]  # the count of steps, too, must lie where its weight does: fused AdamW wants it so
            like = torch.zeros_like(weight) if value.ndim else torch.zeros_like(value, device=weight.device)
            kept.setdefault(name, {})[what] = like.copy_(value)
        for part in self.parts:
            for group in part.param_groups:
                for weight in group["params"]:
                    part.state.pop(weight, None)
                    if self.names[weight] in kept:
                        part.state[weight] = kept[self.names[weight]]


def norm_of(grads: Sequence[Tensor]) -> Tensor:
    """The norm of all gradients together."""
    # torch.nn.utils.get_total_norm sorts by device first, which costs a small network 3 % of its step
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(grads))))


def rate_factor(phase: Phase, done: float) -> float:
    """The learning rate at a fraction of the phase, as a factor of the highest: up, level, down to zero.

    Example:
        >>> phase = Phase("only", (), {}, batch=1, warmup=0.2, hold=0.5)
        >>> [rate_factor(phase, done) for done in (0.1, 0.3, 0.75, 1.0)]
        [0.5, 1.0, 0.5, 0.0]
    """
    if done < phase.warmup:
        return done / phase.warmup
    level = max(phase.hold, phase.warmup)
    if done <= level or level >= 1.0:
        return 1.0
    return max(0.0, (1.0 - done) / (1.0 - level))


class Average:
    """An exponential moving average of a network's weights, updated every few steps: its cost is a constant share.

    Args:
        net: whose weights are averaged; buffers are copied, as their own averages are in them already.
    """

    every = 5

    def __init__(self, net: nn.Module, shadow: nn.Module) -> None:
        self.net, self.shadow = net, shadow
        self.shadow.requires_grad_(False)

    @torch.no_grad()
    def update(self, step: int, half_life: float) -> None:
        """After a step: move towards the weights; `half_life` in steps, shorter while the run is young."""
        if (step + 1) % self.every:
            return
        half_life = min(half_life, (step + 1) / 4)
        keep = 0.5 ** (self.every / max(half_life, 1e-9))
        ours: list[Tensor] = list(self.shadow.parameters())
        theirs: list[Tensor] = list(self.net.parameters())
        torch._foreach_lerp_(ours, theirs, 1 - keep)
        for mine, other in zip(self.shadow.buffers(), self.net.buffers(), strict=True):
            mine.copy_(other)
