"""Answers on their way to a person: as they come, and an error at the end where no input could be read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from guina.errors import GuinaError

SHOWN = 3  # reasons that the error names


def unless_none_was_read(answers: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same answers, none held back.

    Raises:
        GuinaError: at the end, where each of them says what is wrong with its input, or there is none.

    Example:
        >>> answers = unless_none_was_read([{"input": "a.jpg", "error": "zero bytes"}])
        >>> next(answers)["error"]
        'zero bytes'
    """
    wrong: Counter[str] = Counter()
    example: dict[str, Any] = {}
    read = False
    for answer in answers:
        if "error" in answer:
            wrong[answer["error"]] += 1
            example.setdefault(answer["error"], answer["input"])
        else:
            read = True
        yield answer
    if not read:
        reasons = "; ".join(f"{n} × {why} ({example[why]})" for why, n in wrong.most_common(SHOWN))
        raise GuinaError(
            f"none of {wrong.total()} inputs could be read: {reasons}" if wrong else "there are no inputs",
            "at least one that can be answered",
            "check the paths, and what the files are",
        )
