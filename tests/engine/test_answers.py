"""An error where no input could be read, and no answer held back for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from guina.engine.answers import unless_none_was_read

from guina import GuinaError


def answers(*errors: str, drawn: list[int]) -> Iterator[dict[str, Any]]:
    for n, error in enumerate(errors):
        drawn.append(n)
        yield {"input": f"{n}.jpg"} | ({"error": error} if error else {"answer": "cat"})


def test_answers_come_as_they_are_made():
    drawn: list[int] = []
    stream = unless_none_was_read(answers("zero bytes", "", "not there", drawn=drawn))
    assert next(stream)["error"] == "zero bytes"
    assert drawn == [0]
    assert [answer["input"] for answer in stream] == ["1.jpg", "2.jpg"]


def test_when_none_could_be_read_the_reasons_are_named_at_the_end():
    stream = unless_none_was_read(answers("zero bytes", "not there", "zero bytes", drawn=[]))
    for _ in range(3):
        next(stream)
    with pytest.raises(GuinaError, match=r"none of 3 inputs .* 2 × zero bytes \(0\.jpg\); 1 × not there \(1\.jpg\)"):
        next(stream)


def test_no_answer_at_all_is_an_error():
    with pytest.raises(GuinaError, match="there are no inputs"):
        list(unless_none_was_read([]))
