"""Labels as the names of classes: the one rule for folders, tables, arrays and the hub.

1, 1.0 and "1" are one class, 01 is another; names that differ only in how their letters are encoded are one. Nothing
else of a name is touched but the spaces around it.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from guina.errors import GuinaError

INTEGRAL = re.compile(r"^(-?(?:0|[1-9][0-9]*))\.0+$")  # a number of a class, as floats write it
NUMBER = re.compile(r"^[-+]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][-+]?[0-9]+)?$")
NOTHING = ("nan", "na", "n/a", "<na>", "null", "none", "nil", "#n/a")  # how tools write that there is no value
EXACT = 2**53  # up to which a float is the whole number that it looks like


def class_name(label: Any) -> str:
    r"""A label as the name of its class: 3.0 and "3.0" are 3, "03" is another; bytes are UTF-8; "" is no label.

    Example:
        >>> [class_name(x) for x in (np.float32(3), "3.0", "03", np.bool_(True), np.float64(1.5), b"caf\xc3\xa9")]
        ['3', '3', '03', 'True', '1.5', 'café']
        >>> [class_name(x) for x in (None, float("nan"), " cat ", "cafe\u0301", True, "1e0", -0.0)]
        ['', '', 'cat', 'café', 'True', '1e0', '0']
    """
    if label is None:
        return ""
    if isinstance(label, (float, np.floating)):
        number = float(label)
        if math.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < EXACT else str(label)
    if isinstance(label, bytes):
        # a name that is no UTF-8 keeps its bytes apart from others, and can be printed
        return class_name(label.decode("utf-8", "backslashreplace"))
    text = readable(str(label))
    text = unicodedata.normalize("NFC", text.strip())
    text = INTEGRAL.sub(r"\1", text)
    return "0" if text == "-0" else text


def readable(text: str) -> str:
    r"""A text that can be printed and saved: bytes of a file's name that are no UTF-8, and half an emoji, written out.

    Example:
        >>> readable("caf\udce9"), readable("cat\ud83d")
        ('caf\\xe9', 'cat\\ud83d')
    """
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def how_named(label: str, name: str) -> str:
    """What became of a label on its way to the name of its class, in words; "": nothing but spaces were left out."""
    bare = label.strip()
    if bare == name:
        return ""
    if readable(bare) != bare:
        return "a label with characters that are none, written out"
    if INTEGRAL.match(bare):
        return "a label that is a whole number written with a point: 1.0 is 1"
    return "a label in another Unicode form, composed"


def says_nothing(label: str) -> bool:
    """Whether a label is how some tool writes that there is none."""
    return label.lower() in NOTHING


def without_missing(labels: Sequence[str]) -> list[str]:
    """Labels without NaN, null, None … where all others are numbers; elsewhere these are words like others.

    Example:
        >>> without_missing(["1", "nan", "2"]), without_missing(["None", "cat"])
        (['1', '', '2'], ['None', 'cat'])
    """
    others = {label for label in set(labels) if label and not says_nothing(label)}
    if not others or not all(NUMBER.match(label) for label in others):
        return list(labels)
    return ["" if says_nothing(label) else label for label in labels]


def check_classes(classes: Sequence[str], where: object, least: int = 2) -> None:
    """Raise GuinaError unless there are enough classes, and their names differ in more than capitals and spaces."""
    if len(classes) < least:
        raise GuinaError(
            f"{where} has {len(classes)} class{'' if len(classes) == 1 else 'es'}"
            + (f" ({classes[0]})" if classes else ""),
            f"at least {'two classes' if least > 1 else 'one class'}, each a folder of pictures",
            "add a folder of pictures that are something else" if classes else "put the pictures into class folders",
        )
    folded: dict[str, str] = {}
    for name in classes:
        other = folded.setdefault(" ".join(unicodedata.normalize("NFC", name.casefold()).split()), name)
        if other != name:
            same = other.casefold() == name.casefold()
            raise GuinaError(
                f"classes {other} and {name} differ only in {'capitals' if same else 'spaces'}",
                "one folder a class",
                "merge or rename them",
            )
