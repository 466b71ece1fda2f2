"""The plain loop against one that is written with torch's own optimizers."""

import subprocess
import sys
from collections.abc import Iterator
from math import inf

import pytest
import torch
from torch import Tensor, nn

from guina.engine.loop import learn
from guina.engine.turns import Learner

STEPS = 40


def problem() -> tuple[Tensor, Tensor, nn.Module]:
    """Inputs and answers of a regression, and a network as it begins; one of its weights takes no part."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
    net.register_parameter("idle", nn.Parameter(torch.ones(3)))
    return torch.randn(64, 5), torch.randn(64), net


@pytest.mark.parametrize("clip", [inf, 0.1])
@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_against_torch(kind: str, clip: float) -> None:
    x_ND, y_N, ours = problem()
    _, _, theirs = problem()
    reference = {
        "adamw": lambda: torch.optim.Adam(theirs.parameters(), 0.05, (0.9, 0.999)),
        "sgd": lambda: torch.optim.SGD(theirs.parameters(), 0.05),
    }[kind]()
    learner = Learner(kind, 0.05, betas=(0.9, 0.999), momentum=0.0)
    losses = ((ours(x_ND)[:, 0] - y_N).square().mean() for _ in range(STEPS))
    taken = learn(dict(ours.named_parameters()), learner, losses, lambda step: 1 - step / STEPS, clip)
    for n, step in enumerate(taken):
        reference.zero_grad()
        loss = (theirs(x_ND)[:, 0] - y_N).square().mean()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        reference.param_groups[0]["lr"] = 0.05 * (1 - n / STEPS)
        reference.step()
        assert step.loss == pytest.approx(loss.item(), rel=1e-4)
        assert step.norm == pytest.approx(norm.item(), rel=1e-3)
        assert step.finite
    assert n == STEPS - 1
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_each_loss_is_asked_for_after_the_step_before() -> None:
    w = nn.Parameter(torch.tensor([4.0]))
    seen: list[float] = []

    def losses() -> Iterator[Tensor]:
        for _ in range(3):
            seen.append(w.item())
            yield 0.5 * w.square().sum()

    steps = learn({"w": w}, Learner("sgd", 0.5, momentum=0.0), losses())
    assert not seen, "nothing is computed before it is asked for"
    assert [(step.loss, step.norm) for step in steps] == [(8.0, 4.0), (2.0, 2.0), (0.5, 1.0)]
    assert seen == [4.0, 2.0, 1.0]
    assert w.item() == 0.5


@pytest.mark.parametrize("bad", ["loss", "gradient"])
def test_a_step_that_is_no_number_is_told_and_not_taken(bad: str) -> None:
    w = nn.Parameter(torch.tensor([1.0]))

    def losses() -> Iterator[Tensor]:
        yield w.square().sum()
        yield w.sum() * float("inf") if bad == "loss" else (w - w.detach()).sqrt().sum()
        yield w.square().sum()

    steps = learn({"w": w}, Learner("sgd", 0.25, momentum=0.9), losses())
    seen = [(step.finite, round(w.item(), 4)) for step in steps]
    # by Nesterov's momentum: 1 − 0.25·(1.9·2); then nothing; then −0.25·((1 + 0.9)·0.1 + 0.81·2)
    first = 1 - 0.25 * 1.9 * 2
    last = first - 0.25 * (1.9 * 2 * first + 0.9 * 0.9 * 2)
    assert seen == [(True, round(first, 4)), (False, round(first, 4)), (True, round(last, 4))]


def test_no_plain_loop_imports_the_compiler() -> None:
    code = """
import sys, torch
from guina.engine.loop import learn
from guina.engine.turns import Learner
w = torch.ones(2, 2, requires_grad=True)
list(learn({"w": w}, Learner("adamw", 0.1), (w.square().sum() for _ in range(3)), clip=1.0))
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
