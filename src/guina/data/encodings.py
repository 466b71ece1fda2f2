"""What the bytes of a text file are: an encoding that is certain, none that is, or no text at all.

A byte order mark is certain. Without one, UTF-16 and UTF-32 show by their NULs: of the two byte orders the wrong one
gives characters that no text has. Everything else is UTF-8 or must be said; what it may be is only suggested.
"""

import codecs
import unicodedata

from guina.errors import GuinaError, did_you_mean

HEAD = 1 << 16  # bytes that are looked at
MARKS = {  # the longest first: that of UTF-32 begins like that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
KINDS = {  # how files begin that are no plain text
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a packed file, as .docx, .epub, .odt and .zip are",
    b"\xd0\xcf\x11\xe0": "a document of an old office program (.doc, .xls)",
    b"{\\rtf": "a document in RTF",
    b"\xff\xd8\xff": "a picture",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a packed file (.gz)",
    b"BZh": "a packed file (.bz2)",
    b"\xfd7zXZ": "a packed file (.xz)",
    b"7z\xbc\xaf": "a packed file (.7z)",
    b"Rar!": "a packed file (.rar)",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"RIFF": "sound, a film or a picture",
    b"OggS": "sound",
    b"fLaC": "sound",
    b"ID3": "sound",
    b"SQLite format": "a database",
    b"\x93NUMPY": "an array",
}
MARKS_OF_WEST = "“”„‘’‚…–—•«»‹›°§£€©®·¡¿½¼¾²³\xa0"


def recognise(head: bytes) -> tuple[str | None, str]:
    """The encoding of a file by its first bytes, and how it shows; ("", what it is instead) where it is no text.

    Returns:
        (None, "") where nothing speaks against the encoding that was asked for.

    Example:
        >>> recognise("no mark".encode("utf-16-le"))
        ('utf-16-le', 'UTF-16 without a mark to UTF-8')
        >>> recognise(b"plain"), recognise(b"%PDF-1.7")
        ((None, ''), ('', 'a PDF document'))
    """
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            how = "byte order mark dropped" if encoding == "utf-8-sig" else f"{encoding.upper()} to UTF-8"
            return encoding, how
    for beginning, kind in KINDS.items():
        if head.startswith(beginning):
            return "", kind
    if b"\0" not in head:
        return None, ""
    if head.count(0) < len(head) / 4 and as_text(head.replace(b"\0", b""), "utf-8"):
        return None, ""  # a text with NULs in it
    fitting = {encoding: text for encoding in WIDE if (text := as_text(head, encoding))}
    if not fitting:
        return "", "no text: it holds NUL bytes"
    best = max(fitting, key=lambda encoding: latin(fitting[encoding]))
    return best, f"{best[:6].upper()} without a mark to UTF-8"


def latin(text: str) -> float:
    """The share of characters that every language writes with: ASCII. In the wrong byte order there are few."""
    return sum(c < "\x80" for c in text) / len(text)


def as_text(head: bytes, encoding: str) -> str:
    """The head decoded, if it gives nothing that texts do not have; "" otherwise."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeError:
        return ""
    strange = sum(unicodedata.category(c) in ("Cn", "Co", "Cs", "Cc") and c not in "\t\n\r\f\v" for c in text)
    return "" if strange else text


def check_encoding(name: str) -> None:
    """Raise GuinaError unless there is an encoding of texts of that name."""
    try:
        known = codecs.lookup(name)._is_text_encoding and codecs.getincrementaldecoder(name) is not None
    except (LookupError, ValueError):  # ValueError: a name with a NUL
        known = False
    if not known:
        raise GuinaError(
            f"there is no encoding {name}",
            "a name such as utf-8, gb18030, big5, shift_jis, cp1252, utf-16-le",
            did_you_mean(name.lower(), ("utf-8", "gb18030", "big5", "shift_jis", "cp1252", "koi8-r", "utf-16-le")),
        )


def likely(head: bytes) -> list[str]:
    """What a text that is no UTF-8 may be encoded in: those that give letters of one language's common kind.

    Example:
        >>> likely("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。".encode("gbk"))
        ['gb18030']
        >>> likely("Grüße aus Köln".encode("cp1252"))
        ['cp1252']
    """
    found = []
    for encoding, (low, high, least) in TELLING.items():
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeError:
            continue
        others = [c for c in text if c > "\x7f"]
        common = sum(low <= c.encode(encoding, "ignore")[:1] <= high for c in others)
        if len(others) > 0.3 * sum(map(str.isalpha, text)) and common >= least * len(others):
            found.append(encoding)
    if not found and western(head):
        found.append("cp1252")
    return found


# encoding → the first bytes of its commonest characters, and the least share of the others than ASCII that they make
TELLING = {
    "euc_kr": (b"\xb0", b"\xc8", 0.9),
    "gb18030": (b"\xb0", b"\xd7", 0.7),
    "big5": (b"\xa4", b"\xc6", 0.85),
    "shift_jis": (b"\x81", b"\x83", 0.4),
    "cp1251": (b"\xe0", b"\xff", 0.7),
    "koi8-r": (b"\xc0", b"\xdf", 0.7),
}


def western(head: bytes) -> bool:
    """Whether bytes are Western European: few others than ASCII, and those letters or common marks."""
    try:
        others = [c for c in head.decode("cp1252") if c > "\x7f"]
    except UnicodeError:
        return False
    return len(others) < len(head) / 5 and all(c.isalpha() or c in MARKS_OF_WEST for c in others)


def beginning(head: bytes, encoding: str, start: int, most: int = 24) -> str:
    """What stands at a place of a text in some encoding, for people to judge by."""
    at = head.rfind(b"\n", 0, start) + 1
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head[at:])
    return " ".join(text.split())[:most]
