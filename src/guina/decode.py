"""From logits to the next unit: the knobs by which a sampler is made bolder or safer. Pure functions.

Whole sequences are searched for in beam.py, and in ctc.py and ctc_beam.py where the network is a CTC network.

Axes: V units of the vocabulary.
"""

from collections.abc import Collection

import torch
from torch import Tensor


def discourage(logits_V: Tensor, units: Collection[int], penalty: float) -> Tensor:
    """Make units that came before less likely: positive logits are divided by the penalty, negative ones multiplied
    (Keskar et al. 2019, https://arxiv.org/abs/1909.05858, equation 1 of section 4.1).

    Example:
        >>> discourage(torch.tensor([2.0, -2.0, 1.0]), [0, 1], 2.0).tolist()
        [1.0, -4.0, 1.0]
    """
    if penalty == 1.0 or not units:
        return logits_V
    seen = torch.tensor(sorted(set(units)), dtype=torch.int64, device=logits_V.device)
    chosen = logits_V[seen]
    return logits_V.index_copy(0, seen, torch.where(chosen > 0, chosen / penalty, chosen * penalty))


def narrow(probability_V: Tensor, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0) -> Tensor:
    """Leave out unlikely units, and let the rest add up to one again.

    Args:
        top_k: only so many of the likeliest; 0: all.
        top_p: only the likeliest that together have at least this probability (nucleus sampling: Holtzman et al. 2020,
            https://arxiv.org/abs/1904.09751).
        min_p: only those with at least this share of the likeliest one's probability (Nguyen et al. 2024,
            https://arxiv.org/abs/2407.01082).

    Example:
        >>> p = torch.tensor([0.1, 0.2, 0.3, 0.4])
        >>> [narrow(p, top_k=1).tolist(), narrow(p, min_p=0.6).gt(0).tolist(), narrow(p, top_p=0.5).gt(0).tolist()]
        [[0.0, 0.0, 0.0, 1.0], [False, False, True, True], [False, False, True, True]]
    """
    if top_k <= 0 and top_p >= 1.0 and min_p <= 0.0:
        return probability_V
    sorted_V, order_V = probability_V.sort(descending=True, stable=True)
    kept_V = sorted_V >= min_p * sorted_V[0]
    kept_V &= sorted_V.cumsum(0) - sorted_V < top_p  # what the likelier ones have together
    if top_k > 0:
        kept_V[top_k:] = False
    kept_V[0] = True
    narrowed_V = torch.zeros_like(probability_V).index_copy(0, order_V, sorted_V * kept_V)
    return narrowed_V / narrowed_V.sum()


def choose(logits_V: Tensor, temperature: float, top_k: int, top_p: float, min_p: float, rng: torch.Generator) -> int:
    """Draw a unit from the tempered, narrowed distribution; the likeliest where the temperature is 0.

    Example:
        >>> choose(torch.tensor([0.0, 3.0, 1.0]), 0.0, 0, 1.0, 0.0, torch.Generator())
        1
    """
    if temperature <= 0.0:
        return int(logits_V.argmax())
    probability_V = narrow((logits_V.float() / temperature).softmax(0), top_k, top_p, min_p)
    at = torch.rand((), generator=rng).to(probability_V) * probability_V.sum()
    return min(int((probability_V.cumsum(0) <= at).sum()), len(logits_V) - 1)
