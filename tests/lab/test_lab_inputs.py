"""Inputs against numpy and scikit-learn; the lab's plain loop against torch's own SGD; what is said of numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from torch import nn

from guina.errors import GuinaError
from guina.lab.experiment import Row, Trial
from guina.lab.inputs import Inputs, InputsSettings, features
from guina.lab.learning import Course, LabelledPictures, best_rate, learn, learner_of, read_pictures, right, shuffled


@pytest.fixture(scope="module")
def pictures() -> LabelledPictures:
    return read_pictures("digits")


def rows(**steps_to: list[float]) -> list[Row]:
    """Made-up trials of 400 steps: raw_equal=[50, 60] → a row of inputs raw with ranges equal."""
    found = []
    for name, values in steps_to.items():
        kind, _, ranges = name.partition("_")
        trials = [
            Trial({"steps_to": v, "accuracy": 0.9, "rate": 0.1, "seconds": 1.0, "steps": 400.0},
                  {"accuracy": np.array([[0, 400], [0.1, 0.9]])}) for v in values
        ]  # fmt: skip
        found.append(Row({"input": kind} | ({"ranges": ranges} if ranges else {}), trials))
    return found


def test_a_trial_is_a_function_of_the_seed():
    one, again, other = (Inputs().run(InputsSettings(input="raw"), seed, steps=12) for seed in (1, 1, 2))
    assert {**one.metrics, "seconds": 0, "steps_to": 0} == {**again.metrics, "seconds": 0, "steps_to": 0}
    np.testing.assert_array_equal(one.shows["accuracy"], again.shows["accuracy"])
    assert not np.array_equal(one.shows["accuracy"], other.shows["accuracy"])


def test_steps_are_counted_to_the_first_look_that_is_good_enough():
    trial = Inputs().run(InputsSettings(rate=0.05, target=0.5), seed=0, steps=60)
    at, share = trial.shows["accuracy"]
    assert trial.metrics["steps_to"] == at[np.flatnonzero(share >= 0.5)[0]] < 60
    assert trial.metrics["accuracy"] == share[-1]
    assert np.isnan(Inputs().run(InputsSettings(rate=0.05, target=1.0), 0, steps=3).metrics["steps_to"])


def test_scaled_and_centred_inputs_are_those_of_numpy(pictures):
    x, val = (p.flatten(1).numpy().astype(np.float64) for p in (pictures.pixels_NHWC, pictures.val_NHWC))
    mean, deviation = x.mean(0), np.maximum(x.std(0, ddof=1), 1)
    for ours, theirs in zip(features(pictures, "scaled", "equal", 0), (x, val), strict=True):
        np.testing.assert_allclose(ours, (theirs - mean) / deviation, atol=1e-4)
    for ours, theirs in zip(features(pictures, "centred", "equal", 0), (x, val), strict=True):
        np.testing.assert_allclose(ours, theirs - mean, atol=1e-3)


def test_pca_is_that_of_scikit_learn(pictures):
    x, val = (some.double().numpy() for some in features(pictures, "scaled", "equal", 0))
    theirs = PCA(0.99).fit(x)
    ours = features(pictures, "pca", "equal", 0)[1].numpy()
    np.testing.assert_allclose(ours, theirs.inverse_transform(theirs.transform(val)), atol=1e-3)


def test_whitened_directions_have_one_variance_but_for_faint_ones(pictures):
    x = features(pictures, "scaled", "equal", 0)[0].double()
    before = torch.linalg.eigvalsh(x.T.cov()).clamp_min(0)
    after = torch.linalg.eigvalsh(features(pictures, "whitened", "equal", 0)[0].double().T.cov())
    torch.testing.assert_close(after, before / (before + 0.1 * before.mean()), rtol=1e-3, atol=1e-4)


def test_unequal_ranges_go_from_1_to_1000_and_scaling_undoes_them(pictures):
    equal, unequal = (features(pictures, "raw", ranges, 3)[0] for ranges in ("equal", "unequal"))
    seen = equal.amax(0) > 0
    factor = (unequal.amax(0) / equal.amax(0))[seen]
    assert 1 <= factor.min() < 2
    assert 500 < factor.max() <= 1000.001
    assert not torch.equal(unequal, features(pictures, "raw", "unequal", 4)[0])
    bright = equal.std(0) >= 1  # fainter features are not blown up
    ours, theirs = (features(pictures, "scaled", ranges, 3)[1][:, bright] for ranges in ("equal", "unequal"))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_the_loop_is_sgd_with_momentum_and_a_falling_rate():
    torch.manual_seed(0)
    net, x, target = nn.Linear(5, 3), torch.randn(40, 5), torch.randint(3, (40,))
    theirs = nn.Linear(5, 3)
    theirs.load_state_dict(net.state_dict())
    batches = shuffled(x, target, batch=8, seed=1)
    learned = learn(net, batches, Course(learner_of("sgd"), 10, hold=0.5).at(0.1))
    sgd = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for step in range(10):
        sgd.param_groups[0]["lr"] = 0.1 * min(1.0, (1 - step / 10) / 0.5)
        some, wanted = batches(step)
        loss = F.cross_entropy(theirs(some), wanted)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        assert learned.losses[step] == pytest.approx(loss.item(), rel=1e-5)
    torch.testing.assert_close(net.weight, theirs.weight)


def test_a_loss_that_is_no_number_ends_the_learning_and_not_the_curve():
    net, x = nn.Linear(2, 2), torch.randn(8, 2)

    def batches(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        return x * (float("nan") if step == 3 else 1.0), torch.zeros(8, dtype=torch.long)

    learned = learn(net, batches, Course(learner_of("adamw"), 10, every=2), lambda: net.weight.sum().item())
    assert not learned.finite
    assert len(learned.losses) == 4
    assert [step for step, _ in learned.looks] == [0, 2, 4, 6, 8, 10]
    assert np.isfinite(learned.curve()).all()
    assert learned.merit() < (0, 0)


def test_the_best_rate_is_one_that_learns():
    """Inputs in the hundreds: 1 diverges or kills every unit, 1e-9 learns nothing in so few steps."""
    torch.manual_seed(0)
    target = torch.randint(4, (200,))
    x = F.one_hot(target, 4) * 300 + 100 * torch.rand(200, 4)

    def make() -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 4))

    batches = shuffled(x, target, 20, seed=0)
    rate = best_rate(make, batches, Course(learner_of("sgd"), 40), (1.0, 1e-4, 1e-9))
    assert rate == 1e-4
    net = make()
    learn(net, batches, Course(learner_of("sgd"), 200).at(rate))
    assert right(net, x, target) == pytest.approx((net(x).argmax(1) == target).float().mean().item())
    assert right(net, x, target) > 0.95


def test_fewer_pictures_are_spread_evenly(pictures):
    few = pictures.first(10)
    assert len(few.pixels_NHWC) == len(few.target_N) == 10
    assert torch.equal(few.val_NHWC, pictures.val_NHWC)
    assert torch.equal(few.pixels_NHWC[-1], pictures.pixels_NHWC[-1])
    assert pictures.first(0) is pictures


def test_it_says_whether_raw_inputs_are_slower():
    says = Inputs().says
    agrees = says(rows(raw=[200, 220, 210], scaled=[40, 45, 50], pca=[44, 45, 46]))
    assert agrees.startswith("Raw inputs are slower than scaled ones, as the textbook says: scaled ones reach 90%")
    assert "raw (in 210 steps) slower, pca (in 45 steps) as soon" in agrees
    tie = says(rows(raw=[40, 60, 50], scaled=[40, 45, 50]))
    assert tie.startswith("Raw inputs are no slower than scaled ones: ")
    assert "raw (in 50 steps) as soon" in tie
    assert "raw (in 20 steps) sooner" in says(rows(raw=[20, 21, 19], scaled=[40, 45, 50]))


def test_it_says_where_the_textbook_is_right():
    nan = float("nan")
    mixed = rows(raw_equal=[40, 60], scaled_equal=[40, 60], raw_unequal=[nan, nan], scaled_unequal=[40, 60])
    told = Inputs().says(mixed)
    assert "slower than scaled ones with ranges unequal, where the textbook is right, and not otherwise" in told
    assert "with ranges unequal scaled ones reach 90% in 50 steps, raw (never) slower" in told
    assert "raw (in more than 225 steps)" in Inputs().says(rows(raw=[50, nan], scaled=[40, 60]))
    assert [panel.title for panel in Inputs().panels(mixed)] == [
        "How soon it learns, with ranges equal",
        "How soon it learns, with ranges unequal",
    ]


def test_one_seed_or_other_swaps_are_no_verdict_on_the_textbook():
    assert "one seed says nothing" in Inputs().says(rows(raw=[200], scaled=[40]))
    told = Inputs().says(rows(pca=[50, 60], whitened=[40, 45]))
    assert "textbook" not in told
    assert told.startswith("Accuracy: ")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (InputsSettings(input="scale"), "did you mean scaled"),
        (InputsSettings(ranges="uneven"), "equal, unequal"),
        (InputsSettings(layers="64-x"), "layers"),
        (InputsSettings(activation="rellu"), "did you mean relu"),
        (InputsSettings(optimizer="sdg"), "did you mean sgd"),
        (InputsSettings(rate=-1.0), "rate -1"),
        (InputsSettings(batch=0), "batch 0"),
    ],
)
def test_what_there_is_not_is_an_error(settings, message):
    with pytest.raises(GuinaError, match=message):
        Inputs().check(settings)
