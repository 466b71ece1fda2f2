"""BLEU and chrF against plain implementations and published examples; what cuts which language into words."""

import doctest
import math
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from guina import bleu as module
from guina.bleu import bleu, cautions, chrf, tokenizer_of
from guina.errors import GuinaError

WORDS = ["the", "a", "dog", "cat", "man", "sits", "runs", "on", "in", "red"]


def random_corpus(seed: int, n: int = 40) -> tuple[list[str], list[list[str]]]:
    """Sentences and one to three references of each, some of them near."""
    rng = np.random.default_rng(seed)
    texts, references = [], []
    for _ in range(n):
        words = list(rng.choice(WORDS, rng.integers(0, 12)))
        texts.append(" ".join(words))
        known = []
        for _ in range(rng.integers(1, 4)):
            near = [w if rng.random() < 0.7 else str(rng.choice(WORDS)) for w in words] + ["dog"] * rng.integers(0, 3)
            known.append(" ".join(near) or "cat")
        references.append(known)
    return texts, references


def plain_bleu(texts: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, list[float], float]:
    """Papineni et al. 2002, equations (1) to (3), smoothed as mteval-v13a does it; words are what spaces part."""
    right, said, length, reference_length = [0] * 4, [0] * 4, 0, 0
    for text, known in zip(texts, references, strict=True):
        words, others = text.split(), [reference.split() for reference in known]
        length += len(words)
        reference_length += min((abs(len(other) - len(words)), len(other)) for other in others)[1]
        for n in range(4):
            grams = [Counter(tuple(w[i : i + n + 1]) for i in range(len(w) - n)) for w in (words, *others)]
            said[n] += sum(grams[0].values())
            right[n] += sum(min(count, max(o[gram] for o in grams[1:])) for gram, count in grams[0].items())
    precisions, halves = [], 1.0
    for n in range(4):
        if right[n] == 0:
            halves *= 2
        precisions.append(100 * right[n] / said[n] if right[n] else 100 / (halves * said[n]))
    penalty = min(1.0, math.exp(1 - reference_length / length))
    return penalty * math.exp(sum(map(math.log, precisions)) / 4), precisions, penalty


