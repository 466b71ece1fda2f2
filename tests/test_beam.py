"""Beam search against the enumeration of all answers, a plain search on lists, and one example at a time.

Axes: B examples, N hypotheses, V tokens, S what a history can come to, H hidden units, L layers.
"""

import doctest
import itertools
from math import inf
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from guina import beam as module
from guina.beam import CUT, Hypothesis, Search, beam, greedy, reordered
from guina.errors import GuinaError

END, START = 0, 1


class Chance:
    """A made-up language: what follows depends on the example and on all that came before, in their order.

    Args:
        log_SV: a distribution for each thing that a history can come to.
    """

    def __init__(self, log_SV: Tensor) -> None:
        self.log_SV, self.calls, self.rows = log_SV, 0, 0

    def after(self, s: int, token: int) -> int:
        return (s * 31 + token * 7 + 5) % len(self.log_SV)

    def log_V(self, example: int, tokens: tuple[int, ...]) -> list[float]:
        """One history, in plain numbers."""
        s = example
        for token in (START, *tokens):
            s = self.after(s, token)
        return self.log_SV[s].tolist()

    def step(self, token_N: Tensor, state: dict[str, tuple[Tensor]]) -> tuple[Tensor, dict[str, tuple[Tensor]]]:
        self.calls, self.rows = self.calls + 1, self.rows + len(token_N)
        s_N = (state["s"][0] * 31 + token_N * 7 + 5) % len(self.log_SV)
        return self.log_SV[s_N], {"s": (s_N,)}

    def search(self, search: Search, examples: list[int]) -> list[list[Hypothesis]]:
        return beam(self.step, {"s": (torch.tensor(examples),)}, torch.full((len(examples),), START), search)

    def greedy(self, search: Search, examples: list[int]) -> list[Hypothesis]:
        return greedy(self.step, {"s": (torch.tensor(examples),)}, torch.full((len(examples),), START), search)


def random_chance(V: int, seed: int, S: int = 211, scale: float = 1.0) -> Chance:
    rng = torch.Generator().manual_seed(seed)
    return Chance((scale * torch.randn(S, V, generator=rng, dtype=torch.float64)).log_softmax(1))


def drawn(tokens: tuple[int, ...], V: int, search: Search) -> list[int]:
    """What may follow, by the definitions of `forbidden` and `no_repeat`."""

    def repeats(longer: tuple[int, ...]) -> bool:
        n = search.no_repeat
        grams = [longer[i : i + n] for i in range(len(longer) - n + 1)]
        return n > 0 and len(set(grams)) < len(grams)

    allowed = [v for v in range(V) if v not in search.forbidden]
    return [v for v in allowed if v == END or not repeats((*tokens, v))]


def score(log_probability: float, length: int, alpha: float) -> float:
    return log_probability / ((5 + length) / 6) ** alpha


def all_answers(chance: Chance, example: int, search: Search) -> list[Hypothesis]:
    """Every answer there is, the best first."""
    found, V = [], chance.log_SV.size(1)
    going: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for length in range(1, search.most + 1):
        longer = []
        for tokens, total in going:
            log_V, allowed = chance.log_V(example, tokens), drawn(tokens, V, search)
            for v in allowed:
                if v == END:
                    s = score(total + log_V[v], length, search.length_penalty)
                    found.append(Hypothesis(tokens, total + log_V[v], s))
                else:
                    longer.append(((*tokens, v), total + log_V[v]))
            if not allowed:
                found.append(Hypothesis(tokens, total, score(total, length - 1, search.length_penalty), False))
        going = longer
    for tokens, total in going:
        found.append(Hypothesis(tokens, total, score(total, search.most, search.length_penalty), False))
    return sorted(found, key=lambda h: (-h.score, h.tokens))


