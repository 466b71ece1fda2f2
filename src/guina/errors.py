"""The exception that is meant for the person at the keyboard, and one kind of it."""

from collections.abc import Iterable
from difflib import get_close_matches

DAMAGED = "copy it again from where it came, or train anew"  # how files of ours are mended that are not as they were


class GuinaError(Exception):
    """Something the user can mend: what happened, what was expected, how to mend it.

    Args:
        what: what happened, with the file, line or value in question.
        expected: what guina needed instead.
        mend: what to do now.

    Example:
        >>> print(GuinaError("photos/ is empty", "a folder of pictures", "check the path"))
        photos/ is empty
          expected: a folder of pictures
          to mend:  check the path
    """

    def __init__(self, what: str, expected: str = "", mend: str = "") -> None:
        self.what, self.expected, self.mend = what, expected, mend
        lines = [what]
        if expected:
            lines.append(f"  expected: {expected}")
        if mend:
            lines.append(f"  to mend:  {mend}")
        super().__init__("\n".join(lines))

    @property
    def line(self) -> str:
        """The same in a line, as of one input of many.

        Example:
            >>> GuinaError("a.png has no hole", mend="name one").line
            'a.png has no hole; name one'
        """
        expected = f": expected {self.expected}" if self.expected else ""
        return f"{self.what}{expected}{f'; {self.mend}' if self.mend else ''}"


class NoRoom(GuinaError):
    """A disk is full."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A question that names the closest choice, or the list of all of them.

    Example:
        >>> did_you_mean("clasify", ["classify", "write"])
        'did you mean classify?'
        >>> did_you_mean("xyz", ["classify", "write"])
        'choose one of classify, write'
    """
    choices = list(choices)
    close = get_close_matches(word, choices, n=1)
    return f"did you mean {close[0]}?" if close else f"choose one of {', '.join(choices)}"
