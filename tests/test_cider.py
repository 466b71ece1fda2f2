"""CIDEr-D against hand-computed vectors, the paper's equations in plain loops, and what coco-caption computes."""

import doctest
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guina import cider as module
from guina.cider import Documents, agreement, cautions, cider_d, consensus, grams, nearness, vectors, words
from guina.errors import GuinaError

WORDS = ["a", "the", "dog", "cat", "man", "sits", "runs", "on", "in", "red"]
CAPTION = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
CORPUS = st.lists(st.tuples(CAPTION, st.lists(CAPTION, min_size=1, max_size=4)), min_size=1, max_size=6)
# the first captions of some pictures of Flickr8k's development split (Hodosh, Young & Hockenmaier 2013)
FLICKR = [
    [
        "the boy laying face down on a skateboard is being pushed along the ground by another boy .",
        "Two girls play on a skateboard in a courtyard .",
        "two young children on a skateboard going across a sidewalk",
    ],
    [
        "a boy in a blue top is jumping off some rocks in the woods .",
        "A boy jumps off a tan rock .",
        "Child in blue and grey shirt jumping off hill in the woods",
    ],
    [
        "A small tan and white dog and trainer running an obstacle course",
        "A woman is guiding a brown dog around an obstacle course",
    ],
    [
        "a big black dog jumps in the air to catch the tennis ball in his mouth .",
        "A white dog watching a black dog in the air .",
    ],
    ["A dog looks at another dog catching a ball in the air"],
    ["A woman is leading the dog"],
]


