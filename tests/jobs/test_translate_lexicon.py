"""What pairs tell before any training: against a plain loop, and whether it finds translations."""

import math

import numpy as np
import pytest

from guina.data.arrays import Arrays
from guina.data.ragged import Ragged
from guina.jobs.translate import lexicon
from guina.jobs.translate.lexicon import lexical_embeddings


def pairs_of(sources: list[list[int]], targets: list[list[int]]) -> Arrays:
    sides = {"source": sources, "target": targets}
    columns = {side: Ragged.of([np.array(row) for row in rows], np.int32) for side, rows in sides.items()}
    return Arrays(columns, np.arange(len(sources)), [str(n) for n in range(len(sources))])


def drawn(pairs: int, words: int, seed: int = 0) -> tuple[list[list[int]], list[list[int]]]:
    """Sources of some words and their translations, n for n + words, in an order of their own; an end after each."""
    rng = np.random.default_rng(seed)
    sources, targets, end = [], [], 2 * words
    for _ in range(pairs):
        some = rng.integers(0, words, rng.integers(3, 7))
        sources.append([*some.tolist(), end])
        targets.append([*(rng.permutation(some) + words).tolist(), end])
    return sources, targets


def information(sources: list[list[int]], targets: list[list[int]], size: int) -> np.ndarray:
    """The positive pointwise mutual information by counting, less where two were seldom together."""
    found = np.zeros((size, size))
    for f in range(size):
        for e in range(size):
            with_f, with_e = (sum(unit in row for row in side) for unit, side in ((f, sources), (e, targets)))
            both = sum(f in a and e in b for a, b in zip(sources, targets, strict=True))
            if both >= lexicon.SEEN:
                pmi = math.log((both / len(sources)) / (with_f / len(sources) * with_e / len(sources)))
                found[f, e] = max(0.0, pmi) * min(1.0, both / lexicon.SURE)
    return found


def test_products_of_embeddings_are_the_information_that_counting_finds():
    """No unit is on both sides, and the width is enough for all that there is: up to a scale they are the same."""
    sources, targets = drawn(40, words=6)
    expected = information(sources, targets, 12)
    assert (expected > 0).sum() > 6
    embedding_VE = lexical_embeddings(pairs_of(sources, targets), 12, 16).astype(float)
    found = embedding_VE[:6] @ embedding_VE[6:].T
    scale = (found * expected[:6, 6:]).sum() / (expected**2).sum()
    assert scale > 0
    np.testing.assert_allclose(found / scale, expected[:6, 6:], atol=1e-4)


def test_a_unit_is_nearest_to_its_translation():
    words = 40
    embedding_VE = lexical_embeddings(pairs_of(*drawn(400, words)), 2 * words, 64)
    unit_VE = embedding_VE / np.linalg.norm(embedding_VE, axis=1, keepdims=True)
    cosine = unit_VE[:words] @ unit_VE[words:].T
    assert cosine.argmax(1).tolist() == list(range(words))
    assert cosine.argmax(0).tolist() == list(range(words))
    assert np.linalg.norm(embedding_VE, axis=1).mean() == pytest.approx(1, rel=1e-5)


def test_a_list_of_terms_is_a_dictionary_too():
    """One word a text, which is together with one other alone: as few counts as there can be."""
    words = 8
    sources, targets = [[n % words] for n in range(24)], [[words + n % words] for n in range(24)]
    embedding_VE = lexical_embeddings(pairs_of(sources, targets), 2 * words, 32)
    np.testing.assert_allclose(embedding_VE @ embedding_VE.T, np.tile(np.eye(words), (2, 2)), atol=1e-5)


def test_the_same_pairs_give_the_same_to_the_bit():
    one, two = (lexical_embeddings(pairs_of(*drawn(100, 30)), 60, 16) for _ in range(2))
    assert one.dtype == np.float32
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_hardly_any_pairs_are_no_failure(pairs: int):
    embedding_VE = lexical_embeddings(pairs_of(*drawn(pairs, 5)), 10, 16)
    assert embedding_VE.shape == (10, 16)
    assert np.isfinite(embedding_VE).all()
    assert embedding_VE.any() or pairs < lexicon.SEEN or not information(*drawn(pairs, 5), 10).any()


def test_a_vocabulary_smaller_than_the_width_leaves_the_rest_empty():
    embedding_VE = lexical_embeddings(pairs_of(*drawn(100, 5)), 10, 128)
    assert embedding_VE.shape == (10, 128)
    assert embedding_VE.any(1).all()
    assert not embedding_VE[:, 9:].any()


def test_units_beyond_the_vocabulary_and_units_twice_in_a_text_tell_nothing():
    sources, targets = drawn(100, 10)
    plain = lexical_embeddings(pairs_of(sources, targets), 20, 16)
    twice = pairs_of([row + row + [25] for row in sources], [row * 3 for row in targets])
    np.testing.assert_allclose(lexical_embeddings(twice, 20, 16), plain, atol=1e-5)


def test_texts_without_a_unit_are_no_failure():
    sources, targets = drawn(50, 5)
    found = lexical_embeddings(pairs_of([*sources, [], [3]], [*targets, [7], []]), 10, 16)
    assert np.isfinite(found).all()
