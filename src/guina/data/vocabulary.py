"""Units of text: characters, bytes, pieces (BPE), words; made from the training split alone; any text can be encoded.

    char   every character of the training split; others are <unk>
    byte   the 256 bytes of UTF-8
    bpe    byte pairs (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909), on bytes, through `tokenizers`
    word   words with the space before them; what is not among the known ones is spelled by its characters

So that all compare, a unit knows how many characters it stands for.
"""

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from guina.errors import GuinaError

UNKNOWN = "\ufffd"  # how what is not known is written
PIECES = 4096  # of BPE
RUN = 64  # bytes without a space from which BPE takes them for several words: its learning goes by their length squared
LEARNED = 4_000_000  # characters that BPE learns from: what runs inside the library hears no signal for some seconds
WORDS = 8192
LONGEST = 64  # characters of a word
WORD = re.compile(r" ?[^\W\d_]+| ?\d+|\s+|[^\w\s]|_")
POINTS = 0x110000  # code points of Unicode


class Vocabulary(ABC):
    """Texts to unit numbers and back.

    Attributes:
        kind: "char", "byte", "bpe", "word".
        size: how many units there are.
        characters_V: how many characters each unit stands for.
        never: units that stand for what is not known, which no one wants to read.
    """

    kind: str
    size: int
    characters_V: np.ndarray
    never: tuple[int, ...] = ()

    @abstractmethod
    def encode(self, text: str) -> np.ndarray:
        """The units of a text, int64."""

    def encode_all(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The units of many texts."""
        return [self.encode(text) for text in texts]

    @abstractmethod
    def decode(self, units: Iterable[int]) -> str:
        """The text of some units."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What `restore` needs, as JSON."""

    def shown(self, unit: int) -> str:
        """One unit as people read it, white space made visible.

        Example:
            >>> Chars([chr(10), "a"]).shown(1), Chars([chr(10), "a"]).shown(2)
            ('↵', 'a')
        """
        return self.shown_all([unit])

    def shown_all(self, units: Sequence[int]) -> str:
        """Some units together: parts of a letter are one."""
        text = self.decode(units)
        return text.replace("\n", "↵").replace("\t", "⇥").replace(" ", "␣") or "∅"

    def unknown(self, text: str) -> list[str]:
        """The characters of a text that have no unit, each once."""
        return []


class Chars(Vocabulary):
    """Characters; number 0 is what the training split lacks.

    Example:
        >>> chars = Chars(["a", "b"])
        >>> chars.encode("abba?").tolist(), chars.decode([1, 2, 0])
        ([1, 2, 2, 1, 0], 'ab\ufffd')
    """

    kind = "char"
    never = (0,)

    def __init__(self, known: Sequence[str]) -> None:
        self.known = list(known)
        self.size = len(self.known) + 1
        self.characters_V = np.ones(self.size, np.int64)
        self._table = np.zeros(POINTS, np.int32)
        self._table[[ord(c) for c in self.known]] = np.arange(1, self.size)

    def encode(self, text: str) -> np.ndarray:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._table[points].astype(np.int64)

    def decode(self, units: Iterable[int]) -> str:
        return "".join(self.known[u - 1] if u else UNKNOWN for u in units)

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind, "known": "".join(self.known)}

    def unknown(self, text: str) -> list[str]:
        return [c for c in dict.fromkeys(text) if not self._table[ord(c)]]


class Bytes(Vocabulary):
    """Bytes of UTF-8.

    Example:
        >>> Bytes().encode("é").tolist(), Bytes().decode([195, 169]), Bytes().characters_V[[195, 169]].tolist()
        ([195, 169], 'é', [1, 0])
    """

    kind = "byte"
    size = 256

    def __init__(self) -> None:
        self.characters_V = np.array([first_bytes(bytes([b])) for b in range(256)])

    def encode(self, text: str) -> np.ndarray:
        return np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64)

    def decode(self, units: Iterable[int]) -> str:
        return bytes(units).decode("utf-8", "replace")

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind}


def first_bytes(data: bytes) -> int:
    """How many characters of UTF-8 begin in some bytes."""
    return sum(b & 0xC0 != 0x80 for b in data)


