"""What is swapped: KEY=A,B,C from the command line to the settings of each run, several keys to their grid."""

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import pairwise, product
from typing import Any, get_type_hints

from guina.errors import GuinaError, did_you_mean

MOST = 64  # settings of a grid


def read_swaps(words: Sequence[str]) -> dict[str, list[str]]:
    """KEY=A,B,C words as key → values.

    Raises:
        GuinaError: a word of another form, a value that is missing, or a key that is named twice.

    Example:
        >>> read_swaps(["loss=hinge,relativistic", "d.activation=relu-tanh-relu"])
        {'loss': ['hinge', 'relativistic'], 'd.activation': ['relu-tanh-relu']}
    """
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, values = word.partition("=")
        parts = [value.strip() for value in values.split(",")]
        if not equals or not key or not all(parts):
            raise GuinaError(f"--swap {word}", "KEY=A,B,C: what to swap, and its values", "such as --swap loss=hinge")
        if key in found:
            raise GuinaError(f"--swap {key} is there twice", "each key once", f"--swap {key}={','.join(found[key])},…")
        found[key] = parts
    return found


def grid(swaps: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every combination of the values.

    Raises:
        GuinaError: there are too many to be looked at.

    Example:
        >>> grid({"a": ["1", "2"], "b": ["x"]})
        [{'a': '1', 'b': 'x'}, {'a': '2', 'b': 'x'}]
    """
    settings = [dict(zip(swaps, values, strict=True)) for values in product(*swaps.values())]
    if len(settings) > MOST:
        raise GuinaError(f"{len(settings)} settings", f"at most {MOST}", "swap fewer things at once")
    return settings


def keys_of(kind: type) -> dict[str, Any]:
    """What can be swapped, as the user writes it: key → the type of its values."""
    hints = get_type_hints(kind)
    return {field.name.replace("_", "."): hints[field.name] for field in fields(kind)}


def settings_with(kind: type, swap: Mapping[str, str]) -> Any:
    """An experiment's settings with some of them swapped.

    Raises:
        GuinaError: there is no such key, or a value of another type.
    """
    types = keys_of(kind)
    values: dict[str, Any] = {}
    for key, text in swap.items():
        dotted = key.replace("_", ".")
        if dotted not in types:
            raise GuinaError(f"there is nothing called {key} to swap", mend=did_you_mean(dotted, types))
        values[dotted.replace(".", "_")] = convert(key, text, types[dotted])
    return kind(**values)


def convert(key: str, text: str, kind: Any) -> Any:
    """A value from its text."""
    if kind is bool:
        words = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
        if text.lower() not in words:
            raise GuinaError(f"{key} {text}", "on or off", f"--swap {key}=on, or {key}=off")
        return words[text.lower()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise GuinaError(
                f"{key} {text}", f"{'a whole number' if kind is int else 'a number'}", f"--swap {key}=1"
            ) from None
    return text


def sentences(kind: type) -> dict[str, str]:
    """What stands below each field of a settings dataclass, by key; a field that is given another default keeps what
    its base class says.
    """
    found: dict[str, str] = {}
    for part in reversed([part for part in kind.__mro__ if is_dataclass(part)]):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        assert isinstance(tree, ast.ClassDef), "the source of a class"
        for field, below in pairwise(tree.body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
            ):
                assert isinstance(field.target, ast.Name), "a field of a dataclass has a name"
                found[field.target.id.replace("_", ".")] = " ".join(str(below.value.value).split())
    return found


def described(kind: type) -> str:
    """What can be swapped, a line each: key, default, sentence."""
    told, defaults = sentences(kind), kind()
    width = max(map(len, keys_of(kind)))
    lines = [
        f"  {key:<{width}}  {as_text(getattr(defaults, key.replace('.', '_'))):<16}  {told.get(key, '')}"
        for key in keys_of(kind)
    ]
    return "\n".join(lines)


def as_text(value: object) -> str:
    """A default as the command line takes it."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
