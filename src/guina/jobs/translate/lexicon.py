"""Embeddings that know from the start which units go together: what the training pairs tell before any training.

A unit of the source and one of the target that are in the same pairs oftener than by chance are likely translations of
each other. That is what their pointwise mutual information says,

    PMI(f, e) = log( p(f, e) / (p(f) p(e)) )          over pairs of texts

and the best factors of the matrix of its positive values are embeddings u_f, v_e whose product is near it (Levy &
Goldberg 2014, "Neural word embedding as implicit matrix factorization"; Turney & Pantel 2010,
https://arxiv.org/abs/1003.1141, section 4.2). A writer that begins with them, and whose output begins as what it looks
at, says the words that go with the source before it has learned anything; what it has to learn is where to look.

Axes: N pairs, V units of the vocabulary, E embedding.
"""

from typing import Any

import numpy as np

from guina.data.arrays import Arrays

MOST = 50_000  # pairs that are counted
SEEN = 2  # pairs in which two units must be together
SURE = 3  # pairs from which on their information counts in full


def lexical_embeddings(arrays: Arrays, size: int, width: int) -> np.ndarray:
    """The embeddings of units by the pairs that they are in, V×E float32: of length 1 on average, 0 of units that tell
    nothing.

    A unit that both sides use has the mean of both roles' embeddings, by how often it has which.

    Args:
        arrays: with the ragged columns "source" and "target".
        size: V; units from there on are left out.
    """
    from sklearn.utils.extmath import randomized_svd

    some = arrays.first(MOST)
    source_NV, target_NV = (presence(some, side, size) for side in ("source", "target"))
    together = (source_NV.T @ target_NV).tocoo()
    source_V, target_V = (np.asarray(there.sum(0)).ravel() for there in (source_NV, target_NV))
    f, e, count = together.row, together.col, together.data
    pmi = np.log(count * len(some) / (source_V[f] * target_V[e])) * np.minimum(1.0, count / SURE)
    kept = (pmi > 0) & (count >= SEEN)
    if not kept.any():
        return np.zeros((size, width), np.float32)
    rank = min(width, size - 1)
    left_VR, strength_R, right_RV = randomized_svd(
        sparse((pmi[kept], (f[kept], e[kept])), (size, size)), rank, random_state=0
    )
    share_V1 = (source_V / np.maximum(source_V + target_V, 1))[:, None]
    found_VR = (share_V1 * left_VR + (1 - share_V1) * right_RV.T) * strength_R**0.5
    embedding_VE = np.zeros((size, width), np.float32)
    embedding_VE[:, :rank] = found_VR / np.linalg.norm(found_VR, axis=1).mean()
    return embedding_VE


def presence(arrays: Arrays, side: str, size: int) -> Any:
    """Which units are in each text of a side: a sparse matrix N×V of ones and zeros."""
    units = arrays.values(side, np.arange(len(arrays)))
    pair_U = np.repeat(np.arange(len(units)), [len(row) for row in units])
    flat_U = np.concatenate(units)
    known_U = flat_U < size
    there = sparse((np.ones(known_U.sum(), np.float32), (pair_U[known_U], flat_U[known_U])), (len(units), size))
    there.data[:] = 1.0  # a unit that is there twice counts once
    return there


def sparse(entries: Any, shape: tuple[int, int]) -> Any:
    """A sparse matrix of (value, (row, column)); what is named twice is added up."""
    from scipy.sparse import csr_matrix

    return csr_matrix(entries, shape=shape)
