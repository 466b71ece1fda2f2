"""The recall task by its definition, gradients through time by finite differences, and what is said of numbers."""

from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.blocks.recurrent import CELLS, State
from guina.errors import GuinaError
from guina.lab.experiment import Row, Trial
from guina.lab.memory import INPUTS, MARK, SYMBOLS, Memory, MemorySettings, Recaller, gradients, lags_of, sequences


def made(cell: str, start: str = "orthogonal", lag: int = 6, units: int = 5) -> Recaller:
    torch.manual_seed(0)
    return Recaller(MemorySettings(cell=cell, start=start, units=units), lag)


def rows(start: str = "", **reach: list[float]) -> list[Row]:
    """Made-up trials: elman=[5, 10] → a row of elman with two seeds."""
    curve = np.array([[0.0, 1.0], [0.0, -2.0]])
    shows = {"accuracy": np.array([[5, 10], [1.0, 0.1]]), "gradient": curve, "gradient_after": curve}
    return [
        Row(
            {"cell": cell} | ({"start": start} if start else {}),
            [Trial({"reach": r, "gradient": -4.0, "gradient_after": -2.0, "steps": 300.0}, shows) for r in values],
        )
        for cell, values in reach.items()
    ]


def test_a_trial_is_a_function_of_the_seed():
    settings = MemorySettings(cell="gru", units=8, lags="2-5")
    one, again, other = (Memory().run(settings, seed, steps=6) for seed in (1, 1, 2))
    assert one.metrics | {"seconds": 0} == again.metrics | {"seconds": 0}
    assert one.metrics["gradient"] != other.metrics["gradient"]
    assert set(Memory.metrics) == set(one.metrics)
    for name, curve in one.shows.items():
        np.testing.assert_array_equal(curve, again.shows[name])


def test_a_short_lag_is_learned_and_chance_is_an_eighth():
    learned = Memory().run(MemorySettings(cell="elman", lags="1-3", units=24, rate=0.01), seed=0, steps=150)
    assert learned.metrics["reach"] == 3
    assert learned.shows["accuracy"].tolist() == [[1, 3], [1.0, 1.0]]
    new = Memory().run(MemorySettings(cell="elman", lags="30", rate=1e-9), seed=0, steps=1)
    assert new.metrics["reach"] == 0
    assert abs(new.metrics["accuracy"] - 1 / SYMBOLS) < 0.07


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_a_sequence_is_a_symbol_noise_and_a_mark(lag):
    x_BTI, symbol_B = sequences(lag, 64, seed=3)(5)
    assert x_BTI.shape == (64, lag + 1, INPUTS)
    read_BT = x_BTI.argmax(-1)
    assert x_BTI.sum(-1).eq(1).all()
    assert torch.equal(read_BT[:, 0], symbol_B)
    assert read_BT[:, -1].eq(MARK).all()
    noise = read_BT[:, 1:-1]
    assert noise.ge(SYMBOLS).all()
    assert noise.lt(MARK).all()
    assert set(symbol_B.tolist()) == set(range(SYMBOLS))
    assert not torch.equal(sequences(lag, 64, seed=3)(6)[1], symbol_B)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_through_time_are_finite_differences(cell):
    net, (x_BTI, target_B) = made(cell), sequences(6, 3, seed=0)(0)
    double, x = deepcopy(net).double(), x_BTI.double()

    def loss_from(state: State, t: int, b: int) -> float:
        """The loss of sequence b where it goes on after moment t from a state."""
        for moment in x[b : b + 1, t + 1 :].unbind(1):
            state, _ = double.layer.cell.step(moment, state)
        return F.cross_entropy(double.head(state["h"]), target_B[b : b + 1]).item()

    def norm_at(t: int, b: int) -> float:
        state = double.layer.cell.start(x[b : b + 1])
        for moment in x[b : b + 1, : t + 1].unbind(1):
            state, _ = double.layer.cell.step(moment, state)
        squares = 0.0
        for name in state:
            for h in range(5):
                sides = []
                for step in (1e-5, -1e-5):
                    moved = {key: value.clone() for key, value in state.items()}
                    moved[name][0, h] += step
                    sides.append(loss_from(moved, t, b))
                squares += ((sides[0] - sides[1]) / 2e-5) ** 2
        return squares**0.5

    with torch.no_grad():
        norm_K = np.array([np.mean([norm_at(6 - back, b) for b in range(3)]) for back in (0, 1, 4, 6)])
    ours = gradients(net, x_BTI, target_B)
    assert len(ours) == 7
    np.testing.assert_allclose(ours[[0, 1, 4, 6]], np.log10(norm_K / norm_K[0]), atol=1e-4)


