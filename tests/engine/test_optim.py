"""Muon against the singular value decomposition and a plain loop; AdamW's state; averages; rates; norms."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from guina.engine.optim import Average, Muon, Optimizer, orthogonalize, rate_factor
from guina.engine.turns import Learner, Phase
from guina.errors import GuinaError


def plain_muon(weight, momentum, rate: float, beta: float, decay: float, sphere=False, iterations=5) -> None:
    """One Muon step on a matrix or filter, in numpy, in place."""
    w, m, g = (t.detach().numpy() for t in (weight, momentum, weight.grad))
    m[...] = beta * m + g
    x = (g + beta * m).reshape(len(w), -1)
    turned = x.shape[0] > x.shape[1]
    x = x.T if turned else x
    x = x / (np.sqrt((x**2).sum()) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    x = (x.T if turned else x).reshape(w.shape)
    if sphere:
        w *= np.sqrt(len(w)) / np.sqrt((w**2).sum())
    w -= rate * decay * w
    w -= rate * np.sqrt(max(1.0, w.shape[0] / (w.size / w.shape[0]))) * x


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_orthogonalize_keeps_the_singular_vectors_and_levels_the_values(rows: int, columns: int, seed: int) -> None:
    m = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    u, s, vh = torch.linalg.svd(m, full_matrices=False)
    middle = u.T @ orthogonalize(m) @ vh.T  # diagonal where the singular vectors are kept
    values = middle.diag()
    assert torch.allclose(middle, values.diag(), atol=1e-6)
    large = s / s.norm() > 0.05  # five iterations do not lift the smallest ones all the way
    assert bool((values[large] > 0.5).all())
    assert bool((values < 1.25).all())


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 3, 3, 3), (8, 2, 1, 1)])
@pytest.mark.parametrize(("sphere", "iterations"), [(False, 5), (True, 3)])
def test_muon_equals_a_plain_loop(shape: tuple[int, ...], sphere: bool, iterations: int) -> None:
    g = torch.Generator().manual_seed(0)
    ours = nn.Parameter(torch.randn(shape, generator=g, dtype=torch.float64))
    if len(shape) == 4:
        ours = nn.Parameter(ours.detach().to(memory_format=torch.channels_last))
    plain = ours.detach().clone(memory_format=torch.contiguous_format)
    momentum = torch.zeros_like(plain)
    muon = Muon([ours], 0.1, 0.8, 0.01, sphere, iterations)
    for _ in range(4):
        grad = torch.randn(shape, generator=g, dtype=torch.float64)
        ours.grad, plain.grad = grad.clone(), grad.clone()
        muon.step()
        plain_muon(plain, momentum, 0.1, 0.8, 0.01, sphere, iterations)
    assert torch.allclose(ours, plain, rtol=0, atol=1e-12)


def test_a_weight_of_zeros_learns_on_the_sphere() -> None:
    weight = nn.Parameter(torch.zeros(4, 3))  # as residual branches begin
    weight.grad = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    Muon([weight], lr=0.1, sphere=True).step()
    assert bool(weight.isfinite().all())
    assert float(weight.detach().norm()) > 0.1


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_rules_are_torchs_own_to_the_bit(kind: str) -> None:
    ours, theirs = net(), net()
    learner = Learner(kind, 0.05, betas=(0.8, 0.95), momentum=0.7, weight_decay=0.1)
    optimizer = Optimizer(dict(ours.named_parameters()), learner)
    groups = [
        {"params": [w for w in theirs.parameters() if w.ndim >= 2], "weight_decay": 0.1},
        {"params": [w for w in theirs.parameters() if w.ndim < 2], "weight_decay": 0.0},
    ]
    reference = {
        "adamw": lambda: torch.optim.AdamW(groups, 0.05, (0.8, 0.95), fused=True),
        "sgd": lambda: torch.optim.SGD(groups, 0.05, 0.7, nesterov=True, fused=True),
    }[kind]()
    for step in range(5):
        x = torch.randn(6, 3, 6, 6, generator=torch.Generator().manual_seed(step))
        for model in (ours, theirs):
            model.zero_grad()
            model(x).square().sum().backward()
        optimizer.step(1.0 - step / 5)
        for group in reference.param_groups:
            group["lr"] = 0.05 * (1.0 - step / 5)
        reference.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_no_training_imports_the_compiler() -> None:
    code = """
import sys, torch
from guina.engine.turns import (Learner)
from guina.engine.optim import Optimizer
weight = torch.nn.Parameter(torch.ones(2, 2))
for kind in ("adamw", "sgd", "muon"):
    optimizer = Optimizer({"weight": weight}, Learner(kind, 0.1))
    weight.grad = torch.ones(2, 2)
    optimizer.step(1.0)
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def net() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 4))
    return layers.to(memory_format=torch.channels_last)


def learn(net: nn.Module, optimizer: Optimizer, steps: range) -> None:
    for step in steps:
        x = torch.randn(5, 3, 6, 6, generator=torch.Generator().manual_seed(step))
        net.zero_grad()
        net(x).square().mean().backward()
        optimizer.step(0.5)


