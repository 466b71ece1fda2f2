"""Searching for the likeliest answers of a network that writes one token after another, for many examples at once.

A step takes the last token of every hypothesis and what the network remembers of it, and gives the log probability of
each next token. Greedy search follows the likeliest token. Beam search (Lowerre 1976; for translation Sutskever et al.
2014, https://arxiv.org/abs/1409.3215, section 3.2) keeps several hypotheses of each example: at every step the `width`
likeliest continuations survive, those among them that end are finished, and the others go on. So a beam of width 1 is
greedy search, and a beam so wide that nothing is left out finds the best answers there are.

Only hypotheses that go on are given to the step: N changes from call to call, and an example that is done costs
nothing. No hypothesis of one example ever influences those of another. Where two are equally good, the one with the
lower tokens comes first, as words do in a dictionary.

Axes: B examples, N hypotheses of all examples that go on (at most B·width), V tokens, C candidates, K survivors.
"""

from bisect import insort
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import torch
from torch import Tensor

from guina.errors import GuinaError

Tokens = tuple[int, ...]
State = Any  # tensors in mappings, tuples and lists, or whatever the step and a `Reorder` of the caller's understand
Step = Callable[[Tensor, State], tuple[Tensor, State]]  # (token_N, state) -> (log_probability_NV, state)
Reorder = Callable[[State, Tensor], State]  # (state, index_N) -> the state of the hypotheses that index_N names

CUT = -1  # stands for the next token of a hypothesis that nothing can follow


@dataclass(frozen=True)
class Hypothesis:
    """An answer.

    Args:
        tokens: without the start and the end.
        log_probability: of the tokens, and of the end where it was reached, in nats.
        score: what answers are compared by: the log probability divided by the length penalty.
        ended: whether the network ended it; otherwise it was cut because it was too long or nothing could follow.
    """

    tokens: Tokens
    log_probability: float
    score: float
    ended: bool = True


@dataclass(frozen=True)
class Search:
    """What is searched for.

    Args:
        end: the token that ends an answer.
        most: an answer has at most so many tokens, its end included; one that has not ended by then is cut.
        width: how many hypotheses of each example survive a step. Greedy search does not ask.
        best: how many answers to give for each example; None: as many as the beam is wide. Fewer are found sooner.
        length_penalty: α of Wu et al. 2016 (https://arxiv.org/abs/1609.08144, equation 14). Every token makes an
            answer less probable, so that short ones win; a larger α favours longer ones. 0: plain log probability.
        forbidden: tokens that are never drawn.
        no_repeat: n: no n tokens in a row occur twice in an answer (Paulus et al. 2017,
            https://arxiv.org/abs/1705.04304, section 2.5); 0: they may.

    Raises:
        GuinaError: a number is out of its range.
    """

    end: int
    most: int
    width: int = 5
    best: int | None = None
    length_penalty: float = 0.0
    forbidden: Collection[int] = ()
    no_repeat: int = 0

    def __post_init__(self) -> None:
        best = 1 if self.best is None else self.best
        least = {"most": (self.most, 0), "width": (self.width, 1), "best": (best, 1), "no_repeat": (self.no_repeat, 0)}
        for name, (value, lowest) in {**least, "length_penalty": (self.length_penalty, 0)}.items():
            if not lowest <= value < inf:
                raise GuinaError(f"{name} is {value}", f"a number, {lowest} or more", f"choose another {name}")

    def penalty(self, length: int) -> float:
        """((5 + length) / 6)^α, where the length is the number of tokens, the end included.

        Example:
            >>> Search(end=0, most=9, length_penalty=1.0).penalty(7)
            2.0
        """
        return ((5 + length) / 6) ** self.length_penalty

    def hypothesis(self, tokens: Tokens, log_probability: float, ended: bool) -> Hypothesis:
        """An answer with its score."""
        return Hypothesis(tokens, log_probability, log_probability / self.penalty(len(tokens) + ended), ended)


