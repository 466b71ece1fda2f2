"""Choosing the next unit: each knob against a plain loop, and drawing against its probabilities."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from guina.decode import choose, discourage, narrow


def plain_narrow(p: list[float], top_k: int, top_p: float, min_p: float) -> list[float]:
    """By the definitions, one unit after the other."""
    order = sorted(range(len(p)), key=lambda i: -p[i])
    kept, together = [], 0.0
    for rank, i in enumerate(order):
        if rank and ((top_k and rank >= top_k) or together >= top_p or p[i] < min_p * p[order[0]]):
            break
        kept.append(i)
        together += p[i]
    total = sum(p[i] for i in kept)
    return [p[i] / total if i in kept else 0.0 for i in range(len(p))]


@given(
    st.lists(st.integers(1, 1000), min_size=2, max_size=12, unique=True),
    st.integers(0, 12),
    st.sampled_from([1.0, 0.9, 0.5, 0.01]),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_narrowing_is_its_definition(weights, top_k, top_p, min_p):
    p = torch.tensor(weights, dtype=torch.float64) / sum(weights)
    expected = plain_narrow(p.tolist(), top_k, top_p, min_p)
    np.testing.assert_allclose(narrow(p, top_k, top_p, min_p).numpy(), expected, atol=1e-12)


def test_discouraged_units_become_less_likely_whatever_their_sign():
    logits = torch.tensor([3.0, -1.0, 0.5, 2.0])
    after = discourage(logits, [0, 1, 0], 1.5)
    assert after.tolist() == pytest.approx([2.0, -1.5, 0.5, 2.0])
    assert discourage(logits, [0], 1.0) is logits
    assert discourage(logits, [], 2.0) is logits


def test_draws_have_the_probabilities_of_the_tempered_logits():
    logits, rng = torch.tensor([0.0, 1.0, 2.0]), torch.Generator().manual_seed(0)
    for temperature in (0.5, 1.0, 2.0):
        drawn = np.bincount([choose(logits, temperature, 0, 1.0, 0.0, rng) for _ in range(4000)], minlength=3) / 4000
        expected = (logits / temperature).softmax(0).numpy()
        np.testing.assert_allclose(drawn, expected, atol=0.03)


def test_a_temperature_of_zero_is_the_likeliest_and_narrowed_units_are_never_drawn():
    logits, rng = torch.tensor([0.1, 0.3, 0.2, -4.0]), torch.Generator().manual_seed(1)
    assert {choose(logits, 0.0, 0, 1.0, 0.0, rng) for _ in range(20)} == {1}
    assert {choose(logits, 1.0, 2, 1.0, 0.0, rng) for _ in range(200)} == {1, 2}
