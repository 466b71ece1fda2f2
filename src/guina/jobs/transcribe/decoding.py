"""From log probabilities to texts: the likeliest units or a search with the language model, and the time of each word.

Axes: B recordings, T moments of the network, V units and the blank, N labellings.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from guina.ctc import ctc_align, ctc_greedy
from guina.ctc_beam import Labelling, ctc_prefix_beam
from guina.data.ragged import Ragged
from guina.jobs.transcribe.fitted import TranscribeFitted
from guina.jobs.transcribe.spoken import Transcribed, Word, word_places

PRIOR = 0.3  # how much the commonness of units counts against them when their times are sought


def decoded(logs: Sequence[np.ndarray], fitted: TranscribeFitted, beam: int, timed: bool = True) -> list[Transcribed]:
    """What log probabilities say; without times and words where these are not wanted.

    Args:
        logs: T×V of each recording.
        beam: transcripts that are followed at once; 0: the likeliest unit at every moment.
    """
    if not logs:
        return []
    log_BTV, length_B = side_by_side(logs)
    tokens = searched(log_BTV, length_B, fitted, beam)
    return [
        told(log_TV, units, fitted) if timed else Transcribed(fitted.decode(units), ())
        for log_TV, units in zip(logs, tokens, strict=True)
    ]


def side_by_side(logs: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Log probabilities T×V of different lengths as one tensor, and their lengths."""
    log_BTV, length_B = Ragged.of(logs).padded(np.arange(len(logs)))
    return torch.from_numpy(log_BTV), torch.from_numpy(length_B)


def searched(log_BTV: Tensor, length_B: Tensor, fitted: TranscribeFitted, beam: int) -> list[tuple[int, ...]]:
    """The units of each of some recordings."""
    if beam == 0:
        return ctc_greedy(log_BTV, length_B, fitted.blank)
    found = ctc_prefix_beam(log_BTV, length_B, beam, fitted.blank, fitted.language, fitted.weight, fitted.bonus)
    return [ended(labellings, fitted) for labellings in found]


def ended(labellings: Sequence[Labelling], fitted: TranscribeFitted) -> tuple[int, ...]:
    """The best of what a search has found, its end counted too: a text that cannot end there is no text."""
    if not fitted.weight:
        return labellings[0].tokens
    log_N = fitted.language([one.tokens for one in labellings])[:, fitted.blank].tolist()
    scores = [one.score + fitted.weight * log for one, log in zip(labellings, log_N, strict=True)]
    return labellings[int(np.argmax(scores))].tokens


def told(log_TV: np.ndarray, units: tuple[int, ...], fitted: TranscribeFitted) -> Transcribed:
    """A text with the times of its words. Blanks are the commonest by far; where units are sought by how probable they
    are for their commonness, they last for more than a moment (https://arxiv.org/abs/2406.02560).
    """
    text, path_T = fitted.decode(units), log_TV.argmax(1)
    if not units:
        return Transcribed(text, (), path_T)
    prior_V = np.log(np.array(fitted.prior_V) + 1e-4) if fitted.prior_V else np.zeros(log_TV.shape[1])
    fit_TV = torch.from_numpy(log_TV - PRIOR * prior_V.astype(np.float32))
    spans = ctc_align(fit_TV, units, fitted.blank)
    sure = [
        float(np.exp(log_TV[first : last + 1, unit].max())) for unit, (first, last) in zip(units, spans, strict=True)
    ]
    words = []
    for start, end in word_places([fitted.vocabulary.decode([unit]) for unit in units]):
        said = fitted.decode(units[start:end])
        if said:
            times = spans[start][0] * fitted.step, (spans[end - 1][1] + 1) * fitted.step
            words.append(Word(said, *times, float(np.prod(sure[start:end]))))
    return Transcribed(text, tuple(words), path_T)