def test_where_weights_start():
    lstm, gru = made("lstm", "remembering", 40, 50).layer.cell, made("gru", "remembering", 40, 50).layer.cell
    for keep in (torch.exp(lstm.b[50:100]), torch.exp(-lstm.b[:50]), torch.exp(gru.b[50:100])):
        assert keep.min() >= 1
        assert keep.max() <= 40
        assert keep.max() > 20
    assert made("lstm").layer.cell.b.unique().tolist() == [0, 1]
    plain, same = made("elman"), made("elman", "remembering")
    assert torch.equal(plain.layer.cell.U, same.layer.cell.U)
    torch.testing.assert_close(plain.layer.cell.U @ plain.layer.cell.U.T, torch.eye(5))
    theirs = torch.nn.LSTM(INPUTS, 50)  # uniform within the bound that PyTorch's has
    for ours, weight in zip(made("lstm", "uniform", 40, 50).layer.cell.parameters(), theirs.parameters(), strict=True):
        assert ours.abs().max() <= 50**-0.5
        assert ours.std().item() == pytest.approx(weight.std().item(), rel=0.15)


def test_it_says_whether_gates_remember_longer():
    agrees = Memory().says(rows(elman=[5, 10], lstm=[80, 80], gru=[80, 40]))
    assert agrees.startswith("After 300 steps of learning, elman remembers for 8 steps, lstm (80) and gru (60) longer")
    assert ": as the textbook says (gradient left before training: 1e-04 with elman" in agrees
    tie = Memory().says(rows(elman=[40, 80], lstm=[80, 40]))
    assert "lstm (60) as long within the spread: not as the textbook says" in tie
    disagrees = Memory().says(rows(elman=[80, 80], lstm=[10, 20]))
    assert "lstm (15) less long: not as the textbook says" in disagrees
    some = Memory().says(rows(elman=[10, 10], lstm=[40, 40], gru=[10, 10]))
    assert "the textbook is right of lstm alone" in some


def test_it_says_so_for_each_start():
    found = rows("uniform", elman=[5, 5], lstm=[80, 80]) + rows("orthogonal", elman=[80, 80], lstm=[80, 80])
    told = Memory().says(found)
    assert "with start uniform elman remembers for 5 steps, lstm (80) longer: as the textbook says" in told
    assert "; with start orthogonal elman remembers for 80 steps, lstm (80) as long" in told
    panels = Memory().panels(found)
    assert len(panels) == 6
    np.testing.assert_allclose(panels[1].lines["lstm"][1], [1.0, 0.01])
    assert "1e-02 with elman" in panels[2].says


def test_one_seed_or_other_swaps_are_no_verdict_on_the_textbook():
    assert "one seed says nothing" in Memory().says(rows(elman=[5], lstm=[80]))
    assert "textbook" not in Memory().says(rows(gru=[5, 10], lstm=[80, 80]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (MemorySettings(cell="lstn"), "did you mean lstm"),
        (MemorySettings(start="remember"), "did you mean remembering"),
        (MemorySettings(lags="5-10-x"), 'lags "5-10-x"'),
        (MemorySettings(lags="10-5"), "each more than the last"),
        (MemorySettings(lags="0-5"), "from 1 to 1000"),
        (MemorySettings(units=0), "units 0"),
        (MemorySettings(rate=-1.0), "rate -1"),
        (MemorySettings(batch=0), "batch 0"),
        (MemorySettings(optimizer="sdg"), "did you mean sgd"),
    ],
)
def test_what_there_is_not_is_an_error(settings, message):
    with pytest.raises(GuinaError, match=message):
        Memory().check(settings)


def test_lags_are_read():
    assert lags_of("5-10-20") == [5, 10, 20]
