"""Prompts: a text that was typed, as it would stand in a file that was read (see text.py)."""

import unicodedata


def as_read(text: str) -> str:
    """A prompt as it would stand in a text that was read: composed, LF at line ends, and � for what is no character.

    Example:
        >>> as_read("Cafe" + chr(0x301) + chr(13) + chr(10)), as_read(chr(0xdce9))
        ('Café\\n', '�')
    """
    text = text.encode("utf-8", "surrogateescape" if can_escape(text) else "replace").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def can_escape(text: str) -> bool:
    """Whether what is no character in a text are bytes that Python has kept."""
    return all("\udc80" <= c <= "\udcff" for c in text if "\ud800" <= c <= "\udfff")
