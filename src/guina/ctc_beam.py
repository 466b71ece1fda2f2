"""The likeliest label sequences of a CTC network: prefix beam search, with or without a language model.

A CTC network (ctc.py) gives a probability to each token and to the blank at every frame. Many paths stand for the same
sequence, and the probability of the sequence is the sum of theirs. The search goes over the beginnings of sequences,
the prefixes, and adds up the paths of each (Graves & Jaitly 2014, Towards end-to-end speech recognition with recurrent
neural networks, ICML, algorithm 1; Hannun et al. 2014, https://arxiv.org/abs/1408.2873, algorithm 1): two sums for each
prefix, of the paths that end in a blank and of those that do not, since a token after the same token is a new one only
where a blank was in between. All prefixes of all examples move on at once, one frame at a time.

Measured on one core of a server's CPU: 8 examples of 300 frames, 30 tokens and width 16 take 0.2 to 0.4 s.

Axes: B examples, T frames, V tokens with the blank, W prefixes kept for each example, K tokens that a prefix is tried
with, C candidates (a prefix as it is, or with one token more), N prefixes, H places that hold one, R repeated ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from guina.errors import GuinaError

Tokens = tuple[int, ...]
LanguageModel = Callable[[list[Tokens]], Tensor]  # prefixes -> log probabilities N×V of the token that follows each

NONE, VACANT = -1, -2  # the parent of an empty prefix; the number of a place in the beam that holds no prefix


@dataclass(frozen=True)
class Labelling:
    """A sequence that a CTC network may have meant.

    Args:
        tokens: without blanks.
        log_probability: in nats, the sum over those of its paths that the search has seen: at most the true one.
        score: what sequences are compared by: the log probability, and what the language model and the bonus add.
    """

    tokens: Tokens
    log_probability: float
    score: float


class Prefixes:
    """Beginnings of sequences, as a tree of numbers: equal beginnings of one example have the same number.

    The numbers 0 … B − 1 are the empty ones of the B examples. Arguments are as in `ctc_prefix_beam`.
    """

    def __init__(self, B: int, lm: LanguageModel | None, weight: float, bonus: float) -> None:
        self.parent, self.token = [NONE] * B, [NONE] * B
        self.known: dict[tuple[int, int], int] = {}
        self.lm, self.weight, self.bonus = lm, weight, bonus
        self.spelled: dict[int, Tokens] = {}  # the prefixes that are in the beam,
        self.said: dict[int, np.ndarray] = {}  # and what the language model has said of them

    def longer(self, number: int, token: int) -> int:
        """The number of the prefix that has one token more."""
        longer = self.known.setdefault((number, token), len(self.parent))
        if longer == len(self.parent):
            self.parent.append(number)
            self.token.append(token)
        return longer

    def tokens(self, number: int) -> Tokens:
        """The prefix that has the number."""
        backwards: list[int] = []
        while number not in self.spelled and self.parent[number] != NONE:
            backwards.append(self.token[number])
            number = self.parent[number]
        return (*self.spelled.get(number, ()), *reversed(backwards))

    def gain(self, number_BW: np.ndarray, token_BK: np.ndarray) -> np.ndarray | float:
        """What each token would add to the score of each prefix, beside its probability in the sound."""
        held_BW = number_BW != VACANT
        if self.lm is None or not held_BW.any():
            return self.bonus
        numbers, token_HK = number_BW[held_BW].tolist(), token_BK[np.nonzero(held_BW)[0]]
        self.spelled = {number: self.tokens(number) for number in numbers}
        new = [number for number in numbers if number not in self.said]
        if new:
            log_NV = self.lm([self.spelled[number] for number in new])
            self.said.update(zip(new, doubles(log_NV), strict=True))
        self.said = {number: self.said[number] for number in numbers}
        log_BWK = np.zeros((*number_BW.shape, token_BK.shape[1]))
        log_BWK[held_BW] = np.take_along_axis(np.stack(list(self.said.values())), token_HK, 1)
        return self.weight * log_BWK + self.bonus


@dataclass(frozen=True)
class Beam:
    """The prefixes that are kept at one moment, as arrays B×W.

    Args:
        number_BW, parent_BW, last_BW: the number of each, its parent's number, and its last token.
        blank_BW, label_BW: log probabilities of all its paths that end in a blank, and that end in its last token.
        added_BW: what the language model and the bonus have added to its score.
    """

    number_BW: np.ndarray
    parent_BW: np.ndarray
    last_BW: np.ndarray
    blank_BW: np.ndarray
    label_BW: np.ndarray
    added_BW: np.ndarray

    @classmethod
    def first(cls, B: int, width: int) -> "Beam":
        """The empty prefix of each example: no frame has been seen, which is as good as a blank."""
        held_BW = np.broadcast_to(np.arange(width) == 0, (B, width))
        number_BW, none_BW = np.where(held_BW, np.arange(B)[:, None], VACANT), np.full((B, width), NONE)
        never_BW = np.full((B, width), -np.inf)
        return cls(number_BW, none_BW, none_BW, np.where(held_BW, 0.0, -np.inf), never_BW, np.zeros((B, width)))

    def rows(self, rows: slice) -> "Beam":
        """The beams of some of the examples."""
        return Beam(*(x_BW[rows] for x_BW in vars(self).values()))


def ctc_prefix_beam(
    log_BTV: Tensor,
    length_B: Tensor,
    width: int,
    blank: int = 0,
    lm: LanguageModel | None = None,
    weight: float = 1.0,
    bonus: float = 0.0,
) -> list[list[Labelling]]:
    """Of each example the likeliest sequences that the search finds, at most `width`, the best first.

    A sequence's score is log p(sequence | sound) + weight · log p_lm(sequence) + bonus · length (Hannun et al. 2014,
    section 2.2, by tokens instead of words); after each frame the `width` best prefixes are kept. Without a language
    model only the width + 1 likeliest tokens of a frame are tried: with any other, a prefix would stand behind `width`
    of its own continuations. With a language model all are tried.

    Args:
        log_BTV: log probabilities of every frame.
        length_B: how many frames of each example count.
        lm: gives the log probabilities N×V of what follows each of N prefixes; its value for the blank is not used.
            It is asked about a prefix when that comes into the beam.
        weight: of the language model, 0 or more.
        bonus: for each token, in nats: a language model makes long sequences improbable.

    Raises:
        GuinaError: the width or the weight is out of its range.

    Example:
        >>> import torch
        >>> log_BTV = torch.tensor([[[0.6, 0.4], [0.6, 0.4]]]).log()  # the likeliest path has two blanks
        >>> [(x.tokens, round(x.score, 2)) for x in ctc_prefix_beam(log_BTV, torch.tensor([2]), 4)[0]]
        [((1,), -0.45), ((), -1.02)]
    """
    if width < 1:
        raise GuinaError(f"the beam's width is {width}", "a whole number, 1 or more", "choose another width")
    if not 0 <= weight < np.inf:
        raise GuinaError(f"the language model's weight is {weight}", "a number, 0 or more", "choose another weight")
    lm = None if weight == 0 else lm

    frames_B = length_B.cpu().numpy()
    order_B = np.argsort(-frames_B, kind="stable")  # the longest first: those that go on are always the first rows
    frames_B, p_BTV = frames_B[order_B], doubles(log_BTV)[order_B]
    B, T, V = p_BTV.shape
    assert V > 1, "a blank and one token at least"
    assert frames_B.max(initial=0) <= T, "no example has more frames than there are"
    tried_BTV = np.argsort(-p_BTV, axis=2, kind="stable")
    tried_BTK = tried_BTV[tried_BTV != blank].reshape(B, T, V - 1)[:, :, : width + 1 if lm is None else V]

    prefixes, beam = Prefixes(B, lm, weight, bonus), Beam.first(B, width)
    found: list[list[Labelling]] = [[] for _ in range(B)]
    for t in range(frames_B.max(initial=0) + 1):
        for b in np.flatnonzero(frames_B == t).tolist():
            found[order_B[b]] = labellings(beam, b, prefixes)
        going = slice(np.count_nonzero(frames_B > t))
        if going.stop:
            beam = advanced(beam.rows(going), p_BTV[going, t], tried_BTK[going, t], blank, prefixes)
    return found


def advanced(beam: Beam, p_BV: np.ndarray, tried_BK: np.ndarray, blank: int, prefixes: Prefixes) -> Beam:
    """The beam one frame later."""
    (B, W), K = beam.number_BW.shape, tried_BK.shape[1]
    row_B1 = np.arange(B)[:, None]
    either_BW = np.logaddexp(beam.blank_BW, beam.label_BW)

    # A prefix stays by a blank or by its last token again. And where its parent is in the beam too, it is reached from
    # there by its last token: after a blank only, if the token before is the same.
    parent_BWW = beam.parent_BW[:, :, None] == beam.number_BW[:, None]
    reached_BW, at_BW = parent_BWW.any(2), parent_BWW.argmax(2)
    same_BW = beam.last_BW == beam.last_BW[row_B1, at_BW]
    from_BW = np.where(same_BW, beam.blank_BW[row_B1, at_BW], either_BW[row_B1, at_BW])
    from_BW[~reached_BW] = -np.inf
    label_BW = np.logaddexp(beam.label_BW, from_BW) + p_BV[row_B1, beam.last_BW]
    blank_BW = either_BW + p_BV[:, [blank]]

    # A prefix gets one token more, unless what comes of it is in the beam and was reached just so.
    again_BWK = beam.last_BW[:, :, None] == tried_BK[:, None]
    longer_BWK = np.where(again_BWK, beam.blank_BW[:, :, None], either_BW[:, :, None]) + p_BV[row_B1, tried_BK][:, None]
    b_R, w_R, k_R = np.nonzero(again_BWK & reached_BW[:, :, None])
    longer_BWK[b_R, at_BW[b_R, w_R], k_R] = -np.inf
    added_BWK = np.broadcast_to(beam.added_BW[:, :, None] + prefixes.gain(beam.number_BW, tried_BK), (B, W, K))

    # The best of all these are the next beam.
    label_BC = np.concatenate([label_BW, longer_BWK.reshape(B, W * K)], 1)
    added_BC = np.concatenate([beam.added_BW, added_BWK.reshape(B, W * K)], 1)
    score_BC = label_BC + added_BC
    score_BC[:, :W] = np.logaddexp(blank_BW, label_BW) + beam.added_BW
    chosen_BW = np.argsort(-score_BC, axis=1, kind="stable")[:, :W]
    possible_BW, grows_BW = score_BC[row_B1, chosen_BW] > -np.inf, chosen_BW >= W
    place_BW = np.where(grows_BW, (chosen_BW - W) // K, chosen_BW)
    number_BW = beam.number_BW[row_B1, place_BW]
    parent_BW = np.where(grows_BW, number_BW, beam.parent_BW[row_B1, place_BW])
    last_BW = np.where(grows_BW, tried_BK[row_B1, (chosen_BW - W) % K], beam.last_BW[row_B1, place_BW])
    for b, w in np.argwhere(grows_BW & possible_BW).tolist():
        number_BW[b, w] = prefixes.longer(int(number_BW[b, w]), int(last_BW[b, w]))
    return Beam(
        number_BW=np.where(possible_BW, number_BW, VACANT),
        parent_BW=np.where(possible_BW, parent_BW, NONE),
        last_BW=last_BW,
        blank_BW=np.where(possible_BW & ~grows_BW, blank_BW[row_B1, place_BW], -np.inf),
        label_BW=np.where(possible_BW, label_BC[row_B1, chosen_BW], -np.inf),
        added_BW=np.where(possible_BW, added_BC[row_B1, chosen_BW], 0.0),
    )


def labellings(beam: Beam, b: int, prefixes: Prefixes) -> list[Labelling]:
    """The sequences in the beam of example b, the best first."""
    log_W = np.logaddexp(beam.blank_BW[b], beam.label_BW[b])
    found = [
        Labelling(prefixes.tokens(number), log_probability, log_probability + added)
        for number, log_probability, added in zip(
            beam.number_BW[b].tolist(), log_W.tolist(), beam.added_BW[b].tolist(), strict=True
        )
        if number != VACANT
    ]
    return sorted(found, key=lambda labelling: (-labelling.score, labelling.tokens))


def doubles(x: Tensor) -> np.ndarray:
    """The values as a NumPy array of float64."""
    return x.detach().cpu().double().numpy()