@pytest.mark.parametrize("kind", ["adamw", "muon", "sgd"])
def test_a_restored_optimizer_goes_on_as_an_unbroken_one(kind) -> None:
    learner = Learner(kind, 1e-2, weight_decay=0.1)
    unbroken, broken = net(), net()
    learn(unbroken, Optimizer(dict(unbroken.named_parameters()), learner), range(8))
    first = Optimizer(dict(broken.named_parameters()), learner)
    learn(broken, first, range(4))
    # through a file every layout becomes plain: the strides of the moments differ from the weights'
    saved = {key: value.clone().contiguous() for key, value in first.state().items()}
    again = Optimizer(dict(broken.named_parameters()), learner)
    again.restore(saved)
    for part in again.parts:
        for weight, state in part.state.items():
            assert all(t.stride() == weight.stride() for t in state.values() if t.ndim), "fused AdamW would go wrong"
    learn(broken, again, range(4, 8))
    for a, b in zip(unbroken.parameters(), broken.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_of_another_network_is_refused() -> None:
    a, b = nn.Linear(2, 3), nn.Linear(2, 4)
    optimizer = Optimizer(dict(a.named_parameters()), Learner())
    a(torch.ones(1, 2)).sum().backward()
    optimizer.step(1.0)
    with pytest.raises(GuinaError, match="the saved optimizer state has weight"):
        Optimizer(dict(b.named_parameters()), Learner()).restore(optimizer.state())


def test_vectors_do_not_decay_and_tables_are_left_to_adamw() -> None:
    layers = nn.ModuleDict({"table": nn.Embedding(3, 2), "dense": nn.Linear(2, 2), "gain": nn.LayerNorm(2)})
    layers["head"] = nn.Linear(2, 3)
    named = dict(layers.named_parameters())
    learner = Learner("muon", weight_decay=0.1, rest=("head",))
    muon, adamw = Optimizer(named, learner, {layers["table"].weight}).parts
    assert [p is layers["dense"].weight for group in muon.param_groups for p in group["params"]] == [True]
    decays = {id(p): group["weight_decay"] for group in adamw.param_groups for p in group["params"]}
    assert {name: decays[id(p)] for name, p in named.items() if id(p) in decays} == {
        "table.weight": 0.1,
        "head.weight": 0.1,
        "head.bias": 0.0,
        "dense.bias": 0.0,
        "gain.weight": 0.0,
        "gain.bias": 0.0,
    }


def test_average_equals_one_by_hand() -> None:
    net = nn.BatchNorm1d(2)
    average = Average(net, copy.deepcopy(net))
    by_hand, torch_rng = np.ones(2), torch.Generator().manual_seed(0)
    for step in range(50):
        with torch.no_grad():
            net.weight.copy_(torch.randn(2, generator=torch_rng))
            net.running_mean.fill_(step)
        average.update(step, half_life=10.0)
        if step % 5 == 4:
            keep = 0.5 ** (5 / min(10.0, (step + 1) / 4))
            by_hand = keep * by_hand + (1 - keep) * net.weight.detach().numpy()
    assert np.allclose(average.shadow.weight.detach().numpy(), by_hand, atol=1e-6)
    assert average.shadow.running_mean.tolist() == [49, 49]
    assert not average.shadow.weight.requires_grad


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1.2))
def test_the_rate_rises_stays_and_falls_to_zero(warmup: float, hold: float, done: float) -> None:
    phase = Phase("only", (), {}, batch=1, warmup=warmup, hold=hold)
    factor = rate_factor(phase, done)
    assert 0 <= factor <= 1
    level = max(warmup, hold)
    if done >= 1 and level < 1:
        assert factor == 0
    elif warmup <= done <= level:
        assert factor == 1
    nearby = rate_factor(phase, done + 1e-9)
    if warmup > 1e-3 and level < 0.999:
        assert abs(nearby - factor) < 1e-5, "the rate never jumps"


@pytest.mark.parametrize("optimizer", ["adamw", "muon", "sgd"])
def test_going_back_to_the_start_forgets_all_moments(optimizer: str) -> None:
    """A state without moments, that of step 0, gives the steps of a new optimizer."""

    def three_steps(weight: nn.Parameter, learns: Optimizer) -> torch.Tensor:
        for n in range(3):
            weight.grad = torch.full_like(weight, 0.5 + n)
            learns.step(1.0)
        return weight.detach().clone()

    learner = Learner(optimizer, 0.1, momentum=0.8)
    weight = nn.Parameter(torch.eye(3))
    learns = Optimizer({"w": weight}, learner)
    beginning = {name: t.clone() for name, t in learns.state().items()}
    three_steps(weight, learns)
    learns.restore(beginning)
    with torch.no_grad():
        weight.copy_(torch.eye(3))
    again = three_steps(weight, learns)
    fresh = nn.Parameter(torch.eye(3))
    assert torch.equal(again, three_steps(fresh, Optimizer({"w": fresh}, learner)))


@pytest.mark.parametrize("how", ["adamw", "muon", "sgd"])
def test_what_is_restored_lies_where_its_weight_does(how) -> None:
    weights = {"matrix": torch.randn(3, 2, requires_grad=True), "bias": torch.randn(3, requires_grad=True)}
    learner = Learner(how, 0.01)
    optimizer = Optimizer(weights, learner)
    for weight in weights.values():
        weight.grad = torch.ones_like(weight)
    optimizer.step(1.0)
    elsewhere = {name: torch.empty_like(w, device="meta").requires_grad_() for name, w in weights.items()}
    other = Optimizer(elsewhere, learner)
    other.restore(optimizer.state())  # a checkpoint is read into the CPU's memory
    state = other.state()
    assert state.keys() == optimizer.state().keys()
    assert state
    assert {tensor.device.type for tensor in state.values()} == {"meta"}
