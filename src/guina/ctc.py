"""From the outputs of a CTC network to one label sequence, and where in time each label is.

At every frame a CTC network (Graves et al. 2006, Connectionist temporal classification, ICML) gives a probability to
each token and to the blank. A path chooses one of them at every frame; it stands for the sequence that is left when
repeats are collapsed and then blanks dropped. The sequence of the likeliest path (`ctc_greedy`) is quickly found. It
need not be the likeliest sequence, for many paths stand for the same one: see ctc_beam.py.

Axes: B examples, T frames, V tokens with the blank, S = 2U + 1 places of a sequence of U tokens with blanks before,
between and after them.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from guina.errors import GuinaError


def ctc_greedy(log_BTV: Tensor, length_B: Tensor, blank: int = 0) -> list[tuple[int, ...]]:
    """The sequence of each example's likeliest path; of equally likely tokens the lowest.

    Args:
        log_BTV: log probabilities, or logits, of every frame.
        length_B: how many frames of each example count.

    Example:
        >>> path_T = torch.tensor([1, 1, 0, 1, 2, 2, 0])
        >>> ctc_greedy(torch.nn.functional.one_hot(path_T, 3)[None], torch.tensor([7]))
        [(1, 1, 2)]
    """
    path_BT = log_BTV.argmax(2)
    before_BT = torch.cat([path_BT.new_full((len(path_BT), 1), blank), path_BT], 1)[:, :-1]
    counts_BT = torch.arange(path_BT.size(1), device=path_BT.device) < length_B.to(path_BT.device)[:, None]
    kept_BT = (path_BT != before_BT) & (path_BT != blank) & counts_BT
    return [tuple(path_T[kept_T].tolist()) for path_T, kept_T in zip(path_BT, kept_BT, strict=True)]


def ctc_align(log_TV: Tensor, tokens: Sequence[int], blank: int = 0) -> list[tuple[int, int]]:
    """Where each token is in the likeliest path that stands for the tokens: its first and its last frame.

    Viterbi's algorithm over the places of the sequence with its blanks. A path moves on by one place or stays, and may
    leave out a blank between two tokens that differ. Of equally likely paths it takes the one that moves early.

    Raises:
        GuinaError: no path stands for the tokens, as where they are more than the frames.

    Example:
        >>> path_T = torch.tensor([0, 1, 1, 0, 1, 2])
        >>> ctc_align(torch.nn.functional.one_hot(path_T, 3).float().log_softmax(1), [1, 1, 2])
        [(1, 2), (4, 4), (5, 5)]
    """
    p_TV, T, U = log_TV.detach().cpu().double().numpy(), len(log_TV), len(tokens)
    place_S = np.full(2 * U + 1, blank)
    place_S[1::2] = tokens
    skips_S = np.zeros(2 * U + 1, bool)
    skips_S[3::2] = place_S[3::2] != place_S[1:-2:2]

    best_S, moved_TS = np.where(np.arange(2 * U + 1) == 0, 0.0, -np.inf), np.zeros((T, 2 * U + 1), np.int64)
    for t in range(T):
        by_1_S, by_2_S = (np.concatenate([np.full(n, -np.inf), best_S])[: 2 * U + 1] for n in (1, 2))
        from_3S = np.stack([best_S, by_1_S, np.where(skips_S, by_2_S, -np.inf)])
        moved_TS[t] = from_3S.argmax(0)
        best_S = from_3S.max(0) + p_TV[t, place_S]
    s = 2 * U if U == 0 or best_S[-1] >= best_S[-2] else 2 * U - 1
    if best_S[s] == -np.inf:
        least = U + int((~skips_S[3::2]).sum())
        raise GuinaError(
            f"{U} tokens cannot be aligned with {T} frames",
            f"{least} frames or more that give each token some probability (equal neighbours need a blank between)",
            "leave this recording out, or correct its transcript",
        )
    path_T = np.zeros(T, np.int64)
    for t in reversed(range(T)):
        path_T[t] = s
        s -= moved_TS[t, s]
    first_U, after_U = (np.searchsorted(path_T, np.arange(1, 2 * U, 2), side) for side in ("left", "right"))
    return list(zip(first_U.tolist(), (after_U - 1).tolist(), strict=True))
