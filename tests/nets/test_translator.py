"""The translator: unit by unit and whole, padding, other examples, how it begins, and what thirty steps give."""

from collections.abc import Sequence

import pytest
import torch

from guina.losses import cross_entropy_sum
from guina.nets.translator import Shape, Translator

V, WIDTH = 23, 16
LENGTHS = torch.tensor([3, 8, 5])


def model(seed: int = 0, spoken: Sequence[int] | None = None, **shape) -> Translator:
    torch.manual_seed(seed)
    net = Translator(Shape(V, **{"width": WIDTH, "layers": 2, **shape}), range(V) if spoken is None else spoken)
    with torch.no_grad():  # as if it had learned
        for weight in net.parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    return net.eval()


def pairs(seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Three sources of 8 units and three targets of 6."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(V, (3, 8), generator=generator), torch.randint(V, (3, 6), generator=generator)


def test_unit_by_unit_is_the_whole():
    net = model()
    source_BS, target_BT = pairs()
    logits_BTV, weight_BTS, last = net.write(target_BT, net.read(source_BS, LENGTHS))
    state = net.read(source_BS, LENGTHS)
    for t in range(6):
        log_BV, state = net.step(target_BT[:, t], state)
        torch.testing.assert_close(log_BV, logits_BTV[:, t].log_softmax(-1), rtol=0, atol=1e-5)
    assert set(state) == set(last)
    for name, value in last.items():
        torch.testing.assert_close(state[name], value, rtol=0, atol=1e-5)
    torch.testing.assert_close(weight_BTS.sum(-1), torch.ones(3, 6))


def test_a_target_in_two_parts_is_the_whole():
    net = model()
    source_BS, target_BT = pairs()
    logits_BTV, _, _ = net.write(target_BT, net.read(source_BS, LENGTHS))
    first, _, state = net.write(target_BT[:, :2], net.read(source_BS, LENGTHS))
    rest, _, _ = net.write(target_BT[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, rest], 1), logits_BTV, rtol=0, atol=1e-5)


def test_nothing_later_is_seen():
    net = model()
    source_BS, target_BT = pairs()
    other_BT = target_BT.clone()
    other_BT[:, 4:] = (other_BT[:, 4:] + 1) % V
    (one, _, _), (two, _, _) = (net.write(some, net.read(source_BS, LENGTHS)) for some in (target_BT, other_BT))
    torch.testing.assert_close(one[:, :4], two[:, :4])
    assert not torch.allclose(one[:, 4:], two[:, 4:])


def test_what_fills_a_source_up_changes_nothing():
    net = model()
    source_BS, target_BT = pairs()
    beyond_BS = torch.arange(8) >= LENGTHS[:, None]
    logits_BTV, weight_BTS, _ = net.write(target_BT, net.read(source_BS, LENGTHS))
    assert weight_BTS.transpose(1, 2)[beyond_BS].eq(0).all()
    other_BS = torch.where(beyond_BS, (source_BS + 5) % V, source_BS)
    longer_BS = torch.cat([other_BS, torch.full((3, 4), 7)], 1)
    for some in (other_BS, longer_BS):
        found, _, _ = net.write(target_BT, net.read(some, LENGTHS))
        torch.testing.assert_close(found, logits_BTV, rtol=0, atol=1e-5)


def test_no_example_influences_another():
    net = model()
    source_BS, target_BT = pairs()
    together, _, _ = net.write(target_BT, net.read(source_BS, LENGTHS))
    for b, length in enumerate(LENGTHS.tolist()):
        state = net.read(source_BS[b : b + 1, :length], LENGTHS[b : b + 1])
        alone, _, _ = net.write(target_BT[b : b + 1], state)
        torch.testing.assert_close(alone[0], together[b], rtol=0, atol=1e-5)


def test_a_dictionary_is_the_first_that_it_says():
    """Each source is a word and the end: of all units its word and the word's translation are the likeliest."""
    torch.manual_seed(0)
    meanings = 10  # unit n of the source is unit n + 10 of the target
    net = Translator(Shape(V, width=64), range(20)).eval()
    axis = torch.eye(64)[:meanings]
    net.look_up(torch.cat([axis, axis]), gain=4.0)
    source_BS = torch.stack([torch.arange(meanings), torch.full((meanings,), 20)], 1)
    state = net.read(source_BS, torch.full((meanings,), 2))
    log_BK, _ = net.step(torch.full((meanings,), 21), state)
    said = log_BK.topk(2).indices.sort(1).values
    assert said.tolist() == [[n, n + meanings] for n in range(meanings)]


def test_what_the_dictionary_does_not_name_stays_as_it_was():
    torch.manual_seed(0)
    net = Translator(Shape(V, width=WIDTH), range(V))
    before = net.embed.weight.detach().clone()
    net.look_up(torch.ones(20, WIDTH), gain=1.0)
    assert net.embed.weight[20:].equal(before[20:])
    torch.testing.assert_close(net.embed.weight[:20], 1 + 0.1 * before[:20])


def test_what_is_said_are_some_of_all_units():
    """A writer that says all of them gives the same logits to those, where their biases are equal."""
    spoken = [2, 3, 7, 19, 22]
    some, every = model(spoken=spoken), model()
    weights = every.state_dict()
    some.load_state_dict({**weights, "bias": weights["bias"][spoken]})
    source_BS, target_BT = pairs()
    found, _, _ = some.write(target_BT, some.read(source_BS, LENGTHS))
    expected, _, _ = every.write(target_BT, every.read(source_BS, LENGTHS))
    torch.testing.assert_close(found, expected[:, :, spoken])
    log_BK, _ = some.step(target_BT[:, 0], some.read(source_BS, LENGTHS))
    torch.testing.assert_close(log_BK.exp().sum(1), torch.ones(3))


def test_dropout_is_for_learning_alone():
    net = model(dropout=0.5)
    source_BS, target_BT = pairs()
    plain = model().write(target_BT, model().read(source_BS, LENGTHS))[0]
    torch.testing.assert_close(net.write(target_BT, net.read(source_BS, LENGTHS))[0], plain)
    net.train()
    assert not torch.allclose(net.write(target_BT, net.read(source_BS, LENGTHS))[0], plain)


def test_thirty_steps_give_what_they_always_gave():
    """Copying three units, in float64: the loss at steps 0, 10, 20 and 30."""
    torch.manual_seed(0)
    net = Translator(Shape(V, width=WIDTH), range(V)).double()
    learner = torch.optim.AdamW(net.parameters(), 2e-2)
    found = []
    for step in range(31):
        units_BS = torch.randint(20, (16, 3), generator=torch.Generator().manual_seed(step))
        begun_BT = torch.cat([torch.full((16, 1), 21), units_BS[:, :-1]], 1)
        logits_BTV, _, _ = net.write(begun_BT, net.read(units_BS, torch.full((16,), 3)))
        loss = cross_entropy_sum(logits_BTV.flatten(0, 1), units_BS.flatten(), 0.1) / 48
        learner.zero_grad()
        loss.backward()
        learner.step()
        found.append(loss.item())
    assert found[::10] == pytest.approx(
        [3.098155719782277, 2.506980037703136, 2.1614798959044577, 1.6785282168405893], rel=1e-4
    )
