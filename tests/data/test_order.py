"""The order of the examples: every one once an epoch, and the same from wherever a run goes on."""

import doctest
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import running
from guina.data import order as order_module
from guina.data.order import Buckets, Lanes, Order, Shuffled
from guina.errors import GuinaError

LENGTHS = np.random.default_rng(0).integers(1, 200, 103)
ORDERS = {
    "shuffled": lambda: Shuffled(103, 8),
    "buckets": lambda: Buckets(LENGTHS, 8),
    "buckets by cost": lambda: Buckets(LENGTHS, cost=1500),
    "lanes": lambda: Lanes(5000, 4, 16),
}


def test_examples_in_the_docstrings_run() -> None:
    failed, tried = doctest.testmod(order_module)
    assert (failed, tried > 4) == (0, True)


@given(st.integers(1, 60), st.integers(1, 25), st.integers(0, 2**62))
def test_shuffled_epochs_are_permutations(n: int, batch: int, seed: int) -> None:
    order = Shuffled(n, batch)
    draws = [order.at(seed, position) for position in range(3 * n // batch + 1)]
    index, epoch = (np.concatenate([getattr(d, name) for d in draws]) for name in ("index_B", "epoch_B"))
    assert all(len(d.index_B) == batch for d in draws)
    for e in range(3):
        assert sorted(index[epoch == e]) == list(range(n))
    assert (np.diff(epoch) >= 0).all()
    assert order.batches == n / batch


def test_epochs_and_seeds_differ() -> None:
    order = Shuffled(100, 100)
    first = order.at(1, 0).index_B
    assert not np.array_equal(first, order.at(1, 1).index_B)
    assert not np.array_equal(first, order.at(2, 0).index_B)


@settings(deadline=None)
@given(st.integers(1, 80), st.integers(1, 20), st.integers(0, 1000))
def test_buckets_hold_every_example_once_in_even_batches(n: int, batch: int, seed: int) -> None:
    lengths = np.random.default_rng(seed).integers(1, 100, n)
    order = Buckets(lengths, batch)
    for epoch in range(2):
        draws = [order.at(seed, epoch * int(order.batches) + i) for i in range(int(order.batches))]
        assert sorted(np.concatenate([d.index_B for d in draws])) == list(range(n))
        sizes = {len(d.index_B) for d in draws}
        assert max(sizes) <= batch
        assert max(sizes) - min(sizes) <= 1
        assert all((d.epoch_B == epoch).all() for d in draws)


def test_buckets_waste_little_on_padding_and_change_company() -> None:
    lengths = np.random.default_rng(0).lognormal(4, 0.7, 2000).astype(int) + 1
    order = Buckets(lengths, 32)

    def padded(order: Order) -> float:
        batches = [lengths[order.at(0, i).index_B] for i in range(int(order.batches))]
        return sum(len(b) * b.max() for b in batches) / lengths.sum()

    assert padded(order) < 1.15 < 2.0 < padded(Shuffled(2000, 32))
    company = [{frozenset(order.at(0, e * 63 + i).index_B) for i in range(63)} for e in range(2)]
    assert not company[0] & company[1]
    longest = [lengths[order.at(0, i).index_B].max() for i in range(63)]
    assert abs(np.corrcoef(longest, range(63))[0, 1]) < 0.4, "not from short to long"


@settings(deadline=None)
@given(st.integers(1, 80), st.integers(1, 20), st.sampled_from([0.0, 0.1, 0.5]), st.integers(0, 1000))
def test_buckets_by_number_are_the_sorted_examples_cut_evenly(n: int, batch: int, noise: float, seed: int) -> None:
    """The same to the bit as when there was no cost, so that old runs go on as they began."""
    lengths = np.random.default_rng(seed).integers(0, 100, n)
    order = Buckets(lengths, batch, noise)
    batches = -(-n // batch)
    assert order.batches == float(batches)
    for epoch in range(2):
        rng = np.random.Generator(np.random.Philox(key=[seed, epoch]))
        at_N = np.argsort(lengths * rng.uniform(1 - noise, 1 + noise, n), kind="stable")
        for place, turn in enumerate(rng.permutation(batches).tolist()):
            draw = order.at(seed, epoch * batches + place)
            assert draw.index_B.tolist() == at_N[n * turn // batches : n * (turn + 1) // batches].tolist()
            assert draw.epoch_B.tolist() == [epoch] * len(draw.index_B)


def cost_of(lengths: np.ndarray, index: np.ndarray) -> int:
    """What a batch takes when it is padded."""
    return max(1, int(lengths[index].max())) * len(index)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=60),
    st.integers(1, 200),
    st.sampled_from([0.0, 0.1, 0.4]),
    st.integers(0, 99),
)
def test_buckets_by_cost_hold_every_example_once_and_cost_no_more(
    lengths: list[int], cost: int, noise: float, seed: int
) -> None:
    length_N = np.array(lengths)
    order = Buckets(length_N, cost=cost, noise=noise)
    batches = int(order.batches)
    for epoch in range(2):
        draws = [order.at(seed, epoch * batches + i) for i in range(batches)]
        assert sorted(np.concatenate([d.index_B for d in draws])) == list(range(len(lengths)))
        assert all(len(d.index_B) for d in draws)
        assert all((d.epoch_B == epoch).all() for d in draws)
        for draw in draws:
            assert cost_of(length_N, draw.index_B) <= cost or len(draw.index_B) == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=9), st.integers(1, 40))
