"""Words of a text in whatever language, without asking which; and the text that words make.

Where a script puts no spaces between words (Chinese, Japanese, Thai ...), every character counts as a word. What is
lost on the way is how much space there was, and on which side of a mark that may stand on both.
"""

import re
from collections.abc import Iterable

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
THAI, LAO = "\u0e01-\u0e3a\u0e40-\u0e4e", "\u0e80-\u0ece\u0edc-\u0edf"
TIBETAN, BURMESE, KHMER = "\u0f00-\u0fff", "\u1000-\u103f\u1050-\u109f\ua9e0-\ua9ef\uaa60-\uaa7f", "\u1780-\u17d3"
UNSPACED = HAN + KANA + THAI + LAO + TIBETAN + BURMESE + KHMER  # scripts without spaces between words
CLOSE = re.compile(f"[{UNSPACED}]")  # a character of theirs: each is a word
MARKS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u200c\u200d"  # of words
LETTER = f"(?:[^\\W{UNSPACED}]|[{MARKS}])"  # digits and _ too
WORD = re.compile(
    f"[{UNSPACED}]"
    f"|{LETTER}{{1,2}}['’](?={LETTER}{{2}})"  # the French l' and d'
    r"|\d+(?:[.,:]\d+)+"
    f"|{LETTER}+(?:[-'’]{LETTER}+)*(?:-(?=\\s))?"
    r"|\S"
)
WIDE = re.compile(f"[{UNSPACED}\u3000-\u303f\u30fb\uff01-\uff65]")  # has no space on either side
CLOSING, OPENING = set(".,;:!?%)]}»”…।/'’"), set("([{«“„¿¡$£€#@/")  # no space before these, after these


def words(text: str) -> list[str]:
    """The words of a text and its punctuation marks, in their order; together all that is no space.

    Example:
        >>> words("Two dogs' toys, “l'homme” — 我们 3.5!")
        ['Two', 'dogs', "'", 'toys', ',', '“', "l'", 'homme', '”', '—', '我', '们', '3.5', '!']
    """
    return WORD.findall(text)


def joined(words: Iterable[str]) -> str:
    """The text that words make, with spaces where they are usual.

    Example:
        >>> joined(["He", "said", '"', "l'", "homme", "!", '"', "(", "twice", ")", "."]), joined("我们 走 。".split())
        ('He said "l\\'homme!" (twice).', '我们走。')
    """
    made, before, opened = "", "", ""  # opened: the quotation mark that is to be closed by a sign that may open too
    for word in words:
        closes = word in CLOSING or (word, opened) in (('"', '"'), ("“", "„"))
        glued = closes or before in OPENING or before == opened != "" or (len(before) > 1 and before[-1] in "'’")
        wide = bool(WIDE.match(word) or WIDE.match(before[-1:]))
        made += word if not made or glued or wide else f" {word}"
        if word in ('"', "„", "“"):
            opened = "" if closes else word
        before = "”" if closes and word == "“" else word
    return made