def plain_beam(chance: Chance, example: int, search: Search) -> list[Hypothesis]:
    """The same search on lists, one example, without stopping before the end."""
    found, going = [], [((), 0.0)]
    for _ in range(search.most):
        candidates = []
        for tokens, total in going:
            log_V = chance.log_V(example, tokens)
            allowed = [v for v in drawn(tokens, len(log_V), search) if log_V[v] > -inf]
            candidates += [((*tokens, v), total + log_V[v]) for v in allowed] or [((*tokens, CUT), total)]
        survivors = sorted(candidates, key=lambda c: (-c[1], c[0]))[: search.width]
        found += [c for c in survivors if c[0][-1] in (END, CUT)]
        going = [c for c in survivors if c[0][-1] not in (END, CUT)]
    answers = [
        Hypothesis(t[:-1], p, score(p, len(t) - (t[-1] == CUT), search.length_penalty), t[-1] == END) for t, p in found
    ]
    answers += [Hypothesis(t, p, score(p, len(t), search.length_penalty), False) for t, p in going]
    return sorted(answers, key=lambda h: (-h.score, h.tokens))[: search.best or search.width]


def assert_same(found: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [(h.tokens, h.ended) for h in found] == [(h.tokens, h.ended) for h in expected]
    np.testing.assert_allclose([h.log_probability for h in found], [h.log_probability for h in expected], rtol=1e-12)
    np.testing.assert_allclose([h.score for h in found], [h.score for h in expected], rtol=1e-12)


RULES = [{}, {"length_penalty": 0.6}, {"length_penalty": 2.0}, {"forbidden": {2}}, {"no_repeat": 1}, {"no_repeat": 2}]


def test_examples_in_docstrings():
    assert doctest.testmod(module) == (0, 5)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_a_beam_that_leaves_nothing_out_finds_the_best_of_all_answers(rules):
    chance = random_chance(V=4, seed=1)
    search = Search(END, most=4, width=4**4, **rules)
    for found, example in zip(chance.search(search, [0, 17, 99]), [0, 17, 99], strict=True):
        expected = all_answers(chance, example, search)
        assert len(expected) > 10
        assert_same(found, expected[: search.width])


@pytest.mark.parametrize("best", [1, 3])
def test_the_best_few_of_a_full_beam_are_the_best_of_all_and_are_found_sooner(best):
    chance, full = random_chance(V=3, seed=2, scale=2.5), random_chance(V=3, seed=2, scale=2.5)
    search = Search(END, most=6, width=3**6, length_penalty=0.8, best=best)
    (found,) = chance.search(search, [5])
    assert_same(found, all_answers(chance, 5, search)[:best])
    full.search(Search(END, most=6, width=3**6, length_penalty=0.8), [5])
    assert chance.rows < full.rows


def test_probabilities_of_all_answers_add_up_to_one():
    (found,) = random_chance(V=3, seed=3).search(Search(END, most=5, width=3**5), [0])
    assert sum(np.exp(h.log_probability) for h in found) == pytest.approx(1)


@given(
    st.integers(0, 10_000),
    st.integers(3, 7),
    st.integers(1, 6),
    st.sampled_from([None, 1, 2]),
    st.integers(0, 7),
    st.sampled_from(RULES),
)
@settings(deadline=None, max_examples=60)
def test_against_a_plain_search_on_lists(seed, V, width, best, most, rules):
    chance = random_chance(V, seed, scale=2.0)
    search = Search(END, most, width, best, **rules)
    for found, example in zip(chance.search(search, [0, 1, 2]), [0, 1, 2], strict=True):
        assert_same(found, plain_beam(chance, example, search))
    narrow = Search(END, most, 1, **rules)
    assert chance.greedy(narrow, [0, 1, 2]) == [some[0] for some in chance.search(narrow, [0, 1, 2])]


@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 1.0]), st.booleans())
@settings(deadline=None, max_examples=60)
def test_of_equally_good_answers_the_lower_tokens_come_first(seed, width, alpha, impossible):
    rng = np.random.default_rng(seed)  # few different whole numbers: many ties, and sums without rounding
    log_SV = torch.from_numpy(rng.choice([-1.0, -2.0, -inf if impossible else -3.0], (31, 4)))
    chance, search = Chance(log_SV), Search(END, 5, width, length_penalty=alpha)
    for found, example in zip(chance.search(search, [0, 1]), [0, 1], strict=True):
        assert_same(found, plain_beam(chance, example, search))
    assert_same(chance.greedy(search, [3]), plain_beam(chance, 3, Search(END, 5, 1, length_penalty=alpha)))


