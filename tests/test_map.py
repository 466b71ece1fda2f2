"""docs/design.md is the map: every module of the rooms that it lists stands on it, and what stands on it is there."""

import re
from pathlib import Path

import pytest

import guina

SOURCE = Path(guina.__file__).parent
MAP = (Path(__file__).parents[1] / "docs" / "design.md").read_text("utf-8")
HOUSE = MAP[MAP.index("## The house") : MAP.index("### Three classes")]


@pytest.mark.parametrize("room", ["", "engine", "answering", "data"])
def test_every_module_of_a_room_stands_on_the_map(room: str) -> None:
    modules = {path.name for path in (SOURCE / room).glob("*.py")} - {"__init__.py", "__main__.py", "version.py"}
    assert {name for name in modules if f"`{name}`" not in HOUSE} == set()


def test_what_stands_on_the_map_is_there() -> None:
    there = {path.name for path in SOURCE.rglob("*.py")}
    assert {name for name in re.findall(r"`([a-z_]+\.py)`", HOUSE) if name not in there} == set()
    folders = set(re.findall(r"`([a-z]+)/`", HOUSE)) - {"tests", "bench", "docs", "assets", "model"}
    assert {name for name in folders if not (SOURCE / name).is_dir()} == set()
