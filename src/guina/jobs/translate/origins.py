"""What each word of a translation came from: how much of its probability is lost when a word of the source is blank.

    from[k, g] = 1 − p(word k | words before it, source without word g) / p(word k | words before it, source)

Attention does not tell: a recurrent reader carries a sentence to any of its places, and the writer may look at the
first or the last one (Ding et al. 2019, https://arxiv.org/abs/1906.10282). Blanking asks the whole network (Li et al.
2016, https://arxiv.org/abs/1612.08220). It costs as many readings as the source has words.

Axes: R target units, C source units, K target words, G source words, N readings at once, V units that may be said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from guina.jobs.translate.wording import FEW, letters_of_units, one_hot, words_of_units

if TYPE_CHECKING:
    from guina.jobs.translate.answering import TranslateAnswering, Translated


AT_ONCE = 2**24  # logits that are held at once


@dataclass(frozen=True, eq=False)
class Origins:
    """What each word of a translation came from.

    Args:
        rows, columns: K words of the translation, G of the source.
        weights_KG: 0 … 1: the share of a word's probability that is lost without a word of the source. Rows need not
            add up to 1: a word may need several, each of them wholly, or none.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    weights_KG: np.ndarray

    def facts(self) -> dict[str, list]:
        """As JSON."""
        weights = self.weights_KG.astype(float).round(4).tolist()
        return {"source": list(self.columns), "target": list(self.rows), "weights": weights}


def origins(half: "TranslateAnswering", text: str, made: "Translated") -> Origins:
    """What each word of a translation came from; its pieces instead, where a side has fewer words than `FEW`."""
    vocabulary = half.fitted.vocabulary
    sides = [[unit for unit in made.read if unit != half.fitted.end], list(made.said)]
    shown = [[vocabulary.shown(unit) for unit in units] for units in sides]
    parts = [words_of_units(names, whole) for names, whole in zip(shown, (text, made.text), strict=True)]
    if min(len(names) for _, names in parts) < FEW:
        parts = [letters_of_units(units, vocabulary) for units in sides]
    (column_C, columns), (row_R, rows) = parts
    fall_GR = falls(half, made.read, made.said, column_C, len(columns))
    fall_KG = one_hot(row_R, len(rows)).T @ fall_GR.T
    return Origins(rows, columns, -np.expm1(-np.maximum(fall_KG, 0)))


@torch.no_grad()
def falls(
    half: "TranslateAnswering", source: Sequence[int], target: Sequence[int], column_C: np.ndarray, groups: int
) -> np.ndarray:
    """How much each target unit's log probability falls without each group of source units: G×R, in nats.

    Args:
        column_C: the group of each source unit; units beyond these are in none and stay.
    """
    if not target:
        return np.zeros((groups, 0))
    net, device = half.net, half.net.embed.weight.device
    source_C, target_R = (torch.tensor([*units], device=device) for units in (source, target))
    group_C = torch.full((len(source),), groups, device=device)
    group_C[: len(column_C)] = torch.from_numpy(column_C).to(device)
    said_R = torch.searchsorted(net.spoken_K, target_R)
    before_R = torch.tensor([half.fitted.start, *target[:-1]], device=device)
    together = max(1, AT_ONCE // (len(target) * len(net.spoken_K)))
    found = []
    for blank_N in torch.arange(-1, groups, device=device).split(together):  # -1: none is blank
        N = len(blank_N)
        length_N = torch.full((N,), len(source), device=device)
        state = net.read(source_C.expand(N, -1), length_N, blank_BS=group_C == blank_N[:, None])
        logits_NRV, _, _ = net.write(before_R.expand(N, -1), state)
        log_NRV = logits_NRV.float().log_softmax(-1)
        found.append(log_NRV.gather(-1, said_R.expand(N, -1)[:, :, None])[:, :, 0])
    whole_1R, without_GR = torch.cat(found).split([1, groups])
    return (whole_1R - without_GR).cpu().numpy().astype(np.float64)