def plain_chrf(texts: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Popović 2015: F of β = 2 of the mean precision and recall of 1- to 6-grams of characters, spaces left out."""

    def counts(text: str, known: str) -> np.ndarray:
        rows = []
        for n in range(1, 7):
            ours, theirs = (
                Counter(s[i : i + n] for i in range(len(s) - n + 1))
                for s in (t.replace(" ", "") for t in (text, known))
            )
            rows.append([sum(ours.values()) if theirs else 0, sum(theirs.values()), sum((ours & theirs).values())])
        return np.array(rows)

    def f(rows_63: np.ndarray) -> float:
        both = rows_63[(rows_63[:, 0] > 0) & (rows_63[:, 1] > 0)]
        precision, recall = ((both[:, 2] / both[:, k]).sum() / max(len(both), 1) for k in (0, 1))
        return 100 * 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0

    nearest = [max((counts(text, k) for k in known), key=f) for text, known in zip(texts, references, strict=True)]
    return f(np.sum(nearest, axis=0))


@pytest.mark.parametrize("seed", range(5))
def test_random_corpora_score_as_plain_implementations_say(seed: int) -> None:
    texts, references = random_corpus(seed)
    found, (score, precisions, penalty) = bleu(texts, references), plain_bleu(texts, references)
    assert found.score == pytest.approx(score, rel=1e-9)
    assert found.precisions == pytest.approx(precisions, rel=1e-9)
    assert found.brevity_penalty == pytest.approx(penalty, rel=1e-9)
    assert "nrefs:var|" in found.signature
    assert found.length == sum(len(text.split()) for text in texts)
    assert chrf(texts, references).score == pytest.approx(plain_chrf(texts, references), rel=1e-9)


def test_where_no_n_gram_is_right_the_precision_is_smoothed() -> None:
    texts, references = ["the dog sits on the red cat"], [["a dog runs on a red man"]]
    assert bleu(texts, references).score == pytest.approx(plain_bleu(texts, references)[0], rel=1e-9)


def test_papineni_s_examples_have_his_precisions() -> None:
    the = bleu(["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]])
    assert the.precisions[0] == pytest.approx(100 * 2 / 7)
    known = [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ]
    first = bleu(
        ["It is a guide to action which ensures that the military always obeys the commands of the party"], [known]
    )
    assert first.precisions[:2] == pytest.approx((100 * 17 / 18, 100 * 10 / 17))
    assert first.signature.startswith("nrefs:3|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_the_example_of_sacrebleu_has_its_published_score() -> None:
    texts = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
    references = [
        ["The dog bit the man.", "The dog had bit the man."],
        ["It was not unexpected.", "No one was surprised."],
        ["The man bit him first.", "The man had bitten the dog."],
    ]
    found = bleu(texts, references)
    assert round(found.score, 2) == 48.53
    assert [round(p, 1) for p in found.precisions] == [82.4, 50.0, 45.5, 37.5]
    assert (round(found.brevity_penalty, 3), found.length, found.reference_length) == (0.943, 17, 18)
    assert found.length_ratio == pytest.approx(17 / 18)


def test_chinese_is_cut_into_characters_and_as_western_text_it_scores_nothing() -> None:
    known = ["小猫在桌子上睡觉。", "他昨天买了三本新书。", "我们一起去公园散步。", "请把窗户打开一下。"]
    texts = ["小猫在桌子上吃饭。", "他昨天买了五本新书。", "我们一起去公园跑步。", "请把窗户关上一下。"]
    references = [[text] for text in known]
    apart = [" ".join(text) for text in texts]
    plain = plain_bleu(apart, [[" ".join(text)] for text in known])[0]
    assert tokenizer_of("zh", known) == "zh"
    assert bleu(texts, references, "zh").score == pytest.approx(plain, rel=1e-9)
    assert plain > 50
    assert "tok:zh" in bleu(texts, references, "zh").signature
    assert bleu(texts, references, "13a").score < 1


@pytest.mark.parametrize(
    ("target", "texts", "expected"),
    [
        ("en", ["Two dogs run."], "13a"),
        ("", ["Zwei Hunde rennen über die Straße."], "13a"),
        ("ru", ["Две собаки бегут."], "13a"),
        ("ar", ["كلبان يركضان"], "13a"),
        ("hi", ["दो कुत्ते दौड़ रहे हैं।"], "13a"),
        ("zh", ["两只狗在跑。"], "zh"),
        ("zh-CN", ["两只狗在跑。"], "zh"),
        ("zh_Hant", ["兩隻狗在跑。"], "zh"),
        ("Chinese (simplified)", ["两只狗在跑。"], "zh"),
        ("中文", ["两只狗在跑。"], "zh"),
        ("target_zho", ["两只狗在跑。"], "zh"),
        ("cmn", [], "zh"),
        ("answer", ["两只狗在跑。", "iPhone 手机很贵。"], "zh"),
        ("ja", ["犬が二匹走っている。"], "char"),
        ("ja", ["東京大学"], "char"),  # by its name: it might be Chinese
        ("", ["犬が二匹走っている。"], "char"),
        ("한국어", ["개 두 마리가 달린다."], "char"),
        ("b", ["개 두 마리가 달린다."], "char"),
        ("th", ["สุนัขสองตัวกำลังวิ่ง"], "char"),
        ("", ["ໝາສອງໂຕກຳລັງແລ່ນ"], "char"),
        ("", ["ខ្មែរកំពុងរត់"], "char"),
        ("my", ["ခွေးနှစ်ကောင်ပြေးနေသည်"], "char"),
        ("my", ["my dog runs"], "13a"),  # a name that is no language here
        ("en", ["I saw the sign 出口 in the station, and then we went on."], "13a"),
        ("", ["123", "4.5"], "13a"),
        ("", [], "13a"),
    ],
)
def test_the_tokenizer_is_the_target_language_s(target: str, texts: list[str], expected: str) -> None:
    assert tokenizer_of(target, texts) == expected
    if texts:
        assert bleu(texts, [[text] for text in texts], expected).sentences == len(texts)


def test_japanese_and_korean_have_their_own_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: name in ("MeCab", "ipadic", "mecab_ko"))
    assert tokenizer_of("ja", []) == "ja-mecab"
    assert tokenizer_of("ko", []) == "char"  # without its dictionary


def test_too_few_and_too_short_sentences_are_named() -> None:
    many = [f"this is sentence number {n}" for n in range(120)]
    assert cautions(bleu(many, [[text] for text in many])) == []
    words = [f"Zahl{n}" for n in range(120)]
    short = bleu(words, [[text] for text in words])
    assert short.score == 0
    assert cautions(short) == ["no translation here has four words: BLEU is 0 by definition; look at chrf"]
    assert chrf(words, [[text] for text in words]).score == pytest.approx(100)
    (said,) = cautions(bleu(many, [[text] for text in words]))
    assert "no reference here has four words" in said
    (said,) = cautions(bleu(words + many[:30], [[text] for text in words + many[:30]]))
    assert said.startswith("only 30 of 150 sentences")
    (said,) = cautions(bleu(many[:20], [[text] for text in many[:20]]))
    assert said.startswith("20 sentences are few")


@pytest.mark.parametrize("text", ["", "x"])
def test_nothing_said_is_worth_nothing_and_is_a_number(text: str) -> None:
    found = bleu([text], [["the cat sat on the mat"]])
    assert found.score == 0
    assert math.isfinite(found.length_ratio)
    assert chrf([text], [["the cat sat on the mat"]]).score == 0
    assert cautions(found)[0].startswith("no translation here has four words")


def test_a_missing_library_and_nothing_to_score_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GuinaError, match="nothing to score"):
        bleu([], [])
    with pytest.raises(GuinaError, match="nothing to score"):
        chrf([], [])
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(GuinaError, match="needs the library sacrebleu"):
        bleu(["a"], [["a"]])


def test_the_examples_are_right() -> None:
    assert doctest.testmod(module) == (0, 6)