def test_as_few_batches_as_can_be_and_the_dearest_as_cheap_as_can_be(lengths: list[int], cost: int) -> None:
    """Against every way to cut the sorted examples."""
    sorted_N = np.sort(lengths)
    ways = []
    for cuts in range(2 ** (len(lengths) - 1)):
        ends = [0, *(i + 1 for i in range(len(lengths) - 1) if cuts >> i & 1), len(lengths)]
        parts = [sorted_N[a:b] for a, b in pairwise(ends)]
        if all(len(part) * part[-1] <= cost or len(part) == 1 for part in parts):
            ways.append((len(parts), max(len(part) * part[-1] for part in parts)))
    order = Buckets(np.array(lengths), cost=cost, noise=0)
    draws = [order.at(0, i).index_B for i in range(int(order.batches))]
    dearest = max(cost_of(np.array(lengths), index) for index in draws)
    assert (len(draws), dearest) == min(ways)


def test_buckets_by_cost_use_their_room_waste_little_and_change_company() -> None:
    lengths = np.random.default_rng(0).lognormal(4, 0.7, 20000).astype(int) + 1
    order = Buckets(lengths, cost=8000)
    K = int(order.batches)
    first, second = ([order.at(0, e * K + i).index_B for i in range(K)] for e in range(2))
    costs = np.array([cost_of(lengths, index) for index in first])
    assert costs.max() <= 8000
    assert costs.mean() > 0.85 * 8000
    assert costs.min() > 0.4 * 8000, "no batch is a small rest"
    assert costs.sum() < 1.15 * lengths.sum()
    sizes = np.array([len(index) for index in first])
    assert sizes.max() > 20 * sizes.min(), "many short ones or few long ones"
    kept = {frozenset(index) for index in first} & {frozenset(index) for index in second}
    assert len(kept) < 0.05 * K, "only the few longest are always among themselves"
    assert abs(np.corrcoef([lengths[index].max() for index in first], range(K))[0, 1]) < 0.4, "not from short to long"


def test_buckets_are_limited_in_one_way() -> None:
    for limits in ({}, {"batch": 8, "cost": 100}, {"batch": 8, "noise": 1.0}):
        with pytest.raises(AssertionError):
            Buckets(LENGTHS, **limits)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 30), st.integers(0, 400), st.integers(0, 50))
