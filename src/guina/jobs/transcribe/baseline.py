"""What a recogniser has to beat: one transcript for everything, and that of the most similar training recording.

How similar two recordings are is found by dynamic time warping: one of them is stretched and squeezed in time until it
fits the other best (Sakoe & Chiba 1978, Dynamic programming algorithm optimization for spoken word recognition, IEEE
Trans. ASSP 26, the symmetric form, without a slope constraint). With c the distance of the bands of two moments,

    D[t, u] = min(D[t − 1, u] + c[t, u], D[t − 1, u − 1] + 2 c[t, u], D[t, u − 1] + c[t, u]),   D[0, 0] = 2 c[0, 0],

and D[T − 1, U − 1] / (T + U) is the distance of the recordings. That was how telephones understood digits before there
were networks. It can only give a whole transcript that it knows, and its time grows with recordings and with lengths
squared: so only a part of the training recordings is looked through where there are many, and none where they are long.

Axes: N training recordings, T moments of a recording that is asked for, U of a training one, M bands, D = T + U − 1
diagonals of a table of them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from guina.blocks.mel import LogMel
from guina.data.arrays import Arrays

BANDS = 24
JOINED = 2  # frames of 10 ms that are one moment
COMPARISONS = 400_000  # pairs of recordings at most
CELLS = 1_000_000_000  # of all their tables; a core does some hundred million a second
FEWEST = 20  # training recordings, below which, if there are more, nothing is compared
AT_ONCE = 4_000_000  # cells of the tables that are in memory
BATCH, PADDED = 32, 1 << 22  # recordings whose bands are computed together, and samples, as if all were the longest


@dataclass(frozen=True)
class Nearest:
    """What the nearest training recordings say.

    Args:
        texts: a transcript of each recording that was asked for.
        known: how many training recordings were looked through.
    """

    texts: Sequence[str]
    known: int


def most_frequent(texts: Sequence[str]) -> str:
    """The most frequent transcript; of equally frequent ones the first in the order of letters.

    Example:
        >>> most_frequent(["yes", "no", "no", "go", "go"])
        'go'
    """
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text))


def nearest(train: Arrays, asked: Arrays, rate: int) -> Nearest | None:
    """The transcripts of the training recordings that are most similar to those asked for.

    Args:
        train, asked: with the columns "wave" (ragged, samples) and "text" (of `train`).
        rate: samples in a second.

    Returns:
        None where `CELLS` are too few for `FEWEST` training recordings: the recordings are too long, or too many are
        asked for.
    """
    number = affordable(moments(train, rate), moments(asked, rate))
    some = train.first(number)
    if number < min(FEWEST, len(train)) or not len(some):
        return None
    known, texts = list(bands_of(some, rate)), some.texts("text", np.arange(len(some)))
    found = [texts[int(distances(mel_TM, known).argmin())] for mel_TM in bands_of(asked, rate)]
    return Nearest(found, len(some))


def moments(arrays: Arrays, rate: int) -> np.ndarray:
    """How many moments each recording has."""
    frames_N = LogMel(rate, BANDS).frames_of(torch.from_numpy(arrays.lengths("wave"))).numpy()
    return -(-frames_N // JOINED)


def affordable(known_N: np.ndarray, asked_B: np.ndarray) -> int:
    """How many of some training recordings can be compared with each that is asked for.

    Args:
        known_N, asked_B: moments of each.

    Example:
        >>> affordable(np.full(100_000, 50), np.full(300, 50)), affordable(np.full(50, 50), np.full(300, 50))
        (1333, 50)
    """
    if not len(known_N) or not len(asked_B):
        return len(known_N)
    cells = float(known_N.mean()) * float(asked_B.sum())  # of one training recording's tables, on average
    return int(min(len(known_N), COMPARISONS // len(asked_B), CELLS // cells))


def bands_of(arrays: Arrays, rate: int) -> Iterator[np.ndarray]:
    """The bands of each recording, T×M: the means of `JOINED` frames, the last of which may be fewer."""
    layer = LogMel(rate, BANDS)
    for index_B in at_once(arrays.lengths("wave")):
        wave_BS, length_B = arrays.padded("wave", index_B)
        mel_BFM, frames_B = layer(torch.from_numpy(wave_BS), torch.from_numpy(length_B))
        for mel_FM, frames in zip(mel_BFM.numpy(), frames_B.tolist(), strict=True):
            starts_T = np.arange(0, frames, JOINED)
            count_T = np.minimum(starts_T + JOINED, frames) - starts_T
            yield np.add.reduceat(mel_FM[:frames], starts_T) / count_T[:, None].astype(np.float32)


def at_once(length_N: np.ndarray) -> Iterator[np.ndarray]:
    """The numbers of recordings whose bands are computed together, in their order; one that is too long is alone.

    Args:
        length_N: samples of each.

    Example:
        >>> [now.tolist() for now in at_once(np.array([PADDED // 2, 5, 5, PADDED, 9 * PADDED]))]
        [[0, 1], [2], [3], [4]]
    """
    first, longest = 0, 0
    for n, length in enumerate(length_N.tolist()):
        longest = max(longest, length)
        if n - first == BATCH or (n > first and (n - first + 1) * longest > PADDED):
            yield np.arange(first, n)
            first, longest = n, length
    if first < len(length_N):
        yield np.arange(first, len(length_N))


def distances(asked_TM: np.ndarray, known: Sequence[np.ndarray]) -> np.ndarray:
    """How far a recording is from each of N others, each U×M with a U of its own."""
    distance_N = np.empty(len(known))
    order_N = np.argsort([len(one) for one in known], kind="stable")  # tables of like size together
    first = 0
    while first < len(order_N):
        chosen, most = [], 0
        for n in order_N[first:].tolist():
            most = max(most, len(known[n]))
            if chosen and (len(chosen) + 1) * len(asked_TM) * (len(asked_TM) + most) > AT_ONCE:
                break
            chosen.append(n)
        distance_N[chosen] = warped_distances(asked_TM, [known[n] for n in chosen])
        first += len(chosen)
    return distance_N


def warped_distances(asked_TM: np.ndarray, known: Sequence[np.ndarray]) -> np.ndarray:
    """The same of recordings whose tables are in memory together, diagonal by diagonal, all N at once."""
    N, T, length_N = len(known), len(asked_TM), np.array([len(one) for one in known])
    U = int(length_N.max())
    known_NUM = np.zeros((N, U, asked_TM.shape[1]), np.float32)
    for n, one in enumerate(known):
        known_NUM[n, : len(one)] = one
    square_NUT = ((known_NUM**2).sum(2)[:, :, None] + (asked_TM**2).sum(1)) - 2 * known_NUM @ asked_TM.T
    cost_UNT = np.sqrt(np.maximum(square_NUT, 0)).transpose(1, 0, 2)

    # on diagonal d are the cells t + u = d; one more place before the first, where nothing comes from
    distance_N, place_T = np.empty(N), np.arange(T)
    before_NT1, last_NT1 = np.full((N, T + 1), np.inf, np.float32), np.full((N, T + 1), np.inf, np.float32)
    for d in range(T + U - 1):
        t_C = place_T[max(0, d - U + 1) : d + 1]  # the cells of this diagonal
        cost_NC = cost_UNT[d - t_C, :, t_C].T
        now_NT1 = np.full((N, T + 1), np.inf, np.float32)
        if d == 0:
            now_NT1[:, 1] = 2 * cost_NC[:, 0]
        else:
            straight_NC = np.minimum(last_NT1[:, t_C], last_NT1[:, t_C + 1]) + cost_NC
            now_NT1[:, t_C + 1] = np.minimum(straight_NC, before_NT1[:, t_C] + 2 * cost_NC)
        ends_N = length_N + T - 2 == d
        distance_N[ends_N] = now_NT1[ends_N, T] / (T + length_N[ends_N])
        before_NT1, last_NT1 = last_NT1, now_NT1
    return distance_N
