"""The language model: what it is given, what it carries, and how its texts are read and judged."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from guina.errors import GuinaError
from guina.nets.language import Language, Shape, hashed
from guina.nets.reach import gradient_reach
from guina.nets.reading import carried_nats, fresh_nats
from guina.nets.writing import Manner, read, write

CELLS = ("lstm", "gru", "elman", "mingru")


def model(seed: int = 0, **shape) -> Language:
    torch.manual_seed(seed)
    net = Language(Shape(11, **{"embedding": 8, "hidden": 12, "layers": 2, "rows": 64, **shape}))
    with torch.no_grad():  # as if it had learned: tables and taps are no zeros
        for weight in net.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return net.double().eval()


def text(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 11, n)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_a_text_in_pieces_is_the_text(cell, tied):
    """Windows with carried memory give the logits of the whole, n-grams included."""
    net = model(cell=cell, tied=tied)
    units = torch.from_numpy(np.stack([text(40), text(40, 1)]))
    whole, _ = net(units)
    memory, parts = None, []
    for piece in units.split([1, 7, 2, 30], dim=1):
        logits, memory = net(piece, memory)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-9, atol=1e-9)


def test_nothing_later_is_seen():
    net = model()
    units = torch.from_numpy(text(30)[None])
    other = units.clone()
    other[0, 20:] = (other[0, 20:] + 1) % 11
    torch.testing.assert_close(net(units)[0][:, :20], net(other)[0][:, :20])


def test_rows_depend_on_the_last_n_units_and_their_order():
    units = torch.tensor([[3, 1, 2, 3, 1, 2, 1, 3]])
    rows = hashed(units, 3, 100_000)[0].tolist()
    assert rows[2] == rows[5]  # 3 1 2 both times
    assert len({rows[n] for n in (2, 3, 4, 6, 7)}) == 5
    assert all(0 <= row < 64 for row in hashed(units, 4, 64)[0].tolist())


def test_the_trace_is_what_the_kernel_computes():
    for cell in CELLS:
        net = model(cell=cell)
        units = torch.from_numpy(text(15)[None])
        traced = net.trace(units)
        y, _ = net.remember(net.enter(units, net.start(1)["past"]), net.start(1))
        torch.testing.assert_close(traced[0]["h"] + traced[1]["h"], y, rtol=1e-8, atol=1e-8)


def test_reading_at_many_places_is_reading_in_one_where_the_memory_is_full():
    net = model(hidden=6, layers=1)  # forgets quickly
    units = text(3000)
    logits, _ = net(torch.from_numpy(units[None, :-1]))
    expected = F.cross_entropy(logits[0].float(), torch.from_numpy(units[1:]), reduction="none")
    found = carried_nats(net, units, lanes=4, warm=300)
    assert len(found) == 2999
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(carried_nats(net, units[:100]), expected[:99], rtol=1e-5, atol=1e-5)


def test_fresh_windows_forget_what_came_before():
    net = model()
    units = text(5 * 16 + 3)
    expected = []
    for start in range(0, 80, 16):
        logits, _ = net(torch.from_numpy(units[None, start : start + 16]))
        target = torch.from_numpy(units[start + 1 : start + 17])
        expected.append(F.cross_entropy(logits[0].float(), target, reduction="none"))
    torch.testing.assert_close(fresh_nats(net, units, window=16, chunk=2), torch.cat(expected))


@pytest.mark.parametrize("length", [2, 3, 15, 16])
def test_a_text_shorter_than_a_window_is_read_whole(length):
    net, units = Language(Shape(7)).eval(), np.arange(length) % 7
    with torch.no_grad():
        expected = carried_nats(net, units)
        torch.testing.assert_close(fresh_nats(net, units, window=16), expected)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_a_step_is_a_passage_of_one_unit(cell, tied):
    net = model(cell=cell, tied=tied)
    units = text(12).tolist()
    whole, _ = net(torch.tensor([units]))
    memory = net.start(1)
    for n in range(12):
        recent = [0] * net.reach + units[: n + 1]
        logits, memory = net.step(recent, memory)
        torch.testing.assert_close(logits, whole[0, n], rtol=1e-9, atol=1e-9)


def test_writing_carries_its_memory():
    """The greedy continuation is that of reading the whole text anew for each unit."""
    net = model()
    prompt = text(9).tolist()
    drawn = write(net, prompt, Manner(temperature=0.0), torch.Generator())
    found = [next(drawn) for _ in range(12)]
    so_far = list(prompt)
    for unit in found:
        assert unit == int(read(net, so_far)[0].argmax())
        so_far.append(unit)


def test_the_reach_is_the_gradient_of_finite_differences():
    net = model(grams=(), layers=1)
    units = torch.from_numpy(text(6)[None])
    found = gradient_reach(net, units)
    entered = net.enter(units[:, :-1], net.start(1)["past"]).detach()

    def loss(x: torch.Tensor) -> float:
        y, _ = net.remember(x, net.start(1))
        return F.cross_entropy(net.head(y[:, -1]), units[:, -1]).item()

    for k in range(5):
        slope = []
        for e in range(8):
            sides = []
            for step in (1e-5, -1e-5):
                moved = entered.clone()
                moved[0, 4 - k, e] += step
                sides.append(loss(moved))
            slope.append((sides[0] - sides[1]) / 2e-5)
        assert float(found[k]) == pytest.approx(float(np.linalg.norm(slope)), rel=1e-4, abs=1e-8)


def test_an_unknown_cell_is_an_error():
    with pytest.raises(GuinaError, match="there is no cell lstn"):
        Shape(11, cell="lstn")


def test_what_is_never_to_be_drawn_is_not():
    net = model()
    likeliest = int(read(net, [1, 2, 3])[0].argmax())
    drawn = write(net, [1, 2, 3], Manner(temperature=1.5, never=(likeliest,)), torch.Generator().manual_seed(0))
    assert likeliest not in {next(drawn) for _ in range(200)}