def test_lanes_read_on_where_they_stopped_and_stay_in_their_lane(lanes: int, window: int, more: int, seed: int) -> None:
    length = lanes * (window + 1) + more
    order = Lanes(length, lanes, window)
    steps = int(order.batches)
    for position in range(2 * steps):
        draw = order.at(seed, position)
        assert draw.restart == (position % steps == 0)
        lane_starts = np.arange(lanes) * (length // lanes)
        assert (draw.index_B >= lane_starts).all()
        # the last target still belongs to the lane
        assert (draw.index_B + window < lane_starts + length // lanes).all()
        if not draw.restart:
            assert (draw.index_B == order.at(seed, position - 1).index_B + window).all()


def test_lanes_cover_almost_everything_and_cut_differently_each_time() -> None:
    order = Lanes(10_000, 4, 16)
    seen = np.zeros(10_000, bool)
    for position in range(int(order.batches)):
        for start in order.at(7, position).index_B:
            seen[start : start + 16] = True
    assert seen.mean() > 0.98
    assert len({int(order.at(7, e * int(order.batches)).index_B[0]) for e in range(8)}) > 4


def test_too_short_a_stream_is_refused() -> None:
    with pytest.raises(GuinaError, match="too few to be read at 4 places, 16 at a time"):
        Lanes(4 * 17 - 1, 4, 16)
    assert Lanes(4 * 17, 4, 16).at(0, 0).index_B.tolist() == [0, 17, 34, 51]


@pytest.mark.parametrize("kind", ORDERS)
def test_a_new_process_in_the_middle_of_an_epoch_draws_the_same_thousand(kind: str) -> None:
    order, again, start = ORDERS[kind](), ORDERS[kind](), 37
    for position in range(start):  # the unbroken run has been through all before
        order.at(5, position)
    position, drawn = start, 0
    while drawn < 1000:
        ours, theirs = order.at(5, position), again.at(5, position)
        assert np.array_equal(ours.index_B, theirs.index_B)
        assert np.array_equal(ours.epoch_B, theirs.epoch_B)
        assert ours.restart == theirs.restart
        position, drawn = position + 1, drawn + len(ours.index_B)


@pytest.mark.parametrize("toy", list(running.toys.TOYS))
def test_a_resumed_run_sees_the_examples_of_an_unbroken_one(toy: str, tmp_path) -> None:
    """The ids that a killed and resumed training really asks for."""
    kind = running.toys.TOYS[toy]
    seen: list[list] = []

    class Logged(kind):
        def batch(self, arrays, draw, rng):
            seen[-1].append((draw.step, draw.index_B.tolist(), torch_numbers(rng)))
            return super().batch(arrays, draw, rng)

    class Killed(Exception):
        pass

    def kill() -> None:
        raise Killed

    seen.append([])
    running.train(Logged, tmp_path / "unbroken", steps=60)
    seen.append([])
    with pytest.raises(Killed):
        running.train(Logged, tmp_path / "broken", steps=60, observers=(running.AtStep(31, kill),))
    seen.append([])
    running.train(Logged, tmp_path / "broken", steps=60, resume=True)
    first = seen[2][0][0]
    assert first == 30
    assert seen[2] == [row for row in seen[0] if row[0] >= first]
    assert sum(len(ids) for _, ids, _ in seen[2]) > 400


def torch_numbers(rng) -> list[float]:
    """What the generator would augment with."""
    return torch.rand(3, generator=rng.clone_state()).tolist()


def test_a_rising_order_begins_with_the_shortest_and_has_the_same_batches():
    length_N = np.random.default_rng(0).integers(1, 50, 200)
    usual, rising = (Buckets(length_N, cost=100, rising=rising) for rising in (False, True))
    n = int(rising.batches)
    first = [rising.at(3, i).index_B for i in range(n)]
    longest = [length_N[index_B].max() for index_B in first]
    assert all(a <= 1.3 * b for a, b in pairwise(longest)), "but for the noise"
    assert longest[0] < 10 < 40 < longest[-1]
    assert {tuple(sorted(i.tolist())) for i in first} == {
        tuple(sorted(usual.at(3, i).index_B.tolist())) for i in range(n)
    }
    for i in range(n, 3 * n):
        assert (rising.at(3, i).index_B == usual.at(3, i).index_B).all(), "from the second pass on as ever"