def reordered(state: State, index_N: Tensor) -> State:
    """The state with its rows chosen anew, where the first axis of every tensor is the hypothesis.

    Raises:
        TypeError: the state holds something else than tensors, None, mappings, tuples and lists.

    Example:
        >>> reordered({"h": torch.tensor([[1.0], [2.0]]), "c": None}, torch.tensor([1, 1]))
        {'h': tensor([[2.],
                [2.]]), 'c': None}
    """
    if state is None:
        return None
    if isinstance(state, Tensor):
        return state.index_select(0, index_N)
    if isinstance(state, Mapping):
        return {key: reordered(part, index_N) for key, part in state.items()}
    if isinstance(state, tuple | list):
        parts = [reordered(part, index_N) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    raise TypeError(f"a state of {type(state).__name__} cannot be reordered: pass a function that does it")


@torch.no_grad()
def greedy(step: Step, state: State, start_B: Tensor, search: Search, reorder: Reorder = reordered) -> list[Hypothesis]:
    """Of each example the answer that follows the likeliest token at every step.

    Args and the example are those of `beam`.
    """
    found: dict[int, Hypothesis] = {}
    live: list[tuple[int, Tokens, float]] = [(example, (), 0.0) for example in range(len(start_B))]
    token_N = start_B
    for _ in range(search.most):
        if not live:
            break
        log_NV, state = step(token_N, state)
        value_N, token_N = permitted(log_NV, [tokens for _, tokens, _ in live], search).max(1)  # the first of equals
        longer: list[tuple[int, Tokens, float]] = []
        index: list[int] = []
        for n, (value, token) in enumerate(zip(value_N.tolist(), token_N.tolist(), strict=True)):
            example, tokens, total = live[n]
            if value == -inf:  # nothing can follow
                found[example] = search.hypothesis(tokens, total, ended=False)
            elif token == search.end:
                found[example] = search.hypothesis(tokens, total + value, ended=True)
            else:
                longer.append((example, (*tokens, token), total + value))
                index.append(n)
        if 0 < len(longer) < len(live):
            index_N = torch.tensor(index, device=token_N.device)
            token_N, state = token_N[index_N], reorder(state, index_N)
        live = longer
    found.update({example: search.hypothesis(tokens, total, ended=False) for example, tokens, total in live})
    return [found[example] for example in range(len(start_B))]


@torch.no_grad()
def beam(
    step: Step, state: State, start_B: Tensor, search: Search, reorder: Reorder = reordered
) -> list[list[Hypothesis]]:
    """Of each example the best answers that beam search finds, the best first.

    The search of an example stops when it has as many finished answers as are wanted and no hypothesis that goes on can
    still be as good as the worst of them. A hypothesis of log probability s has no continuation of a better score than
    s / penalty(most): log probabilities are not positive, so that s can only fall, and no answer has a larger penalty
    than the longest. Hence stopping changes no answer.

    Args:
        step: (token_N, state) -> (log_probability_NV, state). Row n of the state belongs to token n.
        state: before the first step, with one hypothesis for each example.
        start_B: the first token of each example, int64, on the device of the step's tensors.
        reorder: (state, index_N) -> state, for states whose first axis is not the hypothesis.

    Example:
        >>> def step(token_N, state):  # whatever came before, 0 ends with probability 1/4, and 1 follows with 3/4
        ...     return torch.tensor([[0.25, 0.75]]).log().expand(len(token_N), 2), state
        >>> [h.tokens for h in beam(step, None, torch.tensor([1]), Search(end=0, most=3, width=2))[0]]
        [(1, 1, 1), ()]
    """
    best = search.width if search.best is None else search.best
    finished: list[list[Hypothesis]] = [[] for _ in start_B]

    def finish(example: int, tokens: Tokens, log_probability: float, ended: bool) -> None:
        insort(finished[example], search.hypothesis(tokens, log_probability, ended), key=lambda h: (-h.score, h.tokens))
        del finished[example][best:]

    example_N, token_N = np.arange(len(start_B)), start_B
    answers, so_far_N = [()] * len(start_B), np.zeros(len(start_B))
    for _ in range(search.most):
        if not answers:
            break
        log_NV, state = step(token_N, state)
        row_K, token_K, total_K = survivors(permitted(log_NV, answers, search), so_far_N, example_N, search.width)
        example_K, ended_K = example_N[row_K], token_K == search.end
        over_K = ended_K | (token_K == CUT)
        for k in np.flatnonzero(over_K).tolist():
            finish(example_K[k], answers[row_K[k]], float(total_K[k]), bool(ended_K[k]))
        worst_B = np.array([some[-1].score if len(some) == best else -inf for some in finished])
        hopeful_K = ~over_K & (total_K / search.penalty(search.most) >= worst_B[example_K])
        going_K = ~over_K & np.isin(example_K, example_K[hopeful_K])

        row_N, example_N, so_far_N = row_K[going_K], example_K[going_K], total_K[going_K]
        answers = [(*answers[row], token) for row, token in zip(row_N.tolist(), token_K[going_K].tolist(), strict=True)]
        token_N = torch.from_numpy(token_K[going_K]).to(start_B.device)
        if answers and not np.array_equal(row_N, np.arange(len(log_NV))):
            state = reorder(state, torch.from_numpy(row_N).to(start_B.device))
    for example, tokens, log_probability in zip(example_N.tolist(), answers, so_far_N.tolist(), strict=True):
        finish(example, tokens, log_probability, ended=False)
    return finished


def survivors(
    log_NV: Tensor, so_far_N: np.ndarray, example_N: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each example the `width` likeliest continuations: row_K, token_K and their log probability with all before.

    They come in the order of rows and tokens. So the rows of an example are always in the order of a dictionary, and
    the first of equally likely candidates is the one with the lower tokens. Where nothing can follow a row, CUT does,
    with probability 1.
    """
    least_N1 = log_NV.topk(min(width, log_NV.size(1)), dim=1).values[:, -1:]  # further tokens of a row cannot survive
    row_C, token_C = ((log_NV >= least_N1) & (log_NV > -inf)).nonzero(as_tuple=True)
    log_C = log_NV[row_C, token_C].cpu().double().numpy()
    row_C, token_C = row_C.cpu().numpy(), token_C.cpu().numpy()
    stuck_S = np.setdiff1d(np.arange(len(log_NV)), row_C)
    row_C = np.concatenate([row_C, stuck_S])
    token_C = np.concatenate([token_C, np.full(len(stuck_S), CUT)])
    total_C = so_far_N[row_C] + np.concatenate([log_C, np.zeros(len(stuck_S))])

    order_C = np.lexsort((token_C, row_C, -total_C, example_N[row_C]))
    example_C = example_N[row_C[order_C]]
    rank_C = np.arange(len(order_C)) - np.searchsorted(example_C, example_C)  # among those of the same example
    chosen_K = np.sort(order_C[rank_C < width])
    return row_C[chosen_K], token_C[chosen_K], total_C[chosen_K]


def permitted(log_NV: Tensor, answers: Sequence[Tokens], search: Search) -> Tensor:
    """A copy of log_NV where tokens that may not be drawn have −∞."""
    forbidden_F = torch.tensor(sorted(search.forbidden), dtype=torch.int64, device=log_NV.device)
    log_NV = log_NV.index_fill(1, forbidden_F, -inf)
    assert not log_NV.isnan().any(), "the step gave log probabilities that are not numbers"
    if search.no_repeat:
        pairs = [(n, token) for n, answer in enumerate(answers) for token in repeats(answer, search.no_repeat)]
        row_P, token_P = torch.tensor(pairs, dtype=torch.int64, device=log_NV.device).reshape(-1, 2).unbind(1)
        log_NV[row_P, token_P] = -inf
    return log_NV


def repeats(tokens: Tokens, n: int) -> set[int]:
    """What would complete n tokens in a row that have occurred before.

    Example:
        >>> repeats((1, 2, 3, 1, 2), 3), repeats((1, 2, 3, 1, 2), 1)
        ({3}, {1, 2, 3})
    """
    tail = tokens[len(tokens) - n + 1 :]
    return {tokens[i + n - 1] for i in range(len(tokens) - n + 1) if tokens[i : i + n - 1] == tail}