def plain(text: str, known: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """One picture's CIDEr-D by Vedantam et al. 2015, equations (1), (2) and that of the variant D, in plain loops."""

    def counts(said: str, n: int) -> Counter[tuple[str, ...]]:
        cut = said.split()
        return Counter(tuple(cut[k : k + n]) for k in range(len(cut) - n + 1))

    def g(said: str, n: int) -> dict[tuple[str, ...], float]:
        having = {gram: sum(any(counts(s, n)[gram] for s in some) for some in references) for gram in counts(said, n)}
        return {gram: h * math.log(len(references) / max(1, having[gram])) for gram, h in counts(said, n).items()}

    total = 0.0
    for n in (1, 2, 3, 4):
        for s in known:
            c_n, s_n = g(text, n), g(s, n)
            norms = math.sqrt(sum(x * x for x in c_n.values())) * math.sqrt(sum(x * x for x in s_n.values()))
            dot = sum(min(x, s_n[gram]) * s_n[gram] for gram, x in c_n.items() if gram in s_n)
            apart = sum(counts(text, 2).values()) - sum(counts(s, 2).values())
            total += 10 / len(known) / 4 * math.exp(-(apart**2) / 72) * (dot / norms if norms else 0)
    return total


def test_vectors_that_were_computed_by_hand() -> None:
    """With two pictures, what one has alone weighs log 2, "a" nothing."""
    references = [["a cat"], ["a dog"]]
    found = cider_d(["a cat", "dog dog"], references)
    # words and bigrams are right, longer n-grams there are none; 1 · 1 / (2 · 1) of the words, no bigram
    assert found.each_N == pytest.approx([10 * 2 / 4, 10 * 0.5 / 4])
    assert found.score == pytest.approx(3.125)
    # (1, 3 x) beside (1): 1/√10; three bigrams beside one: exp(−2²/72)
    one = cider_d(["cat x x x", "a"], references).each_N
    assert one == pytest.approx([10 / 4 / math.sqrt(10) * math.exp(-4 / 72), 0])
    every = vectors(["dog dog", "dog"], Documents.of(references))
    near_CR = nearness(every, every)  # clipping is not alike on both sides: min(2, 1) · 1 / 2, min(1, 2) · 2 / 2
    assert near_CR == pytest.approx(np.array([[5, 1.25], [2.5, 2.5]]) * np.exp([[0, -1 / 72], [-1 / 72, 0]]))


@settings(deadline=None, max_examples=60)
@given(CORPUS)
def test_any_corpus_scores_as_the_equations_say(corpus: list[tuple[str, list[str]]]) -> None:
    texts, references = [text for text, _ in corpus], [known for _, known in corpus]
    found = cider_d(texts, references)
    assert found.each_N == pytest.approx([plain(text, known, references) for text, known in corpus], abs=1e-9)
    assert found.score == pytest.approx(found.each_N.mean())
    assert found.pictures == len(corpus)
    assert (found.each_N >= 0).all()
    assert (found.each_N <= 10 + 1e-9).all()


def test_coco_caption_s_scores() -> None:
    """The values are those of CiderScorer(n=4, sigma=6.0) of pycocoevalcap 1.2, given these words joined by spaces.

    On 500 captions of Flickr8k's development split, drawn at random, both agreed in each to 2e-15.
    """
    texts = [
        "Two children play on a skateboard .",
        "A boy jumps off a rock in the woods",
        "a dog a dog a dog and an obstacle course course",
        "A black dog in the air .",
        "dog",
        "A woman is leading the dog",
    ]
    found = cider_d(texts, FLICKR)
    published = [2.1831916026, 2.7648885436, 1.8929090214, 2.9993191179, 0.1005415273, 10.0]
    assert found.each_N == pytest.approx(published, abs=1e-9)
    assert found.score == pytest.approx(3.3234749687914715, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(CORPUS, st.randoms())
def test_the_order_of_references_and_pictures_does_not_matter(corpus, random) -> None:
    mixed = [(text, random.sample(known, len(known))) for text, known in corpus]
    random.shuffle(mixed)
    texts, references = ([one[k] for one in mixed] for k in (0, 1))
    straight = cider_d([text for text, _ in corpus], [known for _, known in corpus])
    assert cider_d(texts, references).score == pytest.approx(straight.score, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(CAPTION, min_size=1, max_size=5), CAPTION)
def test_a_picture_s_own_only_reference_scores_ten(others: list[str], text: str) -> None:
    """A quarter for each n of which the text has an n-gram that is not in every picture: the words "one" … "four"."""
    text = f"{text} one two three four"
    found = cider_d([text, *others], [[text], *([other] for other in others)])
    assert found.each_N[0] == pytest.approx(10)


@settings(deadline=None, max_examples=40)
@given(CAPTION, st.integers(1, 6))
def test_saying_a_right_word_again_never_helps(text: str, again: int) -> None:
    """Counts are clipped to the reference's, lengths are held against it: that is why there is a variant D."""
    references = [[f"{text} zebra grazes here now"], ["a dog runs"], ["the cat sits"]]
    scores = [
        cider_d([f"{text} zebra grazes here now{' zebra' * n}", "a", "the"], references).each_N[0]
        for n in (0, again, again + 1)
    ]
    assert scores[0] == pytest.approx(10)
    assert scores[0] > scores[1] > scores[2]


def test_consensus_is_the_mean_beside_the_others() -> None:
    captions = [caption for known in FLICKR for caption in known]
    among = Documents.of(FLICKR)
    every = vectors(captions, among)
    near_CR = nearness(every, every)
    assert near_CR.diagonal() == pytest.approx(np.full(len(captions), 10))
    alone = [[cider_d([c], [[r]], among).score for r in captions] for c in captions]
    assert near_CR == pytest.approx(np.array(alone))
    others = [np.delete(row, k).mean() for k, row in enumerate(near_CR)]
    assert consensus(captions, captions, among) == pytest.approx(others)
    assert agreement(every, every) == pytest.approx(others)
    assert agreement(every[2:5], every) == pytest.approx(others[2:5])
    assert agreement(every[np.array([7, 3])], every) == pytest.approx([others[7], others[3]])


def test_a_candidate_is_left_out_once_however_it_is_written() -> None:
    among = Documents.of(FLICKR)
    known = ["A boy jumps off a rock", "a boy jumps off a rock.", "two girls play"]
    assert consensus(["a boy jumps, off a rock"], known, among) == pytest.approx([5])
    assert consensus(["two girls play"], known, among) == pytest.approx([0])
    new = "a boy jumps off a tree"
    expected = np.mean([cider_d([new], [[text]], among).score for text in known])
    assert consensus([new], known, among) == pytest.approx([expected])
    assert consensus(["a dog"], ["a dog"], among).tolist() == [0]
    assert consensus(["a dog"], [], among).tolist() == [0]
    assert consensus([], known, among).tolist() == []


def test_what_one_picture_has_weighs_as_what_none_has() -> None:
    found = Documents.of([["a dog", "a dog runs"], ["a cat"], ["the cat"]])
    assert (found.pictures, dict(found.counts)) == (3, {"a": 2, "cat": 2})
    assert found.idf("runs") == found.idf("unicorn") == pytest.approx(math.log(3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two girls, play . . . on “a skateboard” !", "two girls play on a skateboard"),
        ("A man’s well-known t-shirt -- see # 3.5 …", "a man's well-known t-shirt see 3.5"),
        ("the man 's dog- and_cat_", "the man s dog and_cat"),
        ("un homme à l'écran", "un homme à l' écran"),
        ("Zwei Hunde: ÄPFEL", "zwei hunde äpfel"),
        ("两只狗,在雪地里。", "两 只 狗 在 雪 地 里"),
        ("犬が走る!", "犬 が 走 る"),
        ("दो कुत्ते।", "दो कुत्ते"),
        (" \u200b _ - ` ", ""),
    ],
)
def test_words_are_in_small_letters_and_without_punctuation(text: str, expected: str) -> None:
    assert words(text) == expected.split()


def test_n_grams_are_counted() -> None:
    assert [dict(counts) for counts in grams(list("ababa"))] == [
        {"a": 3, "b": 2},
        {"a b": 2, "b a": 2},
        {"a b a": 2, "b a b": 1},
        {"a b a b": 1, "b a b a": 1},
    ]


def test_too_few_pictures_and_too_short_captions_are_named() -> None:
    many = [f"this is picture number {n}" for n in range(120)]
    assert cautions(cider_d(many, [[text] for text in many])) == []
    alone = cider_d(["a dog runs there"], [["a dog runs there"]])
    assert alone.score == 0
    assert cautions(alone) == ["there is one picture: cider_d is 0 by definition, as no word is rarer than another"]
    (said,) = cautions(cider_d(many[:20], [[text] for text in many[::-1][:20]]))
    assert said.startswith("20 pictures are few to judge by: on other ones cider_d may as well be 0.")
    assert said.endswith("higher or lower; among more pictures words weigh otherwise")
    (said,) = cautions(cider_d(many[:1], [many[:1]], Documents.of([[text] for text in many])))
    assert said == "1 picture is few to judge by: on other ones cider_d may as well be several points higher or lower"
    short = [f"picture {n}" for n in range(120)]
    (said,) = cautions(cider_d(short, [[text] for text in short]))
    assert said.startswith(
        "only 0 of 120 pictures have references of four words or more: elsewhere cider_d cannot reach 10"
    )


def test_nothing_said_is_worth_nothing_and_nothing_to_score_is_said() -> None:
    assert cider_d(["", "…"], [["a dog", ""], [""]]).each_N.tolist() == [0, 0]
    with pytest.raises(GuinaError, match="nothing to score"):
        cider_d([], [])
    with pytest.raises(GuinaError, match="nothing to score"):
        cider_d([], [], Documents.of(FLICKR))
    with pytest.raises(GuinaError, match="nothing to score"):
        Documents.of([])


def test_the_examples_are_right() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 10) == (0, True)
