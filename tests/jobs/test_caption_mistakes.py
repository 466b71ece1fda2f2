"""How captions go wrong: words that are never said beside a plain count, average precision beside scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from guina.jobs.caption.mistakes import average_precision, never_said, said_too_often, shares


def test_words_that_are_never_said_are_those_of_a_plain_count():
    references = [["a red dog", "the red dog"], ["a red cat", "a red cat"], ["a dog", "a bird"]]
    texts = ["a dog", "a dog", "a dog"]
    share = shares(references)
    assert share["red"] == pytest.approx(2 / 3)
    assert share["a"] == pytest.approx((0.5 + 1 + 1) / 3)
    (table,) = never_said(texts, references, {"red": 7})
    assert [list(row) for row in table.rows] == [["red", 2, "66.7%", 7]], "a word of one picture says nothing"
    assert table.says.startswith("Of 3 words that people say of 2 or more of these 3 pictures, it says 1 of none")
    (often,) = said_too_often(texts, references)
    assert [list(row) for row in often.rows] == [["dog", "100.0%", "50.0%"]]
    assert not list(never_said(["a red dog"] * 3, references, {}))
    assert not list(said_too_often(["", "", ""], references))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=12, unique_by=lambda pair: pair[0]))
@settings(deadline=None)
def test_average_precision_is_that_of_scikit_learn(pairs):
    p_N, right_N = np.array([p for p, _ in pairs]), np.array([right for _, right in pairs])
    found = average_precision(p_N, right_N)
    assert np.isnan(found) if not right_N.any() else found == pytest.approx(average_precision_score(right_N, p_N))
