"""Errors that the user can mend say how: every one of them, wherever it is raised."""

import ast
from pathlib import Path

import pytest

import guina
from guina.errors import GuinaError, did_you_mean

SOURCES = sorted(Path(guina.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_error_says_how_it_is_mended(path):
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "GuinaError":
            mends = [*call.args[2:], *(word.value for word in call.keywords if word.arg == "mend")]
            assert len(mends) == 1, f"{path}:{call.lineno} says no mend"
            empty = isinstance(mends[0], ast.Constant) and not mends[0].value
            assert not empty, f"{path}:{call.lineno} has an empty mend"


def test_the_three_parts_are_lines():
    assert str(GuinaError("it broke", "a whole", "mend it")).splitlines() == [
        "it broke",
        "  expected: a whole",
        "  to mend:  mend it",
    ]


def test_the_closest_choice_is_named_or_all_of_them():
    assert did_you_mean("wrte", ["classify", "write"]) == "did you mean write?"
    assert did_you_mean("zzz", ["classify", "write"]) == "choose one of classify, write"