def test_an_example_alone_is_answered_as_among_others_to_the_bit():
    chance, examples = random_chance(V=9, seed=4, scale=3.0), list(range(40))
    search = Search(END, most=12, width=4, length_penalty=0.7)
    together = chance.search(search, examples)
    assert together == [chance.search(search, [example])[0] for example in examples]
    assert together[::-1] == chance.search(search, examples[::-1])
    assert chance.greedy(search, examples) == [chance.greedy(search, [example])[0] for example in examples]
    assert len({len(some[0].tokens) for some in together}) > 3  # they were not all done at once


def test_examples_that_are_done_cost_nothing():
    log_SV = torch.full((2, 3), -inf)
    log_SV[0, END], log_SV[1, 2] = 0.0, 0.0  # example 0 ends at once, the other never

    def step(token_N: Tensor, own_N: Tensor) -> tuple[Tensor, Tensor]:
        rows.append(len(token_N))
        return log_SV[own_N], own_N

    for search in (beam, greedy):
        rows: list[int] = []
        search(step, torch.tensor([0, 1, 0]), torch.full((3,), START), Search(END, most=4, width=2))
        assert rows == [3, 1, 1, 1]


def test_a_search_stops_when_nothing_better_can_come_and_not_before():
    """After `a` (0.4) the answer goes on with certainty: its continuations tie with it, or win by the penalty."""
    log_SV = torch.tensor([[0.6, 0.4], [1e-9, 1.0]], dtype=torch.float64).log()

    def step(token_N: Tensor, s_N: Tensor) -> tuple[Tensor, Tensor]:
        calls.append(len(token_N))
        return log_SV[s_N], torch.ones_like(s_N)

    def first(**rules) -> Hypothesis:
        calls.clear()
        return beam(step, torch.tensor([0]), torch.tensor([START]), Search(END, most=9, width=2, **rules))[0][0]

    calls: list[int] = []
    assert first(best=1).tokens == ()
    assert len(calls) == 1  # log 0.6 against at most log 0.4
    assert first(best=1, length_penalty=0.7).tokens == (1,) * 9  # log 0.4 / (14/6)^0.7 wins
    assert len(calls) == 9
    assert first(best=2).tokens == ()
    assert len(calls) == 9  # the second answer is wanted too


class Net(nn.Module):
    """A small recurrent language with whatever torch's layer remembers: L×N×H for h, and c."""

    def __init__(self, kind: type[nn.RNNBase], V: int = 7, H: int = 12) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.core, self.head = nn.Embedding(V, H), kind(H, H, num_layers=2), nn.Linear(H, V)
        for p in self.parameters():
            nn.init.normal_(p, std=0.9)

    def forward(self, token_N: Tensor, state):
        out_1NH, state = self.core(self.embedding(token_N)[None], state)
        return self.head(out_1NH[0]).log_softmax(1), state

    def log_probability(self, hypothesis: Hypothesis, state) -> float:
        """All tokens at once, as in training."""
        inputs = torch.tensor([START, *hypothesis.tokens])
        log_TV = self.head(self.core(self.embedding(inputs)[:, None], state)[0][:, 0]).log_softmax(1)
        targets = [*hypothesis.tokens, END] if hypothesis.ended else list(hypothesis.tokens)
        return float(log_TV[range(len(targets)), targets].sum().detach())


def of_layers(state, index_N: Tensor):
    """The hypothesis is the second axis."""
    parts = tuple(part_LNH[:, index_N] for part_LNH in (state if isinstance(state, tuple) else (state,)))
    return parts if isinstance(state, tuple) else parts[0]


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_states_follow_their_hypotheses(kind):
    net, B = Net(kind).double(), 6
    h_LBH, c_LBH = 4 * torch.randn(2, 2, B, 12, dtype=torch.float64)
    state = (h_LBH, c_LBH) if kind is nn.LSTM else h_LBH
    search = Search(END, most=10, width=4, length_penalty=0.5)
    together = beam(net, state, torch.full((B,), START), search, of_layers)
    for b in range(B):
        own = of_layers(state, torch.tensor([b]))
        for hypothesis in together[b]:
            assert hypothesis.log_probability == pytest.approx(net.log_probability(hypothesis, own), abs=1e-9)
            length = len(hypothesis.tokens) + hypothesis.ended
            assert hypothesis.score == score(hypothesis.log_probability, length, 0.5)
        alone = beam(net, own, torch.tensor([START]), search, of_layers)[0]
        assert [h.tokens for h in alone] == [h.tokens for h in together[b]]
    assert not all(together[0][0].tokens == some[0].tokens for some in together)
    narrow = [some[0].tokens for some in beam(net, state, torch.full((B,), START), Search(END, 10, 1), of_layers)]
    assert [h.tokens for h in greedy(net, state, torch.full((B,), START), search, of_layers)] == narrow


