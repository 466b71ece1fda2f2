"""Dead units and saturated answers by plain loops, gradients by finite differences, and what is said of numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.errors import GuinaError
from guina.lab.activations import Activations, ActivationsSettings, flat, gradients
from guina.lab.experiment import Row, Trial
from guina.nets.convnet import ConvNet, architecture

TINY = replace(architecture("tiny", (8, 8, 1), 3, norm="none"), widths=(4, 3), first=4)


def made(*activations: str) -> ConvNet:
    torch.manual_seed(0)
    names = activations * len(TINY.activations) if len(activations) == 1 else activations
    return ConvNet(replace(TINY, activations=names)).double()


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(1)
    return torch.randn(10, 1, 8, 8, dtype=torch.double, generator=rng), torch.arange(10) % 3


def rows(norm: str = "", dead: float = 0.0, **accuracy: list[float]) -> list[Row]:
    """Made-up trials: relu=[.9, .95] → a row of relu with two seeds."""
    shows = {"accuracy": np.array([[0, 9], [0.1, 0.9]]), "gradient": np.array([[1, 2], [0.5, 1.0]])}
    return [
        Row(
            {"activation": kind} | ({"norm": norm} if norm else {}),
            [Trial({"accuracy": a, "dead": dead, "gradient": 0.5}, shows) for a in values],
        )
        for kind, values in accuracy.items()
    ]


def test_a_trial_is_a_function_of_the_seed():
    settings = ActivationsSettings(activation="tanh", pixels=0, batch=16)
    one, again, other = (Activations().run(settings, seed, steps=8) for seed in (1, 1, 2))
    timed = {"seconds": 0, "step_ms": 0}
    assert one.metrics | timed == again.metrics | timed
    assert one.metrics | timed != other.metrics | timed
    np.testing.assert_array_equal(one.shows["gradient"], again.shows["gradient"])


def test_every_layer_may_have_its_own():
    settings = ActivationsSettings(activation="relu-tanh-relu-maxout-silu", pixels=0, rate=0.01)
    trial = Activations().run(settings, seed=0, steps=2)
    assert set(Activations.metrics) == set(trial.metrics)
    assert 0 <= trial.metrics["saturated"] <= 1  # of the one tanh


def test_dead_filters_and_saturated_answers_are_those_of_a_plain_loop():
    net, (x, _) = made("relu", "tanh", "sigmoid", "relu", "leaky_relu"), pictures()
    with torch.no_grad():
        net.body.conv1.weight.mul_(3)
        net.body.conv3.bias[1] = -1e6  # killed
        net.body.conv4.bias[1] = -1e6  # a leaky one lives on
    maps, y = [], net.act(net.first(x)).detach()
    maps.append(y)
    for name, layer in net.body.named_children():
        y = layer(y).detach()
        maps += [y] if name.startswith("act") else []
    dead = filters = saturated = answers = 0
    for kind, y in zip(net.architecture.activations, maps, strict=True):
        for f in range(y.size(1)):
            values = y[:, f].flatten().tolist()
            limits = {"relu": (0.0, np.inf), "tanh": (-0.98995, 0.98995), "sigmoid": (0.005025, 0.994975)}
            low, high = limits.get(kind, (-np.inf, np.inf))
            outside = sum(not low < value < high for value in values)
            dead += outside == len(values)
            filters += 1
            if kind in ("tanh", "sigmoid"):
                saturated += outside
                answers += len(values)
    assert dead >= 1
    assert saturated >= 1
    assert flat(net, x) == (pytest.approx(dead / filters), pytest.approx(saturated / answers))


def test_nothing_saturates_where_nothing_is_bounded():
    share, saturated = flat(made("silu"), pictures()[0])
    assert share == 0
    assert np.isnan(saturated)


def test_gradients_by_depth_are_finite_differences():
    net, (x, target) = made("tanh"), pictures()
    norms = gradients(net, x, target)
    assert len(norms) == 4
    for n in (0, 3):
        weight, squares = getattr(net.body, f"conv{n + 1}").weight, 0.0
        for at in np.ndindex(*weight.shape):
            sides = []
            for step in (1e-5, -1e-5):
                with torch.no_grad():
                    weight[at] += step
                    sides.append(F.cross_entropy(net(x), target).item())
                    weight[at] -= step
            squares += ((sides[0] - sides[1]) / 2e-5) ** 2
        assert norms[n] == pytest.approx(squares**0.5, rel=1e-4)


def test_it_says_which_rules_hold():
    told = Activations().says(
        rows(
            relu=[0.9, 0.91],
            tanh=[0.7, 0.71],
            sigmoid=[0.1, 0.1],
            leaky_relu=[0.9, 0.91],
            maxout=[0.95, 0.96],
            dead=0.2,
        )
    )
    assert told.startswith("Relu has 90.5% with 20% of its filters dead, tanh (70.5%) and sigmoid (10.0%) worse")
    assert "leaky_relu (90.5%) as good, maxout (95.5%) better" in told
    assert "all holds: tanh worse, sigmoid worse, leaky_relu no worse and maxout no worse" in told


def test_it_says_which_rules_do_not():
    told = Activations().says(rows(relu=[0.9, 0.95], tanh=[0.9, 0.94], sigmoid=[0.1, 0.1]))
    assert "this holds: sigmoid worse; and this does not: tanh worse" in told
    told = Activations().says(rows(relu=[0.9, 0.91], tanh=[0.99, 0.99], maxout=[0.5, 0.5]))
    assert "maxout (50.0%) worse, tanh (99.0%) better" in told
    assert "nothing holds: tanh worse and maxout no worse" in told


def test_it_says_so_for_each_norm():
    found = rows("none", relu=[0.9, 0.91], sigmoid=[0.1, 0.1]) + rows("batch", relu=[0.9, 0.91], sigmoid=[0.9, 0.91])
    told = Activations().says(found)
    assert "ith norm none relu has 90.5%" in told
    assert "; with norm batch relu has 90.5%" in told
    assert [panel.title for panel in Activations().panels(found)][::2] == [
        "How they learn, with norm none",
        "How they learn, with norm batch",
    ]


def test_one_seed_or_other_swaps_are_no_verdict_on_the_textbook():
    assert "one seed says nothing" in Activations().says(rows(relu=[0.9], sigmoid=[0.1]))
    assert "textbook" not in Activations().says(rows(silu=[0.9, 0.8], sigmoid=[0.1, 0.1]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ActivationsSettings(activation="sigmoids"), "did you mean sigmoid"),
        (ActivationsSettings(activation="relu-tanh", pixels=0), r"for 2 layers(.|\n)*say relu-tanh-relu-tanh-relu"),
        (ActivationsSettings(norm="layer"), "batch, none"),
        (ActivationsSettings(size="tiniest"), "tiny"),
        (ActivationsSettings(optimizer="adam"), "did you mean adamw"),
        (ActivationsSettings(rate=-0.1), "rate"),
        (ActivationsSettings(batch=0), "batch 0"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_an_error(settings, message):
    with pytest.raises(GuinaError, match=message):
        Activations().check(settings)