class Pieces(Vocabulary):
    """Byte pairs of the library `tokenizers`.

    Args:
        saved: its JSON.
    """

    kind = "bpe"

    def __init__(self, saved: str) -> None:
        tokenizers = library()
        self.saved = saved
        self.tokenizer = tokenizers.Tokenizer.from_str(saved)
        self.size = self.tokenizer.get_vocab_size()
        byte_of = {char: byte for byte, char in byte_alphabet().items()}
        pieces = [self.tokenizer.id_to_token(u) or "" for u in range(self.size)]
        self._bytes = [bytes(byte_of[c] for c in piece) for piece in pieces]
        self.characters_V = np.array([first_bytes(data) for data in self._bytes])

    def encode(self, text: str) -> np.ndarray:
        return np.array(self.tokenizer.encode(text).ids, np.int64)

    def encode_all(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.array(found.ids, np.int64) for found in self.tokenizer.encode_batch(list(texts))]

    def decode(self, units: Iterable[int]) -> str:
        return b"".join(self._bytes[u] for u in units).decode("utf-8", "replace")

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind, "saved": self.saved}


def byte_alphabet() -> dict[int, str]:
    """How byte-level BPE writes each byte as a printable character (GPT-2's table)."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in kept]
    return {b: chr(b) for b in kept} | {b: chr(256 + n) for n, b in enumerate(others)}


class Words(Vocabulary):
    """Words, and characters for what is no known word, so that every text has exactly one encoding.

    Example:
        >>> words = Words([" the", "the"], list("cat "))
        >>> [words.decode([u]) for u in words.encode("the cat")]
        ['the', ' ', 'c', 'a', 't']
    """

    kind = "word"
    never = (0,)

    def __init__(self, words: Sequence[str], known: Sequence[str]) -> None:
        self.words, self.chars = list(words), Chars(known)
        self.size = self.chars.size + len(self.words)
        self._number = {word: self.chars.size + n for n, word in enumerate(self.words)}
        self.characters_V = np.array([1] * self.chars.size + [len(word) for word in self.words])

    def encode(self, text: str) -> np.ndarray:
        units: list[int] = []
        for piece in WORD.findall(text):
            number = self._number.get(piece)
            units += self.chars.encode(piece).tolist() if number is None else [number]
        return np.array(units, np.int64)

    def decode(self, units: Iterable[int]) -> str:
        chars = self.chars.size
        return "".join(self.chars.decode([u]) if u < chars else self.words[u - chars] for u in units)

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind, "words": self.words, "known": "".join(self.chars.known)}

    def unknown(self, text: str) -> list[str]:
        return self.chars.unknown(text)


def make_vocabulary(kind: str, pieces: Iterable[str], size: int = PIECES) -> Vocabulary:
    """The vocabulary of a training text that comes in pieces.

    Args:
        size: how many units BPE makes, at most.

    Raises:
        GuinaError: the text is empty, or a library is missing.
    """
    if kind == "byte":
        return Bytes()
    if kind == "bpe":
        return Pieces(learn_pieces(first(pieces, LEARNED), size))
    chars: set[str] = set()
    words: Counter[str] = Counter()
    for piece in pieces:
        chars |= set(piece)
        if kind == "word":
            words.update(word for word in WORD.findall(piece) if len(word) <= LONGEST)
    if kind == "char":
        return Chars(sorted(chars))
    often = [word for word, n in words.most_common(WORDS) if n > 2 and 1 < len(word) <= LONGEST]
    return Words(sorted(often), sorted(chars))


def first(pieces: Iterable[str], most: int) -> Iterator[str]:
    """The first characters of a text that comes in pieces, at most so many.

    Example:
        >>> list(first(["abc", "def", "ghi"], 5))
        ['abc', 'de']
    """
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return


def learn_pieces(pieces: Iterable[str], size: int = PIECES) -> str:
    """The pairs of a text, as the library saves them; what comes but once is no pair."""
    tokenizers = library()
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = tokenizers.pre_tokenizers
    runs = split.Split(tokenizers.Regex(f".{{1,{RUN}}}"), "isolated")
    tokenizer.pre_tokenizer = split.Sequence([split.ByteLevel(add_prefix_space=False), runs])
    alphabet = sorted(byte_alphabet().values())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(pieces, trainer)
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False)


def restore(facts: dict[str, Any]) -> Vocabulary:
    """What `Vocabulary.facts` gave, in use again."""
    match facts["kind"]:
        case "char":
            return Chars(list(facts["known"]))
        case "byte":
            return Bytes()
        case "bpe":
            return Pieces(facts["saved"])
        case _:
            return Words(facts["words"], list(facts["known"]))


def library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise GuinaError(
            "--unit bpe needs the library tokenizers", "an installed tokenizers", 'pip install "guina[text]"'
        ) from None
    return tokenizers