class Pair(NamedTuple):
    left: Tensor
    right: list[Tensor]


def test_reordering_goes_through_everything_a_state_is_made_of():
    index_N, x = torch.tensor([2, 0, 0]), torch.arange(6.0).reshape(3, 2)
    after = reordered({"pair": Pair(x, [x + 10]), "nothing": None, "two": (x, (x,))}, index_N)
    expected = x[index_N]
    assert isinstance(after["pair"], Pair)
    assert isinstance(after["pair"].right, list)
    assert after["nothing"] is None
    for part, plus in [(after["pair"].left, 0), (after["pair"].right[0], 10), (after["two"][0], 0)]:
        assert part.equal(expected + plus)
    assert after["two"][1][0].equal(expected)
    with pytest.raises(TypeError, match="a state of int cannot be reordered"):
        reordered({"position": 3}, index_N)


def test_nothing_to_answer_and_answers_without_length():
    chance = random_chance(V=3, seed=5)
    assert chance.search(Search(END, most=5), []) == []
    assert chance.greedy(Search(END, most=5), []) == []
    cut = Hypothesis((), 0.0, 0.0, ended=False)
    assert chance.search(Search(END, most=0, length_penalty=1), [0, 1]) == [[cut], [cut]]
    assert chance.greedy(Search(END, most=0), [0]) == [cut]
    assert chance.calls == 0


def test_where_nothing_may_follow_an_answer_is_cut():
    chance = random_chance(V=4, seed=6)
    search = Search(END, most=9, width=50, no_repeat=1, forbidden={END})
    (found,) = chance.search(search, [7])
    assert {h.tokens for h in found} == set(itertools.permutations([1, 2, 3]))
    assert not any(h.ended for h in found)
    assert_same(found, all_answers(chance, 7, search))
    assert not chance.greedy(search, [7])[0].ended
    assert len(chance.greedy(search, [7])[0].tokens) == 3


def test_tokens_that_are_forbidden_are_never_drawn_and_the_steps_own_values_stay():
    chance = random_chance(V=6, seed=7)
    before = chance.log_SV.clone()
    search = Search(END, most=6, width=5, forbidden=[2, 4], no_repeat=2)
    for some in (*chance.search(search, [0, 1]), chance.greedy(search, [0, 1])):
        assert not {2, 4} & {token for h in some for token in h.tokens}
        for h in some:
            pairs = list(itertools.pairwise(h.tokens))
            assert len(set(pairs)) == len(pairs)
    assert chance.log_SV.equal(before)


def test_no_gradient_is_kept_and_single_precision_is_summed_in_double():
    weights = torch.randn(50, 5, requires_grad=True)
    chance = Chance(F.log_softmax(weights, 1))
    kept: list[bool] = []

    def step(token_N: Tensor, state):
        log_NV, state = chance.step(token_N, state)
        kept.append((log_NV * 1.0).requires_grad)
        return log_NV, state

    (found,) = beam(step, {"s": (torch.tensor([3]),)}, torch.tensor([START]), Search(END, most=30, width=2))
    assert not any(kept)
    for h in found:
        values = [
            chance.log_V(3, h.tokens[:i])[token] for i, token in enumerate([*h.tokens, END][: len(h.tokens) + h.ended])
        ]
        assert h.log_probability == sum(values)
    with pytest.raises(AssertionError, match="not numbers"):
        Chance(torch.full((5, 3), torch.nan)).search(Search(END, most=2), [0])


@pytest.mark.parametrize(
    "wrong",
    [{"width": 0}, {"most": -1}, {"best": 0}, {"length_penalty": -0.5}, {"length_penalty": inf}, {"no_repeat": -1}],
)
def test_numbers_out_of_their_range_are_named(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(GuinaError, match=f"{name} is {value}\n  expected: a number, . or more"):
        Search(**{"end": END, "most": 5, **wrong})
